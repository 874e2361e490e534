"""Changes of an answer fitted into the documents that it was shown: all of them, or none.

Every block is looked for in the same snapshot, none touches the lines of another, and each passes
the gates that any answer passes: no elisions, no conflict markers, no hidden characters, no more
text than makes sense. A block that changes nothing is dropped. New files are named below the
workspace and hold source code; whether there is one already is the disk's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moa_lsp import limits
from moa_lsp.answers import artifacts, paths
from moa_lsp.answers.changes import Changes, SearchReplaceBlock, WholeFile
from moa_lsp.answers.damage import damage
from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.answers.search import SearchMiss, find
from moa_lsp.syntax.languages import by_path
from moa_lsp.syntax.symbols import symbols
from moa_lsp.task import File, Snapshot
from moa_lsp.text.edits import Edit, apply
from moa_lsp.text.eol import convert, dominant, to_lf
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.sanitize import inspect_edit
from moa_lsp.text.span import Span

MAX_CREATED = 8
"""New files of one answer: each is to be looked at before it is agreed to."""


_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class FileChange:
    """What becomes of one file.

    Attributes:
        places: new texts of whole lines, ascending and apart, against the snapshot; the endings
            are the document's.
    """

    file: File
    places: tuple[Edit, ...]

    @property
    def before(self) -> str:
        """The document's text as it was."""
        return self.file.snapshot.text

    @property
    def after(self) -> str:
        """The document's text with everything changed."""
        return apply(self.before, self.places)


@dataclass(frozen=True, slots=True)
class CreatedFile:
    """A new file; ``path`` lies below the workspace, ``text`` ends with a line ending."""

    path: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class AnswerChanges:
    """Everything that an answer changes; empty for one that changes nothing."""

    files: tuple[FileChange, ...] = ()
    created: tuple[CreatedFile, ...] = ()


def fit(changes: Changes, files: Sequence[File], *, may_create: bool = False) -> AnswerChanges:
    """Fit changes into the files that were shown.

    Args:
        changes: what an answer wants.
        files: what it was shown, the run's own document first.
        may_create: whether new files may be made.

    Raises:
        Rejected: a part of it cannot be done, so nothing of it is.
    """
    known = {file.path: file for file in files}
    asked: dict[str, list[SearchReplaceBlock]] = {}
    for hunk in changes.hunks:
        path = paths.meant(hunk.path, tuple(known))
        if path is None:
            raise RejectedAnswer(
                "wrong_scope", f"changes {_shown(hunk.path)}, which it was not shown"
            )
        asked.setdefault(path, []).append(hunk)
    rewritten: dict[str, WholeFile] = {}
    created = []
    for whole in changes.wholes:
        path = paths.meant(whole.path, tuple(known))
        if path is None:
            created.append(_created(whole, files[0], may_create=may_create))
        elif path in asked or path in rewritten:
            raise RejectedAnswer("malformed", f"gives {path} as a whole and changes it as well")
        else:
            rewritten[path] = whole
    _check_created(created)
    fitted = [_hunks(known[path], hunks) for path, hunks in asked.items()]
    fitted += [_rewritten(known[path], whole) for path, whole in rewritten.items()]
    order = list(known)
    kept = sorted((each for each in fitted if each.places), key=lambda f: order.index(f.file.path))
    _check_size(kept, created)
    return AnswerChanges(tuple(kept), tuple(created))


def _shown(path: str) -> str:
    return path if paths.refused(path) is None else "a file"


def _hunks(file: File, hunks: Sequence[SearchReplaceBlock]) -> FileChange:
    text = file.snapshot.text
    index = LineIndex(text)
    spans = [index.line_span(at) for at in range(index.line_count)]
    lines = [text[span.start : span.end] for span in spans]
    if lines[0].startswith(_BOM):
        spans[0], lines[0] = Span(1, spans[0].end), lines[0].removeprefix(_BOM)
    places = sorted(
        (_place(file, hunk, index, spans, lines) for hunk in hunks), key=lambda e: e.span
    )
    for one, other in pairwise(places):
        if other.span.start < one.span.end and one != other:
            raise RejectedAnswer("malformed", f"two blocks change the same lines of {file.path}")
    once = dict.fromkeys(places)
    return FileChange(file, tuple(e for e in once if text[e.span.start : e.span.end] != e.text))


def _place(
    file: File,
    hunk: SearchReplaceBlock,
    index: LineIndex,
    spans: Sequence[Span],
    lines: Sequence[str],
) -> Edit:
    """The new text of the lines that a block means."""
    text, eol = file.snapshot.text, dominant(file.snapshot.text)
    if not any(line.strip() for line in hunk.search):
        if text.strip(f"{_BOM} \t\r\n"):
            raise RejectedAnswer(
                "unplaced", f"a block for {file.path} has an empty SEARCH, which names no place"
            )
        return Edit(Span(spans[0].start, len(text)), convert("\n".join(hunk.replace), eol))
    hint = None if hunk.hint is None else hunk.hint - 1
    replace: Sequence[str] = hunk.replace
    found = find(hunk.search, lines, hint)
    if isinstance(found, SearchMiss) and found.nowhere:
        # Blank lines at the edges that the document does not have there.
        search, replace = _edged(hunk.search, hunk.replace)
        found = find(search, lines, hint)
    if isinstance(found, SearchMiss):
        raise RejectedAnswer(
            "unplaced", f"a block cannot be placed in {file.path}: {found.reason}"
        )
    moved = found.shift.moved(replace) if found.shift else list(replace)
    if moved is None:
        raise RejectedAnswer(
            "unplaced", f"a block for {file.path} stands at another depth than its lines do"
        )
    region = Span(spans[found.first].start, spans[found.end - 1].end)
    _check(file, moved, text[region.start : region.end])
    if not moved:
        whole = index.line_span(found.end - 1, ending=True)
        return Edit(Span(region.start, whole.end), "")
    return Edit(region, convert("\n".join(moved), eol))


