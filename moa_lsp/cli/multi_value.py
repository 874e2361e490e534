"""Options that take several values in a row: ``--models a/x b/y c/z``.

click repeats an option's name for each value; people write it once. Both work.
"""

from collections.abc import Iterable, Iterator

import click


class MultiValueCommand(click.Command):
    """A command whose ``multiple`` options take every word up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option's name before each of its words."""
        names = {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and parameter.multiple
            for name in parameter.opts
        }
        return super().parse_args(ctx, list(_repeated(args, names)))


def _repeated(args: Iterable[str], names: set[str]) -> Iterator[str]:
    name, waits = "", False
    for arg in args:
        if arg.startswith("-"):
            name, waits = (arg if arg in names else ""), True
        elif name and not waits:
            yield name
        else:
            waits = False
        yield arg
