"""What is configured, what answers, and what a mix without known prices is told."""

from pathlib import Path

import pytest

from moa_lsp.cli.mix_state import MixState, answering, configured
from moa_lsp.cli.provider_probe import ProbedProvider
from moa_lsp.config.apis import SPOKEN_APIS
from moa_lsp.config.mixes import MixFile, build
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.values import frozen

NO_KEY = {"mistral": "MISTRAL_API_KEY is not set"}
SILENT = "ollama: nothing answers at http://127.0.0.1:11434; start it to use it"


def mix(*models):
    raw = {"name": "m", "proposers": [{"model": model} for model in models]}
    return build(MixFile.model_validate(frozen(raw)))


def catalog(lacks):
    return Catalog(providers=BUILTIN, lacks=lacks, apis=SPOKEN_APIS)


CONFIGURED = [
    # models, what keys lack, whether servers of this machine run, state
    (("embedded/ruff",), {}, False, MixState("ready")),
    (("mistral/a",), {}, False, MixState("configured")),
    (("mistral/a",), NO_KEY, True, MixState("no key", ("mistral: MISTRAL_API_KEY is not set",))),
    (("ollama/a",), {}, True, MixState("ready")),
    (("ollama/a",), {}, False, MixState("not running", (SILENT,))),
    (("ollama/a", "mistral/a"), {}, True, MixState("configured")),
    (("gone/a",), {}, True, MixState("not ready", ("no provider `gone`",))),
]


@pytest.mark.parametrize(("models", "lacks", "runs", "state"), CONFIGURED)
def test_nothing_is_called_ready_that_is_known_not_to_be(models, lacks, runs, state):
    assert configured(catalog(lacks), mix(*models), lambda _url: runs) == state


FINE = ProbedProvider("ok", "3 ms")
ANSWERS = [
    (("embedded/ruff",), {}, {}, MixState("ready")),
    (("mistral/a",), {}, {"mistral": FINE}, MixState("answers")),
    (("mistral/a",), {}, {"mistral": ProbedProvider("refused", "wrong key")},
     MixState("refused", ("mistral: wrong key",))),
    (("mistral/a",), NO_KEY, {"mistral": ProbedProvider("no key", NO_KEY["mistral"])},
     MixState("no key", ("mistral: MISTRAL_API_KEY is not set",))),
    (("gone/a",), {}, {}, MixState("not ready", ("no provider `gone`",))),
]  # fmt: skip


@pytest.mark.parametrize(("models", "lacks", "found", "state"), ANSWERS)
def test_doctor_says_who_answers(models, lacks, found, state):
    assert answering(catalog(lacks), mix(*models), found) == state


OWN = """\
providers: {lab: {api: openai, base_url: "https://llm.example.org/v1", api_key_env: LAB_KEY}}
"""
MIX = "name: mine\nproposers:\n  - model: lab/m\n"
LINE = "models:\n  lab/m: {price: {input: USD, output: USD}}\n"


@pytest.fixture
def own():
    """An own provider without prices, and a mix of its model with a budget or without."""

    def write(*, budget, models=""):
        Path("cfg/mixes").mkdir(parents=True, exist_ok=True)
        Path("cfg/config.yaml").write_text(OWN + models)
        Path("cfg/mixes/mine.yaml").write_text(MIX + ("budget: {usd: 0.1}\n" if budget else ""))
        return ("--config", "cfg/config.yaml")

    return write


@pytest.mark.parametrize("path", ["cfg/mixes/mine.yaml", "cfg/mixes", "other.yaml"])
def test_check_finds_a_budget_that_cannot_be_held_and_prints_the_lines(call, own, path):
    config = own(budget=True)
    Path("other.yaml").write_text(Path("cfg/mixes/mine.yaml").read_text())
    code, out, err = call("mix", "check", path, *config)
    assert code == 2
    place = path if path.endswith(".yaml") else f"{path}/mine.yaml"
    assert out.startswith(f"{place}:4:")
    assert "runs of `mine` are refused: it has a budget, and the price of lab/m is not" in out
    assert err.endswith(LINE)


def test_a_mix_without_a_budget_is_no_mistake_and_told(call, own):
    code, out, err = call("mix", "check", "cfg/mixes", *own(budget=False))
    assert (code, out) == (0, "")
    assert err.startswith("no mistake found\nno budget can hold back what lab/m can cost\n")
    assert err.endswith(LINE)


def test_a_stated_price_settles_it(call, own):
    config = own(budget=True, models=LINE.replace("USD", "1"))
    assert call("mix", "check", "cfg/mixes", *config) == (0, "", "no mistake found\n")
    assert "models:" not in call("mix", "show", "mine", *config)[1]


def test_show_prints_the_lines_too(call, own):
    out = call("mix", "show", "mine", *own(budget=True))[1]
    assert "# runs of `mine` are refused" in out
    assert "# models:\n#   lab/m: {price: {input: USD, output: USD}}\n" in out


def test_list_says_what_is_missing(call, own):
    out = call("mix", "list", *own(budget=False))[1]
    row = next(line for line in out.splitlines() if " mine " in line)
    assert row.split(maxsplit=1)[1] == "no key       lab: LAB_KEY is not set"
