"""From a sweep's file to the mixes that it compares."""

from collections import Counter

import pytest

from moa_bench.matrix import build, mixes_in, read
from moa_lsp.config.catalog import load_catalog
from moa_lsp.errors import ConfigError, UsageError

THREE = "models: [openai/a, groq/b, mistral/c]\ntasks: humaneval\n"


@pytest.fixture
def catalog(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("")
    return load_catalog(config=config, environ={})


def made(catalog, text=THREE):
    return build(read(text, "sweep.yaml"), catalog)


def test_three_models_over_all_roles_are_24_configurations(catalog):
    matrix = made(catalog)
    roles = Counter(cast.role for cast in matrix.casts)
    assert roles == {"alone": 3, "mix": 21}
    panels = Counter(
        tuple(agent.model for agent in cast.mix.agents)
        for cast in matrix.casts
        if cast.role == "mix"
    )
    assert sorted(panels.values()) == [3] * 7
    assert len({cast.mix.name for cast in matrix.casts}) == 24
    assert len({cast.mix.hash for cast in matrix.casts}) == 24
    assert [cast.mix.name for cast in matrix.casts[:4]] == ["a", "b", "c", "a_by_a"]


def test_the_best_one_may_be_any_and_is_sampled_as_often(catalog):
    resampled = made(catalog).resampled
    assert list(resampled) == ["openai/a", "groq/b", "mistral/c"]
    for model, casts in resampled.items():
        assert [cast.mix.agents[0].samples for cast in casts] == [2, 3]
        assert {cast.role for cast in casts} == {"resampled"}
        assert all(set(cast.mix.models) == {model} for cast in casts)


VARIED = {
    "sizes": ("proposers: [2]\n", 3 + 9),
    "one aggregator": ("aggregators: [openai/a]\n", 3 + 7),
    "another aggregator": ("aggregators: [openai/z]\n", 3 + 7),
    "chains": ("proposers: [2]\naggregators: [[{agree: 1.0}, {select: vote}], openai/a]\n", 3 + 6),
    "layers": ("proposers: [2]\nlayers: [1, 2]\n", 3 + 18),
    "no controls": ("proposers: [2]\ncontrols: []\n", 9),
    "further mixes": ("mixes: [embedded]\n", 25),
}


@pytest.mark.parametrize("what", VARIED)
def test_what_is_varied(catalog, what):
    more, count = VARIED[what]
    matrix = made(catalog, THREE + more)
    assert len(matrix.casts) == count
    assert len({cast.mix.name for cast in matrix.casts}) == count


def test_what_is_said_of_proposers_holds_for_all(catalog):
    more = "proposers: [2]\nproposer: {temperature: 0.0, max_tokens: 512}\ndeadline: 30\n"
    for cast in made(catalog, THREE + more).casts:
        assert cast.mix.deadline == 30
        assert all((each.temperature, each.max_tokens) == (0.0, 512) for each in cast.mix.agents)


def test_layers_see_the_ones_before(catalog):
    cast = made(catalog, THREE + "proposers: [2]\nlayers: [2]\ncontrols: []\n").casts[0]
    assert [[each.sees for each in layer.agents] for layer in cast.mix.layers] == [
        ["task", "task"],
        ["previous", "previous"],
    ]


WRONG = {
    "unknown key": (THREE + "model: x\n", "sweep.yaml:3:1: unknown key `model`"),
    "no tasks": ("models: [openai/a]\n", "`tasks` is missing"),
    "no model": ("models: [a]\ntasks: humaneval\n", "sweep.yaml:1:10: "),
    "twice": (
        "models: [openai/a, openai/a]\ntasks: x\n",
        "sweep.yaml:1:9: a model is named twice",
    ),
    "too many": (THREE + "proposers: [4]\n", "sweep.yaml:3:13: there are only 3 models"),
    "control": (THREE + "controls: [resampled]\n", "sweep.yaml:3:11: `resampled` needs `alone`"),
    "budget": (THREE + "budget: 5\n", "sweep.yaml:3:9: "),
    "not YAML": ("models: [", "this is not YAML"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_told_with_its_place(what):
    text, said = WRONG[what]
    with pytest.raises(ConfigError) as told:
        read(text, "sweep.yaml")
    assert said in str(told.value)


def test_one_task_set_may_stand_without_a_list():
    assert read(THREE, "s").tasks == ("humaneval",)
    assert read("models: [openai/a]\ntasks: [x, y]\n", "s").tasks == ("x", "y")


MEANINGLESS = {
    "provider": ("models: [nobody/a]\ntasks: x\n", "nobody"),
    "mix": ("mixes: [no-such-mix]\ntasks: x\n", "there is no mix `no-such-mix`"),
    "baseline": (THREE + "baseline: d\n", "the baseline `d` is none of the mixes"),
    "nothing": ("tasks: x\n", "there is nothing to compare"),
}


@pytest.mark.parametrize("what", MEANINGLESS)
def test_what_means_nothing_is_refused(catalog, what):
    text, said = MEANINGLESS[what]
    with pytest.raises(UsageError, match=said):
        made(catalog, text)


def test_a_mix_of_a_file_may_extend_what_is_known(catalog):
    text = "name: mine\nextends: embedded\ndeadline: 7\n"
    (mix,) = mixes_in([("mine.yaml", text)], catalog)
    assert (mix.name, mix.deadline) == ("mine", 7)
    with pytest.raises(ConfigError, match=r"mine.yaml:2:1: unknown key `deadlin`"):
        mixes_in(
            [("mine.yaml", "name: mine\ndeadlin: 7\nproposers: [{model: openai/a}]\n")], catalog
        )
