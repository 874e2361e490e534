"""How good and how quick completion without a model is: ``python -m benchmarks.inline_embedded``.

Files of three public packages are held out, some at a time, and the rest of the package is the
workspace. Lines of a held-out file are drawn, and a cursor in each; all of the file but that line
is known ("editing"), or what stands before it alone ("new file"). Next words are drawn from all
words of a file, each as likely as another, ends of lines among them. The bounds were chosen on
other packages (``inline_calibration``). The packages go into ``.cache/bench`` and nowhere else.

With ``MOA_RECORDED`` the two infilling sets of HumanEval are filled as well, and their tests run.
"""

import argparse
import asyncio
import os
import random
import resource
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.infilling import SETS, fill
from benchmarks.machine import ROOT, facts, median, quantile, table
from moa_lsp.errors import MoaError
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.jedi.names import rest_of_name
from moa_lsp.providers.embedded.jedi.process import JediProcess
from moa_lsp.providers.embedded.ngram.blend import IndexSource, next_words
from moa_lsp.providers.embedded.ngram.corpus import Corpus
from moa_lsp.providers.embedded.ngram.document import read
from moa_lsp.providers.embedded.ngram.lexer import LONG, lex
from moa_lsp.providers.embedded.ngram.limits import NGRAM_ORDER
from moa_lsp.providers.embedded.ngram.line import rest_of_line
from moa_lsp.providers.embedded.ngram.secret import looks_secret
from moa_lsp.providers.embedded.ngram.worker import index_files

PACKAGES = {
    "werkzeug": "werkzeug==3.1.3",
    "marshmallow": "marshmallow==4.0.0",
    "scrapy": "scrapy==2.13.3",
}

CACHE = ROOT / ".cache" / "bench" / "inline"

SEED = 20_26

NEXT_WORDS = 4
"""Words of a file that are foreseen for each line that is drawn from it: less is by chance."""

LEAST_BYTES = 1500
"""Of a file that lines are drawn from."""


@dataclass(frozen=True)
class Draw:
    """A cursor in a line of a held-out file.

    Attributes:
        known: the text of the file without the line.
        text: the text with the beginning of the line.
        rest: what stood after the cursor.
        context: the last words before the cursor, where it is between two.
    """

    path: Path
    known: str
    text: str
    offset: int
    rest: str
    context: Sequence[str]


@dataclass
class Found:
    """What came of draws, each a suggestion or nothing."""

    asked: int = 0
    first: list[bool] = field(default_factory=list)
    line: list[bool] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    chars: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, suggested: str, rest: str) -> None:
        """Count one suggestion."""
        self.exact.append(is_exact(suggested, rest))
        self.whole.append(suggested == rest)
        self.chars.append(len(suggested))


def is_exact(suggested: str, rest: str) -> bool:
    """Whether all of a suggestion stood there, and its last name did not go on."""
    after = rest[len(suggested) : len(suggested) + 1]
    cut = (after.isalnum() or after == "_") and (suggested[-1:].isalnum() or suggested[-1:] == "_")
    return rest.startswith(suggested) and not cut


def installed(name: str, package: str) -> Path | None:
    """The folder of a package's sources, installed if need be; ``None`` where that fails."""
    folder = CACHE / name
    if not folder.is_dir():
        command = (
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            "--no-deps", "--target", str(CACHE), package,
        )  # fmt: skip
        subprocess.run(command, check=False, timeout=180)
    return folder if folder.is_dir() else None


