"""Which providers answer, how fast, and which models they have: ``doctor``'s look outside.

Only providers that could be used are asked: those whose key is present, and servers of this
machine. They are asked for their list of models, which costs nothing; a key goes to its own
address only.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from rich.text import Text

from moa_lsp.cli import limits
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import ProviderEntry, is_local
from moa_lsp.errors import AuthRejected, MoaError, Unreachable
from moa_lsp.providers.build import build

Row = tuple[str, Text, str]
"""What, its state, and the detail."""

GOOD, BAD, NONE = "green", "red", "dim"

SHOWN_MODELS = 3
"""Names of models in a row; some providers have hundreds."""


@dataclass(frozen=True, slots=True)
class ProbedProvider:
    """What a provider answered.

    Attributes:
        state: ``ok``, ``no key``, ``not running``, ``no answer``, ``refused`` or ``fails``.
        detail: how long it took and some models, or what is wrong.
        models: the names it lists.
    """

    state: str
    detail: str
    models: tuple[str, ...] = ()

    @property
    def style(self) -> str:
        """For a table."""
        return GOOD if self.state == "ok" else STYLES.get(self.state, BAD)


STYLES = {"no key": NONE, "not running": NONE}


async def probed(catalog: Catalog, environ: Mapping[str, str]) -> dict[str, ProbedProvider]:
    """Every provider by name; all that can be asked are asked at once."""
    names = sorted(catalog.providers)
    found = await asyncio.gather(
        *(probe(name, catalog.providers[name], catalog.lacks, environ) for name in names)
    )
    return dict(zip(names, found, strict=True))


def rows(found: Mapping[str, ProbedProvider]) -> list[Row]:
    """A row for each provider."""
    return [
        (f"provider {name}", Text(each.state, each.style), each.detail)
        for name, each in found.items()
    ]


async def probe(
    name: str, entry: ProviderEntry, lacks: Mapping[str, str], environ: Mapping[str, str]
) -> ProbedProvider:
    """Ask one provider for its models, unless its key is missing."""
    if not entry.base_url:
        return ProbedProvider("ok", "inside the server")
    if name in lacks:
        return ProbedProvider("no key", lacks[name])
    started = time.monotonic()
    try:
        models = await _models(name, entry, environ)
    except (Unreachable, TimeoutError) as error:
        if is_local(entry):
            return ProbedProvider(
                "not running", f"nothing answers at {entry.base_url}; start it to use it"
            )
        return ProbedProvider("no answer", str(error) or "no answer in time; is the network up?")
    except MoaError as error:
        return ProbedProvider(
            "refused" if isinstance(error, AuthRejected) else "fails", str(error)
        )
    took = (time.monotonic() - started) * 1000
    shown = ", ".join(models[:SHOWN_MODELS]) or "names no models"
    more = f" and {len(models) - SHOWN_MODELS} more" if len(models) > SHOWN_MODELS else ""
    return ProbedProvider("ok", f"{took:.0f} ms · {shown}{more}", models)


async def _models(name: str, entry: ProviderEntry, environ: Mapping[str, str]) -> tuple[str, ...]:
    provider = build(name, entry, environ)
    try:
        async with asyncio.timeout(limits.DOCTOR_REPLY_S):
            return await provider.models()
    finally:
        await provider.close()
