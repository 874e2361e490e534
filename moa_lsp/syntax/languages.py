"""Table of languages: LSP identifier, names, files, comments and grammar.

Identifiers are those of the LSP specification (``shellscript``, not ``bash``). Two identifiers may
share extensions; the first in the table owns them. Nothing here imports a grammar: a parser is
loaded when its language is first parsed.
"""

import posixpath
import re
from dataclasses import dataclass
from functools import cache

from moa_lsp.syntax.comment_syntax import COMMENTED, EXTENSIONS, WORDS
from moa_lsp.syntax.language_ids import ALIASES

PLAINTEXT = "plaintext"
"""The identifier of text in no language."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        id: LSP language identifier.
        fences: names after a code fence, the usual one first; always lower case.
        extensions: file extensions with the dot, lower case.
        filenames: whole file names without an extension to go by, lower case.
        line_comment: what starts a comment to the end of the line, or ``None``.
        block_comment: what opens and closes a block comment, or ``None``.
        has_grammar: whether ``syntax.tree`` can parse it.
        prose: whether its text is for people to read, so that brackets need not balance.
    """

    id: str
    fences: tuple[str, ...]
    extensions: tuple[str, ...]
    filenames: tuple[str, ...] = ()
    line_comment: str | None = None
    block_comment: tuple[str, str] | None = None
    has_grammar: bool = False
    prose: bool = False

    @property
    def fence(self) -> str:
        """The usual name after a code fence."""
        return self.fences[0]


_C_BLOCK = ("/*", "*/")
_XML_BLOCK = ("<!--", "-->")


def _row(
    language_id: str,
    fences: str,
    extensions: str,
    line: str | None = None,
    block: tuple[str, str] | None = None,
    *,
    filenames: str = "",
    grammar: bool = False,
    prose: bool = False,
) -> Language:
    return Language(
        language_id,
        tuple(fences.split()),
        tuple(extensions.split()),
        tuple(filenames.split()),
        line,
        block,
        grammar,
        prose,
    )


