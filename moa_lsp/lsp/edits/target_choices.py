"""What may stand in a run's target, and putting one text there in the place of another.

The old text, the result and every usable proposal are texts of one tracked region. Which of them
stands there is read from the document itself, so the editor's undo is understood as well as our
own edits. Where none of them does, the user typed there and nothing is changed any more.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moa_lsp import limits
from moa_lsp.errors import RunError, StaleDocument, UsageError
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.edits.apply import PendingEdit
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot, hold, worse
from moa_lsp.task import Snapshot
from moa_lsp.text.edits import Edit, Span, apply
from moa_lsp.text.sanitize import escape
from moa_lsp.text.tracked_region import TrackedRegion

if TYPE_CHECKING:
    from moa_lsp.runs.plan import EditPlan, FilePlan, Plan
    from moa_lsp.runs.preparation import PreparedRun
    from moa_lsp.runs.runtime_config import RuntimeConfig

ORIGINAL = "original"
"""Names the text that stood in the target before the run, beside ``result`` and the agents."""

RESULT = "result"

EDITED = (
    "what stands in the target was edited since; nothing was applied, undo that edit or run the "
    "action again"
)
CLOSED = "the document was closed since; nothing was applied, open it and run the action again"


@dataclass(slots=True)
class TrackedTarget:
    """A run's target, followed through its document; shared by the runs that refine each other.

    Attributes:
        snapshot: of the first run; its text is that of the document with the old text in place.
        area: of the snapshot: the target, with a line's ending where an answer deletes it all.
        region: where that is now, and what stands there.
        users: runs that may still put something there.
    """

    documents: Documents
    snapshot: Snapshot
    area: Span
    region: TrackedRegion
    users: int = 1
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, held: TrackedSnapshot, area: Span, known: set[str]) -> "TrackedTarget | None":
        """The target of a run, or ``None`` when its document is not open any more."""
        if not held.live:
            return None
        snapshot = held.snapshot
        region = TrackedRegion(area, snapshot.text[area.start : area.end], known)
        made = cls(held.documents, snapshot, area, region)
        region.note(held.log.edits)
        document = held.document()
        document.attach(region)
        if not made.unedited:
            made._find(document.text)
        return made

    @property
    def original(self) -> str:
        """The old text."""
        return self.snapshot.text[self.area.start : self.area.end]

    @property
    def uri(self) -> str:
        """The document."""
        return self.snapshot.uri

    @property
    def live(self) -> bool:
        """Whether the document is still open."""
        return self.documents.live(self.snapshot)

    @property
    def unedited(self) -> bool:
        """Whether one of our texts stands there, or the old one."""
        return self.region.span is not None and self.region.text in self.region.known

    def place(self) -> Span:
        """Where it is now.

        Raises:
            StaleDocument: the user typed there, or closed the document.
        """
        if not self.live:
            raise StaleDocument(CLOSED)
        if self.region.span is None or not self.unedited:
            raise StaleDocument(EDITED)
        return self.region.span

    def before(self) -> tuple[str, Span]:
        """The document as it is now but for the old text, and where that is.

        Raises:
            StaleDocument: as ``place``.
        """
        now = self.place()
        document = self.documents.get(self.snapshot.uri)
        text = document.text if document else ""
        old = self.original
        put_back = f"{text[: now.start]}{old}{text[now.end :]}"
        return put_back, Span(now.start, now.start + len(old))

    def release(self) -> None:
        """One run less that uses it; with the last one it is not followed any more."""
        self.users -= 1
        document = self.documents.get(self.snapshot.uri)
        if self.users <= 0 and document is not None:
            document.unfollow(self.region)

    def _find(self, now: str) -> None:
        """Find a known text where nothing but the target changed since the snapshot."""
        head, tail = self.snapshot.text[: self.area.start], self.snapshot.text[self.area.end :]
        middle = now[len(head) : len(now) - len(tail)]
        if middle in self.region.known and now == f"{head}{middle}{tail}":
            self._seat(now, len(head), middle)

    def _seat(self, now: str, start: int, text: str) -> None:
        document = self.documents.get(self.snapshot.uri)
        if document is None or now[start : start + len(text)] != text:
            return
        document.unfollow(self.region)
        self.region.span, self.region.text = Span(start, start + len(text)), text
        document.attach(self.region)


@dataclass(frozen=True, slots=True)
class TargetText:
    """A text that may stand in the target.

    Attributes:
        text: of the whole region.
        answer: what it was made of, as ``Task.placed`` takes it; of the old text that itself.
        warnings, risky: as in ``EditPlan``.
        fault: why it may not be put there, ``None`` when it may.
    """

    text: str
    answer: str
    warnings: tuple[str, ...] = ()
    risky: bool = False
    fault: str | None = None


@dataclass(slots=True)
class TargetChoices:
    """The texts that one run can put into its target.

    Attributes:
        area: where the target is in the run's own snapshot.
        texts: the old text, the result if there is one, and the usable proposals, by agent.
        chosen: what was put there last; of texts that are equal the one that stands.
    """

    prepared: "PreparedRun"
    target: TrackedTarget
    area: Span
    texts: Mapping[str, TargetText]
    chosen: str = ORIGINAL

    @property
    def standing(self) -> str | None:
        """Whose text stands in the target, ``None`` when it is none of this run's."""
        if not self.target.live or self.target.region.span is None:
            return None
        now = self.target.region.text
        names = (self.chosen, *self.texts)
        return next((name for name in names if self._text(name) == now), None)

    def text_of(self, agent: str) -> TargetText:
        """What an agent's choice would put there.

        Raises:
            UsageError: it has no usable proposal.
        """
        found = self.texts.get(agent)
        if found is None:
            names = ", ".join(self.texts)
            shown = escape(agent, limits.MAX_SHOWN_KEY_CHARS)
            raise UsageError(f"there is no usable proposal of `{shown}`; choose one of {names}")
        return found

    async def edit_to(self, agent: str, review: str, author: str | None) -> PendingEdit | None:
        """The edit that puts an agent's text in the place of what stands; ``None``: it stands.

        Whoever takes it gives its hold back.

        Raises:
            UsageError: the agent has no usable proposal, or the document is not open.
            StaleDocument: the user typed in the target.
            RunError: the text would break what is around it.
        """
        from moa_lsp.runs.plan import DocumentPart, EditPlan, fewest
        from moa_lsp.task import File

        wanted = self.text_of(agent)
        if wanted.fault is not None:
            raise RunError(f"the proposal of {agent} {wanted.fault}; choose another")
        now = self.target.place()
        held = hold(self.target.documents, self.target.snapshot.uri)
        fault = None
        try:
            text = held.snapshot.text
            edits = fewest(text, Edit(now, wanted.text))
            if edits and agent != ORIGINAL:
                fault = await worse(text, list(edits), held.snapshot.language)
        except BaseException:
            held.release()
            raise
        if fault is not None or not edits:
            held.release()
        if fault is not None:
            raise RunError(
                f"together with what is around it now the text is broken ({fault}); undo what "
                "was typed around it, or choose another text"
            )
        if not edits:
            return None
        part = DocumentPart(File("", held.snapshot), ((now, edits),))
        plan = EditPlan((part,), warnings=wanted.warnings, risky=wanted.risky)
        return PendingEdit(self.prepared, plan, held, review, author=author)

    def took(self, agent: str, pending: PendingEdit, plan: "FilePlan | None") -> None:
        """Note that an edit of ``edit_to`` went in, or the part of it that is ``plan``."""
        self.chosen = agent
        ((now, _),) = pending.plan.parts[0].pieces
        self._know(None if plan is None else within(plan, now))

    def went_in(self, plan: "FilePlan | None") -> None:
        """Note that the run's own plan went in, or the part of it that is ``plan``."""
        self.chosen = RESULT
        self._know(None if plan is None else within(plan, self.area))

    def _know(self, text: str | None) -> None:
        if text is not None:
            self.target.region.known.add(text)

    def _text(self, name: str) -> str | None:
        found = self.texts.get(name)
        return None if found is None else found.text


