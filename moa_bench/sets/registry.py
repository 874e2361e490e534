"""Every task set by its name, and how it is loaded from a folder of data or the user's cache.

A name that ends in ``.jsonl`` is a file of the user's own tasks (``own``).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from moa_bench.sets import (
    bigcodebench,
    canitedit,
    humaneval,
    humanevalfix,
    infilling,
    mbpp,
    polyglot,
    refactoring,
    user_tasks,
)
from moa_bench.sets.loaded_set import Judge, LoadedSet
from moa_bench.sets.rows import content_of, unpacked
from moa_bench.sets.sources import SOURCES, Source
from moa_bench.values import BenchTask
from moa_lsp.actions.definition import Action
from moa_lsp.config.problems import did_you_mean
from moa_lsp.errors import UsageError
from moa_lsp.store.locations import users_places


def _digest(content: bytes, where: str) -> str:
    return hashlib.sha256(unpacked(content, where)).hexdigest()


@dataclass(frozen=True, slots=True)
class _TaskSetFamily:
    """How a set is made of its data.

    Attributes:
        make: the tasks of a file's content and its name in messages.
        judge: of an answer.
        digest: of the content.
        edits: as ``LoadedSet.edits``.
    """

    make: Callable[[bytes, str], tuple[BenchTask, ...]]
    judge: Judge
    digest: Callable[[bytes, str], str] = _digest
    edits: bool = False


_FAMILIES = {
    "bigcodebench-hard": _TaskSetFamily(bigcodebench.instruct, bigcodebench.judge),
    "bigcodebench-hard-complete": _TaskSetFamily(bigcodebench.complete, bigcodebench.judge),
    "humaneval": _TaskSetFamily(humaneval.tasks, humaneval.judge),
    "humanevalplus": _TaskSetFamily(humaneval.tasks, humaneval.judge_plus),
    "mbpp": _TaskSetFamily(mbpp.tasks, mbpp.judge),
    "mbppplus": _TaskSetFamily(mbpp.plus_tasks, mbpp.judge_plus),
    "canitedit": _TaskSetFamily(canitedit.tasks, canitedit.judge, edits=True),
    "humanevalfix": _TaskSetFamily(humanevalfix.tasks, humanevalfix.judge, edits=True),
    "aider-polyglot-python": _TaskSetFamily(
        polyglot.tasks, polyglot.judge, polyglot.digest, edits=True
    ),
    "aider-refactor": _TaskSetFamily(
        refactoring.tasks, refactoring.judge, refactoring.digest, edits=True
    ),
    "humaneval-infilling-single": _TaskSetFamily(infilling.tasks, infilling.judge),
    "humaneval-infilling-random": _TaskSetFamily(infilling.tasks, infilling.judge),
}

_OWN = _TaskSetFamily(user_tasks.tasks, user_tasks.judge)

SET_NAMES = tuple(_FAMILIES)
"""As on the command line."""

_ENDINGS = (".jsonl", ".jsonl.gz")


def actions() -> Mapping[str, Action]:
    """Actions that tasks ask for beside the built-in ones, by id."""
    edit = refactoring.edit_action()
    return {edit.id: edit}


def source_of(name: str) -> Source:
    """Where a set's data is.

    Raises:
        UsageError: there is no such set.
    """
    if name not in SOURCES:
        hint = did_you_mean(name, SET_NAMES)
        choices = ", ".join(SET_NAMES)
        raise UsageError(
            f"there is no task set `{name}`{hint}; choose one of {choices}, or a .jsonl file of "
            "your own"
        )
    return SOURCES[name]


def cache_folder() -> Path:
    """Where downloaded data of this user is kept."""
    return users_places().cache.parent / "tasks"


def digest_of(name: str, content: bytes, where: str) -> str:
    """SHA-256 of a set's data, as in ``Source.sha256``.

    Raises:
        UsageError: there is no such set, or the data is damaged.
    """
    source_of(name)
    return _FAMILIES[name].digest(content, where)


def load(name: str, data: Path | None = None) -> LoadedSet:
    """Load a task set.

    Args:
        name: one of ``SET_NAMES``, or the path of a JSONL file of the user's own tasks.
        data: a folder that has the set's file; ``None`` for the user's cache.

    Raises:
        UsageError: there is no such set, its data is not there, or is not as it should be.
    """
    if name.endswith(_ENDINGS):
        return _loaded(Path(name).name.partition(".jsonl")[0], _OWN, Path(name), "")
    source = source_of(name)
    path = _found(data if data is not None else cache_folder(), source.file)
    if path is None:
        raise UsageError(_missing(name, source, data))
    return _loaded(name, _FAMILIES[name], path, source.sha256)


def _found(folder: Path, file: str) -> Path | None:
    """The file in a folder, compressed or not."""
    for each in (file, file.removesuffix(".gz"), f"{file}.gz"):
        if (folder / each).is_file():
            return folder / each
    return None


def _missing(name: str, source: Source, data: Path | None) -> str:
    where = f"{data} has no {source.file}" if data else f"the data of {name} is not here"
    if source.url:
        return f"{where}; run `moa-lsp bench fetch {name}`"
    return f"{where}; {source.obtain}, as {source.file} in a folder, and name that with --data"


def _loaded(name: str, family: _TaskSetFamily, path: Path, known: str) -> LoadedSet:
    content = content_of(path)
    digest = family.digest(content, str(path))
    tasks = family.make(content, str(path))
    warnings: tuple[str, ...] = ()
    if known and digest != known:
        warnings = (
            f"{path} is not the data of {name} that is known: its SHA-256 is {digest}, not "
            f"{known}; results of it are comparable only with each other",
        )
    return LoadedSet(name, digest, tasks, family.judge, family.edits, warnings)
