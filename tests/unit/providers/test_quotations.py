import pytest

from moa_lsp.providers.quotations import QUOTED, without_quotations

SENT = "def payroll_4711(salary):\n    bonus = salary * 0.17\n    return bonus\n"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the model is overloaded", "the model is overloaded"),
        (f"invalid input: {SENT}", f"invalid input: {QUOTED}"),
        # as JSON, with blanks collapsed, cut in a word, and a part of it
        (r"bad \"def payroll_4711(salary):\n    bonus\"", f'bad \\"{QUOTED}'),
        (f"bad: {' '.join(SENT.split())[:30]}", f"bad: {QUOTED}"),
        ("bonus = salary * 0.1", f"{QUOTED}"),
        ("`payroll_4711` is not allowed, nor salary", f"`{QUOTED}` is not allowed, nor salary"),
        ("take salary", "take salary"),
        ("", ""),
        ("return", "return"),
    ],
)
def test_what_is_quoted_of_the_request_is_taken_out(said, told):
    assert without_quotations(said, ["Refactor this.", SENT]) == told


def test_nothing_sent_takes_nothing_out():
    assert without_quotations("a b c d e", []) == "a b c d e"
    assert without_quotations("a b c d e", [""]) == "a b c d e"