@dataclass(frozen=True, slots=True)
class RefinedTarget:
    """What a run refines.

    Attributes:
        target: of the run before.
        area: where that is in the snapshot of the run that refines it.
        runs_on: the setup that it runs on, with agents of its own where it has such.
    """

    target: TrackedTarget
    area: Span
    runs_on: "RuntimeConfig"


def texts_of(
    prepared: "PreparedRun",
    answers: Mapping[str, str],
    faults: Mapping[str, str | None],
    area: Span | None = None,
) -> tuple[Span, dict[str, TargetText]]:
    """Where a run's target is in its snapshot, and what may stand there.

    Parses every answer, so not on the event loop for a large document.

    Args:
        prepared: a run whose answers are edits of one region.
        answers: of the result and of each agent, by name.
        faults: why one of them may not be put there.
        area: where the target is, if that is known.
    """
    from moa_lsp.runs.plan import EditPlan

    made: dict[str, Plan] = {}
    for agent, answer in answers.items():
        same = next((name for name in made if answers[name] == answer), None)
        made[agent] = made[same] if same else prepared.plan(answer)
    plans = {agent: plan for agent, plan in made.items() if isinstance(plan, EditPlan)}
    area = area or _area(prepared.task.target, plans.values())
    old = prepared.task.snapshot.text[area.start : area.end]
    texts = {ORIGINAL: TargetText(old, old)}
    for agent, plan in plans.items():
        text = within(plan, area)
        if text is not None:
            texts[agent] = TargetText(
                text, answers[agent], plan.warnings, plan.risky, faults.get(agent)
            )
    return area, texts


