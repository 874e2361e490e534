"""What servers refuse, in their own words, and what is sent after them."""

import json

import pytest

from moa_lsp.errors import BadReply
from moa_lsp.providers import error_shapes
from moa_lsp.providers.openai_chat import OpenAiChat
from moa_lsp.providers.parameters import SYSTEM, Habits, refused_field, setting_of
from tests.chaos.expectation import ask, baseline, provider, request
from tests.fakes.faulty_server import FaultyServer, chunked, openai_events, whole

_SENT = OpenAiChat("lab").ask(request(temperature=0.7, max_tokens=100)).body
_ALL = {**_SENT, "top_p": 1, "stop": ["x"], "n": 1, "max_completion_tokens": 9, "seed": 1}


def _openai(message, param=None, code=None):
    return {"error": {"message": message, "type": "x", "param": param, "code": code}}


_WORDS = [
    # OpenAI, reasoning models (community.openai.com/t/938077)
    (_openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
             "'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter"),
     "max_tokens"),
    (_openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
             "'max_completion_tokens' instead."), "max_tokens"),
    (_openai("Unsupported value: 'temperature' does not support 0.7 with this model. Only the "
             "default (1) value is supported.", "temperature", "unsupported_value"),
     "temperature"),
    (_openai("Unsupported parameter: 'temperature' is not supported with this model."),
     "temperature"),
    (_openai("Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
     "top_p"),
    (_openai("Unsupported value: 'messages[0].role' does not support 'system' with this model.",
             "messages[0].role", "unsupported_value"), SYSTEM),
    (_openai("Unsupported value: 'stream' does not support true with this model. Only the default"
             " (false) value is supported.", "stream"), "stream"),
    (_openai("Unsupported parameter: 'stop' is not supported with this model.", "stop"), "stop"),
    (_openai("Unrecognized request argument supplied: stream_options"), "stream_options"),
    (_openai("Unrecognized request argument supplied: max_completion_tokens"),
     "max_completion_tokens"),
    # pydantic 2 behind FastAPI: Mistral, LiteLLM, vLLM
    ({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"],
                  "msg": "Extra inputs are not permitted", "input": {"include_usage": True}}]},
     "stream_options"),
    ({"object": "error", "message": {"detail": [{"type": "extra_forbidden",
      "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted"}]}},
     "max_completion_tokens"),
    ({"object": "error", "code": 400, "message": "[{'type': 'extra_forbidden', 'loc': ('body', "
      "'stream_options'), 'msg': 'Extra inputs are not permitted'}]"}, "stream_options"),
    ({"message": "1 validation error for ChatCompletionRequest\nstream_options\n  Extra inputs are"
      " not permitted [type=extra_forbidden]"}, "stream_options"),
    # pydantic 1
    ({"detail": [{"loc": ["body", "top_p"], "msg": "extra fields not permitted",
                  "type": "value_error.extra"}]}, "top_p"),
    # Groq
    (_openai("property 'stream_options' is unsupported, did you mean 'stream'?"),
     "stream_options"),
    (_openai("'n' : number must be at most 1, it is not supported"), "n"),
    # JSON schema validators
    (_openai("Additional properties are not allowed ('stream_options' was unexpected) - "
             "'stream_options'"), "stream_options"),
    # Azure behind older API versions
    (_openai("Unrecognized request arguments supplied: stream_options"), "stream_options"),
    (_openai("Unknown parameter: 'stream_options.include_usage'.",
             "stream_options.include_usage"), "stream_options"),
    # Anthropic's newer models, through gateways
    (_openai("`temperature` and `top_p` cannot both be specified for this model. Please use only "
             "one."), "top_p"),
    (_openai("temperature: This model does not support the temperature parameter; it is "
             "deprecated"), "temperature"),
    # Gemma and Mistral chat templates (llama.cpp, vLLM, LM Studio)
    ({"error": "Error rendering prompt with jinja template: System role not supported"}, SYSTEM),
    ({"message": "Conversation roles must alternate user/assistant/user/assistant/..."}, SYSTEM),
    (_openai("System message is not supported by this model"), SYSTEM),
    (_openai("Developer instruction is not enabled for models/gemma-3-27b-it"), SYSTEM),
    (_openai("'system' role is not supported"), SYSTEM),
    # LiteLLM
    (_openai("litellm.UnsupportedParamsError: groq does not support parameters: ['top_p'], for "
             "model=x. To drop these, set `litellm.drop_params=True`"), "top_p"),
    # xAI: reasoning models
    (_openai("Argument not supported on this model: stop"), "stop"),
    (_openai("Model grok does not support parameter stop."), "stop"),
    # OpenAI, Anthropic and Moonshot: reasoning models take one temperature
    (_openai("temperature must be 1 for this model"), "temperature"),
    (_openai("invalid temperature: only 1 is allowed for this model"), "temperature"),
    (_openai("`temperature` may only be set to 1 when thinking is enabled."), "temperature"),
    # serde behind Rust servers, encoding/json behind Go ones, zod behind JavaScript ones
    (_openai("Failed to deserialize the JSON body into the target type: unknown field "
             "`stream_options`, expected one of `messages`, `model`"), "stream_options"),
    (_openai('json: unknown field "stream_options"'), "stream_options"),
    ({"error": "Unrecognized key(s) in object: 'stream_options'"}, "stream_options"),
    # Google behind its OpenAI-compatible endpoint, Bedrock, Workers AI
    ([{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "Invalid JSON payload "
       'received. Unknown name "stream_options": Cannot find field.'}}], "stream_options"),
    ({"message": "ValidationException: Malformed input request: #: extraneous key "
      "[stream_options] is not permitted"}, "stream_options"),
    ({"errors": [{"message": 'AiError: Bad input: Error: Additional property "stream_options" '
      "is not allowed"}]}, "stream_options"),
    # chat templates with two roles
    (_openai("Only user and assistant roles are supported!"), SYSTEM),
    (_openai("Roles must be user or assistant"), SYSTEM),
    (_openai("role 'system' is not allowed"), SYSTEM),
    (_openai("Unrecognized request argument supplied: n"), "n"),
    (_openai("temperature must be between 0 and 2"), None),
    # not about a field
    (_openai("The model `x` does not exist"), None),
    (_openai("This model's maximum context length is 4096 tokens"), None),
    (_openai("Invalid JSON"), None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "field"), _WORDS)
