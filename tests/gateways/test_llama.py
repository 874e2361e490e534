"""Our providers against a real model server: llama.cpp on a model of 3 MB, over loopback.

What the fakes answer was written by us; this server was not. Whatever it does, tasks and sockets
must be back to where they were, and no log may show the key (``baseline``).
"""

import asyncio
import json
import urllib.request
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import KeyRejected, MoaError, Unreachable
from moa_lsp.providers.base import Infill, Request
from moa_lsp.providers.bounds import RequestBounds
from moa_lsp.providers.build import build
from moa_lsp.providers.faults import PromptTooLong
from moa_lsp.providers.http import HttpProvider
from moa_lsp.providers.llamacpp import LlamaInfill
from moa_lsp.providers.policy import Backoff
from moa_lsp.task import Message
from tests.chaos.expectation import CANARY, Outcome, ask, baseline, request, sentence
from tests.gateways.llama import HERE, MODEL, SLOTS, WINDOW, busy, llama
from tests.gateways.process import DIRECT, Server

pytestmark = pytest.mark.slow

APIS = {"openai": "/v1", "anthropic": "/v1", "llamacpp": ""}
"""Each wire that this server speaks, with the end of its base URL."""

PATIENT = RequestBounds(first_event=30.0, idle=20.0, total=60.0)
"""It computes on one thread of a machine that may be busy."""

ENDLESS = WINDOW - 200
"""Tokens that take seconds: the server is still at work when the test looks."""

GAP = Infill("def f(a):\n    ", "\n    return a\n", (("lib/x.py", "X = 1\n"),))
WAYS = [*((api, None) for api in APIS), pytest.param("llamacpp", GAP, id="infill")]
"""Chat over each wire, and a gap to fill over the one that can."""

ONCE = Backoff(retries=0)
WITHIN = 60.0


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory):
    """A server whose answers are as long as was asked for."""
    with llama(tmp_path_factory.mktemp("llama") / "log", "--ignore-eos") as server:
        yield server


@pytest.fixture(scope="module")
def thinking(tmp_path_factory: pytest.TempPathFactory):
    """A server that reasons for a few tokens before it answers, and ends when it likes."""
    how = ("--jinja", "--chat-template-file", HERE / "think.jinja")
    how += ("--reasoning-format", "deepseek", "--reasoning-budget", "6")
    with llama(tmp_path_factory.mktemp("llama") / "log", *how) as server:
        yield server


@pytest.fixture
def mortal(tmp_path):
    """A server that the test may stop and kill."""
    with llama(tmp_path / "log", "--ignore-eos") as server:
        yield server


def to(
    server: Server, api: str = "openai", bounds: RequestBounds = PATIENT, key: str = CANARY
) -> HttpProvider:
    entry = ProviderEntry("lab", api, server.url + APIS[api], "LAB_KEY")
    made = build("lab", entry, {"LAB_KEY": key})
    made.patience = (bounds, bounds)
    made.backoff = ONCE
    return made


def tiny(tokens: int, **more: Any) -> Request:
    return request(MODEL, max_tokens=tokens, **more)


async def slots_at_work(server: Server) -> int:
    return busy(await fetched(server, "/slots"))


async def fetched(server: Server, path: str, body: bytes | None = None) -> str:
    """What the server itself says, our provider left out."""
    headers = {"x-api-key": CANARY, "content-type": "application/json"}
    asked = urllib.request.Request(server.url + path, body, headers)

    def read() -> str:
        with DIRECT.open(asked, timeout=WITHIN) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(read)


async def prompt_of(server: Server, gap: Infill) -> str:
    """The prompt that the model got for a gap: the request that we send, and one more field."""
    sent = LlamaInfill("lab").ask(tiny(2, infill=gap))
    fields = [*sent.body["response_fields"], "prompt"]
    body = json.dumps({**sent.body, "response_fields": fields, "stream": False})
    return str(json.loads(await fetched(server, sent.path, body.encode()))["prompt"])


