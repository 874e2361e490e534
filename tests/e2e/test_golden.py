"""Golden cases: every built-in action in five languages, from the command line to the models.

One file a case in ``tests/golden``: its head (``file``, ``instruction``, ``diagnostic``,
``settled``, ``finish-a``, …), then sections: the file ``before`` (``¦`` is the cursor, two of them
the selection), what the proposers ``a`` and ``b`` and the aggregator ``z`` say, and what is to be
printed. The command is a process of its own and asks servers on loopback. ``MOA_WRITE_GOLDEN=1``
writes what is printed into the files, to be read before it is committed.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from moa_lsp.actions.definition import builtin
from tests.fakes.client import ROOT
from tests.fakes.faulty_server import DONE, chunked, delta, sse
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "tests" / "golden"
LANGUAGES = ("python", "typescript", "go", "rust", "java")
CASES = sorted(FOLDER.glob("*.txt"))
MIX = (
    "proposers: [{model: a/m}, {model: b/m}]\n"
    "aggregator: [{agree: 1.0}, {verify: [parse]}, {model: z/m}]\n"
    "cache: false\n"
)
MARK = "¦"


@dataclass
class Case:
    action: str
    head: dict[str, list[str]] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)

    def one(self, name: str, otherwise: str = "") -> str:
        return self.head.get(name, [otherwise])[0]

    @property
    def where(self) -> str:
        """The file and the lines of the selection or the cursor."""
        lines = [
            number
            for number, line in enumerate(self.sections["before"].split("\n"), 1)
            for _ in range(line.count(MARK))
        ]
        return f"{self.one('file')}:{'-'.join(map(str, lines))}"

    @property
    def before(self) -> str:
        return self.sections["before"].replace(MARK, "")


def read(path: Path) -> Case:
    head, *sections = re.split(r"^=== (?=\w+$)", path.read_text("utf-8"), flags=re.MULTILINE)
    case = Case(re.sub(r"-\w+$", "", path.stem))
    for line in head.strip().split("\n"):
        name, _, value = line.partition(": ")
        case.head.setdefault(name, []).append(value)
    for section in sections:
        name, _, text = section.partition("\n")
        case.sections[name] = text
    return case


@pytest.fixture(scope="module")
def models():
    with Upstreams("a", "b", "z") as servers:
        yield servers


def answer(text: str, finish: str):
    """A good stream in pieces, ended as told."""
    pieces = [delta(text[at : at + 40]) for at in range(0, len(text), 40)]
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    end = sse({"choices": [], "usage": usage})
    return chunked(*pieces, delta(None, finish), end, DONE)


def rows():
    """Each takes a second or two of starting Python: those of one language always run."""
    for path in CASES:
        marks = () if path.stem.endswith("-python") else pytest.mark.slow
        yield pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", list(rows()))
def test_golden(path, models, tmp_path):
    case = read(path)
    for name in models.servers:
        models.servers[name].seen.clear()
        said = case.sections[name]
        models.play(name, answer(said, case.one(f"finish-{name}", "stop")))
    config = models.write(tmp_path / "config", {"golden": MIX}, "mix: golden\n")
    file = tmp_path / "space" / case.one("file")
    file.parent.mkdir(parents=True)
    file.write_bytes(case.before.encode())
    command = [sys.executable, "-m", "moa_lsp", "run", case.action, case.where]
    command += ["--config", str(config)]
    for each in case.head.get("diagnostic", ()):
        command += ["--diagnostic", each]
    if case.one("instruction"):
        command += ["--instruction", case.one("instruction")]
    environ = {
        **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(ROOT),
        "LAB_KEY": KEY,
        "PYTHONUTF8": "1",
    }
    done = subprocess.run(
        command, cwd=tmp_path / "space", env=environ, capture_output=True, timeout=60, check=False
    )
    told, printed = done.stderr.decode(), done.stdout.decode()
    assert done.returncode == 0, told
    if os.environ.get("MOA_WRITE_GOLDEN"):
        text = path.read_text("utf-8").partition("=== expect\n")[0]
        path.write_text(f"{text}=== expect\n{printed}", "utf-8")
    else:
        assert printed == case.sections["expect"]
    assert file.read_bytes() == case.before.encode(), "nothing is written without --write"
    assert bool(models.asked("z")) == (case.one("settled") == "model")
    prompt = models.prompt("a")
    assert case.one("instruction") in prompt
    for each in case.head.get("diagnostic", ()):
        assert each.partition(":")[2] in prompt


def test_every_built_in_action_has_its_case_in_every_language():
    wanted = {f"{action}-{language}" for action in builtin() for language in LANGUAGES}
    assert {path.stem for path in CASES} == wanted
    assert all(read(path).sections["expect"].strip() for path in CASES)
