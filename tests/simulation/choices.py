"""Simulated exchanges: runs, choices, refinements, undos and typing on one target.

The real code plans, tracks, places and sends; there is no model. What is right is said by three
strings that nothing of ours looks at: the text left of the target, the target's, and the text
right of it. Each is changed where the user types, and the document must always be all three.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

from lsprotocol import types

from moa_lsp.actions.definition import builtin
from moa_lsp.errors import StaleDocument
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.edits.apply import PendingEdit
from moa_lsp.lsp.edits.target_choices import (
    RESULT,
    RefinedTarget,
    TargetChoices,
    choices_of,
    texts_of,
)
from moa_lsp.lsp.edits.tracked_snapshot import hold
from moa_lsp.runs.plan import make
from moa_lsp.task import Task
from moa_lsp.text.eol import to_lf
from moa_lsp.text.span import Span
from tests.fakes.clock import virtual_run
from tests.simulation.screen import CONVERTER, Screen
from tests.simulation.tagged import Tagged

URI = "file:///w/a.txt"
STEPS = 8
LINES = ("", "a", "aa", "b", "  a", "🦀", "é = 1", "\U0001d4b3", "a b c", "a b d")
PIECES = ("x", "🦀", "a", "é", "ab", "")

Parts = tuple[str, str, str]
"""The text left of the target, the target's own, and the text right of it."""


class Editor(Screen):
    """An editor that applies what fits, and whose user may be quicker."""

    async def workspace_apply_edit_async(
        self, params: types.ApplyWorkspaceEditParams
    ) -> types.ApplyWorkspaceEditResult:
        if self._versioned and self._rng.random() < 0.3:
            self._type()
        await asyncio.sleep(0)
        return types.ApplyWorkspaceEditResult(applied=self._take(CONVERTER.unstructure(params)))


