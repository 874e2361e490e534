"""A run that refines the answer of another: the same target, the same old text, one word more.

The old text stays what every round is compared with: what a round would lose is lost against it,
and it can always be taken back. The answer that a round starts from, and what was asked for in the
rounds before, are data of the prompt (``task.Refinement``).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from moa_lsp import limits
from moa_lsp.config.mixes import Agent, Layer, Mix
from moa_lsp.config.resolve import choose, is_embedded
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.config.steps import asking
from moa_lsp.errors import UsageError
from moa_lsp.providers.kept_answers import NAME, KeptAnswers
from moa_lsp.runs.preparation import PreparedRun
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Refinement, Task
from moa_lsp.text.span import Span


@dataclass(frozen=True, slots=True)
class RefinementRequest:
    """What was asked for.

    Attributes:
        before: the run that is refined.
        instruction: what should be different.
        refinement: what it starts from.
        text: the document as it is now but for the old text, which stands in ``area``.
        origin: where that was in the document of the run before.
        version: the client's version of the document, ``None`` where it has none.
        workspace: what lies around the document now.
    """

    before: PreparedRun
    instruction: str
    refinement: Refinement
    text: str
    area: Span
    origin: Span
    version: int | None
    workspace: WorkspaceView


def prepare_refinement(runtime: RuntimeConfig, asked: RefinementRequest) -> PreparedRun:
    """Make the run, whose folder's rules are still to be looked at (``preparation.check``).

    Raises:
        UsageError: the instruction is empty or too long, the mix is gone or lacks a key, or asks
            no model, or the document may not be shown any more.
    """
    before, workspace = asked.before, asked.workspace
    instruction = asked.instruction.strip()
    if not instruction:
        raise UsageError("say what should be different: `instruction` is empty")
    if len(instruction) > limits.MAX_INSTRUCTION_CHARS:
        raise UsageError(
            f"the instruction is longer than {limits.MAX_INSTRUCTION_CHARS:,} characters; "
            "shorten it"
        )
    catalog = runtime.catalog
    mix = choose(
        catalog,
        action=before.action.id,
        language=before.task.snapshot.language,
        path=workspace.path,
        requested=before.mix.mix.name,
    )
    if mix.missing:
        raise UsageError(f"the mix `{mix.mix.name}` is not ready: {'; '.join(mix.missing)}")
    if is_embedded(mix.mix, catalog.providers):
        raise UsageError(
            f"the mix `{mix.mix.name}` asks no model, and only a model follows an instruction; "
            "choose another mix and run the action again"
        )
    uri = before.task.snapshot.uri
    workspace.check_allowed(uri, catalog.settings.context, shown=True, named=True)
    # What was typed before the first run is told again: its answer is not what the user typed, and
    # the prompt begins as the one before, which its provider may have kept.
    around = replace(workspace.around, edits=before.workspace.around.edits)
    workspace = replace(workspace, around=around)
    return replace(
        before,
        origin=before.origin or before.run,
        run=secrets.token_hex(6),
        task=replace(
            _moved(before.task, asked), instruction=instruction, refinement=asked.refinement
        ),
        mix=mix,
        workspace=workspace,
    )


def aggregator_alone(
    runtime: RuntimeConfig, prepared: PreparedRun, kept: Mapping[str, tuple[str, str]]
) -> tuple[RuntimeConfig, PreparedRun]:
    """The same run with kept proposals in the place of its proposers: it asks one model, once.

    Args:
        runtime: what runs are made of.
        prepared: a refinement.
        kept: model and answer of each proposal, by agent.

    Raises:
        UsageError: the mix has no model that aggregates, or there is no proposal.
    """
    mix = prepared.mix.mix
    step = next((each for each in asking(mix.aggregator) if each.writes), None)
    if step is None:
        raise UsageError(
            f"the mix `{mix.name}` has no model that aggregates; refine without `only`"
        )
    if not kept:
        raise UsageError("no proposal of this run is kept; refine without `only`")
    texts: dict[str, str] = {}
    agents = []
    for agent, (model, answer) in kept.items():
        name = model
        while name in texts:  # two answers of one model
            name = f"{name}'"
        texts[name] = answer
        agents.append(_kept_agent(mix, agent, f"{NAME}/{name}"))
    alone = replace(
        mix, layers=(Layer(agents=tuple(agents)),), aggregator=(step,), quorum=None, cache=False
    )
    catalog = runtime.catalog
    entries = {**catalog.providers, NAME: ProviderEntry(NAME, "embedded")}
    provider = KeptAnswers(texts)
    return (
        replace(
            runtime,
            catalog=replace(catalog, providers=entries),
            providers={**runtime.providers, NAME: provider},
        ),
        replace(prepared, mix=replace(prepared.mix, mix=alone)),
    )


def _kept_agent(mix: Mix, agent: str, model: str) -> Agent:
    """A kept proposal as an agent; its weight is that of the seat that made it."""
    seat = agent.partition("#")[0]
    weight = next((each.weight for each in mix.agents if each.id == seat), 1.0)
    return Agent.model_construct(id=agent, model=model, weight=weight)


def _moved(task: Task, asked: RefinementRequest) -> Task:
    """The first run's task in the document as it is now."""
    by = asked.area.start - asked.origin.start
    snapshot = replace(task.snapshot, text=asked.text, version=asked.version)
    diagnostics = tuple(
        replace(each, span=Span(max(0, each.span.start + by), max(0, each.span.end + by)))
        for each in task.diagnostics
    )
    return replace(
        task,
        snapshot=snapshot,
        target=Span(task.target.start + by, task.target.end + by),
        cursor=task.cursor + by,
        diagnostics=diagnostics,
    )
