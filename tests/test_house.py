"""The rules of the house that no linter knows (CONTRIBUTING.md), held for the whole tree."""

import ast
import re
from pathlib import Path

import pytest

from tests.source_tree import PACKAGE, READS_ALL, ROOT, SOURCES, name_of, tracked, tree_of

pytestmark = READS_ALL

MAX_LINES = 400
UNIT_TESTS = sorted((ROOT / "tests" / "unit").rglob("test_*.py"))
ROOMS = sorted(
    {
        path.relative_to(PACKAGE).parts[0]
        for path in SOURCES
        if path.is_relative_to(PACKAGE) and path.parent != PACKAGE
    }
)

PRINTED = ("print", "pprint", "breakpoint", "input")
"""stdout is the protocol's, stdin too; a debugger left behind hangs an editor."""

LONG_ALLOWED: dict[str, str] = {}
"""Files over the cap, with the reason."""

LINES_ALLOWED: dict[str, str] = {}
"""Files that may call ``str.splitlines``, with the reason. Documents have other line ends."""


def calls(path: Path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            yield node, node.func


def test_a_module_is_short():
    """A longer one is split along a noun."""
    lines = {name_of(path): path.read_text("utf-8").count("\n") for path in SOURCES}
    long = {name: n for name, n in lines.items() if n > MAX_LINES and name not in LONG_ALLOWED}
    assert long == {}


def test_a_module_says_its_purpose_in_a_sentence():
    docstrings = {name_of(path): ast.get_docstring(tree_of(path)) or "" for path in SOURCES}
    assert [
        name
        for name, docstring in docstrings.items()
        if not docstring.split("\n\n")[0].rstrip().endswith((".", ":"))
    ] == []


def test_nothing_prints_and_documents_are_split_by_our_own_lines():
    found = []
    for path in SOURCES:
        for node, called in calls(path):
            where = f"{name_of(path)}:{node.lineno}"
            if isinstance(called, ast.Name) and called.id in PRINTED:
                found.append(f"{where}: {called.id}")
            if not isinstance(called, ast.Attribute):
                continue
            if called.attr == "splitlines" and name_of(path) not in LINES_ALLOWED:
                found.append(f"{where}: use moa_lsp.text.lines.split_lines")
            if called.attr == "time" and ast.unparse(called.value) == "time":
                found.append(f"{where}: durations are monotonic")
    assert found == []


def test_the_text_of_a_syntax_node_is_read_from_its_tree():
    """``Node.text`` reads a buffer that is gone; ``Tree.source`` does not."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        if "tree_sitter" in path.read_text("utf-8")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and node.attr == "text"
        and ast.unparse(node.value).rpartition(".")[2]
        in {"node", "name", "inner", "child", "each"}
    ]
    assert found == []


TAKES_EVERYTHING = (
    "moa_lsp/lsp/",
    "moa_lsp/sandbox/driver.py",  # executes programs: whatever they raise is their failure
)


_POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\d+(?:,\d*)?\})\+")


def test_no_group_is_repeated_possessively():
    """Python up to 3.11.4 misses some of its matches (python/cpython#106052): `(?>(…)*)`."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _POSSESSIVE_GROUP.search(node.value)
    ]
    assert found == []


def test_only_the_edge_of_the_server_takes_every_exception():
    """There a bug must be answered and logged; each place says why, or raises again."""
    found = []
    for path in SOURCES:
        lines = path.read_text("utf-8").split("\n")
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            where = f"{name_of(path)}:{node.lineno}"
            caught = ast.walk(node.type) if node.type is not None else ()
            names = {each.id for each in caught if isinstance(each, ast.Name)}
            if node.type is not None:
                goes_on = any(isinstance(each, ast.Raise) for each in ast.walk(node))
                if names.isdisjoint({"Exception", "BaseException"}) or goes_on:
                    continue
            if node.type is None or not name_of(path).startswith(TAKES_EVERYTHING):
                found.append(where)
            elif not re.search(r"#\s+\S.*\s\S", lines[node.lineno - 1]):
                found.append(f"{where}: why?")
    assert found == []


OUTSIDE = {"benchmarks", "docs", "research"}
"""Folders of ``tests/unit`` for code that lies beside the package."""


def test_unit_tests_lie_as_the_packages_do():
    folders = {path.parent.relative_to(ROOT / "tests" / "unit") for path in UNIT_TESTS}
    nowhere = {
        folder.as_posix()
        for folder in folders
        if folder.parts[:1] not in {(name,) for name in OUTSIDE}
        and not (PACKAGE / folder / "__init__.py").is_file()
    }
    assert nowhere == set()


@pytest.mark.parametrize("package", ROOMS)
def test_every_package_has_unit_tests(package):
    assert any((ROOT / "tests" / "unit" / package).rglob("test_*.py"))


FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def test_a_module_is_named_after_what_it_holds():
    assert [name_of(path) for path in SOURCES if path.stem in FORBIDDEN_NAMES] == []


LIMITS = [path for path in SOURCES if path.name == "limits.py"]


@pytest.mark.parametrize("path", LIMITS, ids=name_of)
def test_every_limit_states_its_reason(path):
    body = tree_of(path).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign):
            continue
        name = ast.unparse(node.targets[0])
        documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        assert documented, f"{name} has no reason behind it"
        assert len(str(after.value.value)) > len("See ``X``."), name


def test_every_limit_is_used():
    text = "\n".join(path.read_text("utf-8") for path in SOURCES if path.name != "limits.py")
    names = [
        ast.unparse(node.targets[0])
        for path in LIMITS
        for node in tree_of(path).body
        if isinstance(node, ast.Assign)
    ]
    used = set(re.findall(r"\w+", text))
    assert [name for name in names if name not in used] == []


# --- the whole tree -----------------------------------------------------------------------------


def any_of(*patterns: str) -> str:
    return "|".join(patterns)


# Spelled in two parts where needed, so that this file passes its own rules.
PLACES = {
    "host of a package registry": any_of(
        "pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(?:org|com)",
        "index-" + r"url\s*=", "arti" + "factory",
    ),
    "machine path": any_of("/ro" + r"ot/\.?\w", "/wo" + r"rk/(?:main|shared)", "/tm" + r"p/h\d"),
    "work left behind": any_of(r"\bFIX" + r"ME\b", r"\bXX" + r"X\b"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLACES)
def test_the_tree_names_no(what):
    pattern = re.compile(PLACES[what])
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


TODO_ALLOWED = {
    "moa_lsp/providers/embedded/",  # skeletons write them into the user's file
    "moa_lsp/context/todo_comments.py",  # looks for them
    "moa_lsp/samples/",
    "moa_lsp/actions/",
    "tests/",
}


def test_work_put_off_names_its_issue():
    mark = "TO" + "DO"
    for path in tracked():
        name = name_of(path)
        if path.suffix not in {".py", ".md", ".toml", ".yaml", ".lua", ".el"}:
            continue
        if any(name.startswith(each) for each in TODO_ALLOWED):
            continue
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if re.search(rf"\b{mark}\b", line):
                assert re.search(r"#\d+", line), f"{name}:{number}: which issue?"


HIDDEN = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


def test_no_file_hides_characters():
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: U+{ord(match[0]):04X}" for match in HIDDEN.finditer(text)]
    assert found == []