async def at_rest(server: Server, within: float = 2.0) -> None:
    """Every slot is free soon."""
    async with asyncio.timeout(within):
        while await slots_at_work(server):  # noqa: ASYNC110  # another process sets no event
            await asyncio.sleep(0.005)


def connections(server: Server) -> frozenset[str]:
    """Our ends of the connections to a server."""
    port = f":{int(server.url.rpartition(':')[2]):04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().split("\n")[1:] if row]
    return frozenset(
        ours for _, ours, theirs, state, *_ in rows if theirs.endswith(port) and state == "01"
    )


class Begun:
    """A request on its way, from the moment that its first piece was heard."""

    def __init__(self, lab: HttpProvider, asked: Request) -> None:
        self._heard = asyncio.Event()
        self.pieces: list[str] = []
        self.task = asyncio.create_task(self._ask(lab, asked))

    async def _ask(self, lab: HttpProvider, asked: Request) -> Outcome:
        def on_update(piece: str) -> None:
            self.pieces.append(piece)
            self._heard.set()

        try:
            return Outcome(await lab.answer(asked, on_update), None, self.pieces, 0.0)
        except MoaError as error:
            return Outcome(None, error, self.pieces, 0.0)

    async def on_delta(self) -> None:
        async with asyncio.timeout(WITHIN):
            await self._heard.wait()
        assert not self.task.done()

    async def outcome(self) -> Outcome:
        async with asyncio.timeout(WITHIN):
            return await self.task


@pytest.mark.parametrize(("api", "gap"), WAYS)
async def test_an_answer_streams_and_its_tokens_are_counted(writing, api, gap):
    async with baseline():
        lab = to(writing, api)
        outcome = await ask(lab, tiny(40, infill=gap), WITHIN)
        await lab.close()
    reply = outcome.reply
    assert reply is not None, outcome.error
    assert reply.finish == "length"
    assert reply.usage is not None
    assert reply.usage.output == 40
    assert reply.usage.input > 20  # all of the request is in the prompt
    assert reply.text == "".join(outcome.on_delta)
    assert len(outcome.on_delta) > 20, "one piece a token, but for halves of characters"
    assert reply.reasoning_chars == 0


async def test_the_same_question_at_temperature_zero_has_the_same_answer_on_each_wire(writing):
    texts = set()
    for api in APIS:
        lab = to(writing, api)
        texts |= {(await ask(lab, tiny(30, temperature=0.0), WITHIN)).text for _ in range(2)}
        await lab.close()
    assert len(texts) == 1


@pytest.mark.parametrize(("api", "gap"), [WAYS[0], WAYS[-1]])
async def test_the_prompt_that_the_server_kept_is_counted_apart(writing, api, gap):
    lab = to(writing, api)
    first, second = [(await ask(lab, tiny(4, infill=gap), WITHIN)).reply for _ in range(2)]
    await lab.close()
    assert first is not None
    assert second is not None
    assert first.usage is not None
    assert second.usage is not None
    assert second.usage.input == first.usage.input
    assert 0 < second.usage.cached < second.usage.input


@pytest.mark.parametrize("api", APIS)
async def test_the_models_are_listed(writing, api):
    async with baseline():
        lab = to(writing, api)
        assert await lab.models() == (MODEL,)
        await lab.close()


async def test_more_requests_than_slots_are_all_answered(writing):
    async with baseline():
        lab = to(writing)
        outcomes = await asyncio.gather(*(ask(lab, tiny(60), WITHIN) for _ in range(3 * SLOTS)))
        await lab.close()
    assert all(each.reply and each.reply.usage for each in outcomes), outcomes
    assert {each.reply.usage.output for each in outcomes} == {60}


@pytest.mark.parametrize("api", APIS)
async def test_reasoning_is_counted_and_kept_out_of_the_answer(thinking, api):
    async with baseline():
        lab = to(thinking, api)
        outcome = await ask(lab, tiny(200), WITHIN)
        await lab.close()
    reply = outcome.reply
    assert reply is not None, outcome.error
    assert 0 < reply.reasoning_chars < 200
    assert reply.text
    assert "think>" not in reply.text
    assert reply.usage is not None
    assert len(reply.text) + reply.reasoning_chars >= reply.usage.output - 20


