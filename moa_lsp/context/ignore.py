"""Ignore files as git reads them: which rule of which file says that a path is left out.

Pure; the texts are given. Rules and paths are compared case-folded and in Unicode's composed form,
as a file system may that knows no case (CVE-2025-59944). What is in an ignored folder is ignored,
whatever later rules say; below that the last rule that matches decides, and deeper files come
later. No rule of a hostile file costs more than its length times the path's, and all the files of
a workspace have one ``Budget``: what a file has beyond it is not dropped, which would show what
was to be left out, but leaves out everything in its folder.

Own code: pathspec is MPL; gitignore-parser and igittigitt read files themselves and differ from
`git check-ignore` on rows of tests/unit/context/test_ignore.py.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from moa_lsp.context import limits
from moa_lsp.files.uris import folded

MAX_IGNORE_LINES = 4000
"""Rules read of one ignore file; the longest published templates have 600."""

MAX_IGNORE_RULES = 8_000
"""Rules of all ignore files of a workspace together: 30 ms to read, 4 MiB. Of large public
repositories the kernel's has most, some 2,500 lines in 250 files."""


_STARS = re.compile(r"\*\*+")
_POSIX = {
    "alnum": "a-z0-9",
    "alpha": "a-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "a-z",  # all is compared in lower case
    "xdigit": "0-9a-f",
}
_NEVER = "(?!)"  # matches nothing
_WILD = re.compile(r"[*?\[\\]")
_BRACKETED = re.compile(r"\[.*|\\.?|[*?]+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Glob:
    """The pattern of one path component. It becomes a regular expression when a name needs one.

    Attributes:
        text: the pattern, folded.
        wild: whether it has signs that stand for others.
        needed: a piece of text that every name has which it matches.
    """

    text: str
    wild: bool
    needed: str

    @classmethod
    def of(cls, text: str) -> "Glob":
        """Read a folded component."""
        wild = _WILD.search(text) is not None
        return cls(text, wild, max(_BRACKETED.split(text), key=len) if wild else text)

    def matches(self, name: str) -> bool:
        """Whether a folded name is meant."""
        if not self.wild:
            return name == self.text
        return self.needed in name and _compiled(self.text).fullmatch(name) is not None


@lru_cache(maxsize=2 * limits.MAX_IGNORE_PATTERNS)
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(_translated(text), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file.

    Attributes:
        line: as it is written.
        source: the file, or the setting, that it stands in.
        base: the folders of that file, outer ones first; the rule is about what lies below.
        negated: whether it takes back what earlier ones said.
        folders_only: whether it is about folders alone.
        parts: patterns of path components, ``None`` for any number of them; of a rule that
            matches names at any depth, one.
        anywhere: whether it is such a rule.
    """

    line: str
    source: str
    base: tuple[str, ...]
    negated: bool
    folders_only: bool
    parts: tuple[Glob | None, ...]
    anywhere: bool

    def matches(self, path: tuple[str, ...], *, folder: bool) -> bool:
        """Whether the rule is about this folded path itself, not only about a folder above."""
        if self.folders_only and not folder:
            return False
        depth = len(self.base)
        if len(path) <= depth or path[:depth] != self.base:
            return False
        if self.anywhere:
            part = self.parts[0]
            return part is None or part.matches(path[-1])
        return _matched(self.parts, path[depth:])


def parse(line: str, source: str = "", base: str = "", *, negates: bool = True) -> Rule | None:
    """Read one line, ``None`` if it holds no rule.

    Args:
        line: without its ending.
        source: for messages.
        base: the folder that the rule is about, ``""`` for the root.
        negates: whether ``!`` means anything; else it is part of the name.
    """
    rule = _without_trailing_blanks(line)
    if not rule or rule.startswith("#") or len(rule) > limits.MAX_IGNORE_LINE_CHARS:
        return None
    negated = negates and rule.startswith("!")
    rule = rule[negated:]
    folders_only = rule.endswith("/")
    rule = rule.removesuffix("/")
    if not rule:
        return None
    anywhere = "/" not in rule
    rule = folded(rule.removeprefix("/"))
    parts = tuple(None if _STARS.fullmatch(part) else Glob.of(part) for part in rule.split("/"))
    return Rule(line, source, _components(base), negated, folders_only, parts, anywhere)


@dataclass(slots=True)
class Budget:
    """What all ignore files of a workspace may cost together.

    Attributes:
        rules: how many more rules are kept.
        patterns: how many more different components with wildcards.
    """

    rules: int = MAX_IGNORE_RULES
    patterns: int = limits.MAX_IGNORE_PATTERNS
    _seen: set[str] = field(default_factory=set)

    def read(self, path: str, text: str | None) -> list[Rule]:
        """The rules of one file; if they are too many, the one that leaves out all its folder.

        Args:
            path: of the file, below the root.
            text: ``None`` of a file that was too large to be read.
        """
        folder = path.rpartition("/")[0]
        lines = [] if text is None else text.removeprefix("\ufeff").split("\n")
        found: list[Rule] = []
        fits = text is not None and len(lines) <= MAX_IGNORE_LINES
        for line in lines if fits else ():
            rule = parse(line.removesuffix("\r"), path, folder)
            if rule is not None:
                found.append(rule)
            if len(found) > self.rules:
                break
        new = {
            part.text
            for rule in found
            for part in rule.parts
            if part is not None and part.wild and part.text not in self._seen
        }
        if not fits or len(found) > self.rules or len(new) > self.patterns:
            source = f"{path} (it has more rules than are read)"
            everything = parse("*", source, folder)
            return [everything] if everything is not None else []
        self.rules -= len(found)
        self.patterns -= len(new)
        self._seen |= new
        return found


@dataclass(frozen=True, slots=True)
class Ignores:
    """Rules of one kind, weaker ones first.

    Attributes:
        rules: in the order of their strength: those of deeper files come later.
    """

    rules: tuple[Rule, ...] = ()
    _known: dict[tuple[str, ...], Rule | None] = field(default_factory=dict, compare=False)
    _below: dict[tuple[str, ...], list[Rule]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Put the strongest rules of each folder in front."""
        for rule in reversed(self.rules):
            self._below.setdefault(rule.base, []).append(rule)

    @classmethod
    def of_files(cls, files: Mapping[str, str | None], budget: Budget | None = None) -> "Ignores":
        """The rules of ignore files.

        Args:
            files: texts by path below the root, with forward slashes; ``None`` of a file that
                was too large to be read.
            budget: of the workspace, where other files share it.
        """
        budget = budget or Budget()
        found: list[Rule] = []
        for path in sorted(files, key=lambda each: (each.count("/"), each)):
            found += budget.read(path, files[path])
        return cls(tuple(found))

    def rule(self, path: str, *, folder: bool) -> Rule | None:
        """The rule that leaves this path out, ``None`` when none does."""
        parts = _components(path)
        for depth in range(1, len(parts)):
            above = self._folder(parts[:depth])
            if above is not None:
                return above
        return self._last(parts, folder=folder) if parts else None

    def _folder(self, parts: tuple[str, ...]) -> Rule | None:
        if parts not in self._known:
            if len(self._known) >= limits.MAX_IGNORE_FOLDERS:
                self._known.clear()
            self._known[parts] = self._last(parts, folder=True)
        return self._known[parts]

    def _last(self, parts: tuple[str, ...], *, folder: bool) -> Rule | None:
        for depth in range(len(parts) - 1, -1, -1):  # only files in folders above can mean it
            for rule in self._below.get(parts[:depth], ()):
                if rule.matches(parts, folder=folder):
                    return None if rule.negated else rule
        return None


def _components(path: str) -> tuple[str, ...]:
    return tuple(part for part in folded(path).split("/") if part not in ("", "."))


def _without_trailing_blanks(line: str) -> str:
    r"""Cut spaces at the end, but not one that follows a backslash."""
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if escapes % 2 and len(bare) < len(line) else bare


def _matched(parts: tuple[Glob | None, ...], path: tuple[str, ...]) -> bool:
    """Match component by component; ``**`` takes as few as it can, and more when that fails.

    Only the last ``**`` is ever tried again: what an earlier one could take, it can take too.
    """
    at = place = 0
    retry: tuple[int, int] | None = None
    while place < len(path):
        if at < len(parts):
            part = parts[at]
            if part is None and at == len(parts) - 1:
                return True
            if part is None:
                retry = (at + 1, place)
                at += 1
                continue
            if part.matches(path[place]):
                at, place = at + 1, place + 1
                continue
        if retry is None:
            return False
        retry = (retry[0], retry[1] + 1)
        at, place = retry
    # A ** at the end needs something to match; all before it has been used up.
    return at == len(parts)


def _translated(part: str) -> str:
    """A component's pattern as a regular expression that never tries a place twice.

    Each stretch between stars is looked for once from where the one before ended (atomic groups),
    which is right for globs: an earlier match leaves more to the rest.
    """
    stretches: list[str] = [""]
    for piece in _pieces(part):
        if piece is None:
            stretches.append("")
        else:
            stretches[-1] += piece
    first, *others = stretches
    if not others:
        return first
    *middle, last = others
    return f"{first}{''.join(f'(?>.*?{each})' for each in middle if each)}.*{last}"


def _pieces(part: str) -> Iterator[str | None]:
    """What each sign of a component stands for; ``None`` for any text."""
    at = 0
    while at < len(part):
        char = part[at]
        at += 1
        if char == "*":
            yield None
        elif char == "?":
            yield "."
        elif char == "[":
            found, at = _class(part, at)
            yield found
        elif char == "\\":
            if at == len(part):
                yield _NEVER  # git finds that malformed
                return
            yield re.escape(part[at])
            at += 1
        else:
            yield re.escape(char)


def _class(part: str, at: int) -> tuple[str, int]:
    """A bracket expression from after its bracket, and where it ends."""
    negated = part[at : at + 1] in ("!", "^")
    at += negated
    members: list[str] = []
    first = True
    while at < len(part) and (first or part[at] != "]"):
        first = False
        if part.startswith("[:", at) and (end := part.find(":]", at + 2)) > 0:
            name = part[at + 2 : end]
            if name not in _POSIX:
                return _NEVER, len(part)
            members.append(_POSIX[name])
            at = end + 2
            continue
        low, at = _char(part, at)
        if part[at : at + 1] == "-" and part[at + 1 : at + 2] not in ("", "]"):
            high, at = _char(part, at + 1)
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            members.append(re.escape(low))
    if at >= len(part):
        return _NEVER, len(part)
    inner = "".join(members)
    if not inner:
        return ("." if negated else _NEVER), at + 1
    return f"[{'^' if negated else ''}{inner}]", at + 1


def _char(part: str, at: int) -> tuple[str, int]:
    if part[at] == "\\" and at + 1 < len(part):
        at += 1
    return part[at], at + 1
