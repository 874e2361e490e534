"""Answers that change several places: SEARCH/REPLACE blocks and whole files, read as values.

What is read is what was written: markers of 5 to 9 characters, a path before a block or on its
fence, several blocks a file, an optional ``@line N``. Where a block goes, and whether it may, is
decided elsewhere (``answers/file_changes.py``). Text is LF throughout. ``written`` gives the
same changes back without the words around them: reading that again gives equal values.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moa_lsp.answers import limits, paths
from moa_lsp.answers.fences import FencedBlock, scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.rejection import RejectedAnswer

MAX_CHANGES = 128
"""Blocks of one answer that changes several places; a real one has a dozen."""


_LINE = r"(?:@\s*line|:?start_line:?|line)[ :]*(?P<line>\d{1,7})"
_OPEN = re.compile(
    rf"(?P<marks><{{5,9}}|-{{5,9}})[ ]?(?:SEARCH|ORIGINAL)\b>?:?[ ]*(?:\(?{_LINE}\)?)?[ ]*",
    re.IGNORECASE,
)
_MIDDLE = re.compile(r"={5,9}[ ]*")
_CLOSE = re.compile(
    r"(?P<marks>>{5,9}|\+{5,9})[ ]?(?:REPLACE|UPDATED)\b>?[ ]*|>{5,9}[ ]*", re.IGNORECASE
)
_HINT = re.compile(r"\s*(?:@\s*line|:start_line:)[ :]*(?P<line>\d{1,7})\s*", re.IGNORECASE)
_ESCAPED = re.compile(r"(?P<slashes>\\+)(?=[<>=+-]{5,9}(?:\s|$|[A-Z]))")
_MARKER = re.compile(r"\\*(?:[<>=+-]{5,9})(?:\s|$|[A-Z])")
_UNTOUCHED = re.compile(
    r"\W*no changes?(?:\s+(?:is|are))?(?:\s+(?:needed|required))?\W*", re.IGNORECASE
)
_VERB = re.compile(
    r"\W*(?P<verb>delete|remove|rename|move|rm|git rm|git mv|mv)\b(?: file)?:?\s+"
    r"(?P<path>\S+)(?:\s+(?:to|into|as|->|=>|→)?\s*\S+)?\W*",
    re.IGNORECASE,
)
_PATH_REACH = 3
"""Lines with words between a path and its block: what some models say about a change."""

_HELD = "\x1a"
"""Stands for the lines of a block while the fences around it are read; no text may hold it."""


@dataclass(frozen=True, slots=True)
class SearchReplaceBlock:
    """One SEARCH/REPLACE block, its lines without endings.

    Attributes:
        path: as the answer names the file.
        hint: the line, counted from 1, at which SEARCH is said to start.
    """

    path: str
    search: tuple[str, ...]
    replace: tuple[str, ...]
    hint: int | None = None


@dataclass(frozen=True, slots=True)
class WholeFile:
    """The whole text of a file, without its last line's ending."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What an answer changes, in its own order; whole files last."""

    hunks: tuple[SearchReplaceBlock, ...] = ()
    wholes: tuple[WholeFile, ...] = ()


UNTOUCHED = Changes()
"""Of an answer that says that nothing needs to change."""


def readable(answer: str, document: str = "") -> str:
    """An answer without reasoning, control tokens and marks, LF endings.

    Args:
        answer: what a model wrote.
        document: the text of the files that it was shown: what stands there is no marker.

    Raises:
        Rejected: there is nothing in it, or only reasoning.
    """
    text = final_answer(answer, document)
    if not text.strip():
        raise RejectedAnswer("empty", "the answer is empty")
    return text


def says_unchanged(answer: str) -> bool:
    """Whether a line of an answer says that nothing needs to change, and nothing else."""
    return any(_UNTOUCHED.fullmatch(line) for line in answer.split("\n"))


def read(answer: str, known: Sequence[str], document: str = "") -> Changes:
    """Read the changes of an answer.

    Args:
        answer: what a model wrote, to its end.
        known: paths of the files that it was shown.
        document: their text.

    Raises:
        Rejected: it is cut off, out of order, names no file, or wants more than changes.
    """
    lines = readable(answer, document).replace(_HELD, "").split("\n")
    blocks = _blocks(lines)
    if len(blocks) > MAX_CHANGES:
        raise RejectedAnswer(
            "too_large", f"{len(blocks)} blocks of changes where at most {MAX_CHANGES} are"
        )
    hunks, last = [], known[0] if len(known) == 1 else None
    for block in blocks:
        last = _path_above(lines, block.first, blocks, known) or last
        if last is None:
            raise RejectedAnswer("malformed", "a block of changes names no file")
        hunks.append(SearchReplaceBlock(last, block.search, block.replace, block.hint))
    rest = list(lines)
    for block in blocks:
        rest[block.first : block.end] = [_HELD] * (block.end - block.first)
    _check_verbs(rest, known)
    wholes = list(_wholes("\n".join(rest)))
    if len(wholes) > MAX_CHANGES:
        raise RejectedAnswer(
            "too_large", f"{len(wholes)} whole files where at most {MAX_CHANGES} are"
        )
    if not hunks and not wholes:
        if says_unchanged("\n".join(lines)):
            return UNTOUCHED
        raise RejectedAnswer("no_code", "no SEARCH/REPLACE block and no whole file in the answer")
    return Changes(tuple(hunks), tuple(wholes))


