"""What a run shows to its models: room reckoned, surroundings gathered, bundle made.

Once, at the start of the run; from then on nothing looks at a document or a disk. All proposers
of a run are shown the same.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from moa_lsp import limits as shared_limits
from moa_lsp.actions import render
from moa_lsp.actions.definition import Action
from moa_lsp.actions.view import PromptView
from moa_lsp.config.mixes import Agent, Mix, inner_name
from moa_lsp.config.resolve import is_embedded
from moa_lsp.config.settings import ContextSettings, ProviderEntry, Settings
from moa_lsp.config.steps import ModelRequestStep, asking
from moa_lsp.context.collect import ContextBundle, collect
from moa_lsp.context.items import ContextItems
from moa_lsp.context.reports import near
from moa_lsp.context.secrets import find
from moa_lsp.mix.proposed_form import proposed_form
from moa_lsp.runs import limits
from moa_lsp.task import Diagnostic, File, Message, Snapshot, Task
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span
from moa_lsp.text.tokens import tokens
from moa_lsp.workspace.gather import WorkspaceContext, gather, read_rules

LEAST_ANSWER_TOKENS = 1024
"""Kept free in a model's window for an answer whose length its mix does not bound."""

ANSWER_SHARE = 1 / 3
"""Of a model's window, at most, that is kept free for its answer: a bound of an answer is often
far above what a region needs."""


CONTEXT = "{{context}}"
DIAGNOSTICS = "{{diagnostics}}"


@dataclass(frozen=True, slots=True)
class PromptBuilder:
    """Whom what is for: an action on a task, asked of a mix.

    Attributes:
        settings: the user's, with what the workspace tightens.
        providers: as in ``Catalog``.
        around: where to look.
        diagnostics: all that tools said of the document.
    """

    action: Action
    task: Task
    mix: Mix
    settings: Settings
    providers: dict[str, ProviderEntry]
    around: WorkspaceContext
    diagnostics: tuple[Diagnostic, ...] = ()

    async def bundle(self, *, always: bool = False) -> ContextBundle:
        """Look around and put together what is shown.

        Args:
            always: also where no model is asked.

        Raises:
            UsageError: the target does not fit, or the document is a file of secrets.
        """
        if not always and is_embedded(self.mix, self.providers):
            return ContextBundle.unseen(self.task)
        surrounded = CONTEXT in self.action.prompt or CONTEXT in self.action.system
        evidence = ContextItems()
        if surrounded:
            evidence = await gather(self.task, self.around, self.settings.context)
            evidence = replace(evidence, reports=self._reports())
        room, why = self.room()
        work = partial(collect, self.task, evidence, room=room, surrounded=surrounded, why=why)
        sources = (*evidence.open_documents, *evidence.neighbours)
        size = len(self.task.snapshot.text) + sum(len(source.text) for source in sources)
        if size < shared_limits.INLINE_CHARS:
            return work()
        return await asyncio.to_thread(work)

    def room(self) -> tuple[int, str]:
        """Tokens for all that is shown, and what to do where that is too little."""
        most = self.settings.context.max_tokens
        why = "select less, or raise context.max_tokens in config.yaml"
        frame = None
        for asked, model in _asked(self.mix):
            facts = self.settings.models.get(model)
            if facts is None or facts.context is None:
                continue
            frame = self._frame() if frame is None else frame
            bound = asked.max_tokens or LEAST_ANSWER_TOKENS
            answer = min(bound, int(facts.context * ANSWER_SHARE))
            left = max(0, facts.context - answer - frame - tokens(asked.system or ""))
            if not isinstance(asked, Agent):  # a step is shown proposals too
                left = max(left - shared_limits.LEAST_SHOWN_TOKENS, left // 2)
            if left < most:
                most = left
                why = f"select less, or choose a mix without {model}, whose window is too small"
        return most, why

    def _reports(self) -> tuple[str, ...]:
        """What tools said near the target; of itself too, where the prompt has no place for it."""
        task = self.task
        placed = task.diagnostics if DIAGNOSTICS in self.action.prompt else ()
        others = [each for each in self.diagnostics if each not in placed]
        return tuple(near(others, LineIndex(task.snapshot.text), task.target))

    def _frame(self) -> int:
        """Tokens of a prompt with nothing in it."""
        task = self.task
        empty = replace(
            task,
            snapshot=replace(task.snapshot, text=""),
            target=Span(0, 0),
            cursor=0,
            instruction="",
            diagnostics=(),
            files=(),
        )
        view = PromptView(empty, "", "", "")
        asked = render.aggregator_messages(self.action, view, [""], tag="0000")
        return sum(tokens(each.content) for each in asked) + limits.PROMPT_FRAME_TOKENS


def _asked(mix: Mix) -> Iterator[tuple[Agent | ModelRequestStep, str]]:
    """Every agent and step that is a model, with each model that may answer for it."""
    everyone: list[Agent | ModelRequestStep] = [*mix.agents]
    everyone += asking(mix.aggregator)
    for asked in everyone:
        name = inner_name(asked.models[0])
        for model in asked.models:
            if inner_name(model) is None:
                yield asked, model
        if name is not None:
            yield from _asked(mix.inner[name])


def beside(
    files: Sequence[File], own: Snapshot, around: WorkspaceContext, context: ContextSettings
) -> Iterator[File]:
    """The files that an action may change beside its own: those that may be shown, and fit.

    They are shown whole, so one that holds a secret is not shown. Reads ignore files.
    """
    if not files:
        return
    rules = read_rules(around.root, context, [each.snapshot.uri for each in files])
    left = context.max_tokens - tokens(own.text)
    for file in files:
        uri, text = file.snapshot.uri, file.snapshot.text
        left -= tokens(text)
        if left < 0:
            return
        if rules.why_hidden(uri) or rules.why_guarded(uri) or find(text):
            left += tokens(text)
        else:
            yield file


@dataclass(frozen=True, slots=True)
class PromptPreview:
    """The messages that some agents of the first layer are sent."""

    agents: tuple[str, ...]
    messages: tuple[Message, ...]


def letters(action: Action, mix: Mix, bundle: ContextBundle, *, tag: str) -> list[PromptPreview]:
    """What each agent of the first layer would be sent; those that get the same together.

    Raises:
        ValueError: the tag occurs in what is shown.
    """
    task = bundle.view.task
    view = replace(bundle.view, task=replace(task, form=proposed_form(task, mix)))
    found: dict[str, list[str]] = {}
    for name, system in _first(mix):
        found.setdefault(system, []).append(name)
    return [
        PromptPreview(tuple(names), render.messages(action, view, tag=tag, system=system or None))
        for system, names in found.items()
    ]


def _first(mix: Mix, lead: str = "") -> Iterator[tuple[str, str]]:
    for agent in mix.layers[0].agents:
        inner = inner_name(agent.model)
        if inner is not None:
            yield from _first(mix.inner[inner], f"{lead}{agent.id}/")
        else:
            yield f"{lead}{agent.id}", agent.system or ""
