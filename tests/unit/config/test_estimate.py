"""The worst case of a run: a bound that is worked out, or not known."""

import pytest

from moa_lsp.config.estimate import as_if, worst_case
from moa_lsp.config.mixes import MixFile, build
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.settings import Settings
from moa_lsp.config.values import frozen

SETTINGS = Settings.model_validate(frozen({
    "context": {"max_tokens": 1000},
    "models": {
        "openai/a": {"price": {"input": 1, "output": 10}},
        "openai/b": {"price": {"input": 2, "output": 20}, "max_output": 50},
        "openai/bare": {"context": 100},
    },
}))  # fmt: skip


def agent(model, **keys):
    return {"model": model, "max_tokens": 100, **keys}


CASES = [
    ({"proposers": [agent("embedded/ruff")]}, 0.0),
    # 1000 in, 100 out
    ({"proposers": [agent("openai/a")]}, 1000 * 1 + 100 * 10),
    ({"proposers": [agent("openai/a", samples=3)]}, 3 * 2000),
    # a model's own bound on answers is below the agent's
    ({"proposers": [agent("openai/b")]}, 1000 * 2 + 50 * 20),
    # every fallback counts
    ({"proposers": [agent("openai/a", fallbacks=["openai/b"])]}, 2000 + 3000),
    # the aggregator reads both proposals: 100 and 50 tokens
    ({"proposers": [agent("openai/a"), agent("openai/b")], "aggregator": [agent("openai/a")]},
     2000 + 3000 + (1000 + 150) * 1 + 100 * 10),
    # one that picks reads as much, and writes 16 tokens
    ({"proposers": [agent("openai/a"), agent("openai/b")], "aggregator": [{"pick": "openai/a"}]},
     2000 + 3000 + (1000 + 150) * 1 + 16 * 10),
    # a second layer reads the first, and the aggregator then reads the second only
    ({"layers": [{"agents": [agent("openai/a")]}, {"agents": [agent("openai/a")]}],
      "aggregator": [agent("openai/a")]}, 2000 + 2100 + 2100),
    # embedded proposals cost nothing to make, and their length has no bound that is known
    ({"proposers": [agent("openai/bare")]}, None),
    ({"proposers": [agent("openai/a"), agent("openai/unheard-of")]}, None),
    ({"proposers": [agent("openai/a", max_tokens=None)]}, None),
    ({"proposers": [agent("openai/b", max_tokens=None)]}, 3000),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "millionths"), CASES)
def test_worst_case(keys, millionths):
    mix = build(MixFile.model_validate(frozen({"name": "m", **keys})))
    found = worst_case(mix, SETTINGS, BUILTIN)
    if millionths is None:
        assert (found.usd, str(found)) == (None, "unknown")
        assert found.unknown == tuple(m for m in mix.models if m != "openai/b" and (
            m != "openai/a" or mix.agents[0].max_tokens is None))  # fmt: skip
    else:
        assert found.usd == pytest.approx(millionths / 1e6)
        assert found.unknown == ()


AS_IF = [
    # 100 in and 10 out each; the aggregator reads the prompt and both proposals
    ({"proposers": [agent("openai/a"), agent("openai/b")], "aggregator": [agent("openai/b")]},
     (100 * 1 + 10 * 10) + (100 * 2 + 10 * 20) + (120 * 2 + 10 * 20)),
    # samples are requests and proposals; fallbacks are not asked
    ({"proposers": [agent("openai/a", samples=3, fallbacks=["openai/unheard-of"])],
      "aggregator": [{"agree": 1.0}, agent("openai/a"), {"select": "prior"}]},
     3 * (100 + 100) + (130 + 100)),
    # one who picks writes a letter, whatever the length of an answer
    ({"proposers": [agent("openai/a"), agent("openai/b", max_tokens=4)],
      "aggregator": [{"pick": "openai/a", "max_tokens": 1}]},
     (100 + 100) + (200 + 10 * 20) + (120 + 1 * 10)),
    # one model settles: the step after it is for when it fails
    ({"proposers": [agent("openai/a")], "aggregator": [agent("openai/a"), agent("openai/b")]},
     200 + (110 + 100)),
    ({"layers": [{"agents": [agent("openai/a"), agent("openai/a")]},
                 {"agents": [agent("openai/a"), agent("openai/a", sees="task")]}]},
     2 * 200 + (120 + 100) + 200),
    ({"proposers": [agent("embedded/ruff")]}, 0),
    ({"proposers": [agent("ollama/x", max_tokens=None)]}, 0),
    ({"proposers": [agent("openai/unheard-of")]}, None),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "millionths"), AS_IF)
def test_as_if(keys, millionths):
    mix = build(MixFile.model_validate(frozen({"name": "m", **keys})))
    found = as_if(mix, SETTINGS, BUILTIN, prompt=100, answer=10)
    assert found.usd == (None if millionths is None else pytest.approx(millionths / 1e6))
    assert found.unknown == (("openai/unheard-of",) if millionths is None else ())


def test_a_mix_among_the_agents_costs_what_it_costs():
    inner = build(MixFile.model_validate(frozen({
        "name": "in", "proposers": [agent("openai/a"), agent("openai/a")],
        "aggregator": [agent("openai/b")],
    })))  # fmt: skip
    outer = build(
        MixFile.model_validate(frozen({
            "name": "out", "aggregator": [agent("openai/a")],
            "proposers": [{"model": "mix/in", "samples": 2, "fallbacks": ["openai/a"]}],
        })),
        {"in": inner},
    )  # fmt: skip
    alone = 2 * (100 + 100) + (120 * 2 + 10 * 20)
    found = as_if(outer, SETTINGS, BUILTIN, prompt=100, answer=10)
    assert found.usd == pytest.approx((2 * alone + (120 + 100)) / 1e6)
    once = 2 * 2000 + (1200 * 2 + 50 * 20)
    # the fallback writes up to 4096 tokens, more than the mix: that is what is shown at worst
    fallback = 1000 + 4096 * 10
    found = worst_case(outer, SETTINGS, BUILTIN)
    assert found.usd == pytest.approx(
        (2 * once + 2 * fallback + (1000 + 2 * 4096) + 100 * 10) / 1e6
    )
    assert outer.models == ("openai/a", "openai/b")


def test_a_model_on_this_machine_costs_nothing_and_is_no_secret():
    mix = build(MixFile.model_validate(frozen({
        "name": "m", "proposers": [{"model": "ollama/x", "max_tokens": None}],
        "aggregator": [agent("openai/a")],
    })))  # fmt: skip
    assert worst_case(mix, SETTINGS, BUILTIN).usd == pytest.approx((1000 + 1000) / 1e6)