def _edged(search: Sequence[str], replace: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """A block without the blank lines at its edges, as many of them as both sides have."""
    filled = [at for at, line in enumerate(search) if line.strip()]
    head, tail = filled[0], len(search) - 1 - filled[-1]
    said = list(replace)
    while head and said and not said[0].strip():
        head, said = head - 1, said[1:]
    while tail and said and not said[-1].strip():
        tail, said = tail - 1, said[:-1]
    return search[filled[0] : filled[-1] + 1], said


def _rewritten(file: File, whole: WholeFile) -> FileChange:
    text = file.snapshot.text
    index = LineIndex(text)
    if index.line_count > limits.WHOLE_FILE_LINES + 1:
        raise RejectedAnswer(
            "too_large", f"gives {file.path} as a whole, which is too long for that"
        )
    last = index.line_count - 1
    span = index.line_span(last)
    if span.start == span.end and last > 0:
        span = index.line_span(last - 1)
    region = Span(int(text.startswith(_BOM)), max(span.end, int(text.startswith(_BOM))))
    lines = whole.text.strip("\n").split("\n")
    _check(file, lines, text[region.start : region.end])
    _check_whole(file, lines)
    new = convert("\n".join(lines), dominant(text))
    return FileChange(file, () if new == text[region.start : region.end] else (Edit(region, new),))


def _check_whole(file: File, lines: Sequence[str]) -> None:
    """Refuse a part of a file where its path promises all of it: the rest would be lost."""
    text, language = file.snapshot.text, file.snapshot.language
    filled = sum(bool(line.strip()) for line in lines)
    had = sum(bool(line.strip()) for line in to_lf(text).split("\n"))
    fewer = len(symbols("\n".join(lines), language)) < len(symbols(text, language))
    if fewer or filled < had * limits.SHRUNK_SHARE:
        raise RejectedAnswer(
            "elided", f"gives a part of {file.path} where SEARCH/REPLACE or all of it belongs"
        )


def _check(file: File, lines: Sequence[str], region: str) -> None:
    """The gates of one block: nothing left out, nothing hidden, nothing that is no code."""
    code, language = "\n".join(lines), file.snapshot.language
    broken = damage(code, to_lf(file.snapshot.text), to_lf(region), language)
    if broken is not None:
        raise RejectedAnswer(broken.category, f"a block for {file.path} {broken}")
    original = Original(to_lf(file.snapshot.text), to_lf(region), language)
    wrong = artifacts.fault(code, original)
    if wrong is not None:
        raise RejectedAnswer(wrong.category, f"a block for {file.path} {wrong}")
    for finding in inspect_edit(code, region, language):
        if finding.verdict == "reject":
            raise RejectedAnswer(
                "hidden_characters",
                f"a block for {file.path} holds hidden or control characters: {finding.message}",
            )


def _created(whole: WholeFile, beside: File, *, may_create: bool) -> CreatedFile:
    path = whole.path.removeprefix("./")
    if not may_create:
        raise RejectedAnswer("forbidden", "makes a new file, which cannot be agreed to here")
    refused = paths.refused(path)
    if refused is not None:
        raise RejectedAnswer("forbidden", f"makes a new file that may not be: {refused}")
    snapshot = beside.snapshot
    language = by_path(path)
    lines = whole.text.strip("\n").split("\n")
    _check(File(path, Snapshot(path, "", language)), lines, "")
    eol = dominant(snapshot.text)
    return CreatedFile(path, convert("\n".join(lines), eol) + eol, language)


def _check_created(created: Sequence[CreatedFile]) -> None:
    if len(created) > MAX_CREATED:
        raise RejectedAnswer(
            "too_large", f"makes {len(created)} new files, more than {MAX_CREATED}"
        )
    folded = [each.path.casefold() for each in created]
    if len(set(folded)) < len(folded):
        raise RejectedAnswer("malformed", "makes the same new file twice")


def _check_size(files: Sequence[FileChange], created: Sequence[CreatedFile]) -> None:
    was = sum(edit.span.end - edit.span.start for each in files for edit in each.places)
    new = sum(len(edit.text) for each in files for edit in each.places)
    new += sum(len(each.text) for each in created)
    room = limits.MAX_GROWTH_FACTOR * was + limits.MAX_GROWTH_CHARS
    if new > room:
        raise RejectedAnswer("too_large", f"the result is larger than {room:,} characters")
