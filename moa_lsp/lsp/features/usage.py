"""``moa.usage`` and ``moa.accepted``: what runs cost, and whether their results are taken."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moa_lsp import limits
from moa_lsp.errors import UsageError
from moa_lsp.lsp.session.accounting import accounts_of

if TYPE_CHECKING:
    from moa_lsp.lsp.session.session import Session


async def usage(session: "Session", _asked: Mapping[str, Any]) -> dict[str, Any]:
    """``moa.usage``: ``{session, today}``, sums as ``RunAccounting.usage``, and the budget."""
    runtime = (
        await session.runtime()
    )  # until it is read, another thread imports what is needed here
    told = await accounts_of(session.server, session.show).usage()
    told["today"]["budget_usd"] = runtime.catalog.settings.budget.usd_per_day
    return told


async def accepted(session: "Session", asked: Mapping[str, Any]) -> dict[str, Any]:
    """``moa.accepted``: note that a run's result was taken; ``{accepted}``, false if unknown.

    Raises:
        UsageError: no run is named.
    """
    run = asked.get("run")
    if not isinstance(run, str) or not 0 < len(run) <= limits.MAX_SHOWN_KEY_CHARS:
        raise UsageError("`run` must be the id of a run")
    await session.runtime()
    session.inline.accepted(run)
    return {"accepted": await accounts_of(session.server, session.show).accepted(run)}
