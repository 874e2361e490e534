"""In which documents nothing is completed: models never see them, or they give orders.

Ignore files are read in a thread, at the first request for a document and again every
``INLINE_RULES_S`` seconds: a keystroke waits for no disk.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moa_lsp.config.settings import ContextSettings

INLINE_RULES_S = 10.0
"""For which it is known whether models may see a document: an ignore file counts as soon."""


@dataclass(slots=True)
class CompletionPolicy:
    """What is known of the documents of one session.

    Attributes:
        root: gives the folder that a document's rules come from.
    """

    root: Callable[[str], Path | None]
    _known: dict[str, tuple[float, "asyncio.Task[str | None]"]] = field(default_factory=dict)

    async def why_not(self, uri: str, context: "ContextSettings") -> str | None:
        """The rule by which nothing is completed in a document, or ``None``.

        All who ask while it is read go on in the order of their coming.
        """
        now = asyncio.get_running_loop().time()
        read_at, reading = self._known.get(uri, (0.0, None))
        if reading is None or now - read_at > INLINE_RULES_S:
            work = asyncio.to_thread(_why_not, self.root(uri), context, uri)
            reading = asyncio.ensure_future(work)
            self._known[uri] = (now, reading)
        return await asyncio.shield(reading)

    def forget(self, uri: str) -> None:
        """Drop what is known of a document."""
        self._known.pop(uri, None)

    def reset(self) -> None:
        """Drop everything: the settings are others now."""
        self._known.clear()


def _why_not(root: Path | None, context: "ContextSettings", uri: str) -> str | None:
    from moa_lsp.workspace.gather import read_rules

    rules = read_rules(root, context, [uri])
    orders = rules.why_guarded(uri)
    if orders is not None:
        return f"editors, agents or CI take orders from `{orders}`"
    return rules.why_hidden(uri)
