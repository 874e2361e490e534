"""What a run shows: the room that windows leave, whose prompt is whose, and when nobody looks."""

import asyncio

import pytest

from moa_lsp.actions.definition import builtin
from moa_lsp.config.mixes import MixFile, build
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.settings import ProviderEntry, Settings
from moa_lsp.config.values import frozen
from moa_lsp.errors import UsageError
from moa_lsp.runs.prompting import PromptBuilder, letters
from moa_lsp.task import Snapshot
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.runs import BEFORE, task

LAB = ProviderEntry("lab", "openai", "https://lab.example/v1")


def mix(**raw):
    return build(MixFile.model_validate(frozen({"name": "m", **raw})))


DUO = mix(
    proposers=[
        {"model": "lab/a", "id": "one", "system": "be brief", "max_tokens": 500},
        {"model": "lab/b", "id": "two", "max_tokens": 500},
        {"model": "lab/b", "id": "three", "max_tokens": 500},
    ],
    aggregator=[{"model": "lab/z", "max_tokens": 500, "fallbacks": ["lab/y"]}],
)
TOOLS = mix(proposers=[{"model": "embedded/ruff"}])


def shown(mix=DUO, about=None, action="refactor", around=None, **settings):
    values = Settings.model_validate(frozen(settings))
    providers = {**BUILTIN, "lab": LAB}
    return PromptBuilder(
        builtin()[action], about or task(), mix, values, providers, around or WorkspaceContext()
    )


ROOMS = [
    # windows by model, the room's bounds, what the sentence names
    ({}, (8000, 8000), "context.max_tokens"),
    ({"lab/a": 200_000}, (8000, 8000), "context.max_tokens"),
    ({"lab/a": 4000}, (2000, 3000), "lab/a"),
    ({"lab/a": 8000, "lab/b": 4000}, (2000, 3000), "lab/b"),
    ({"lab/z": 4000}, (1000, 2000), "lab/z"),
    ({"lab/y": 4000}, (1000, 2000), "lab/y"),
    ({"lab/a": 100}, (0, 0), "lab/a"),
]


@pytest.mark.parametrize(("windows", "bounds", "named"), ROOMS)
def test_P45_the_smallest_window_counts(windows, bounds, named):
    models = {name: {"context": window} for name, window in windows.items()}
    room, why = shown(models=models).room()
    assert bounds[0] <= room <= bounds[1]
    assert named in why


def test_a_mix_as_an_agent_counts_with_its_models():
    raw = {"name": "outer", "proposers": [{"model": "mix/duo", "id": "team"}]}
    outer = build(MixFile.model_validate(frozen(raw)), {"duo": DUO})
    room, why = shown(outer, models={"lab/z": {"context": 4000}}).room()
    assert room < 2000
    assert "lab/z" in why
    bundle = asyncio.run(shown(outer).bundle())
    sent = letters(builtin()["refactor"], outer, bundle, tag="k3v9")
    assert [each.agents for each in sent] == [("team/one",), ("team/two", "team/three")]


def test_P45_what_fits_no_window_is_refused():
    with pytest.raises(UsageError, match="choose a mix without lab/a, whose window is too small"):
        asyncio.run(shown(models={"lab/a": {"context": 100}}).bundle())


def test_tools_are_shown_nothing_and_refuse_nothing():
    about = task("x = 1\n" * 20_000, start="x")
    assert asyncio.run(shown(TOOLS, about).bundle()).view.region == ""
    with pytest.raises(UsageError, match="take"):
        asyncio.run(shown(TOOLS, about).bundle(always=True))


def test_an_action_without_a_place_for_surroundings_looks_for_none():
    opened = Snapshot("file:///w/b.py", "def b(path):\n    return os.stat(path)\n", "python")
    around = WorkspaceContext(None, (opened,))
    bundle = asyncio.run(shown(around=around).bundle())
    assert [one.part for one in bundle.view.sections] == ["snippets"]
    comment = asyncio.run(shown(around=around, action="explain-comment").bundle())
    assert comment.view.sections == ()


def test_a_large_document_is_looked_at_in_a_thread():
    about = task(BEFORE + "z = 1\n" * 60_000, end="st_size")
    bundle = asyncio.run(shown(about=about).bundle())
    assert bundle.view.region == about.region
    assert bundle.view.below > 50_000


def test_each_agents_letter():
    bundle = asyncio.run(shown().bundle())
    one, rest = letters(builtin()["refactor"], DUO, bundle, tag="k3v9")
    assert (one.agents, rest.agents) == (("one",), ("two", "three"))
    assert one.messages[1] == rest.messages[1]
    assert one.messages[0].content == f"{rest.messages[0].content}\n\nbe brief"
