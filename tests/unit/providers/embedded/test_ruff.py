"""The agent ``embedded/ruff``."""

import ast
import asyncio
import os
import random
import resource
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from moa_lsp.providers.base import AgentDeclines, Reply
from moa_lsp.providers.embedded import ruff_program
from moa_lsp.providers.embedded.ruff_findings import RuffFinding, choose
from moa_lsp.text.edits import Edit, Span
from moa_lsp.text.lines import LineIndex
from tests.unit.providers.embedded.asking import ask, task, whole


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("§x = not a in b§\n", "x = a not in b\n", id="one line"),
        pytest.param(
            "y = not a in b\n§x = not a in b§\nz = not a in b\n",
            "y = not a in b\nx = a not in b\nz = not a in b\n",
            id="only the target",
        ),
        pytest.param(
            "§s = '\U0001f600\U0001f600'; x = not s in t§\r\ny=1\r\n",
            "s = '\U0001f600\U0001f600'\r\nx = s not in t\r\ny=1\r\n",
            id="columns are code points, endings stay",
        ),
        pytest.param(
            "a = '\u2028'\x0c\n\x0c\n§x = not a in b§\n",
            "a = '\u2028'\x0c\n\x0c\nx = a not in b\n",
            id="FF and U+2028 end no line",
        ),
        pytest.param(
            "a = 1\r§x = not a in b§\rz=1\r", "a = 1\rx = a not in b\rz=1\r", id="lone CR"
        ),
        pytest.param("§x = not a in b§", "x = a not in b", id="no final newline is added"),
        pytest.param(
            "§import sys\nimport os\n\nprint(sys, os)§\n",
            "import os\nimport sys\n\nprint(sys, os)\n",
            id="imports are sorted when all of them are selected",
        ),
        pytest.param(
            "import sys\n§import os\nx = not a in b§\nprint(sys, os)\n",
            "import sys\nimport os\n\nx = a not in b\nprint(sys, os)\n",
            id="and left when some of them are not",
        ),
        pytest.param(
            "§import os\nx = not a in b\nimport json§\n",
            "x = a not in b\n",
            id="a deleted last line takes its ending along",
        ),
        pytest.param(
            "§from typing import Optional, List\n\nx: Optional[List[int]] = None§\n",
            "x: list[int] | None = None\n",
            id="one fix uncovers another",
        ),
    ],
)
async def test_refactor(before: str, after: str) -> None:
    assert await whole(task("refactor", before)) == after


async def test_two_deletions_never_empty_a_block() -> None:
    text = await whole(task("refactor", "def f():\n§    import os\n    import sys§\n"))
    ast.parse(text)


@pytest.mark.parametrize(
    ("before", "codes", "after"),
    [
        pytest.param(
            "§import os\nx = not a in b§\n", ("F401",), "x = not a in b\n", id="the named rule"
        ),
        pytest.param("§import os\nx = not a in b§\n", (), "x = a not in b\n", id="all mistakes"),
        pytest.param(
            "§import os\nx = not a in b§\n", ("unused",), "x = a not in b\n", id="another's code"
        ),
        pytest.param(
            "§x = {}.get(k, None)§\n", ("SIM910",), "x = {}.get(k)\n", id="a rule of taste"
        ),
        pytest.param("§x  =  not a in b§\n", ("E713",), "x  =  a not in b\n", id="no formatting"),
    ],
)
async def test_fix(before: str, codes: tuple[str, ...], after: str) -> None:
    assert await whole(task("fix", before, codes=codes)) == after


@pytest.mark.parametrize(
    ("action", "before", "codes", "reason"),
    [
        ("refactor", "§x = 1§\n", (), "nothing to change in the selection"),
        ("refactor", "§\n§x = 1\n", (), "nothing is selected"),
        ("refactor", "§x = (\n§", (), "the file does not parse"),
        ("refactor", "§x = '\ud800'§\n", (), "the file holds a lone surrogate"),
        ("fix", "§x = 1§\n", (), "nothing to fix in the selection"),
        ("fix", "§x = nowhere§\n", (), "ruff has no safe fix for F821 (line 1)"),
        ("fix", "§x = 1§\ny = nowhere\n", (), "nothing to fix in the selection"),
        ("fix", "§x = 1; y = 2§\n", ("E702",), "ruff has no safe fix for E702"),
        ("fix", "§x = 1§\n", ("ZZZ999",), "ruff has no safe fix for ZZZ999"),
    ],
)
async def test_declines(action: str, before: str, codes: tuple[str, ...], reason: str) -> None:
    assert await ask(task(action, before, codes=codes)) == AgentDeclines(
        reason, unchanged=reason.startswith("nothing to ")
    )