async def test_reasoning_none_reaches_the_template(thinking):
    async with baseline():
        lab = to(thinking, "llamacpp")
        outcomes = [
            await ask(lab, tiny(60, reasoning=depth), WITHIN) for depth in (None, "high", "none")
        ]
        await lab.close()
    replies = [each.reply for each in outcomes]
    assert all(replies), outcomes
    assert [each.reasoning_chars > 0 for each in replies] == [True, True, False]


BLOCK = "```python\nx = 2\n```\n"
GRAMMAR = 'root ::= "```python\\nx = 2\\n```\\nThis function takes " [a-z ]{500,}'
"""Makes any model write a closed block and explain it for long (ggml-org/llama.cpp, grammars)."""


@pytest.mark.parametrize("api", ["openai", "llamacpp"])
async def test_an_early_stop_frees_its_slot(writing, api):
    asked = tiny(ENDLESS, extra={"grammar": GRAMMAR}, enough=lambda text: text == BLOCK)
    async with baseline():
        lab = to(writing, api)
        outcome = await ask(lab, asked, WITHIN)
        await at_rest(writing)
        await lab.close()
    assert outcome.reply is not None, outcome.error
    assert outcome.reply.text == BLOCK
    assert outcome.reply.finish == "stop"
    assert asked.meter.stopped


@pytest.mark.parametrize(("api", "gap"), WAYS)
async def test_an_answer_that_the_model_ends_is_whole(thinking, api, gap):
    lab = to(thinking, api)
    reply = (await ask(lab, tiny(4000, infill=gap), WITHIN)).reply
    await lab.close()
    assert reply is not None
    assert reply.finish == "stop"
    assert reply.usage is not None
    assert reply.usage.output < 4000


@pytest.mark.parametrize(("api", "gap"), WAYS)
async def test_a_wrong_key_is_said_to_be_rejected(writing, api, gap):
    async with baseline():
        lab = to(writing, api, key="sk-of-somebody-else-77")
        outcome = await ask(lab, tiny(4, infill=gap))
        await lab.close()
    assert type(outcome.error) is KeyRejected
    assert "rejected the key (401)" in sentence(outcome.error)
    assert "sk-of-somebody-else-77" not in str(outcome.error)


@pytest.mark.parametrize("api", APIS)
async def test_a_prompt_over_the_window_is_said_to_be_too_long(writing, api):
    long = replace(tiny(4), messages=(Message("user", "def f(): pass\n" * WINDOW),))
    async with baseline():
        lab = to(writing, api)
        outcome = await ask(lab, long, WITHIN)
        assert (await ask(lab, tiny(4), WITHIN)).reply is not None
        await lab.close()
    assert type(outcome.error) is PromptTooLong
    assert f"({WINDOW} tokens)" in sentence(outcome.error)


@pytest.mark.parametrize(("api", "gap"), WAYS)
async def test_a_cancelled_request_frees_its_slot(writing, api, gap):
    async with baseline():
        lab = to(writing, api)
        begun = Begun(lab, tiny(ENDLESS, infill=gap))
        await begun.on_delta()
        assert await slots_at_work(writing) == 1
        begun.task.cancel()
        with suppress(asyncio.CancelledError):
            await begun.task
        assert begun.task.cancelled()
        await at_rest(writing)
        assert (await ask(lab, tiny(4, infill=gap), WITHIN)).reply is not None
        await lab.close()


async def test_a_connection_that_the_server_ends_unannounced_costs_no_request(writing):
    """After a stream it closes, whatever its Keep-Alive says: each next request meets that."""
    async with baseline():
        lab = to(writing)
        outcomes = [await ask(lab, tiny(2), WITHIN) for _ in range(20)]
        await lab.close()
    assert [each.error for each in outcomes] == [None] * 20  # and no retry made it good (ONCE)


async def test_a_connection_that_stands_serves_the_next_request(writing):
    async with baseline():
        lab = to(writing)
        seen = set()
        for _ in range(3):
            await lab.models()
            seen.add(connections(writing))
        await lab.close()
    assert [len(each) for each in seen] == [1], seen


