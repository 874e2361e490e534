"""Further fields of a request's body: laid in, merged, and never in place of our own."""

import pytest

from moa_lsp.config.extra_fields import laid_in

BODY = {"model": "m", "stream": True, "options": {"num_ctx": 8192, "temperature": 0.2}}
CASES = [
    ({}, {}),
    ({"top_p": 0.9}, {"top_p": 0.9}),
    ({"model": "other", "stream": False, "reasoning_effort": "low"}, {}),
    (
        {"options": {"num_ctx": 4096, "top_k": 5, "temperature": 1}},
        {"options": {"num_ctx": 4096, "top_k": 5, "temperature": 0.2}},
    ),
    ({"provider": {"order": ["a"]}}, {"provider": {"order": ["a"]}}),
]


@pytest.mark.parametrize(("extra", "changed"), CASES)
def test_what_is_laid_in(extra, changed):
    assert laid_in(BODY, extra) == {**BODY, **changed}