async def test_declines_what_it_does_not_do() -> None:
    text = "§x = not a in b§\n"
    asked = await ask(task("refactor", text, instruction="rename x"))
    assert asked == AgentDeclines("a free instruction needs a model")
    assert await ask(task("refactor", text, language="rust")) == AgentDeclines("needs Python")


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        pytest.param(
            '[tool.ruff.lint]\nignore = ["E713"]\n',
            "§x = not a in b\ny = {}.get(k, None)§\n",
            "x = not a in b\ny = {}.get(k)\n",
            id="ignored rules stay ignored",
        ),
        pytest.param(
            '[tool.ruff.format]\nquote-style = "single"\n',
            '§x = not a in "b"§\n',
            "x = a not in 'b'\n",
            id="the project's own style",
        ),
        pytest.param(
            "[tool.ruff]\nbogus = 1\n",
            "§x = not a in 'b'§\n",
            "x = a not in 'b'\n",
            id="settings that cannot be loaded",
        ),
        pytest.param(
            "[tool.ruff\n", "§x = not a in 'b'§\n", "x = a not in 'b'\n", id="no TOML at all"
        ),
    ],
)
async def test_settings(tmp_path: Path, settings: str, before: str, after: str) -> None:
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    uri = (tmp_path / "deep" / "one.py").as_uri()
    assert await whole(task("refactor", before, uri=uri)) == after


@pytest.mark.parametrize("name", ["script", "one.txt", "pyproject.toml", "one.ipynb", "a b.py"])
async def test_any_name_of_a_python_document(tmp_path: Path, name: str) -> None:
    uri = (tmp_path / name).as_uri()
    assert await whole(task("refactor", "§x = not a in b§\n", uri=uri)) == "x = a not in b\n"


async def test_ignored_rules_of_an_extended_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('[lint]\nignore = ["E713"]\n', encoding="utf-8")
    (tmp_path / "ruff.toml").write_text('extend = "base.toml"\n', encoding="utf-8")
    one = task("refactor", "§x = not a in b§\n", uri=(tmp_path / "one.py").as_uri())
    assert await ask(one) == AgentDeclines("nothing to change in the selection", unchanged=True)


def _fifo(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "ruff.toml").write_text('extend = "pipe"\n')


def _circle(root: Path) -> None:
    (root / "ruff.toml").write_text('extend = "base.toml"\n')
    (root / "base.toml").write_text('extend = "ruff.toml"\n')


def _linked(root: Path) -> None:
    (root / "ruff.toml").symlink_to("/dev/zero")


def _linked_out(root: Path) -> None:
    outside = root.parent / "outside.toml"
    outside.write_text('[lint]\nignore = ["E713"]\n')
    (root / "ruff.toml").symlink_to(outside)


def _pyproject(text: str) -> Callable[[Path], object]:
    return lambda root: (root / "pyproject.toml").write_text(f"[tool.ruff]\n{text}\n")


def _ruff_toml(text: str) -> Callable[[Path], object]:
    return lambda root: (root / "ruff.toml").write_text(f"{text}\n")


