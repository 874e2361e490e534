"""Runners of tests: what they are told beside the user's command, and how their output is read.

Pure. A runner that is not known here is judged by its exit code alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from moa_lsp.text.lines import split_lines
from moa_lsp.verification import limits
from moa_lsp.verification.verdict import COMMAND, NO_TESTS, TestVerdict

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Output:
    """What a runner printed, read: tests by name, and the lines of failures."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    failures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TestRunner:
    """One runner of tests.

    Attributes:
        name: for people.
        knows: whether a command starts it.
        prepare: the command as it is run: it names every test, and goes on after a failure.
        read: what its output says.
    """

    __test__ = False  # pytest collects classes of this name

    name: str
    knows: Callable[[Words], bool]
    prepare: Callable[[Words], Words]
    read: Callable[[Sequence[str]], _Output]


def runner_of(command: Words) -> TestRunner:
    """The runner that a command starts."""
    return next((each for each in RUNNERS if each.knows(command)), _OTHER)


def verdict(runner: TestRunner, output: str, *, succeeded: bool) -> TestVerdict:
    """What a run says.

    Args:
        runner: whose output it is.
        output: what was printed, escape sequences and all.
        succeeded: whether its exit code was 0.
    """
    lines = [line.rstrip("\r\n") for line in split_lines(_ESCAPES.sub("", output))]
    found = runner.read(lines)
    failed = tuple(dict.fromkeys(map(_short, found.failed)))
    passed = tuple(dict.fromkeys(map(_short, found.passed)))
    passed = tuple(name for name in passed if name not in set(failed))
    failures = {_short(name): _last_part(text) for name, text in found.failures.items()}
    if succeeded:
        passed = passed or ((COMMAND,) if runner is _OTHER else ())
        failed = () if passed else (NO_TESTS,)  # as where a program just leaves
    elif not failed:
        failed = (COMMAND,)
        failures = {COMMAND: _last_part("\n".join(line for line in lines if line.strip()))}
    return TestVerdict(
        passed[: limits.MAX_TEST_NAMES],
        failed[: limits.MAX_TEST_NAMES],
        {name: failures[name] for name in failed if name in failures},
    )


_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.")
"""Escape sequences of terminals (ECMA-48)."""


def _short(name: str) -> str:
    printable = "".join(each for each in name if each.isprintable())
    return printable.strip()[: limits.MAX_TEST_NAME_CHARS]


def _last_part(text: str) -> str:
    """The end of a failure's lines, whole lines as far as possible."""
    kept = text.strip("\n")[-limits.MAX_FAILURE_CHARS :]
    cut = len(kept) == limits.MAX_FAILURE_CHARS and "\n" in kept
    return kept.partition("\n")[2] if cut else kept


# --- pytest -------------------------------------------------------------------------------------

_SUMMARY = re.compile(r"(PASSED|XPASS) (\S.*)$|(FAILED|ERROR) (\S.*?)(?: - .*)?$")
_HEADING = re.compile(r"_{3,} (.+?) _{3,}$")
_RULE = re.compile(r"={3,} .+ ={3,}$")


def _is_pytest(command: Words) -> bool:
    program = PurePosixPath(command[0]).name
    return program in ("pytest", "py.test") or (
        "-m" in command[:-1] and _after_m(command) == "pytest"
    )


def _after_m(command: Words) -> str:
    return command[command.index("-m") + 1]


def _pytest(command: Words) -> Words:
    """With a line for each test, no colours, nothing kept; later options count."""
    return (*command, "-rA", "--color=no", "-p", "no:cacheprovider", "--maxfail=0")


def _read_pytest(lines: Sequence[str]) -> _Output:
    passed: list[str] = []
    failed: list[str] = []
    for line in lines:
        found = _SUMMARY.match(line)
        if found:
            (passed if found[1] else failed).append(found[2] or found[4])
    sections = _sections(lines)
    failures = {}
    for name in failed:
        wanted = name.partition("::")[2].replace("::", ".") or f"ERROR collecting {name}"
        told = sections.get(wanted) or next(
            (text for heading, text in sections.items() if heading.endswith(f" {wanted}")), None
        )
        if told:
            failures[name] = told
    return _Output(tuple(passed), tuple(failed), failures)


