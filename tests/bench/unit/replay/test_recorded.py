"""Recorded answers in place of models: what a file gives, and what it cannot know."""

import gzip
import json
from pathlib import Path

import pytest

from moa_bench.replay.recorded import MAX_RECORDING_BYTES, Recordings, select_mix, selected
from moa_lsp.config import limits
from moa_lsp.config.mixes import (
    Agent,
    Layer,
    MixFile,
    build,
)
from moa_lsp.config.steps import DEFAULT_AGGREGATOR, ModelStep, Select
from moa_lsp.errors import ProviderError, UsageError
from moa_lsp.providers.base import Infill, Request
from moa_lsp.task import Message, Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.text.tokens import tokens

TASK = Task("refactor", "replace", Snapshot("file:///a.py", "x = 1\n", "python"), Span(0, 6), 0)

ROWS = [
    {"task_id": "t/1", "model": "large(2023)", "sample_index": 1, "raw_output": "second"},
    {"task_id": "t/1", "model": "large(2023)", "sample_index": 0, "raw_output": "first"},
    {"task_id": "t/1", "model": "org/small", "raw_output": "only", "passed": True, "extra": [1]},
    {"task_id": "t/2", "model": "org/small", "raw_output": ""},
]


def lines(*rows: object) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(lines(*ROWS))
    return path


def asked(model: str, words: str = "do it", **more) -> Request:
    return Request(model, (Message("user", words),), TASK, **more)


async def texts(provider, *requests: Request) -> list[str]:
    return [(await provider.answer(request, lambda _: None)).text for request in requests]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_file_is_read_by_what_it_holds_and_not_by_its_name(tmp_path, pack):
    path = tmp_path / "answers"
    path.write_bytes(pack(lines(*ROWS) + b"\n"))
    read = Recordings.read(path)
    assert read.models == ("large(2023)", "org/small")
    assert read.answers["t/1"]["large(2023)"] == ("first", "second")
    assert read.answers["t/2"] == {"org/small": ("",)}


BROKEN = [
    (b"", "holds no recorded answer"),
    (b"\n\n", "holds no recorded answer"),
    (b"{", "line 1 is not JSON"),
    (b"[" * 100_000, "line 1 is not JSON"),
    (b"\xff", "line 1 is not JSON"),
    (b"[]", "line 1 is not a JSON object"),
    (lines(ROWS[0], {"model": "m", "raw_output": ""}), "line 2 has no task_id, a text"),
    (lines({"task_id": "t", "model": "", "raw_output": ""}), "line 1 has no model, a text"),
    (
        lines({"task_id": "t", "model": "m", "raw_output": None}),
        "line 1 has no raw_output, a text",
    ),
    (lines(ROWS[0] | {"sample_index": -1}), "line 1 has a sample_index that is no count"),
    (lines(ROWS[0] | {"sample_index": True}), "line 1 has a sample_index that is no count"),
    (lines(ROWS[0], ROWS[0]), "line 2 gives sample 1 of large(2023) a second time"),
    (gzip.compress(lines(*ROWS))[:-12], "cannot read"),
    (b"\x1f\x8b nonsense", "cannot read"),
]


