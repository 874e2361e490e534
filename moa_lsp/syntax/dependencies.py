"""Dependencies that a project's manifests declare.

Parsing is lenient, since a false dependency only means one confirmation less. A manifest that
cannot be parsed counts as declaring every word in it.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_WORD = re.compile(r"[A-Za-z][\w.-]*")
_GO = re.compile(
    r"^\s*(?:module\s+|require\s+|replace\s+)?([\w.~/-]+)(?:\s+(?:v\d|=>)|\s*$)", re.MULTILINE
)
_POM = re.compile(r"<(?:groupId|artifactId)>\s*([\w.-]+)")
_GRADLE = re.compile(r"['\"]([\w.-]+):[\w.-]+")

_IMPORTED_AS = {
    "attrs": "attr",
    "beautifulsoup4": "bs4",
    "djangorestframework": "rest_framework",
    "dnspython": "dns",
    "gitpython": "git",
    "grpcio": "grpc",
    "msgpackpython": "msgpack",
    "mysqlclient": "MySQLdb",
    "opencvpython": "cv2",
    "opencvpythonheadless": "cv2",
    "pillow": "PIL",
    "protobuf": "google",
    "psycopg2binary": "psycopg2",
    "pycryptodome": "Crypto",
    "pyjwt": "jwt",
    "pyopenssl": "OpenSSL",
    "pyserial": "serial",
    "pythondateutil": "dateutil",
    "pythondotenv": "dotenv",
    "pythonjose": "jose",
    "pythonmultipart": "multipart",
    "pytestasyncio": "pytest_asyncio",
    "pyyaml": "yaml",
    "pyzmq": "zmq",
    "scikitimage": "skimage",
    "scikitlearn": "sklearn",
    "setuptools": "pkg_resources",
    "typingextensions": "typing_extensions",
}
"""Distributions of Python whose import is called otherwise, by their squeezed name."""

_JAVA_PACKAGES = {
    "org.projectlombok": "lombok",
    "junit": "org.junit",
    "commons-io": "org.apache",
    "commons-lang": "org.apache",
    "jakarta.platform": "jakarta",
}


@dataclass(frozen=True, slots=True)
class DeclaredDependencies:
    """Declared dependencies, and how a language's imports are compared with them."""

    names: frozenset[str]
    covers: Callable[[str], bool]


def declared(manifests: Mapping[str, str], family: str) -> DeclaredDependencies:
    """What manifests declare for a language.

    Args:
        manifests: texts by path; the last part says what each is.
        family: ``python``, ``script``, ``go``, ``rust`` or ``java``.
    """
    names = frozenset(
        name
        for path, text in manifests.items()
        for name in _names(path.rpartition("/")[2], text, family)
    )
    return DeclaredDependencies(names, _COVERS[family](names))


def _names(file: str, text: str, family: str) -> Iterator[str]:
    reader = next(
        (read for of, files, read in _READERS if of == family and files.match(file)), None
    )
    if reader is None:
        return
    try:
        yield from reader(text)
    except (ValueError, TypeError, AttributeError, RecursionError):
        yield from _words(text)


def _words(text: str) -> Iterator[str]:
    yield from _WORD.findall(text)


def _pyproject(text: str) -> Iterator[str]:
    found = tomllib.loads(text)
    project, tool = found.get("project", {}), found.get("tool", {})
    lists = [
        project.get("dependencies", []),
        *project.get("optional-dependencies", {}).values(),
        *found.get("dependency-groups", {}).values(),
        found.get("build-system", {}).get("requires", []),
        tool.get("uv", {}).get("dev-dependencies", []),
        *tool.get("pdm", {}).get("dev-dependencies", {}).values(),
    ]
    for each in lists:
        yield from _requirements("\n".join(one for one in each if isinstance(one, str)))
    poetry = tool.get("poetry", {})
    tables = [poetry, *poetry.get("group", {}).values()]
    for table in tables:
        yield from table.get("dependencies", {})
        yield from table.get("dev-dependencies", {})
    yield from (str(each.get("name", "")) for each in (project, poetry))


def _requirements(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        found = _NAME.match(line)
        if found is not None:
            yield found[1]


def _package_json(text: str) -> Iterator[str]:
    found: dict[str, Any] = json.loads(text)
    yield str(found.get("name", ""))
    for kind in ("", "dev", "peer", "optional"):
        key = f"{kind}Dependencies" if kind else "dependencies"
        for name in found.get(key, {}):
            yield name
            yield name.removeprefix("@types/")


def _cargo(text: str) -> Iterator[str]:
    found = tomllib.loads(text)
    yield from (str(found.get(part, {}).get("name", "")) for part in ("package", "lib"))
    for place in (found, found.get("workspace", {}), *found.get("target", {}).values()):
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            yield from place.get(kind, {})


def _go_mod(text: str) -> Iterator[str]:
    yield from _GO.findall(text)


def _pom(text: str) -> Iterator[str]:
    yield from _POM.findall(text)


def _gradle(text: str) -> Iterator[str]:
    yield from _GRADLE.findall(text)


_READERS: tuple[tuple[str, re.Pattern[str], Callable[[str], Iterator[str]]], ...] = (
    ("python", re.compile(r"pyproject\.toml$"), _pyproject),
    ("python", re.compile(r".*requirements.*\.(?:txt|in)$"), _requirements),
    ("python", re.compile(r"setup\.(?:py|cfg)$|Pipfile$|environment\.ya?ml$"), _words),
    ("script", re.compile(r"package\.json$"), _package_json),
    ("script", re.compile(r"deno\.jsonc?$"), _words),
    ("rust", re.compile(r"Cargo\.toml$"), _cargo),
    ("go", re.compile(r"go\.mod$"), _go_mod),
    ("java", re.compile(r"pom\.xml$"), _pom),
    ("java", re.compile(r"build\.gradle(?:\.kts)?$|libs\.versions\.toml$"), _gradle),
)


def is_manifest(file: str) -> bool:
    """Whether a file of that name says what its project depends on."""
    return any(files.match(file) for _, files, _ in _READERS)


def _squeezed(name: str) -> str:
    return re.sub(r"[-_.]", "", name).lower()


def _covers_python(names: frozenset[str]) -> Callable[[str], bool]:
    own = {_squeezed(name) for name in names}
    own |= {name.partition(".")[0].lower() for name in names}  # zope.interface is in zope
    own |= {"google" for name in own if name.startswith("google")}
    own |= {_squeezed(_IMPORTED_AS[name]) for name in own if name in _IMPORTED_AS}
    return lambda name: _squeezed(name) in own


def _covers_script(names: frozenset[str]) -> Callable[[str], bool]:
    return names.__contains__


def _covers_rust(names: frozenset[str]) -> Callable[[str], bool]:
    own = {name.replace("-", "_") for name in names}
    return own.__contains__


def _covers_go(names: frozenset[str]) -> Callable[[str], bool]:
    return lambda path: any(path == name or path.startswith(f"{name}/") for name in names)


def _covers_java(names: frozenset[str]) -> Callable[[str], bool]:
    groups = {*names, *(_JAVA_PACKAGES[name] for name in names if name in _JAVA_PACKAGES)}
    starts = {".".join(name.split(".")[:2]) for name in groups}
    return lambda name: name in starts or name.partition(".")[0] in starts


_COVERS: Mapping[str, Callable[[frozenset[str]], Callable[[str], bool]]] = {
    "python": _covers_python,
    "script": _covers_script,
    "rust": _covers_rust,
    "go": _covers_go,
    "java": _covers_java,
}
