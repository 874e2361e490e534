"""The command line: its commands, and what an error becomes.

Exit codes: 0 done; 1 the run failed, one sentence on stderr; 2 wrong usage or configuration, with
``path:line:column`` where a file is to blame; 130 interrupted.
"""

import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moa_lsp import __version__, limits
from moa_lsp.cli.command_groups import CommandLine
from moa_lsp.cli.gateway import gateway
from moa_lsp.cli.init_command import init
from moa_lsp.cli.mcp import mcp
from moa_lsp.cli.mix_commands import mix
from moa_lsp.cli.options import CONFIG
from moa_lsp.cli.run_commands import complete, run
from moa_lsp.errors import ConfigError, MoaError, UsageError
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from moa_lsp.store.ledger import By

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


EDITOR_NAMES = (
    "vscode", "neovim", "emacs", "helix", "zed", "sublime", "kate", "vim-lsp", "coc"
)  # fmt: skip
"""As ``cli.editor.EDITORS``, which only `doctor` needs to import."""


@click.group(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: moa-lsp demo",
)
@click.version_option(__version__, prog_name="moa-lsp")
def cli() -> None:
    """A Mixture of Agents of coding models behind your editor."""


@cli.command(
    epilog="Example: moa-lsp serve", short_help="The language server, on stdin and stdout."
)
@click.option("--no-parent-watch", is_flag=True, help="Stay when the editor's process ends.")
@click.option("--stdio", is_flag=True, hidden=True)
def serve(*, no_parent_watch: bool, stdio: bool) -> None:
    """The language server, on stdin and stdout."""
    from moa_lsp.lsp.app import serve as serve_stdio

    raise SystemExit(serve_stdio(watch_parent=not no_parent_watch))


@cli.command(
    epilog="Example: moa-lsp demo, or on a file of yours: moa-lsp demo src/app.py",
    short_help="The main job, end to end, with no key and no network.",
)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def demo(file: Path | None) -> None:
    """The main job end to end, with no key and no network: a real server, asked as an editor asks.

    FILE stays as it is, the final text goes to a temporary copy; without FILE a bundled sample is
    used.
    """
    from moa_lsp.cli.demo import demo as run_demo

    raise SystemExit(run_demo(file))


@cli.command(epilog="Example: moa-lsp doctor, or for one editor: moa-lsp doctor --editor neovim")
@click.option(
    "--editor",
    type=click.Choice(EDITOR_NAMES),
    help="What to paste for this editor, and what of it is there already.",
)
@CONFIG
def doctor(*, editor: str | None, config: Path | None) -> None:
    """What moa-lsp finds on this machine, and what is missing."""
    from moa_lsp.cli.doctor import doctor as examine

    raise SystemExit(examine(config, editor))


@cli.command(
    epilog="Example: moa-lsp usage --days 7 --by model",
    short_help="Runs, tokens and cost by day, mix or model; acceptance.",
)
@click.option(
    "--days",
    type=click.IntRange(1, limits.LEDGER_DAYS),
    default=30,
    show_default=True,
    help="How many, today included.",
)
@click.option(
    "--by",
    type=click.Choice(["day", "mix", "model"]),
    default="day",
    show_default=True,
    help="What a row stands for.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def usage(*, days: int, by: "By", as_json: bool) -> None:
    """What runs did and cost, in all editors and on the command line, and what was taken.

    The ledger holds numbers and names; never a prompt, code or a path.
    """
    from moa_lsp.cli.usage import usage as show_usage

    raise SystemExit(show_usage(days, by, as_json=as_json))


for _command in (run, complete, init, mix):
    cli.add_command(_command)


cli.add_command(gateway)
cli.add_command(mcp)


def main(argv: Sequence[str]) -> int:
    """Run the command line; the exit code."""

    def work() -> None:
        # Not `cli.main`: it has exit codes of its own for closed pipes and interrupts.
        with cli.make_context("moa-lsp", list(argv)) as context:
            cli.invoke(context)

    return answered(work)


def answered(work: Callable[[], object]) -> int:
    """Do the work of a command; every way it can end as an exit code and a line on stderr."""
    _set_streams()
    try:
        code = _worked(work)
        sys.stdout.flush()
    except OSError as error:
        # Nobody takes our output: the reader has seen enough, or the disk is full. Without this
        # the interpreter fails once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0
        sys.stderr.write(f"moa-lsp: {(error.strerror or str(error)).lower()}\n")
        return FAILED
    return code


def _set_streams() -> None:
    """Make stdout and stderr take any text, whatever the locale says.

    What goes to a file or a pipe is UTF-8 without translated newlines; a terminal keeps its
    encoding, and what it cannot show is escaped. Closed ones swallow what they are given.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # open until the end
        elif not isinstance(stream, io.TextIOWrapper):
            continue
        elif stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _worked(work: Callable[[], object]) -> int:
    try:
        work()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.stderr.write("moa-lsp: interrupted\n")
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return MISUSED
    except MoaError as error:
        return _told(error)
    return 0


def _told(error: MoaError) -> int:
    """Say on stderr what went wrong, a line for each mistake in a file; the exit code."""
    sys.stdout.flush()
    lead = "" if isinstance(error, ConfigError) else "moa-lsp: "
    sys.stderr.write(f"{lead}{escape(str(error), keep_lines=True)}\n")
    return MISUSED if isinstance(error, ConfigError | UsageError) else FAILED
