"""A configuration of moa-llm becomes a mix; what is lost is said at its place."""

import pytest

from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.moa_llm import convert
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.strict_yaml import load

WHOLE = """\
base_url: https://api.together.xyz/v1/
use_annotator: true
annotator: {model: x, temperature: 0.1}
pass_corresponding_results: true
proposal_layers:
  - neurons:
      - model: org/a
        system_prompt: Be terse.
        temperature: 0.3
        weight: 0.5
        max_tokens: 100
      - {model: org/b, prompt: "Be right.", api_key: sk-1}
aggregation_layer:
  model: org/c
  system_prompt: |
    Answer {user_query} from {responses} by {response_weights}; keep {braces}.
  temperature: 0.7
  max_tokens: 4000
  shuffle: true
  dropout_rate: 0.5
  use_weights: true
"""

WARNED = [
    (2, 1, "`use_annotator`: moa-llm never calls its annotator"),
    (3, 1, "`annotator`: moa-llm never calls its annotator"),
    (4, 1, "`pass_corresponding_results`: a later layer sees every proposal"),
    (8, 9, "moa-llm never sends this in its first layer; here it is sent"),
    (12, 24, "`prompt`: its README names this key and its loader ignores it: taken over"),
    (12, 45, "`api_key`: moa-llm ignores this key"),
    (15, 3, "`{user_query}` became"),
    (15, 3, "`{responses}` became"),
    (15, 3, "`{response_weights}` became"),
    (19, 3, "`shuffle`: proposals stand in the order of their weights"),
    (20, 3, "`dropout_rate`: every usable proposal is shown"),
    (21, 3, "`use_weights`: moa-llm reads this and never uses it"),
]


def imported(text, providers=BUILTIN):
    return convert(load(text, "dir/m.yaml"), "m", providers)


def made(text, providers=BUILTIN):
    """The mix that an import's file is read as."""
    found = imported(text, providers)
    assert not found.problems
    done = compose([MixSource(load(found.text, "m"), "user")], providers)
    assert not done.problems
    return done.mixes["m"].mix


def test_everything_that_a_mix_can_say_is_taken_over():
    mix = made(WHOLE)
    one, two = mix.agents
    assert (one.model, one.system, one.temperature, one.weight, one.max_tokens) == (
        "together/org/a", "Be terse.", 0.3, 0.5, 100,
    )  # fmt: skip
    assert (two.model, two.system, two.max_tokens, two.weight) == (
        "together/org/b", "Be right.", 2048, 1.0,
    )  # fmt: skip
    (step,) = mix.aggregator
    assert (step.model, step.temperature, step.max_tokens) == ("together/org/c", 0.7, 4000)
    assert step.system == (
        "Answer the request from the proposals by the order of the proposals; keep {braces}."
    )


def test_every_loss_is_told_at_its_place():
    told = sorted(imported(WHOLE).warnings)
    assert len(told) == len(WARNED)
    for line, column, words in WARNED:
        assert any((w.line, w.column) == (line, column) and w.message.startswith(words)
                   for w in told), (line, words)  # fmt: skip
    assert "sk-1" not in imported(WHOLE).text + "".join(map(str, told))


TWO = """\
base_url: {url}
proposal_layers:
  - neurons: [{{model: a}}, {{model: b}}]
  - neurons: [{{model: c, system_prompt: Merge., weigth: 2}}]
aggregation_layer: {{model: d, shuffle: false, dropout_rate: 0}}
"""


def test_layers_and_what_says_nothing():
    found = imported(TWO.format(url="https://api.openai.com/v1"))
    mix = made(TWO.format(url="https://api.openai.com/v1"))
    assert [[agent.model for agent in layer.agents] for layer in mix.layers] == [
        ["openai/a", "openai/b"], ["openai/c"],
    ]  # fmt: skip
    assert [agent.sees for agent in mix.agents] == ["task", "task", "previous"]
    assert [str(one) for one in found.warnings] == [
        "dir/m.yaml:4:49: `weigth`: moa-llm ignores this key; did you mean `weight`?: left out"
    ]


