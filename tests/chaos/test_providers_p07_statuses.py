"""P07-P17: a provider that says no, for each of the reasons it may have."""

import asyncio
import json
from dataclasses import replace

import pytest

from moa_lsp.errors import (
    AnswerRefused,
    AuthRejected,
    BadReply,
    KeyRejected,
    ProviderOverloaded,
    RateLimited,
    TooLarge,
)
from tests.chaos.expectation import (
    APIS,
    CANARY,
    QUICK,
    ask,
    baseline,
    check,
    provider,
    request,
    sentence,
    settled,
)
from tests.fakes.faulty_server import FaultyServer, Forever, Hang, chunk, head, whole


def _error(status, message="no", lines=(), **more):
    return whole(json.dumps({"error": {"message": message, **more}}), status, *lines)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"error": {"message": "bad \\u001b[31mthing\\u202e"}}', r"bad \x1b[31mthing\u202e"),
        ('{"error": "plain words"}', "plain words"),
        ('[{"error": {"code": 400, "message": "in a list"}}]', "in a list"),
        ('{"detail": [{"loc": ["body"], "msg": "field required"}]}', "field required"),
        ("<html><body>Bad Request</body></html>", "rejected the request (400)"),
        ("", "rejected the request (400)"),
        ("not json", "not json"),
        (json.dumps({"error": {"message": "x" * 10_000}}), "xxxx"),
        (json.dumps({"error": {"message": f"key {CANARY} is odd"}}), "key <secret> is odd"),
    ],
)
async def test_P07_a_rejected_request_is_explained_and_not_repeated(api, body, says):
    await check(whole(body, 400), error=BadReply, says=says, asked=1, api=api)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("status", [401, 403])
async def test_P08_a_rejected_key_is_tried_once_a_run(api, status):
    async with baseline(), FaultyServer(always=_error(status)) as server:
        lab = provider(server.url, api)
        first, second = request(), request()
        outcomes = [await ask(lab, first) for _ in range(5)]
        assert {type(outcome.error) for outcome in outcomes} <= {AuthRejected, KeyRejected}
        assert len({sentence(outcome.error) for outcome in outcomes}) == 1
        assert len(server.seen) == 1
        server.always = None  # the user mended it; nothing is restarted
        assert (await ask(lab, second)).text == "hello"
        assert (await ask(lab, first)).text == "hello"
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P08_one_request_of_a_run_tries_a_rejected_key_whatever_the_models():
    async with baseline(), FaultyServer(always=_error(401)) as server:
        lab = provider(server.url)
        await ask(lab)
        again = request()
        asked = [replace(again, model=name) for name in ("m", "n", "o")]
        outcomes = await asyncio.gather(*(ask(lab, each) for each in asked))
        assert len(server.seen) == 2
        assert all("check the variable LAB_KEY" in sentence(each.error) for each in outcomes)
        server.always = None
        next_run = request()
        mended = [replace(next_run, model=name) for name in ("m", "n", "o")]
        outcomes = await asyncio.gather(*(ask(lab, each) for each in mended))
        assert [each.text for each in outcomes] == ["hello"] * 3, "all wait for the first one"
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P08_a_missing_key_costs_no_request_and_bars_nothing():
    async with baseline(), FaultyServer() as server:
        lab = provider(server.url, key="bad key")
        outcome = await ask(lab)
        assert type(outcome.error) is AuthRejected
        assert "LAB_KEY" in sentence(outcome.error)
        assert server.connections == 0
        lab.key = provider(server.url).key  # the user mended it
        assert (await ask(lab)).text == "hello"
        await lab.close()
        assert await settled(lambda: server.open == 0)


@pytest.mark.parametrize(
    "script",
    [
        _error(402),
        _error(429, "You exceeded your current quota", code="insufficient_quota"),
        _error(429, type="enforced_spend_limit_reached"),
        _error(400, "Insufficient Balance", type="billing_error"),
    ],
)
async def test_P09_no_credit_is_said_and_not_repeated(script):
    await check(script, error=AuthRejected, says="credit", asked=1)


@pytest.mark.parametrize("api", APIS)
async def test_P10_an_unknown_model_is_named(api):
    outcome = await check(_error(404, "model 'm' not found"), error=BadReply, asked=1, api=api)
    assert "lab/m does not exist" in str(outcome.error)


@pytest.mark.parametrize("status", [408, 409, 425])
async def test_P11_try_again_is_obeyed(status):
    await check(_error(status), _error(status), asked=3)


_TOO_LONG = _error(
    400, "This model's maximum context length is 8192 tokens", code="context_length_exceeded"
)


@pytest.mark.parametrize("script", [_TOO_LONG, _error(413, "Request too large")])
async def test_P12_a_prompt_that_is_too_long_leaves_the_answer_less_room_once(script):
    async with baseline(), FaultyServer.of(script) as server:
        lab = provider(server.url)
        assert (await ask(lab, request(max_tokens=2000))).text == "hello"
        assert [seen.json["max_tokens"] for seen in server.seen] == [2000, 1000]
        await lab.close()
        assert await settled(lambda: server.open == 0)
    given = request(max_tokens=2000)
    await check(script, script, script, error=TooLarge, says="too long", asked=2, given=given)
    await check(script, error=TooLarge, says="too long", asked=1)


