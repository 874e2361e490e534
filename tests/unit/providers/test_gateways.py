"""What a gateway says of the route that a gap took, and that an answer off it is not shown."""

from dataclasses import replace

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import UsageError
from moa_lsp.providers.build import build
from moa_lsp.providers.gateways import ROUTE, check
from tests.chaos.expectation import request
from tests.fakes.faulty_server import DONE, FaultyServer, chunked, healthy, sse
from tests.unit.providers.test_fim_routing import GAP


@pytest.mark.parametrize(
    "named",
    [
        None,
        "",
        "m",
        "text-completion-openai/m",
        "text-completion-codestral/codestral-latest",
        "hosted_vllm/qwen2.5-coder",
        "fireworks_ai/accounts/fireworks/models/starcoder2-15b",
        "openai/qwen2.5-coder",
        "openai/gpt-3.5-turbo-instruct",
        "a-route-of-tomorrow/m",
    ],
)
def test_a_route_that_passes_completions_on_is_good(named):
    check({} if named is None else {ROUTE: named}, "lab/m")


@pytest.mark.parametrize(
    "named",
    [
        "openai/gpt-4o-mini",
        "openai/GPT-5",
        "openai/o3-mini",
        "anthropic/claude-3-5-haiku-20241022",
        "deepseek/deepseek-chat",
        "ollama/qwen2.5-coder",
    ],
)
def test_a_route_that_makes_chat_of_them_is_named(named):
    with pytest.raises(UsageError) as caught:
        check({ROUTE: named}, "lab/m")
    assert caught.value.answering
    route = named.partition("/")[0]
    assert str(caught.value) == (
        f"lab/m is reached by chat alone behind its gateway ({route}), set `fim: chat`"
    )


def lab_of(server, said):
    entry = ProviderEntry("lab", "openai", f"{server.url}/v1")
    return build("lab", entry, {}, fim={"m": said, "n": said})


PIECE = sse({"choices": [{"text": "1", "finish_reason": "stop"}]})
OFF = chunked(PIECE, DONE, lines=[f"{ROUTE}: ollama/m"])
ON = chunked(PIECE, DONE, lines=[f"{ROUTE}: hosted_vllm/m"])


@pytest.mark.parametrize("said", ["suffix", "qwen"])
async def test_an_answer_that_saw_no_gap_is_no_answer_and_paid_for_once(said):
    on_delta, refusals = [], []
    async with FaultyServer.of(OFF, ON, healthy()) as server:
        lab = lab_of(server, said)
        gap = replace(request("m", infill=GAP), inline=True)
        for _ in range(3):
            with pytest.raises(UsageError, match="fim: chat") as caught:
                await lab.answer(gap, on_delta.append)
            refusals.append((str(caught.value), caught.value.answering))
        assert on_delta == []
        assert len(server.seen) == 1
        # another model of the same provider, and the same one asked in words
        other = await lab.answer(replace(gap, model="n"), on_delta.append)
        plain = await lab.answer(request("m"), on_delta.append)
        await lab.close()
    (told,) = {message for message, _ in refusals}
    assert "lab/m" in told
    assert [answering for _, answering in refusals] == [True, False, False]
    assert (other.text, plain.text) == ("1", "hello")


async def test_chat_itself_may_take_any_route():
    route = [f"{ROUTE}: ollama/m"]
    said = healthy()
    script = [said[0].replace(b"\r\n\r\n", f"\r\n{route[0]}\r\n\r\n".encode()), *said[1:]]
    async with FaultyServer.of(script, script) as server:
        lab = lab_of(server, "chat")
        in_words = await lab.answer(request("m", infill=GAP), lambda _: None)
        plain = await lab.answer(request("m"), lambda _: None)
        await lab.close()
    assert (in_words.text, plain.text) == ("hello", "hello")
