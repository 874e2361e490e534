"""The mixes that are shipped: what decides is what the evidence supports, and it can be paid."""

import re

import pytest

from moa_lsp.config.apis import SPOKEN_APIS
from moa_lsp.config.catalog import bundled_folder, load_catalog
from moa_lsp.config.estimate import worst_case
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.resolve import choose, choose_inline
from moa_lsp.config.settings import Settings
from moa_lsp.config.steps import Agree, ModelStep, Select, Verify

NAMES = (
    "commercial-coding", "commercial-coding-2026", "embedded", "embedded-inline", "fast",
    "llamacpp-inline", "lm-studio-local", "ollama-inline", "ollama-local", "open-coding",
    "open-coding-2026", "open-inline", "openrouter-open", "review-deep", "self-moa",
)  # fmt: skip
LLAMA = "together/meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo"


def catalog(tmp_path, **keys):
    (tmp_path / "config.yaml").write_text("")
    environ = {entry.api_key_env: "k" for entry in BUILTIN.values() if entry.api_key_env}
    return load_catalog(config=tmp_path / "config.yaml", environ=environ, apis=SPOKEN_APIS, **keys)


def mix(tmp_path, name):
    return choose(catalog(tmp_path), action="refactor", language="python", path="", requested=name)


def test_these_are_there_and_right(tmp_path):
    known = catalog(tmp_path)
    assert not known.problems
    assert tuple(sorted(known.mixes)) == NAMES
    for path in bundled_folder().glob("*.yaml"):
        assert f"name: {path.stem}\n" in path.read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("-inline")])
def test_what_decides_is_what_recorded_answers_support(tmp_path, name):
    """No similarity vote, which loses 6 to 14 points on edits when one model is clearly better.

    What does not parse is dropped before a proposal is taken; only a strict majority overrules
    the mix's own order, and where no model aggregates, that order decides.
    """
    made = mix(tmp_path, name).mix
    chain = made.aggregator
    assert Verify(verify=("parse",)) in chain
    for step in chain:
        assert isinstance(step, Agree | Verify | ModelStep | Select)
        if isinstance(step, Select):
            assert step.select == "prior"
        if isinstance(step, Agree):
            asked = sum(agent.samples for agent in made.layers[-1].agents)
            fewest = next(n for n in range(1, asked + 1) if n / asked >= step.agree)
            assert 2 * fewest > asked, "one answer among several is no agreement"
    last = chain[-1]
    assert isinstance(last, ModelStep) or chain[-2:] == (
        Verify(verify=("parse",)), Select(select="prior")
    ) or chain[-3:-1] == (Verify(verify=("parse",)), Agree(agree=0.6))  # fmt: skip


def test_a_line_that_is_being_written_is_not_parsed(tmp_path):
    assert mix(tmp_path, "embedded-inline").mix.aggregator == (Select(select="prior"),)


def test_open_coding_is_the_published_one(tmp_path):
    found = mix(tmp_path, "open-coding")
    assert found.ready
    assert found.mix.primary_models == (
        "deepseek/deepseek-chat", "mistral/mistral-large-2407", LLAMA
    )  # fmt: skip
    assert [type(step) for step in found.mix.aggregator] == [Agree, Verify, ModelStep]
    assert (found.mix.quorum.min, found.mix.quorum.grace, found.mix.deadline) == (1, 7.0, 300)
    assert found.mix.aggregator[-1].temperature == 0.2


def test_commercial_coding_is_the_published_one(tmp_path):
    models = mix(tmp_path, "commercial-coding").mix.primary_models
    kinds = ("anthropic/claude-3-5-sonnet", "openai/gpt-4-turbo", "openai/gpt-4o")
    assert len(models) == 3
    assert all(model.startswith(kind) for model, kind in zip(models, kinds, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_mix_can_be_paid_with_its_own_budget(tmp_path, name):
    made = mix(tmp_path, name).mix
    bound = worst_case(made, Settings(), BUILTIN)
    assert bound.unknown == ()
    if made.budget is None:
        assert bound.usd == 0
    else:
        assert bound.usd <= made.budget.usd
        over = made.budget.usd > Settings().budget.usd_per_run
        text = (bundled_folder() / f"{name}.yaml").read_text("utf-8")
        assert over == (
            "above the default `budget: usd_per_run`" in re.sub(r"\s*\n#\s*", " ", text)
        )


@pytest.mark.parametrize("name", NAMES)
def test_what_a_mix_needs_is_in_its_head(tmp_path, name):
    made = mix(tmp_path, name).mix
    head = (bundled_folder() / f"{name}.yaml").read_text("utf-8").partition("\nname:")[0]
    for model in made.models:
        key = BUILTIN[model.partition("/")[0]].api_key_env
        assert key is None or key in head, key
    if not name.startswith("embedded"):
        for part in ("What", "Step", "Cost", "Keys"):
            assert f"\n# {part}  " in head, part
    readme = (bundled_folder() / "README.md").read_text("utf-8")
    assert f"| [`{name}`]({name}.yaml) |" in readme


ORDER = [
    # a server on this machine needs no key: it must be there before `auto` sends it anything
    (set(), lambda url: False, "embedded"),
    (set(), lambda url: url == "http://127.0.0.1:11434", "ollama-local"),
    ({"OPENROUTER_API_KEY"}, lambda url: True, "openrouter-open"),
    ({"DEEPSEEK_API_KEY", "MISTRAL_API_KEY", "TOGETHER_API_KEY"}, lambda url: False,
     "open-coding"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "listens", "name"), ORDER)
def test_what_auto_means(tmp_path, keys, listens, name):
    asked = []

    def on_delta(url):
        asked.append(url)
        return listens(url)

    (tmp_path / "config.yaml").write_text("")
    known = load_catalog(
        config=tmp_path / "config.yaml",
        environ=dict.fromkeys(keys, "k"),
        apis=SPOKEN_APIS,
        listens=on_delta,
    )
    found = choose(known, action="fix", language="c", path="")
    assert (found.name, found.by) == (name, "auto")
    local = ["http://127.0.0.1:11434", "http://127.0.0.1:8080"]
    assert sorted(asked) == local, "only what is chosen by itself is looked for"
    named = choose(known, action="fix", language="c", path="", requested="lm-studio-local")
    assert named.ready, "who names a mix is not second-guessed"


@pytest.mark.parametrize(
    ("ports", "name"),
    [
        ((), "embedded-inline"),
        (("11434",), "ollama-inline"),
        (("8080",), "llamacpp-inline"),
        (("8080", "11434"), "ollama-inline"),
    ],
)
def test_what_auto_inline_means_costs_nothing(tmp_path, ports, name):
    # with every key there is
    known = catalog(tmp_path, listens=lambda url: url.rpartition(":")[2] in ports)
    found = choose_inline(known, language="python")
    assert (found.name, found.ready) == (name, True)
    for model in found.mix.models:
        assert not known.providers[model.partition("/")[0]].needs_key
    named = choose_inline(known, language="python", requested="open-inline")
    assert (named.name, named.by) == ("open-inline", "requested")


def test_a_gap_of_the_bundled_mixes_stays_within_their_budgets(tmp_path):
    known = catalog(tmp_path)
    for name in (each for each in NAMES if each.endswith("-inline")):
        made = choose_inline(known, language="python", requested=name).mix
        if made.budget is not None:
            worst = worst_case(made, known.settings, known.providers)
            assert worst.usd is None or worst.usd <= made.budget.usd, (name, worst)