def _sections(lines: Sequence[str]) -> dict[str, str]:
    """The lines below each heading of failures and errors."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        heading = _HEADING.match(line)
        if heading:
            current = found.setdefault(heading[1], [])
        elif _RULE.match(line):
            current = None
        elif current is not None:
            current.append(line)
    return {name: "\n".join(told).strip("\n") for name, told in found.items()}


# --- unittest -----------------------------------------------------------------------------------

_UNITTEST = re.compile(r"([\w.]+ \([\w.]+\))(?:.*?) \.\.\. (ok|FAIL|ERROR|expected failure)$")
_UNITTEST_SPLIT = re.compile(r"([\w.]+ \([\w.]+\))$")
_UNITTEST_END = re.compile(r".* \.\.\. (ok|FAIL|ERROR|expected failure)$")
_UNITTEST_HEADING = re.compile(r"(?:FAIL|ERROR): ([\w.]+ \([\w.]+\))")


def _is_unittest(command: Words) -> bool:
    return "-m" in command[:-1] and _after_m(command) == "unittest"


def _unittest(command: Words) -> Words:
    words = tuple(each for each in command if each not in ("-f", "--failfast"))
    place = words.index("unittest") + 1
    return (*words[:place], "-v", *words[place:])


def _read_unittest(lines: Sequence[str]) -> _Output:
    passed: list[str] = []
    failed: list[str] = []
    named = ""
    for line in lines:
        found = _UNITTEST.match(line)
        if found:
            name, state = found[1], found[2]
        elif (alone := _UNITTEST_SPLIT.match(line)) is not None:
            named = alone[1]  # a docstring's first line follows, with the state
            continue
        elif named and (ended := _UNITTEST_END.match(line)) is not None:
            name, state, named = named, ended[1], ""
        else:
            continue
        (failed if state in ("FAIL", "ERROR") else passed).append(name)
    failures: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        heading = _UNITTEST_HEADING.match(line)
        if heading:
            current = failures.setdefault(heading[1], [])
            if heading[1] not in failed:
                failed.append(heading[1])
        elif line.startswith(("=====", "Ran ")):
            current = None
        elif current is not None and not line.startswith("-----"):
            current.append(line)
    return _Output(
        tuple(passed), tuple(failed), {name: "\n".join(told) for name, told in failures.items()}
    )


# --- node --test --------------------------------------------------------------------------------

_TAP = re.compile(r"( *)(ok|not ok) \d+ - (.+?)(?: # .*)?$")


def _is_node(command: Words) -> bool:
    return PurePosixPath(command[0]).name == "node" and "--test" in command


def _node(command: Words) -> Words:
    place = command.index("--test") + 1
    return (*command[:place], "--test-reporter=tap", *command[place:])


def _read_tap(lines: Sequence[str]) -> _Output:
    """Test points of TAP 13, nested ones too; below a failed one its YAML block."""
    passed: list[str] = []
    failed: list[str] = []
    failures: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        found = _TAP.match(line)
        if found:
            (passed if found[2] == "ok" else failed).append(found[3])
            current = failures.setdefault(found[3], []) if found[2] != "ok" else None
        elif line.strip() == "...":
            current = None
        elif current is not None and line.strip() != "---":
            current.append(line.strip())
    return _Output(
        tuple(passed), tuple(failed), {name: "\n".join(told) for name, told in failures.items()}
    )


# --- go test, cargo test ------------------------------------------------------------------------

_GO = re.compile(r" *--- (PASS|FAIL): (\S+)")
_CARGO = re.compile(r"test (\S+)(?: - .*)? \.\.\. (ok|FAILED)$")


def _is_go(command: Words) -> bool:
    return PurePosixPath(command[0]).name == "go" and command[1:2] == ("test",)


def _go(command: Words) -> Words:
    return (*command[:2], "-v", *command[2:])


def _read_go(lines: Sequence[str]) -> _Output:
    passed: list[str] = []
    failed: list[str] = []
    failures: dict[str, list[str]] = {}
    told: list[str] = []
    for line in lines:
        found = _GO.match(line)
        if found is None:
            told = [] if line.startswith("=== RUN") else [*told, line]
        elif found[1] == "PASS":
            passed.append(found[2])
        else:
            failed.append(found[2])
            failures[found[2]] = list(told)
    return _Output(
        tuple(passed), tuple(failed), {name: "\n".join(said) for name, said in failures.items()}
    )


def _is_cargo(command: Words) -> bool:
    return PurePosixPath(command[0]).name == "cargo" and command[1:2] == ("test",)


def _read_cargo(lines: Sequence[str]) -> _Output:
    states = [(found[1], found[2]) for line in lines if (found := _CARGO.match(line))]
    return _Output(
        tuple(name for name, state in states if state == "ok"),
        tuple(name for name, state in states if state != "ok"),
        {},
    )


def _as_it_is(command: Words) -> Words:
    return command


def _silent(_lines: Sequence[str]) -> _Output:
    return _Output((), (), {})


RUNNERS = (
    TestRunner("pytest", _is_pytest, _pytest, _read_pytest),
    TestRunner("unittest", _is_unittest, _unittest, _read_unittest),
    TestRunner("node --test", _is_node, _node, _read_tap),
    TestRunner("go test", _is_go, _go, _read_go),
    TestRunner("cargo test", _is_cargo, _as_it_is, _read_cargo),
)
"""Those whose output is read for names."""

_OTHER = TestRunner("its exit code", lambda _command: True, _as_it_is, _silent)
