"""What answers do with the examples of their prompts: run in the bench's sandbox, kept on disk."""

import asyncio
import gzip
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from moa_lsp.sandbox.choose import choose
from moa_lsp.sandbox.program import Program, Sandbox
from research.recorded.answers import CACHE, Answer, Read
from research.recorded.examples import Example, examples, inputs
from research.recorded.inside import SLEEP_S

INSIDE = Path(__file__).with_name("inside.py")

PROGRAMS = 24
"""That run in one sandbox: what is found of them must fit into the detail of a verdict."""

AT_ONCE = 2
SECONDS = PROGRAMS * (SLEEP_S + 1.0)
"""Of a batch: all of its programs may wait until they are ended."""

MEMORY = 1 << 30

Found = tuple[float, str] | None
"""Share of the examples that passed, and a behaviour; ``None``: nothing ran."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Programs that are compared with each other, and what is looked at."""

    programs: tuple[str, ...]
    examples: tuple[Example, ...]
    inputs: tuple[str, ...]


def with_examples(read: Read, cache: Path = CACHE) -> Read:
    """The same with what was found by running; unchanged where prompts hold no examples."""
    prompt = read.recording.prompt
    if prompt is None:
        return read
    batches = list(_batches(read, prompt))
    looked = dict(zip(batches, _looked(batches, cache), strict=True))
    known = {
        (batch.examples, program): found
        for batch, each in looked.items()
        for program, found in zip(batch.programs, each, strict=True)
    }
    first = _first_prompts(read, prompt)

    def seen(name: str, answer: Answer) -> Answer:
        asked = first[read.clusters[name]]
        if not asked:
            return answer
        found = known[asked, answer.judged.whole] or (0.0, None)
        return replace(answer, examples=found[0], behaviour=found[1])

    answers = {
        name: {model: seen(name, answer) for model, answer in by.items()}
        for name, by in read.answers.items()
    }
    return replace(read, answers=answers)


def _first_prompts(
    read: Read, prompt: Callable[[dict[str, object]], tuple[str, str]]
) -> dict[str, tuple[Example, ...]]:
    """The examples of each cluster: gaps of one program have those of the first."""
    found: dict[str, tuple[Example, ...]] = {}
    for name, cluster in read.clusters.items():
        if cluster not in found:
            found[cluster] = tuple(examples(*prompt(read.tasks[read.recording.of(name)])))
    return found


def _batches(
    read: Read, prompt: Callable[[dict[str, object]], tuple[str, str]]
) -> Iterator[Batch]:
    """All answers to one task stand in one batch, so that they can be compared."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, cluster in read.clusters.items():
        names[cluster].append(name)
    for cluster, asked in _first_prompts(read, prompt).items():
        programs: dict[str, None] = {}
        for name in names[cluster] if asked else ():
            more = dict.fromkeys(answer.judged.whole for answer in read.answers[name].values())
            if programs and len(programs | more) > PROGRAMS:
                yield Batch(tuple(programs), asked, tuple(inputs(list(asked))))
                programs = {}
            programs |= more
        if programs:
            yield Batch(tuple(programs), asked, tuple(inputs(list(asked))))


def _looked(batches: Sequence[Batch], cache: Path) -> list[list[Found]]:
    told = json.dumps([asdict(each) for each in batches])
    digest = hashlib.sha256(INSIDE.read_bytes() + told.encode()).hexdigest()[:32]
    path = cache / f"executed-{digest}.json.gz"
    if path.exists():
        with gzip.open(path, "rt") as file:
            return [[each and (each[0], each[1]) for each in batch] for batch in json.load(file)]
    found = asyncio.run(_run(batches))
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with gzip.open(part, "wt") as file:
        json.dump(found, file)
    part.replace(path)
    return found


async def _run(batches: Iterable[Batch]) -> list[list[Found]]:
    sandbox = await choose()
    free = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, batch: Batch) -> list[Found]:
        async with free:
            return await _look(sandbox, number, batch)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number, each)) for number, each in enumerate(batches)]
    return [task.result() for task in tasks]


async def _look(sandbox: Sandbox, number: int, batch: Batch) -> list[Found]:
    files = {"main.py": INSIDE.read_text(), "asked.json": json.dumps(asdict(batch))}
    verdict = await sandbox.run(Program("script", files, seconds=SECONDS, memory=MEMORY))
    told = re.search(r"looked ([-01:\d ]+)\s*\Z", verdict.detail)
    words = told[1].split() if told else []
    if len(words) != len(batch.programs):
        message = f"nothing was seen of {batch.examples[0][0]}: {verdict.detail[-300:]}"
        raise RuntimeError(message)
    return [_found(number, each) for each in words]


def _found(number: int, word: str) -> Found:
    passed, _, behaviour = word.partition(":")
    if behaviour == "-":
        return None
    return passed.count("1") / len(passed), f"{number}:{behaviour}"
