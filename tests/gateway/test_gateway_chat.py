"""Chat completions against a real gateway whose models are scripted."""

import json
import threading
import time

import pytest

from tests.fakes.client import until
from tests.fakes.faulty_server import DONE, USAGE, Hang, Until, chunked, delta, whole
from tests.gateway.running import gateway, write

TOOL = {
    "type": "function",
    "function": {
        "name": "read_file",
        "description": "Reads a file.",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
        "strict": True,
    },
}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
CALL = {"id": "call_1", "type": "function",
        "function": {"name": "read_file", "arguments": '{"path": "a.py"}'}}  # fmt: skip


def roles(seen):
    return [message["role"] for message in seen.json["messages"]]


def test_the_proposers_see_the_conversation_and_the_aggregator_their_proposals(running, upstreams):
    answer = running.chat("trio", {"role": "system", "content": "Be brief."}, "Which is best?")
    assert answer.status == 200
    assert answer.json["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "from z", "refusal": None},
        "finish_reason": "stop",
        "logprobs": None,
    }
    (asked,) = upstreams.asked("a")
    assert asked.json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which is best?"},
    ]
    (synthesis,) = upstreams.asked("z")
    assert roles(synthesis) == ["system", "user"]
    prompt = synthesis.json["messages"][1]["content"]
    assert prompt.startswith("Which is best?\n")
    assert "from a\n</proposal-" in prompt
    assert "from b\n</proposal-" in prompt


