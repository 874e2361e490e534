"""What each wire sends, and how it reads what real servers answer."""

import json
from dataclasses import replace

import pytest

from moa_lsp.errors import BadReply, TooLarge
from moa_lsp.providers.anthropic import Anthropic
from moa_lsp.providers.base import MAX_IMAGE_TOKENS, Usage, prompt_bytes
from moa_lsp.providers.ollama import Ollama
from moa_lsp.providers.openai_chat import QUIRKS, OpenAiChat, Quirks, quirks_of
from moa_lsp.providers.parameters import Habits
from moa_lsp.providers.wire import MAX_TOOL_CALLS, StreamedAnswer
from moa_lsp.task import Image, Message, ToolCall, Tools
from tests.chaos.expectation import request

_WIRES = {"openai": OpenAiChat("lab"), "anthropic": Anthropic("lab"), "ollama": Ollama("lab")}


def check(api, *events):
    """Fold events, given as values or as text, and answer with reply and heard pieces."""
    streamed = StreamedAnswer()
    on_delta = []
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        on_delta.append(_WIRES[api].take(data, streamed))
    return streamed.reply(), on_delta, streamed


def _delta(**delta):
    return {"choices": [{"index": 0, "delta": delta}]}


def _ended(reason="stop", **more):
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], **more}


def test_openai_request():
    ask = OpenAiChat("lab").ask(request(temperature=0.2, max_tokens=100))
    assert ask.path == "/chat/completions"
    assert ask.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Say hello."},
        ],
        "stream": True,
        "temperature": 0.2,
        "max_tokens": 100,
        "stream_options": {"include_usage": True},
    }
    bare = OpenAiChat("lab").ask(request(), plain=True).body
    assert set(bare) == {"model", "messages", "stream"}


def test_a_key_goes_by_the_header_of_its_provider():
    azure = OpenAiChat("azure", quirks_of("lab.openai.azure.com"))
    assert azure.key_header("k") == ("api-key", "k")
    assert azure.ask(request(max_tokens=9)).body["max_completion_tokens"] == 9
    assert OpenAiChat("lab", quirks_of("lab.example")).key_header("k")[1] == "Bearer k"


def test_openai_request_by_provider():
    openai = OpenAiChat("openai", QUIRKS["api.openai.com"]).ask(request(max_tokens=9)).body
    assert openai["max_completion_tokens"] == 9
    assert "max_tokens" not in openai
    mistral = OpenAiChat("mistral", Quirks(asks_usage=False)).ask(request()).body
    assert "stream_options" not in mistral
    assert OpenAiChat("llamacpp", prefix="/v1").ask(request()).path == "/v1/chat/completions"


KEEP = {"type": "ephemeral"}


def test_the_shared_beginning_of_a_prompt_is_marked_where_a_provider_wants_that():
    asked = replace(request(), messages=(Message("user", "Say hello, twice.", shared=9),))
    blocks = [
        {"type": "text", "text": "Say hello", "cache_control": KEEP},
        {"type": "text", "text": ", twice."},
    ]
    (said,) = Anthropic("lab").ask(asked).body["messages"]
    assert said["content"] == blocks
    openrouter = OpenAiChat("openrouter", quirks_of("openrouter.ai"))
    (said,) = openrouter.ask(replace(asked, model="anthropic/claude-sonnet-4.5")).body["messages"]
    assert said["content"] == blocks
    for wire, model in ((openrouter, "z-ai/glm-4.6"), (OpenAiChat("lab"), "anthropic/m")):
        (said,) = wire.ask(replace(asked, model=model)).body["messages"]
        assert said["content"] == "Say hello, twice."


def test_anthropic_request():
    ask = Anthropic("lab").ask(request(temperature=0.0))
    assert ask.path == "/messages"
    assert ask.body == {
        "model": "m",
        "system": [{"type": "text", "text": "Be brief.", "cache_control": KEEP}],
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 8192,
        "stream": True,
        "temperature": 0.0,
    }
    assert Anthropic("lab").key_header("k") == ("x-api-key", "k")
    assert Anthropic("lab").headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize(
    ("max_tokens", "window"), [(None, 8192), (4000, 8192), (9000, 16384), (10**7, 131072)]
)
def test_ollama_request(max_tokens, window):
    body = Ollama("lab").ask(request(max_tokens=max_tokens)).body
    assert body["options"]["num_ctx"] == window
    assert body["options"].get("num_predict") == max_tokens


@pytest.mark.parametrize(
    ("usage", "expected", "cost"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 4}, Usage(9, 4, 0), None),
        # OpenRouter
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "cost": 0.00012,
                "prompt_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 0},
            },
            Usage(9, 4, 6),
            0.00012,
        ),
        # DeepSeek
        (
            {"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 8},
            Usage(9, 4, 8),
            None,
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 4.0, "cost": "1", "cached_tokens": 1e300},
            Usage(9, 4, 0),
            None,
        ),
    ],
)
def test_usage_in_any_chunk(usage, expected, cost):
    for place in ({"usage": usage}, {"x_groq": {"usage": usage}}):
        for events in (
            [_delta(content="a"), _ended(**place)],
            [_delta(content="a"), _ended(), {"choices": [], **place}, "[DONE]"],
        ):
            reply, _, _ = check("openai", *events)
            assert (reply.usage, reply.cost_usd) == (expected, cost)


