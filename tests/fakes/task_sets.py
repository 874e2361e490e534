"""Made-up rows of every task set, in the form in which their authors write them."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from moa_bench.sets.sources import SOURCES

HUMANEVAL = {
    "task_id": "HumanEval/0",
    "prompt": "import math\n\n\ndef double(n: int) -> int:\n"
    '    """Twice n.\n    >>> double(2)\n    4\n    """\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": "\n\ndef check(candidate):\n    assert candidate(2) == 4\n",
}

BIGCODEBENCH = {
    "task_id": "BigCodeBench/0",
    "complete_prompt": 'import os\n\n\ndef task_func(n):\n    """Twice n."""\n',
    "instruct_prompt": "Double n. Write it as task_func(n).",
    "canonical_solution": "    return 2 * n\n",
    "code_prompt": "import os\ndef task_func(n):\n",
    "test": "import unittest\n\n\nclass TestCases(unittest.TestCase):\n"
    "    def test_two(self):\n        self.assertEqual(task_func(2), 4)\n",
    "entry_point": "task_func",
    "doc_struct": "{}",
    "libs": "['os']",
}

ROWS: dict[str, list[dict[str, Any]]] = {
    "bigcodebench-hard": [BIGCODEBENCH],
    "bigcodebench-hard-complete": [BIGCODEBENCH],
    "humaneval": [HUMANEVAL],
    "humanevalplus": [HUMANEVAL],
    "mbpp": [
        {
            "text": "Write a function to double a number.",
            "code": "def double(n):\r\n\treturn 2 * n",
            "task_id": 7,
            "test_setup_code": "import math",
            "test_list": ["assert double(2) == 4", "assert double(0) == 0"],
            "challenge_test_list": [],
        }
    ],
    "mbppplus": [
        {
            "task_id": 7,
            "prompt": "Write a function to double a number.",
            "code": "def double(n):\n  return 2 * n\n",
            "source_file": "x.ipynb",
            "test_imports": [],
            "test_list": ["assert double(2) == 4", "assert double(0) == 0"],
            "test": "for n in range(9):\n    assert double(n) == 2 * n\n",
        }
    ],
    "canitedit": [
        {
            "id": 1,
            "name": "double",
            "full_name": "1_double",
            "before": "def double(n):\n    return n\n",
            "after": "def double(n):\n    return 2 * n\n",
            "tests": "### START TESTS ###\nassert double(2) == 4\n",
            "instruction_descriptive": "Return twice the number n.",
            "instruction_lazy": "double it",
            "taxonomy": {},
        }
    ],
    "humanevalfix": [
        {
            **HUMANEVAL,
            "task_id": "Python/0",
            "declaration": "def double(n: int) -> int:\n",
            "buggy_solution": "    return 3 * n\n",
            "bug_type": "value misuse",
        }
    ],
    "humaneval-infilling-single": [
        {
            "task_id": "SingleLineInfilling/HumanEval/0/L0",
            "entry_point": "double",
            "prompt": "def double(n):\n",
            "suffix": "    return m + n\n",
            "canonical_solution": "    m = n\n",
            "test": "\n\ndef check(candidate):\n    assert candidate(2) == 4\n",
        },
        {
            "task_id": "SingleLineInfilling/HumanEval/0/L1",
            "entry_point": "double",
            "prompt": "def double(n):\n    m = n\n",
            "suffix": "",
            "canonical_solution": "    return m + n\n",
            "test": "\n\ndef check(candidate):\n    assert candidate(2) == 4\n",
        },
    ],
    "humaneval-infilling-random": [
        {
            "task_id": "RandomSpanInfillingLight/HumanEval/0/1",
            "entry_point": "double",
            "prompt": "def double(n):\n    ret",
            "suffix": " n\n",
            "canonical_solution": "urn 2 *",
            "test": "\n\ndef check(candidate):\n    assert candidate(2) == 4\n",
        }
    ],
}  # fmt: skip

METHOD = '''\
class Shop:
    """Sells."""

    def __init__(self):
        self.total = self.twice(3)
        self.names = [name for name in ("a", "b", "c") if name]

    @staticmethod
    def other():
        return [1, 2, 3, 4, 5, 6, 7, 8]

    def twice(self, n):
        text = """
  as it is
        """
        return len(text) and 2 * n
'''

TREES: dict[str, dict[str, str]] = {
    "aider-polyglot-python": {
        "python/exercises/practice/double-it/.meta/config.json": json.dumps(
            {
                "authors": [],
                "files": {
                    "solution": ["double_it.py"],
                    "test": ["double_it_test.py"],
                    "example": [".meta/example.py"],
                },
            }
        ),
        "python/exercises/practice/double-it/.meta/example.py": (
            "def double(n):\n    return 2 * n\n"
        ),
        "python/exercises/practice/double-it/.docs/instructions.md": "# Double\n\nDouble it.\n",
        "python/exercises/practice/double-it/.docs/instructions.append.md": "Mind zero.\n",
        "python/exercises/practice/double-it/double_it.py": "def double(n):\n    pass\n",
        "python/exercises/practice/double-it/double_it_test.py": (
            "import unittest\n\nfrom double_it import double\n\n\n"
            "class DoubleItTest(unittest.TestCase):\n"
            "    def test_two(self):\n        self.assertEqual(double(2), 4)\n"
        ),
    },
    "aider-refactor": {
        "refactor-benchmark/shop_Shop_twice/.docs/instructions.md": (
            "# Refactor Shop.twice\n\nMake `twice` a stand alone function.\n"
        ),
        "refactor-benchmark/shop_Shop_twice/shop.py": METHOD,
        "refactor-benchmark/shop_Shop_twice/shop_test.py": (
            "import unittest\n\n\nclass TheTest(unittest.TestCase):\n    def test_twice(self):\n"
            '        method = "twice"\n        method_children = 21\n\n'
            '        class_name = "Shop"\n        class_children = 71\n\n'
        ),
    },
}


def lines(*rows: Any) -> bytes:
    """Rows as JSONL."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def packed(files: dict[str, str], above: str = "") -> bytes:
    """Files as a compressed archive, below a folder or not."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{above}{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


def content(name: str) -> bytes:
    """The made-up data of a set."""
    return packed(TREES[name]) if name in TREES else gzip.compress(lines(*ROWS[name]))


def folder(path: Path) -> Path:
    """A folder with made-up data of every set."""
    path.mkdir(parents=True, exist_ok=True)
    for name, source in SOURCES.items():
        (path / source.file).write_bytes(content(name))
    return path
