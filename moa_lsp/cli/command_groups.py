"""Command groups of packages beside the server, found by entry points."""

from importlib.metadata import entry_points

import click

COMMAND_GROUPS = "moa_lsp.commands"
"""The entry points by which packages beside the server add a command group, as the bench does."""


class CommandLine(click.Group):
    """The server's own commands and the groups that other packages register as entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All command names, sorted."""
        return sorted({*super().list_commands(ctx), *entry_points(group=COMMAND_GROUPS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported only when it is asked for."""
        if own := super().get_command(ctx, cmd_name):
            return own
        registered = entry_points(group=COMMAND_GROUPS, name=cmd_name)
        return next((entry.load() for entry in registered), None)
