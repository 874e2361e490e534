"""What a ruff rule is for, in ruff's own words."""

import asyncio
import json
import re
from collections.abc import Iterable

from moa_lsp.errors import Unreachable
from moa_lsp.providers.embedded import ruff_program

MAX_EXPLAINED_RULES = 5
"""Rules that one explanation looks up; each starts ruff once, about 10 ms."""


_CODE = re.compile(r"[A-Z]{1,6}[0-9]{3,4}")
_PURPOSE = re.compile(r"## What it does\s+(.*?)(?:\n\s*\n|\n#|\Z)", re.DOTALL)
_WHY = re.compile(r"## Why is this bad\?\s+(.*?)(?:\n\s*\n|\n#|\Z)", re.DOTALL)


async def explained(codes: Iterable[str | None]) -> dict[str, str]:
    """What ruff says about each rule among ``codes``; others and failures are left out."""
    wanted = sorted({code for code in codes if code and _CODE.fullmatch(code)})
    found = await asyncio.gather(*(_explained(code) for code in wanted[:MAX_EXPLAINED_RULES]))
    return {code: text for code, text in zip(wanted, found, strict=False) if text}


async def _explained(code: str) -> str:
    try:
        output = await ruff_program.call(["rule", code, "--output-format=json"])
        explanation = str(json.loads(output.stdout)["explanation"]) if output.code == 0 else ""
    except (Unreachable, ValueError, KeyError, TypeError):
        return ""
    found = (_PURPOSE.search(explanation), _WHY.search(explanation))
    parts = [match.group(1) for match in found if match is not None]
    return " ".join(" ".join(parts).split())
