"""A question's own samples of a recording."""

import pytest

from moa_bench.replay.recorded import Recordings
from moa_bench.replay.sampling import RecordingSampler
from moa_lsp.errors import ProviderError
from moa_lsp.providers.base import Request
from tests.fakes.bench import task
from tests.fakes.runs import mix
from tests.fakes.runs import task as run_task

RECORDINGS = Recordings(("x",), {"made/1": {"x": ("0", "1", "2", "3", "4", "5")}})
REQUEST = Request("x", (), run_task())


def unheard(_delta):
    """Nobody listens."""


async def given(samples, sample, count):
    plan = mix({"model": "x", "samples": samples})
    provider = RecordingSampler(RECORDINGS)(plan, task(1), sample)["recorded"]
    return [(await provider.answer(REQUEST, unheard)).text for _ in range(count)]


@pytest.mark.parametrize(
    ("samples", "sample", "said"),
    [
        (1, 0, ["0"]),
        (1, 2, ["2"]),
        (2, 0, ["0", "1"]),
        (2, 1, ["2", "3"]),
        (3, 1, ["3", "4", "5"]),
    ],
)
async def test_each_question_has_its_own(samples, sample, said):
    assert await given(samples, sample, len(said)) == said


async def test_none_is_given_twice():
    with pytest.raises(ProviderError, match="the recording has 6 answers"):
        await given(2, 3, 1)
