"""Stubs for ``generate``: what a class lacks and what is called without being defined.

A stub has the signature that its base or its calls show, a TODO docstring, and raises
``NotImplementedError``. A body is never invented.
"""

import ast
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pyflakes.checker import Checker
from pyflakes.messages import UndefinedName

from moa_lsp.providers.embedded.class_members import (
    MissingMethod,
    UndefinedCall,
    called,
    methods,
    required,
)
from moa_lsp.providers.embedded.python_source import (
    Function,
    PythonSource,
    dotted,
    first_line,
    is_empty_class,
    own_nodes,
)
from moa_lsp.providers.embedded.signature import (
    Parameter,
    from_calls,
    header,
    read_parameters,
    untyped,
)
from moa_lsp.text.edits import Edit, Span


def is_typed(functions: Iterable[Function]) -> bool:
    """Whether most functions that could have annotations have some."""
    typed = [
        function.returns is not None
        or any(argument.annotation is not None for argument in function.args.args)
        for function in functions
    ]
    return sum(typed) * 2 >= len(typed) if typed else False


def file_is_typed(source: PythonSource) -> bool:
    """Whether the document's functions are annotated."""
    return is_typed(
        node
        for node in source.definitions
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def missing_methods(source: PythonSource, node: ast.ClassDef) -> list[MissingMethod]:
    """Every method that a class should get: asked for by a base, or called on ``self``."""
    own = methods(node)
    typed = is_typed(own.values()) if own else file_is_typed(source)
    asked = required(source, node)
    known = {item.name for item in asked}
    found = list(asked)
    for name, uses in called(source, node).items():
        if name not in known:
            found.append(_from_uses(source, name, uses, typed=typed, bound=True))
    if typed:
        return found
    return [
        MissingMethod(
            item.name,
            tuple(untyped(item.parameters)),
            None,
            item.is_async,
            item.origin,
            item.decorators,
        )
        for item in found
    ]


def undefined_calls(source: PythonSource) -> dict[str, list[UndefinedCall]]:
    """The calls of plain functions that the document neither defines nor imports, by name."""
    undefined = {
        message.message_args[0]
        for message in Checker(source.tree).messages
        if isinstance(message, UndefinedName)
    }
    found: dict[str, list[UndefinedCall]] = {}
    for function, call, use, awaited in _calls(source.tree):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in undefined and not name[:1].isupper():
            found.setdefault(name, []).append(UndefinedCall(call, use, awaited, function))
    return found


def missing_functions(
    source: PythonSource, calls: dict[str, list[UndefinedCall]], span: Span | None
) -> list[MissingMethod]:
    """What ``calls`` need that stand inside ``span`` (all of them, for ``None``)."""
    typed = file_is_typed(source) if calls else False
    found: list[MissingMethod] = []
    for name, uses in calls.items():
        inside = [
            use for use in uses if span is None or span.start <= source.start(use.call) < span.end
        ]
        if inside:
            found.append(_from_uses(source, name, inside, typed=typed, bound=False))
    return found


def _calls(tree: ast.Module) -> list[tuple[Function, ast.Call, ast.AST, bool]]:
    """Every call with the function around it (an empty one at the top), its use, if awaited."""
    outside = ast.FunctionDef(
        name="", args=ast.arguments([], [], None, [], [], None, []), body=[], decorator_list=[]
    )
    found: list[tuple[Function, ast.Call, ast.AST, bool]] = []
    waiting: list[tuple[ast.AST, ast.AST, ast.AST, Function]] = [(tree, tree, tree, outside)]
    while waiting:
        node, parent, above, within = waiting.pop()
        if isinstance(node, ast.Call):
            awaited = isinstance(parent, ast.Await)
            found.append((within, node, above if awaited else parent, awaited))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            within = node
        waiting.extend(
            (child, node, parent, within) for child in reversed([*ast.iter_child_nodes(node)])
        )
    return found


def _from_uses(
    source: PythonSource, name: str, uses: Sequence[UndefinedCall], *, typed: bool, bound: bool
) -> MissingMethod:
    types: dict[str, str] = {}
    for use in uses:
        types.update(_types(source, use.within))
    parameters = from_calls([use.call for use in uses], types if typed else None)
    if bound:
        parameters.insert(0, Parameter("self"))
    returns = _returns(source, uses) if typed else None
    return MissingMethod(name, tuple(parameters), returns, any(use.awaited for use in uses))


def _types(source: PythonSource, function: Function) -> dict[str, str]:
    """The annotations that are known inside a function, by name."""
    types = {
        parameter.name: parameter.annotation
        for parameter in read_parameters(source, function)
        if parameter.annotation is not None and parameter.kind not in ("args", "kwargs")
    }
    for node in own_nodes(function):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            types[node.target.id] = source.segment(node.annotation)
    return types


def _returns(source: PythonSource, uses: Sequence[UndefinedCall]) -> str:
    """The return type that all uses agree on, else ``object``."""
    wanted = {_wanted(source, use) for use in uses}
    return wanted.pop() if len(wanted) == 1 else "object"


def _wanted(source: PythonSource, use: UndefinedCall) -> str:
    taker = use.use
    if isinstance(taker, ast.Expr):
        return "None"
    if isinstance(taker, ast.Return) and use.within.returns is not None:
        return source.segment(use.within.returns)
    if isinstance(taker, ast.AnnAssign):
        return source.segment(taker.annotation)
    if isinstance(taker, ast.If | ast.While | ast.Assert | ast.IfExp):
        return "bool"
    if isinstance(taker, ast.UnaryOp) and isinstance(taker.op, ast.Not):
        return "bool"
    return "object"


def stub(source: PythonSource, missing: MissingMethod, margin: str, step: str) -> list[str]:
    """The lines of a stub, without endings; its body is indented by ``step`` more."""
    inner = margin + step
    why = f", which `{missing.origin}` asks for" if missing.origin else ""
    return [
        *(f"{margin}@{decorator}" for decorator in missing.decorators),
        *header(
            missing.name,
            missing.parameters,
            missing.returns,
            margin,
            is_async=missing.is_async,
            indent=step,
        ),
        f'{inner}"""TODO: implement `{missing.name}`{why}."""',
        f"{inner}raise NotImplementedError",
    ]


def initializer(source: PythonSource, node: ast.ClassDef) -> list[str]:
    """The lines of an ``__init__`` from annotations without values; none where it has no place."""
    bases = {dotted(base) for base in node.bases} - {"object"}
    if bases or node.keywords or node.decorator_list or "__init__" in methods(node):
        return []
    fields = [
        Parameter(item.target.id, annotation=source.segment(item.annotation))
        for item in node.body
        if isinstance(item, ast.AnnAssign) and item.value is None
        and isinstance(item.target, ast.Name) and not _is_class_variable(item.annotation)
    ]  # fmt: skip
    if not fields:
        return []
    margin = source.inner_margin(node)
    typed = [Parameter("self"), *fields]
    return [
        *header("__init__", typed, "None", margin, indent=source.step(node)),
        *(f"{margin}{source.step(node)}self.{field.name} = {field.name}" for field in fields),
    ]


def _is_class_variable(annotation: ast.expr) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return (dotted(outer) or "").split(".")[-1] == "ClassVar"


def complete_class(source: PythonSource, node: ast.ClassDef) -> list[Edit]:
    """The edits that give a class its missing methods; none if it lacks nothing."""
    margin, step = source.inner_margin(node), source.step(node)
    blocks = [stub(source, missing, margin, step) for missing in missing_methods(source, node)]
    edits: list[Edit] = []
    first = initializer(source, node)
    if first and methods(node):
        edits.append(_before_methods(source, node, first))
    elif first:
        blocks.insert(0, first)
    if blocks:
        edits.extend(_at_the_end(source, node, blocks))
    return edits


def _before_methods(source: PythonSource, node: ast.ClassDef, block: list[str]) -> Edit:
    """Put a block in front of the first method."""
    method = next(iter(methods(node).values()))
    start = source.span(method).start
    lines = [*block, *[""] * blank_lines(source, node)]
    return Edit(Span(start, start), "".join(f"{line}{source.eol}" for line in lines))


def _at_the_end(source: PythonSource, node: ast.ClassDef, blocks: list[list[str]]) -> list[Edit]:
    """Put blocks behind the last statement, or in the place of the ``pass`` that is none."""
    gap = [""] * blank_lines(source, node)
    lines = [line for block in blocks for line in (*gap, *block)]
    last = node.body[-1]
    colon = source.colon(node)
    placeholder = isinstance(last, ast.Pass) or (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Constant)
        and last.value.value is Ellipsis
    )
    if first_line(node.body[0]) == colon.line:
        if not placeholder or len(node.body) > 1:
            return []  # a body of one line has no place for a method
        start = source.index.offset(colon, "utf-32")
        return [Edit(Span(start, source.end(last)), _after(source, lines[len(gap) :]))]
    if placeholder and is_empty_class(node):
        start = source.span(last).start
        kept = lines if len(node.body) > 1 else lines[len(gap) :]
        return [Edit(Span(start, source.end(last)), source.eol.join(kept))]
    end = source.span(last).end
    return [Edit(Span(end, end), _after(source, lines))]


def _after(source: PythonSource, lines: Sequence[str]) -> str:
    return "".join(f"{source.eol}{line}" for line in lines)


def blank_lines(source: PythonSource, node: ast.ClassDef) -> int:
    """How many blank lines stand between the methods of a class; one if that cannot be seen."""
    own = list(methods(node).values())
    for before, after in pairwise(own):
        between = source.lines[before.end_lineno or before.lineno : first_line(after)]
        if all(not line.strip() for line in between):
            return min(len(between), 2)
    return 1
