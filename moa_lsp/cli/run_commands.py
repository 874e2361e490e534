"""The commands ``moa-lsp run`` and ``moa-lsp complete``: their options."""

import re
from pathlib import Path
from typing import Literal

import click

from moa_lsp.cli.options import CONFIG

_LINES_OF_STDIN = re.compile(r"-:\d+(?:-\d+)?\Z")


class StdinCommand(click.Command):
    """A command that takes ``-:START-END``, which click would take for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such words behind ``--``."""
        found = [arg for arg in args if _LINES_OF_STDIN.match(arg)]
        if found and "--" not in args:
            args = [*(arg for arg in args if arg not in found), "--", *found]
        return super().parse_args(ctx, args)


@click.command(
    cls=StdinCommand,
    epilog="Example: moa-lsp run refactor src/app.py:10-24 --write",
    short_help="One action on files, without an editor.",
)
@click.argument("action")
@click.argument("where", metavar="FILE[:START[-END]]...", nargs=-1)
@click.option("--instruction", default="", help="What you want, in your own words.")
@click.option("--mix", help="A mix by name, or the path of a mix file, instead of the usual one.")
@click.option("--write", is_flag=True, help="Write the result to the file.")
@click.option(
    "--output",
    type=click.Choice(["diff", "text"]),
    help="What to print: a diff, or the file's new text. Without it: a diff, the text for -.",
)
@click.option(
    "--name", help="What the text of stdin (FILE is -) is called; its ending says its language."
)
@click.option(
    "--changed",
    is_flag=True,
    help="Run on the lines that differ from git's last commit: of these files, or of all below "
    "the current folder.",
)
@click.option(
    "--proposals",
    is_flag=True,
    help="Print every proposal too, with what the checks say of it.",
)
@click.option("--raw", is_flag=True, help="Print what the models wrote too, rejected or not.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the run record as JSON instead; a list of them for several files or --changed.",
)
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
@click.option(
    "--trusted",
    is_flag=True,
    help="Trust this folder: its mixes count, and its AGENTS.md and the like are shown.",
)
@CONFIG
def run(
    *,
    action: str,
    where: tuple[str, ...],
    instruction: str,
    mix: str | None,
    write: bool,
    output: Literal["diff", "text"] | None,
    name: str | None,
    changed: bool,
    proposals: bool,
    raw: bool,
    as_json: bool,
    diagnostics: tuple[str, ...],
    also: tuple[str, ...],
    create: bool,
    show_context: bool,
    trusted: bool,
    config: Path | None,
) -> None:
    """Run ACTION on files without an editor and print a unified diff (explain: Markdown).

    Lines count from 1 and both ends are included. With START alone the cursor is on that line;
    without a range the whole file is meant. - as FILE reads the text from stdin and prints the new
    text. Who proposed what, and what it cost, goes to stderr.
    """
    from moa_lsp.cli.run import run as run_action
    from moa_lsp.cli.run_arguments import ActionArguments

    asked = ActionArguments(
        action,
        where,
        instruction=instruction,
        mix=mix,
        write=write,
        output=output,
        name=name,
        changed=changed,
        proposals=proposals,
        raw=raw,
        as_json=as_json,
        config=config,
        also=also,
        create=create,
        diagnostics=diagnostics,
        show_context=show_context,
        trusted=trusted,
    )
    raise SystemExit(run_action(asked))


@click.command(
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
