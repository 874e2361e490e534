"""Lines of code are counted as they come, whatever stands around them."""

import pytest

from moa_lsp.answers.line_count import LineCounter

CODE = "Here it is:\n\n```python\nx = 1\ny = 2\n```\n\nThat is all.\n"


@pytest.mark.parametrize(
    ("answer", "prose", "lines"),
    [
        (CODE, False, 2),
        (CODE.replace("\n", "\r\n"), False, 2),
        (CODE, True, 8),
        ("Only words.\nAnd more.\n", False, 0),
        ("```\nx = 1\ny = ", False, 1),
        ("````md\n```py\nx\n```\n````\n", False, 3),
        ("~~~\n```\n~~~\n", False, 1),
        ("```\n```not a fence\n```\n", False, 1),
        ("", False, 0),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_only_the_answers_own_lines_count(answer, prose, lines, piece):
    counter = LineCounter(prose)
    heard = [counter.count(answer[at : at + piece]) for at in range(0, len(answer), piece)]
    assert counter.lines == lines
    assert heard == sorted(heard)