@dataclass
class Exchange:
    """One sequence by its seed.

    Attributes:
        wrong: what must never be; empty, or a bug of ours.
        story: what happened, for the reader of a failure.
        kinds: what happened, for counting.
    """

    seed: int
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.documents = Documents()
        self.documents.encoding = self.rng.choice(("utf-8", "utf-16", "utf-32"))
        self.eol = self.rng.choice(("\n", "\r\n"))
        self.parts: Parts = tuple(f"{self._lines()}{self.eol}" for _ in "123")  # type: ignore[assignment]  # three
        left, core, right = self.parts
        self.parts = left, core[: -len(self.eol)], f"{self.eol}{right}"
        self.original = self.parts[1]
        self.buffer = Tagged(URI, "".join(self.parts), self.documents.encoding)
        self.past: list[tuple[int, Parts]] = []
        self.wanted = ""
        self.crossed = False
        self.whole = False
        item = {"uri": URI, "languageId": "plaintext", "version": 1, "text": self.buffer.text}
        self.documents.did_open({"textDocument": item})
        self.screen = Editor(
            self.rng,
            self.documents,
            versioned=self.rng.random() < 0.8,
            take=self.take,
            type=self.type_outside,
        )
        self.told("opens", self.parts)

    def __str__(self) -> str:
        return "\n  ".join((f"seed {self.seed}: {'; '.join(self.wrong)}", *self.story))

    def told(self, kind: str, *more: object) -> None:
        self.kinds.add(kind)
        self.story.append(f"{kind} {more or ''}")

    # --- the user ----------------------------------------------------------------------------

    def type_outside(self) -> None:
        """Type left or right of the target, not touching it."""
        left, core, right = self.parts
        before = self.rng.random() < 0.5
        side = left[: -len(self.eol)] if before else right[len(self.eol) :]
        start = self.rng.randrange(len(side) + 1)
        end = min(len(side), start + self.rng.choice((0, 0, 1, 3)))
        start, end = self._place(side, start), self._place(side, end)
        piece = f"{self.rng.choice(PIECES)}{self.rng.choice(('', self.eol))}"
        changed = side[:start] + piece + side[end:]
        if before:
            self._type(start, end, piece, (changed + left[len(side) :], core, right))
        else:
            at = len(self.buffer.text) - len(side)
            new = right[: len(self.eol)] + changed
            self._type(at + start, at + end, piece, (left, core, new))

    def type_inside(self) -> None:
        left, core, right = self.parts
        start = self._place(core, self.rng.randrange(len(core) + 1))
        end = self._place(core, min(len(core), start + self.rng.choice((0, 1, 2))))
        piece = self.rng.choice(PIECES)
        at = len(left)
        new = core[:start] + piece + core[end:]
        self._type(at + start, at + end, piece, (left, new, right))

    def type_across(self) -> None:
        """Delete over the border of the target: then nobody can say what belongs to it."""
        left, core, right = self.parts
        if not core or not left.endswith(self.eol):
            return
        end = self._place(core, 1)
        at = len(left) - len(self.eol)
        self._type(at, len(left) + end, "", (left[: -len(self.eol)], core[end:], right))
        self.crossed = True

    def undo(self) -> None:
        """Take the last change back, whoever made it."""
        if not self.past:
            return
        depth, parts = self.past.pop()
        changes = []
        while len(self.buffer.past) > depth:
            if not self.buffer.can_undo():
                self._resend()
                last = self.buffer.past.pop()
                self.buffer.text = (
                    self.buffer.text[: last.start]
                    + last.text
                    + self.buffer.text[last.start + last.length :]
                )
                self.buffer.tags = [0] * len(self.buffer.text)
                changes = [{"text": self.buffer.text}]
                self.whole = True
            else:
                changes.append(self.buffer.undo())
        self.parts = parts
        self.told("undoes", parts)
        self._send(changes)

    def _resend(self) -> None:
        self.told("sends all of it")

    def _type(self, start: int, end: int, piece: str, parts: Parts) -> None:
        if not (self.buffer.is_place(start) and self.buffer.is_place(end)):
            return  # no position lies between CR and LF
        depth = len(self.buffer.past)
        change = self.buffer.edit(start, end, piece)
        self.past.append((depth, self.parts))
        self.parts = parts
        self.told("types", start, end, piece, parts)
        # A whole text does not say which of equal lines is gone, the target's or the next one.
        if parts[1] == self.past[-1][1][1] and self.rng.random() < 0.05:
            self.whole = True
            self.told("sends all of it")
            change = {"text": self.buffer.text}
        self._send([change])

    def _send(self, changes: list[dict[str, Any]]) -> None:
        self.documents.did_change(self.buffer.changed(changes))
        self._check()

    def take(self, params: dict[str, Any]) -> bool:
        """The editor applies an edit, if it is for the version that it has."""
        depth = len(self.buffer.past)
        answer, change = self.buffer.apply(params)
        if change is None:
            self.told("refuses an old version")
            return False
        left, _, right = self.parts
        self.past.append((depth, self.parts))
        self.parts = left, self.wanted, right
        self.told("applies", self.parts)
        self._send_applied(change)
        return bool(answer["applied"])

    def _send_applied(self, change: dict[str, Any]) -> None:
        self.documents.did_change(change)
        self._check()

    def _check(self) -> None:
        if self.buffer.text != "".join(self.parts):
            self.wrong.append(f"the text is {self.buffer.text!r} and not {self.parts!r}")
        document = self.documents.get(URI)
        if document is None or document.text != self.buffer.text:
            self.wrong.append("the mirror is another text")

    # --- the runs ----------------------------------------------------------------------------

    async def go(self) -> "Exchange":
        """One run, then what a user does with it."""
        left, core, _ = self.parts
        held = hold(self.documents, URI)
        target = Span(len(left), len(left) + len(core))
        prepared, answers = self._prepared(Task("refactor", "replace", held.snapshot, target, 0))
        area, texts = texts_of(prepared, answers, {})
        for _ in range(self.rng.choice((0, 1, 2))):
            self.type_outside()
        choices = choices_of(prepared, held, area, texts)
        assert choices is not None
        self.wanted = texts[RESULT].text
        plan = prepared.plan(answers[RESULT])
        if plan.parts[0].edits:
            try:
                sent = await PendingEdit(prepared, plan, held, "never").apply(
                    self.screen,  # type: ignore[arg-type]  # all it needs
                    lambda: True,
                    _shown,
                )
                if sent.reason is None:
                    choices.went_in(sent.plan)
            except StaleDocument:
                self.told("is refused")
                if not self.whole:
                    self.wrong.append("refused a result whose target nobody touched")
        held.release()
        rounds = [choices]
        known = {each.text for each in texts.values()}
        for _ in range(STEPS):
            if self.wrong:
                break
            await self._step(rounds, known)
        for each in rounds:
            each.target.release()
        document = self.documents.get(URI)
        if document is not None and (document._marks or document._logs):
            self.wrong.append("something is still followed")
        return self

    async def _step(self, rounds: list[TargetChoices], known: set[str]) -> None:
        chance = self.rng.random()
        if chance < 0.2:
            self.type_outside()
        elif chance < 0.27:
            self.type_inside()
        elif chance < 0.28:
            self.type_across()
        elif chance < 0.4:
            self.undo()
        elif chance < 0.5:
            self._refine(rounds, known)
        else:
            choices = self.rng.choice(rounds)
            await self._choose(choices, self.rng.choice(list(choices.texts)), known)

    async def _choose(self, choices: TargetChoices, agent: str, known: set[str]) -> None:
        self.told("chooses", agent)
        self.wanted = choices.text_of(agent).text
        parts, sure = self.parts, not self.crossed and not self.whole
        try:
            pending = await choices.edit_to(agent, "never", None)
            if pending is None:
                if self.parts[1] != self.wanted:
                    self.wrong.append("says that it stands there, and it does not")
                return
            try:
                sent = await pending.apply(
                    self.screen, lambda: True, _shown  # type: ignore[arg-type]  # all it needs
                )  # fmt: skip
                if sent.reason is None:
                    choices.took(agent, pending, sent.plan)
            finally:
                pending.hold.release()
        except StaleDocument:
            self.told("is refused")
            if self.parts[1] != parts[1]:
                self.wrong.append("refused, and something was changed")
            if sure and not self.whole and parts[1] in known:
                self.wrong.append("refused what nobody touched")
            return
        if sent.reason is None:
            self.told("exchanges")
            if self.parts[1] != self.wanted or (sure and choices.standing is None):
                self.wrong.append("what was chosen does not stand there")

    def _refine(self, rounds: list[TargetChoices], known: set[str]) -> None:
        before = rounds[-1]
        try:
            text, area = before.target.before()
        except StaleDocument:
            self.told("is refused")
            if not self.crossed and not self.whole and self.parts[1] in known:
                self.wrong.append("refused to refine what nobody touched")
            return
        left, _, right = self.parts
        if text != f"{left}{self.original}{right}":
            self.wrong.append(f"a refinement sees {text!r}")
        held = hold(self.documents, URI)
        snapshot = type(held.snapshot)(URI, text, "plaintext", self.buffer.version)
        prepared, answers = self._prepared(Task("refactor", "replace", snapshot, area, 0))
        runtime: Any = None
        refined = RefinedTarget(before.target, area, runtime)
        _, texts = texts_of(prepared, answers, {}, area)
        choices = choices_of(prepared, held, area, texts, refined)
        held.release()
        assert choices is not None
        known |= {each.text for each in texts.values()}
        rounds.append(choices)
        self.told("refines", answers)

    def _prepared(self, task: Task) -> tuple[Any, dict[str, str]]:
        answers = {name: self._answer() for name in (RESULT, "a", "b")}
        self.told("answers", answers)
        action = builtin()["refactor"]
        plan = lambda answer: make(task, answer)  # noqa: E731  # a method of the fake
        return SimpleNamespace(
            run="r", action=action, new_file=None, task=task, plan=plan
        ), answers

    def _answer(self) -> str:
        if self.rng.random() < 0.3:
            return f"{to_lf(self.original)}\n{self.rng.choice(LINES)}"
        return to_lf(self._lines()) or "a"

    def _lines(self) -> str:
        return self.eol.join(self.rng.choice(LINES) for _ in range(self.rng.randint(1, 4)))

    @staticmethod
    def _place(text: str, offset: int) -> int:
        return offset + (text[max(0, offset - 1) : offset + 1] == "\r\n")


async def _shown(_name: str, _text: str) -> None:
    """A diff that the user wants to see; nobody looks here."""


async def _several(seeds: Sequence[int]) -> list[Exchange]:
    return [await Exchange(seed).go() for seed in seeds]


def exchange(seeds: Sequence[int]) -> list[Exchange]:
    """Sequences by their seeds, each independent of the others."""
    return virtual_run(_several(seeds))
