"""Coarser views of an answer than the engine's own key, to see whether more agreement is worth it.

All are of Python; of other languages, and of what does not parse, there is the engine's key alone.
"""

import ast
import difflib
import warnings
from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def coarse(code: str) -> str | None:
    """A syntax tree without docstrings, annotations and the names of what functions assign."""
    tree = _read(code)
    return None if tree is None else ast.dump(tree)


def changed(before: str, after: str) -> str | None:
    """The definitions that an edit changes, adds or drops, each as in ``coarse``.

    What stands outside of functions and classes does not count; where there was no definition
    before, the whole does.
    """
    old, new = _read(before), _read(after)
    if old is None or new is None:
        return None
    had, has = dict(_definitions(old.body)), dict(_definitions(new.body))
    if not had:
        return ast.dump(new)
    return repr(sorted((n, has.get(n)) for n in {*had, *has} if had.get(n) != has.get(n)))


def change(before: str, after: str) -> str:
    """The lines that an edit takes away and adds, without the spaces at their ends."""
    old = [line.rstrip() for line in before.splitlines()]
    new = [line.rstrip() for line in after.splitlines()]
    told: list[str] = []
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for what, begin, end, start, stop in steps:
        if what != "equal":
            told += [f"-{line}" for line in old[begin:end]]
            told += [f"+{line}" for line in new[start:stop]]
    return "\n".join(told)


def _read(code: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about foreign code
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS)):
            _bare(node)
        if isinstance(node, _FUNCTIONS):
            _renamed(node)
    return tree


def _bare(node: ast.Module | ast.ClassDef | _Function) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    node.body = [
        ast.Assign([each.target], each.value, lineno=0)
        if isinstance(each, ast.AnnAssign) and each.value is not None
        else each
        for each in node.body
    ]
    if isinstance(node, _FUNCTIONS):
        node.returns = None
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None


def _renamed(function: _Function) -> None:
    names: dict[str, str] = {}
    found = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    for name in found:
        if isinstance(name.ctx, ast.Store):
            names.setdefault(name.id, f"v{len(names)}")
    for name in found:
        name.id = names.get(name.id, name.id)


def _definitions(body: list[ast.stmt], inside: str = "") -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            yield inside + node.name, ast.dump(node)
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{inside}{node.name}.")
            rest = [
                each for each in node.body if not isinstance(each, (*_FUNCTIONS, ast.ClassDef))
            ]
            yield inside + node.name, ast.dump(ast.Module([*node.bases, *rest], []))
