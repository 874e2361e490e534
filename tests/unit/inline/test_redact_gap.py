"""What a model is not shown of the text around a gap."""

import pytest

from moa_lsp.inline.redact_gap import MASK, masked, writes_mask

KEY = "sk-Zq8vT2mXw4Lr9KcB7nYh3JdF6pWs"


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        (f'API_KEY = "{KEY}"\nx = ', "\n"),
        ("x = ", f'\nAPI_KEY = "{KEY}"\n'),
        (f'a = "{KEY}"\nb = "{KEY}"\nx = ', f'\nc = "{KEY}"\n'),
    ],
)
def test_no_secret_is_left_and_every_length_stays(prefix, suffix):
    before, after = masked(prefix, suffix)
    assert KEY not in before + after
    assert (len(before), len(after)) == (len(prefix), len(suffix))
    assert MASK * len(KEY) in before + after


def test_a_text_without_secrets_is_as_it_was():
    assert masked("def f(a):\n    return ", "\n") == ("def f(a):\n    return ", "\n")


@pytest.mark.parametrize(
    ("answer", "around", "writes"),
    [
        (f'"{MASK * 8}"', "x = ", True),
        ('"a"', "x = ", False),
        (f'"{MASK}"', f'bar = "{MASK}"', False),
    ],
)
def test_an_answer_that_repeats_the_mask_is_known(answer, around, writes):
    assert writes_mask(answer, around) is writes