def written(changes: Changes) -> str:
    """The changes as an answer that holds nothing else."""
    parts = []
    for hunk in changes.hunks:
        hint = f" @line {hunk.hint}" if hunk.hint is not None else ""
        parts += [hunk.path, f"<<<<<<< SEARCH{hint}", *map(_escaped, hunk.search), "======="]
        parts += [*map(_escaped, hunk.replace), ">>>>>>> REPLACE", ""]
    for whole in changes.wholes:
        longest = max((len(run) for run in re.findall("`+", whole.text)), default=0)
        fence = "`" * max(3, longest + 1)
        parts += [whole.path, fence, whole.text, fence, ""]
    return "\n".join(parts).rstrip("\n")


@dataclass(frozen=True, slots=True)
class _BlockLines:
    """A block and its lines: from ``first`` up to ``end``, markers included."""

    first: int
    end: int
    search: tuple[str, ...]
    replace: tuple[str, ...]
    hint: int | None


def _blocks(lines: Sequence[str]) -> list[_BlockLines]:
    found, at = [], 0
    while at < len(lines):
        opened = _OPEN.fullmatch(lines[at].strip())
        if opened is None:
            if _CLOSE.fullmatch(lines[at].strip()) and "REPLACE" in lines[at].upper():
                raise RejectedAnswer("malformed", "the markers of its blocks are out of order")
            at += 1
            continue
        found.append(_block(lines, at, opened))
        at = found[-1].end
    return found


def _block(lines: Sequence[str], first: int, opened: re.Match[str]) -> _BlockLines:
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    kind = ">" if opened["marks"].startswith("<") else "+"
    middles: list[int] = []
    for at in range(first + 1, len(lines)):
        line = lines[at].removeprefix(indent)
        closing = _CLOSE.fullmatch(line)
        if _OPEN.fullmatch(line):
            raise RejectedAnswer("malformed", "a block begins before the one above it has ended")
        if closing is not None and (
            closing["marks"] is None or kind in closing["marks"] or middles
        ):
            middle = _middle(lines, middles, len(opened["marks"]))
            inside = [each.removeprefix(indent) for each in lines[first + 1 : at]]
            if any(each.strip() and not each.startswith(indent) for each in lines[first + 1 : at]):
                inside = list(lines[first + 1 : at])
            search, replace = inside[: middle - first - 1], inside[middle - first :]
            hint = int(opened["line"]) if opened["line"] else None
            if hint is None and search and (said := _HINT.fullmatch(search[0])):
                hint, search = int(said["line"]), search[1:]
                if search and re.fullmatch(r"-{5,9}", search[0].strip()):
                    search = search[1:]
            bare = [tuple(map(_unescaped, part)) for part in (search, replace)]
            return _BlockLines(first, at + 1, bare[0], bare[1], hint)
        if _MIDDLE.fullmatch(line):
            middles.append(at)
    raise RejectedAnswer(
        "unclosed", "a block of changes does not end, so the answer may be cut off"
    )


def _middle(lines: Sequence[str], middles: Sequence[int], length: int) -> int:
    """The line that divides a block; of several, the one as long as its first marker."""
    alike = [at for at in middles if len(lines[at].strip()) == length]
    found = middles if len(middles) == 1 else alike
    if len(found) != 1:
        some = "more than one line" if middles else "no line"
        raise RejectedAnswer("malformed", f"{some} of = divides SEARCH from REPLACE")
    return found[0]


def _escaped(line: str) -> str:
    return f"\\{line}" if _MARKER.match(line) else line


def _unescaped(line: str) -> str:
    return line[1:] if _ESCAPED.match(line) else line


def _path_above(
    lines: Sequence[str], first: int, blocks: Sequence[_BlockLines], known: Sequence[str]
) -> str | None:
    """The path on one of the lines with words above a block, or on the fence around it."""
    floor = max((block.end for block in blocks if block.end <= first), default=0)
    seen = 0
    for at in range(first - 1, floor - 1, -1):
        line = lines[at].strip()
        if not line:
            continue
        if line.startswith(("```", "~~~")):
            path = _on_fence(line.strip("`~ "))
        else:
            seen += 1
            path = line if line in known else paths.named(line)
        if path is not None or seen == _PATH_REACH:
            return path
    return None


def _on_fence(info: str) -> str | None:
    for word in re.split(r"[\s=:,]+", info):
        bare = word.strip("\"'{}")
        if ("/" in bare or "." in bare) and paths.named(bare):
            return paths.named(bare)
    return None


def _wholes(text: str) -> Iterator[WholeFile]:
    """Fenced blocks with a path before them or on their fence; others only show something."""
    for block in scan(text):
        if _HELD in block.code:
            continue
        whole = _named(block)
        if whole is None:
            continue
        if not block.closed:
            raise RejectedAnswer(
                "unclosed", "the code fence is not closed, so the code may be cut off"
            )
        if whole.text.strip():
            yield whole


def _named(block: FencedBlock) -> WholeFile | None:
    """A fenced block as a file, if the line above, its fence or its first line names one."""
    above = [line for line in block.lead.split("\n") if line.strip()]
    path = _on_fence(block.info)
    if path is None and above and _HELD not in above[-1]:
        path = paths.named(above[-1])
    if path is not None:
        return WholeFile(path, block.code)
    first, _, rest = block.code.partition("\n")
    path = paths.named(first) if "/" in first else None
    return WholeFile(path, rest) if path is not None and paths.refused(path) is None else None


def _check_verbs(lines: Sequence[str], known: Sequence[str]) -> None:
    """Refuse an answer that would delete or rename files: nobody could see that in an edit."""
    for line in lines:
        found = _VERB.fullmatch(line.strip()) if len(line) <= 2 * limits.MAX_PATH_CHARS else None
        if found is None:
            continue
        path = found["path"].strip("`*\"'.,:;")
        if paths.meant(path, known) or ("/" in path and paths.refused(path) is None):
            raise RejectedAnswer(
                "forbidden", f"wants to {found['verb'].lower()} a file, which no run does"
            )
