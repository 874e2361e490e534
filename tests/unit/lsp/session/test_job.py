"""How many ended runs are kept."""

from types import SimpleNamespace

import pytest

from moa_lsp.lsp import limits
from moa_lsp.lsp.session.job import surplus

HALF = "x" * (limits.KEPT_RUN_CHARS // 2)


def ended(*texts):
    """Jobs on documents with these texts, the oldest first."""
    snapshots = [SimpleNamespace(snapshot=SimpleNamespace(text=text)) for text in texts]
    return [SimpleNamespace(prepared=SimpleNamespace(task=each)) for each in snapshots]


@pytest.mark.parametrize(
    ("texts", "gone"),
    [
        pytest.param([], 0, id="none"),
        pytest.param(["x"] * limits.KEPT_RUNS, 0, id="as many as are kept"),
        pytest.param(["x"] * (limits.KEPT_RUNS + 3), 3, id="more"),
        pytest.param([HALF] * 9, 0, id="one text is there once"),
        pytest.param([HALF, HALF + "1", HALF + "2"], 2, id="long ones"),
        pytest.param(["x", HALF + "1", HALF + "2"], 2, id="what stands before them goes too"),
        pytest.param([HALF + "1", "x", HALF], 1, id="only as many as need be"),
        pytest.param([3 * HALF], 0, id="the last is kept"),
    ],
)
def test_the_oldest_are_let_go(texts, gone):
    assert surplus(ended(*texts)) == gone
