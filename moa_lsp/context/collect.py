"""Selects, redacts and fits the context of a task into the token budget. Pure.

The target is shown whole or the run is refused; everything else has its share (``budget``). The
document's own secrets become placeholders (``veil``); a piece of another file that holds one is
left out. The same input always gives the same result.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import get_args

from moa_lsp import limits as shared_limits
from moa_lsp.actions.view import Part, PromptView, Section
from moa_lsp.context import budget, limits, secrets
from moa_lsp.context.facts import facts
from moa_lsp.context.items import UNSAFE, ContextItems, Definition, OmittedItem, SourceFile
from moa_lsp.context.recent_edits import RecentEdit
from moa_lsp.context.redaction import Redaction, veil
from moa_lsp.context.snippets import Snippet, ranked
from moa_lsp.errors import UsageError
from moa_lsp.syntax.symbols import Symbol, symbols
from moa_lsp.task import Diagnostic, Task
from moa_lsp.text.lines import LineIndex, split_lines
from moa_lsp.text.sanitize import clean_prompt
from moa_lsp.text.tokens import tokens

QUERY_CHARS = 2000
"""On either side of a region, for what other files are compared with it by."""

MAX_TOLD_CHARACTERS = 3
"""Kinds of hidden characters that one warning names."""


PARTS: tuple[Part, ...] = get_args(Part)
"""In the order in which they are shown."""

NO_ROOM = "over the share that its kind has of the budget"
"""A kind has a share at most (``budget.SHARES``), so this is said also where others leave room."""

_IMPORT = re.compile(
    r"(?:import|from|use|using|#\s*include|require|package|extern crate|mod)\b"
    r"|[^=]{1,80}=\s*require\("
)


@dataclass(frozen=True, slots=True)
class ContextBundle:
    """The context that models are shown, and what is needed to read their answers.

    Attributes:
        view: what is shown.
        veil: what is hidden.
        spent: tokens by part; besides ``DocumentPart`` also ``region``, ``before``, ``after``,
            ``diagnostics`` and ``instruction``.
        left_out: what is not shown although it was found.
        warnings: for the user.
    """

    view: PromptView
    veil: Redaction
    spent: dict[str, int] = field(default_factory=dict)
    left_out: tuple[OmittedItem, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def unseen(cls, task: Task) -> "ContextBundle":
        """For a run that asks no model: nobody reads the prompt."""
        return cls(PromptView(task, "", "", ""), Redaction(task))


@dataclass(frozen=True, slots=True)
class _ContextPiece:
    """One thing that is shown or not.

    Attributes:
        what: for a list of what is left out.
        text: as it is shown.
        order: where it stands in its section.
        source: the file that it is taken from, where the section names it.
    """

    what: str
    text: str
    order: tuple[str, int]
    source: str = ""

    @property
    def cost(self) -> int:
        return tokens(f"{self.text}\n")


def collect(
    task: Task, evidence: ContextItems, *, room: int, surrounded: bool = True, why: str = ""
) -> ContextBundle:
    """Put together what is shown.

    Args:
        task: as it is.
        evidence: what was found around its document.
        room: tokens for all of it together.
        surrounded: whether the prompt has a place for more than the document.
        why: what bounds the room, and what the user can do, for a refusal.

    Raises:
        UsageError: the target does not fit, or the document is a file of secrets.
    """
    files = (*evidence.open_documents, *evidence.neighbours, *evidence.conventions)
    others = [each.text for each in files] + [each.text for each in evidence.edits]
    others += evidence.reports
    others += [file.snapshot.text for file in task.files[1:]]
    hides = veil(task, others)
    cleaner = _Cleaner()
    shown = _cleaned(hides.task, cleaner)
    region = cleaner(hides.task.region)
    beside = [file.snapshot.text for file in task.files[1:]]  # may be changed, so shown whole
    earlier = shown.refinement.texts if shown.refinement else ()
    spent = {
        "region": tokens(region) + sum(map(tokens, beside)),
        "instruction": tokens(shown.instruction) + sum(map(tokens, earlier)),
    }
    left = room - sum(spent.values())
    if left < 0:
        raise UsageError(
            f"what the action works on takes about {room - left:,} tokens, and {room:,} may be "
            f"shown; {why or 'select less, or raise context.max_tokens in config.yaml'}"
        )
    out = list(evidence.left_out)
    shown = _with_diagnostics(shown, int(left * budget.DIAGNOSTICS_SHARE), spent, out)
    left -= spent["diagnostics"]
    pieces = _pieces(task, hides, evidence) if surrounded else {}
    pieces = {part: _safe(found, hides, out) for part, found in pieces.items()}
    place = _TargetWindow(hides.task)
    above, below, cut, grants = place.fitted(left, pieces, surrounded=surrounded)
    if cut and surrounded:
        pieces["file"] = _safe(place.rest(above, below), hides, out, own=True)
    sections = _sections(pieces, grants, cleaner, spent, out)
    before = cleaner("".join(reversed(place.before[:above])))
    after = cleaner("".join(place.after[:below]))
    spent |= {"before": tokens(before), "after": tokens(after)}
    hidden = _line_count(task.before) - above, _line_count(task.after) - max(1, below)
    view = PromptView(shown, region, before, after, hidden[0], max(0, hidden[1]), sections)
    warnings = [*filter(None, (hides.warning(), cleaner.warning()))]
    return ContextBundle(view, hides, spent, tuple(dict.fromkeys(out)), tuple(warnings))


class _Cleaner:
    """Takes hidden characters out of texts, and remembers which."""

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()

    def __call__(self, text: str) -> str:
        cleaned, found = clean_prompt(text)
        for each in found:
            self._found[f"U+{each.code_point:04X} {each.name}"] += 1
        return cleaned

    def warning(self) -> str | None:
        if not self._found:
            return None
        names = ", ".join(name for name, _ in self._found.most_common(MAX_TOLD_CHARACTERS))
        return f"hidden characters in what the models are shown, taken out or marked: {names}"


def _cleaned(task: Task, cleaner: Callable[[str], str]) -> Task:
    """The task's notes as they are shown; its document stays, for reading answers by."""

    def seen(each: Diagnostic) -> Diagnostic:
        code = None if each.code is None else cleaner(each.code)
        source = None if each.source is None else cleaner(each.source)
        return replace(each, message=cleaner(each.message), code=code, source=source)

    return replace(
        task,
        instruction=cleaner(task.instruction),
        symbol=None if task.symbol is None else cleaner(task.symbol),
        diagnostics=tuple(map(seen, task.diagnostics)),
        refinement=task.refinement and task.refinement.each(cleaner),
    )


