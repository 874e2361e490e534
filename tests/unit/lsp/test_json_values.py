"""Numbers and empty objects as clients in other languages write them."""

import math

import pytest

from moa_lsp.lsp.json_values import UINTEGER_MAX, as_object, coordinate, tidy


def place(line, character):
    return {"line": line, "character": character}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2.0, 2),
        (2.5, 2.5),
        (True, True),
        ("2.0", "2.0"),
        ([1.0, {"x": [3.0]}], [1, {"x": [3]}]),
        (place(1.0, 2.0), place(1, 2)),
        (place(-1, 1.7976931348623157e308), place(0, UINTEGER_MAX)),
        (place(0, math.inf), place(0, UINTEGER_MAX)),
        (place("1", None), place("1", None)),
        ({"line": 2**40}, {"line": 2**40}),
    ],
)
def test_json_is_put_in_the_protocols_spelling(value, expected):
    found = tidy(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("value", [True, None, "1", math.nan])
def test_what_is_no_number_is_left_to_who_reads_it(value):
    assert coordinate(value) is value


@pytest.mark.parametrize(("value", "expected"), [([], {}), ({}, {}), ([1], [1]), (None, None)])
def test_an_empty_list_is_an_empty_object(value, expected):
    assert as_object(value) == expected
