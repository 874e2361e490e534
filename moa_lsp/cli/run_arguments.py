"""The arguments of ``moa-lsp run``: which go together, and the mix file among them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from moa_lsp.cli.source import STDIN
from moa_lsp.config.resolve import Catalog
from moa_lsp.errors import ConfigError, UsageError

MIX_FILE_ENDINGS = (".yaml", ".yml")
"""By which a mix is a file instead of a name."""


@dataclass(frozen=True, slots=True)
class ActionArguments:
    """The command's arguments.

    Attributes:
        where: each ``FILE[:START[-END]]``; ``-`` as FILE is stdin.
        mix: a mix by name or file, ``None`` for the configured one.
        output: what to print; ``None``: a diff, but the new text for stdin.
        name: what the text of stdin is called.
        changed: run on the lines that differ from git's last commit, of these files or of all.
        proposals: print every proposal too.
        raw: print what the models wrote too.
        also: files that an action on a whole file may change too.
        create: whether a file may be made that is not there: by such an action below the working
            directory, or with ``write`` by one that only makes one, as `test` does.
        diagnostics: ``LINE:MESSAGE``, what tools say about the file.
        show_context: print what models would be shown, and ask nobody.
        trusted: whether the user trusts the working directory, as an editor's user does a folder.
    """

    action: str
    where: tuple[str, ...]
    instruction: str = ""
    mix: str | None = None
    write: bool = False
    output: Literal["diff", "text"] | None = None
    name: str | None = None
    changed: bool = False
    proposals: bool = False
    raw: bool = False
    as_json: bool = False
    config: Path | None = None
    also: tuple[str, ...] = ()
    create: bool = False
    diagnostics: tuple[str, ...] = ()
    show_context: bool = False
    trusted: bool = False

    @property
    def several(self) -> bool:
        """Whether more than one run may come of it, so that records are printed as a list."""
        return self.changed or len(self.where) > 1

    @property
    def stdin(self) -> bool:
        """Whether a text comes from stdin."""
        return any(each.partition(":")[0] == STDIN for each in self.where)

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            UsageError: says what to do instead.
        """
        if not self.where and not self.changed:
            raise UsageError("name a file, or - for stdin, or say --changed")
        if self.stdin and (self.write or self.several):
            other = "leave out --write" if self.write else "name it alone"
            raise UsageError(f"the text of stdin has no file: {other}")
        if self.name is not None and not self.stdin:
            raise UsageError("--name says what the text of stdin is called; name the file - too")
        if self.several and (self.output == "text" or self.show_context or self.diagnostics):
            raise UsageError(
                "--output text, --show-context and --diagnostic are about one file; name one"
            )
        if self.output == "text" and (self.also or self.as_json):
            raise UsageError("--output text prints one text; leave out --also and --json")


def mix_file(mix: str | None) -> Path | None:
    """The file that stands in place of a mix's name, if one does.

    Raises:
        UsageError: there is no such file.
    """
    if mix is None or not mix.endswith(MIX_FILE_ENDINGS):
        return None
    if not Path(mix).is_file():
        raise UsageError(f"there is no mix file {mix}; check its path")
    return Path(mix)


def mix_of(file: Path, catalog: Catalog) -> str:
    """The name of the mix in a file that was read with the configuration.

    Raises:
        ConfigError: it is broken.
    """
    for name, entry in catalog.mixes.items():
        if entry.origin == str(file):
            return name
    raise ConfigError([each for each in catalog.problems if each.path == str(file)])