def _with_diagnostics(
    task: Task, room: int, spent: dict[str, int], out: list[OmittedItem]
) -> Task:
    """As many diagnostics as there is room for, the first ones first."""
    costs = [
        tokens(each.message[: shared_limits.MAX_SHOWN_CHARS]) + 12 for each in task.diagnostics
    ]
    kept = budget.fitting(costs, room)
    spent["diagnostics"] = sum(costs[:kept])
    if kept < len(costs):
        out.append(OmittedItem(f"{len(costs) - kept} of {len(costs)} diagnostics", NO_ROOM))
    return replace(task, diagnostics=task.diagnostics[:kept])


class _TargetWindow:
    """The target in its document: the lines around it, the nearest first."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.before = _lines(task.before)[::-1]
        self.after = _lines(task.after)  # the first is the ending of the target's last line
        self._symbols: list[Symbol] | None = None

    def fitted(
        self, left: int, pieces: dict[Part, list[_ContextPiece]], *, surrounded: bool
    ) -> tuple[int, int, bool, dict[Part, int]]:
        """Lines above and below that fit, whether any are cut off, and what each part gets."""
        needs: dict[Part, int] = {
            part: sum(piece.cost for piece in found) for part, found in pieces.items()
        }
        grants, room = budget.allot(left, needs)
        all_lines = len(self.before), len(self.after)
        if sum(map(tokens, (*self.before, *self.after))) <= room:
            return *all_lines, False, grants
        if surrounded:
            needs["file"] = left
            grants, room = budget.allot(left, needs)
        counts = budget.around(self.before, self.after, self._inner(), room)
        return *counts, counts != all_lines, grants

    def rest(self, above: int, below: int) -> list[_ContextPiece]:
        """Imports and definitions of the document that are not among the lines shown."""
        task = self.task
        index = LineIndex(task.snapshot.text)
        first = index.line_of(task.target.start) - above
        last = index.line_of(task.target.end) + max(0, below - 1)
        found = [
            _ContextPiece(line.strip(), line.strip(), ("", number))
            for number, line in enumerate(reversed(self.before))
            if number < first and _IMPORT.match(line)
        ]
        for symbol in self._all():
            line = index.line_of(symbol.header.start)
            if first <= line <= last:
                continue
            header = " ".join(task.snapshot.text[symbol.header.start : symbol.header.end].split())
            text = f"line {line + 1}: {header[: shared_limits.MAX_SHOWN_CHARS]}"
            found.append(_ContextPiece(symbol.qualified, text, ("line", line)))
        return found

    def _inner(self) -> tuple[int, int]:
        """Lines of the innermost function or class around the target."""
        task, index = self.task, LineIndex(self.task.snapshot.text)
        first, last = index.line_of(task.target.start), index.line_of(task.target.end)
        for symbol in reversed(self._all()):
            wider = symbol.span.start < task.target.start or symbol.span.end > task.target.end
            if (
                wider
                and symbol.span.start <= task.target.start <= task.target.end <= symbol.span.end
            ):
                start, end = index.line_of(symbol.span.start), index.line_of(symbol.span.end)
                return first - start, end - last + 1
        return 0, 0

    def _all(self) -> list[Symbol]:
        if self._symbols is None:
            self._symbols = symbols(self.task.snapshot.text, self.task.snapshot.language)
        return self._symbols


def _pieces(
    task: Task, hides: Redaction, evidence: ContextItems
) -> dict[Part, list[_ContextPiece]]:
    """Everything of other files that could be shown, by part, the best first."""
    said = [*evidence.facts, *facts(evidence.manifests)]
    near = _query(hides.task)
    edits = [_edit(each, number) for number, each in enumerate(evidence.edits)]
    return {
        "edits": edits[::-1],
        "reports": [_ContextPiece(each, each, ("", n)) for n, each in enumerate(evidence.reports)],
        "conventions": list(chain.from_iterable(map(_paragraphs, evidence.conventions, count()))),
        "project": [
            _ContextPiece(fact, fact, ("", n)) for n, fact in enumerate(dict.fromkeys(said))
        ],
        "outline": [_defined(each, doc=False) for each in evidence.outline],
        "definitions": [_defined(each, doc=True) for each in evidence.definitions],
        "snippets": [
            _snippet(each)
            for each in ranked(
                (*evidence.neighbours, *evidence.open_documents),
                near,
                "\n".join([hides.task.snapshot.text, *(f.snapshot.text for f in task.files[1:])]),
            )
        ],
    }


def _edit(edit: RecentEdit, number: int) -> _ContextPiece:
    what = f"what was typed at {edit.path}:{edit.line + 1}"
    return _ContextPiece(what, edit.diff, ("", number), edit.path)


def _line_count(text: str) -> int:
    """How many ``_lines`` gives."""
    return LineIndex(text).line_count - (not text or text.endswith(("\n", "\r")))


def _paragraphs(file: SourceFile, number: int) -> Iterator[_ContextPiece]:
    """A file of conventions in pieces, each of which can be left out; the first names the file.

    A piece ends at an empty line, unless it has nothing but headings yet.
    """
    head, start, piece = f"{file.path}:\n", 1, ""
    for line, text in enumerate([*split_lines(file.text), ""], 1):
        if text.strip():
            piece += text
        elif not all(each.startswith("#") for each in split_lines(piece) if each):
            shown = f"{head}{piece.rstrip()}\n"
            yield _ContextPiece(f"{file.path}:{start}", shown, (f"{number:02}", start), file.path)
            head, piece = "", ""
        start = start if piece else line + 1


def _query(task: Task) -> str:
    """What snippets should be like: the region, and the lines next to it."""
    near = QUERY_CHARS
    return f"{task.before[-near:]}{task.region}{task.after[:near]}\n{task.instruction}"


def _defined(each: Definition, *, doc: bool) -> _ContextPiece:
    owner = each.qualified.rpartition(".")[0]
    text = f"{each.path}:{each.line}: {_line(each.signature)}" + (
        f"  (of {owner})" if owner else ""
    )
    if doc and each.doc:
        text = f"{text}\n    {_line(each.doc)}"
    return _ContextPiece(f"{each.qualified} of {each.path}", text, (each.path, each.line))


def _line(text: str) -> str:
    return " ".join(text.split())[: shared_limits.MAX_SHOWN_CHARS]


def _snippet(each: Snippet) -> _ContextPiece:
    last = each.line + len(split_lines(each.text)) - 1
    text = f"{each.path}, lines {each.line} to {last}:\n{each.text}\n"
    return _ContextPiece(f"{each.path}:{each.line}-{last}", text, (each.path, each.line))


def _safe(
    pieces: Sequence[_ContextPiece], hides: Redaction, out: list[OmittedItem], *, own: bool = False
) -> list[_ContextPiece]:
    """The pieces without those that hold a secret; the document's own are hidden already."""
    kept = []
    for piece in pieces:
        if not own and (hides.tracked_documents(piece.text) or secrets.find(piece.text)):
            out.append(OmittedItem(hides.hide(piece.what), UNSAFE))
        else:
            kept.append(piece)
    return kept