def test_the_field_that_a_refusal_is_about(body, field):
    said = error_shapes.of_body(json.dumps(body))
    assert refused_field(said.text, said.field, lambda name: name in _ALL) == field


def test_a_field_that_was_not_sent_is_not_refused():
    text = "Unsupported parameter: 'top_p' is not supported"
    assert refused_field(text, "top_p", lambda name: name in _SENT) is None


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("max_tokens", {"max_completion_tokens": 100, "max_tokens": None}),
        ("temperature", {"temperature": None}),
        ("stream_options", {"stream_options": None}),
        ("stream", {"stream": None, "stream_options": None}),
        (SYSTEM, {"messages": [{"role": "user", "content": "Be brief.\n\nSay hello."}]}),
    ],
)
def test_what_is_sent_after_a_refusal(field, body):
    better = Habits().learnt(field, _SENT)
    made = better.adapted(_SENT)
    assert {name: made.get(name) for name in body} == body
    kept = set(_SENT) - set(body)
    assert {name: made[name] for name in kept} == {name: _SENT[name] for name in kept}
    assert _SENT["messages"][0]["role"] == "system"  # the request itself stays


@pytest.mark.parametrize(
    ("text", "most"),
    [
        # DeepSeek (Backtthefuture/chatlogwebUI issue 7)
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        # Volcengine (yiliqi78/TOKENICODE issue 3)
        ("The parameter max_tokens specified in the request is not valid: integer above maximum "
         "value, expected a value <= 32768, but got 64000 instead.", 32768),
        # pydantic
        ("max_tokens: Input should be less than or equal to 4096", 4096),
        # OpenAI
        ("max_tokens is too large: 64000. This model supports at most 16384 completion tokens, "
         "whereas you provided 64000.", 16384),
        ("`max_tokens` must be less than or equal to `8192`, the maximum value", 8192),
        ("max_tokens is not supported", None),
        ("max_tokens must be at most 99999", None),
    ],
)  # fmt: skip
def test_a_bound_that_is_too_large_is_lowered_to_what_is_taken(text, most):
    sent = {**_SENT, "max_tokens": 64000}
    assert refused_field(text, None, lambda name: name in sent) == "max_tokens"
    better = Habits().learnt("max_tokens", sent, text)
    assert better.most == most
    if most is not None:
        assert better.adapted(sent)["max_tokens"] == most
        assert better.adapted(_SENT)["max_tokens"] == 100


def test_a_bound_is_left_out_when_neither_name_is_taken():
    first = Habits().learnt("max_tokens", _SENT)
    second = first.learnt("max_completion_tokens", first.adapted(_SENT))
    assert not {"max_tokens", "max_completion_tokens"} & set(second.adapted(_SENT))
    assert second.learnt("max_completion_tokens", second.adapted(_SENT)) is None


def _refusing(*fields, status=400):
    """A server that refuses fields one after the other; where none is left it answers."""
    words = {
        "max_tokens": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        "system": "System role not supported",
    }
    scripts = [
        whole(json.dumps(_openai(words.get(name, f"Unsupported parameter: '{name}'"))), status)
        for name in fields
    ]
    return [*scripts, chunked(*openai_events("hello"))]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("inline", [False, True])
async def test_P13_what_a_server_refuses_is_learnt_once_for_a_model(status, inline):
    fields = ("max_tokens", "temperature", "stream_options", "system")
    async with baseline(), FaultyServer.of(*_refusing(*fields, status=status)) as server:
        lab = provider(server.url)
        asked = request(temperature=0.7, max_tokens=100, inline=inline)
        assert (await ask(lab, asked)).text == "hello"
        assert len(server.seen) == 5
        assert (await ask(lab, asked)).text == "hello"
        assert len(server.seen) == 6
        last = server.seen[-1].json
        kept = {"model", "messages", "stream", "max_completion_tokens"}
        assert set(last) == kept | ({"reasoning_effort"} if inline else set())
        assert [each["role"] for each in last["messages"]] == ["user"]
        await ask(lab, request("another", max_tokens=100))
        assert "max_tokens" in server.seen[-1].json
        await lab.close()


async def test_P13_a_refusal_that_does_not_end_is_told_with_its_setting():
    body = json.dumps(_openai("Unsupported parameter: 'max_tokens'", "max_tokens"))
    async with baseline(), FaultyServer.of(*[whole(body, 400)] * 9) as server:
        lab = provider(server.url)
        outcome = await ask(lab, request(max_tokens=100))
        assert isinstance(outcome.error, BadReply)
        assert "max_tokens_field" in str(outcome.error)
        assert len(server.seen) == 2
        await lab.close()


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens", SYSTEM])
def test_settings_are_named_by_their_keys(field):
    assert "`models:`" in setting_of(field)
    assert "temperature" in setting_of("temperature")
    assert setting_of("banana") is None
