"""Pieces of the classification that the chaos rows do not reach one by one."""

from datetime import UTC, datetime

import pytest

from moa_lsp.config.apis import APIS
from moa_lsp.errors import BadReply, UsageError
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.providers import faults, strict_json
from moa_lsp.providers.build import build
from moa_lsp.providers.inflate import ResponseBody
from tests.chaos.expectation import ProviderEntry

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "3"}, 3),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:09 GMT"}, 9),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:09 GMT"}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:09 GMT", "date": "garbage"}, 9),
        # the server's own clock counts: ours may be off
        (
            {
                "retry-after": "Tue, 24 Nov 2026 00:00:05 GMT",
                "date": "Tue, 24 Nov 2026 00:00:00 GMT",
            },
            5,
        ),
        ({"retry-after": "Mon, 23 Nov 99999 12:00:09 GMT"}, None),
        ({"retry-after": "soon", "llm_provider-retry-after": "7"}, 7),
    ],
)
def test_retry_after(headers, seconds):
    assert faults.retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Unsupported parameter: 'temperature'", "temperature"),
        ("Unrecognized request argument supplied: `top_k`", None),
        ("Extra inputs are not permitted 'stream_options'", "stream_options"),
        ('unknown field "seed"', "seed"),
        ("bad request", None),
    ],
)
def test_parameter(text, name):
    found = faults.parameter(text)
    assert found == name or (name is None and found == "top_k")


def test_a_provider_cannot_flood_or_forge_a_message():
    text = faults.shown("a\n\n\x1b[2J\u202eb" + "x" * 10_000)
    assert len(text) <= MAX_SHOWN_CHARS
    assert text.isprintable()


@pytest.mark.parametrize(
    "text", ["", "[1", "NaN", '{"a":1,"a":1}', "9" * 5000, "[" * 65 + "]" * 65, '"\ud800' + "\n"]
)
def test_dishonest_json(text):
    with pytest.raises(BadReply):
        strict_json.load(text)


@pytest.mark.parametrize(
    "text",
    ['{"a": "[[[[{{{{\\"' + "[" * 100 + '"}', "[" * 64 + "]" * 64, "[" + "{}," * 100 + "1]"],
)
def test_honest_json_with_many_brackets(text):
    assert strict_json.load(text)


def test_a_bomb_is_handed_out_in_small_pieces():
    import zlib

    packer = zlib.compressobj(9, wbits=31)
    data = packer.compress(b"\0" * 10_000_000) + packer.flush()
    sizes = [len(piece) for piece in ResponseBody("gzip", 2**30).feed(data)]
    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 2**16


def test_every_api_is_built_and_no_other():
    for api in APIS:
        made = build("lab", ProviderEntry("lab", api, "https://a.org/v1/"), {})
        assert made.name == "lab"
        assert made.transport.base.path == "/v1"
    with pytest.raises(UsageError, match="smoke"):
        build("lab", ProviderEntry("lab", "smoke", "https://a.org"), {})


def test_entries_of_one_origin_share_a_budget():
    budgets = {}
    one = build("a", ProviderEntry("a", "openai", "https://a.org/v1"), {}, budgets=budgets)
    two = build("b", ProviderEntry("b", "openai", "https://a.org/v2"), {}, budgets=budgets)
    far = build("c", ProviderEntry("c", "openai", "https://b.org/v2"), {}, budgets=budgets)
    assert one.budget is two.budget
    assert one.budget is not far.budget


def test_what_a_model_cannot_do_is_not_asked_again():
    """llama.cpp answers 501 for a model without the tokens to fill a gap."""
    error = faults.from_object(
        {"code": 501, "message": "Infill is not supported by this model"}, who="lab/m"
    )
    assert type(error) is BadReply
    assert not error.retryable
    assert "lab/m cannot do this (501), choose another model" in str(error)
