"""Our providers behind a LiteLLM proxy: how a gateway wraps costs, refusals and broken streams.

How it passes gaps on is in ``test_litellm_gaps``.
"""

import pytest

from moa_lsp.errors import AuthRejected, BadReply, ProviderError, ProviderOverloaded, RateLimited
from moa_lsp.providers.http import HttpProvider
from moa_lsp.providers.policy import Backoff
from tests.chaos.expectation import CANARY, Outcome, ask, baseline, provider, request, sentence
from tests.fakes.faulty_server import Close, FaultyServer, Script, chunked, delta, sse, whole
from tests.gateways.litellm import ANSWER, UPSTREAM_KEY, names, needed
from tests.gateways.process import Server
from tests.gateways.test_llama import PATIENT

pytestmark = needed

WITHIN = 60.0


def to(proxy: Server, key: str = CANARY) -> HttpProvider:
    return provider(proxy.url, bounds=PATIENT, backoff=Backoff(retries=0), key=key)


async def once(proxy: Server, model: str, key: str = CANARY) -> Outcome:
    """Ask without a retry."""
    lab = to(proxy, key)
    outcome = await ask(lab, request(model), WITHIN)
    await lab.close()
    return outcome


async def asked(proxy: Server, model: str, key: str = CANARY) -> Outcome:
    """Ask a model that the proxy plays itself."""
    async with baseline():
        return await once(proxy, model, key)


async def behind(proxy: Server, port: int, *scripts: Script) -> Outcome:
    """Ask the model behind the proxy, whose server plays a script."""
    async with baseline(), FaultyServer(scripts=list(scripts), port=port) as upstream:
        outcome = await once(proxy, "behind")
        assert upstream.seen, "the proxy did not pass the request on"
        assert upstream.seen[0].headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    return outcome


def refused(outcome: Outcome, kind: type[ProviderError], says: str) -> ProviderError:
    """It failed as the kind of error that it is, in a sentence with the upstream's words."""
    assert isinstance(outcome.error, ProviderError), outcome
    assert type(outcome.error) in (kind, *kind.__subclasses__()), outcome.error
    assert says in sentence(outcome.error), str(outcome.error)
    return outcome.error


async def test_an_answer_comes_with_its_tokens_and_its_cost(proxy):
    outcome = await asked(proxy, "played")
    assert outcome.text == ANSWER
    assert "".join(outcome.on_delta) == ANSWER
    reply = outcome.reply
    assert reply is not None
    assert reply.finish == "stop"
    assert reply.usage is not None
    assert reply.usage.output > 0
    assert reply.cost_usd is not None
    assert 0 < reply.cost_usd < 0.001


async def test_the_models_are_listed(proxy):
    async with baseline():
        lab = to(proxy)
        assert set(await lab.models()) == names()
        await lab.close()


async def test_an_upstream_is_passed_through(proxy, upstream_port):
    outcome = await behind(proxy, upstream_port)
    assert outcome.text == "hello"
    assert outcome.reply is not None
    assert outcome.reply.usage is not None
    assert (outcome.reply.usage.input, outcome.reply.usage.output) == (11, 3)


async def test_a_wrong_key_is_rejected(proxy):
    outcome = await asked(proxy, "played", key="sk-of-somebody-else-77")
    refused(outcome, AuthRejected, "rejected the key (401)")


async def test_an_unknown_model_is_named(proxy):
    refused(await asked(proxy, "nowhere"), BadReply, "nowhere")


@pytest.mark.parametrize(
    ("model", "kind"), [("limited", RateLimited), ("failing", ProviderOverloaded)], ids=str
)
async def test_a_refusal_of_the_proxy_may_be_tried_again(proxy, model, kind):
    assert refused(await asked(proxy, model), kind, f"lab/{model}").retryable


ERROR = '{"error": {"message": "%s", "type": "%s", "code": "%s"}}'


@pytest.mark.parametrize(
    ("script", "kind", "says", "wait"),
    [
        pytest.param(
            whole(ERROR % ("slow down", "rate_limit_error", "x"), 429, "Retry-After: 7"),
            *(RateLimited, "slow down", 7.0),
            id="429 with Retry-After under another name",
        ),
        pytest.param(
            whole(ERROR % ("out of order", "server_error", "x"), 503),
            *(ProviderOverloaded, "out of order", None),
            id="503",
        ),
        pytest.param(
            whole(ERROR % ("bad key", "invalid_request_error", "invalid_api_key"), 401),
            *(AuthRejected, "bad key", None),
            id="401 of the upstream's key",
        ),
        pytest.param(
            chunked(delta("def f"), sse({"error": {"message": "gpu lost", "code": 500}})),
            *(ProviderOverloaded, "gpu lost", None),
            id="an error inside a stream of status 200, then DONE",
        ),
        pytest.param(
            chunked(delta("def f"), Close(), end=False),
            *(ProviderError, "", None),
            id="a stream cut off",
        ),
    ],
)
async def test_a_failing_upstream_is_told_apart(proxy, upstream_port, script, kind, says, wait):
    outcome = await behind(proxy, upstream_port, *[script] * 8)
    assert outcome.reply is None, "half an answer is no answer"
    error = refused(outcome, kind, says)
    assert error.retry_after == wait
    assert UPSTREAM_KEY not in str(error)
