"""Ignore files, held against git itself where it is there."""

import os
import shutil
import subprocess
import unicodedata

import pytest

from moa_lsp.context import ignore, limits
from moa_lsp.context.ignore import MAX_IGNORE_LINES, MAX_IGNORE_RULES, Ignores, parse

# name: (ignore files, [(path, whether it is ignored)]); a path that ends in / is a folder
CASES = {
    "a name at any depth": ({"": "x.log"}, ["x.log", "a/x.log", "-x.logs", "-ax.log"]),
    "a folder": ({"": "build/"}, ["build/", "build/a.py", "a/build/b.py", "-c/build"]),
    "anchored": ({"": "/x"}, ["x", "x/y", "-a/x"]),
    "a slash in the middle anchors": ({"": "a/x"}, ["a/x", "-b/a/x", "a/x/y"]),
    "a slash at the end does not": ({"": "x/"}, ["a/x/", "a/x/y"]),
    "stars stay in a component": ({"": "a/*"}, ["a/x", "a/x/y", "-b/x"]),
    "star dot": ({"": "*.py[co]"}, ["a.pyc", "b/a.pyo", "-a.py", "-a.pyx"]),
    "two stars lead": ({"": "**/x"}, ["x", "a/x", "a/b/x", "-a/bx"]),
    "two stars end": ({"": "a/**"}, ["a/x", "a/b/x", "-x/a", "-a"]),
    "two stars between": ({"": "a/**/x"}, ["a/x", "a/b/x", "a/b/c/x", "-b/a/x", "-a/bx"]),
    "two stars twice": ({"": "**/a/**/x"}, ["a/x", "c/a/b/x", "a/a/x/a/x", "-a/y"]),
    "two stars alone": ({"": "**"}, ["x", "a/x"]),
    "two stars anchored": ({"": "/**"}, ["x", "a/x"]),
    "two stars beside letters": ({"": "a/b**c"}, ["a/bc", "a/bxxc", "-a/b/c"]),
    "three stars": ({"": "a/***/x"}, ["a/x", "a/b/c/x"]),
    "two stars and a folder": ({"": "**/tmp/"}, ["tmp/a", "x/tmp/b", "-y/tmp"]),
    "negation": ({"": "*.txt\n!keep.txt"}, ["a.txt", "-keep.txt", "-b/keep.txt"]),
    "the last one counts": ({"": "!a\na"}, ["a"]),
    "nothing comes back below": ({"": "a/\n!a/keep"}, ["a/keep", "a/x"]),
    "what is in it comes back": ({"": "a/*\n!a/keep"}, ["-a/keep", "a/x"]),
    "all but": ({"": "/*\n!/src"}, ["x", "-src", "-src/a.py", "b/src"]),
    "comments": ({"": "# x\n\\#x\n"}, ["#x", "-x", "-# x"]),
    "escaped bang": ({"": "\\!x"}, ["!x", "-x"]),
    "spaces at the end": ({"": "x  \ny\\ \nz\\\\ "}, ["x", "-x  ", "y ", "-y", "z\\", "-z"]),
    "a space inside": ({"": "a b"}, ["a b", "-a", "-b"]),
    "a space in front": ({"": " x"}, [" x", "-x"]),
    "windows lines": ({"": "x\r\ny\r\n"}, ["x", "y"]),
    "a mark at the start": ({"": "\ufeffx\n"}, ["x"]),
    "blank lines": ({"": "\n\n  \n/\n"}, ["-x", "-a/x"]),
    "question marks": ({"": "a?c"}, ["abc", "-ac", "-abbc", "-a/c"]),
    "a class": ({"": "[ab]x"}, ["ax", "bx", "-cx", "-abx"]),
    "a range": ({"": "x[0-9]"}, ["x1", "-xa", "-x12"]),
    "no class": ({"": "x[!0-9]\ny[^ab]"}, ["xa", "-x1", "yc", "-ya"]),
    "a bracket in a class": ({"": "x[]]\ny[a-]"}, ["x]", "ya", "y-", "-yb"]),
    "a named class": ({"": "x[[:digit:]]"}, ["x5", "-xa"]),
    "an unknown named class": ({"": "x[[:nobody:]]"}, ["-x5", "-x:"]),
    "an open class": ({"": "x[a"}, ["-xa", "-x[a"]),
    "an escaped star": ({"": "a\\*"}, ["a*", "-ab"]),
    "a backslash at the end": ({"": "a\\"}, ["-a", "-a\\"]),
    "regular expressions mean nothing": ({"": "a.c\na+\n(x)"}, ["a.c", "-abc", "a+", "-aa"]),
    "nested": ({"": "*.a", "d": "!x.a\n/y"}, ["x.a", "-d/x.a", "d/y", "-y", "-d/e/y", "d/e/z.a"]),
    "nested in two": ({"d": "*.b", "d/e": "!k.b"}, ["d/x.b", "-d/e/k.b", "-k.b", "d/e/x.b"]),
    "a nested one in an ignored folder": ({"": "d/", "d": "!x"}, ["d/x"]),
    "many stars": ({"": "*a*b*c*"}, ["abc", "xaxbxcx", "-acb", "a/abc"]),
    "stars that overlap": ({"": "*ab*bc"}, ["abbc", "-abc", "xabxbc"]),
    "a folder by stars": ({"": "bazel-*/"}, ["bazel-out/x", "-bazel-in"]),
    "only the first slash goes": ({"": "//x"}, ["-x"]),
    "hidden ones too": ({"": "*"}, [".x", "a/.b"]),
    "unicode": ({"": "é*"}, ["été", "-ete"]),
}  # fmt: skip


