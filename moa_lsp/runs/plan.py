"""From an answer to what is done with it: minimal edits, a new file, or a text to show.

A plan is made against the run's snapshot; applying it is the shell's work.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from moa_lsp import limits
from moa_lsp.answers import markdown
from moa_lsp.answers.file_changes import CreatedFile
from moa_lsp.mix import multi_edit_answers
from moa_lsp.mix.judge import gone_from
from moa_lsp.syntax import gates
from moa_lsp.syntax.imports import ProjectImports, foreign
from moa_lsp.task import File, Task
from moa_lsp.text.edits import Edit, apply, diff
from moa_lsp.text.eol import convert, dominant, to_lf
from moa_lsp.text.lines import split_lines
from moa_lsp.text.sanitize import clean_prompt, escape, inspect_edit
from moa_lsp.text.span import Span

MAX_NAMED_IMPORTS = 5
"""New imports that a warning names; with more the user reads the code anyway."""

LARGE_CHANGE_LINES = 200
"""Lines of a change above which its size is a warning: more than is taken in at a glance."""

SHRINKING_LINES = 6
"""See ``SHRUNK_SHARE``: of fewer lines half is lost by one good simplification."""


_ASKS_FOR_LESS = re.compile(r"\b(?:delet|remov|drop|simplif|shorten|renam|inlin)", re.IGNORECASE)
"""In an instruction: the user expects that something goes."""


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """What a plan does to one document.

    Attributes:
        file: without a path where it is the run's own document, and the only one.
        pieces: what it changes there, ascending and apart, each with its edits; none reaches
            outside of its piece.
    """

    file: File
    pieces: tuple[tuple[Span, tuple[Edit, ...]], ...]

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits, ascending, against the snapshot."""
        return tuple(edit for _, edits in self.pieces for edit in edits)


@dataclass(frozen=True, slots=True)
class FileTexts:
    """A file's text before and after a plan; ``path`` as answers call it.

    Attributes:
        before: ``None`` of a new file.
    """

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class EditPlan:
    """Edits of open documents, one part for each, and files made beside them.

    Attributes:
        parts: the one document of most actions is one part with one piece: the target, with its
            last line's ending where all of it goes.
        created: new files; never made without the user's agreement.
        warnings: what the user should look at before agreeing.
        risky: whether a careful user would want to confirm.
    """

    parts: tuple[DocumentPart, ...]
    created: tuple[CreatedFile, ...] = ()
    warnings: tuple[str, ...] = ()
    risky: bool = False

    def needs_confirmation(self, review: str) -> bool:
        """Whether the user is to agree first, by a review of ``auto``, ``always`` or ``never``."""
        if self.created or review == "always":
            return True
        return review == "auto" and self.risky

    def texts(
        self, name: str, placed: Sequence[tuple[str, Sequence[Edit]]] | None = None
    ) -> list[FileTexts]:
        """Every file that is changed or made, for diffs.

        Args:
            name: what the run's own document is called, where its part has no path.
            placed: of each part the text as it is now, and its edits there; without it the
                snapshots.
        """
        if placed is None:
            placed = [(part.file.snapshot.text, part.edits) for part in self.parts]
        changes = [
            FileTexts(part.file.path or name, text, apply(text, edits))
            for part, (text, edits) in zip(self.parts, placed, strict=True)
        ]
        return changes + [FileTexts(each.path, None, each.text) for each in self.created]


@dataclass(frozen=True, slots=True)
class NewFilePlan:
    """One new file at a place that was computed, not taken from an answer.

    Attributes:
        path: where it goes.
        text: all of it.
        warnings, risky: as in ``EditPlan``.
        parts: no open document is changed.
    """

    path: Path
    text: str
    warnings: tuple[str, ...] = ()
    risky: bool = False
    parts: ClassVar[tuple[DocumentPart, ...]] = ()

    def needs_confirmation(self, _review: str) -> bool:
        """As ``EditPlan.needs_confirmation``: a new file is always asked for."""
        return True

    def texts(self, name: str, _placed: object = None) -> list[FileTexts]:
        """As ``EditPlan.texts``; the new file is called ``name``."""
        return [FileTexts(name, None, self.text)]


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """A text for the user; nothing is changed.

    Attributes:
        target: what the text is about.
        text: Markdown of the safe subset.
        warnings: none so far; every plan has them.
    """

    target: Span
    text: str
    warnings: tuple[str, ...] = ()


