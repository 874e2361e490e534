"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path

import click

CONFIG = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A configuration file to read instead of the user's.",
)

OUT = click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="A folder to write files to."
)


def LENGTHS(command: Callable[..., None]) -> Callable[..., None]:  # noqa: N802  # stands beside CONFIG
    """Add the options that price a run at given lengths."""
    tokens = click.IntRange(0, 10_000_000)
    for name, what in (("answer", "each answer"), ("prompt", "the prompt")):
        help_text = f"Price a run as if {what} had this many tokens, not the worst case."
        command = click.option(f"--{name}-tokens", type=tokens, help=help_text)(command)
    return command


CONFIG_TO_WRITE = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the configuration, instead of the user's folder.",
)
