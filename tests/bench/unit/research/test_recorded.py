"""The study of selection, on made-up answers: what it reads, how it compares, what it shows."""

import asyncio
import gzip
import json
import math
import random
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.mix.select import Candidate
from moa_lsp.sandbox.choose import choose
from research.recorded import alike, executed, inside, tried, unseen
from research.recorded.answers import Answer, Group, Question, Recording, read, replacing
from research.recorded.examples import MAX_INPUTS, examples, inputs
from research.recorded.executed import with_examples
from research.recorded.judged import Judged
from research.recorded.page import page
from research.recorded.regression import fit
from research.recorded.rules import ENGINE
from research.recorded.sets import program
from research.recorded.study import Study, _corrected, study, summary, table

# --- made-up answers ----------------------------------------------------------------------------


def answer(order: int, key: str = "", *, passed: bool = False, **facts) -> Answer:
    """Of the model ``m<order>``; a key makes it equal to others."""
    text = key or f"text {order}"
    known = {"found": True, "parses": True, "undefined": (), "change": text, "whole": text}
    known |= {name: facts.pop(name) for name in tuple(facts) if name in known}
    judged = Judged(text=text, key=text, coarse=text, changed=text, **known)
    return Answer(
        f"m{order}", Candidate(order, 1 / (order + 1), text, text), judged, passed, **facts
    )


def names(rule, *answers: Answer) -> str:
    return rule(answers).model


AB, XYZ = [answer(n, "ab") for n in range(4)], answer(0, "xyz")

CHOICES = [
    ("", "prior", (answer(0), answer(1)), "m0"),
    ("", "prior", (answer(0, found=False), answer(1)), "m1"),
    ("", "prior", (answer(0, parses=False), answer(1)), "m1"),  # it would break the file
    ("parse", "vote", (answer(0), answer(1, "a"), answer(2, "a")), "m1"),
    ("parse", "vote", (answer(0), answer(1)), "m0"),
    ("parse", "majority", (answer(0), answer(1, "a"), answer(2, "a")), "m1"),
    ("parse", "majority", (answer(0), answer(1, "a"), answer(2, "a"), answer(3)), "m0"),
    (
        "parse",
        "medoid",
        (answer(0, "xy"), *AB[1:]),
        "m1",
    ),
    ("parse", "prior", (answer(0, parses=False), answer(1, parses=False)), "m0"),
    ("parse, names", "prior", (answer(0, undefined=("x",)), answer(1)), "m1"),
    ("parse, names", "prior", (answer(0, undefined=("x",)), answer(1, undefined=("y",))), "m0"),
    ("parse, examples", "prior", (answer(0, examples=0.5), answer(1, examples=1.0)), "m1"),
    ("parse, examples", "prior", (answer(0, examples=0.5), answer(1, examples=0.5)), "m0"),
    ("parse, examples", "prior", (answer(0), answer(1)), "m0"),
]


@pytest.mark.parametrize(("gate", "step", "answers", "chosen"), CHOICES)
def test_the_engines_rules(gate, step, answers, chosen):
    assert names(ENGINE[gate, step], *answers) == chosen


NEW = [
    ("majority by changed definitions", (answer(0), answer(1, "a"), answer(2, "a")), "m1"),
    ("majority by changed definitions", (answer(0), answer(1, "a"), answer(2)), "m0"),
    ("medoid of the changes", (answer(0, "xyz"), answer(1, "abc"), answer(2, "abd")), "m0"),
    (
        "medoid of the changes, all alike",
        (answer(0, "xyz"), answer(1, "abc"), answer(2, "abd")),
        "m1",
    ),
    (
        "changes of like size, then prior",
        (answer(0, "a" * 90), answer(1, "b" * 30), answer(2, "c" * 31)),
        "m1",
    ),
    ("first that is not lonely", (answer(0, "xyz"), answer(1, "abcd"), answer(2, "abce")), "m1"),
    ("first that is not lonely", (answer(0, "abcf"), answer(1, "abcd"), answer(2, "abce")), "m0"),
]


@pytest.mark.parametrize(("rule", "answers", "chosen"), NEW)
def test_rules_that_are_tried(rule, answers, chosen):
    assert names(tried.PLAIN[rule], *answers) == chosen


def test_a_family_has_one_vote():
    series = [replace(answer(n, "a"), model=f"qwen2.5-{n}b") for n in (1, 2, 3)]
    others = [replace(answer(n, "b"), model=name) for n, name in ((4, "gpt-4"), (5, "claude-3"))]
    assert tried.PLAIN["vote by families"]([*series, *others]).model == "gpt-4"


