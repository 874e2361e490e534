"""Every casting of models, each once, under names that do not change."""

import pytest

from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.permute import permute
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.strict_yaml import load
from moa_lsp.errors import UsageError

THREE = ("openai/a", "groq/b", "mistral/c")
SIX = tuple(f"openai/m{number}" for number in range(6))

COUNTS = [
    (THREE, {}, 9),
    (THREE, {"repeat": True}, 18),
    (THREE, {"distinct": True}, 3),
    (THREE, {"repeat": True, "distinct": True}, 9),
    (THREE, {"aggregators": ("openai/z",)}, 3),
    (THREE, {"proposers": 3}, 3),
    (THREE, {"proposers": 1, "repeat": True}, 9),
    (SIX, {}, 90),
    (SIX, {"distinct": True}, 60),
    (("openai/a",), {"proposers": 3, "repeat": True}, 1),
]


@pytest.mark.parametrize(("models", "keys", "count"), COUNTS)
def test_every_cast_once_as_a_sound_mix(models, keys, count):
    casts = permute(models, **keys)
    assert len(casts) == count
    assert len({(frozenset(cast.proposers), len(cast.proposers), cast.aggregator,
                 cast.proposers) for cast in casts}) == count  # fmt: skip
    done = compose([MixSource(load(one.text("x"), one.name), "user") for one in casts], BUILTIN)
    assert not done.problems
    assert len({entry.mix.hash for entry in done.mixes.values()}) == count
    for cast in casts:
        mix = done.mixes[cast.name].mix
        asked = [agent.model for agent in mix.agents for _ in range(agent.samples)]
        assert sorted(asked) == sorted(cast.proposers)
        assert mix.aggregator[-1].model == cast.aggregator


def test_the_set_for_three_models():
    assert [cast.name for cast in permute(THREE, prefix="x")] == [
        "x_a_b_by_a", "x_a_b_by_b", "x_a_b_by_c",
        "x_a_c_by_a", "x_a_c_by_b", "x_a_c_by_c",
        "x_b_c_by_a", "x_b_c_by_b", "x_b_c_by_c",
    ]  # fmt: skip
    assert permute(THREE, repeat=True)[0].name == "a-x2_by_a"


NAMES = [
    # the same last part; the same after what a file name cannot hold is taken out
    (("openai/gpt", "openrouter/openai/gpt"), "openai-gpt_openrouter-openai-gpt_by_openai-gpt"),
    (("ollama/q:7b", "ollama/q-7b"), "ollama-q-7b_ollama-q-7b-2_by_ollama-q-7b"),
]


@pytest.mark.parametrize(("models", "first"), NAMES)
def test_names_are_told_apart(models, first):
    casts = permute(models)
    assert casts[0].name == first
    assert len({cast.name for cast in casts}) == len(casts)


BAD = [
    (("openai/a", "openai/a"), {}, "`openai/a` is named 2 times"),
    (("openai/a",), {}, "give no mix of 2 proposers"),
    (("openai/a", "openai/b"), {"distinct": True}, "give no mix"),
    (tuple(f"openai/m{n}" for n in range(40)), {}, "31,200 mixes are more than"),
    (THREE, {"aggregators": ("openai/z", "openai/z")}, "named 2 times"),
]


@pytest.mark.parametrize(("models", "keys", "message"), BAD)
def test_no_cast(models, keys, message):
    with pytest.raises(UsageError, match=message):
        permute(models, **keys)
