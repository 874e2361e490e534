"""Judges answers in another form than the new text of a region.

The judge's questions for proposals in words (``sketch``) and for changes of several places.
The text of a usable answer is the proposal itself, or its changes without the words around them
(``answers/changes.py``): whoever reads it again finds the same.
"""

from moa_lsp.answers import changes, file_changes
from moa_lsp.answers.compare import normalised
from moa_lsp.answers.extract import NO_CHANGE, UNCLOSED, markdown, none
from moa_lsp.answers.extraction_target import Extraction
from moa_lsp.answers.fences import scan
from moa_lsp.answers.rejection import RejectedAnswer, Rejection
from moa_lsp.syntax import gates
from moa_lsp.task import Task

_SEPARATOR = "\x1f"


def taken(task: Task, answer: str, finish: str) -> Extraction:
    """Take what is usable out of an answer.

    Args:
        task: what was asked for.
        answer: what a model wrote.
        finish: why it ended.
    """
    if task.form == "sketch":
        return _sketched(answer, finish, _shown(task))
    if finish != "stop":
        return markdown(answer, finish) if finish == "refused" else none(_CUT)
    try:
        read = changes.read(answer, _known(task), _shown(task))
        found = file_changes.fit(read, task.files, may_create=task.may_create)
    except RejectedAnswer as rejected:
        return none(rejected.rejection)
    if not found.files and not found.created:
        return none(NO_CHANGE)
    return Extraction(changes.written(read))


_CUT = Rejection("truncated", "cut off, so the changes may not be whole")


def outcome(task: Task, text: str) -> file_changes.AnswerChanges:
    """What a usable text changes.

    Raises:
        Rejected: it is not usable.
    """
    read = changes.read(text, _known(task), _shown(task))
    return file_changes.fit(read, task.files, may_create=task.may_create)


def beside(task: Task, text: str) -> list[str]:
    """What a usable text leaves of the files that are not the run's own."""
    found = outcome(task, text)
    own = task.files[0].path
    return [each.after for each in found.files if each.file.path != own] + [
        made.text for made in found.created
    ]


def fault(task: Task, text: str, checks: tuple[str, ...]) -> Rejection | None:
    """The first named gate that one of the files fails, and which file that is."""
    try:
        found = outcome(task, text)
    except RejectedAnswer as rejected:
        return rejected.rejection
    pairs = [
        (each.file.path, each.before, each.after, each.file.snapshot.language)
        for each in found.files
    ] + [(each.path, "", each.text, each.language) for each in found.created]
    for path, before, after, language in pairs:
        if "parse" in checks:
            verdict = gates.parses(before, after, language, lowest=task.python)
            if not verdict.ok:
                return Rejection("parse", f"{verdict.reason or 'does not parse'} ({path})")
        if "names" in checks:
            new = gates.new_names(before, after, language)
            if new:
                reason = f"uses names that nothing defines: {', '.join(new)} ({path})"
                return Rejection("names", reason)
    return None


def key(task: Task, text: str) -> str:
    """Equal for changes that leave the same files, and for proposals in the same words."""
    try:
        found = outcome(task, text)
    except RejectedAnswer:
        return normalised(text, "markdown")
    parts = []
    for each in found.files:
        language = each.file.snapshot.language
        now = normalised(each.after, language)
        if now == normalised(each.before, language):  # comments are what it is about
            now = normalised(each.after, "markdown")
        parts += [each.file.path, now]
    for made in found.created:
        parts += [made.path, normalised(made.text, made.language)]
    return _SEPARATOR.join(parts)


def _sketched(answer: str, finish: str, document: str) -> Extraction:
    """Words with code in them: an apology has none."""
    found = markdown(answer, finish, document)
    if found.code is None:
        return found
    if finish != "stop":
        return none(_CUT)
    blocks = scan(found.code)
    if blocks and not blocks[-1].closed:
        return none(UNCLOSED)
    if any(block.code.strip() for block in blocks):
        return found
    if changes.says_unchanged(found.code):
        return none(NO_CHANGE)
    return none(Rejection("no_code", "no code in the proposal"))


def _known(task: Task) -> tuple[str, ...]:
    return tuple(file.path for file in task.files)


def _shown(task: Task) -> str:
    """The text of the files that a task is about."""
    return "\n".join([task.snapshot.text, *(file.snapshot.text for file in task.files)])
