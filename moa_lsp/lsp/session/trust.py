"""Which opened folders the user trusts, and what follows (A03, A04 in docs/faults.md)."""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from moa_lsp.config.options import WORKSPACE_SUFFIX
from moa_lsp.errors import UsageError
from moa_lsp.files.uris import below, local_path
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


def meant(params: object, opened: Iterable[str]) -> list[str]:
    """The folders that a notification is about: those of its `folders`, else all opened ones.

    Raises:
        ValueError: `folders` is no list of URIs; nothing changes then.
    """
    named = params.get("folders") if isinstance(params, Mapping) else None
    if named is None:
        return list(opened)
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise ValueError("`folders` must be a list of URIs")
    wanted = {_plain(each) for each in named}
    return [each for each in opened if _plain(each) in wanted]


class Folders:
    """The opened folders, in the client's order, each trusted or not.

    One that is added is not trusted until the client says so, whatever it said of others.
    """

    def __init__(self) -> None:
        self._trusted: dict[str, bool] = {}

    @property
    def uris(self) -> list[str]:
        """All that are open."""
        return list(self._trusted)

    @property
    def first_trusted(self) -> bool:
        """Whether the first one is trusted: its configuration is the one that counts."""
        return next(iter(self._trusted.values()), False)

    def trusts(self, folder: str | None) -> bool:
        """Whether a folder, by its URI, is open and trusted."""
        return folder is not None and self._trusted.get(folder, False)

    def folder_of(self, uri: str) -> str | None:
        """The URI of the folder that a document lies in, if any."""
        path = local_path(uri)
        for each in self._trusted if path is not None else ():
            root = local_path(each)
            if root is not None and path is not None and below(path, root) is not None:
                return each
        return None

    def open(self, uris: Iterable[str], *, trusts: bool) -> None:
        """Begin with these."""
        self._trusted = dict.fromkeys(uris, trusts)

    def change(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Some were opened, others closed; one that is both was opened anew."""
        gone = {_plain(each) for each in removed}
        kept = {uri: yes for uri, yes in self._trusted.items() if _plain(uri) not in gone}
        known = {_plain(uri) for uri in kept}
        self._trusted = kept | {uri: False for uri in added if _plain(uri) not in known}

    def trust(self, uris: Iterable[str], *, trusts: bool) -> None:
        """The user trusts these of the opened ones now, or no longer."""
        self._trusted |= {uri: trusts for uri in uris if uri in self._trusted}


def _plain(uri: str) -> str:
    return uri.rstrip("/")


def is_workspace_mix(name: str) -> bool:
    """Whether a mix is one that the opened folder brings."""
    return name.endswith(WORKSPACE_SUFFIX)


def check(mix: str, *, trusts: bool) -> None:
    """Refuse a run that was prepared while the folder was still trusted.

    Raises:
        UsageError: it may not begin.
    """
    if is_workspace_mix(mix) and not trusts:
        raise UsageError(
            f"the folder is no longer trusted, which brought the mix `{mix}`; trust it again, or "
            "choose another mix"
        )


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
