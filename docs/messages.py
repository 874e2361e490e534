"""Everything that moa-lsp can say to a user about what went wrong, collected from its source.

Errors that are raised, reasons in run records, sentences shown in the editor: string literals in
the calls that carry them, with ``…`` for what is filled in. A constant or a table of a module
counts where it is used. `docs/errors.md` is written from this, and a test reads every message.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import moa_bench
import moa_lsp
from moa_lsp import errors

PACKAGES = tuple(Path(package.__file__).resolve().parent for package in (moa_lsp, moa_bench))

AREAS: Mapping[str, str] = {
    "runs": "Starting an action",
    "workspace": "Starting an action",
    "lsp": "Talking to the editor, applying",
    "context": "What models are shown",
    "mix": "A mix at work",
    "answers": "An answer that cannot be used",
    "providers": "Providers and keys",
    "store": "Budgets and the ledger",
    "config": "Configuration, mixes, actions",
    "actions": "Configuration, mixes, actions",
    "cli": "Command line",
    "moa_bench": "The bench",
}
"""Folders of the packages, and what a user calls them; in the order of the page."""

ERRORS = {
    name: found
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, errors.MoaError)
}

CARRIERS: Mapping[str, str] = {
    "RejectedAnswer": "an agent's reason",
    "Extraction": "an agent's reason",
    "Judgement": "an agent's reason",
    "AttemptResult": "an agent's reason",
    "ApplyResult": "a run's reason",
    "AggregationResult": "a run's reason",
    "Problem": "ConfigError",
    "sentence": "shown",
    "fail": "shown",
    "_warn": "shown",
}
"""Calls whose texts are shown, besides those of errors."""

TABLES: Mapping[str, str] = {
    "_WHY": "a run's reason",
    "_MIXED": "a run's reason",
    "NOTHING": "a run's reason",
    "_UNFINISHED": "an agent's reason",
    "DECLINED": "a run's reason",
    "UNANSWERED": "a run's reason",
    "UNCONFIRMED": "a run's reason",
    "CLOSED": "a run's reason",
    "UNASKED": "a run's reason",
    "NO_CHANGE": "an agent's reason",
    "NO_MODEL_HINT": "a run's reason",
    "SETTLED": "an agent's reason",
    "_ENOUGH": "an agent's reason",
    "_FIXES": "SandboxError",
}
"""Constants whose texts are shown."""


@dataclass(frozen=True, order=True)
class Message:
    """One message.

    Attributes:
        area: as in ``AREAS``.
        kind: the error's class, or where it is shown.
        text: ``…`` stands for what is filled in.
        place: file and line, for who mends it.
    """

    area: str
    kind: str
    text: str
    place: str


def collect(packages: Sequence[Path] = PACKAGES) -> list[Message]:
    """Every message of the packages, by area, kind and text, each once."""
    found: dict[tuple[str, str, str], Message] = {}
    files = [(root, path) for root in packages for path in sorted(root.rglob("*.py"))]
    for root, path in files:
        folder = path.relative_to(root).parts[0]
        area = AREAS.get(root.name) or AREAS.get(folder)
        if area is None:
            continue
        for kind, text, line in _said(ast.parse(path.read_text("utf-8"))):
            place = f"{path.relative_to(root.parent).as_posix()}:{line}"
            message = Message(area, kind, text, place)
            found.setdefault((message.area, kind, text), message)
    return sorted(found.values())


def _said(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            kind = name if name in ERRORS else CARRIERS.get(name)
            values = [*node.args, *(each.value for each in node.keywords)]
            if kind is not None:
                for value in values:
                    yield from ((kind, text, node.lineno) for text in _texts(value))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for kind in (TABLES[n] for each in targets if (n := _name(each)) in TABLES):
                yield from ((kind, text, node.lineno) for text in _texts(node.value))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    """The sentences that an expression can be."""
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value)
    else:
        text = _text(node)
        # A word alone is a value; without any there is nothing to read.
        if text is not None and re.search(r"[a-z].* .*[a-z]|[a-z].* …", text):
            yield text


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return f"{left or '…'}{right or '…'}" if left or right else None
    return None


MEANINGS: Mapping[str, tuple[str, str]] = {
    "ConfigError": (
        "your files",
        "mend the place that is named; `moa-lsp mix check` lists all of them at once",
    ),
    "UsageError": ("the request", "ask for something that exists; the message says what does"),
    "ProviderError": ("the provider", "look at `moa-lsp doctor`; other agents of the mix go on"),
    "Unreachable": ("the network or the provider", "check `base_url` and the network; retried"),
    "AuthRejected": ("your key", "set the key that is named; asked again once it changed"),
    "KeyRejected": ("your key", "put the right key where the message says; the next run tries it"),
    "RateLimited": ("the provider's limits", "wait, or give the agent a fallback; retried"),
    "ProviderOverloaded": ("the provider", "wait, or give the agent a fallback; retried"),
    "BadReply": ("the provider", "check that `base_url` is a model API; not retried"),
    "AnswerRefused": ("the model", "word the instruction otherwise, or take another model"),
    "TooLarge": ("the request", "select less, or take a model with a larger window"),
    "RunError": ("the run", "do what the message says; nothing was changed"),
    "NoProposal": ("the mix", "run it again, or take another mix"),
    "BudgetExceeded": ("your budget", "raise the setting that is named, or take a cheaper mix"),
    "StaleDocument": ("time", "run it again, or undo what you typed and use `moa.apply`"),
    "SandboxError": ("this machine", "do what the message says: [sandbox.md](sandbox.md)"),
    "SandboxEndError": ("the program", "its answer is wrong: it delays its own end"),
    "Unsafe": ("a guard of ours", "look at what is named; a guard is not switched off"),
}
"""Whose fault an error is, and what to do."""


def kinds() -> Iterator[tuple[str, str, str, str]]:
    """A row for each class: its name, whose fault it is, when it comes, what to do."""
    for name, found in ERRORS.items():
        if found is errors.MoaError:
            continue
        fault, then = MEANINGS[name]
        first = " ".join((inspect.getdoc(found) or "").split("\n\n")[0].split()).rstrip(".")
        yield f"`{name}`", fault, first, then


def page() -> str:
    """Every message, by area and kind."""
    lines: list[str] = []
    area = kind = ""
    order = list(dict.fromkeys(AREAS.values()))
    for each in sorted(collect(), key=lambda one: (order.index(one.area), one)):
        if each.area != area:
            area, kind = each.area, ""
            lines += [f"### {area}", ""] if not lines else ["", f"### {area}", ""]
        if each.kind != kind:
            lines += [] if not kind else [""]
            kind = each.kind
            lines += [f"{f'`{kind}`' if kind in ERRORS else kind.capitalize()}:", ""]
        lines.append(f"- {_code(each.text)}")
    return "\n".join([*lines, ""])


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