ADDRESSES = [
    ("https://api.crosshatch.app", "crosshatch", "api_key_env: CROSSHATCH_API_KEY"),
    # a host's first word is anybody's to choose: no other provider's key may be suggested for it
    ("https://openai.evil.example/v1", "evil", "api_key_env: EVIL_API_KEY"),
    ("https://proxy.openai.example/v1", "openai-imported", "OPENAI_IMPORTED_API_KEY"),
    ("https://10.0.0.5/v1", "imported", "IMPORTED_API_KEY"),
    ("http://localhost:9000/v1", "localhost", "base_url: http://localhost:9000/v1"),
]


@pytest.mark.parametrize(("url", "name", "words"), ADDRESSES)
def test_a01_an_unknown_address_gets_a_provider_and_key_of_its_own(url, name, words):
    found = imported(TWO.format(url=url))
    assert f"- model: {name}/a\n" in found.text
    assert any(one.line == 1 and f"`{name}`" in one.message for one in found.warnings)
    comment = [one[2:] for one in found.text.split("\n") if one.startswith("#")]
    entry = load("\n".join(comment[comment.index("providers:") :]), "c").value["providers"]
    assert list(entry) == [name]
    assert entry[name]["base_url"] == url
    assert words in found.text
    assert entry[name].get("api_key_env") not in {one.api_key_env for one in BUILTIN.values()} - {
        None
    }


BAD = [
    ("aggregation_layer: {model: a}\n", "1:1: `proposal_layers` is missing, empty or no list"),
    ("proposal_layers: []\naggregation_layer: {model: a}\n", "1:18: `proposal_layers` is missing"),
    ("proposal_layers: [x]\naggregation_layer: {model: a}\n", "1:19: a layer is a map"),
    ("proposal_layers: [{neurons: [1]}]\naggregation_layer: {model: a}\n", "1:30: a neuron is"),
    ("proposal_layers: [{neurons: [{model: a}]}]\n", "1:1: `aggregation_layer` is missing"),
    ("proposal_layers: [{neurons: [{temperature: 1}]}]\naggregation_layer: {model: a}\n",
     "1:30: `model` is missing"),
    ("proposal_layers: [{neurons: [{model: a, temperature: hot}]}]\n"
     "aggregation_layer: {model: a}\n",
     "1:54: `temperature`: expected a number"),
    ("proposal_layers: [{neurons: [{model: a, system_prompt: 5}]}]\n"
     "aggregation_layer: {model: a}\n",
     "1:56: `system`: expected text"),
    ("proposal_layers: [{neurons: [{model: a}]}, {neurons: [{model: b, weight: -1}]}]\n"
     "aggregation_layer: {model: a}\n", "1:74: `weight`: must be at least 0"),
    ("proposal_layers: [{neurons: [{model: a}]}]\naggregation_layer: {model: a, max_tokens: 0}\n",
     "2:43: `max_tokens`: must be at least 1"),
    ("base_url: 5\nproposal_layers: [{neurons: [{model: a}]}]\naggregation_layer: {model: a}\n",
     "1:11: `base_url` is not a URL"),
    # the strict reader's own problems are told too
    ("proposal_layers: [{neurons: [{model: a}, {model: a, model: b}]}]\n"
     "aggregation_layer: {model: a}\n", "1:53: the key `model` stands here again"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_what_is_wrong_is_told_at_its_place_in_the_file_given(text, problem):
    found = imported(text)
    assert found.text == ""
    assert any(str(one).startswith(f"dir/m.yaml:{problem}") for one in found.problems), (
        found.problems
    )


def test_without_an_address_it_is_openai_and_said_so():
    text = "proposal_layers: [{neurons: [{model: a}]}]\naggregation_layer: {model: b}\n"
    assert made(text).models == ("openai/a", "openai/b")
    assert "BASE_URL" in imported(text).warnings[0].message
