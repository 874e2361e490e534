import pytest

from moa_lsp.syntax.language_ids import ALIASES
from moa_lsp.syntax.languages import (
    IDENTIFIERS,
    akin,
    by_fence,
    by_id,
    by_path,
    canonical,
    parsed_extensions,
)
from moa_lsp.syntax.tree import has_grammar


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("types.pyi", "python"),
        ("a.b.ts", "typescript"),
        ("view.tsx", "typescriptreact"),
        ("view.jsx", "javascriptreact"),
        (r"C:\code\MAIN.RS", "rust"),
        ("/x/Dockerfile", "dockerfile"),
        ("/x/Dockerfile.dev", "dockerfile"),
        ("CMakeLists.txt", "cmake"),
        ("notes.txt", "plaintext"),
        ("include/x.h", "cpp"),
        ("README", "plaintext"),
        ("folder.py/file", "plaintext"),
        ("", "plaintext"),
    ],
)
def test_language_of_a_path(path, language):
    assert by_path(path) == language


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("PY", "python"),
        ('python title="a.js"', "python"),
        ("{.rust .numberLines}", "rust"),
        ("language-js", "javascript"),
        ("12:15:app/x.ts", "typescript"),
        ("src/main.go", "go"),
        ("c++", "cpp"),
        ("c#", "csharp"),
        ("console", "shellscript"),
        ("output", "plaintext"),
        ("diff", "diff"),
        ("", None),
        ("klingon", None),
        ("here is python", None),
    ],
)
def test_language_of_a_fence(info, language):
    assert by_fence(info) == language


def test_grammars_are_those_that_the_parser_has():
    with_grammar = {
        "python", "javascript", "javascriptreact", "typescript", "typescriptreact",
        "rust", "go", "java", "c", "cpp",
    }  # fmt: skip
    assert with_grammar <= IDENTIFIERS
    for name in IDENTIFIERS:
        language = by_id(name)
        assert language is not None
        assert language.has_grammar == has_grammar(name) == (name in with_grammar)


def test_facts_of_a_language():
    python = by_id("python")
    assert python is not None
    assert (python.fence, python.line_comment, python.block_comment) == ("python", "#", None)
    assert by_id("no such") is None


def test_languages_that_share_fences():
    assert akin("javascript", "typescriptreact")
    assert akin("c", "cpp")
    assert not akin("python", "javascript")
    assert akin("klingon", "klingon")


def test_extensions_of_what_can_be_parsed():
    found = parsed_extensions()
    assert {".py", ".tsx", ".rs", ".h"} <= set(found)
    assert ".md" not in found
    assert all(has_grammar(by_path(f"a{extension}")) for extension in found)


