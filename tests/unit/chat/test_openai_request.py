"""Bodies of Chat Completions requests, and what is refused of them."""

import pytest

from moa_lsp.chat.answer_bounds import AnswerBounds
from moa_lsp.chat.openai_request import (
    MAX_IMAGES,
    MAX_MESSAGES,
    MAX_STOPS,
    MAX_TOOLS,
    read_chat_request,
)
from moa_lsp.errors import UsageError
from moa_lsp.task import Image, Message, ToolCall

USER = {"role": "user", "content": "Hi."}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PARTS = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
FILE_URL = {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}
TOOL = {"type": "function", "function": {"name": "f"}}


def read(*messages, **more):
    return read_chat_request({"model": "trio", "messages": list(messages) or [USER], **more})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (USER, Message("user", "Hi.")),
        ({"role": "developer", "content": "Brief."}, Message("system", "Brief.")),
        (
            {"role": "user", "content": PARTS},
            Message("user", "a\nb"),
        ),
        (
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            Message("assistant", "", (ToolCall("c1", "f", "{}"),)),
        ),
        (
            {"role": "tool", "content": "x", "tool_call_id": "c1"},
            Message("tool", "x", tool_call_id="c1"),
        ),
    ],
)  # fmt: skip
def test_messages_in_all_their_shapes(message, expected):
    assert read(message).conversation.messages == (expected,)


def test_tools_are_kept_as_they_are_with_what_goes_with_them():
    tools = read(tools=[TOOL], tool_choice="auto", parallel_tool_calls=False).conversation.tools
    assert tools.definitions == (TOOL,)
    assert tools.fields == {"tool_choice": "auto", "parallel_tool_calls": False}
    assert read(tools=[TOOL], tool_choice="none").conversation.tools is None
    assert read(tools=[]).conversation.tools is None


def test_streaming_and_usage_are_asked_for_by_true_alone():
    asked = read(stream=True, stream_options={"include_usage": True})
    assert (asked.stream, asked.include_usage) == (True, True)
    assert not read(stream="yes").stream


def test_parameters_of_sampling_are_the_mixs_own():
    assert read(temperature=2, top_p=0.1, seed=1) == read()


@pytest.mark.parametrize(
    ("body", "stops", "most"),
    [
        ({}, (), None),
        ({"stop": None, "max_tokens": None}, (), None),
        ({"stop": "x"}, ("x",), None),
        ({"stop": ["x", "y"], "max_tokens": 9}, ("x", "y"), 9),
        ({"max_tokens": 9, "max_completion_tokens": 5}, (), 5),
    ],
)
def test_stops_and_a_bound_of_tokens_are_the_clients(body, stops, most):
    assert read(**body).bounds == AnswerBounds(stops, most)


def test_images_stand_beside_the_text_of_their_message():
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
        {"type": "image_url", "image_url": "https://example.com/a.png"},
    ]
    (message,) = read({"role": "user", "content": parts}).conversation.messages
    assert message.content == "What is it?"
    assert message.images == (
        Image("data:image/png;base64,AA==", "low"), Image("https://example.com/a.png")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"model": None}, "`model`"),
        ({"messages": []}, "`messages`"),
        ({"messages": "Hi."}, "`messages`"),
        ({"messages": [USER] * (MAX_MESSAGES + 1)}, "`messages`"),
        ({"messages": [{"role": "oracle"}]}, "messages[0].role"),
        ({"messages": ["Hi."]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "no text"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "image_url"),
        ({"messages": [{"role": "user", "content": [IMAGE] * (MAX_IMAGES + 1)}]}, "images"),
        ({"messages": [{"role": "system", "content": [IMAGE]}]}, "of the user"),
        ({"messages": [{"role": "user", "content": [FILE_URL]}]}, "image_url"),
        ({"stop": [""]}, "`stop`"),
        ({"stop": ["x"] * (MAX_STOPS + 1)}, "`stop`"),
        ({"max_tokens": 0}, "`max_tokens`"),
        ({"max_completion_tokens": "many"}, "`max_completion_tokens`"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input_audio"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "tool_call_id"),
        ({"messages": [{"role": "user", "tool_calls": [CALL]}]}, "tool_calls"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "tool_calls"),
        ({"tools": [{}]}, "`tools`"),
        ({"tools": [TOOL] * (MAX_TOOLS + 1)}, "`tools`"),
        ({"functions": [{}]}, "`functions`"),
        ({"n": 2}, "`n`"),
        ({"logprobs": True}, "`logprobs`"),
        ({"response_format": {"type": "json_schema"}}, "`response_format`"),
        ({"modalities": ["text", "audio"]}, "`modalities`"),
    ],
)
def test_what_a_mix_cannot_do_is_refused(body, why):
    with pytest.raises(UsageError) as refused:
        read_chat_request({"model": "trio", "messages": [USER], **body})
    assert why in str(refused.value)