FilePlan = EditPlan | NewFilePlan
"""What changes files, and so is reviewed and applied."""

Plan = FilePlan | ShowPlan
"""What a run would do."""

_NOTHING = ProjectImports()


def make(
    task: Task, text: str, project: ProjectImports = _NOTHING, new_file: Path | None = None
) -> Plan:
    """The plan for an answer that the mix settled on.

    Args:
        task: what was asked for.
        text: the answer.
        project: what lies around the document.
        new_file: where the answer goes, for the output ``new_file``.

    Raises:
        ValueError: such a place is needed and was not given.
    """
    if task.form != "region":
        return _several(task, text, project)
    if task.output == "document":
        return ShowPlan(task.target, markdown.safe(text))
    odd = tuple(
        finding.message
        for finding in inspect_edit(
            text, task.region if task.output == "replace" else "", task.snapshot.language
        )
        if finding.verdict == "warn"
    )
    if task.output == "replace":
        odd += _unhidden(task.region, text)
    strange: tuple[str, ...] = ()
    if task.output != "comment":
        before = "" if task.output == "new_file" else task.snapshot.text
        strange = _strange(before, text, task.snapshot.language, project)
    if task.output == "new_file":
        if new_file is None:
            raise ValueError("a plan for a new file needs its place")
        eol = dominant(task.snapshot.text)
        whole = convert(text, eol)
        whole = whole if whole.endswith(eol) else f"{whole}{eol}"
        return NewFilePlan(new_file, whole, odd + strange, risky=bool(strange))
    losses = _losses(task, text) if task.output == "replace" else ()
    risky = bool(losses) and not _ASKS_FOR_LESS.search(task.instruction)
    risky = risky or bool(strange)
    if task.output == "replace" and not text:
        gone = _lines_of(task)
        part = DocumentPart(File("", task.snapshot), ((gone, (Edit(gone, ""),)),))
        return EditPlan((part,), warnings=odd + losses, risky=risky)
    part = DocumentPart(File("", task.snapshot), ((task.target, _edits(task, text)),))
    large = _large(task.snapshot.text, part.edits)
    warnings = odd + losses + strange + large
    return EditPlan((part,), warnings=warnings, risky=risky or bool(large))


def worsens(before: str, now: str, language: str) -> str | None:
    """Why the second text parses worse than the first, if it does."""
    verdict = gates.parses(before, now, language)
    return None if verdict.ok else verdict.reason or "it does not parse"


def _several(task: Task, text: str, project: ProjectImports) -> EditPlan:
    """The plan for changes: edits of one or several documents, and new files."""
    found = multi_edit_answers.outcome(task, text)
    stems = {each.path.rpartition("/")[2].partition(".")[0] for each in found.created}
    project = replace(project, modules=project.modules | stems)
    parts = []
    warnings: list[str] = []
    risky = alarming = False
    for each in found.files:
        pieces = tuple((place.span, fewest(each.before, place)) for place in each.places)
        parts.append(DocumentPart(each.file, pieces))
        told = _lost(each.before, each.after, each.file.snapshot.language)
        told += _unhidden(each.before, each.after)
        alarms = _strange(each.before, each.after, each.file.snapshot.language, project)
        alarms += _large(each.before, parts[-1].edits)
        alarming = alarming or bool(alarms)
        told += [
            finding.message
            for place in each.places
            for finding in inspect_edit(
                place.text,
                each.before[place.span.start : place.span.end],
                each.file.snapshot.language,
            )
            if finding.verdict == "warn"
        ]
        warnings += [f"{each.file.path}: {one}" for one in (*told, *alarms)]
        risky = risky or bool(told)
    aside = [each.file.path for each in found.files if each.file.snapshot is not task.snapshot]
    aside_told = [f"also changes {path}" for path in aside]
    aside_told += [f"makes the new file {each.path}" for each in found.created]
    for new in found.created:
        strange = _strange("", new.text, new.language, project)
        warnings += [f"{new.path}: {one}" for one in strange]
    return EditPlan(
        tuple(parts),
        found.created,
        warnings=(*aside_told, *warnings),
        # Who looks at one document does not see what changes in another.
        risky=bool(aside_told)
        or alarming
        or (risky and not _ASKS_FOR_LESS.search(task.instruction)),
    )


