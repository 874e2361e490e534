"""The process that jedi works in: it takes questions as lines of JSON and answers each in order.

It reads files and does nothing else, which ``guard`` holds. Modules are looked for in the
interpreter's own folders and in the one folder that the question names; settings that a workspace
has for jedi are not read, no environment is looked for, and parsed files are kept in memory only.
"""

import importlib
import json
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from moa_lsp.providers.embedded.jedi.guard import Workspace, guard, interpreter_folders

JEDI_MEMORY_BYTES = 2**30
"""Of jedi's process; it grows with what it has parsed, and is started anew past this."""

JEDI_NAMES = 200
"""Names taken of one answer; among more none is clearly first."""

JEDI_NAME_CHARS = 100
"""A longer name is generated."""

MAX_JEDI_LINE_BYTES = 8 * 2**20
"""One question to jedi's process: ``MAX_JEDI_CHARS`` in JSON, each escaped."""


_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NameError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError,
)  # fmt: skip
"""What jedi raises over code that it does not understand. Anything else, above all no memory, ends
the process; the next one begins small."""

_workspace = Workspace()

_WARM = "import os, re\nos.path.joi"


def prepare(folder: str) -> ModuleType:
    """Import jedi, set it up, and shut the door behind it.

    Args:
        folder: an empty one, where jedi finds no file of earlier times; nothing is written to it.
    """
    jedi = importlib.import_module("jedi")
    from parso.grammar import load_grammar

    folders = interpreter_folders()
    # Not this project's own folder, where it is installed from one.
    sys.path[:] = [each for each in sys.path if f"{each}{os.sep}".startswith(folders)]
    settings = jedi.settings
    settings.cache_directory = Path(folder)
    settings.auto_import_modules = []
    settings.allow_unsafe_interpreter_executions = False
    settings.dynamic_params = False  # these search the whole project
    settings.dynamic_params_for_other_modules = False
    warnings.simplefilter("ignore")
    _bound_memory()
    # Makes the folder for parsed files in there, which must be but gets no more of them.
    load_grammar().parse(path=Path(__file__), cache=True, cache_path=Path(folder))
    sys.addaudithook(guard(folders, _workspace))
    return jedi


def names(jedi: ModuleType, question: dict[str, Any]) -> list[list[str]]:
    """Name what may stand at a cursor: each name, and what is missing of it."""
    _workspace.enter(question["root"])
    project = jedi.Project(
        question["root"],
        added_sys_path=(question["root"],),
        smart_sys_path=False,
        load_unsafe_extensions=False,
    )
    script = jedi.Script(
        question["text"],
        path=question["path"],
        project=project,
        environment=jedi.InterpreterEnvironment(),
    )
    found = script.complete(question["line"], question["column"])
    return [
        [each.name, each.complete or ""]
        for each in found[:JEDI_NAMES]
        if len(each.name) <= JEDI_NAME_CHARS
    ]


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = JEDI_MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, JEDI_MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _say(number: int, found: list[list[str]], fault: str = "") -> None:
    line = json.dumps({"id": number, "names": found, "fault": fault})
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until stdin ends."""
    jedi = prepare(sys.argv[1])
    names(jedi, {"root": sys.prefix, "text": _WARM, "path": None, "line": 2, "column": 11})
    _say(0, [])
    while line := sys.stdin.readline(MAX_JEDI_LINE_BYTES):
        question = json.loads(line)
        try:
            _say(question["id"], names(jedi, question))
        except _FAULTS as err:
            _say(question["id"], [], type(err).__name__)


if __name__ == "__main__":
    main()