def split(row):
    ignored = not (row.startswith("-") and len(row) > 1)
    path = row if ignored else row[1:]
    return path, ignored


def rows():
    for name, (files, paths) in CASES.items():
        for row in paths:
            yield pytest.param(files, *split(row), id=f"{name}: {row}")


def named(files):
    return {f"{folder}/.gitignore" if folder else ".gitignore": files[folder] for folder in files}


@pytest.mark.parametrize(("files", "path", "ignored"), list(rows()))
def test_ignored(files, path, ignored):
    rule = Ignores.of_files(named(files)).rule(path.removesuffix("/"), folder=path.endswith("/"))
    assert (rule is not None) is ignored


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git to compare with")
@pytest.mark.parametrize("name", CASES)
def test_git_says_the_same(name, tmp_path):
    files, paths = CASES[name]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env = {
        **clean,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": str(tmp_path),
    }
    git = ("git", "-c", "core.ignorecase=true")
    subprocess.run([*git, "init", "-q", "."], cwd=tmp_path, env=env, check=True)
    for path, text in named(files).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    for row in paths:
        path, ignored = split(row)
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            (tmp_path / path).mkdir(exist_ok=True)
        asked = subprocess.run(
            [*git, "check-ignore", "-q", "--no-index", "--", path],
            cwd=tmp_path,
            env=env,
            check=False,
        )
        assert asked.returncode == (0 if ignored else 1), row


def test_case_and_composition_do_not_count():
    decomposed = unicodedata.normalize("NFD", "café")
    ignores = Ignores.of_files({".gitignore": "Build/\ncafé\n[A-C]x\n"})
    for path in ("BUILD/x", "build/x", decomposed, "CAFÉ", "bx", "Bx"):
        assert ignores.rule(path, folder=False), path


def test_the_rule_names_its_file_and_line():
    rule = Ignores.of_files({"a/.gitignore": "x\n*.Log "}).rule("a/b.log", folder=False)
    assert rule is not None
    assert (rule.line, rule.source) == ("*.Log ", "a/.gitignore")


def test_a_setting_cannot_take_back():
    rule = parse("!x", negates=False)
    assert rule is not None
    assert rule.matches(("!x",), folder=False)
    assert not rule.negated


def test_the_same_folder_asked_often_is_remembered_within_bounds():
    ignores = Ignores.of_files({".gitignore": "*/no/\n"})
    for number in range(limits.MAX_IGNORE_FOLDERS + 10):
        assert ignores.rule(f"d{number}/no/x", folder=False)
        assert not ignores.rule(f"d{number}/yes/x", folder=False)