async def test_a_server_that_stops_before_the_answer_is_given_up(mortal):
    async with baseline():
        lab = to(mortal, bounds=replace(PATIENT, first_event=0.5))
        mortal.freeze()
        outcome = await ask(lab, tiny(4))
        mortal.thaw()
        assert type(outcome.error) is Unreachable
        assert "gave no answer for 0.5 s" in sentence(outcome.error)
        lab.patience = (PATIENT, PATIENT)
        assert (await ask(lab, tiny(4), WITHIN)).reply is not None
        await lab.close()


async def test_a_server_that_stops_within_the_answer_is_given_up(mortal):
    async with baseline():
        lab = to(mortal, bounds=replace(PATIENT, idle=1.0))
        begun = Begun(lab, tiny(ENDLESS))
        await begun.on_delta()
        mortal.freeze()
        outcome = await begun.outcome()
        mortal.thaw()
        assert type(outcome.error) is Unreachable
        assert "went silent for 1 s" in sentence(outcome.error)
        await at_rest(mortal)  # giving up let go of the slot
        await lab.close()


async def test_a_server_that_is_killed_within_the_answer_and_comes_back(mortal):
    async with baseline():
        lab = to(mortal)
        begun = Begun(lab, tiny(ENDLESS))
        await begun.on_delta()
        mortal.kill()
        broken = await begun.outcome()
        gone = await ask(lab, tiny(4))
        mortal.start()
        back = await ask(lab, tiny(4), WITHIN)
        await lab.close()
    assert type(broken.error) in (Unreachable, *Unreachable.__subclasses__())
    assert broken.reply is None
    assert broken.on_delta, "heard, but never given"
    sentence(broken.error)
    assert type(gone.error) in (Unreachable, *Unreachable.__subclasses__())
    assert "is it running?" in sentence(gone.error)
    assert back.reply is not None, back.error


async def test_a_retry_outlives_a_restart(mortal):
    """The answer is asked for again, and given once, whole."""
    async with baseline():
        lab = to(mortal)
        lab.backoff = Backoff(retries=2, first=2.0)
        lab.chance = lambda: 1.0
        begun = Begun(lab, tiny(1500, temperature=0.0))
        await begun.on_delta()
        mortal.kill()
        mortal.start()
        outcome = await begun.outcome()
        await lab.close()
    assert outcome.reply is not None, outcome.error
    assert outcome.reply.usage is not None
    assert outcome.reply.usage.output == 1500
    assert "".join(outcome.on_delta).endswith(outcome.text)
    assert len("".join(outcome.on_delta)) > len(outcome.text), "the first attempt was heard too"


async def test_the_model_gets_the_pieces_of_a_gap_in_their_order(writing):
    prompt = await prompt_of(writing, GAP)
    assert prompt.endswith(
        "<|file_sep|>lib/x.py\nX = 1\n<|file_sep|>filename\n"
        "<|fim_prefix|>def f(a):\n    <|fim_suffix|>\n    return a\n<|fim_middle|>"
    )


async def test_what_is_over_the_batch_is_cut_far_from_the_gap(writing):
    many = "".join(f"x = {n}\n" for n in range(WINDOW))
    prompt = await prompt_of(writing, Infill(f"FAR{many}NEAR", f"near{many}far"))
    assert "NEAR<|fim_suffix|>near" in prompt
    assert "FAR" not in prompt
    assert "far" not in prompt
    prompt = await prompt_of(writing, Infill("a", "b", (("far", many), ("near", "here"))))
    assert "near\nhere<|file_sep|>" in prompt
    assert "far" not in prompt


async def test_a_marker_in_the_users_text_is_text(writing):
    lab = to(writing, "llamacpp")
    texts = ("", "<|fim_suffix|>")
    bare, marked = [
        (await ask(lab, tiny(2, infill=Infill(text, "")), WITHIN)).reply for text in texts
    ]
    await lab.close()
    assert bare is not None
    assert marked is not None
    assert marked.usage.input - bare.usage.input > 1, "a marker would be one token"
