"""What a sweep will take, before it begins."""

import pytest

from moa_bench.forecast import Forecast, forecast
from moa_bench.matrix import build, read
from moa_lsp.config.catalog import load_catalog
from tests.fakes.bench import MadeSet
from tests.fakes.runs import mix

TASKS = MadeSet.of(10).tasks
PRICES = "models:\n" + "".join(
    f"  {name}: {{price: {{input: 1, output: 10}}}}\n"
    for name in ("openai/a", "groq/b", "mistral/c")
)


def catalog(folder, text=PRICES):
    (folder / "config.yaml").write_text(text)
    return load_catalog(config=folder / "config.yaml", environ={})


def of(folder, more="controls: [alone]\n", text=PRICES, samples=1):
    known = catalog(folder, text)
    sweep = read(f"models: [openai/a, groq/b, mistral/c]\ntasks: x\n{more}", "s")
    mixes = [cast.mix for cast in build(sweep, known).casts]
    return forecast(mixes, TASKS, known, samples=samples)


def test_what_mixes_share_is_counted_once(tmp_path):
    """3 proposals and 21 aggregations a task, as in every sweep of three models."""
    assert of(tmp_path).requests == 10 * 24
    assert of(tmp_path, samples=3).requests == 3 * 10 * 24
    naive = sum(
        of(tmp_path, f"proposers: [{size}]\ncontrols: []\n").requests for size in (1, 2, 3)
    )
    assert naive > 10 * 24


def test_more_samples_of_one_model_are_more_requests(tmp_path):
    known = catalog(tmp_path)
    plans = [mix({"model": "a", "samples": count}) for count in (1, 3, 2)]
    assert forecast(plans, TASKS, known, samples=1).requests == 30


def test_an_aggregator_costs_more_than_a_proposer(tmp_path):
    whole = of(tmp_path)
    alone = of(tmp_path, "aggregators: [[{select: prior}]]\nproposers: [1]\n")
    assert alone.requests == 30
    assert whole.usd > alone.usd * 21 / 3
    assert str(whole).startswith("some 240 requests, about $")


def test_a_price_that_is_not_known_is_not_guessed(tmp_path):
    found = of(tmp_path, text="models: {openai/a: {price: {input: 1, output: 1}}}\n")
    assert found.usd is None
    assert set(found.unknown) == {"groq/b", "mistral/c"}
    assert str(found) == "some 240 requests, at a cost that is not known"


@pytest.mark.parametrize("tasks", [()])
def test_nothing_to_ask_costs_nothing(tmp_path, tasks):
    assert forecast([mix("a")], tasks, catalog(tmp_path), samples=1) == Forecast(0, 0.0)
