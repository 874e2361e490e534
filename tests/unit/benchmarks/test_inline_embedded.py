"""The measurements of completion without a model: what is drawn, and what counts as right."""

import gzip
import json
import random

import pytest

from benchmarks.infilling import fill, passes
from benchmarks.inline_calibration import SHOWN, cell, counted
from benchmarks.inline_embedded import Found, draws, is_exact, next_draws, rounds, rows_of
from moa_lsp.providers.embedded.ngram.lexer import LONG, lex
from moa_lsp.providers.embedded.ngram.limits import NGRAM_ORDER

pytestmark = pytest.mark.slow  # of the benchmarks, not of the server

CODE = '''"""About this."""
import os

# a comment of its own


def f(a, b):
    """Says what.

    And more: x = f(1, 2)
    """
    if a == b:
        return os.path.join(a, "name")  # why
    return [a + b for a in b]
'''


@pytest.mark.parametrize(
    ("suggested", "rest", "exact"),
    [
        ("foo(a)", "foo(a)", True),
        ("foo(a)", "foo(a).b", True),
        ("foo", "foo_bar", False),
        ("foo", "foo2", False),
        ("foo", "foo.bar", True),
        ("foo(", "foo", False),
        ("bar", "foo", False),
    ],
)
def test_what_is_exact(suggested, rest, exact):
    assert is_exact(suggested, rest) is exact


@pytest.mark.parametrize("between", [False, True])
def test_cursors_are_drawn_in_lines_of_code(tmp_path, between):
    path = tmp_path / "a.py"
    path.write_text(CODE)
    found = list(draws(path, 99, between=between))
    assert found
    assert found == list(draws(path, 99, between=between))
    for each in found:
        line = each.text[: each.offset].rpartition("\n")[2] + each.rest
        assert f"{line}\n" in CODE
        assert line.strip()[:1] not in ('"', "#", "A")
        assert each.text[: each.offset] + each.rest + each.text[each.offset :] == CODE
        assert len(each.known) == len(CODE) - len(line) - 1
        if between:
            typed = lex(line.removesuffix(each.rest), "python").words
            assert list(each.context)[-len(typed) :] == typed


def test_next_words_are_those_of_the_whole_file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(CODE)
    words = lex(CODE, "python").words
    found = list(next_draws(path, 999))
    numbers = [at for at in range(NGRAM_ORDER, len(words)) if words[at] != LONG]
    assert [word for _, _, _, word in found] == [words[at] for at in numbers]
    for number, (before, behind, context, word) in zip(numbers, found, strict=True):
        line = CODE.removeprefix(before).removesuffix(behind)
        assert context == words[number - NGRAM_ORDER : number]
        assert before + line + behind == CODE
        assert word[0] == "\n" or word in line
        assert len(lex(line, "python").breaks) == 1, "the one before it"
    assert len(list(next_draws(path, 5))) == 5
    path.write_text("x")
    assert list(next_draws(path, 5)) == []


@pytest.mark.parametrize(("held", "sizes"), [(3, [3]), (6, [4, 2]), (99, [4] * 5)])
def test_held_out_files_are_not_in_the_workspace(tmp_path, held, sizes):
    for number in range(20):
        (tmp_path / f"{number}.py").write_text("x = 1\n" * 400)
    found = list(rounds(tmp_path, held))
    assert [len(out) for out, _ in found] == sizes
    assert all(len(out) + len(others) == 20 and not {*out} & {*others} for out, others in found)
    assert len({file for out, _ in found for file in out}) == sum(sizes)


def test_files_of_a_few_lines_are_never_held_out(tmp_path):
    for number in range(10):
        (tmp_path / f"{number}.py").write_text("x = 1\n" * (400 if number % 2 else 1))
    out = [file.name for files, _ in rounds(tmp_path, 99) for file in files]
    assert sorted(out) == ["1.py", "3.py", "5.py", "7.py", "9.py"]


def test_a_row_of_nothing_shown():
    assert rows_of("a", "b", Found(asked=3))[:8] == ["a", "b", 3, "-", "-", "0.0", "-", "-"]


def test_less_is_shown_where_more_is_asked_for(tmp_path):
    files = [tmp_path / f"{number}.py" for number in range(6)]
    for number, file in enumerate(files):
        chosen = random.Random(number).choices(("alphabet(a)", "omega_point(b)"), k=20)
        file.write_text(CODE + "".join(f"value = {one}\n" for one in chosen))
    founds = [Found() for _ in SHOWN]
    counted(founds, files[:1], files[1:], 40, editing=True)
    shown = [len(found.exact) for found in founds]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > shown[-1]
    assert len({found.asked for found in founds}) == 1
    assert cell(Found(asked=3)) == "0 / -"
    assert cell(Found(asked=4, exact=[True, False])) == "50 / 50"


def test_a_program_passes_or_not():
    assert passes("assert 1 == 1")
    assert not passes("assert 1 == 2")


async def test_gaps_are_filled_and_their_tests_run(tmp_path):
    tasks = [
        {"prompt": "def f(a):\n", "suffix": "", "entry_point": "f", "test": CHECK},
        {"prompt": "def f(a):\n    b = 1\n", "suffix": "    return 2\n", "entry_point": "f",
         "test": CHECK},
    ]  # fmt: skip
    path = tmp_path / "HumanEval-SingleLineInfilling.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in tasks).encode()))
    asked = []

    async def complete(prefix, suffix, path):
        asked.append((prefix, suffix, path))
        return "" if suffix else "    return 2\n"

    row = await fill(path, complete)
    assert row == ["single line", 2, 1, "100.0 %", "100.0 %", "50.0 %"]
    assert asked[0] == ("def f(a):\n", "", "f.py")


CHECK = "def check(f):\n    assert f(1) == 2\n"
