"""Refactoring a selection of real code changes nothing outside of it, and what comes of it parses.

The files are the standard library's, the same ones at every run; selections are whole symbols and
arbitrary lines, also such as cut a statement in two.
"""

import ast
import random
import sysconfig
import warnings
from collections import Counter
from pathlib import Path

import pytest

from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.task import Snapshot
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
SELECTIONS = 3


def sources(count):
    """That many files which parse, of all sizes up to 100,000 characters."""
    paths = [*LIBRARY.glob("*.py"), *LIBRARY.glob("[a-z]*/*.py")]
    paths = sorted(each for each in paths if "site-packages" not in each.parts)
    random.Random(7).shuffle(paths)
    found = []
    for path in paths:
        try:
            text = path.read_bytes().decode()
            parsed(text)
        except (UnicodeDecodeError, SyntaxError):
            continue
        if len(text) <= 100_000:
            found.append((path, text))
        if len(found) == count:
            break
    return found


def parsed(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own code
        return ast.parse(text)


def selections(path, text):
    """The whole lines of a symbol, if there is one, and some that were drawn."""
    index = LineIndex(text)
    draw = random.Random(path.name)
    tree = parsed(text)
    symbols = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    if symbols:
        one = draw.choice(symbols)
        yield one.lineno, one.end_lineno
    while True:
        start = draw.randint(1, index.line_count)
        end = min(index.line_count, start + draw.choice([0, 1, 5, 20, 100]))
        if text[index.line_span(start - 1).start : index.line_span(end - 1).end].strip():
            yield start, end


async def check(count):
    runtime = load_runtime_config(environ={"MOA_LSP_CONFIG": str(LIBRARY / "no-such-file")})
    ends = Counter()
    for path, text in sources(count):
        index = LineIndex(text)
        for _, (first, last) in zip(range(SELECTIONS), selections(path, text), strict=False):
            span = Span(index.line_span(first - 1).start, index.line_span(last - 1).end)
            snapshot = Snapshot(path.as_uri(), text, "python")
            prepared = prepare(runtime, ActionRequest("refactor", snapshot, span, mix="embedded"))
            record, plan = await Execution(prepared, runtime, lambda _: None).go()
            ends[record.state if plan is None else "changed"] += 1
            if plan is None:
                assert record.reason
                continue
            where = f"{path.name}:{first}-{last}"
            (changed,) = plan.texts(path.name)
            after = changed.after
            assert after != text, where
            assert after.startswith(text[: span.start]), where
            # Where all of it goes, the last line's ending goes too.
            rest = text[span.end + (not record.text) :]
            assert after.endswith(rest), where
            assert len(after) >= span.start + len(rest), where
            parsed(after)
    await runtime.close()
    return ends


@pytest.mark.heavy
async def test_a_selection_is_the_bound_of_every_change():
    ends = await check(12)
    assert ends.total() == 12 * SELECTIONS
    assert ends["changed"] >= 6, ends


@pytest.mark.slow
async def test_a_selection_is_the_bound_of_every_change_in_200_files():
    ends = await check(200)
    assert ends.total() == 200 * SELECTIONS
    assert ends["changed"] >= 100, ends