def test_behaviours_count_where_programs_differ():
    found = [answer(0, behaviour="1"), answer(1, behaviour="2"), answer(2, behaviour="2")]
    assert names(tried.EXECUTED["majority of behaviours"], *found) == "m1"


def asked(number: int, *answers: Answer) -> Question:
    return Question(f"q{number}", f"c{number}", "python", answers)


def test_what_is_learnt_of_a_question_is_never_used_on_it():
    """The first model is right in one half only, so each half learns what is wrong for itself."""
    questions = [
        asked(
            n,
            answer(0, passed=tried.half(f"c{n}") == 0),
            answer(1, passed=tried.half(f"c{n}") == 1),
        )
        for n in range(40)
    ]
    chosen = tried.cross_fitted(tried.learnt_prior(by_language=False), questions)
    assert not any(each.passed for each in chosen)


def test_halves_are_by_chance_and_for_good():
    halves = [tried.half(f"task {n}") for n in range(1000)]
    assert 400 < sum(halves) < 600
    assert [tried.half(f"HumanEval/{n}") for n in range(8)] == [0, 1, 0, 0, 1, 1, 0, 1]


@pytest.mark.parametrize("name", [*tried.LEARNT, *tried.LEARNT_EXECUTED])
def test_learnt_rules_prefer_the_model_that_is_right(name):
    questions = [
        asked(
            n,
            answer(0, f"a{n}"),
            answer(1, f"b{n}", passed=True, examples=1.0),
            answer(2, f"c{n}"),
        )
        for n in range(60)
    ]
    fitting = (tried.LEARNT | tried.LEARNT_EXECUTED)[name]
    assert {each.model for each in tried.cross_fitted(fitting, questions)} == {"m1"}


def test_a_regression_finds_what_made_the_labels():
    chance = random.Random(1)
    rows = [[chance.random(), chance.random(), 1.0] for _ in range(2000)]
    labels = [chance.random() < 1 / (1 + math.exp(8 * (row[1] - 0.5))) for row in rows]
    score = fit(rows, labels)
    assert score([0.5, 0.1, 1.0]) == pytest.approx(3.2, abs=0.5)
    assert score([0.5, 0.9, 1.0]) == pytest.approx(-3.2, abs=0.5)
    assert abs(score([0.1, 0.5, 1.0]) - score([0.9, 0.5, 1.0])) < 0.5


# --- likeness -----------------------------------------------------------------------------------

FIRST = 'def f(a: int) -> int:\n    """Doc."""\n    total = a\n    return total\n'


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("def f(a):\n    x = a\n    return x\n", True),
        ("def f(a):\n    # why\n    x: int = a\n    return x\n", True),
        ("def f(a):\n    x = a\n    return a\n", False),
        ("def f(b):\n    x = b\n    return x\n", False),  # callers may name it
    ],
)
def test_names_of_locals_and_docstrings_are_aside(other, same):
    assert (alike.coarse(FIRST) == alike.coarse(other)) is same


@pytest.mark.parametrize("broken", ["def f(:", "\x00", "(" * 300])
def test_what_does_not_parse_has_no_coarse_view(broken):
    assert alike.coarse(broken) is None
    assert alike.changed("x = 1\n", broken) is None


def test_only_changed_definitions_count():
    before = (
        "import a\n\n\ndef f():\n    return 1\n\n\nclass C:\n    def g(self):\n        return 2\n"
    )
    one = before.replace("return 2", "return 3")
    two = one.replace("import a", "import a, b") + "\nprint(f())\n"
    assert alike.changed(before, one) == alike.changed(before, two)
    assert "C.g" in alike.changed(before, one)
    assert "'f'" not in alike.changed(before, one)
    assert alike.changed("", one) == alike.coarse(one)


def test_a_change_is_the_lines_that_differ():
    assert alike.change("a\nb  \nc\n", "a\nb\nd\n") == "-c\n+d"


def test_languages_and_clusters_are_told_by_the_answers():
    python = ["def f(items):\n    return items\n"] * 3
    script = ["function f(items) { return items.map((x) => x + 1); }\n"] * 3
    assert unseen.language(python) == "python"
    assert unseen.language(script) == "javascript"
    texts = {
        "1": ["# find the largest\ndef largest(items):\n    return max(items)\n"],
        "2": ["# finde das Groesste\ndef largest(items):\n    return max(items)\n"],
        "3": ["class Shop:\n    def sell(self, thing):\n        self.sold.append(thing)\n"],
    }
    found = unseen.clusters(texts)
    assert found["1"] == found["2"] != found["3"]
    assert unseen.common([["db", "x"], ["db"], []]) == {"db"}


