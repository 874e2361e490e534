"""A mix as another one's agent: one level, no circles, ready when all of its models are."""

import pytest

from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.registry import BUILTIN, overlaid
from moa_lsp.config.resolve import Catalog, choose
from moa_lsp.config.settings import Settings
from moa_lsp.config.show import as_yaml
from moa_lsp.config.strict_yaml import load
from moa_lsp.config.values import frozen

IN = "name: in\nproposers: [{model: openai/a}]\ndeadline: 30\n"
OUT = "name: out\nproposers: [{model: mix/in}, {model: groq/b}]\n"


def composed(*texts, workspace=()):
    sources = [
        MixSource(load(text, f"{number}.yaml"), "user") for number, text in enumerate(texts)
    ]
    sources += [MixSource(load(text, "w.yaml"), "workspace") for text in workspace]
    return compose(sources, BUILTIN)


@pytest.mark.parametrize("texts", [(IN, OUT), (OUT, IN)])
def test_the_mix_is_part_of_the_mix(texts):
    done = composed(*texts)
    assert not done.problems
    mix = done.mixes["out"].mix
    assert mix.inner == {"in": done.mixes["in"].mix}
    assert mix.models == mix.primary_models == ("openai/a", "groq/b")
    agent = mix.agents[0]
    assert (agent.id, agent.sees, agent.timeout) == ("in", "task", 30)


def test_an_agent_of_a_later_layer_sees_the_task_and_may_have_its_own_timeout_and_fallbacks():
    text = (
        "name: out\nlayers:\n- agents: [{model: groq/b}]\n"
        "- agents:\n  - {model: mix/in, timeout: 5, samples: 2, fallbacks: [groq/c]}\n"
        "  - {model: groq/d}\n"
    )
    mix = composed(IN, text).mixes["out"].mix
    assert [agent.sees for agent in mix.agents] == ["task", "task", "previous"]
    assert mix.agents[1].timeout == 5
    assert mix.models == ("groq/b", "openai/a", "groq/c", "groq/d")
    assert mix.primary_models == ("groq/b", "openai/a", "groq/d")


def test_the_hash_follows_the_mix_inside():
    hashes = {
        composed(IN, OUT).mixes["out"].mix.hash,
        composed(IN.replace("/a", "/z"), OUT).mixes["out"].mix.hash,
        composed(IN, OUT.replace("mix/in", "groq/in")).mixes["out"].mix.hash,
    }
    assert len(hashes) == 3
    again = composed(IN.replace("name: in", "name: in\ndescription: other words"), OUT)
    assert again.mixes["out"].mix.hash in hashes


def test_overrides_of_both_are_resolved():
    inner = f"{IN}overrides: [{{when: {{language: c}}, proposers: [{{model: mistral/c}}]}}]\n"
    outer = f"{OUT}overrides: [{{when: {{action: fix}}, proposers: [{{model: mix/in}}]}}]\n"
    mix = composed(inner, outer).mixes["out"].mix
    table = [
        ("refactor", "python", ("openai/a", "groq/b")),
        ("refactor", "c", ("mistral/c", "groq/b")),
        ("fix", "python", ("openai/a",)),
        ("fix", "c", ("mistral/c",)),
    ]
    found = [mix.resolved(action, language) for action, language, _ in table]
    assert [one.models for one in found] == [models for _, _, models in table]
    assert len({one.hash for one in found}) == 4


def test_what_is_shown_is_read_as_the_same_mix():
    done = composed(IN, OUT)
    again = composed(IN, as_yaml(done.mixes["out"]))
    assert not again.problems
    assert again.mixes["out"].mix == done.mixes["out"].mix


def test_readiness_is_that_of_the_models_inside():
    catalog = Catalog(
        mixes=composed(IN, OUT).mixes, providers=BUILTIN, apis=frozenset({"openai"}),
        lacks={"openai": "OPENAI_API_KEY is not set"},
    )  # fmt: skip
    made = choose(catalog, action="fix", language="c", path="", requested="out")
    assert made.missing == ("openai: OPENAI_API_KEY is not set",)


def test_a_workspace_means_the_users_mix_first_as_it_does_with_extends():
    theirs = IN.replace("/a", "/theirs")
    table = [((IN,), (theirs, OUT), "openai/a"), ((), (theirs, OUT), "openai/theirs")]
    for own, workspace, model in table:
        done = composed(*own, workspace=workspace)
        assert done.mixes["out (workspace)"].mix.models[0] == model


BAD = [
    ((OUT,), "0.yaml:2:21: there is no mix `in`"),
    ((IN, OUT.replace("mix/in", "mix/inn")),
     "1.yaml:2:21: there is no mix `inn`; did you mean `in`?"),
    (("name: a\nproposers: [{model: mix/a}]\n",), "0.yaml:2:21: a mix cannot be its own agent"),
    (("name: a\nproposers: [{model: mix/b}]\n", "name: b\nproposers: [{model: mix/a}]\n"),
     "0.yaml:2:21: `b` has mixes among its own agents, this one too: one level is the limit"),
    ((IN, OUT, "name: c\nproposers: [{model: mix/out}]\n"),
     "2.yaml:2:21: `out` has mixes among its own agents: one level is the limit"),
    # by way of a parent, and of an override
    ((IN, OUT, "name: d\nextends: out\n", "name: c\nproposers: [{model: mix/d}]\n"),
     "3.yaml:2:21: `d` has mixes among its own agents"),
    ((IN, f"{IN.replace('in', 'd')}overrides: [{{when: {{}}, proposers: [{{model: mix/in}}]}}]\n",
      "name: c\nproposers: [{model: mix/d}]\n"), "2.yaml:2:21: `d` has mixes among its own"),
    (("name: a\nextends: b\nproposers: [{model: groq/x}]\n",
      "name: b\nproposers: [{model: mix/a}]\n"), "0.yaml:2:10: its parent `b` has problems"),
    (("name: in\nproposers: []\n", OUT), "1.yaml:2:21: the mix `in` has problems"),
    ((IN, OUT.replace("mix/in", "mix/in, temperature: 0.1")), "1.yaml:2:42: `temperature` is for"),
    ((IN, OUT.replace("mix/in", "mix/in, system: x")), "1.yaml:2:37: `system` is for a model"),
    ((IN, OUT.replace("mix/in", "groq/a, fallbacks: [mix/in]")),
     "1.yaml:2:41: a mix can be a proposer only"),
    ((IN, f"{OUT}aggregator: {{model: mix/in}}\n"), "1.yaml:3:21: a mix can be a proposer only"),
    ((IN, "name: o\nlayers: [{agents: [{model: groq/a}]}, "
      "{agents: [{model: mix/in, sees: previous}]}]\n"), "1.yaml:2:71: a mix sees the task alone"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "problem"), BAD)
def test_refused(texts, problem):
    done = composed(*texts)
    told = [str(one) for one in done.problems]
    assert any(one.startswith(problem) for one in told), told
    assert set(done.broken) | set(done.mixes) == {load(text, "").value["name"] for text in texts}


def test_mix_is_no_providers_name():
    file = {"providers": {"mix": {"api": "openai", "base_url": "https://h"}}}
    entries, faults = overlaid(Settings.model_validate(frozen(file)))
    assert "mix" not in entries
    assert [fault.message for fault in faults] == [
        "`mix` is no provider: `mix/NAME` stands for another mix"
    ]
