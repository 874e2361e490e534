"""Mixes as values: ids, defaults, layers, overrides and the hash."""

from dataclasses import replace

import pytest

from moa_lsp.config import limits
from moa_lsp.config.merge import extend, merge
from moa_lsp.config.mixes import (
    Agent,
    MixFile,
    Quorum,
    agent_ids,
    build,
    digest,
)
from moa_lsp.config.steps import DEFAULT_AGGREGATOR, ModelStep, Pick
from moa_lsp.config.values import frozen


def mix(**keys):
    keys.setdefault("name", "m")
    keys.setdefault("proposers", [{"model": "p/a"}])
    return build(MixFile.model_validate(frozen(keys)))


IDS = [
    ([("p/a", "")], ["a"]),
    ([("p/x/y", "")], ["y"]),
    ([("p/a", ""), ("q/a", "")], ["a-1", "a-2"]),
    ([("p/a", ""), ("q/b", ""), ("r/a", "")], ["a-1", "b", "a-2"]),
    ([("p/a", "mine"), ("p/a", "")], ["mine", "a"]),
    ([("p/a", ""), ("p/b", "a")], ["a-1", "a"]),
    ([("p/a", ""), ("p/b", "a-1"), ("p/a", "")], ["a-2", "a-1", "a-3"]),
]


@pytest.mark.parametrize(("agents", "expected"), IDS)
def test_ids_are_the_models_last_part_numbered_when_it_repeats(agents, expected):
    made = [Agent(model=model, **({"id": name} if name else {})) for model, name in agents]
    assert agent_ids([(each.id, each.model) for each in made]) == expected


def test_every_default_is_the_documented_one():
    made = mix()
    (layer,) = made.layers
    (agent,) = layer.agents
    assert agent.model_dump() == {
        "model": "p/a", "id": "a", "samples": 1, "weight": 1.0, "system": None,
        "temperature": 0.7, "max_tokens": 4096, "timeout": 45.0, "reasoning": None, "extra": {},
        "fallbacks": (), "sees": "task",
    }  # fmt: skip
    assert made.aggregator == DEFAULT_AGGREGATOR
    assert (made.quorum, made.budget, made.cache, made.early_stop) == (None, None, True, True)
    assert made.deadline == limits.RUN_DEADLINE_S
    assert ModelStep(model="p/a").temperature == 0.2
    assert Pick(pick="p/a").model_dump() == {
        "pick": "p/a", "system": None, "temperature": 0.0, "max_tokens": 16, "timeout": 45.0,
        "fallbacks": (), "reasoning": None, "extra": {},
    }  # fmt: skip
    assert Quorum().model_dump() == {"min": 1, "grace": 2.0}


def test_later_layers_see_the_one_before_unless_they_say_otherwise():
    made = mix(
        proposers=None,
        layers=[
            {"agents": [{"model": "p/a"}]},
            {"agents": [{"model": "p/a"}, {"model": "p/b", "sees": "task"}]},
        ],
    )
    assert [agent.sees for agent in made.agents] == ["task", "previous", "task"]
    assert [agent.id for agent in made.agents] == ["a-1", "a-2", "b"]


def test_the_mixs_quorum_is_that_of_layers_without_one():
    made = mix(
        proposers=None,
        quorum={"min": 1},
        layers=[
            {"agents": [{"model": "p/a"}], "quorum": {"min": 1, "grace": 9}},
            {"agents": [{"model": "p/a"}]},
        ],
    )
    assert [layer.quorum.grace for layer in made.layers] == [9, 2.0]


@pytest.mark.parametrize("key", ["model", "pick"])
def test_models_and_those_asked_first(key):
    made = mix(
        proposers=[{"model": "p/a", "fallbacks": ["q/a"]}, {"model": "p/b"}],
        aggregator=[{key: "r/c", "fallbacks": ["p/a"]}],
    )
    assert made.models == ("p/a", "q/a", "p/b", "r/c")
    assert made.primary_models == ("p/a", "p/b", "r/c")


SAME = [
    {"description": "other words"},
    {"name": "other"},
    {"deadline": 120},
    {"deadline": 120.0},
    {"aggregator": [{"verify": ["parse"]}, {"select": "prior"}]},
    {"proposers": [{"model": "p/a", "id": "a", "samples": 1, "sees": "task"}]},
    {"proposers": None, "layers": [{"agents": [{"model": "p/a"}]}]},
    {"cache": True},
]
OTHER = [
    {"deadline": 121},
    {"cache": False},
    {"early_stop": False},
    {"proposers": [{"model": "p/a", "reasoning": "low"}]},
    {"proposers": [{"model": "p/a", "extra": {"top_p": 0.9}}]},
    {"budget": {"usd": 1}},
    {"quorum": {"min": 1}},
    {"aggregator": [{"select": "prior"}]},
    {"aggregator": [{"model": "p/a"}]},
    {"aggregator": [{"pick": "p/a"}]},
    {"aggregator": [{"select": "prior"}, {"verify": ["parse"]}]},
    {"proposers": [{"model": "p/a", "temperature": 0.71}]},
    {"proposers": [{"model": "p/a", "system": "x"}]},
    {"proposers": [{"model": "p/a"}, {"model": "p/b"}]},
    {"proposers": [{"model": "p/b"}, {"model": "p/a"}]},
]


@pytest.mark.parametrize("keys", SAME)
def test_same_content_same_hash(keys):
    assert mix(**keys).hash == mix().hash


def test_each_other_content_has_a_hash_of_its_own():
    hashes = {mix(**keys).hash for keys in OTHER} | {mix().hash}
    assert len(hashes) == len(OTHER) + 1


def test_the_hash_is_what_its_description_says():
    made = mix()
    assert made.hash == digest(replace(made, name="n", hash="old"))
    assert len(made.hash) == 64


MERGES = [
    ({"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
    ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ({"a": {"b": 1}}, {"a": None}, {"a": None}),
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
]


@pytest.mark.parametrize(("base", "over", "expected"), MERGES)
def test_maps_merge_and_lists_replace(base, over, expected):
    assert merge(base, over) == expected


def test_a_childs_spelling_of_its_layers_replaces_the_parents():
    assert extend({"proposers": [1]}, {"layers": [2]}) == {"layers": [2]}
    assert extend({"layers": [1]}, {"proposers": [2]}) == {"proposers": [2]}
    assert extend({"layers": [1]}, {"cache": True}) == {"layers": [1], "cache": True}
