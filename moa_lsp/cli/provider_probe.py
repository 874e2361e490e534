"""Which providers answer, how fast, and which models they have: ``doctor``'s look outside.

Only providers that could be used are asked: those whose key is present, and servers of this
machine. They are asked for their list of models, which costs nothing; a key goes to its own
address only.
"""

import asyncio
import time
from collections.abc import Mapping

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


async def reached(catalog: Catalog, environ: Mapping[str, str]) -> list[Row]:
    """A row for each provider; all that can be asked are asked at once."""
    return await asyncio.gather(
        *(_row(name, entry, catalog, environ) for name, entry in sorted(catalog.providers.items()))
    )


async def _row(
    name: str, entry: ProviderEntry, catalog: Catalog, environ: Mapping[str, str]
) -> Row:
    what = f"provider {name}"
    if not entry.base_url:
        return what, Text("ok", GOOD), "inside the server"
    if name in catalog.lacks:
        return what, Text("no key", NONE), catalog.lacks[name]
    started = time.monotonic()
    try:
        models = await _models(name, entry, environ)
    except (Unreachable, TimeoutError) as error:
        if is_local(entry):
            return (
                what,
                Text("not running", NONE),
                f"nothing answers at {entry.base_url}; start it to use it",
            )
        return what, Text("no answer", BAD), str(error) or "no answer in time; is the network up?"
    except MoaError as error:
        state = "refused" if isinstance(error, AuthRejected) else "fails"
        return what, Text(state, BAD), str(error)
    took = (time.monotonic() - started) * 1000
    shown = ", ".join(models[:SHOWN_MODELS]) or "names no models"
    more = f" and {len(models) - SHOWN_MODELS} more" if len(models) > SHOWN_MODELS else ""
    return what, Text("ok", GOOD), f"{took:.0f} ms · {shown}{more}"


async def _models(name: str, entry: ProviderEntry, environ: Mapping[str, str]) -> tuple[str, ...]:
    provider = build(name, entry, environ)
    try:
        async with asyncio.timeout(limits.DOCTOR_REPLY_S):
            return await provider.models()
    finally:
        await provider.close()