HOSTILE = [
    ("*a" * 500, "a" * 4000),
    ("**/a/" * 200 + "b", "a/" * 400 + "c"),
    ("[a-z]*" * 300 + "!", "z" * 4000),
    ("?*" * 500, "x" * 400),
]


@pytest.mark.parametrize(("line", "path"), HOSTILE)
def test_hostile_rules_end(line, path):
    # Would not end in a lifetime if places were tried in all ways: no time is asserted.
    Ignores.of_files({".gitignore": line}).rule(path, folder=False)


def test_bounds():
    line = "x" * (limits.MAX_IGNORE_LINE_CHARS + 1)
    assert parse(line) is None
    text = "\n" * MAX_IGNORE_LINES + "x"
    assert Ignores.of_files({".gitignore": text}).rule("y", folder=False) is not None  # too many


def wild(count, sign=""):
    return "".join(f"*{number:x}{sign}[a-z]*\n" for number in range(count))


@pytest.mark.parametrize(
    ("files", "hidden", "shown"),
    [
        ({".gitignore": wild(900), "a/.gitignore": "b\n"}, ["a/b"], ["a/c", "c"]),
        # what does not fit leaves out its folder, and no other
        ({".gitignore": "b\n", "a/.gitignore": wild(1_001)}, ["b", "a/c", "a/d/e"], ["c"]),
        ({"a/.gitignore": wild(900), "b/.gitignore": wild(900, "_")}, ["b/x"], ["a/x", "x"]),
        ({"a/.gitignore": wild(900), "b/.gitignore": wild(900)}, [], ["a/x", "b/x"]),
        ({"a/.gitignore": None, "a/b/.gitignore": "!x\n"}, ["a/x", "a/b/x"], ["x"]),
        ({f"{each}/.gitignore": "x\n" * 3_000 for each in "abc"}, ["a/x", "c/y"], ["b/y", "y"]),
        ({".gitignore": None}, ["x", "a/x"], []),
    ],
)
def test_all_files_have_one_budget_and_what_is_beyond_leaves_out_its_folder(files, hidden, shown):
    found = Ignores.of_files(files)
    assert [path for path in hidden if found.rule(path, folder=False) is None] == []
    assert [path for path in shown if found.rule(path, folder=False) is not None] == []


def test_a_workspace_of_many_ignore_files_costs_its_budget_alone():
    files = {f"d{number}/.gitignore": wild(4_000, str(number)) for number in range(62)}
    ignores = Ignores.of_files(files)
    assert len(ignores.rules) <= MAX_IGNORE_RULES + len(files)
    compiled = ignore._compiled.cache_info().misses
    ignores.rule("d1/a.py", folder=False)
    assert ignore._compiled.cache_info().misses - compiled <= limits.MAX_IGNORE_PATTERNS


def test_rules_of_other_folders_are_not_asked(monkeypatch):
    ignores = Ignores.of_files({f"d{number}/.gitignore": "x\n" for number in range(100)})
    asked = []
    matches = ignore.Rule.matches
    monkeypatch.setattr(
        ignore.Rule,
        "matches",
        lambda rule, *of, **how: asked.append(rule) or matches(rule, *of, **how),
    )
    assert ignores.rule("d7/x", folder=False) is not None
    assert {rule.base for rule in asked} == {("d7",)}


@pytest.mark.parametrize(
    ("line", "name", "matches"),
    [
        (r"a\*b*", "a*bc", True),
        (r"a\*b*", "axbc", False),
        ("[ab]c*", "acd", True),
        ("x[", "x[", False),
        (r"*\[z", "y[z", True),
        ("*é*", "cafe\u0301s", True),
    ],
)
def test_what_a_name_must_have_is_never_more_than_its_pattern_says(line, name, matches):
    rule = parse(line)
    assert rule is not None
    assert rule.matches((ignore.folded(name),), folder=False) is matches
