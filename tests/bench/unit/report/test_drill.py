"""Single tasks: every text once, the telling ones first, within the page's bound."""

from hypothesis import given
from hypothesis import strategies as st

from moa_bench.report.leaderboard import build
from moa_bench.report.task_details import MAX_PAGE_BYTES, MAX_PAGE_TEXT_CHARS, PageBudget, drill
from moa_bench.values import TaskDetail
from tests.fakes.results import outcomes, result, sweep


def drilled(results, size=MAX_PAGE_BYTES):
    (table,) = build(results).tables
    return drill(table, results, PageBudget(size))


def failing(mix, answer, *proposals, task="t1", **other):
    made = TaskDetail("the prompt", proposals, answer, "Traceback\n  File x\nTypeError: no\n")
    return result(mix, task, "failed", drill=made, **other)


def test_a_text_that_mixes_share_is_there_once():
    made = drilled([
        failing("a", "same", ("x", "p"), ("y", "q"), right={"x": True}),
        failing("b", "same", ("x", "p"), ("z", "p")),
        result("c"),
    ])  # fmt: skip
    (task,) = made.tasks
    assert (task.asked, len(task.passed)) == (3, 1)
    assert [(each.who, each.text, each.right) for each in task.proposals] == [
        ("x", "p", True), ("y", "q", None), ("z", "p", None)]  # fmt: skip
    assert [each.text for each in task.prompts] == ["the prompt"]
    assert [each.text for each in task.answers] == ["same"]
    assert [each.proposals for each in task.verdicts] == [(0, 1), (0, 2)]
    assert [each.answer for each in task.verdicts] == [0, 0]
    assert {each.detail for each in task.verdicts} == {"TypeError: no"}


def test_tasks_on_which_mixes_differ_come_first_and_solved_ones_are_named():
    made = drilled([*outcomes("a", "PFPF"), *outcomes("b", "PFFP")])
    assert [task.task for task in made.tasks] == ["t02", "t03", "t01"]
    assert made.solved == ("t00",)


def test_task_9_comes_before_task_10():
    made = drilled([failing("a", "x", task=f"set/{at}") for at in (10, 9, 100)])
    assert [task.task for task in made.tasks] == ["set/9", "set/10", "set/100"]


def test_the_first_sample_is_shown_and_a_missing_one_only_alone():
    made = drilled([
        failing("a", "second", sample=1),
        failing("a", "first", sample=0),
        result("b", state="missing", spent_usd=1.0),
        failing("b", "late"),
    ])  # fmt: skip
    (task,) = made.tasks
    assert [each.text for each in task.answers] == ["first", "late"]


def test_long_texts_show_both_ends():
    long = "a" * MAX_PAGE_TEXT_CHARS + "b" * MAX_PAGE_TEXT_CHARS
    ((answer,),) = (task.answers for task in drilled([failing("m", long)]).tasks)
    assert len(answer.text) < MAX_PAGE_TEXT_CHARS + 50
    assert answer.text.startswith("aaa")
    assert answer.text.endswith("bbb")
    assert f"{MAX_PAGE_TEXT_CHARS:,} characters left out" in answer.text


RESULTS, _ = sweep(tasks=10)
(TEN,) = build(RESULTS).tables


@given(st.integers(0, 200_000))
def test_what_does_not_fit_is_counted(size):
    made = drill(TEN, RESULTS, PageBudget(size))
    whole = drill(TEN, RESULTS, PageBudget())
    shown = {task.task for task in made.tasks}
    assert {*shown, *made.left_out} == {task.task for task in whole.tasks}
    texts = [
        piece.text
        for task in made.tasks
        for pieces in (task.prompts, task.proposals, task.answers)
        for piece in pieces
    ]
    assert sum(map(len, texts)) <= size
    assert made.shortened == sum(not task.prompts for task in made.tasks)


def test_a_room_is_shared():
    room = PageBudget(10)
    assert room.takes(6)
    assert not room.takes(5)
    assert room.takes(4)
    assert room.left == 0
