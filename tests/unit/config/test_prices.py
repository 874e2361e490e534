"""Prices: the user's first, then the library's by address, never a guess."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from genai_prices import data_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from moa_lsp.config.prices import FREE, Pricer, Tariff, cost, price_of
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.settings import Price, ProviderEntry, Settings
from moa_lsp.config.values import frozen
from moa_lsp.providers.base import Usage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def usd(value):
    return Decimal(str(value))


def rates(read, written, kept=None):
    return ModelPrice(
        input_mtok=usd(read), output_mtok=usd(written), cache_read_mtok=kept and usd(kept)
    )


def model(name, prices):
    return ModelInfo(id=name, match=ClauseEquals(equals=name), prices=prices)


def between(start, end):
    return TimeOfDateConstraint(time(start, tzinfo=UTC), time(end, tzinfo=UTC))


MODELS = [
    model("plain", rates(1, 2, 0.1)),
    model("tiered", ModelPrice(
        input_mtok=TieredPrices(usd(1), [Tier(200, usd(2))]),
        output_mtok=TieredPrices(usd(10), [Tier(200, usd(15)), Tier(500, usd(20))]),
    )),
    model("hourly", [
        ConditionalPrice(prices=rates(1, 2)),
        ConditionalPrice(between(16, 23), prices=rates(3, 4, 1)),
    ]),
    model("dated", [
        ConditionalPrice(prices=rates(9, 9)),
        ConditionalPrice(StartDateConstraint(NOON.date()), prices=rates(1, 2)),
        ConditionalPrice(StartDateConstraint(NOON.date() + timedelta(1)), prices=rates(8, 8)),
    ]),
    model("embeddings", ModelPrice(input_mtok=usd(1))),
    model("gift:free", ModelPrice()),
    model("unpriced", ModelPrice()),
    model("per-call", ModelPrice(input_mtok=usd(1), output_mtok=usd(1), requests_kcount=usd(5))),
]  # fmt: skip


@pytest.fixture
def library():
    provider = Provider("cloud", "Cloud", r"https://api\.cloud\.example", models=MODELS)
    data_snapshot.set_custom_snapshot(
        data_snapshot.DataSnapshot([provider], from_auto_update=False)
    )
    yield
    data_snapshot.set_custom_snapshot(None)


CLOUD = ProviderEntry("mine", "openai", "https://api.cloud.example/v1", "KEY")


def price(read, written, kept=None):
    return Price(input=read, output=written, cached_input=kept)


FOUND = [
    ("plain", {}, ((0, price(1, 2, 0.1)),)),
    ("tiered", {}, ((0, price(1, 10)), (200, price(2, 15)), (500, price(2, 20)))),
    ("hourly", {}, ((0, price(1, 2)),)),
    ("hourly", {"at": NOON + timedelta(hours=5)}, ((0, price(3, 4, 1)),)),
    # the dearest hour; where one hour's price of kept tokens is not known, they are not cheaper
    ("hourly", {"dearest": True}, ((0, price(3, 4)),)),
    # what applied until yesterday and from tomorrow on is no part of the bound
    ("dated", {"dearest": True}, ((0, price(1, 2)),)),
    ("dated", {"at": NOON - timedelta(1)}, ((0, price(9, 9)),)),
    ("tiered", {"dearest": True}, ((0, price(1, 10)), (200, price(2, 15)), (500, price(2, 20)))),
    ("embeddings", {}, None),
    ("per-call", {}, None),
    ("unpriced", {}, None),
    ("gift:free", {}, FREE.steps),
    ("unheard-of", {}, None),
]


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("name", "keys", "steps"), FOUND)
def test_the_library_by_address(name, keys, steps):
    found = price_of(f"mine/{name}", CLOUD, Settings(), **{"at": NOON, **keys})
    assert (found and found.steps) == steps


@pytest.mark.usefixtures("library")
def test_the_users_own_price_wins():
    own = {"models": {"mine/plain": {"price": {"input": 7, "output": 8}}}}
    settings = Settings.model_validate(frozen(own))
    assert price_of("mine/plain", CLOUD, settings) == Tariff(((0, price(7, 8)),))
    assert price_of("mine/plain", None, settings) == Tariff(((0, price(7, 8)),))


WHO = [
    (ProviderEntry("mine", "openai", "https://elsewhere.example/v1", "KEY"), None),
    (None, None),
    (ProviderEntry("mine", "openai", CLOUD.base_url, "KEY", sound=False), None),
    # free: what is part of the program or on this machine; whoever runs a gateway there prices it
    (BUILTIN["embedded"], FREE),
    (BUILTIN["ollama"], FREE),
    (BUILTIN["lmstudio"], FREE),
    (ProviderEntry("lab", "ollama", "http://localhost:1/"), FREE),
    (ProviderEntry("lab", "ollama", "https://lab.example"), None),
    (ProviderEntry("lab", "ollama", "http://127.0.0.1:1", "KEY"), FREE),
    (ProviderEntry("lab", "openai", "http://[::1]:4000/v1"), FREE),
    (ProviderEntry("lmstudio", "openai", "http://127.0.0.1:4000/v1"), FREE),
    (ProviderEntry("lab", "openai", "https://127.0.0.1.example/v1"), None),
]


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("entry", "expected"), WHO)
def test_who_charges(entry, expected):
    assert price_of("mine/plain", entry, Settings()) == expected


TIERED = Tariff(((0, price(1, 10, 0.1)), (200, price(2, 20))))
COSTS = [
    ((100, 10, 0), 100 * 1 + 10 * 10),
    ((100, 10, 60), 40 * 1 + 60 * 0.1 + 10 * 10),
    ((200, 10, 0), 200 * 1 + 10 * 10),
    # over the bound the whole request is dearer; kept tokens without a price of their own too
    ((201, 10, 100), 201 * 2 + 10 * 20),
    # a provider that reports more kept than read
    ((10, 0, 50), 10 * 0.1),
    ((0, 0, 0), 0),
    # what a provider stores costs a quarter more than what it reads
    ((100, 0, 60, 20), 40 * 1 + 60 * 0.1 + 20 * 0.25),
    ((100, 0, 60, 90), 40 * 1 + 60 * 0.1 + 40 * 0.25),
]


@pytest.mark.parametrize(("tokens", "millionths"), COSTS)
def test_cost(tokens, millionths):
    assert cost(TIERED, Usage(*tokens)) == pytest.approx(millionths / 1e6)


def test_bounds_of_a_tariff():
    assert TIERED.dearest(200) == price(1, 10, 0.1)
    assert TIERED.dearest(201) == price(2, 20)


@pytest.mark.usefixtures("library")
def test_a_pricer_prices_what_is_known_and_nothing_else():
    pricer = Pricer(Settings(), {"mine": CLOUD})
    pricer.learn(["mine/plain", "mine/unheard-of", "nobody/x"])
    assert pricer("mine/plain", Usage(10, 5, 0)) == pytest.approx(20e-6)
    assert pricer("mine/unheard-of", Usage(10, 5, 0)) is None
    assert pricer("nobody/x", SimpleNamespace(input=1, output=1, cached=0, stored=0)) is None


def test_the_real_library_knows_the_built_in_providers():
    """Whatever it charges: the addresses of the registry and its own patterns agree."""
    known = {
        "openai": "gpt-4o", "anthropic": "claude-3-5-sonnet-20241022", "deepseek": "deepseek-chat",
        "mistral": "mistral-large-2407", "groq": "openai/gpt-oss-120b",
        "together": "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo",
        "openrouter": "deepseek/deepseek-chat", "fireworks": "accounts/fireworks/models/glm-5p3",
    }  # fmt: skip
    for provider, name in known.items():
        found = price_of(f"{provider}/{name}", BUILTIN[provider], Settings(), dearest=True)
        assert found, provider
        assert found.price(1).output > 0, provider