def test_usage_is_the_sum_of_all_agents_and_headers_name_run_and_cost(running):
    answer = running.chat("trio", "How much?")
    usage = answer.json["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (33, 9)
    assert usage["total_tokens"] == 42
    # three requests at 1 and 10 USD per million tokens
    assert float(answer.headers["x-moa-cost-usd"]) == pytest.approx(3 * (11 + 30) / 1e6)
    assert answer.json["id"] == f"chatcmpl-{answer.headers['x-moa-run']}"


def test_every_answer_has_an_id_and_a_time_of_its_own_and_the_mixs_fingerprint(running):
    whole, other = (running.chat("trio", text).json for text in ("One.", "Another."))
    chunk = running.chat("trio", "A third.", stream=True).events[0]
    assert len({whole["id"], other["id"], chunk["id"]}) == 3
    assert abs(chunk["created"] - time.time_ns() / 1e9) < 3600  # seconds, of this hour
    assert whole["system_fingerprint"] == chunk["system_fingerprint"]
    assert running.chat("chosen", "One.").json["system_fingerprint"] != chunk["system_fingerprint"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_and_a_bound_of_tokens_are_of_the_answer_alone(running, upstreams, stream):
    upstreams.say(z="one END two")
    answer = running.chat("trio", f"Stop {stream}.", stop=["END"], max_tokens=7, stream=stream)
    said = answer.said if stream else answer.json["choices"][0]["message"]["content"]
    assert said == "one "
    assert [upstreams.asked(name)[0].json["max_tokens"] for name in "az"] == [4096, 7]


def test_parts_and_the_developer_role_are_text_and_system(running, upstreams):
    parts = [{"type": "text", "text": "Why"}, {"type": "text", "text": "not?"}]
    turns = ({"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts})
    assert running.chat("trio", *turns).status == 200
    (asked,) = upstreams.asked("a")
    assert asked.json["messages"] == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why\nnot?"}
    ]  # fmt: skip


def test_a_mix_without_a_model_that_writes_answers_with_a_proposal(running, upstreams):
    assert running.chat("chosen", "Choose.").json["choices"][0]["message"]["content"] == "from a"
    assert upstreams.asked("z") == []


def test_verify_drops_a_proposal_whose_code_does_not_parse(running, upstreams):
    upstreams.say(a="```python\ndef f(:\n```", b="```python\nx = 1\n```")
    answer = running.chat("checked", "Write code.")
    assert answer.json["choices"][0]["message"]["content"] == "```python\nx = 1\n```"


def test_the_aggregators_tokens_come_as_they_are_written(running, upstreams):
    rest = threading.Event()
    upstreams.play("z", chunked(delta("one "), Until(rest), delta("two"), delta(None, "stop"),
                                USAGE, DONE))  # fmt: skip
    body = {"model": "trio", "stream": True, "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": "Stream."}]}  # fmt: skip
    response = running.begin("/v1/chat/completions", body).getresponse()
    first = response.readline()
    assert json.loads(first[6:])["choices"][0]["delta"] == {
        "role": "assistant", "content": "one "
    }  # fmt: skip
    rest.set()
    lines = response.read().decode().split("\n")
    events = [line[6:] for line in lines if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    assert json.loads(events[0])["choices"][0]["delta"] == {"content": "two"}
    assert json.loads(events[1])["choices"][0]["finish_reason"] == "stop"
    assert [json.loads(each).get("usage") for each in events[:2]] == [None, None]
    assert json.loads(events[2])["usage"]["total_tokens"] == 42
    assert response.headers["x-moa-run"]


def test_comments_keep_a_stream_alive_while_proposers_work(running, upstreams):
    rest = threading.Event()
    upstreams.play("a", chunked(Until(rest), delta("late"), delta(None, "stop"), DONE))
    body = {"model": "trio", "stream": True, "messages": [{"role": "user", "content": "Wait."}]}
    response = running.begin("/v1/chat/completions", body).getresponse()
    assert response.readline().startswith(b": ")
    rest.set()
    assert b"from z" in response.read()


def test_reasoning_is_not_part_of_a_streamed_answer(running, upstreams):
    upstreams.say(z="<think>Hm, from a?</think>the answer")
    assert running.chat("trio", "Think.", stream=True).said.strip() == "the answer"


def test_an_answer_that_breaks_off_after_its_begin_is_an_error_and_not_two_answers(
    running, upstreams
):
    upstreams.servers["z"].scripts.append(chunked(delta("half of "), end=False))
    events = running.chat("trio", "Break.", stream=True).events
    assert events[0]["choices"][0]["delta"]["content"] == "half of "
    assert events[-1]["error"]["code"] == "run_failed"
    assert len(upstreams.asked("z")) == 1


def test_tools_reach_the_aggregator_whole_and_proposers_in_words(running, upstreams):
    call = {**CALL, "index": 0}
    upstreams.play("z", chunked(delta(None, tool_calls=[call]), delta(None, "tool_calls"), USAGE,
                                DONE))  # fmt: skip
    asked = {"tools": [TOOL], "tool_choice": "auto"}
    answer = running.chat("trio", "Read a.py.", **asked)
    choice = answer.json["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"] == [CALL]
    (synthesis,) = upstreams.asked("z")
    assert synthesis.json["tools"] == [TOOL]
    assert synthesis.json["tool_choice"] == "auto"
    (proposed,) = upstreams.asked("a")
    assert "tools" not in proposed.json
    assert '"read_file"(path): Reads a file.' in proposed.json["messages"][0]["content"]


def test_tool_results_come_back_in_the_next_request(running, upstreams):
    turns = [
        {"role": "user", "content": "Read a.py."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "x = 1"},
    ]
    answer = running.chat("trio", *turns, tools=[TOOL], stream=True)
    assert answer.said == "from z"
    (synthesis,) = upstreams.asked("z")
    shown = synthesis.json["messages"]
    assert shown[2]["tool_calls"] == [CALL]
    assert shown[3] == {"role": "tool", "content": "x = 1", "tool_call_id": "call_1"}
    (proposed,) = upstreams.asked("a")
    assert roles(proposed) == ["system", "user", "assistant", "user"]
    assert "read_file" in proposed.json["messages"][2]["content"]
    assert "x = 1" in proposed.json["messages"][3]["content"]


def test_a_streamed_call_comes_in_one_piece(running, upstreams):
    upstreams.play("z", chunked(
        delta(None, tool_calls=[{**CALL, "index": 0, "function": {"name": "read_file",
                                                                 "arguments": '{"path"'}}]),
        delta(None, tool_calls=[{"index": 0, "function": {"arguments": ': "a.py"}'}}]),
        delta(None, "tool_calls"), USAGE, DONE))  # fmt: skip
    events = running.chat("trio", "Read.", tools=[TOOL], stream=True).events
    calls = [event["choices"][0]["delta"].get("tool_calls") for event in events[:-1]]
    assert [{"index": 0, **CALL}] in calls
    assert events[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_secret_is_hidden_from_models_and_comes_back_in_the_answer(running, upstreams):
    secret = "ghp_" + "Zx81k2Lm93Qp47Rt65Uv" * 2
    for stream in (False, True):
        for server in upstreams.servers.values():
            server.seen.clear()
        running_text = f'TOKEN = "{secret}"  # {stream}'
        held = threading.Event()

        def play(seen_name="a", held=held):
            until(lambda: upstreams.asked(seen_name))
            prompt = upstreams.prompt(seen_name)
            name = prompt.partition('TOKEN = "')[2].partition('"')[0]
            half = len(name) // 2
            upstreams.play("z", chunked(delta("token: " + name[:half]), delta(name[half:] + "."),
                                        delta(None, "stop"), USAGE, DONE))  # fmt: skip
            held.set()

        upstreams.play("b", chunked(Until(held), delta("from b"), delta(None, "stop"), DONE))
        player = threading.Thread(target=play)
        player.start()
        answer = running.chat("trio", running_text, stream=stream)
        player.join()
        said = answer.said if stream else answer.json["choices"][0]["message"]["content"]
        assert said == f"token: {secret}."
        assert all(secret not in upstreams.prompt(name) for name in ("a", "b", "z"))


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"model": "no-such-mix"}, 404, "model_not_found"),
        ({"model": "unready"}, 400, "invalid_request"),
        ({"model": "dear"}, 402, "budget_exceeded"),
        ({"messages": []}, 400, "invalid_request"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, 400, "invalid_request"),
        ({"n": 2}, 400, "invalid_request"),
        ({"response_format": {"type": "json_object"}}, 400, "invalid_request"),
        ({"model": "chosen", "tools": [TOOL], "tool_choice": "required"}, 400, "invalid_request"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_answered_is_an_error_in_openais_shape(
    running, upstreams, more, status, code, stream
):
    body = {"model": "trio", "messages": [{"role": "user", "content": "Hi."}], **more}
    answer = running.ask("/v1/chat/completions", {**body, "stream": stream})
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert set(answer.json["error"]) == {"message", "type", "param", "code"}
    assert upstreams.asked("z") == []


def test_a_run_that_nobody_answers_is_502(running, upstreams):
    for name in ("a", "b"):
        upstreams.play(name, whole('{"error": {"message": "no"}}', 400))
    answer = running.chat("trio", "Fail.")
    assert (answer.status, answer.json["error"]["code"]) == (502, "run_failed")


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_frees_its_upstreams(running, upstreams, stream):
    for name in ("a", "b"):
        upstreams.play(name, chunked(delta("begin"), Hang()))
    body = {"model": "trio", "stream": stream, "messages": [{"role": "user", "content": "Go."}]}
    connection = running.begin("/v1/chat/completions", body)
    until(lambda: upstreams.asked("a") and upstreams.asked("b"))
    connection.sock.close() if stream else connection.close()
    upstreams.closed()


def test_the_same_conversation_again_is_answered_from_the_cache(tmp_path, upstreams):
    with gateway(tmp_path, write(upstreams, tmp_path / "config")) as running:
        first = running.chat("trio", "Once.")
        again = running.chat("trio", "Once.")
        assert again.json["choices"] == first.json["choices"]
        assert len(upstreams.asked("z")) == 1
        assert float(again.headers["x-moa-cost-usd"]) == 0
        assert running.stop() == 0
