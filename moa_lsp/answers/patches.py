"""Patches instead of code, in the dialects of diff, of editors' tools and of merges.

A dialect is told by its marks where those are no code in any language; a hunk without marks by
comparing with the document: what it takes away stands there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from moa_lsp.answers.original import Original

IS_DIFF = "is a diff instead of code"
CONFLICT = "holds merge conflict markers"
EDIT_BLOCK = "holds markers of a block of changes"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing a patch.

    Attributes:
        name: what it is called.
        marks: patterns of lines; each must match a line that the document does not have.
        reason: what is said of such an answer.
        source: where the format is described.
    """

    name: str
    marks: tuple[re.Pattern[str], ...]
    reason: str
    source: str


def _row(name: str, reason: str, source: str, *marks: str) -> Dialect:
    return Dialect(name, tuple(re.compile(mark) for mark in marks), reason, source)


_DIFFUTILS = "GNU diffutils manual, Detailed Format"
_GIT = "git documentation, diff-format and diff-generate-patch"

DIALECTS = (
    _row("unified hunk", IS_DIFF, _DIFFUTILS, r"\s*@@@* -\d+(?:,\d+)? [-+\d, ]*\+\d+.*@@@*.*"),
    _row("unified heads", IS_DIFF, _DIFFUTILS, r"\s*--- \S.*", r"\s*\+\+\+ \S.*"),
    _row(
        "bare hunk",
        IS_DIFF,
        "openai/codex, apply_patch tool instructions",
        r"@@(?: .*)?",
        r"[-+].*",
    ),
    _row("context hunk", IS_DIFF, _DIFFUTILS, r"\*{15}|\*\*\* \d+(?:,\d+)? \*{4}.*"),
    _row("context heads", IS_DIFF, _DIFFUTILS, r"\*\*\* \S+[ \t].*", r"--- \S+[ \t].*"),
    _row("normal", IS_DIFF, _DIFFUTILS, r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?", r"[<>] ?.*"),
    _row("ed script", IS_DIFF, _DIFFUTILS, r"\d+(?:,\d+)?[acd]", r"\."),
    _row("git", IS_DIFF, _GIT, r"diff --(?:git|cc|combined) .*"),
    _row("git index", IS_DIFF, _GIT, r"index [0-9a-f]{6,40}\.\.[0-9a-f]{6,40}(?: \d{6})?"),
    _row("git mode", IS_DIFF, _GIT, r"(?:new file|deleted file|old|new) mode \d{6}"),
    _row("git similarity", IS_DIFF, _GIT, r"(?:dis)?similarity index \d+%"),
    _row(
        "git binary", IS_DIFF, _GIT, r"GIT binary patch|literal \d+|delta \d+", r"[A-Za-z]\S{5,}"
    ),
    _row("subversion", IS_DIFF, "Subversion book, svn diff", r"Index: \S.*", r"={60,}"),
    _row("command line", IS_DIFF, _DIFFUTILS, r"diff (?:-\w+ )+\S+ \S+"),
    _row(
        "word diff", IS_DIFF, "git documentation, --word-diff", r".*\[-.+-\].*", r".*\{\+.+\+\}.*"
    ),
    _row(
        "numbered diff",
        IS_DIFF,
        "review tools that show a gutter of line numbers",
        r"\s*\d+\s*(?:[|:│]\s*)?-(?:\s.*)?",
        r"\s*\d+\s*(?:[|:│]\s*)?\+(?:\s.*)?",
    ),
    _row(
        "apply_patch",
        IS_DIFF,
        "openai/codex, apply_patch tool instructions",
        r"\s*\*\*\* (?:Begin Patch|End Patch|(?:Update|Add|Delete|Move to):? ?(?:File)?:? .*)",
    ),
    _row(
        "apply_patch end",
        IS_DIFF,
        "openai/codex, apply_patch tool instructions",
        r"\*\*\* End of File",
    ),
    _row(
        "V4A section",
        IS_DIFF,
        "OpenAI cookbook, GPT-4.1 prompting guide",
        r"\*\*\* \[(?:UPDATE|ADD|DELETE)\] File: .*",
    ),
    _row(
        "conflict",
        CONFLICT,
        "git documentation, merge: how conflicts are presented",
        r"\s*(?:<{7}|>{7}|\|{7})(?:\s.*)?",
    ),
    _row(
        "search and replace",
        EDIT_BLOCK,
        "Aider-AI/aider, editblock prompts; cline, diff.ts",
        r"\s*[<>=+-]{3,12} ?(?:SEARCH|REPLACE|ORIGINAL|UPDATED|MODIFIED|HEAD)\b[>:]?.*",
    ),
    _row(
        "bare edit markers",
        EDIT_BLOCK,
        "Aider-AI/aider, editblock prompts",
        r"\s*<{5,12}(?:\s.*)?",
        r"\s*>{5,12}(?:\s.*)?",
    ),
    _row(
        "divided by equals",
        EDIT_BLOCK,
        "Aider-AI/aider, editblock prompts",
        r"\s*(?:<{4,12}|>{4,12})(?:\s.*)?",
        r"\s*={4,12}\s*",
    ),
    _row(
        "labels",
        EDIT_BLOCK,
        "tools that ask for two labelled parts",
        r"\s*(?:\W{0,3})(?:SEARCH|FIND|OLD|BEFORE|ORIGINAL)(?: CODE)?:?\W{0,3}",
        r"\s*(?:\W{0,3})(?:REPLACE(?: WITH)?|NEW|AFTER|UPDATED|REPLACEMENT)(?: CODE)?:?\W{0,3}",
    ),
    _row(
        "labelled tags",
        EDIT_BLOCK,
        "zed-industries/zed, edit agent; text editor tools",
        r"\s*</?(?:search|find|old(?:_\w+)?|old_str|original(?:_\w+)?|before)>.*",
        r".*</?(?:replace(?:ment)?|new(?:_\w+)?|new_str|updated?(?:_\w+)?|after)>.*",
    ),
)
"""Every dialect whose marks tell it."""


_SUSPECT = re.compile(
    r"\s*(?:[-+@*<>=|\d]|diff |index |Index: |new |old |deleted |(?:dis)?similarity |GIT "
    r"|\W{0,3}(?:search|find|old|before|original))|.*\[-",
    re.IGNORECASE,
)
"""A line that may be the first mark of a dialect."""


def patch(text: str, original: Original) -> str | None:
    """Why `text` is a patch and no code, or ``None``."""
    if original.language == "diff":
        return None
    lines = text.split("\n")
    if original.head.strip():
        lines = lines[1:]
    fresh = [line for line in lines if original.fresh(line)]
    suspect = [line for line in fresh if _SUSPECT.match(line)]
    for dialect in DIALECTS if suspect else ():
        if all(any(map(mark.fullmatch, fresh)) for mark in dialect.marks):
            return dialect.reason
    return IS_DIFF if is_hunk(lines, original) else None


def is_hunk(lines: Sequence[str], original: Original) -> bool:
    """Whether lines are a hunk of a unified diff that has lost its heads.

    What it takes away stands in the document and goes with what it adds, or with lines of context
    that have one space too many; or it only adds, between such lines or alone.
    """
    filled = [line.rstrip() for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return any(
        _is_hunk([line[cut:] for line in filled], original) for cut in dict.fromkeys((0, margin))
    )


def _is_hunk(lines: Sequence[str], original: Original) -> bool:
    fresh = [line for line in lines if original.fresh(line)]
    added = [line for line in fresh if line.startswith("+")]
    gone = [line for line in fresh if line.startswith("-") and _tells(line[1:])]
    dashed = original.prose or original.language in _DASHED
    taken = [
        line
        for line in gone
        if (line[1:] in original.indented if dashed else line[1:].strip() in original.lines)
    ]
    context = [line for line in lines if line.startswith(" ") and line[1:] in original.indented]
    context = [line for line in context if line not in original.indented and _tells(line)]
    if taken and (added or context):
        return True
    marked = [line for line in lines if line.startswith(("+", "-", " "))]
    if len(marked) < len(lines) or dashed:
        return False
    exact = [line for line in gone if line[1:] in original.indented]
    if exact and len(exact) == len([line for line in lines if line.startswith("-")]):
        return True
    return bool(added and context) or len(added) == len(lines) > 1


_DASHED = frozenset({"yaml", "markdown", "restructuredtext"})
"""Languages whose lists have lines that begin with a sign of a diff."""


def _tells(line: str) -> bool:
    """Whether a line is more than a bracket that stands everywhere."""
    return any(map(str.isalnum, line))
