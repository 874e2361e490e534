"""The commands of ``moa-lsp bench``; each imports what it needs when it is run."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import click

from moa_bench import limits
from moa_lsp.cli.options import CONFIG

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

DATA = click.option(
    "--data", type=_FOLDER, help="A folder with the sets' data instead of the user's cache."
)
PYTHON = click.option(
    "--python",
    type=click.Path(exists=True, path_type=Path),
    help="The Python that programs are executed with instead of our own, in bubblewrap.",
)
IMAGE = click.option(
    "--image", help="The image of containers, in place of bubblewrap; it must be there already."
)


def WORK(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802  # stands beside DATA
    """Add the options of commands that ask models."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the results as JSON."),
        click.option("--recorded", type=_FILE, help="Recorded answers in place of models."),
        click.option(
            "--log/--no-log",
            default=True,
            help="Whether inspect carries it out and keeps a log (`inspect view`).",
        ),
        click.option(
            "--out",
            type=_FOLDER,
            default=Path("bench-results"),
            show_default=True,
            help="The folder of the results; what is there already is not asked again.",
        ),
        CONFIG,
        IMAGE,
        PYTHON,
        DATA,
    ):
        command = option(command)
    return command


@click.group(epilog="Example: moa-lsp bench run --mix embedded --tasks humaneval --limit 20")
def bench() -> None:
    """What mixes are worth, by measurement: task sets, a sandbox, rankings (docs/bench.md)."""


@bench.command(epilog="Example: moa-lsp bench fetch humaneval mbppplus")
@click.argument("sets", nargs=-1, required=True, metavar="SET…")
@click.option("--data", type=_FOLDER, help="A folder to put them into.")
def fetch(*, sets: tuple[str, ...], data: Path | None) -> None:
    """Download the data of task sets; each file is checked."""
    from moa_bench.cli.task_sets import fetch as download

    raise SystemExit(download(sets, data))


@bench.command(epilog="Example: moa-lsp bench verify --tasks humaneval")
@click.option("--tasks", "sets", multiple=True, required=True, help="A task set by name.")
@DATA
@PYTHON
@IMAGE
def verify(
    *, sets: tuple[str, ...], data: Path | None, python: Path | None, image: str | None
) -> None:
    """Run the reference solutions of task sets: which tasks can be judged on this machine."""
    from moa_bench.cli.task_sets import VerifyArguments, verify_sets

    raise SystemExit(verify_sets(VerifyArguments(sets, data, python, image)))


@bench.command(
    epilog="Example: moa-lsp bench run --mix open-coding --tasks canitedit --limit 20 --budget 1"
)
@click.option("--mix", required=True, help="A mix by name, or the file of one.")
@click.option("--tasks", required=True, help="A task set by name, or a .jsonl file of your own.")
@click.option("--limit", type=click.IntRange(1), help="The first so many tasks.")
@click.option(
    "--samples",
    type=click.IntRange(1, limits.MAX_BENCH_SAMPLES),
    default=1,
    show_default=True,
    help="How often each task is asked.",
)
@click.option("--budget", type=click.FloatRange(0), help="USD that may be spent in the folder.")
@WORK
def run(
    *,
    mix: str,
    tasks: str,
    limit: int | None,
    samples: int,
    budget: float | None,
    data: Path | None,
    python: Path | None,
    image: str | None,
    config: Path | None,
    out: Path,
    log: bool,
    recorded: Path | None,
    as_json: bool,
) -> None:
    """Ask one mix a task set, by the path that an editor takes, and print how it did."""
    from moa_bench.cli.run import BenchArguments
    from moa_bench.cli.run import run as run_bench

    asked = BenchArguments(
        mix,
        tasks,
        out,
        limit,
        samples,
        data,
        as_json,
        recorded,
        python,
        image,
        budget,
        config,
        log,
    )
    raise SystemExit(run_bench(asked))


@bench.command(epilog="Example: moa-lsp bench sweep sweep.yaml --out results")
@click.argument("file", type=_FILE)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where programs are executed: on this machine, or on the nodes of a Ray cluster.",
)
@click.option("--address", help="Of the Ray cluster; else one that is found, or made here.")
@WORK
def sweep(
    *,
    file: Path,
    engine: Literal["local", "ray"],
    address: str | None,
    data: Path | None,
    python: Path | None,
    image: str | None,
    config: Path | None,
    out: Path,
    log: bool,
    recorded: Path | None,
    as_json: bool,
) -> None:
    """Compare the mixes of FILE: models in every role, and the controls beside them.

    What mixes ask alike is asked once. An interrupted sweep goes on when it is run again.
    """
    from moa_bench.cli.run import SweepArguments, sweep_file

    swept = SweepArguments(
        file, out, engine, address, data, as_json, recorded, python, image, config, log
    )
    raise SystemExit(sweep_file(swept))


@bench.command(epilog="Example: moa-lsp bench report bench-results --html report.html")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page.")
@click.option("--baseline", help="The mix that the others are compared with.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def report(*, folder: Path, html: Path | None, baseline: str | None, as_json: bool) -> None:
    """The ranking of a folder of results: a table, JSON, or a page with everything on it."""
    from moa_bench.cli.report import report as show

    raise SystemExit(show(folder, html, baseline, as_json=as_json))
