"""Whether the user trusts the opened folder, and what follows (A03, A04 in docs/faults.md)."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from moa_lsp.config.options import WORKSPACE_SUFFIX
from moa_lsp.errors import UsageError
from moa_lsp.lsp.safe_text import shown

if TYPE_CHECKING:
    from moa_lsp.config.resolve import Catalog

log = logging.getLogger(__name__)

DID_CHANGE_TRUST = "moa/didChangeTrust"


def trusted(params: object) -> bool:
    """What a notification says.

    Raises:
        ValueError: it says nothing clear; nothing changes then.
    """
    found = params.get("trusted") if isinstance(params, Mapping) else None
    if not isinstance(found, bool):
        raise ValueError("`trusted` must be true or false")  # noqa: TRY004  # read as a mistake of the client
    return found


def is_workspace_mix(name: str) -> bool:
    """Whether a mix is one that the opened folder brings."""
    return name.endswith(WORKSPACE_SUFFIX)


def check(mix: str, *, trusts: bool) -> None:
    """Refuse a run that was prepared while the folder was still trusted.

    Raises:
        UsageError: it may not begin.
    """
    if is_workspace_mix(mix) and not trusts:
        raise UsageError(f"the folder is no longer trusted: its mix `{mix}` is not run")


class Announcements:
    """Writes to the log which mixes of the folder are in use, each content once.

    A mix is read once and used as it was read: what its hash names is what runs.
    """

    def __init__(self) -> None:
        self._made: set[tuple[str, str]] = set()

    def make(self, catalog: "Catalog") -> None:
        """Announce what was not announced before."""
        for name, entry in catalog.mixes.items():
            if entry.scope != "workspace" or (name, entry.mix.hash) in self._made:
                continue
            self._made.add((name, entry.mix.hash))
            log.warning(
                "the trusted folder's own mix %s can be chosen: hash %s, from %s",
                shown(name),
                entry.mix.hash,
                shown(entry.origin),
            )
