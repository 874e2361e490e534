"""``moa-lsp usage``: what runs did and cost, from the ledger that all of the user's servers share.

Nothing is made by asking: without a ledger there was no run.
"""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

from moa_lsp.cli import output
from moa_lsp.store.days import Clock, wall_clock
from moa_lsp.store.ledger import By, Ledger, Totals
from moa_lsp.store.locations import users_places
from moa_lsp.text.sanitize import escape

TITLES = {"day": "day", "mix": "mix", "model": "model"}


def usage(
    days: int, by: By, *, as_json: bool, ledger: Path | None = None, clock: Clock = wall_clock
) -> int:
    """Print sums over the last days; the exit code.

    Args:
        days: how many, today's included.
        by: what a row stands for.
        as_json: print JSON instead of a table.
        ledger: its file, the user's own when left out.
        clock: the wall clock.
    """
    path = ledger or users_places().ledger
    rows, whole = asyncio.run(_read(path, days, by, clock)) if path.exists() else ([], Totals())
    if as_json:
        told = {
            "days": days,
            "by": by,
            "rows": [{by: each.name, **each.as_json()} for each in rows],
            "total": whole.as_json(),
        }
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    elif rows:
        _show(rows, whole, by)
    else:
        output.say(output.console(), f"no run in the last {days} days")
    return 0


async def _read(path: Path, days: int, by: By, clock: Clock) -> tuple[list[Totals], Totals]:
    ledger = Ledger(path, _note, clock)
    try:
        rows = await ledger.totals(days, by)
        runs = rows if by != "model" else await ledger.totals(days, "day")
        return rows, sum(runs, Totals())
    finally:
        await ledger.close()


def _show(rows: list[Totals], whole: Totals, by: By) -> None:
    counted = "requests" if by == "model" else "runs"
    numbers = [counted, "tokens in", "cached", "out", "USD"]
    if by != "model":
        numbers.insert(1, "inline")
        numbers.append("taken")
    else:
        whole = replace(whole, runs=sum(each.runs for each in rows))
    cells = [_cells(each, by) for each in (*rows, replace(whole, name="all"))]
    output.show_table(output.console(), (TITLES[by], *numbers), cells, numbers=numbers)
    if not whole.cost_known:
        output.say(output.console(), "\n>= the price of some requests is not known")


def _cells(each: Totals, by: By) -> list[str]:
    cost = output.usd(each.cost_usd)
    cells = [
        each.name,
        f"{each.runs - each.inline:,}",
        *([] if by == "model" else [f"{each.inline:,}"]),
        f"{each.input:,}",
        f"{each.cached:,}",
        f"{each.output:,}",
        cost if each.cost_known else f">= {cost}",
    ]
    if by != "model":
        share = each.acceptance
        cells.append("-" if share is None else f"{each.taken}/{each.offered} ({share:.0%})")
    return cells


def _note(text: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(text)}\n")
