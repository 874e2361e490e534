"""``moa-lsp demo``: the main job end to end on one file, against a real server process.

What is printed is what the server answered; the only thing invented here is where the cursor goes.
The document is opened under its own name, so that the project's settings count, but its text lives
in memory: nothing is written beside the file.
"""

import asyncio
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from moa_lsp.cli import output
from moa_lsp.cli.demo_client import DemoEditor
from moa_lsp.cli.limits import DEMO_START_S
from moa_lsp.cli.source import read
from moa_lsp.errors import RunError
from moa_lsp.limits import EXIT_GRACE_S
from moa_lsp.runs import unified_diff
from moa_lsp.syntax.languages import by_path
from moa_lsp.syntax.symbols import Symbol, symbols
from moa_lsp.text.span import Span

Record = dict[str, Any]
"""A run record as the server gives it."""

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "inventory.py"

GENERATE_TRIES = 6
"""Places where generate is tried; the first that has something missing is shown."""

COMPLETE_TRIES = 24
"""Lines that are begun once more; the first for which something is offered is shown."""

_CALL = re.compile(r"^\s*\S.{6,}?(?:\(|= |\[)")
"""Up to where the rest of a line begins."""

CLASSES = ("class", "interface", "struct", "trait", "impl")

LIMITS = (
    "The embedded tools read syntax, not meaning: they tidy Python, write skeletons and outline "
    "code. They cannot follow an instruction in words, write logic or judge a design; that takes "
    "a mix with a model (`moa-lsp mix list`)."
)