@pytest.mark.parametrize(("content", "says"), BROKEN)
def test_what_is_no_recording_is_said_with_its_line(tmp_path, content, says):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        Recordings.read(path)
    assert says in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot read"):
        Recordings.read(tmp_path / "missing")


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path):
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as bomb:
        piece = b" " * (8 * 2**20)
        for _ in range(MAX_RECORDING_BYTES // len(piece)):
            bomb.write(piece)
        bomb.write(b" ")
    with pytest.raises(UsageError, match="holds more than"):
        Recordings.read(path)


async def test_equal_requests_get_one_sample_after_another(file):
    provider = Recordings.read(file).provider("t/1")
    other = asked("large(2023)", "in other words")
    assert await texts(provider, asked("large(2023)"), other) == ["first", "first"]
    assert await texts(provider, asked("large(2023)"), other) == ["second", "second"]


async def test_no_sample_is_given_twice(file):
    provider = Recordings.read(file).provider("t/1")
    await texts(provider, asked("large(2023)"), asked("large(2023)"))
    with pytest.raises(ProviderError, match=r"has 2 answers of large\(2023\) to t/1"):
        await texts(provider, asked("large(2023)"))


async def test_each_run_begins_with_the_first_sample(file):
    recordings = Recordings.read(file)
    for _ in range(2):
        assert await texts(recordings.provider("t/1"), asked("large(2023)")) == ["first"]


@pytest.mark.parametrize(
    ("task", "model", "says"),
    [
        ("t/2", "large(2023)", r"no answer of large\(2023\) to t/2"),
        ("t/3", "org/small", "no answer of org/small to t/3"),
        ("t/1", "other", r"no model other, take one of: large\(2023\), org/small"),
    ],
)
async def test_what_is_not_recorded_is_the_providers_failure_and_no_answer(
    file, task, model, says
):
    with pytest.raises(ProviderError, match=says) as raised:
        await texts(Recordings.read(file).provider(task), asked(model))
    assert not raised.value.retryable


async def test_usage_is_counted_and_the_cost_is_not_made_up(file):
    provider = Recordings.read(file).provider("t/1")
    on_delta: list[str] = []
    reply = await provider.answer(asked("org/small", "refactor this please"), on_delta.append)
    assert (reply.usage.input, reply.usage.output) == (tokens("refactor this please"), 1)
    assert reply.cost_usd is None
    assert (reply.exact, reply.finish, on_delta) == (False, "stop", ["only"])
    gap = asked("org/small", infill=Infill("def f():\n", "\n    return 1\n"))
    provider = Recordings.read(file).provider("t/1")
    reply = await provider.answer(gap, on_delta.append)
    assert reply.usage.input == tokens("def f():\n") + tokens("\n    return 1\n")
    assert provider.name == "recorded"
    await provider.close()


def test_a_message_names_some_of_many_models(tmp_path):
    path = tmp_path / "answers.jsonl"
    many = [{"task_id": "t", "model": f"m{n}", "raw_output": ""} for n in range(100)]
    path.write_bytes(lines(*many))
    said = Recordings.read(path).unknown("\x1b[31mred")
    assert "m0, m1" in said
    assert said.endswith("and 76 more")
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("select-of-1", 1),
        ("select-of-12", 12),
        ("select-of-0", None),
        ("select-of-", None),
        ("select-of-03", None),
        ("my-select-of-3", None),
        ("select-of-3\n", None),
    ],
)
def test_the_name_of_a_mix_says_how_many(name, count):
    assert selected(name) == count


def test_a_mix_is_made_of_the_first_models_in_the_order_of_the_file(file):
    recordings = Recordings.read(file)
    mix = select_mix(2, recordings)
    assert mix.name == "select-of-2"
    assert mix.models == ("recorded/large(2023)", "recorded/org/small")
    assert {agent.weight for agent in mix.agents} == {1.0}  # so the order alone decides
    assert mix.aggregator == DEFAULT_AGGREGATOR
    recordings.check(mix)
    with pytest.raises(UsageError, match=r"no mix of 3 models .* only of 2"):
        select_mix(3, recordings)


def test_a_mix_has_no_more_models_than_a_mix_may(tmp_path):
    path = tmp_path / "answers.jsonl"
    many = [{"task_id": "t", "model": f"m{n}", "raw_output": ""} for n in range(100)]
    path.write_bytes(lines(*many))
    recordings = Recordings.read(path)
    assert len(select_mix(limits.MAX_AGENTS, recordings).agents) == limits.MAX_AGENTS
    with pytest.raises(UsageError, match=f"only of {limits.MAX_AGENTS}"):
        select_mix(limits.MAX_AGENTS + 1, recordings)


SMALL = Agent(model="recorded/org/small")
LIVE = Agent(model="ollama/qwen")

REFUSED = [
    ({"proposers": (Agent(model="recorded/none"),)}, "no model none"),
    ({"proposers": (Agent(model="ollama/qwen", fallbacks=("recorded/none",)),)}, "no model none"),
    (
        {"proposers": (SMALL,), "aggregator": (ModelStep(model="recorded/org/small"),)},
        "shows proposals to a recorded model",
    ),
    (
        {"layers": (Layer(agents=(SMALL,)), Layer(agents=(SMALL,)))},
        "shows proposals to a recorded model",
    ),
]


@pytest.mark.parametrize(("parts", "says"), REFUSED)
def test_a_recording_is_not_asked_what_it_cannot_know(file, parts, says):
    with pytest.raises(UsageError, match=says):
        Recordings.read(file).check(build(MixFile(name="m", **parts)))


def test_nor_through_a_mix_in_a_mix(file):
    asking = ModelStep(model="recorded/org/small")
    inner = build(MixFile(name="inner", proposers=(SMALL,), aggregator=(asking,)))
    outer = build(MixFile(name="outer", proposers=(Agent(model="mix/inner"),)), {"inner": inner})
    with pytest.raises(UsageError, match="mix inner shows proposals"):
        Recordings.read(file).check(outer)


ALLOWED = [
    {"proposers": (SMALL,), "aggregator": (ModelStep(model="ollama/qwen"),)},
    {"proposers": (SMALL, SMALL, LIVE), "aggregator": (Select(select="vote"),)},
    {"layers": (Layer(agents=(LIVE,)), Layer(agents=(Agent(model=SMALL.model, sees="task"),)))},
]


@pytest.mark.parametrize("parts", ALLOWED)
def test_a_live_model_may_see_what_recorded_ones_propose(file, parts):
    Recordings.read(file).check(build(MixFile(name="m", **parts)))
