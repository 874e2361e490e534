"""Honest programs in the real sandbox: what passes, what fails, and what is told."""

import asyncio

import pytest

from moa_lsp.sandbox.choose import prove
from moa_lsp.sandbox.program import Program

pytestmark = pytest.mark.slow

CASE = "import unittest\nclass Tests(unittest.TestCase):\n"
PASSES = f"{CASE}    def test_a(self): self.assertEqual(1, 1)\n"

PROGRAMS = {
    "nothing": ("script", "", "passed", ""),
    "as the main module": ("script", "assert __name__ == '__main__'", "passed", ""),
    "its own source": (
        "script",
        "import inspect\ndef f(): return 1\nassert inspect.getsource(f) == 'def f(): return 1\\n'",
        "passed",
        "",
    ),
    "annotations are not put off": (
        "script",
        "x: int\nassert __annotations__['x'] is int",
        "passed",
        "",
    ),
    "its own module of a known name": (
        "script",
        "import random\nassert random.MINE\n"
        "assert open('data/x.txt', 'rb').read() == 'ü\\r\\n'.encode()",
        "passed",
        "",
    ),
    "other processes of its own": (
        "script",
        "import multiprocessing, os\n"
        "if __name__ == '__main__':\n"
        "    for kind in ('fork', 'spawn'):\n"
        "        with multiprocessing.get_context(kind).Pool(2) as pool:\n"
        "            assert pool.map(abs, [-1, 2]) == [1, 2]\n",
        "passed",
        "",
    ),
    "the same hashes each time": (
        "script",
        "import os; assert os.environ['PYTHONHASHSEED'] == '0' and hash('a') == hash('a')",
        "passed",
        "",
    ),
    "a failure": ("script", "def f():\n    1 / 0\nf()", "failed", "line 2, in f"),
    "what does not parse": ("script", "def f(:", "failed", "SyntaxError"),
    "an empty stdin": ("script", "assert input() == 1", "failed", "EOFError"),
    "tests": ("unittest", PASSES, "passed", ""),
    "tests that are started too": (
        "unittest",
        f"{PASSES}if __name__ == '__main__':\n    unittest.main()\n",
        "passed",
        "",
    ),
    "a test that fails": (
        "unittest",
        f"{PASSES}    def test_b(self): self.assertEqual(1, 2)\n",
        "failed",
        "failed: test_b",
    ),
    "a test with an exit": (
        "unittest",
        f"{PASSES}    def test_b(self): raise SystemExit(0)\n",
        "failed",
        "failed: test_b",
    ),
    "no test": ("unittest", CASE + "    pass\n", "failed", "there is no test"),
    "a skip of the author": (
        "unittest",
        f"{PASSES}    @unittest.skip('not here')\n    def test_b(self): 1 / 0\n",
        "passed",
        "",
    ),
    "only skips of the author": (
        "unittest",
        f"{CASE}    @unittest.skip('not here')\n    def test_b(self): 1 / 0\n",
        "failed",
        "there is no test",
    ),
    "a skip of the program": (
        "unittest",
        f"def f(): raise unittest.SkipTest('me')\n{PASSES}    def test_b(self): f()\n",
        "failed",
        "skipped while it ran: me",
    ),
    "an expected failure": (
        "unittest",
        f"{PASSES}    @unittest.expectedFailure\n    def test_b(self): 1 / 0\n",
        "passed",
        "",
    ),
    "an unexpected success": (
        "unittest",
        f"{PASSES}    @unittest.expectedFailure\n    def test_b(self): pass\n",
        "failed",
        "expected to fail",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
async def test_the_verdict_on(name, sandbox):
    mode, code, status, detail = PROGRAMS[name]
    files = {"main.py": code, "random.py": "MINE = 1", "data/x.txt": "ü\r\n"}
    files = files if "known name" in name else {"main.py": code}
    verdict = await sandbox.run(Program(mode, files, seconds=60))
    assert (verdict.status, detail in verdict.detail) == (status, True), verdict
    assert "/driver.py" not in verdict.detail


@pytest.mark.parametrize(
    ("command", "status", "detail"),
    [
        (("python3", "main.py"), "passed", ""),
        (("python3", "-c", "import os; os._exit(3)"), "failed", "exit code 3"),
        (("sh", "-c", "echo told; exit 4"), "failed", "exit code 4\ntold"),
        (("sh", "-c", "kill -9 $$"), "failed", "killed by SIGKILL"),
        (("no-such-program",), "failed", "No such file"),
    ],
)
async def test_a_command(command, status, detail, sandbox):
    program = Program("command", {"main.py": "import sys; assert sys.path"}, command=command)
    verdict = await sandbox.run(program)
    assert (verdict.status, detail in verdict.detail) == (status, True), verdict


async def test_many_at_once(sandbox):
    programs = [Program("script", {"main.py": f"assert {n} % 2 == 0"}) for n in range(12)]
    verdicts = await asyncio.gather(*map(sandbox.run, programs))
    assert [each.status for each in verdicts] == ["passed", "failed"] * 6


async def test_it_proves_itself(sandbox):
    await prove(sandbox)