def _sections(
    pieces: dict[Part, list[_ContextPiece]],
    grants: dict[Part, int],
    cleaner: Callable[[str], str],
    spent: dict[str, int],
    out: list[OmittedItem],
) -> tuple[Section, ...]:
    """What fits of each part: taken in order of worth, shown in order of place."""
    sections = []
    for part in PARTS:
        found = pieces.get(part, [])
        kept = budget.fitting([piece.cost for piece in found], grants.get(part, 0))
        out += _dropped(part, found[kept:])
        if kept:
            placed = sorted(found[:kept], key=lambda piece: piece.order)
            text = cleaner("\n".join(piece.text for piece in placed))
            sources = dict.fromkeys(piece.source for piece in placed if piece.source)
            sections.append(Section(part, text, tuple(sources)))
            spent[part] = sum(piece.cost for piece in found[:kept])
    return tuple(sections)


def _dropped(part: Part, pieces: Sequence[_ContextPiece]) -> Iterator[OmittedItem]:
    """What did not fit; of many only how many."""
    if len(pieces) > limits.MAX_TOLD_PIECES:
        yield OmittedItem(f"{len(pieces)} more of {part}", NO_ROOM)
    else:
        yield from (OmittedItem(piece.what, NO_ROOM) for piece in pieces)


def _lines(text: str) -> list[str]:
    """The lines of a text with their endings, none of them empty."""
    return [line for line in split_lines(text) if line]