# --- examples -----------------------------------------------------------------------------------

PROMPTS = [
    ('def f(a):\n    """Double.\n    >>> f(1)\n    2\n    """\n', [("f(1)", "2")]),
    ('def f(a):\n    """f(1) == 2; f([1,\n 2]) ➞ [2, 4]"""\n', [("f([1, 2])", "[2, 4]")]),
    ("f('a') returns 'aa'\nf('') => ''\n", [("f('a')", "'aa'"), ("f('')", "''")]),
    ("f(1) should return 2.\n", [("f(1)", "2")]),
    ("f(2) => true # since it is\n", [("f(2)", "True")]),
    ("f(x) => 3", [("f(x)", "3")]),  # nothing says what x is: it fails when it is run
    ("f(1) is two, g.f(1) == 2, ff(1) == 2", []),
    ("f(1 == 2", []),
]


@pytest.mark.parametrize(("prompt", "found"), PROMPTS)
def test_examples_are_found_in_prompts(prompt, found):
    assert examples(prompt, "f") == found


def test_inputs_are_the_examples_and_their_neighbours():
    found = inputs([("f([1], 'a')", "1"), ("f(x)", "2")])
    assert found[0] == "f([1], 'a')"
    assert "f([], 'a')" in found
    assert "f([1], 'A')" in found
    assert found[-1] == "f(x)"
    many = [(f"f({n}, {n}, {n}, {n})", "0") for n in range(50)]
    assert len(inputs(many)) == MAX_INPUTS


def test_a_program_is_looked_at_by_its_examples_and_inputs():
    found = inside.look(
        "def f(a):\n    return 2 * a", [("f(1)", "2"), ("f(2)", "5")], ["f(3)", "f()"]
    )
    assert found == ("10", ["6", "TypeError"])


def test_a_program_that_took_its_time_is_not_called_again():
    calls = []
    names = {"f": lambda: calls.append(1)}
    with pytest.raises(TimeoutError):
        inside.called("f()", names, stop=0.0)
    assert calls == []


APART = """
import json, sys
from research.recorded import inside

inside.PROGRAM_S = inside.CALL_S = 0.2
print(json.dumps(inside.apart(sys.argv[1], [["f()", "1"]], ["f()"])))
"""
"""Looks at a program in a process of its own: a child is forked there, and timers are for all."""

ENDED = {
    "at its end": ("def f():\n    return 1", ["1", ["1"]]),
    "in a call": ("def f():\n    while True:\n        pass", ["0", ["no end"]]),
    "before any call": ("while True:\n    pass", None),
    "that hears nothing": (
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        None,
    ),
}


@pytest.mark.parametrize("where", ENDED)
def test_a_program_is_ended_by_the_processors_time(where):
    code, found = ENDED[where]
    words = [sys.executable, "-c", APART, code]
    # Which is long before it is ended by the clock.
    done = subprocess.run(words, capture_output=True, check=True, timeout=inside.SLEEP_S / 2)
    assert json.loads(done.stdout) == found


def test_all_programs_of_a_batch_may_wait_until_they_are_ended():
    assert executed.PROGRAMS * inside.SLEEP_S < executed.SECONDS


# --- from files to the page ---------------------------------------------------------------------