SENT = {
    "VS Code": (
        "abap abap, bat bat, bibtex bibtex, clojure clojure, coffeescript coffeescript, c c,"
        "cpp cpp, csharp csharp, dockercompose yaml, css css, cuda-cpp cuda-cpp, d d, dart dart,"
        "pascal pascal, diff diff, dockerfile dockerfile, elixir elixir, erlang erlang,"
        "fsharp fsharp, git-commit git-commit, git-rebase git-rebase, go go, groovy groovy,"
        "handlebars handlebars, haml haml, haskell haskell, html html, ini ini, java java,"
        "javascript javascript, javascriptreact javascriptreact, json json, jsonc jsonc,"
        "jsonl json, julia julia, latex latex, less less, lua lua, makefile makefile,"
        "markdown markdown, objective-c objective-c, objective-cpp objective-cpp, ocaml ocaml,"
        "perl perl, perl6 raku, raku raku, php php, plaintext plaintext, powershell powershell,"
        "jade pug, pug pug, prompt markdown, python python, r r, razor razor,"
        "aspnetcorerazor razor, ruby ruby, rust rust, scss scss, sass sass,"
        "shaderlab shaderlab, shellscript shellscript, slim slim, sql sql, stylus stylus,"
        "svelte svelte, swift swift, typescript typescript, typescriptreact typescriptreact,"
        "tex latex, vb vb, vue vue, vue-html vue, xml xml, xsl xml, yaml yaml,"
        "restructuredtext restructuredtext, hlsl hlsl, properties properties, toml toml,"
        "terraform terraform, ignore gitignore, github-actions-workflow yaml, lean4 lean"
    ),
    "Vim": (
        "sh shellscript, bash shellscript, zsh shellscript, csh shellscript, tcsh shellscript,"
        "fish shellscript, ps1 powershell, text plaintext, help plaintext, conf ini, dosini ini,"
        "cfg ini, confini ini, cs csharp, objc objective-c, objcpp objective-cpp, make makefile,"
        "dosbatch bat, vim viml, tex latex, plaintex latex, bib bibtex, rst restructuredtext,"
        "rmd markdown, quarto markdown, pandoc markdown, arduino cpp, cuda cuda-cpp, proto proto,"
        "gitcommit git-commit, gitconfig gitconfig, gitignore gitignore, gomod gomod,"
        "javascript.jsx javascriptreact, typescript.tsx typescriptreact, yaml.ansible yaml,"
        "yaml.docker-compose yaml, html.handlebars handlebars, eruby erb, eelixir eex,"
        "heex heex, htmldjango jinja, jinja jinja, lisp lisp, scheme scheme, racket scheme,"
        "lhaskell haskell, ocamlinterface ocaml, sbt scala, hcl terraform, tf terraform,"
        "asm asm, nasm asm, masm asm, vb vb, basic basic, freebasic freebasic, plsql sql,"
        "mysql sql, jproperties properties, xslt xml, svg xml, xsd xml, docbk xml,"
        "verilog_systemverilog systemverilog, vhdl vhdl, tcl tcl, expect tcl, awk awk, sed sed,"
        "nginx nginx, systemd systemd, tmux tmux, meson meson, bzl python, qf qf"
    ),
    "Emacs": (
        "python-ts-mode python, sh-mode shellscript, c++ cpp, c++-ts cpp, csharp-ts csharp,"
        "js javascript, js-ts javascript, js2 javascript, rjsx javascriptreact,"
        "tsx-ts typescriptreact, typescript-ts typescript, emacs-lisp lisp, lisp lisp,"
        "clojurescript clojure, tuareg ocaml, caml ocaml, cperl perl, enh-ruby ruby,"
        "conf-toml toml, conf-unix ini, conf ini, conf-javaprop properties, nxml xml,"
        "html-ts html, mhtml html, web html, gfm markdown, dockerfile-ts dockerfile,"
        "yaml-ts yaml, json-ts json, go-mod gomod, rust-ts rust, rustic rust,"
        "fundamental plaintext,"
        "text plaintext, f90 fortran, objc objective-c, ess-r r, opascal pascal,"
        "terraform terraform,"
        "makefile-gmake makefile, bat bat, powershell powershell, graphql graphql, nix nix"
    ),
    "Helix": (
        "c-sharp csharp, bash shellscript, protobuf proto, make makefile, common-lisp lisp,"
        "elisp lisp, ocaml-interface ocaml, docker-compose yaml, jsx javascriptreact,"
        "tsx typescriptreact, git-config gitconfig, git-ignore gitignore, rst restructuredtext,"
        "nu nu, hcl terraform, tfvars terraform, erb erb, eex eex, idris idris, wgsl wgsl,"
        "glsl glsl, gleam gleam, typst typst, kdl kdl, fennel fennel, starlark python, just just"
    ),
    "Sublime": (
        "source.python python, source.js javascript, source.ts typescript, source.c++ cpp,"
        "source.cs csharp, source.shell.bash shellscript, text.html.vue vue,"
        "text.tex.latex latex, text.html.basic html, source.objc objective-c, text.plain plaintext"
    ),
    "Zed and Kate": (
        "Shell Script shellscript, C++ cpp, C# csharp, Python python, TSX typescriptreact,"
        "Plain Text plaintext, Go Mod gomod, HEEX heex, Emacs Lisp lisp, JSONC jsonc,"
        "Objective-C++ objective-cpp, Makefile makefile, Normal plaintext"
    ),
}
ROWS = [
    (editor, *pair.strip().rsplit(" ", 1))
    for editor, rows in SENT.items()
    for pair in rows.split(",")
]


@pytest.mark.parametrize(("editor", "sent", "language"), ROWS)
def test_identifiers_that_editors_send(editor, sent, language):
    assert canonical(sent) == language


@pytest.mark.parametrize("language_id", sorted({row[2] for row in ROWS} - {"qf"}))
def test_every_language_has_comments_and_the_name_of_its_fence(language_id):
    language = by_id(language_id)
    assert by_fence(language.fence) == language_id or akin(by_fence(language.fence), language_id)
    commentless = {"json", "plaintext", "diff"}
    assert bool(language.line_comment or language.block_comment) == (
        language_id not in commentless
    )


@pytest.mark.parametrize(
    ("sent", "path", "language"),
    [
        ("", "file:///x/a.lua", "lua"),
        ("frobnicate", "file:///x/a.rs", "rust"),
        ("frobnicate", "file:///x/a", "frobnicate"),
        ("", "file:///x/Makefile", "makefile"),
        ("", "", "plaintext"),
        ("plaintext", "file:///x/a.py", "plaintext"),
    ],
)
def test_an_unknown_identifier_is_that_of_the_file_name(sent, path, language):
    assert canonical(sent, path) == language


def test_aliases_name_languages_and_each_names_one():
    assert all(by_id(name) for name in ALIASES)
    named = [alias for aliases in ALIASES.values() for alias in aliases.split()]
    assert sorted(named) == sorted(set(named))
    assert not [alias for alias in named if canonical(canonical(alias)) != canonical(alias)]
