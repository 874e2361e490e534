"""Gaps through a LiteLLM proxy: what the server behind it is asked, and when it may stop.

LiteLLM takes ``/completions`` for any model, and makes chat of it where a route has chat alone:
then the model is not asked for the gap, whatever the answer looks like.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import AuthRejected, MoaError, ProviderError, RateLimited, UsageError
from moa_lsp.providers.base import Infill, Usage
from moa_lsp.providers.build import build
from moa_lsp.providers.policy import Backoff
from tests.chaos.expectation import CANARY, ask, baseline, request, sentence, settled
from tests.fakes.faulty_server import (
    DONE,
    USAGE,
    Close,
    FaultyServer,
    Hang,
    chunked,
    delta,
    openai_events,
    sse,
    whole,
)
from tests.gateways.litellm import DROPPING, ROUTES, TINY, UPSTREAM_KEY, needed
from tests.gateways.llama import MODEL, llama
from tests.gateways.test_llama import (
    ENDLESS,
    PATIENT,
    Begun,
    at_rest,
    slots_at_work,
    tiny,
)

pytestmark = needed

GAP = Infill("def f(a, b):\n    return ", "\n\nf(1, 2)\n", stops=("\n",), name="f.py")
OPEN = replace(GAP, stops=())
WITHIN = 60.0


def lab_at(url: str, api: str = "openai", **said: str):
    made = build("lab", ProviderEntry("lab", api, url, "LAB_KEY"), {"LAB_KEY": CANARY}, fim=said)
    made.patience = (PATIENT, PATIENT)
    made.backoff = Backoff(retries=0)
    return made


def to(proxy, model: str, way: str | None = "suffix"):
    """The proxy; ``way`` is what the user says of the model, ``None`` for nothing."""
    return lab_at(f"{proxy.url}/v1", **({model: way} if way else {}))


def asked(model: str):
    return request(model, infill=GAP, temperature=0.2, max_tokens=64)


def piece(text: str, finish: str | None = None) -> bytes:
    """One chunk of a completion."""
    return sse({"choices": [{"index": 0, "text": text, "finish_reason": finish}]})


FILLED = chunked(piece("a + "), piece("b"), piece("", "stop"), USAGE, DONE)
SAID = chunked(delta("a + "), delta("b", "stop"), USAGE, DONE)
"""The same in the shape of chat, which is Mistral's for gaps too."""

GAPS = [
    ("behind", FILLED, "/v1/completions"),
    ("instruct", FILLED, "/v1/completions"),
    ("raw", FILLED, "/v1/completions"),
    ("codestral", SAID, "/v1/fim/completions"),
]


@pytest.mark.parametrize(("model", "answer", "path"), GAPS)
async def test_a_prompt_and_a_suffix_reach_the_server_behind(
    proxy, upstream_port, model, answer, path
):
    async with baseline(), FaultyServer(scripts=[answer], port=upstream_port) as upstream:
        lab = to(proxy, model)
        outcome = await ask(lab, asked(model), WITHIN)
        await lab.close()
    seen = upstream.seen[0]
    assert (len(upstream.seen), seen.path) == (1, path)
    assert seen.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    body = seen.json
    assert (body["prompt"], body["suffix"]) == (GAP.prefix, GAP.suffix)
    assert (body["stop"], body["max_tokens"], body["temperature"]) == (["\n"], 64, 0.2)
    assert body["model"] == ROUTES[model][0].partition("/")[2]
    assert body["stream"] is True
    assert "messages" not in body
    assert (outcome.text, "".join(outcome.on_delta)) == ("a + b", "a + b")
    assert outcome.reply is not None
    assert outcome.reply.finish == "stop"
    assert outcome.reply.usage is not None
    assert outcome.reply.usage.output == 3


@pytest.mark.parametrize("model", ["behind", "raw"])
async def test_the_markers_of_a_family_reach_it_as_one_prompt(proxy, upstream_port, model):
    async with baseline(), FaultyServer(scripts=[FILLED], port=upstream_port) as upstream:
        lab = to(proxy, model, "qwen")
        outcome = await ask(lab, asked(model), WITHIN)
        await lab.close()
    body = upstream.seen[0].json
    assert body["prompt"] == (
        f"<|fim_prefix|>{GAP.prefix}<|fim_suffix|>{GAP.suffix}<|fim_middle|>"
    )
    assert "suffix" not in body
    assert "messages" not in body
    assert outcome.text == "a + b"
    assert outcome.reply is not None
    assert outcome.reply.usage == Usage(11, 3)


@pytest.mark.parametrize(
    ("model", "way"),
    [
        ("known", "suffix"),
        (DROPPING, "suffix"),
        ("far", "suffix"),
        ("known", "starcoder"),
        ("qwen2.5-coder", None),  # a name that promises markers
    ],
)
async def test_a_route_of_chat_alone_is_told_and_its_answer_not_shown(
    proxy, upstream_port, model, way
):
    answer = SAID
    if ROUTES.get(model, ("",))[0].startswith("ollama"):
        line = {"response": "a + b", "done": True, "done_reason": "stop"}
        answer = chunked(json.dumps(line).encode() + b"\n", kind="application/x-ndjson")
    async with baseline(), FaultyServer(always=answer, port=upstream_port) as upstream:
        lab = to(proxy, model, way)
        outcome = await ask(lab, asked(model), WITHIN)
        await lab.close()
    assert type(outcome.error) is UsageError, outcome
    assert "set `fim: chat`" in sentence(outcome.error)
    assert outcome.on_delta == []
    # this is why: the prompt came as words of a user, or with the suffix where nobody reads it
    body = upstream.seen[0].json
    assert "messages" in body or "suffix" not in body


