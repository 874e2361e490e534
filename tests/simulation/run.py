"""One simulated run: documents, a target, an answer, a user who types, and one who watches.

The real code takes the messages in, holds the document, plans and places the edit, and sends it;
time is virtual and there is no model. Whether an edit is right is said by the identities of the
characters (``tagged.py``): the text that it leaves is the user's text of that moment with the
target replaced, and nothing else. Where a client sent a whole text, identities say less than the
text itself: the target is then where its unique mark is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from types import SimpleNamespace
from typing import Any

from lsprotocol import types

from moa_lsp.actions.definition import builtin
from moa_lsp.context.target import resolve_target
from moa_lsp.errors import MoaError, StaleDocument, UsageError
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.edits.apply import TRIES, PendingEdit
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot, hold
from moa_lsp.lsp.session.offers import LastOffer
from moa_lsp.runs.plan import EditPlan, make
from moa_lsp.task import Task
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span
from tests.fakes.clock import virtual_run
from tests.simulation import texts
from tests.simulation.screen import CONVERTER, OBEDIENT, Screen
from tests.simulation.tagged import Place, Tagged

ACTIONS = ("refactor", "refactor", "generate", "generate", "explain-comment", "document")

Sabotage = Callable[[TrackedSnapshot], None]
"""Does to a hold what must not be done, to see that it is noticed."""


async def _shown(_name: str, _text: str) -> None:
    """A diff that the user wants to see; nobody looks here."""


@dataclass
class Outcome:
    """What became of one run.

    Attributes:
        applied: how many edits of the run went in.
        reason: why none did, where the server said so.
        wrong: what must never be; empty, or a bug of ours.
        story: what happened, for the reader of a failure.
        kinds: what happened, for counting.
    """

    seed: int
    applied: int = 0
    reason: str | None = None
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return "\n  ".join((f"seed {self.seed}: {'; '.join(self.wrong)}", *self.story))


@dataclass
class Target:
    """What a run may change in one document, watched.

    Attributes:
        text: of the target when the run began, at ``start`` of the text ``base``; ``new`` is
            what shall stand there.
        mark: text that stood once in the document, by which the target is found where a whole
            text was sent; ``at_line_end`` for one that something is inserted behind.
    """

    place: Place
    start: int
    text: str
    new: str
    mark: str | None
    at_line_end: bool
    base: str


class World:
    """An editor with a few open documents, a user, and our server's mirror of them."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.outcome = Outcome(seed)
        self.documents = Documents()
        self.documents.encoding = self.rng.choice(("utf-8", "utf-16", "utf-32"))
        self.buffers: dict[str, Tagged] = {}
        self.targets: dict[str, Target] = {}
        self.language = self.rng.choice(("plaintext", "plaintext", "plaintext", "python"))
        self.whole = False
        """Whether a whole text was sent since the run began."""
        self.gone = False
        """Whether the target's document was closed since."""
        self.unknown: set[str] = set()
        """Documents whose text the server cannot know until all of it is sent again."""
        for number in range(self.rng.choice((1, 1, 2, 3))):
            self.open(f"file:///w/{number}.py", texts.document(self.rng, number))

    def told(self, kind: str, **more: object) -> None:
        self.outcome.kinds.add(kind)
        self.outcome.story.append(f"{kind} {more or ''}".rstrip())

    # --- the user ----------------------------------------------------------------------------

    def open(self, uri: str, text: str) -> None:
        self.unknown.discard(uri)
        self.buffers[uri] = Tagged(uri, text, self.documents.encoding)
        item = {"uri": uri, "languageId": self.language, "version": 1, "text": text}
        self.told("opens", uri=uri, text=text)
        self.documents.did_open({"textDocument": item})

    def reopen(self, uri: str) -> None:
        """Close a document, and mostly open it again, with its text or another."""
        text = self.buffers.pop(uri).text
        self.told("closes", uri=uri)
        self.documents.did_close({"textDocument": {"uri": uri}})
        self.gone = self.gone or uri in self.targets
        if self.rng.random() < 0.8:
            self.open(uri, text if self.rng.random() < 0.7 else texts.document(self.rng, 9))

    def type(self, *, sane: bool = True, whole: bool = True) -> None:
        """One ``didChange`` of one or several changes, mostly in the watched document."""
        rng, uris = self.rng, tuple(self.buffers)
        if not uris:
            return
        watched = [uri for uri in self.targets if uri in self.buffers]
        uri = watched[0] if watched and rng.random() < 0.8 else rng.choice(uris)
        buffer = self.buffers[uri]
        if whole and rng.random() < 0.15 and self._may_be_whole(uri):
            start, end = self._somewhere(buffer)
            buffer.retype(start, end, texts.typing(rng))
            self._send(buffer, [{"text": buffer.text}], sane=sane, kind="sends all of")
            self.whole = self.whole or uri in self.targets
            return
        changes = [self._change(buffer) for _ in range(rng.choice((1, 1, 1, 2, 4)))]
        kind = "types in" if len(changes) == 1 else "types at several places of"
        self._send(buffer, changes, sane=sane, kind=kind)

    def garble(self) -> None:
        """A change that cannot be understood; the client may send its text again."""
        uri = self.rng.choice(tuple(self.buffers))
        buffer = self.buffers[uri]
        broken = [{"range": {"start": {"line": 0}}, "text": ""}]
        if self._may_be_whole(uri):
            broken.append(self._change(buffer))
        self.told("garbles", uri=uri, changes=broken)
        try:
            self.documents.did_change(buffer.changed(broken))
        except ValueError:
            pass
        else:
            self.outcome.wrong.append("a change without sense was made")
        self.unknown.add(uri)
        if self._may_be_whole(uri):
            self.whole = self.whole or uri in self.targets
            if self.rng.random() < 0.5:
                self._send(buffer, [{"text": buffer.text}], sane=True, kind="repairs")

    def _change(self, buffer: Tagged) -> dict[str, Any]:
        rng = self.rng
        if rng.random() < 0.2 and buffer.can_undo():
            self.outcome.kinds.add("undoes")
            return buffer.undo()
        start, end = self._somewhere(buffer)
        ends_line = buffer.text[end : end + 1] in ("", "\n", "\r")
        beyond = 7 if ends_line and rng.random() < 0.1 else 0
        return buffer.edit(start, end, texts.typing(rng), beyond=beyond)

    def _somewhere(self, buffer: Tagged) -> tuple[int, int]:
        """A stretch that a range can say; around the target as often as anywhere."""
        rng = self.rng
        start, end = texts.place(rng, len(buffer.text))
        target = self.targets.get(buffer.uri)
        now = target and target.place.now(buffer)
        if now and rng.random() < 0.4:
            at = rng.choice(now) + rng.choice((-2, -1, 0, 1, 2))
            start = max(0, min(len(buffer.text), at))
            end = min(len(buffer.text), start + rng.choice((0, 0, 1)))
        start -= not buffer.is_place(start)
        return start, end + (not buffer.is_place(end))

    def _may_be_whole(self, uri: str) -> bool:
        target = self.targets.get(uri)
        return target is None or target.mark is not None

    def _send(
        self, buffer: Tagged, changes: Sequence[dict[str, Any]], *, sane: bool, kind: str
    ) -> None:
        params = buffer.changed(list(changes))
        if not sane and self.rng.random() < 0.1:
            buffer.version += self.rng.choice((-3, -1, 5))
            self.outcome.kinds.add("counts oddly")
        params["textDocument"]["version"] = buffer.version
        if any("range" not in change for change in changes):
            self.unknown.discard(buffer.uri)
        self.told(kind, uri=buffer.uri, version=buffer.version, changes=changes)
        self.documents.did_change(params)

    # --- the watcher -------------------------------------------------------------------------

    def watch(self, task: Task, plan: EditPlan) -> bool:
        """Begin to watch a plan's target; false where nothing is to change."""
        text = task.snapshot.text
        ((target, _),) = plan.parts[0].pieces
        start, end = target.start, target.end
        then = plan.texts("")[0].after
        tail = len(text) - end
        new = then[start : len(then) - tail]
        self._check_plan(task, plan, then, new)
        mark = next((m for n in range(10) if (m := texts.MARK.format(n)) in text), None)
        region = text[start:end]
        index = LineIndex(text)
        begun = index.line_span(index.line_of(start)).start
        at_line_end = not region and mark is not None and mark in text[begun:start]
        known = mark is not None and (at_line_end or mark in region)
        buffer = self.buffers[task.snapshot.uri]
        place = Place.of(buffer, start, end)
        buffer.tracked.append(place)
        self.targets[buffer.uri] = Target(
            place, start, region, new, mark if known else None, at_line_end, text
        )
        return then != text

    def _check_plan(self, task: Task, plan: EditPlan, then: str, new: str) -> None:
        ((target, edits),) = plan.parts[0].pieces
        text, (start, end) = task.snapshot.text, (target.start, target.end)
        if then != text[:start] + new + text[end:]:
            self.outcome.wrong.append("a plan reaches outside its target")
        for edit in edits:
            if not start <= edit.span.start <= edit.span.end <= end:
                self.outcome.wrong.append(f"{edit} reaches outside its target")

    def take(self, params: dict[str, Any]) -> bool:
        """The editor applies an edit, if it is for the version that it has."""
        edit = params["edit"]
        uris = [each["textDocument"]["uri"] for each in edit.get("documentChanges", ())]
        for uri in uris or edit["changes"]:
            if uri not in self.targets:
                self.outcome.wrong.append(f"an edit for {uri}, which nobody asked about")
                return False
            if uri not in self.buffers:
                return False
            buffer = self.buffers[uri]
            was, allowed = buffer.text, self.allowed(uri)
            buffer.applying = True
            try:
                answer, change = buffer.apply(params)
            except AssertionError as error:
                self.outcome.wrong.append(f"an edit that no editor can apply: {error}")
                return False
            finally:
                buffer.applying = False
            if change is None:
                self.told("refuses an old version", uri=uri)
                return False
            self.told("applies", was=was, now=buffer.text)
            self.outcome.applied += 1
            if buffer.text not in allowed:
                self.outcome.wrong.append(
                    f"wrong place: {was!r} became {buffer.text!r}, allowed {sorted(allowed)!r}"
                )
            self.documents.did_change(change)
            return bool(answer["applied"])
        return False

    def allowed(self, uri: str) -> set[str]:
        """The texts that a right edit may leave of a document as it is now."""
        target, buffer = self.targets[uri], self.buffers[uri]
        text, new, found = buffer.text, target.new, set()
        if self.gone or uri in self.unknown:
            return found
        now = target.place.now(buffer)
        if now is not None:
            found.add(text[: now[0]] + new + text[now[1] :])
        if text == target.base:  # all that was typed was taken back by hand
            found.add(text[: target.start] + new + text[target.start + len(target.text) :])
        if self.whole and target.mark is not None and text.count(target.mark) == 1:
            found |= self._by_mark(target, text)
        return found

    def _by_mark(self, target: Target, text: str) -> set[str]:
        at = text.index(str(target.mark))
        if target.at_line_end:
            index = LineIndex(text)
            end = index.line_span(index.line_of(at)).end
            return {text[:end] + target.new + text[end:]}
        start = at - target.text.index(str(target.mark))
        if text[start : start + len(target.text)] != target.text:
            return set()
        return {text[:start] + target.new + text[start + len(target.text) :]}

    # --- the run -----------------------------------------------------------------------------

    async def go(self, sabotage: Sabotage | None = None) -> Outcome:
        """Ask for a run, type, and see where its edit goes."""
        offers = LastOffer(self.documents)
        uri = next(iter(self.buffers))
        held, selection = self._ask(offers, uri)
        try:
            if held is not None:
                result, task = self._answer(held, selection)
                if self.watch(task, result.plan):
                    await self._play(result, sabotage)
        finally:
            if held is not None:
                held.release()
            offers.forget()
        self._check_mirror()
        return self.outcome

    def _ask(self, offers: LastOffer, uri: str) -> tuple[TrackedSnapshot | None, Span]:
        """``moa.run``: on the text of now, or on an offer from before some typing."""
        rng, buffer = self.rng, self.buffers[uri]
        start, end = self._selection(buffer)
        where = buffer.range(start, end)
        version: int | None = buffer.version if rng.random() < 0.7 else None
        place = Place.of(buffer, start, end)
        if version is not None and rng.random() < 0.4:
            offers.made(hold(self.documents, uri), ())
            buffer.tracked.append(place)
            for _ in range(rng.randint(1, 3)):
                self.type(whole=False)
            buffer.tracked.clear()
        held = hold(self.documents, uri)
        ranged = CONVERTER.structure(where, types.Range)
        try:
            found, _ = offers.locate(held, ranged, version)
        except UsageError as error:
            held.release()
            if not place.touched:
                self.outcome.wrong.append(f"refused what nobody touched: {error}")
            self.outcome.reason = str(error)
            self.told("was refused at once")
            return None, Span(0, 0)
        if version is not None and (found.start, found.end) != place.now(buffer):
            self.outcome.wrong.append(f"the selection was carried to {found}")
        return held, found

    def _selection(self, buffer: Tagged) -> tuple[int, int]:
        """Marked text or a cursor; where there is a mark, mostly around it."""
        start, end = texts.place(self.rng, len(buffer.text))
        at = buffer.text.find(texts.MARK[0])
        if at >= 0 and self.rng.random() < 0.6:
            start, end = at, at + self.rng.choice((0, 1, 9))
            end = min(end, len(buffer.text))
        start -= not buffer.is_place(start)
        return start, end + (not buffer.is_place(end))

    def _answer(self, held: TrackedSnapshot, selection: Span) -> tuple[PendingEdit, Task]:
        """What the mix settles on, as a result that waits for its place."""
        rng = self.rng
        action = builtin()[rng.choice(ACTIONS)]
        aimed = resolve_target(action, held.snapshot, selection, instructed=rng.random() < 0.7)
        output = aimed.output
        if output == "comment" and rng.random() < 0.5:
            output = rng.choice(("insert_before", "insert_after"))
        task = Task(action.id, output, held.snapshot, aimed.target, selection.start, "do it")
        region = task.region if output == "replace" else ""
        text = texts.answer(rng, region)
        self.told(f"asks to {output}", target=aimed.target, answer=text)
        plan = make(task, text)
        assert isinstance(plan, EditPlan)
        plan = replace(plan, risky=False)
        prepared: Any = SimpleNamespace(action=action, new_file=None)
        return PendingEdit(prepared, plan, held, "auto"), task

    async def _play(self, result: PendingEdit, sabotage: Sabotage | None) -> None:
        rng = self.rng
        for _ in range(rng.choice((0, 1, 1, 2, 5))):
            self._happen()
        if sabotage is not None:
            sabotage(result.hold)
        versioned = rng.random() < 0.85
        screen = Screen(rng, self.documents, versioned=versioned, take=self.take, type=self.type)
        kept = await self._apply(result, screen)
        if kept and not self.outcome.applied and not self.gone and rng.random() < 0.3:
            self._take_back(result.hold.snapshot.uri)
            self.told("asks for the kept result")
            await self._apply(result, screen)

    def _happen(self) -> None:
        chance = self.rng.random()
        if not self.buffers:
            return
        if chance < 0.03:
            self.reopen(self.rng.choice(tuple(self.buffers)))
        elif chance < 0.05:
            self.garble()
        else:
            self.type(sane=False)

    def _take_back(self, uri: str) -> None:
        """Undo what can be undone, one keystroke a message."""
        buffer = self.buffers[uri]
        while buffer.can_undo() and self.rng.random() < 0.9:
            self._send(buffer, [buffer.undo()], sane=True, kind="takes back in")

    async def _apply(self, result: PendingEdit, screen: Screen) -> bool:
        """Have the result applied; whether it is kept."""
        before, asked = self.outcome.applied, len(screen.moods)
        reason, kept = None, False
        try:
            sent = await result.apply(screen, lambda: True, _shown)  # type: ignore[arg-type]  # all it needs
            reason, kept = sent.reason, sent.reason is not None and sent.again
        except StaleDocument as error:
            reason, kept = str(error), True
            self.told("is told", reason=reason)
        except (MoaError, ValueError) as error:
            self.outcome.wrong.append(f"{type(error).__name__}: {error}")
        moods = screen.moods[asked:]
        self.outcome.kinds.update(moods)
        self.outcome.reason = reason
        went_in = self.outcome.applied - before
        if went_in > 1:
            self.outcome.wrong.append("applied twice")
        if reason is None and not went_in:
            self.outcome.wrong.append("called applied what was not")
        if reason is not None and not went_in and self._must_go_in(result, moods):
            self.outcome.wrong.append(f"kept back without need: {reason}")
        return kept

    def _must_go_in(self, result: PendingEdit, moods: Sequence[str]) -> bool:
        """Whether nothing stood in the way: nobody touched the target, the editor obeyed."""
        uri = result.hold.snapshot.uri
        target = self.targets[uri]
        if (
            self.gone
            or uri in self.unknown
            or self.whole
            or self.language == "python"
            or target.place.touched
        ):
            return False
        raced = len(moods) >= TRIES and set(moods) <= {"types first"}
        return OBEDIENT.issuperset(moods) and not raced

    def _check_mirror(self) -> None:
        """Whatever happened, the server knows the text that the user has, and holds nothing."""
        for uri, buffer in self.buffers.items():
            document = self.documents.get(uri)
            if (document is None) != (uri in self.unknown):
                self.outcome.wrong.append(f"{uri} is known, or not, against what was said")
            if document is None:
                continue
            if document.text != buffer.text or document.version != buffer.version:
                self.outcome.wrong.append(f"the mirror of {uri} is another text")
            if document._logs:
                self.outcome.wrong.append(f"{uri} is still held")
        if len(self.documents) != len(self.buffers):
            self.outcome.wrong.append("another number of documents is open")


async def _several(seeds: Sequence[int], sabotage: Sabotage | None) -> list[Outcome]:
    return [await one(seed, sabotage) for seed in seeds]


async def one(seed: int, sabotage: Sabotage | None = None) -> Outcome:
    """One run by its seed."""
    async with asyncio.timeout(3600):
        return await World(seed).go(sabotage)


def simulate(seeds: Sequence[int], sabotage: Sabotage | None = None) -> list[Outcome]:
    """Runs by their seeds, each independent of the others."""
    return virtual_run(_several(seeds, sabotage))
