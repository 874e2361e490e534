import json

import pytest

from moa_bench.sets.user_tasks import judge, tasks
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Program
from moa_lsp.text.span import Span
from tests.fakes.task_sets import lines

ROW = {
    "id": "sum",
    "action": "refactor",
    "file": "src/sum.js",
    "text": "one\ntwo\r\nthree\n",
    "instruction": "Add.",
    "reference": "new\n",
    "tests": {"test.js": "require('./src/sum')"},
    "command": ["node", "test.js"],
}


def one(**more):
    (task,) = tasks(lines({**ROW, **more}), "f")
    return task


def test_a_task_asks_runs_a_command_and_is_its_own_cluster():
    task = one(beside={"src/help.js": "h"}, seconds=2.5, memory_mb=128)
    assert task.cluster == "sum"
    assert task.ask.beside == {"src/help.js": "h"}
    assert task.ask.target == Span(0, len(ROW["text"]))
    assert judge(task, "new\n") == Program(
        "command",
        {"src/help.js": "h", "test.js": "require('./src/sum')", "src/sum.js": "new\n"},
        command=("node", "test.js"),
        seconds=2.5,
        memory=128 << 20,
    )


@pytest.mark.parametrize(
    ("where", "target"),
    [
        pytest.param({"lines": [2, 2]}, "two", id="a line"),
        pytest.param({"lines": [1, 3]}, "one\ntwo\r\nthree", id="lines"),
        pytest.param({"cursor": [2, 1]}, "", id="before a line"),
        pytest.param({"cursor": [2, 4]}, "", id="behind a line"),
        pytest.param({}, ROW["text"], id="the whole"),
    ],
)
def test_what_is_marked(where, target):
    ask = one(**where).ask
    assert ask.text[ask.target.start : ask.target.end] == target
    if "cursor" in where:
        assert ask.target.start == ask.text.index("two") + where["cursor"][1] - 1


def test_a_completion_is_filled_into_its_gap():
    task = one(action="complete", cursor=[2, 3], reference="X")
    assert judge(task, "X").files["src/sum.js"] == "one\ntwXo\r\nthree\n"


def test_python_can_be_run_as_the_sets_of_others_are():
    task = one(mode="unittest", entry="t.py", tests={"t.py": "x"}, command=[])
    assert judge(task, "").mode == "unittest"
    assert judge(task, "").entry == "t.py"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cursor": [4, 2]}, "line 4 has columns 1 to 1"),
        ({"lines": [2, 9]}, "the text has lines 1 to 4"),
        ({"lines": [3, 2]}, "the text has lines 1 to 4"),
        ({"lines": [0, 2]}, "`lines.0`: input should be greater"),
        ({"lines": [1, 2], "cursor": [1, 1]}, "exclude each other"),
        ({"action": "complete"}, "needs `cursor`"),
        ({"command": []}, "mode `command` needs `command`"),
        ({"mode": "script"}, "mode `script` needs `entry`"),
        ({"mode": "script", "entry": "x.py", "command": []}, "neither `file` nor in `tests`"),
        ({"file": "../x"}, "no path below the working folder"),
        ({"file": "/x"}, "no path below the working folder"),
        ({"file": "a//b"}, "no path below the working folder"),
        ({"tests": {"a\\b": ""}}, "no path below the working folder"),
        ({"beside": {"": ""}}, "no path below the working folder"),
        ({"seconds": 0}, "`seconds`"),
        ({"seconds": 1e9}, "`seconds`"),
        ({"memory_mb": 1}, "`memory_mb`"),
        ({"timeout": 3}, "`timeout`: extra inputs are not permitted"),
        ({"reference": None}, "`reference`"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_with_its_line(more, said):
    with pytest.raises(UsageError) as refused:
        tasks(lines(ROW, {**ROW, "id": "b", **more}), "f")
    assert str(refused.value).startswith("f:2: ")
    assert said in str(refused.value)


def test_the_example_of_the_docs_is_one(pytestconfig):
    text = (pytestconfig.rootpath / "docs" / "bench-tasks.md").read_text("utf-8")
    block = text.partition("```json\n")[2].partition("```")[0]
    (task,) = tasks(json.dumps(json.loads(block)).encode(), "f")
    assert judge(task, task.reference).command
