"""What a run tells while it goes on."""

import pytest

from moa_lsp.mix.progress import MixProgress

TOLD = [
    (MixProgress("proposing", 0, 3, 0), 0.0, "0/3 proposals"),
    (MixProgress("proposing", 2, 3, 1), 0.467, "1/3 proposals"),
    (MixProgress("proposing", 0, 0, 0), 0.0, "0/0 proposals"),
    (MixProgress("proposing", 1, 2, 1, layer=2, layers=2), 0.525, "layer 2/2 · 1/2 proposals"),
    (MixProgress("aggregating", 3, 3, 2, lines=27), 0.7, "2/3 proposals · aggregating · 27 lines"),
    (
        MixProgress("proposing", 2, 3, 2, reasoning=(("a", 100), ("glm", 1900), ("c", 200))),
        0.467,
        "2/3 proposals · glm reasons, 1,900 tokens · c reasons, 200 tokens",
    ),
    (MixProgress("checking", 3, 3, 2), 0.95, "2/3 proposals · checking"),
]


@pytest.mark.parametrize(("progress", "share", "words"), TOLD)
def test_progress(progress, share, words):
    assert progress.share == pytest.approx(share, abs=0.001)
    assert progress.words == words
