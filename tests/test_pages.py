"""What the pages of the repository say is true of it: links, citations, tables, invariants."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.gateway.clients.installed import CLIENTS
from tests.source_tree import PACKAGE, READS_ALL, ROOT, name_of, tracked, tree_of

pytestmark = READS_ALL

MAX_README_LINES = 150

PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]


def pages() -> list[Path]:
    return [ROOT / name for name in PAGES] + sorted((ROOT / "docs").rglob("*.md"))


def test_the_readme_is_short():
    assert (ROOT / "README.md").read_text("utf-8").count("\n") <= MAX_README_LINES


@pytest.mark.heavy
def test_the_tables_of_the_docs_are_what_the_code_says():
    done = subprocess.run(
        [sys.executable, "-m", "docs.tables", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_every_link_of_a_page_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


CITED = re.compile(r"(?<![\w./*{<$~-])((?:[\w-]+/)*[\w-]{2,}\.md)\b(?![\w(*])")
"""A Markdown page by name or path, as prose names it; globs and ``a.md`` are none."""

SAID_OF_OTHERS = {
    "AGENTS.md": "a file of the user's workspace",
    "CLAUDE.md": "a file of the user's workspace",
    "GEMINI.md": "a file of the user's workspace",
}
"""Names of pages that are not ours, with the reason."""


FOLDERS = sorted(
    {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    | {path.name for path in PACKAGE.iterdir() if path.is_dir()}
)
NAMED = r"(?:[\w-]+/)*[\w-]*[a-z][\w-]*\.(?:py|html|lua|toml)"
ROOTED = re.compile(rf"(?<![\w./*{{<$~:@-])((?:{'|'.join(FOLDERS)})/{NAMED})\b(?![\w(*])")
"""A file named by its path from the root, or from the package."""

SAID_OF_EXAMPLES = {"tests/json.py": "a file that could hide one of the standard library"}


@cache
def prose(path: Path) -> list[tuple[int, str]]:
    """Lines that a reader takes as text: whole pages, docstrings and comments of sources.

    Empty for a file that names no other file.
    """
    text = path.read_text("utf-8")
    if not CITED.search(text) and not ROOTED.search(text):
        return []  # parsing takes longer than looking
    if path.suffix == ".md":
        return list(enumerate(text.split("\n"), 1))
    said = []
    if path.suffix == ".py":
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                lines = str(node.value.value).split("\n")
                said += list(enumerate(lines, node.lineno))
    comments = enumerate(text.split("\n"), 1)
    return said + [(n, line.partition("#")[2]) for n, line in comments if "#" in line]


def citations(path: Path) -> list[tuple[int, str]]:
    return [(n, name) for n, line in prose(path) for name in CITED.findall(line)]


def test_every_page_that_is_cited_is_in_the_repository():
    """By its path from the root, from the citing file, or by a name that some page has."""
    ours = tracked()
    pages = {name_of(path) for path in ours if path.suffix == ".md"}
    names = {page.rpartition("/")[2] for page in pages}
    missing = [
        f"{name_of(path)}:{number}: {cited}"
        for path in ours
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".lua", ".el"}
        or path.name == "Makefile"
        for number, cited in citations(path)
        if cited not in pages | SAID_OF_OTHERS.keys()
        and not (path.parent / cited).is_file()
        and ("/" in cited or cited not in names)
    ]
    assert missing == []


def test_every_file_that_is_named_by_its_path_exists():
    ours = tracked()
    names = {name_of(path) for path in ours}
    missing = [
        f"{name_of(path)}:{number}: {cited}"
        for path in ours
        if path.suffix in {".py", ".md", ".toml"}
        for number, line in prose(path)
        for cited in ROOTED.findall(line)
        if names.isdisjoint({cited, f"moa_lsp/{cited}", f"moa_bench/{cited}"})
        and cited not in SAID_OF_EXAMPLES
    ]
    assert missing == []


FLAGS = re.MULTILINE | re.DOTALL


def all_tests() -> dict[str, str]:
    """Every test function of the tree with its file."""
    return {
        name: name_of(path)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in re.findall(
            r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE
        )
    }


def test_every_invariant_names_a_test_that_exists():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    invariants = re.findall(r"^\*\*(I\d+)\*\*(.*?)(?=^\*\*I\d+\*\*|^## |\Z)", text, FLAGS)
    assert [each for each, _ in invariants] == [f"I{n}" for n in range(1, len(invariants) + 1)]
    assert len(invariants) >= 10
    known = all_tests()
    contracts = {
        each["name"]
        for each in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
            "importlinter"
        ]["contracts"]
    }
    for number, words in invariants:
        held = re.findall(r"`(test_\w+)`", words)
        linted = re.findall(r"contract “([^”]+)”", words)
        assert held or linted, f"{number} names nothing that holds it"
        assert [each for each in held if each not in known] == [], number
        assert [each for each in linted if each not in contracts] == [], number


@pytest.mark.parametrize(("client", "package"), CLIENTS.items(), ids=CLIENTS)
def test_the_gateway_page_says_with_which_version_a_client_is_tested(client, package):
    page = (ROOT / "docs" / "gateway.md").read_text("utf-8")
    (row,) = [line for line in page.split("\n") if line.startswith(f"| {client} |")]
    assert "tested" in row
    assert f"| {package.version} |" in row