HOSTILE = {
    "nested arrays": _pyproject("x = " + "[" * 1000 + "]" * 1000),
    "nested tables": _ruff_toml("x = " + "{a=" * 1000 + "1" + "}" * 1000),
    "digits": _pyproject("x = " + "1" * 5000),
    "a device": _ruff_toml('extend = "/dev/zero"'),
    "a variable that names a device": _ruff_toml('extend = "$ZERO"'),
    "a file elsewhere": _ruff_toml('extend = "/etc/passwd"'),
    "a file above": _ruff_toml('extend = "../outside.toml"'),
    "a folder": _ruff_toml('extend = "."'),
    "nobody's home": _ruff_toml('extend = "~nobody-at-all/x.toml"'),
    "a NUL": _ruff_toml('extend = "a\\u0000b"'),
    "a pipe": _fifo,
    "a circle": _circle,
    "a link to a device": _linked,
    "a link that leads out": _linked_out,
    "too large": _ruff_toml("#" * 3_000_000),
    "no UTF-8": lambda root: (root / "ruff.toml").write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("how", HOSTILE)
async def test_hostile_settings_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("ZERO", "/dev/zero")
    root = tmp_path / "root"
    root.mkdir()
    HOSTILE[how](root)
    one = task("refactor", "§x = not a in b§\n", uri=(root / "one.py").as_uri())
    async with asyncio.timeout(8):  # less than ruff's own time
        assert await whole(one) == "x = a not in b\n"


async def test_settings_elsewhere_in_the_repository_count(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shared.toml").write_text('[lint]\nignore = ["E713"]\n')
    inner = tmp_path / "pkg"
    inner.mkdir()
    (inner / "ruff.toml").write_text('extend = "../shared.toml"\n')
    one = task("refactor", "§x = not a in b§\n", uri=(inner / "one.py").as_uri())
    assert isinstance(await ask(one), AgentDeclines)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
async def test_ruff_has_limits_of_memory_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = []
    monkeypatch.setattr(
        "resource.prlimit", lambda _pid, kind, bounds: limited.append((kind, bounds))
    )
    await ruff_program.call(["check", "-"], b"x = 1\n")
    assert (resource.RLIMIT_AS, (ruff_program.RUFF_MEMORY_BYTES,) * 2) in limited
    assert (resource.RLIMIT_CPU, (ruff_program.RUFF_CPU_S,) * 2) in limited


async def test_the_environment_cannot_configure_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ruff.toml").write_text('[lint]\nignore = ["E713"]\n', encoding="utf-8")
    monkeypatch.setenv("RUFF_CONFIG", str(tmp_path / "ruff.toml"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await whole(task("refactor", "§x = not a in b§\n")) == "x = a not in b\n"


def _children() -> set[str]:
    """Process ids of this process's children, zombies included."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
async def test_cancelling_leaves_no_process() -> None:
    before = _children()
    text = "x = 1\n" * 200_000
    running = asyncio.create_task(ask(task("refactor", f"§{text}§\n")))
    while _children() <= before and not running.done():  # noqa: ASYNC110  # a start has no event
        await asyncio.sleep(0.001)
    assert not running.done(), "ended before it could be cancelled"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert _children() <= before


FILES = int(os.environ.get("MOA_SAMPLE_FILES", "15"))


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _sources() -> list[Path]:
    files = [
        path
        for path in Path(sysconfig.get_path("stdlib")).glob("*.py")
        if 2_000 < path.stat().st_size < 60_000 and "§" not in _read(path)
    ]
    return random.Random(7).sample(sorted(files), min(FILES, len(files)))


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.name)
async def test_real_files_still_parse_and_change_only_inside(path: Path) -> None:
    text = _read(path)
    index = LineIndex(text)
    dice = random.Random(path.name)
    first = dice.randrange(index.line_count)
    last = min(index.line_count - 1, first + dice.choice((5, 40, 400)))
    start, end = index.line_span(first).start, index.line_span(last).end
    one = task("refactor", f"{text[:start]}§{text[start:end]}§{text[end:]}")
    reply = await ask(one)
    if isinstance(reply, AgentDeclines):
        assert reply.reason in ("nothing to change in the selection", "nothing is selected")
        return
    assert isinstance(reply, Reply)
    changed = f"{one.before}{reply.text}{one.after}"
    rows = LineIndex(one.before + reply.text).line_count
    assert _outside(text, first + 1, last + 1) == _outside(changed, first + 1, rows)


def _outside(text: str, first: int, last: int) -> list[str]:
    """The top-level statements before line ``first`` and behind line ``last``, as trees."""
    return [
        ast.dump(node)
        for node in ast.parse(text).body
        if (node.end_lineno or 0) < first or node.lineno > last
    ]


@pytest.mark.parametrize("seed", range(30))
def test_chosen_fixes_never_overlap_and_none_is_left_out_needlessly(seed):
    dice = random.Random(seed)
    text = "x" * 60

    def edit():
        start = dice.randrange(60)
        return Edit(Span(start, min(59, start + dice.choice([0, 0, 1, 3, 9]))), dice.choice("ab"))

    findings = [
        RuffFinding("C408", 0, 0, tuple(edit() for _ in range(dice.randint(1, 3))))
        for _ in range(20)
    ]
    findings = [each for each in findings if each.edits == tuple(sorted(each.edits))]
    chosen = choose(findings, Span(0, 60), text, lambda _finding: True)

    def apart(one, other):
        zero = one.start == one.end or other.start == other.end
        return (
            one.end < other.start or other.end < one.start
            if zero
            else one.end <= other.start or other.end <= one.start
        )

    assert chosen == sorted(chosen, key=lambda each: each.span)
    for finding in findings:
        left_out = [each for each in finding.edits if each not in chosen]
        assert not left_out or any(
            not apart(each.span, other.span) for each in left_out for other in chosen
        )
    for at, one in enumerate(chosen):
        group = next(finding.edits for finding in findings if one in finding.edits)
        assert all(apart(one.span, other.span) for other in chosen[at + 1 :] if other not in group)
