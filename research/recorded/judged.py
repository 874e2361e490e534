"""Recorded answers, each judged by the code that judges a live one; kept on disk.

What is kept is named after the answers and after all code that judges them, so that a change of
either judges anew.
"""

import dataclasses
import gzip
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moa_lsp.mix import judge
from moa_lsp.providers.base import Reply
from moa_lsp.syntax import gates
from moa_lsp.task import Task
from research.recorded import alike

ROOT = Path(__file__).parents[2]

CHUNK = 32
"""Answers handed to a worker at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer and what it answers.

    Attributes:
        above: text of the file that is graded above the answer, where the task does not hold it.
    """

    task: Task
    reply: Reply
    above: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of an answer before anything of it runs.

    Attributes:
        text: what the engine takes out of it, or all of it.
        found: whether the engine takes anything.
        parses: no worse than the text before.
        undefined: names that it uses, that nothing defines and that were not used before.
        key: the engine's; ``coarse`` and ``changed``: of ``alike``; equal for equal answers.
        change: lines that it takes away and adds; all of it where nothing stood before.
        whole: the file with the answer in its place, as it is graded.
    """

    text: str
    found: bool
    parses: bool
    undefined: tuple[str, ...]
    key: str
    coarse: str
    changed: str
    change: str
    whole: str

    @property
    def names(self) -> bool:
        """Whether it passes the gate of this name, and parses."""
        return self.parses and not self.undefined


def judged(asked: Sequence[Asked], folder: Path) -> list[Judged]:
    """Judge answers, or give what is kept of that in a folder."""
    if not asked:
        return []
    path = folder / f"judged-{_digest(asked)}.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8", errors="surrogatepass") as file:
            return [_read(json.loads(line)) for line in file]
    with ProcessPoolExecutor() as workers:
        found = list(workers.map(_judge, asked, chunksize=CHUNK))
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with gzip.open(part, "wt", compresslevel=3) as file:
        file.writelines(f"{json.dumps(dataclasses.asdict(each))}\n" for each in found)
    part.replace(path)
    return found


def _judge(asked: Asked) -> Judged:
    task = asked.task
    taken = judge.usable(task, asked.reply)
    text = asked.reply.text if taken.text is None else taken.text
    whole = asked.above + (text if task.output == "new_file" else judge.merged(task, text))
    parses = judge.fault(task, text, ("parse",)) is None
    before = task.snapshot.text or asked.above
    key = judge.key(task, text)
    python = task.snapshot.language == "python"
    region = task.output == "replace"
    return Judged(
        text=text,
        found=taken.text is not None,
        parses=parses,
        undefined=tuple(gates.new_names(before, whole, task.snapshot.language)),
        key=_short(key),
        coarse=_short((alike.coarse(whole) if python else None) or key),
        changed=_short((alike.changed(before, whole) if python and region else None) or key),
        change=alike.change(before, text) if region else text,
        whole=whole,
    )


def _read(row: dict[str, Any]) -> Judged:
    return Judged(**row | {"undefined": tuple(row["undefined"])})


def _short(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _digest(asked: Sequence[Asked]) -> str:
    found = hashlib.sha256(_code())
    for each in asked:
        parts = (each.task.snapshot, each.task.target, each.task.output, each.reply, each.above)
        found.update(repr(parts).encode("utf-8", "backslashreplace"))
    return found.hexdigest()[:32]


def _code() -> bytes:
    """All code that judging may run."""
    paths = [Path(__file__), Path(alike.__file__), *sorted((ROOT / "moa_lsp").rglob("*.py"))]
    kept = [path for path in paths if not {"bench", "lsp", "cli"} & {*path.parts}]
    return b"".join(path.read_bytes() for path in kept)