def _edits(task: Task, text: str) -> tuple[Edit, ...]:
    """The fewest edits; lines that stay keep their endings, new ones get the document's."""
    return fewest(task.snapshot.text, Edit(task.target, task.placed(text)))


def fewest(text: str, whole: Edit) -> tuple[Edit, ...]:
    """One replacement of lines as the fewest edits."""
    region, eol = text[whole.span.start : whole.span.end], dominant(text)
    # Compared with LF, where every \r\n before an offset is one shorter.
    pairs = [found.start() - number for number, found in enumerate(re.finditer("\r\n", region))]
    start = whole.span.start

    def place(offset: int) -> int:
        return start + offset + bisect_left(pairs, offset)

    return tuple(
        Edit(Span(place(edit.span.start), place(edit.span.end)), convert(edit.text, eol))
        for edit in diff(to_lf(region), to_lf(whole.text))
    )


def _lines_of(task: Task) -> Span:
    """The target with the ending of its last line: deleted without it, a blank line would stay."""
    ending = split_lines(task.after)[0] if task.after.startswith(("\n", "\r")) else ""
    return Span(task.target.start, task.target.end + len(ending))


def _losses(task: Task, text: str) -> tuple[str, ...]:
    """What would be gone: definitions (renamed ones count too), or most of the lines."""
    return tuple(_lost(task.region, text, task.snapshot.language))


def _lost(before: str, now: str, language: str) -> list[str]:
    gone = sorted(gone_from(before, now, language))
    losses = [f"removes {', '.join(gone)}"] if gone else []
    had, has = _filled(before), _filled(now)
    if had >= SHRINKING_LINES and has < had * limits.SHRUNK_SHARE:
        losses.append(f"leaves {has} of {had} lines")
    return losses


def _unhidden(region: str, text: str) -> tuple[str, ...]:
    """Hidden characters that go: models see none, so no answer has them."""
    names = {each.name for each in clean_prompt(region)[1] if chr(each.code_point) not in text}
    return (f"removes hidden characters: {', '.join(sorted(names))}",) if names else ()


def _strange(before: str, text: str, language: str, project: ProjectImports) -> tuple[str, ...]:
    """Imports that nothing knows: models make names up, and others register them."""
    names = foreign(before, to_lf(text), language, project)
    if not names:
        return ()
    shown = [escape(name, limits.MAX_SHOWN_KEY_CHARS) for name in names]
    more = len(shown) - MAX_NAMED_IMPORTS
    tail = f" and {more} more" if more > 0 else ""
    named = ", ".join(shown[:MAX_NAMED_IMPORTS])
    return (f"adds imports: {named}{tail}, not in this project",)


def _large(old: str, edits: tuple[Edit, ...]) -> tuple[str, ...]:
    """How large a change is, if it is."""
    gone = sum(len(split_lines(old[edit.span.start : edit.span.end])) - 1 for edit in edits)
    come = sum(len(split_lines(edit.text)) - 1 for edit in edits)
    if max(gone, come) < LARGE_CHANGE_LINES:
        return ()
    return (f"changes much: {gone:,} lines become {come:,}",)


def _filled(text: str) -> int:
    return sum(bool(line.strip()) for line in split_lines(text))
