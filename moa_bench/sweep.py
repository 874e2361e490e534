"""A sweep: every mix of a matrix on its task sets, and beside them what each is to be better than.

The members alone come first: which of them is best decides what is sampled as often as the panels
have members. Results of all are kept as they come, so that a sweep goes on where it was ended.
"""

from collections.abc import Sequence

from moa_bench.forecast import Forecast, forecast
from moa_bench.matrix import Matrix
from moa_bench.run import BenchEnvironment, BenchOptions, BenchWork, EvalSet, best, desk_of
from moa_bench.values import Result
from moa_lsp.config.mixes import Mix
from moa_lsp.runs.runtime_config import RuntimeConfig


def mixes_of(matrix: Matrix) -> list[Mix]:
    """Every mix that may be asked, those of all models that may turn out best included."""
    again = [cast.mix for casts in matrix.resampled.values() for cast in casts]
    return [*(cast.mix for cast in matrix.casts), *again]


def expected(matrix: Matrix, grounds: Sequence[EvalSet], runtime: RuntimeConfig) -> Forecast:
    """What the sweep will take; the dearest model counts as the best."""
    tasks = [task for ground in grounds for task in ground.tasks]
    mixes = [cast.mix for cast in matrix.casts]
    samples = matrix.file.samples

    def priced(model: str) -> Forecast:
        more = [cast.mix for cast in matrix.resampled[model]]
        return forecast([*mixes, *more], tasks, runtime.catalog, samples=samples)

    found = [priced(model) for model in matrix.resampled]
    if not found:
        return forecast(mixes, tasks, runtime.catalog, samples=samples)
    return max(found, key=lambda each: (each.usd or 0.0, each.requests))


async def sweep(
    matrix: Matrix,
    grounds: Sequence[EvalSet],
    runtime: RuntimeConfig,
    bench: BenchEnvironment | None,
    wanted: BenchOptions,
) -> list[Result]:
    """Carry a sweep out; all its results, those of earlier times too.

    Raises:
        UsageError: another process is at work in the folder.
        BudgetExceeded: no more may be spent; what was found is kept.
        MoaError: results or answers cannot be kept or read.
    """
    mixes = mixes_of(matrix)
    runner = desk_of(runtime, mixes, bench, wanted)
    try:
        questions = sum(len(ground.tasks) for ground in grounds) * wanted.samples
        again = max((len(casts) for casts in matrix.resampled.values()), default=0)
        work = BenchWork(runner, grounds, wanted, (len(matrix.casts) + again) * questions)
        alone: dict[str, list[Result]] = {}
        for cast in matrix.casts:
            proposer_layer = len(cast.mix.agents) > 1
            found = await work.cast(cast.mix, cast.role, oracle=matrix.oracle and proposer_layer)
            if cast.role == "alone":
                alone[cast.mix.agents[0].model] = found
        strongest = best(alone)
        for cast in matrix.resampled.get(strongest or "", ()):
            await work.cast(cast.mix, cast.role, oracle=matrix.oracle)
    finally:
        await runner.close()
    return work.results