def test_null_usage_does_not_erase():
    known = {"prompt_tokens": 1, "completion_tokens": 2}
    reply, _, _ = check("openai", _ended(usage=known), {"choices": [], "usage": None})
    assert reply.usage == Usage(1, 2)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_counted_and_dropped(name):
    reply, on_delta, _ = check(
        "openai", _delta(**{name: "hmm "}), _delta(**{name: "so"}), _delta(content="x"), _ended()
    )
    assert (reply.text, reply.reasoning_chars, on_delta) == ("x", 6, ["", "", "x", ""])


def test_together_gives_both_names_of_reasoning():
    reply, _, _ = check("openai", _delta(reasoning="ab", reasoning_content="ab"), _ended("eos"))
    assert (reply.reasoning_chars, reply.finish) == (2, "stop")


def test_anthropic_reasoning_and_cache():
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 7,
        "output_tokens": 1,
    }
    reply, _, streamed = check(
        "anthropic",
        {"type": "message_start", "message": {"usage": usage}},
        {"type": "content_block_start", "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hmm"}},
        {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}},
        {"type": "something_new"},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "stop_sequence"},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    )
    assert (reply.text, reply.finish, reply.reasoning_chars) == ("a", "stop", 3)
    assert reply.usage == Usage(50, 9, 40, 7)
    assert streamed.ended


def test_ollama_thinking():
    reply, _, streamed = check(
        "ollama",
        {"message": {"role": "assistant", "content": "", "thinking": "hmm"}, "done": False},
        {"message": {"content": "a"}, "done": False},
        {"done": True, "prompt_eval_count": 4, "eval_count": 2},
    )
    assert (reply.text, reply.finish, reply.reasoning_chars) == ("a", "stop", 3)
    assert (reply.usage, streamed.ended) == (Usage(4, 2), True)


def test_mistral_parts():
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]},
        {"type": "text", "text": "a"},
    ]
    reply, _, _ = check("openai", _delta(content=parts), _ended("model_length"))
    assert (reply.text, reply.finish) == ("a", "length")


def test_a_missing_finish_reason_is_waited_for():
    reply, _, _ = check("openai", _delta(content="a"), _ended(None), _ended("stop"))
    assert reply.finish == "stop"
    assert check("openai", _delta(content="a"))[0].finish == "unknown"


def test_an_answer_has_a_bound():
    streamed = StreamedAnswer(max_chars=10)
    streamed.add("123456789")
    with pytest.raises(TooLarge):
        streamed.add("01")


def test_a_loop_is_noticed_only_when_it_is_one():
    streamed = StreamedAnswer()
    for _ in range(99):
        streamed.add("abc")
    streamed.add("x")
    for _ in range(99):
        streamed.add("abc")
    with pytest.raises(BadReply):
        streamed.add("abc")


def test_tools_calls_and_results_are_sent_in_openais_shape():
    tool = {"type": "function", "function": {"name": "f", "strict": True}}
    turns = (
        Message("assistant", "", (ToolCall("c1", "f", "{}"),)),
        Message("tool", "done", tool_call_id="c1"),
    )
    tools = Tools((tool,), {"tool_choice": "required"})
    body = OpenAiChat("lab").ask(replace(request(), messages=turns, tools=tools)).body
    assert body["tools"] == [tool]
    assert body["tool_choice"] == "required"
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert body["messages"] == [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "done", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize(
    ("habits", "shown"),
    [
        (Habits(), [{"type": "text", "text": "What?"}]),
        (Habits(system_role=False),
         [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "What?"}]),
    ],
)  # fmt: skip
def test_images_are_parts_behind_the_text_of_their_message(habits, shown):
    image = Image("data:image/png;base64,AA==", "low")
    turns = (Message("system", "Be brief."), Message("user", "What?", images=(image,)))
    body = habits.adapted(OpenAiChat("lab").ask(replace(request(), messages=turns)).body)
    assert body["messages"][-1]["content"] == [
        *shown, {"type": "image_url", "image_url": {"url": image.url, "detail": "low"}}
    ]  # fmt: skip


def test_an_image_counts_in_the_worst_case_of_a_request():
    image = Image("https://example.com/a.png")
    (small, large) = (replace(request(), messages=(Message("user", "x", images=images),))
                      for images in ((), (image,)))  # fmt: skip
    assert prompt_bytes(large) - prompt_bytes(small) == MAX_IMAGE_TOKENS


def test_calls_of_tools_are_joined_by_their_index():
    reply, _, _ = check(
        "openai",
        _delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]),
        _delta(tool_calls=[{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}]),
        _delta(tool_calls=[{"index": 0, "function": {"arguments": '{"x": 1}'}}]),
        _ended("tool_calls"),
    )
    assert reply.tool_calls == (ToolCall("a", "f", '{"x": 1}'), ToolCall("b", "g", "{}"))
    assert reply.finish == "unknown"


def test_calls_of_tools_have_bounds():
    streamed = StreamedAnswer(max_chars=10)
    with pytest.raises(TooLarge):
        streamed.call(0, "a", "f", "x" * 11)
    streamed = StreamedAnswer()
    for index in range(MAX_TOOL_CALLS):
        streamed.call(index, "a", "f", "")
    with pytest.raises(TooLarge):
        streamed.call(MAX_TOOL_CALLS, "a", "f", "")
