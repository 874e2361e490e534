"""What the bench keeps, and that nothing takes it away."""

import sqlite3
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_bench.replay.store import Store, StoredAnswer, key_of
from moa_lsp.errors import RunError, UsageError
from moa_lsp.providers.base import AgentDeclines, Reply, Usage
from moa_lsp.sandbox.program import Verdict

ANSWER = StoredAnswer(Reply("x = 1\n", usage=Usage(3, 2, 1), cost_usd=0.25), 0.5, 1.25, 0.25)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "out" / "answers.sqlite")
    yield made
    made.close()


WRITER = """
import os, sys
from pathlib import Path
from moa_bench.replay.store import StoredAnswer, Store
from moa_lsp.providers.base import Reply
store = Store(Path(sys.argv[1]))
for number in range(50):
    store.keep_answer(str(number), StoredAnswer(Reply(f"answer {number}")))
os.kill(os.getpid(), 9)
"""

TEXTS = st.text(st.characters(exclude_categories=()), max_size=40)
SECONDS = st.floats(0, 1e6)
COUNTS = st.integers(0, 10**9)
COSTS = st.none() | st.floats(0, 100)
REPLIES = st.builds(
    Reply,
    TEXTS,
    exact=st.booleans(),
    finish=st.sampled_from(["stop", "length", "refused", "unknown"]),
    usage=st.none() | st.builds(Usage, COUNTS, COUNTS, COUNTS),
    cost_usd=COSTS,
    reasoning_chars=COUNTS,
)
ANSWERS = st.builds(
    StoredAnswer,
    REPLIES | st.builds(AgentDeclines, TEXTS, st.booleans()),
    first=SECONDS,
    seconds=SECONDS,
    cost_usd=COSTS,
)


@given(answers=st.lists(ANSWERS, max_size=8), verdict=st.builds(
    Verdict, st.sampled_from(["passed", "failed", "timeout"]), TEXTS, SECONDS))  # fmt: skip
def test_what_is_kept_is_given_back(tmp_path_factory, answers, verdict):
    path = tmp_path_factory.mktemp("store") / "answers.sqlite"
    store = Store(path)
    for number, each in enumerate(answers):
        store.keep_answer(str(number), each)
    store.keep_verdict("v", verdict)
    store.close()
    again = Store(path)
    assert [again.answer(str(number)) for number in range(len(answers))] == answers
    assert again.verdict("v") == verdict
    assert again.answer("never") is None
    assert again.verdict("0") is None
    again.close()


def test_a_killed_process_loses_nothing_and_leaves_no_lock(tmp_path):
    path = tmp_path / "answers.sqlite"
    done = subprocess.run([sys.executable, "-c", WRITER, str(path)], check=False)
    assert done.returncode == -9
    store = Store(path)
    assert [store.answer(str(number)).reply.text for number in range(50)] == [
        f"answer {number}" for number in range(50)
    ]
    store.close()


def test_a_second_writer_is_refused_until_the_first_lets_go(tmp_path):
    path = tmp_path / "answers.sqlite"
    first = Store(path)
    with pytest.raises(UsageError, match="another bench is at work"):
        Store(path)
    first.close()
    first.close()
    Store(path).close()


def test_nothing_of_another_program_is_written_to(tmp_path):
    path = tmp_path / "answers.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    with pytest.raises(UsageError, match="another program"):
        Store(path)
    path.write_text("no database at all, but long enough to be looked at as if it were one" * 9)
    with pytest.raises(UsageError, match="cannot be used"):
        Store(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be opened"):
        Store(tmp_path / "file" / "answers.sqlite")


def test_a_closed_store_says_so(store):
    store.close()
    with pytest.raises(RunError, match="was closed"):
        store.answer("k")


def test_every_thread_may_use_it(store):
    def keep(thread):
        for number in range(20):
            store.keep_answer(f"{thread}/{number}", ANSWER)

    threads = [threading.Thread(target=keep, args=(name,)) for name in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    kept = [store.answer(f"{thread}/{number}") for thread in range(4) for number in range(20)]
    assert kept == [ANSWER] * 80


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
))  # fmt: skip
def test_a_key_is_one_of_content(content):
    assert len(key_of(content)) == 64
    assert key_of(content) == key_of(content)
    assert key_of([content]) != key_of(content)


def test_the_order_of_keys_says_nothing():
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert key_of({"a": 1}) != key_of({"a": "1"})
