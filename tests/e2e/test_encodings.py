"""Edits on every place of odd texts, in every unit of columns: the buffer is what was meant."""

import pytest

from tests.fakes.desk import fenced

pytestmark = pytest.mark.e2e

PIECES = {
    "astral": 'a = "\U0001f980\U0001d11e"',
    "joined": 'b = "\U0001f468\u200d\U0001f469\u200d\U0001f467"',
    "combining": 'c = "e\u0301o\u0308"',
    "separators": 'd = "x\u2028y\u2029z\x85"',
    "form feed": 'e = "x\x0cy"',
    "cjk": 'f = "\u6f22\u5b57"',
}
"""One line each; a run on it changes its name only."""

ENDINGS = {"lf": "\n", "crlf": "\r\n", "cr": "\r", "mixed": None}


def text_of(ending):
    lines = list(PIECES.values())
    ends = [ending] * len(lines) if ending else ["\n", "\r\n", "\r", "\r\n", "\n", "\r"]
    return "".join(line + end for line, end in zip(lines, ends, strict=True)) + "end"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_L12_L17_L18_every_line_in_every_unit(runner, encoding):
    runner = runner(encoding=encoding)
    for ending in ENDINGS.values():
        buffer = runner.open(f"file:///{ending!r}.py", text_of(ending))
        for name, line in PIECES.items():
            renamed = line[0].upper() + line[1:-1] + '!"'
            runner.script(a={"text": fenced(renamed)})
            expected = buffer.text.replace(line, renamed)
            record = runner.result(runner.run(buffer.range_of(line)))
            assert record["applied"] is True, (ending, name, record["reason"])
            assert buffer.text == expected, (ending, name)
            runner.type("end", "\U0001f980end")  # the mirror follows columns of its own


@pytest.mark.parametrize(
    "where",
    [
        {"start": {"line": 0, "character": 99}, "end": {"line": 0, "character": 5}},
        {"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 8}},
        {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 10**9}},
        {"start": {"line": 0, "character": 3}, "end": {"line": 1, "character": 0}},
    ],
    ids=["reversed, past the end", "inside pairs", "far past the end", "up to the next line"],
)
def test_L18_ranges_that_no_character_has(one, where):
    line = PIECES["astral"]
    one.script(a={"text": fenced(line.replace("a", "A"))})
    buffer = one.open("file:///ranges.py", f"{line}\r\nrest\r\n")
    assert one.result(one.run(where))["applied"] is True
    assert buffer.text == f"{line.replace('a', 'A')}\r\nrest\r\n"


@pytest.mark.parametrize("text", ["x=1", "x=1\r", "\r\n\r\nx=1", "\ufeffx=1\n"])
def test_L16_L17_ends_without_an_ending_and_marks(one, text):
    one.script(a={"text": fenced("x = 1")})
    buffer = one.open("file:///ends.py", text)
    start = text.index("x")
    record = one.result(one.run(buffer.range(start, start + 3)))
    assert record["applied"] is True, record["reason"]
    assert buffer.text == text.replace("x=1", "x = 1")


def test_a_generated_text_takes_the_document_s_line_ending(one):
    one.script(a={"text": fenced("def f():\n    return 1")})
    buffer = one.open("file:///generated.py", "import os\r\n\r\n\r\n")
    where = buffer.range(len(buffer.text), len(buffer.text))
    record = one.result(one.run(where, action="generate", instruction="a function that gives 1"))
    assert record["applied"] is True, record["reason"]
    assert "def f():\r\n    return 1" in buffer.text
    assert "\n" not in buffer.text.replace("\r\n", "")