@pytest.mark.parametrize("model", ["known", DROPPING, "far"])
async def test_told_so_it_is_asked_in_words(proxy, upstream_port, model):
    answer = chunked(*openai_events("a + b"))
    async with baseline(), FaultyServer(scripts=[answer], port=upstream_port) as upstream:
        lab = to(proxy, model, "chat")
        outcome = await ask(lab, asked(model), WITHIN)
        await lab.close()
    assert outcome.text == "a + b"
    body = upstream.seen[0].json
    assert [each["role"] for each in body["messages"]] == ["system", "user"]
    assert "suffix" not in body


async def left(begun: Begun | asyncio.Task, upstream: FaultyServer) -> None:
    """The server behind sees its asker leave."""
    task = begun.task if isinstance(begun, Begun) else begun
    task.cancel()
    with suppress(asyncio.CancelledError, MoaError):
        await task
    assert task.cancelled()
    assert await settled(lambda: upstream.seen[0].left_at is not None, within=WITHIN)


HALF = {"/v1/completions": piece("a + "), "/v1/fim/completions": delta("a + ")}


@pytest.mark.parametrize(("model", "path"), [(model, path) for model, _, path in GAPS])
async def test_who_leaves_within_an_answer_ends_it_behind_too(proxy, upstream_port, model, path):
    script = chunked(HALF[path], HALF[path], Hang(), end=False)
    async with baseline(), FaultyServer(scripts=[script], port=upstream_port) as upstream:
        lab = to(proxy, model)
        begun = Begun(lab, asked(model))
        await begun.on_delta()
        await left(begun, upstream)
        await lab.close()


@pytest.mark.parametrize(("model", "path"), [(model, path) for model, _, path in GAPS])
async def test_who_leaves_before_the_answer_ends_it_behind_too(proxy, upstream_port, model, path):
    async with baseline(), FaultyServer(scripts=[[Hang()]], port=upstream_port) as upstream:
        lab = to(proxy, model)
        asking = asyncio.create_task(lab.answer(asked(model), lambda _: None))
        assert await settled(lambda: bool(upstream.seen), within=WITHIN)
        assert upstream.seen[0].path == path
        await left(asking, upstream)
        await lab.close()


ERROR = '{"error": {"message": "%s", "type": "x", "code": "x"}}'


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (whole(ERROR % "slow down", 429, "Retry-After: 7"), RateLimited),
        (whole(ERROR % "bad key", 401), AuthRejected),
        (whole(ERROR % "suffix is not currently supported", 400), ProviderError),
        (chunked(piece("a + "), sse({"error": {"message": "gpu lost", "code": 500}})),
         ProviderError),
        (chunked(piece("a + "), Close(), end=False), ProviderError),
    ],
    ids=["429", "401", "400", "an error in the stream", "a stream cut off"],
)  # fmt: skip
async def test_half_an_answer_is_none(proxy, upstream_port, script, kind):
    async with baseline(), FaultyServer(scripts=[script] * 8, port=upstream_port):
        lab = to(proxy, "behind")
        outcome = await ask(lab, asked("behind"), WITHIN)
        await lab.close()
    assert outcome.reply is None
    assert isinstance(outcome.error, kind), outcome.error
    assert UPSTREAM_KEY not in sentence(outcome.error)


@pytest.fixture(scope="module")
def writing(tmp_path_factory, tiny_port):
    """llama.cpp's server, where the proxy looks for it."""
    with llama(tmp_path_factory.mktemp("llama") / "log", "--ignore-eos", port=tiny_port) as server:
        yield server


async def test_a_real_model_behind_it_writes_the_same_as_without_it(proxy, writing):
    how = {"infill": OPEN, "temperature": 0.0}
    async with baseline():
        direct = lab_at(writing.url, "llamacpp", **{MODEL: "qwen"})
        alone = await ask(direct, tiny(24, **how), WITHIN)
        through = to(proxy, TINY, None)  # its name tells the family
        behind = await ask(through, replace(tiny(24, **how), model=TINY), WITHIN)
        await asyncio.gather(direct.close(), through.close())
    assert alone.text
    assert behind.text == alone.text
    assert behind.reply is not None
    assert alone.reply is not None
    assert alone.reply.usage is not None
    assert behind.reply.usage is not None
    assert behind.reply.usage.input == alone.reply.usage.input
    assert behind.reply.usage.output == alone.reply.usage.output == 24


async def test_who_leaves_frees_the_slot_of_a_real_server_behind_it(proxy, writing):
    async with baseline():
        lab = to(proxy, TINY, None)
        begun = Begun(lab, replace(tiny(ENDLESS, infill=OPEN), model=TINY))
        await begun.on_delta()
        assert await slots_at_work(writing) == 1
        begun.task.cancel()
        with suppress(asyncio.CancelledError):
            await begun.task
        await at_rest(writing, WITHIN)
        assert (await ask(lab, replace(tiny(4, infill=GAP), model=TINY), WITHIN)).reply is not None
        await lab.close()