TASK = {"full_name": "t", "before": "def f(a):\n    return a\n"}
RIGHT = "def f(a):\n    return 2 * a\n"
WRONG = "def f(a):\n    return twice(a)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tasks = [TASK | {"full_name": f"t{n}"} for n in range(12)]
    told = [
        {
            "task_id": f"t{n}",
            "model": model,
            "sample_index": s,
            "raw_output": text,
            "passed": passed,
        }
        for n in range(12)
        for s in (0, 1)
        for model, text, passed in (
            ("good", RIGHT if n % 3 else WRONG, bool(n % 3)),
            ("bad", RIGHT, True) if n < 4 else ("bad", TASK["before"], False),
            ("other", RIGHT, True),
        )
    ]
    for name, rows in (("tasks", tasks), ("answers", told)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return tmp_path


def recording(**more) -> Recording:
    return Recording(
        name="made up",
        tasks="tasks.jsonl.gz",
        answers={"answers.jsonl.gz": None},
        key=lambda row: row["full_name"],
        of=lambda name: name.split(" ")[0],
        task=lambda row: replacing(row["before"]),
        reply=program,
        cluster=lambda name: name,
        groups=(Group("two", ("bad", "good"), {}),),
        **more,
    )


def test_answers_are_judged_once_and_ordered_by_how_often_they_are_right(folder, tmp_path):
    cache = tmp_path / "cache"
    found = read(folder, recording(), cache)
    again = read(folder, recording(), cache)
    assert len(list(cache.iterdir())) == 1
    assert again.answers == found.answers
    questions = found.questions(found.recording.groups[0])
    assert len(questions) == 12
    assert [each.model for each in questions[0].answers] == ["good", "bad"]
    first = questions[0].answers[0]
    assert (first.judged.undefined, first.usable, first.judged.names) == (("twice",), True, False)
    assert not questions[11].answers[1].usable  # it changes nothing
    assert "other" not in found.answers["t0"]  # of no group


def test_each_sample_is_a_question(folder, tmp_path):
    found = read(folder, recording(samples=(0, 1)), tmp_path / "cache")
    assert len(found.answers) == 24
    assert {"t0", "t0 #1"} <= set(found.answers)


def test_a_table_says_what_each_rule_gains_and_what_it_loses(folder, tmp_path):
    found = read(folder, recording(), tmp_path / "cache")
    made = table(found, found.recording.groups[0])
    assert [name for name, _ in made.models] == ["good", "bad"]
    assert made.models[0][1].value == pytest.approx(8 / 12)
    row = made.row("verify: [parse, names], prior")
    # Of the four in which the first uses a name that nothing defines, the other is right in two.
    assert (row.better, row.worse, row.pair.better, row.pair.worse) == (2, 0, 2, 0)
    assert row.score.value == pytest.approx(10 / 12)
    assert row.chance == pytest.approx(0.5)
    assert not made.ran
    assert not any("examples" in each.name for each in made.rows)


class Pieces(HTMLParser):
    """Tags that are open at the end, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.linked += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "line", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("line", "circle"):
            assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(folder, tmp_path):
    found = read(folder, recording(), tmp_path / "cache")
    tables = list(_corrected([table(found, found.recording.groups[0])]))
    made = page(Study(tuple(tables), (), ("<not there>",)))
    pieces = Pieces()
    pieces.feed(made)
    assert pieces.open == []
    assert pieces.linked == []
    assert "&lt;not there&gt;" in made
    assert "verify: [parse, names], prior" in made
    assert "<b>No.</b>" in made


def test_what_is_tried_is_corrected_for_all_that_is_tried(folder, tmp_path):
    found = read(folder, recording(), tmp_path / "cache")
    (made,) = _corrected([table(found, found.recording.groups[0])])
    for row in made.rows:
        assert (row.corrected is not None) is row.tried
        assert not row.tried or row.corrected >= row.chance
    assert summary(Study((made,), (), ())) == {}


def test_a_folder_without_recordings_is_told(tmp_path):
    made = study(tmp_path, tmp_path / "cache")
    assert made.tables == ()
    assert len(made.missing) == 6
    assert "editing, CanItEdit" in page(made)


def test_prompts_without_examples_need_no_sandbox(folder, tmp_path):
    plain = read(folder, recording(), tmp_path / "cache")
    assert with_examples(plain, tmp_path / "cache") is plain


def test_answers_are_run_in_the_sandbox_and_once(folder, tmp_path):
    try:
        asyncio.run(choose())
    except SandboxError as err:
        pytest.skip(f"no sandbox here: {err}")
    cache = tmp_path / "cache"
    asking = recording(prompt=lambda _: (">>> f(2)\n4\n", "f"))
    found = with_examples(read(folder, asking, cache), cache)
    good, bad = (found.answers["t1"][model] for model in ("good", "bad"))
    assert (good.examples, bad.examples) == (1.0, 1.0)
    assert good.behaviour == bad.behaviour is not None
    unchanged, broken = found.answers["t9"]["bad"], found.answers["t9"]["good"]
    assert (unchanged.examples, broken.examples) == (0.0, 0.0)
    assert unchanged.behaviour != broken.behaviour
    made = table(found, asking.groups[0])
    assert made.ran
    assert made.row("verify: [parse, examples], prior").score.value == pytest.approx(10 / 12)
    assert with_examples(read(folder, asking, cache), cache).answers == found.answers
    assert len(list(cache.glob("executed-*"))) == 1
