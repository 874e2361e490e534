import pytest

from moa_bench.sets.refactoring import edit_action, judge, tasks
from moa_lsp.errors import UsageError
from tests.fakes.task_sets import METHOD, TREES, content, packed

(TASK,) = tasks(content("aider-refactor"), "f")


def test_it_is_asked_for_by_an_action_on_the_whole_file_in_blocks():
    action = edit_action()
    assert (TASK.ask.action, action.scope, action.output) == (action.id, "file", "replace")
    assert TASK.ask.file == "shop.py"
    assert TASK.ask.instruction.startswith("# Refactor Shop.twice")


FUNCTION, CLASS = TASK.reference.split("\n\n\n", 1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(METHOD, "there is no function twice at the top level", id="untouched"),
        pytest.param("", "there is no function twice", id="nothing"),
        pytest.param("def twice(:", "the file does not parse", id="broken"),
        pytest.param("x = 1\0", "the file does not parse", id="a zero byte"),
        pytest.param("(" * 5000, "the file does not parse", id="deep nesting"),
        pytest.param("def twice():\n    pass\n" + CLASS, "twice has 3 nodes", id="left out"),
        pytest.param(f"{FUNCTION}\n{METHOD}", "Shop has 71 nodes, not 50", id="copied"),
        pytest.param(FUNCTION, "there is no class Shop", id="the class is gone"),
    ],
)
def test_what_is_no_refactoring_is_told(answer, said):
    verdict = judge(TASK, answer)
    assert verdict.status == "failed"
    assert verdict.detail.startswith(said)


def test_small_changes_beside_are_tolerated():
    assert judge(TASK, TASK.reference.replace("self.total", "self.sum")).status == "passed"


START = "refactor-benchmark/shop_Shop_twice"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({f"{START}/shop_test.py": "x"}, "shop_test.py does not say", id="no facts"),
        pytest.param({f"{START}/more.py": "x"}, "is not one file with its test", id="two files"),
        pytest.param({f"{START}/.docs/instructions.md": ""}, "is not one file", id="no words"),
    ],
)
def test_a_folder_that_lacks_something_is_refused(change, said):
    with pytest.raises(UsageError) as refused:
        tasks(packed({**TREES["aider-refactor"], **change}), "f")
    assert said in str(refused.value)
