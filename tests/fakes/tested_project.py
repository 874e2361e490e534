"""A package with tests of its own, in whose folder proposals are run in the real sandbox."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import SandboxError
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.proposals import proposals
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Snapshot
from moa_lsp.text.span import Span
from moa_lsp.verification.service import VerificationService
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.scripted import Line, Scripted

CODE = '''\
"""Words of a text."""

SEPARATORS = " \\t\\n"


def words(text, lower=True):
    """The words of a text.

    >>> words("One two")
    ['one', 'two']
    """
    found = []
    for word in text.split():
        found.append(word.lower() if lower else word)
    return found
'''
TESTS = """\
import unittest

from wordkit.words import words


class WordsTest(unittest.TestCase):
    def test_words(self):
        self.assertEqual(words("One two"), ["one", "two"])

    def test_case_is_kept(self):
        self.assertEqual(words("One", lower=False), ["One"])

    def test_nothing(self):
        self.assertEqual(words(""), [])

    def test_that_fails_today(self):
        self.assertEqual(words("one-two"), ["one", "two"])
"""
FILES = {
    "wordkit/__init__.py": "",
    "wordkit/words.py": CODE,
    "tests/__init__.py": "",
    "tests/test_words.py": TESTS,
    "tests/test_other.py": "import unittest\n",
    ".gitignore": "private/\n",
    "private/key.txt": "secret",
}
HEAD = CODE[CODE.index("def words") : CODE.index("    found = []")]
RIGHT = HEAD + "    return [word.lower() if lower else word for word in text.split()]"
BREAKS = HEAD + "    return [word.lower() for word in text.split()]"
OTHER_API = RIGHT.replace("lower=True", "fold=True").replace("if lower", "if fold")
NAMES = {"right": RIGHT, "breaks": BREAKS, "api": OTHER_API}
BROKEN_TEST = "test_case_is_kept (tests.test_words.WordsTest.test_case_is_kept)"

CONFIG = """\
mix: tested
mix_dirs: [mixes]
tests:
  python: {command: COMMAND, timeout: SECONDS}
"""
MIX = "name: tested\nproposers: {proposers}\naggregator: {steps}\ndeadline: 300\n"
DROPS = "[{verify: [parse, tests]}, {select: prior}]"
ASKS = "[{verify: [parse, tests]}, {model: scripted/agg}]"
UNITTEST = '[python, -m, unittest, "{files}"]'


def proven() -> VerificationService:
    """A sandbox that proved itself; skips where none does."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: make sandbox")
    found = VerificationService()
    try:
        asyncio.run(found.sandbox(Path(sys.executable)))
    except SandboxError as error:
        pytest.skip(str(error))
    return found


def fenced(text):
    return Line(f"```python\n{text}\n```\n")


class Project:
    """The package in a folder, the user's files beside it."""

    def __init__(self, folder, service, files=FILES, command=UNITTEST, timeout=60):
        self.root, self.user, self.service = folder / "work", folder / "user", service
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        (self.user / "mixes").mkdir(parents=True)
        (self.user / "config.yaml").write_text(
            CONFIG.replace("COMMAND", command).replace("SECONDS", str(timeout))
        )

    async def run(self, script, steps=DROPS, action="refactor", code=CODE, opened=False):
        agents = [name for name in script if name != "agg"]
        named = json.dumps([{"model": f"scripted/{name}"} for name in agents])
        (self.user / "mixes/tested.yaml").write_text(MIX.format(proposers=named, steps=steps))
        provider = Scripted({name: fenced(text) for name, text in script.items()})
        runtime = load_runtime_config(
            config=self.user / "config.yaml",
            workspace=self.root if opened else None,
            trusted=opened,
            environ={},
            providers={"scripted": provider},
            entries={"scripted": ProviderEntry("scripted", "scripted")},
        )
        runtime = replace(runtime, verification=self.service)
        path = self.root / "wordkit/words.py"
        snapshot = Snapshot(path.as_uri(), code, "python", 1)
        request = ActionRequest(
            action,
            snapshot,
            Span(code.index("def words"), len(code) - 1),
            workspace=WorkspaceView("wordkit/words.py", around=WorkspaceContext(self.root)),
        )
        told = []
        execution = Execution(prepare(runtime, request), runtime, told.append)
        record, _ = await execution.go()
        made = {each.agent: each for each in proposals(execution, record)}
        prompts = ["\n".join(m.content for m in each.messages) for each in provider.asked("agg")]
        return record, made, prompts, told


@contextmanager
def own_python_first() -> Iterator[None]:
    """The Python that runs this is the first on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield
