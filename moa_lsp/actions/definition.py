"""Actions: what may be asked of a mix, each a Markdown file with YAML front matter.

The body is the prompt. A line ``# System`` starts text for the system message, a line ``# User``
goes back to the user message; without them all of it is the user message. ``{{placeholders}}``
come from a fixed list, and an unknown one is a problem when the file is loaded. The built-in
actions are such files in ``builtin/``; a user's action never replaces one of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from moa_lsp import limits
from moa_lsp.config.problems import did_you_mean, validated
from moa_lsp.config.strict_yaml import load
from moa_lsp.config.values import Name, Text, Value
from moa_lsp.errors import ConfigError, Problem
from moa_lsp.task import Output
from moa_lsp.text.lines import split_lines

Placeholder = Literal[
    "language",
    "path",
    "instruction",
    "region",
    "before",
    "after",
    "document",
    "context",
    "symbol",
    "diagnostics",
    "fence",
]
"""What a prompt may name.

``language``: LSP language identifier. ``path``: the file's name. ``instruction``: the user's
words. ``region``: the text to be replaced. ``before``, ``after``: the text around it, cut to a
bound. ``document``: all three between their markers, and how the answer is to be written around
them. ``context``: what is known of the project around the document: facts, what its files define,
definitions of names that the region uses, code like it. ``symbol``: the function or class that the
region is or lies in. ``diagnostics``: what tools said about it, one a line. ``fence``: the
backticks that the answer's block is to be fenced with.
"""

PLACEHOLDERS: tuple[str, ...] = get_args(Placeholder)
SHOWS_CODE = frozenset({"document", "region", "before", "after"})

Role = Literal["system", "user"]
_SECTION = re.compile(r"#[ ]+(System|User)[ \t]*\r?\n?")
_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_KIND = re.compile(r"(?:quickfix|refactor|source)(?:\.[A-Za-z][A-Za-z0-9]*)*")
_FENCE = "---"
_HEAD_COMMENT = re.compile(r"\A<!--.*?-->\n", re.DOTALL)
_BUILTIN = Path(__file__).parent / "builtin"
_OFFERED_FIRST = (
    "refactor", "generate", "fix", "explain", "explain-comment", "document", "test",
)  # fmt: skip
"""Built-in actions in the order in which they are offered; any other follows them by name."""


class ActionHeader(Value):
    """The front matter of an action."""

    id: Name
    title: Text
    kind: Text
    when: Literal["selection", "cursor", "diagnostics", "any"]
    scope: Literal["selection", "symbol", "file"]
    output: Output


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be asked of a mix.

    Attributes:
        id: unique; the server appends ``.moa.<id>`` to ``kind``.
        title: as in ``Moa: Refactor``.
        kind: LSP code action kind.
        when: what has to be there for it to be offered.
        scope: what it works on.
        output: what becomes of the answer.
        prompt: for the user message, with placeholders.
        system: for the system message, with placeholders; ``""`` for none of its own.
        builtin: whether it is one of ours.
    """

    id: str
    title: str
    kind: str
    when: Literal["selection", "cursor", "diagnostics", "any"]
    scope: Literal["selection", "symbol", "file"]
    output: Output
    prompt: str
    system: str = ""
    builtin: bool = False


def load_action(text: str, path: str) -> Action:
    """Read one action file.

    Raises:
        ConfigError: with every problem that was found.
    """
    lines = split_lines(text)
    ends = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if len(ends) < 2 or ends[0] != 0:
        message = "an action starts with a line ---, its keys, and a second line ---"
        raise ConfigError([Problem(path, 1, 1, message)])
    body_line = ends[1] + 1
    problems = _prompt_problems(lines, body_line, path)
    try:
        loaded = load("".join(lines[1 : ends[1]]), path, first_line=2)
        head = validated(ActionHeader, loaded)
        if not _KIND.fullmatch(head.kind):
            message = "a kind is quickfix, refactor or source, with parts after dots"
            problems.append(loaded.problem(("kind",), message))
    except ConfigError as error:
        raise ConfigError(sorted([*error.problems, *problems])) from error
    if problems:
        raise ConfigError(sorted(problems))
    parts = _parts(lines[body_line:])
    return Action(
        id=head.id,
        title=head.title,
        kind=head.kind,
        when=head.when,
        scope=head.scope,
        output=head.output,
        prompt=parts["user"].strip("\n"),
        system=parts["system"].strip("\n"),
    )


@cache
def builtin() -> Mapping[str, Action]:
    """Give the built-in actions by id, in the order in which they are offered."""
    found = {path.stem for path in _BUILTIN.glob("*.md")}
    actions: dict[str, Action] = {}
    for name in (*_OFFERED_FIRST, *sorted(found.difference(_OFFERED_FIRST))):
        text = (_BUILTIN / f"{name}.md").read_text("utf-8")
        read = load_action(text, f"{name}.md")
        actions[read.id] = replace(read, builtin=True)
    return actions


@cache
def prose(name: str) -> str:
    """Give a part of the prompts that all actions share, from ``builtin/parts``.

    A comment at its head is for those who change it.
    """
    return _HEAD_COMMENT.sub("", (_BUILTIN / "parts" / f"{name}.md").read_text("utf-8")).strip()


def _prompt_problems(lines: list[str], first: int, path: str) -> list[Problem]:
    """Find unknown placeholders, and a prompt that is empty or never shows the code."""
    problems: list[Problem] = []
    body = "".join(lines[first:])
    shown = False
    for found in _BRACES.finditer(body):
        name = found.group(1)
        shown = shown or name in SHOWS_CODE
        if name not in PLACEHOLDERS:
            before = split_lines(body[: found.start()])
            hint = did_you_mean(name, PLACEHOLDERS) or f"; known are {', '.join(PLACEHOLDERS)}"
            word = name[: limits.MAX_SHOWN_KEY_CHARS].replace("\n", " ")
            message = f"unknown placeholder `{word}`{hint}"
            problems.append(Problem(path, first + len(before), len(before[-1]) + 1, message))
    if not body.strip():
        problems.append(
            Problem(path, first, 1, "there is no prompt after the second line ---: write one")
        )
    elif not shown and not problems:
        message = "the prompt never shows the code: put {{document}} where it should stand"
        problems.append(Problem(path, first + 1, 1, message))
    return problems


def _parts(lines: list[str]) -> dict[Role, str]:
    """Share a body's lines out to the system and the user message."""
    parts: dict[Role, list[str]] = {"user": [], "system": []}
    role: Role = "user"
    for line in lines:
        section = _SECTION.fullmatch(line)
        if section:
            role = "system" if section.group(1) == "System" else "user"
        else:
            parts[role].append(line.replace("\r\n", "\n").replace("\r", "\n"))
    return {"user": "".join(parts["user"]), "system": "".join(parts["system"])}
