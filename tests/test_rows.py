"""The fault matrix: every row has a test that carries its id, or a reason why it has none here.

P: what providers do wrong; L: what clients do; S: what the system does. A test carries a row in
its name (``test_P23_…``, also as one of several); rows of one table are found by that name too.
"""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ROWS = {
    "P01": "an unknown host",
    "P02": "a refused connection",
    "P03": "a connection that hangs",
    "P04": "certificates",
    "P05": "plain HTTP to another machine",
    "P06": "redirects",
    "P07": "a rejected request",
    "P08": "a rejected key",
    "P09": "no credit",
    "P10": "an unknown model",
    "P11": "try again",
    "P12": "a prompt that is too long",
    "P13": "an unsupported parameter",
    "P14": "Retry-After of every kind",
    "P15": "all proposers limited at once",
    "P16": "a failing provider",
    "P17": "an error with a huge or slow body",
    "P18": "a slow first byte",
    "P19": "a drip of bytes",
    "P20": "a stall",
    "P21": "a reset",
    "P22": "an end without its marker",
    "P23": "a stream split or cut anywhere",
    "P24": "bytes that are no UTF-8",
    "P25": "events and their line ends",
    "P26": "events that are no honest JSON",
    "P27": "another content type",
    "P28": "odd or missing choices",
    "P29": "an empty answer",
    "P30": "an error inside a 200",
    "P31": "an answer cut by its bound",
    "P32": "a refusal",
    "P33": "prose instead of code",
    "P34": "a huge answer",
    "P35": "a stream without end",
    "P36": "compression that is a bomb or broken",
    "P37": "what follows the end",
    "P38": "broken HTTP",
    "P39": "a kept connection that ended",
    "P40": "old, interim and empty HTTP",
    "P41": "every proposer fails",
    "P42": "the aggregator fails or loses something",
    "P43": "a proposer that is late",
    "P44": "a proposal that gives orders",
    "P45": "a prompt larger than the window",
    "L01": "malformed messages",
    "L02": "bad headers",
    "L03": "wrong parameters of every method",
    "L04": "requests out of their time",
    "L05": "cancelling at every moment",
    "L06": "cancelling by progress, and clients that do not acknowledge it",
    "L07": "typing outside the target",
    "L08": "typing inside the target",
    "L09": "closed, opened again, renamed",
    "L10": "odd versions and documents that are not open",
    "L11": "edits that are refused, fail, or stay unanswered",
    "L12": "clients that can do less",
    "L13": "shutdown and exit with work in flight",
    "L14": "clients that die or do not read",
    "L15": "many requests at once",
    "L16": "large, long and empty documents",
    "L17": "line ends of every kind",
    "L18": "characters of every width, ranges that no character has",
    "L19": "URIs of every kind",
    "L20": "bugs of ours",
    "L21": "settings that are unanswered or wrong",
    "L22": "folders and trust that change during a run",
    "S01": "folders that cannot be written",
    "S02": "a full disk",
    "S03": "corrupt files",
    "S04": "a locked cache",
    "S05": "several servers share a cache",
    "S06": "a file system without locks",
    "S07": "the clock jumps",
    "S08": "the machine sleeps",
    "S09": "little memory, few files, few threads",
    "S10": "hours of work",
    "S11": "invalid mixes by the hundred",
    "S12": "mixes that change during a run",
    "S13": "keys that are missing, odd, or hang",
    "S14": "proxies",
    "S15": "locales, consoles, names that are no UTF-8, options of Python",
    "S16": "signals",
    "S17": "the log cannot be written",
    "S18": "a malicious repository",
    "S19": "files of other versions",
    "S20": "other versions of Python and other systems",
}

NOT_HERE = {
    "S20": "one interpreter on one system runs these tests; a matrix needs several machines",
}
"""Rows that `make test` and `make test-slow` cannot have, with the reason."""


@cache
def named() -> set[str]:
    """Every row that the name of a test carries."""
    texts = (path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
    names = re.findall(r"^\s*(?:async )?def (test_\w+)", "\n".join(texts), re.MULTILINE)
    return {
        row.upper() for name in names for row in re.findall(r"_([pls]\d\d)(?=_)", name.lower())
    }


def test_the_matrix_is_whole():
    counts = {
        prompt_preview: sum(row[0] == prompt_preview for row in ROWS) for prompt_preview in "PLS"
    }
    assert counts == {"P": 45, "L": 22, "S": 20}
    assert set(NOT_HERE) <= set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_test(row):
    assert (row in named()) != (row in NOT_HERE), f"{row}: {ROWS[row]}"


def test_no_test_carries_a_row_that_does_not_exist():
    known = {"p", "l", "s"}
    odd = {row for row in named() if row[0].lower() in known and row not in ROWS}
    assert odd == set()