_WELL_KNOWN = (
    _row(
        "python",
        "python py py3 python3 python2 pyi gyp starlark pycon ipython",
        ".py .pyi .pyw .bzl",
        "#",
        filenames="sconstruct sconscript wscript",
        grammar=True,
    ),
    _row(
        "javascript", "javascript js mjs cjs node", ".js .mjs .cjs", "//", _C_BLOCK, grammar=True
    ),
    _row("javascriptreact", "jsx javascriptreact", ".jsx", "//", _C_BLOCK, grammar=True),
    _row("typescript", "typescript ts mts cts", ".ts .mts .cts", "//", _C_BLOCK, grammar=True),
    _row("typescriptreact", "tsx typescriptreact", ".tsx", "//", _C_BLOCK, grammar=True),
    _row("rust", "rust rs", ".rs", "//", _C_BLOCK, grammar=True),
    _row("go", "go golang", ".go", "//", _C_BLOCK, grammar=True),
    _row("java", "java", ".java", "//", _C_BLOCK, grammar=True),
    _row("c", "c", ".c", "//", _C_BLOCK, grammar=True),
    _row(
        "cpp",
        "cpp c++ cc cxx hpp h++",
        ".cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .h .ipp .tpp .ino",
        "//",
        _C_BLOCK,
        grammar=True,
    ),
    _row("csharp", "csharp cs c#", ".cs .csx", "//", _C_BLOCK),
    _row("objective-c", "objectivec objc objective-c obj-c", ".m", "//", _C_BLOCK),
    _row("objective-cpp", "objective-cpp objc++ objcpp", ".mm", "//", _C_BLOCK),
    _row("kotlin", "kotlin kt kts", ".kt .kts", "//", _C_BLOCK),
    _row("swift", "swift", ".swift", "//", _C_BLOCK),
    _row("scala", "scala sc", ".scala .sc .sbt", "//", _C_BLOCK),
    _row("groovy", "groovy gradle", ".groovy .gradle", "//", _C_BLOCK, filenames="jenkinsfile"),
    _row("dart", "dart", ".dart", "//", _C_BLOCK),
    _row("zig", "zig", ".zig .zon", "//"),
    _row("d", "d dlang", ".d .di", "//", _C_BLOCK),
    _row("v", "vlang v", ".v .vsh", "//", _C_BLOCK),
    _row("solidity", "solidity sol", ".sol", "//", _C_BLOCK),
    _row("proto", "protobuf proto", ".proto", "//", _C_BLOCK),
    _row("php", "php", ".php .phtml", "//", _C_BLOCK),
    _row(
        "ruby",
        "ruby rb",
        ".rb .rake .gemspec .ru",
        "#",
        ("=begin", "=end"),
        filenames="rakefile gemfile vagrantfile podfile",
    ),
    _row("perl", "perl pl", ".pl .pm .t", "#"),
    _row("lua", "lua", ".lua", "--", ("--[[", "]]")),
    _row("r", "r rscript", ".r", "#"),
    _row("julia", "julia jl", ".jl", "#", ("#=", "=#")),
    _row("elixir", "elixir ex exs", ".ex .exs", "#"),
    _row("erlang", "erlang erl", ".erl .hrl", "%"),
    _row("haskell", "haskell hs", ".hs", "--", ("{-", "-}")),
    _row("elm", "elm", ".elm", "--", ("{-", "-}")),
    _row("purescript", "purescript purs", ".purs", "--", ("{-", "-}")),
    _row("ocaml", "ocaml ml mli", ".ml .mli", None, ("(*", "*)")),
    _row("fsharp", "fsharp fs f#", ".fs .fsx .fsi", "//", ("(*", "*)")),
    _row("clojure", "clojure clj cljs edn", ".clj .cljs .cljc .edn", ";"),
    _row("lisp", "lisp commonlisp elisp emacs-lisp", ".lisp .lsp .el", ";"),
    _row("scheme", "scheme racket scm", ".scm .rkt .ss", ";"),
    _row("nim", "nim", ".nim .nims", "#", ("#[", "]#")),
    _row("crystal", "crystal cr", ".cr", "#"),
    _row("pascal", "pascal delphi", ".pas .dpr", "//", ("{", "}")),
    _row("fortran", "fortran f90 f95", ".f90 .f95 .f03 .f08", "!"),
    _row("ada", "ada", ".adb .ads", "--"),
    _row("vb", "vb vbnet visualbasic", ".vb .bas", "'"),
    _row("asm", "asm assembly nasm", ".asm .s", ";"),
    _row("matlab", "matlab octave", ".mlx", "%", ("%{", "%}")),
    _row(
        "shellscript",
        "bash sh shell zsh shellscript console shell-session shellsession terminal ksh fish",
        ".sh .bash .zsh .ksh .fish",
        "#",
        filenames=".bashrc .zshrc .profile .bash_profile",
    ),
    _row("powershell", "powershell ps1 pwsh", ".ps1 .psm1 .psd1", "#", ("<#", "#>")),
    _row("bat", "bat batch cmd dos", ".bat .cmd", "REM"),
    _row(
        "dockerfile", "dockerfile docker", ".dockerfile", "#", filenames="dockerfile containerfile"
    ),
    _row("makefile", "makefile make mk", ".mk .mak", "#", filenames="makefile gnumakefile"),
    _row("cmake", "cmake", ".cmake", "#", filenames="cmakelists.txt"),
    _row("terraform", "hcl terraform tf", ".tf .tfvars .hcl", "#", _C_BLOCK),
    _row("nix", "nix", ".nix", "#", _C_BLOCK),
    _row("viml", "vim viml vimscript", ".vim", '"', filenames=".vimrc"),
    _row("sql", "sql mysql postgresql postgres sqlite plsql tsql", ".sql", "--", _C_BLOCK),
    _row("graphql", "graphql gql", ".graphql .gql", "#"),
    _row("css", "css", ".css", None, _C_BLOCK),
    _row("scss", "scss", ".scss", "//", _C_BLOCK),
    _row("sass", "sass", ".sass", "//"),
    _row("less", "less", ".less", "//", _C_BLOCK),
    _row("json", "json", ".json .webmanifest"),
    _row("jsonc", "jsonc json5", ".jsonc .json5", "//", _C_BLOCK),
    _row("yaml", "yaml yml", ".yaml .yml", "#"),
    _row("toml", "toml", ".toml", "#", filenames="cargo.lock poetry.lock uv.lock"),
    _row(
        "ini", "ini cfg conf properties dosini", ".ini .cfg .conf", "#", filenames=".editorconfig"
    ),
    _row("properties", "java-properties", ".properties", "#"),
    _row("diff", "diff patch udiff", ".diff .patch", prose=True),
    _row("html", "html xhtml htm", ".html .htm .xhtml", None, _XML_BLOCK, prose=True),
    _row("xml", "xml svg xsl plist", ".xml .xsd .xsl .xslt .svg", None, _XML_BLOCK, prose=True),
    _row("vue", "vue", ".vue", None, _XML_BLOCK, prose=True),
    _row("svelte", "svelte", ".svelte", None, _XML_BLOCK, prose=True),
    _row("astro", "astro", ".astro", None, _XML_BLOCK, prose=True),
    _row("markdown", "markdown md mdx", ".md .markdown .mdx", None, _XML_BLOCK, prose=True),
    _row("restructuredtext", "rst restructuredtext rest", ".rst", "..", prose=True),
    _row("latex", "latex tex", ".tex .sty .cls", "%", prose=True),
    _row("bibtex", "bibtex bib", ".bib", "%", prose=True),
    _row(
        PLAINTEXT,
        "text txt plain plaintext output out log none raw ascii",
        ".txt .text .log",
        prose=True,
    ),
)


