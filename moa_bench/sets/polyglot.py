"""Aider polyglot, its Python part: stubs of Exercism exercises with instructions, one attempt.

The tests are not shown, as in their authors' runs; unlike there, failing tests are not shown for
a second attempt either.
"""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from moa_bench.sets import archive
from moa_bench.sets.rows import TaskRow
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp import limits
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Program
from moa_lsp.text.lines import split_lines
from moa_lsp.text.span import Span

BELOW = "python/exercises/practice"

_DOCS = ("introduction.md", "instructions.md", "instructions.append.md")

_RULES = (
    "Keep the names of the functions and classes that are there, tests use them. Use the standard "
    "library only."
)


class _Files(TaskRow):
    solution: tuple[str, ...]
    test: tuple[str, ...]
    example: tuple[str, ...]
    editor: tuple[str, ...] = ()


class _Config(TaskRow):
    files: _Files


def digest(content: bytes, where: str) -> str:
    """SHA-256 of the exercises."""
    return archive.digest(archive.members(content, where, BELOW))


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make a task of each exercise.

    Raises:
        UsageError: an exercise lacks what it should have.
    """
    files = archive.members(content, where, BELOW)
    names = sorted({path.partition("/")[0] for path in files})
    return tuple(_task(name, _below(files, name), f"{where}:{name}") for name in names)


def _below(files: Mapping[str, str], name: str) -> dict[str, str]:
    start = f"{name}/"
    return {path[len(start) :]: text for path, text in files.items() if path.startswith(start)}


def _task(name: str, files: Mapping[str, str], where: str) -> BenchTask:
    try:
        named = _Config.model_validate_json(files[".meta/config.json"]).files
        stub = files[named.solution[0]]
        reference = files[named.example[0]]
        beside = {path: files[path] for path in (*named.editor, *_visible(files, named))}
        facts = {"entry": named.test[0], **{f"file:{path}": files[path] for path in named.test}}
        instruction = _instruction(files)
    except (KeyError, IndexError, ValidationError) as err:
        raise UsageError(
            f"{where} has no .meta/config.json with the files it names; get the archive anew"
        ) from err
    facts |= {f"file:{path}": text for path, text in beside.items()}
    return BenchTask(
        id=name,
        cluster=name,
        ask=TaskRequest(
            "generate", named.solution[0], stub, Span(0, len(stub)), instruction, dict(beside)
        ),
        reference=reference,
        facts=facts,
    )


def _visible(files: Mapping[str, str], named: _Files) -> Iterator[str]:
    """What else lies beside the solution, such as helpers of the tests."""
    known = {*named.solution, *named.test, *named.editor}
    for path in files:
        if "/" not in path and path.endswith(".py") and path not in known:
            yield path


def _instruction(files: Mapping[str, str]) -> str:
    """What the exercise says, as far as an instruction may be long: only songs are longer."""
    room = limits.MAX_INSTRUCTION_CHARS - len(_RULES) - 2
    kept = ""
    for line in split_lines("\n".join(files[f".docs/{name}"] for name in _docs(files))):
        if len(kept) + len(line) > room:
            break
        kept += line
    return f"{kept.strip()}\n\n{_RULES}"


def _docs(files: Mapping[str, str]) -> list[str]:
    found = [name for name in _DOCS if f".docs/{name}" in files]
    return found if "instructions.md" in found else ["instructions.md"]


def judge(task: BenchTask, answer: str) -> Program:
    """The answer in its file, with the exercise's test cases."""
    marker = "file:"
    files = {
        key.removeprefix(marker): text
        for key, text in task.facts.items()
        if key.startswith(marker)
    }
    return Program(
        "unittest", {**files, task.ask.file: answer}, entry=task.facts["entry"], seconds=60.0
    )
