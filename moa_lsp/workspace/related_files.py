"""How far an action reaches: one region, a long file in blocks of changes, or several documents.

An action on a whole file that replaces it (``scope: file``, ``output: replace``) may change the
other documents that it shows. A file that stands alone and is short is given again as a whole:
every model can do that, and nothing has to be matched.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from moa_lsp import limits
from moa_lsp.actions.definition import Action
from moa_lsp.config.resolve import under
from moa_lsp.files.guarded import hidden_beside
from moa_lsp.task import File, Task
from moa_lsp.text.lines import split_lines

MAX_OTHER_FILES = 8
"""Open documents that a run on a file shows beside it, the last opened first."""

OTHER_FILES_CHARS = 64 * 2**10
"""Of those together: with the file itself and the answer they fit into windows of 32k tokens. One
that does not fit is left out whole: what is not shown is not changed."""


def reaches(action: Action | None) -> bool:
    """Whether an action may change more than the document that it is asked for."""
    if action is None:
        return False
    shows = "{{document}}" in action.prompt or "{{document}}" in action.system
    return action.scope == "file" and action.output == "replace" and shows


def allowed(path: str, excluded: Sequence[str]) -> bool:
    """Whether a document may be shown and changed beside the run's own.

    Args:
        path: below the workspace, with forward slashes.
        excluded: globs of the user's configuration.
    """
    spelled = unicodedata.normalize("NFC", path)
    return not hidden_beside(spelled) and not any(under(spelled, pattern) for pattern in excluded)


def add_related_files(
    action: Action, task: Task, path: str, others: Iterable[File], *, may_create: bool
) -> Task:
    """The task with all that its action may change.

    Args:
        action: what was asked for.
        task: on its own document alone.
        path: what answers call that.
        others: open documents beside it, the likeliest first.
        may_create: whether new files are wanted, and somebody can agree to them.
    """
    if action.scope != "file" or action.output != "replace":
        return task
    own = File(path or "document", task.snapshot)
    beside = tuple(_fitting(others, own)) if reaches(action) else ()
    long = len(split_lines(task.region)) > limits.WHOLE_FILE_LINES
    if not (beside or long or may_create):
        return task
    return replace(task, form="changes", files=(own, *beside), may_create=may_create)


def _fitting(others: Iterable[File], own: File) -> Iterator[File]:
    """As many of the others as a prompt holds, each whole and each under a path of its own."""
    room, names = OTHER_FILES_CHARS, {own.path}
    for file in others:
        size = len(file.snapshot.text)
        if size <= room and file.path not in names and len(names) <= MAX_OTHER_FILES:
            room -= size
            names.add(file.path)
            yield file
