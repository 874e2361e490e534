"""Each import contract of ``pyproject.toml`` reports a violation planted in a copy of the tree."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.source_tree import ROOT

pytestmark = pytest.mark.slow  # reads every import of the tree

PLANTED = {
    "Layers point one way": ("moa_lsp/text/lines.py", "import moa_lsp.cli"),
    "No cycles": ("moa_lsp/mix/limits.py", "import moa_lsp.mix.engine"),
    "The core is pure": ("moa_lsp/context/budget.py", "import socket"),
    "Only the shell speaks the protocol": ("moa_lsp/runs/limits.py", "import lsprotocol"),
    "Heavy extras have one door each": ("moa_lsp/chat/run.py", "import starlette"),
    "The server does not know the bench": ("moa_lsp/cli/doctor.py", "import moa_bench"),
    "Nothing in the editor path runs a shell or unpickles": (
        "moa_lsp/store/ledger.py",
        "import pickle",
    ),
}
"""Contract → a module, and an import that it must not have."""

LINT = """
import sys
sys.path.insert(0, ".")
from importlinter.cli import lint_imports_command
lint_imports_command()
"""

CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Contract → ``KEPT`` or ``BROKEN``, for a copy that breaks all of them."""
    copy = tmp_path_factory.mktemp("planted")
    for package in ("moa_lsp", "moa_bench"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path, line in PLANTED.values():
        with (copy / path).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    ran = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "NO_COLOR": "1", "COLUMNS": "200"},
    )
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)", ran.stdout, re.MULTILINE))


def test_every_contract_has_a_planted_violation():
    assert sorted(PLANTED) == sorted(CONTRACTS)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_is_reported(verdicts, contract):
    assert verdicts[contract] == "BROKEN"