def _little_known() -> tuple[Language, ...]:
    """Languages of which only comments, and perhaps extensions, are known."""
    pairs = (row.partition(" ") for row in EXTENSIONS.split("; "))
    extensions = {name: ends.strip() for name, _, ends in pairs}
    return tuple(
        _row(name, name, extensions.get(name, ""), line, block, prose=name in WORDS.split())
        for line, block, names in COMMENTED
        for name in names.split()
    )


_TABLE: tuple[Language, ...] = (*_WELL_KNOWN, *_little_known())


def _first_wins(pairs: list[tuple[str, Language]]) -> dict[str, Language]:
    found: dict[str, Language] = {}
    for key, language in pairs:
        found.setdefault(key, language)
    return found


_BY_ID = {language.id: language for language in _TABLE}

IDENTIFIERS = frozenset(_BY_ID)
"""All LSP identifiers that are known here."""

_BY_FENCE = _first_wins(
    [(name, language) for language in _TABLE for name in (*language.fences, language.id)]
)
_BY_EXTENSION = _first_wins(
    [(end, language) for language in _TABLE for end in language.extensions]
)
_BY_FILENAME = _first_wins(
    [(name, language) for language in _TABLE for name in language.filenames]
)

_BY_ALIAS = {
    alias: language_id for language_id, aliases in ALIASES.items() for alias in aliases.split()
}

_INFO_PARTS = re.compile(r"[{},:;=]+")


def by_id(language_id: str) -> Language | None:
    """The language with this LSP identifier, or ``None``; other names of it count as well."""
    return _BY_ID.get(language_id) or _BY_ID.get(_BY_ALIAS.get(language_id, ""))


def canonical(language_id: str, path: str = "") -> str:
    """The identifier that a language has here, of one that an editor sends.

    Args:
        language_id: what the client says: its own identifier, a file type, a mode, a scope.
        path: path or URI of the document, for an identifier that nothing is known of.

    Returns:
        The identifier as it was given where the file's name says nothing either.
    """
    said = language_id.strip().lower().replace(" ", "-")
    bare = said.removesuffix("-mode").removesuffix("-ts").removeprefix("source.")
    for name in (said, bare, bare.replace("_", "-"), bare.removeprefix("text.")):
        if name in _BY_ID:
            return name
        known = _BY_ALIAS.get(name)
        if known is not None:
            return known
        if name in _BY_FENCE:
            return _BY_FENCE[name].id
    by_name = by_path(path)
    if by_name != PLAINTEXT:
        return by_name
    # File types of Vim may be joined, the chief one first; a scope of `text` has it last.
    given = bare.removeprefix("text.").split(".")
    ordered = reversed(given) if bare.startswith("text.") else given
    parts = [canonical(part) for part in ordered if part != bare]
    return next((part for part in parts if part in _BY_ID), language_id or PLAINTEXT)


def by_path(path: str) -> str:
    """LSP identifier that the file name suggests, ``plaintext`` if it says nothing.

    Both kinds of slash separate folders, whatever the platform: paths come from URIs and models.
    """
    name = posixpath.basename(path.replace("\\", "/")).lower()
    _, extension = posixpath.splitext(name)
    found = _BY_FILENAME.get(name) or _BY_EXTENSION.get(extension)
    if found is None:
        found = _BY_FILENAME.get(name.partition(".")[0])  # Dockerfile.dev
    return found.id if found else PLAINTEXT


def parsed_extensions() -> tuple[str, ...]:
    """File extensions, with the dot, of the languages that can be parsed."""
    return tuple(end for language in _TABLE if language.has_grammar for end in language.extensions)


@cache
def _family_of(language_id: str) -> str:
    families = {
        "javascript": "script",
        "javascriptreact": "script",
        "typescript": "script",
        "typescriptreact": "script",
        "c": "c",
        "cpp": "c",
        "json": "json",
        "jsonc": "json",
        "css": "css",
        "scss": "css",
        "less": "css",
    }
    return families.get(language_id, language_id)


def akin(one: str, other: str) -> bool:
    """Whether models name these two languages for the same code, as ``js`` for ``tsx``."""
    return _family_of(one) == _family_of(other)


def by_fence(info: str) -> str | None:
    """LSP identifier that the info string of a code fence names.

    Args:
        info: what stands after the fence's ticks, as in ``python title="a.py"``.

    Returns:
        ``None`` where it names no language that is known. A file name counts as its language.
    """
    word = info.strip("{ \t").partition(" ")[0].lower()
    for part in _INFO_PARTS.split(word):
        name = part.strip(".").removeprefix("language-").removeprefix("lang-")
        known = _BY_FENCE.get(name)
        if known is not None:
            return known.id
        by_name = by_path(part)
        if by_name != PLAINTEXT:
            return by_name
    return None
