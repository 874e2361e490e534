"""Facts about a project from its manifests: versions, formatter, test framework. Pure.

Manifests are untrusted: only short values of a known form are taken, and one that cannot be parsed
is skipped. XML is searched with patterns, since an XML parser is open to entity expansion attacks.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moa_lsp import limits

MAX_FACTS = 12
"""Lines about a project: language, tools, frameworks."""


MANIFESTS = (
    "pyproject.toml", "setup.cfg", "package.json", "tsconfig.json", "go.mod", "Cargo.toml",
    "rustfmt.toml", "pom.xml", "build.gradle", "build.gradle.kts", ".editorconfig",
)  # fmt: skip
"""Names of files that are looked into, at the root of a workspace."""

_VERSION = re.compile(
    r"[\^~<>=! ]{0,4}[0-9][\w.*+-]{0,20}(?:, ?[\^~<>=!]{1,2} ?[0-9][\w.*+-]{0,20})?"
)

_PYTHON_TESTS = ("pytest", "unittest2", "nose2", "hypothesis")
_SCRIPT_TESTS = ("vitest", "jest", "mocha", "ava", "jasmine", "@playwright/test", "cypress")
_SCRIPT_FORMATTERS = ("prettier", "@biomejs/biome", "eslint", "standard")
_FRAMEWORKS = (
    "react", "vue", "svelte", "@angular/core", "next", "express", "fastify",
    "django", "flask", "fastapi", "pydantic", "sqlalchemy", "numpy", "pandas",
)  # fmt: skip


def facts(manifests: Mapping[str, str]) -> tuple[str, ...]:
    """One short line for each thing that is known.

    Args:
        manifests: texts by file name.
    """
    found: list[str] = []
    for name, read in _READERS.items():
        text = manifests.get(name)
        if text is None or len(text) > limits.MAX_MANIFEST_CHARS:
            continue
        try:
            found += read(text)
        except (ValueError, TypeError, AttributeError, RecursionError):  # not what its name says
            continue
    return tuple(dict.fromkeys(found))[:MAX_FACTS]


def _version(value: object) -> str | None:
    """A version or range of versions; anything else is nothing that a prompt should repeat."""
    text = value.strip() if isinstance(value, str) else ""
    return text if _VERSION.fullmatch(text) else None


def _number(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(str(value)) if whole and 0 < int(str(value)) < 1000 else None


def _table(values: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    found: Any = values
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _pyproject(text: str) -> Iterator[str]:
    values = tomllib.loads(text)
    project, tool = _table(values, "project"), _table(values, "tool")
    poetry = _table(tool, "poetry", "dependencies")
    version = _version(project.get("requires-python")) or _version(poetry.get("python"))
    if version:
        yield f"Python {version}"
    for name in ("ruff", "black"):
        if name in tool:
            length = _number(_table(tool, name).get("line-length"))
            yield f"formatted by {name}" + (f", lines up to {length} characters" if length else "")
    if "mypy" in tool or "pyright" in tool:
        yield f"type checked by {'mypy' if 'mypy' in tool else 'pyright'}"
    names = {name.lower() for name in _python_names(values)} | {str(each) for each in tool}
    yield from _used(names, _PYTHON_TESTS, "tested with")
    yield from _used(names, _FRAMEWORKS, "uses")


def _python_names(values: Mapping[str, Any]) -> Iterator[str]:
    """The names of everything that a Python project depends on."""
    project = _table(values, "project")
    lists = [project.get("dependencies")]
    lists += _table(project, "optional-dependencies").values()
    lists += _table(values, "dependency-groups").values()
    for each in lists:
        for requirement in each if isinstance(each, list) else ():
            if isinstance(requirement, str):
                yield re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]
    yield from _table(values, "tool", "poetry", "dependencies")


def _setup_cfg(text: str) -> Iterator[str]:
    found = re.search(r"^python_requires\s*=\s*(.{1,40})$", text, re.MULTILINE)
    version = _version(found[1]) if found else None
    if version:
        yield f"Python {version}"


def _package(text: str) -> Iterator[str]:
    values = json.loads(text)
    version = _version(_table(values, "engines").get("node"))
    if version:
        yield f"Node.js {version}"
    kind = values.get("type")
    if kind in ("module", "commonjs"):
        yield "ECMAScript modules" if kind == "module" else "CommonJS modules"
    used = {**_table(values, "dependencies"), **_table(values, "devDependencies")}
    typescript = _version(used.get("typescript"))
    if typescript:
        yield f"TypeScript {typescript}"
    yield from _used(set(used), _SCRIPT_TESTS, "tested with")
    yield from _used(set(used), _SCRIPT_FORMATTERS, "formatted or checked by")
    yield from _used(set(used), _FRAMEWORKS, "uses")


def _tsconfig(text: str) -> Iterator[str]:
    if re.search(r'"strict"\s*:\s*true', text):
        yield "TypeScript in strict mode"
    found = re.search(r'"target"\s*:\s*"(es\w{1,6})"', text, re.IGNORECASE)
    if found:
        yield f"compiled to {found[1].upper()}"


def _go(text: str) -> Iterator[str]:
    found = re.search(r"^go ([\d.]{1,12})\s*$", text, re.MULTILINE)
    if found:
        yield f"Go {found[1]}"
    if "github.com/stretchr/testify" in text:
        yield "tested with testify"


def _cargo(text: str) -> Iterator[str]:
    values = tomllib.loads(text)
    package = _table(values, "package")
    edition, version = package.get("edition"), _version(package.get("rust-version"))
    if edition in ("2015", "2018", "2021", "2024"):
        yield f"Rust edition {edition}"
    if version:
        yield f"Rust {version} or newer"


def _rustfmt(text: str) -> Iterator[str]:
    length = _number(tomllib.loads(text).get("max_width"))
    if length:
        yield f"formatted by rustfmt, lines up to {length} characters"


def _maven(text: str) -> Iterator[str]:
    name = r"(?:maven\.compiler\.release|maven\.compiler\.source|java\.version|release)"
    found = re.search(rf"<{name}>\s*([\d.]{{1,8}})\s*</{name}>", text)
    if found:
        yield f"Java {found[1]}"
    yield from _java_tests(text)


def _gradle(text: str) -> Iterator[str]:
    found = re.search(r"JavaLanguageVersion\.of\((\d{1,2})\)|VERSION_(\d{1,2})\b", text)
    if found:
        yield f"Java {found[1] or found[2]}"
    yield from _java_tests(text)


def _java_tests(text: str) -> Iterator[str]:
    for part, name in (("junit-jupiter", "JUnit 5"), ("junit:junit", "JUnit 4"),
                       ("testng", "TestNG"), ("spock-core", "Spock")):  # fmt: skip
        if part in text:
            yield f"tested with {name}"
            return


def _editorconfig(text: str) -> Iterator[str]:
    found = re.search(r"^max_line_length\s*=\s*(\d{1,3})\s*$", text, re.MULTILINE)
    if found:
        yield f"lines up to {found[1]} characters"


def _used(names: set[str], known: tuple[str, ...], verb: str) -> Iterator[str]:
    used = [name for name in known if name in names]
    if used:
        yield f"{verb} {', '.join(used)}"


_READERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "package.json": _package,
    "tsconfig.json": _tsconfig,
    "go.mod": _go,
    "Cargo.toml": _cargo,
    "rustfmt.toml": _rustfmt,
    "pom.xml": _maven,
    "build.gradle": _gradle,
    "build.gradle.kts": _gradle,
    ".editorconfig": _editorconfig,
}