async def test_P13_an_unsupported_parameter_is_named():
    script = _error(422, "Unsupported parameter: 'temperature' is not supported with this model.")
    outcome = await check(script, error=BadReply, asked=1)
    assert "`temperature`" in str(outcome.error)
    script = _error(400, "Unsupported value", param="temperature")
    outcome = await check(script, error=BadReply, asked=1)
    assert "`temperature`" in str(outcome.error)


async def test_P13_a_server_that_does_not_know_our_own_option_is_asked_without_it():
    script = _error(400, "Unknown parameter: 'stream_options'")
    async with baseline(), FaultyServer.of(script) as server:
        lab = provider(server.url)
        assert (await ask(lab)).text == "hello"
        assert (await ask(lab)).text == "hello"
        asked = ["stream_options" in seen.json for seen in server.seen]
        assert asked == [True, False, False]
        await lab.close()
        assert await settled(lambda: server.open == 0)


_NOW = "Date: Mon, 23 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("lines", "at_least", "at_most"),
    [
        (["Retry-After: 0"], 0.0, 0.5),
        (["Retry-After: 0.4"], 0.4, 1.0),
        (["Retry-After-Ms: 400"], 0.4, 1.0),
        (["llm_provider-retry-after: 0.4"], 0.4, 1.0),
        ([_NOW, "Retry-After: Mon, 23 Nov 2026 12:00:01 GMT"], 1.0, 1.6),
        ([_NOW, "Retry-After: Mon, 23 Nov 2026 11:00:00 GMT"], 0.0, 0.5),
        (["Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"], 0.0, 0.5),
        (["Retry-After: -5"], 0.0, 0.5),
        (["Retry-After: soon"], 0.0, 0.5),
        (["Retry-After: NaN"], 0.0, 0.5),
        (["Retry-After: inf"], 0.0, 0.5),
        (["Retry-After: Mon, 99 Foo 2026 12:00:01 GMT"], 0.0, 0.5),
        ([], 0.0, 0.5),
    ],
)
async def test_P14_retry_after_is_obeyed_where_it_fits(lines, at_least, at_most):
    outcome = await check(_error(429, lines=lines), asked=2)
    assert at_least <= outcome.seconds < at_most + 0.5


@pytest.mark.parametrize(
    "line", ["Retry-After: 1000000000", "Retry-After: Mon, 23 Nov 2099 12:00:01 GMT"]
)
async def test_P14_a_pause_beyond_the_deadline_fails_now(line):
    script = _error(429, lines=[line])
    outcome = await check(script, error=RateLimited, says="rate limited", asked=1)
    assert outcome.seconds < 1


async def test_P15_all_proposers_limited_at_once_come_back_apart_and_within_the_budget():
    limited = _error(429, lines=["Retry-After: 0.1"])
    async with baseline(), FaultyServer.of(*[limited] * 8) as server:
        lab = provider(server.url)
        outcomes = await asyncio.gather(*(ask(lab, request(f"m{n}")) for n in range(8)))
        again = sorted(seen.at for seen in server.seen[8:])
        assert len(again) == 3
        assert len(set(again)) == 3
        assert again[-1] - again[0] > 0
        answered = [outcome for outcome in outcomes if outcome.reply]
        assert len(answered) == 3
        assert {type(outcome.error) for outcome in outcomes if not outcome.reply} == {RateLimited}
        assert (await ask(lab, request("well"))).text == "hello"
        await lab.close()
        assert await settled(lambda: server.open == 0)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_P16_a_failing_provider_is_asked_three_times_then_left_alone(api, status):
    async with baseline(), FaultyServer(always=_error(status)) as server:
        lab = provider(server.url, api)
        outcome = await ask(lab)
        assert type(outcome.error) is ProviderOverloaded
        assert str(status) in sentence(outcome.error)
        assert len(server.seen) == 3
        resting = await ask(lab)
        assert type(resting.error) is ProviderOverloaded
        assert "3 times in a row" in sentence(resting.error)
        assert len(server.seen) == 3
        server.always = None
        assert (await ask(lab, request("well"))).text == "hello"
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P16_one_failure_is_mended_by_another_attempt():
    await check(_error(503), asked=2)


async def test_P16_a_provider_may_forbid_another_attempt():
    script = _error(503, lines=["x-should-retry: false"])
    await check(script, error=ProviderOverloaded, asked=1)


@pytest.mark.parametrize(
    "rest",
    [
        [Forever(chunk(b"x" * 60_000))],
        [chunk(b'{"error":'), Hang()],
        [chunk(b"x" * 1_000_000), Hang()],
    ],
)
async def test_P17_an_error_with_an_endless_body_is_still_an_error(rest):
    script = [head(500, "Transfer-Encoding: chunked"), *rest]
    outcome = await check(*[script] * 3, error=ProviderOverloaded, says="500", asked=3)
    assert outcome.seconds < 3 * (QUICK.error_body + 0.3)


async def test_P17_an_error_body_is_read_to_its_bound_only():
    body = b'{"error": {"message": "' + b"y" * 10_000 + b'"}}'
    bounds = replace(QUICK, error_bytes=1000)
    await check(whole(body, 400), error=BadReply, says="yyy", asked=1, bounds=bounds)


@pytest.mark.parametrize(
    "script",
    [
        _error(400, "Your input was flagged by our content filter", code="content_filter"),
        _error(403, "Request was blocked by moderation"),
    ],
)
async def test_P32_a_filter_before_the_answer_is_a_refusal(script):
    await check(script, error=AnswerRefused, says="declined", asked=1)