def rounds(folder: Path, held: int) -> Iterator[tuple[list[Path], list[Path]]]:
    """Files of a package that are held out together, a fifth of it at most, and the others.

    Args:
        folder: of the package.
        held: files held out in all rounds; a small package has no more than there are.
    """
    files = sorted(folder.rglob("*.py"))
    random.Random(SEED).shuffle(files)
    size = max(1, len(files) // 5)
    for start in range(0, len(files), size):
        part = files[start : start + size]
        out = [file for file in part if file.stat().st_size >= LEAST_BYTES][:held]
        held -= len(out)
        if out:
            yield out, [file for file in files if file not in out]


def next_draws(path: Path, count: int) -> Iterator[tuple[str, str, Sequence[str], str]]:
    """Words of a file, wherever they stand, but for strings that cannot be written.

    Yields:
        What stands before the word's line and what behind it, the last words before it, and it.
    """
    text = path.read_text("utf-8")
    document = read(text, "python", looks_secret)
    words, breaks = document.lexed.words, document.lexed.breaks
    last = breaks[-1].count + 1 if breaks else 0
    inner = [at for at in range(NGRAM_ORDER, last) if words[at] != LONG]
    for at in sorted(random.Random(f"{SEED}{path.name}").sample(inner, min(count, len(inner)))):
        ending = bisect_left(breaks, at, key=lambda each: each.count)
        start = breaks[ending - 1].start if ending else 0
        yield text[:start], text[breaks[ending].start :], words[at - NGRAM_ORDER : at], words[at]


def draws(path: Path, count: int, *, between: bool) -> Iterator[Draw]:
    """Cursors in lines of code of a file: anywhere, or between two words."""
    chance = random.Random(f"{SEED}{path.name}{between}")
    text = path.read_text("utf-8")
    document = read(text, "python", looks_secret)
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    order = list(range(len(lines)))
    chance.shuffle(order)
    for number in order:
        start, line = starts[number], lines[number].rstrip()
        code = line.lstrip()
        margin = len(line) - len(code)
        place = document.place(text, start + margin)
        after = lex(code, "python")
        open_string = after.typed[:1] in ("'", '"')
        if len(code) < 4 or place is None or place.inside != "code":
            continue
        if after.inside != "code" or open_string:
            continue
        before, words = list(place.context), after.words
        places = list(_places(line, margin, words))
        if len(places) < 2:
            continue  # a comment, or a string that is not kept
        if between:
            which = chance.randrange(1, len(places))
            at, context = places[which], before + words[:which]
        else:
            at, context = chance.randrange(margin + 1, len(line)), []
        yield Draw(
            path,
            text[:start] + text[starts[number + 1] :],
            text[:start] + line[:at] + text[start + len(line) :],
            start + at,
            line[at:],
            context,
        )
        count -= 1
        if count == 0:
            return


def _places(line: str, start: int, words: Sequence[str]) -> Iterator[int]:
    for word in words:
        start = line.find(word, start)
        if start < 0:
            return
        yield start
        start += len(word)


async def measured(
    found: Found, corpus: Corpus, files: Sequence[Path], count: int, *, editing: bool
) -> None:
    """Add what ``ngram`` does with the draws of files."""
    index = next(iter(corpus.built.indexes.values()))
    for path in files:
        uri = path.as_uri()
        for before, behind, context, word in next_draws(path, NEXT_WORDS * count):
            document = read(before + behind if editing else before, "python", looks_secret)
            sources = [IndexSource(index), IndexSource(document.index)]
            guessed, _ = next_words(sources, context).likeliest()
            found.first.append(guessed == word if word[0] != "\n" else guessed == "\n")
        for draw in draws(path, count, between=True):
            known = (
                draw.known if editing else draw.text[: draw.text.rfind("\n", 0, draw.offset) + 1]
            )
            document = read(known, "python", looks_secret)
            sources = [IndexSource(index), IndexSource(document.index)]
            spaced = draw.text[draw.offset - 1] == " "
            line = rest_of_line(sources, draw.context, spaced=spaced, cut=0.0, broken=0.0)
            found.line.append(line.text == draw.rest)
        for draw in draws(path, count, between=False):
            known = (
                draw.known if editing else draw.text[: draw.text.rfind("\n", 0, draw.offset) + 1]
            )
            text = draw.text if editing else draw.text[: draw.offset]
            await corpus.update(uri, known, "python")
            began = time.perf_counter()
            answer = await corpus.suggest(uri, text, draw.offset, "python")
            found.seconds.append(time.perf_counter() - began)
            found.asked += 1
            if not isinstance(answer, AgentDeclines):
                found.add(answer.text, draw.rest)
        corpus.forget(uri)


async def named(found: Found, jedi: JediProcess, files: Sequence[Path], count: int) -> None:
    """Add what ``jedi`` does with the draws of files."""
    for path in files:
        for draw in draws(path, count, between=False):
            began = time.perf_counter()
            answer = await rest_of_name(jedi, path.as_uri(), draw.text, draw.offset, "python")
            found.seconds.append(time.perf_counter() - began)
            found.asked += 1
            if isinstance(answer, str):
                found.add(answer, draw.rest)


@asynccontextmanager
async def stalls() -> AsyncIterator[list[float]]:
    """Measure how late the loop is for a timer, as long as the block."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began - 0.001)

    ticking = asyncio.create_task(tick())
    try:
        yield late
    finally:
        ticking.cancel()


def rows_of(name: str, how: str, found: Found) -> list[object]:
    def share(values: Sequence[bool]) -> str:
        return f"{100 * sum(values) / len(values):.1f}" if values else "-"

    shown = f"{100 * len(found.exact) / found.asked:.1f}" if found.asked else "-"
    return [
        name, how, found.asked, share(found.first), share(found.line), shown, share(found.exact),
        share(found.whole), f"{sum(found.chars) / max(1, len(found.chars)):.1f}",
        f"{1000 * median(found.seconds):.2f}", f"{1000 * quantile(found.seconds, 0.95):.2f}",
    ]  # fmt: skip


COLUMNS = (
    "package", "how", "n", "next word", "rest of line", "shown", "exact", "to the line's end",
    "chars", "median ms", "p95 ms",
)  # fmt: skip


async def building(name: str, files: Sequence[Path], corpus: Corpus) -> list[object]:
    """Index a workspace twice: in a process of its own, and in a thread for comparison."""
    asked = [(str(file), "python") for file in files]
    before = _children_s()
    async with stalls() as late:
        began = time.perf_counter()
        built = await corpus.build(asked)
        seconds = time.perf_counter() - began
    computed = _children_s() - before
    worst = max(late)
    async with stalls() as late:
        await asyncio.to_thread(index_files, asked)
    words = sum(len(index) for index in built.indexes.values())
    return [
        name, len(files), f"{words:,}", f"{seconds:.2f}", f"{computed:.2f}",
        f"{computed / words * 100_000:.2f}", f"{built.memory / 2**20:.0f}",
        f"{1000 * worst:.0f}", f"{1000 * max(late):.0f}",
    ]  # fmt: skip


def _children_s() -> float:
    """Seconds of CPU that processes took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def study(held: int, count: int) -> None:
    """Measure each package and print two tables; jedi and the build in its first round alone."""
    rows, builds = [], []
    ways = {"editing": True, "new file": False}
    jedi = JediProcess()
    try:
        await _ready(jedi)
        for name, package in PACKAGES.items():
            folder = installed(name, package)
            if folder is None:
                print(f"{name} is left out, it cannot be installed")
                continue
            of_package = {how: Found() for how in ways}
            of_jedi = Found()
            for number, (out, others) in enumerate(rounds(folder, held)):
                corpus = Corpus()
                built = await building(name, others, corpus)
                builds += [built] if number == 0 else []
                for how, editing in ways.items():
                    await measured(of_package[how], corpus, out, count, editing=editing)
                if jedi.available and number == 0:
                    await named(of_jedi, jedi, out, count)
            rows += [rows_of(name, how, found) for how, found in of_package.items()]
            rows += [rows_of(name, "jedi", of_jedi)] if jedi.available else []
    finally:
        await jedi.close()
    print(table(COLUMNS, rows), end="\n\n")
    columns = (
        "workspace", "files", "words", "s", "of CPU", "CPU per 100k words", "MB of the process",
        "longest stall, ms", "the same in a thread",
    )  # fmt: skip
    print(table(columns, builds), end="\n\n", flush=True)


async def _ready(jedi: JediProcess) -> None:
    for _ in range(30):
        try:
            await jedi.names("import os\nos.", None, str(ROOT), 2, 3)
        except MoaError:
            await asyncio.sleep(0.5)
        else:
            return


def embedded(corpus: Corpus) -> Callable[[str, str, str], Awaitable[str]]:
    """``ngram`` as what ``infilling`` asks."""

    async def complete(prefix: str, suffix: str, path: str) -> str:
        corpus.forget(path)
        answer = await corpus.suggest(path, prefix + suffix, len(prefix), "python")
        return "" if isinstance(answer, AgentDeclines) else answer.text

    return complete


async def infilled(folder: Path, most: int | None) -> None:
    """Fill the gaps of HumanEval and print what passes."""
    rows = []
    for name in SETS:
        if not (folder / name).exists():
            print(f"{name} is not there")
            continue
        score = await fill(folder / name, embedded(Corpus()), most)
        rows.append(score)
    columns = ("set", "tasks", "filled", "passed", "passed of the filled", "without completion")
    print(table(columns, rows), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.inline_embedded", description=__doc__
    )
    parser.add_argument("--quick", action="store_true", help="a few files and tasks")
    quick = parser.parse_args().quick
    print(f"`inline_embedded: {facts()}`\n", flush=True)
    asyncio.run(study(2 if quick else 12, 5 if quick else 50))
    folder = os.environ.get("MOA_RECORDED")
    if folder:
        asyncio.run(infilled(Path(folder), 20 if quick else None))


if __name__ == "__main__":
    main()
