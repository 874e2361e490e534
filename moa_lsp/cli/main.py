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
from moa_lsp.cli.mcp import mcp
from moa_lsp.cli.multi_value import MultiValueCommand
from moa_lsp.cli.options import CONFIG, LENGTHS, OUT
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


@cli.command(
    epilog="Example: moa-lsp run refactor src/app.py:10-24 --write",
    short_help="One action on a file, without an editor.",
)
@click.argument("action")
@click.argument("where", metavar="FILE[:START[-END]]")
@click.option("--instruction", default="", help="What you want, in your own words.")
@click.option("--mix", help="A mix by name instead of the configured one.")
@click.option("--write", is_flag=True, help="Write the result to the file.")
@click.option("--json", "as_json", is_flag=True, help="Print the run record as JSON instead.")
@click.option(
    "--diagnostic",
    "diagnostics",
    multiple=True,
    metavar="LINE:MESSAGE",
    help="What a tool says about a line, for fix; as often as needed.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="FILE",
    help="A file that an action on a whole file may change too; as often as needed.",
)
@click.option(
    "--create",
    is_flag=True,
    help="New files may be made in this folder: by such an action, and by test with --write.",
)
@click.option(
    "--show-context",
    is_flag=True,
    help="Print what the models would be sent, and what is left out; ask nobody.",
)
@CONFIG
def run(
    *,
    action: str,
    where: str,
    instruction: str,
    mix: str | None,
    write: bool,
    as_json: bool,
    diagnostics: tuple[str, ...],
    also: tuple[str, ...],
    create: bool,
    show_context: bool,
    config: Path | None,
) -> None:
    """Run ACTION on a file without an editor and print a unified diff (explain: Markdown).

    Lines count from 1 and both ends are included. With START alone the cursor is on that line;
    without a range the whole file is meant.
    """
    from moa_lsp.cli.run import ActionArguments
    from moa_lsp.cli.run import run as run_action

    asked = ActionArguments(
        action,
        where,
        instruction,
        mix,
        write,
        as_json,
        config,
        also,
        create,
        diagnostics,
        show_context,
    )
    raise SystemExit(run_action(asked))


@cli.command(
    epilog="Example: moa-lsp complete src/app.py:12:17",
    short_help="One inline completion, without an editor.",
)
@click.argument("where", metavar="FILE:LINE:COL")
@click.option("--mix", help="A mix by name instead of the configured one.")
@click.option("--all", "every", is_flag=True, help="Print every alternative, best first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
@CONFIG
def complete(
    *, where: str, mix: str | None, every: bool, as_json: bool, config: Path | None
) -> None:
    """What an editor would show as grey text at a place of a file.

    Line and column count from 1; the column is where the cursor stands, in characters.
    """
    from moa_lsp.cli.complete import CompleteArguments
    from moa_lsp.cli.complete import complete as print_completion

    raise SystemExit(print_completion(CompleteArguments(where, mix, every, as_json, config)))


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


@cli.group(epilog="Example: moa-lsp mix list")
def mix() -> None:
    """What mixes exist, and whether they are right and ready."""


@mix.command("list", epilog="Example: moa-lsp mix list")
@CONFIG
def mix_list(config: Path | None) -> None:
    """Every mix, whether it is ready, and what it lacks."""
    from moa_lsp.cli.mix import list_mixes

    raise SystemExit(list_mixes(config))


@mix.command("show", epilog="Example: moa-lsp mix show embedded")
@click.argument("name")
@click.option("--action", default="refactor", show_default=True, help="Resolve overrides for it.")
@click.option("--language", default="python", show_default=True, help="Resolve overrides for it.")
@click.option("--estimate", is_flag=True, help="What one run costs, and nothing else.")
@LENGTHS
@CONFIG
def mix_show(
    *,
    name: str,
    action: str,
    language: str,
    estimate: bool,
    prompt_tokens: int | None,
    answer_tokens: int | None,
    config: Path | None,
) -> None:
    """One mix with everything filled in, and what a run of it costs at worst."""
    from moa_lsp.cli.mix import show_mix
    from moa_lsp.cli.mix_make import TokenLengths
    from moa_lsp.cli.mix_make import estimate as show_estimate

    lengths = TokenLengths(prompt_tokens, answer_tokens)
    if estimate or lengths != TokenLengths():
        raise SystemExit(show_estimate(name, action, language, lengths, config))
    raise SystemExit(show_mix(name, action, language, config))


@mix.command("check", epilog="Example: moa-lsp mix check mixes/ my-mix.yaml")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@CONFIG
def mix_check(*, paths: tuple[Path, ...], config: Path | None) -> None:
    """Check mixes, configurations and actions; one line a mistake, with line and column.

    Without PATHS: everything that a run would read.
    """
    from moa_lsp.cli.mix import check_mixes

    raise SystemExit(check_mixes(paths, config))


@mix.command("import", epilog="Example: moa-lsp mix import moa.yaml --out mixes")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@OUT
@CONFIG
def mix_import(*, file: Path, out: Path | None, config: Path | None) -> None:
    """A moa-llm configuration as a mix; warns of what is ignored there or has no word here."""
    from moa_lsp.cli.mix_make import import_mix

    raise SystemExit(import_mix(file, out, config))


@mix.command(
    "permute",
    cls=MultiValueCommand,
    epilog="Example: moa-lsp mix permute --models openai/a groq/b mistral/c --out mixes",
)
@click.option("--models", multiple=True, required=True, help="Models to cast: provider/model …")
@click.option("--proposers", default=2, show_default=True, type=click.IntRange(1, 16))
@click.option("--aggregators", multiple=True, help="Models that may aggregate; else all.")
@click.option("--repeat", is_flag=True, help="A model may propose more than once.")
@click.option("--distinct-aggregator", is_flag=True, help="No proposer aggregates.")
@click.option("--prefix", default="", help="What the mixes' names start with.")
@LENGTHS
@OUT
@CONFIG
def mix_permute(
    *,
    models: tuple[str, ...],
    proposers: int,
    aggregators: tuple[str, ...],
    repeat: bool,
    distinct_aggregator: bool,
    prefix: str,
    prompt_tokens: int | None,
    answer_tokens: int | None,
    out: Path | None,
    config: Path | None,
) -> None:
    """Every way to cast models as proposers and aggregator, with what a run of each costs.

    Three models and two proposers give 9 mixes, with --repeat 18; six give 90, with
    --distinct-aggregator 60.
    """
    from moa_lsp.cli.mix_make import PermuteArguments, TokenLengths, permute_models

    lengths = TokenLengths(prompt_tokens, answer_tokens)
    wanted = PermuteArguments(
        models, proposers, aggregators, repeat, distinct_aggregator, prefix, out, lengths, config
    )
    raise SystemExit(permute_models(wanted))


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
