"""What verification keeps for the life of a process: proven sandboxes, and verdicts by content.

Importing this starts nothing and loads no sandbox; the first use does, off the event loop's way.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from moa_lsp.errors import SandboxError

if TYPE_CHECKING:
    from moa_lsp.sandbox.bubblewrap import Bubblewrap
    from moa_lsp.verification.verdict import TestVerdict

MAX_KEPT_VERDICTS = 512
"""Verdicts that are kept: of fifty runs with a handful of proposals each."""


@dataclass(slots=True)
class VerificationService:
    """Sandboxes that have proved themselves, by their Python, and verdicts by content."""

    _proven: "dict[Path | None, Bubblewrap]" = field(default_factory=dict)
    _refused: dict[Path | None, str] = field(default_factory=dict)
    _verdicts: "OrderedDict[str, TestVerdict]" = field(default_factory=OrderedDict)

    async def sandbox(self, python: Path | None) -> "Bubblewrap":
        """A sandbox of bubblewrap that has proved itself.

        Args:
            python: that tests are run with; the one that runs this for ``None``.

        Raises:
            SandboxError: there is none; asked again, it says the same until the process ends.
        """
        if python in self._refused:
            raise SandboxError(self._refused[python])
        if python not in self._proven:
            try:
                self._proven[python] = await _prepared(python)
            except SandboxError as error:
                self._refused[python] = str(error)
                raise
        return self._proven[python]

    def kept(self, key: str) -> "TestVerdict | None":
        """The verdict of an earlier run of the same tests on the same files."""
        found = self._verdicts.get(key)
        if found is not None:
            self._verdicts.move_to_end(key)
        return found

    def keep(self, key: str, verdict: "TestVerdict") -> None:
        """Keep a verdict; the one that was used least lately goes."""
        self._verdicts[key] = verdict
        while len(self._verdicts) > MAX_KEPT_VERDICTS:
            self._verdicts.popitem(last=False)


async def _prepared(python: Path | None) -> "Bubblewrap":
    import sys

    from moa_lsp.sandbox import bubblewrap
    from moa_lsp.sandbox.choose import prove
    from moa_lsp.sandbox.interpreter import look_at

    if sys.platform != "linux":
        raise SandboxError("bubblewrap is for Linux alone")
    sandbox = bubblewrap.prepare(await look_at(python))
    await prove(sandbox)
    return sandbox