def demo(file: Path | None) -> int:
    """Show the main job on ``file`` or on the sample; the exit code.

    Raises:
        UsageError: the file is no text.
        RunError: the server does not answer, or a run ended as it must not on the sample.
    """
    source = (file or SAMPLE).resolve()
    before = read(source)
    # After an interrupt our small editor cannot send, and asyncio misses its child: no news.
    for name in ("pygls", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    final = asyncio.run(_Demonstration(source, given=file is not None).go())
    if read(source) != before:
        raise RunError(f"{source} was changed by someone while the demo ran; run it again")
    copy = Path(tempfile.mkdtemp(prefix="moa-lsp-demo-")) / source.name
    copy.write_bytes(final.encode())
    where = output.console()
    output.say(where)
    output.show_table(where, ("", ""), [("unchanged", str(source)), ("final text", str(copy))])
    output.say(where)
    where.print(LIMITS)
    return 0


class _Demonstration:
    """One demonstration."""

    def __init__(self, source: Path, *, given: bool) -> None:
        self._source = source
        self._given = given
        self._editor = DemoEditor(source, by_path(source.name))
        self._where = output.console()

    async def go(self) -> str:
        """Show everything; the document's text at the end."""
        try:
            await self._all()
        except (RunError, RuntimeError) as err:  # the second is pygls' word for a server that died
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None  # it died of the interrupt that we got too
            if isinstance(err, RunError):
                raise
            raise RunError(f"the demo ended early: {err}") from err
        finally:
            with suppress(TimeoutError, RunError, RuntimeError):
                async with asyncio.timeout(EXIT_GRACE_S):
                    await self._editor.stop()
        return self._editor.document.text

    async def _all(self) -> None:
        self._say(f"moa-lsp demo · {self._source.name} · no key, no network")
        self._say(f"{await self._started()} answers on stdio")
        await self._offered()
        changed = await self._refactor()
        changed += await self._generate()
        explained = await self._explain()
        completed = await self._complete()
        if not self._given and (changed < 2 or not explained or not completed):
            raise RunError("the demo did not show what it should; report it")

    async def _started(self) -> str:
        try:
            async with asyncio.timeout(DEMO_START_S):
                return await self._editor.start()
        except TimeoutError as err:
            raise RunError("the server does not answer; `moa-lsp doctor` may say why") from err

    async def _offered(self) -> None:
        offers = await self._editor.offers(self._whole())
        self._title("offered on a selection")
        if not offers:
            self._say("nothing: the file is too large")
        rows = [(each.title, each.kind) for each in offers]
        output.show_table(self._where, ("", ""), rows)

    async def _refactor(self) -> int:
        before = self._editor.document.text
        record = await self._run("refactor", self._whole())
        return self._result("refactor", record, before)

    async def _generate(self) -> int:
        """Generate what is missing at the first place that misses something."""
        before = self._editor.document.text
        records: list[Record | str] = []
        for place in self._places():
            records.append(await self._run("generate", place))
            if self._editor.document.text != before:
                return self._result("generate", records[-1], before)
        nowhere = "no class and no function to complete"
        return self._result("generate", records[0] if records else nowhere, before)

    async def _explain(self) -> bool:
        found = [each for each in self._symbols() if each.kind not in CLASSES]
        longest = max(found, key=lambda each: each.span.end - each.span.start, default=None)
        record = await self._run("explain", longest.span if longest else self._whole())
        self._tell("explain", record)
        text = None if isinstance(record, str) else record["text"]
        if text is None:
            return False
        self._say()
        output.show_markdown(self._where, text)
        return True

    async def _complete(self) -> bool:
        """Begin a line of the file once more at its end, and show what is offered for the rest."""
        self._title("inline completion")
        text = self._editor.document.text
        try:
            for begun in self._beginnings(text):
                typed = f"{text.rstrip()}\n{begun}"
                self._editor.write(typed)
                rest = await self._editor.complete(len(typed))
                if rest:
                    self._say(f"typed    {begun.strip()}")
                    self._say(f"offered  {' ' * len(begun.strip())}{rest}")
                    return True
        finally:
            self._editor.write(text)
        self._say("nothing: the n-grams of this file are sure of no line; they offer what repeats")
        return False

    def _beginnings(self, text: str) -> Iterator[str]:
        """Lines of the file up to where something is to be written, the longest first."""
        lines = [line for line in dict.fromkeys(text.split("\n")) if _CALL.search(line)]
        for line in sorted(lines, key=len, reverse=True)[:COMPLETE_TRIES]:
            found = _CALL.search(line)
            if found is not None:
                yield line[: found.end()]

    async def _run(self, action: str, where: Span) -> Record | str:
        """Run an offered action; its record, or why there is none."""
        for offer in await self._editor.offers(where):
            if offer.action_request["action"] == action:
                try:
                    return await self._editor.run(offer)
                except RunError as error:
                    return f"no run: {error}"
        return "not offered here"

    def _result(self, action: str, record: Record | str, before: str) -> int:
        """Print how a run ended and the diff it applied; how many edits came of it (0 or 1)."""
        self._tell(action, record)
        after = self._editor.document.text
        if before == after:
            return 0
        self._say()
        output.show_diff(self._where, unified_diff.diff(before, after, self._source.name))
        return 1

    def _tell(self, action: str, record: Record | str) -> None:
        self._title(action)
        if isinstance(record, str):
            self._say(record)
            return
        output.show_proposals(self._where, record)
        self._say(output.settled(record))
        if record["reason"]:
            self._say(f"no result: {record['reason']}")

    def _title(self, text: str) -> None:
        if self._where.is_terminal:
            self._say()
            self._where.rule(text, align="left", style="dim")
        else:
            self._say(f"\n== {text}")

    def _say(self, text: str = "") -> None:
        output.say(self._where, text)

    def _symbols(self) -> list[Symbol]:
        document = self._editor.document
        return symbols(document.text, document.language)

    def _places(self) -> Iterator[Span]:
        """Cursors where something may be missing: in classes, then behind functions."""
        found = self._symbols()
        classes = [each for each in found if each.kind in CLASSES]
        others = [each for each in found if each.kind not in CLASSES and "." not in each.qualified]
        for each in [*classes, *others][:GENERATE_TRIES]:
            start = each.header.start if each.kind in CLASSES else each.span.end
            yield Span(start, start)

    def _whole(self) -> Span:
        return Span(0, len(self._editor.document.text))
