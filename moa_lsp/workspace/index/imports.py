"""What a file imports, by grammar: for each import the keys it may mean, the likeliest first.

Pure. Keys are those of ``keys.py``. What only an installed package can be is left out where the
language tells it apart (``import "react"``); elsewhere it simply finds no file.
"""

import posixpath
import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from moa_lsp.syntax.tree import Tree
from moa_lsp.workspace.index.keys import beside

MAX_FILE_IMPORTS = 400
"""Kept of one file; a file that imports more is generated."""


Wanted = tuple[str, ...]
"""Keys that one import may mean; the first that is a file of the workspace is meant."""

_SCRIPT_QUERY = """
(import_statement source: (string) @from)
(export_statement source: (string) @from)
(call_expression
  function: [(identifier) (import)] @called
  arguments: (arguments . (string) @given))
"""

_TYPESCRIPT_QUERY = f"{_SCRIPT_QUERY}\n(import_require_clause source: (string) @from)"

_SCRIPT_ENDING = re.compile(r"(?:\.d)?\.[mc]?[jt]sx?$")


def imports(tree: Tree, path: str) -> list[Wanted]:
    """The imports of a file in document order, each once.

    Args:
        tree: its text, parsed.
        path: below the workspace, with forward slashes.
    """
    query, read = _READERS[tree.language]
    folder = posixpath.dirname(path)
    found: dict[Wanted, None] = {}
    for name, node in tree.captured(query):
        for wanted in read(tree, name, node, path, folder):
            kept = tuple(dict.fromkeys(key for key in wanted if key.strip("/")))
            if kept:
                found.setdefault(kept)
        if len(found) >= MAX_FILE_IMPORTS:
            break
    return list(found)[:MAX_FILE_IMPORTS]


def _python(tree: Tree, _name: str, node: Node, _path: str, folder: str) -> Iterator[Wanted]:
    names = [_dotted(tree, each) for each in node.children_by_field_name("name")]
    if node.type == "import_statement":
        for name in names:
            yield (name,)
        return
    module = node.child_by_field_name("module_name")
    if module is None:
        return
    start = _python_module(tree, module, folder)
    if start is None:
        return
    if not names:  # from a import *
        yield (start,)
    for name in names:
        yield (f"{start.rstrip('/')}/{name}", start)


def _dotted(tree: Tree, node: Node) -> str:
    named = node.child_by_field_name("name") if node.type == "aliased_import" else node
    return re.sub(r"\s", "", tree.source(named or node)).replace(".", "/")


def _python_module(tree: Tree, module: Node, folder: str) -> str | None:
    if module.type != "relative_import":
        return _dotted(tree, module)
    written = re.sub(r"\s", "", tree.source(module))
    rest = written.lstrip(".")
    climb = "../" * (len(written) - len(rest) - 1)
    return beside(folder, f"{climb}{rest.replace('.', '/')}") or None


def _script(tree: Tree, name: str, node: Node, _path: str, folder: str) -> Iterator[Wanted]:
    if name == "called":
        return
    if name == "given":
        called = node.parent.parent if node.parent else None
        function = called.child_by_field_name("function") if called else None
        if function is None or tree.source(function) not in ("require", "import"):
            return
    written = tree.source(node).strip("\"'`")
    bare = _SCRIPT_ENDING.sub("", written)
    if written.startswith("."):
        key = beside(folder, bare)
        yield (key, posixpath.dirname(key) if posixpath.basename(key) == "index" else "")
    elif written.startswith(("@/", "~/")):
        yield (bare[2:],)


def _rust(tree: Tree, name: str, node: Node, path: str, folder: str) -> Iterator[Wanted]:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    owns = folder if stem in ("mod", "lib", "main") else posixpath.join(folder, stem)
    if name == "module":
        yield (beside(owns, tree.source(node)),)
        return
    for written in _spread(re.sub(r"\s+as\s+\w+|\s", "", tree.source(node))):
        parts = written.split("::")
        climb = 0
        while parts and parts[0] in ("self", "super"):
            climb += parts.pop(0) == "super"
        exact = climb or written.startswith("self")
        if parts and parts[0] == "crate":
            parts = parts[1:]
        elif not exact and len(parts) > 1:  # another crate of the workspace
            parts = [parts[0], "src", *parts[1:]]
        if parts and parts[-1] in ("*", "self"):
            parts.pop()
        shorter = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
        yield (
            tuple(beside(owns, "../" * climb + each) for each in shorter)
            if exact
            else tuple(shorter)
        )


def _spread(written: str) -> list[str]:
    """``a::{b, c::D}`` as ``a::b`` and ``a::c::D``; innermost braces first, bounded."""
    waiting, done = [written], list[str]()
    while waiting and len(waiting) + len(done) < MAX_FILE_IMPORTS:
        one = waiting.pop()
        group = re.search(r"\{([^{}]*)\}", one)
        if group is None:
            done.append(one)
        else:
            before, after = one[: group.start()], one[group.end() :]
            waiting += [before + each + after for each in group[1].split(",") if each]
    return done


def _go(tree: Tree, _name: str, node: Node, _path: str, _folder: str) -> Iterator[Wanted]:
    parts = tree.source(node).strip('"`').split("/")
    # The module's own name stands in front: example.com/module, github.com/user/module.
    most = 3 if "." in parts[0] else 1
    yield tuple("/".join(parts[cut:]) for cut in range(min(most, len(parts) - 1) + 1))


def _java(tree: Tree, _name: str, node: Node, _path: str, _folder: str) -> Iterator[Wanted]:
    parts = tree.source(node).split(".")
    yield ("/".join(parts), "/".join(parts[:-1]))  # the second of a static import or inner class


def _include(tree: Tree, _name: str, node: Node, _path: str, folder: str) -> Iterator[Wanted]:
    written = tree.source(node)
    bare = posixpath.splitext(written.strip('"<>'))[0]
    yield (beside(folder, bare), bare) if written.startswith('"') else (bare,)


_Reader = Callable[[Tree, str, Node, str, str], Iterator[Wanted]]

_PYTHON_QUERY = "[(import_statement) (import_from_statement)] @import"
_RUST_QUERY = "(use_declaration argument: (_) @use) (mod_item name: (identifier) @module !body)"
_INCLUDE_QUERY = "(preproc_include path: [(string_literal) (system_lib_string)] @path)"

_READERS: dict[str, tuple[str, _Reader]] = {
    "python": (_PYTHON_QUERY, _python),
    "javascript": (_SCRIPT_QUERY, _script),
    "javascriptreact": (_SCRIPT_QUERY, _script),
    "typescript": (_TYPESCRIPT_QUERY, _script),
    "typescriptreact": (_TYPESCRIPT_QUERY, _script),
    "rust": (_RUST_QUERY, _rust),
    "go": ("(import_spec path: (_) @path)", _go),
    "java": ("(import_declaration [(scoped_identifier) (identifier)] @name)", _java),
    "c": (_INCLUDE_QUERY, _include),
    "cpp": (_INCLUDE_QUERY, _include),
}
