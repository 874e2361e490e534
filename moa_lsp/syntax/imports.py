"""Packages that a text imports and its project does not know (A09 in docs/faults.md).

Models invent package names, and an attacker can register an invented name with malicious code.
Known is what the buffer imported before, the standard library, what the project's manifests
declare, and what lies in the project as a file or folder. Nothing is looked up anywhere:
``ProjectImports`` comes in as values.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from types import MappingProxyType

from tree_sitter import Node

from moa_lsp.syntax.dependencies import declared
from moa_lsp.syntax.tree import Tree, parse

_SCRIPT = ("javascript", "javascriptreact", "typescript", "typescriptreact")

# fmt: off
_NODE = frozenset(
    {
        "assert", "async_hooks", "buffer", "child_process", "cluster", "console",
        "constants", "crypto", "dgram", "diagnostics_channel", "dns", "domain",
        "events", "fs", "http", "http2", "https", "inspector",
        "module", "net", "os", "path", "perf_hooks", "process",
        "punycode", "querystring", "readline", "repl", "stream", "string_decoder",
        "sys", "timers", "tls", "trace_events", "tty", "url",
        "util", "v8", "vm", "wasi", "worker_threads", "zlib",
    }
)
# fmt: on
_RUST = frozenset({"std", "core", "alloc", "proc_macro", "test", "crate", "self", "super"})
_JAVA = ("java.", "javax.", "jdk.", "sun.", "com.sun.", "org.w3c.", "org.xml.", "org.ietf.")

_JAVA_NAME = re.compile(r"import\s+(?:static\s+)?([\w.]+)")
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ProjectImports:
    """What lies around a document.

    Attributes:
        manifests: texts of ``pyproject.toml``, ``package.json``, … by file name; one folder's
            after another's where there are several, each name with its folder.
        modules: names, without extension, of files and folders that an import can mean.
    """

    manifests: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    modules: frozenset[str] = frozenset()


def imported(text: str, language: str) -> tuple[str, ...]:
    """The packages that a text imports, in the order of the text, each once.

    Of Python and Rust the first part of the path, of JavaScript the package, of Go the whole path,
    of Java the first two parts. What is relative, and what is of no such language, is left out.
    """
    finder = _FINDERS.get(language)
    tree = parse(text, language) if finder else None
    if finder is None or tree is None:
        return ()
    found = (name for node in tree.nodes() for name in finder(tree, node))
    return tuple(dict.fromkeys(name for name in found if name))


def foreign(before: str, new: str, language: str, project: ProjectImports) -> tuple[str, ...]:
    """The packages that ``new`` imports and that are unknown.

    Args:
        before: the document as it was.
        new: what comes in, perhaps a part of a document.
        language: LSP language identifier.
        project: what lies around it.
    """
    names = [
        name
        for name in imported(dedent(new), language)
        if not _standard(name, language) and _stem(name) not in project.modules
    ]
    if not names:
        return ()
    known = declared(project.manifests, _FAMILIES[language])
    names = [name for name in names if not known.covers(name)]
    if not names:
        return ()
    own = {*imported(before, language), *_own(before, new, language)}
    return tuple(name for name in names if name not in own)


def _standard(name: str, language: str) -> bool:
    family = _FAMILIES[language]
    if family == "python":
        return name in sys.stdlib_module_names or name == "__future__"
    if family == "script":
        return name.startswith("node:") or name in _NODE
    if family == "go":
        return "." not in name.partition("/")[0]
    if family == "rust":
        return name in _RUST
    return f"{name}.".startswith(_JAVA)


def _stem(name: str) -> str:
    """What a file or folder of that name would be called."""
    return name.partition("/")[0] if not name.startswith("@") else name


def _own(before: str, new: str, language: str) -> Iterator[str]:
    """What the document itself is or declares."""
    family = _FAMILIES[language]
    if family == "java":
        for found in _PACKAGE.finditer(before):
            yield _two(found[1])
    if family == "rust":
        for text in (before, new):
            yield from re.findall(r"\bmod\s+(\w+)", text)


def _python(tree: Tree, node: Node) -> Iterator[str]:
    if node.type == "import_statement":
        for child in node.named_children:
            name = child.child_by_field_name("name") if child.type == "aliased_import" else child
            if name is not None and name.type == "dotted_name":
                yield tree.source(name).partition(".")[0].strip()
    elif node.type == "import_from_statement":
        module = node.child_by_field_name("module_name")
        if module is not None and module.type == "dotted_name":
            yield tree.source(module).partition(".")[0].strip()


def _script(tree: Tree, node: Node) -> Iterator[str]:
    if node.type in ("import_statement", "export_statement", "import_require_clause"):
        source = node.child_by_field_name("source")
    elif node.type == "call_expression":
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        called = function is not None and tree.source(function) in ("require", "import")
        source = (
            arguments.named_children[0]
            if called and arguments and arguments.named_children
            else None
        )
    else:
        return
    if source is not None and source.type == "string":
        yield _package(tree.source(source).strip("\"'"))


def _package(path: str) -> str:
    """The package of a JavaScript path; ``""`` of a relative one or an alias."""
    if path.startswith((".", "/", "#", "~", "@/")):
        return ""
    if "://" in path or path.startswith("node:"):
        return path
    path = re.sub(r"^(?:npm|jsr):", "", path)
    parts = path.split("/")
    return "/".join(parts[:2]) if path.startswith("@") else parts[0]


def _go(tree: Tree, node: Node) -> Iterator[str]:
    if node.type == "import_spec":
        path = node.child_by_field_name("path")
        if path is not None:
            yield tree.source(path).strip('"`')


def _rust(tree: Tree, node: Node) -> Iterator[str]:
    if node.type == "extern_crate_declaration":
        name = node.child_by_field_name("name")
        if name is not None:
            yield tree.source(name)
    elif node.type == "use_declaration":
        argument = node.child_by_field_name("argument")
        paths = tree.source(argument) if argument is not None else ""
        inner = paths.strip("{} \r\n\t").split(",") if paths.startswith("{") else [paths]
        for path in inner:
            found = re.match(r"\s*(?:::)?\s*(?:r#)?([a-z_]\w*)", path)  # capitals are types here
            if found is not None:
                yield found[1]


def _java(tree: Tree, node: Node) -> Iterator[str]:
    if node.type == "import_declaration":
        found = _JAVA_NAME.match(tree.source(node))
        if found is not None:
            yield _two(found[1])


def _two(path: str) -> str:
    return ".".join(path.split(".")[:2])


_FINDERS: Mapping[str, Callable[[Tree, Node], Iterator[str]]] = {
    "python": _python,
    "go": _go,
    "rust": _rust,
    "java": _java,
    **dict.fromkeys(_SCRIPT, _script),
}
_FAMILIES = {language: language for language in _FINDERS} | dict.fromkeys(_SCRIPT, "script")