def choices_of(
    prepared: "PreparedRun",
    held: TrackedSnapshot,
    area: Span,
    texts: Mapping[str, TargetText],
    refined: RefinedTarget | None = None,
) -> TargetChoices | None:
    """What a run can put into its target; ``None`` when its document was closed.

    Args:
        prepared: the run.
        held: its document since its start.
        area: where its target is in its snapshot.
        texts: what may stand there.
        refined: what the run refines.
    """
    known = {each.text for each in texts.values()}
    if refined is not None:
        refined.target.region.known |= known
        refined.target.users += 1
        return TargetChoices(prepared, refined.target, area, texts)
    target = TrackedTarget.of(held, area, known)
    return None if target is None else TargetChoices(prepared, target, area, texts)


def one_region(prepared: "PreparedRun") -> bool:
    """Whether a run's answers are edits of one region, so that one can take another's place."""
    task = prepared.task
    return task.form == "region" and task.output not in ("document", "new_file")


def within(plan: "FilePlan", area: Span) -> str | None:
    """What stands in an area once a plan of its document is carried out.

    Returns:
        ``None`` for a plan that reaches out of it, or changes nothing here.
    """
    if len(plan.parts) != 1:
        return None
    (part,) = plan.parts
    if any(not area.start <= span.start <= span.end <= area.end for span, _ in part.pieces):
        return None
    old = part.file.snapshot.text[area.start : area.end]
    return apply(old, [Edit(_shifted(each.span, area.start), each.text) for each in part.edits])


def _area(target: Span, plans: "Iterable[EditPlan]") -> Span:
    """The target with what any plan deletes together with it."""
    spans = [span for plan in plans for part in plan.parts for span, _ in part.pieces]
    return Span(
        min([target.start, *(span.start for span in spans)]),
        max([target.end, *(span.end for span in spans)]),
    )


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start - by, span.end - by)
