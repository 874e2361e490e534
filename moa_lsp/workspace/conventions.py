"""The files in which a project says how its code is written.

Of a folder that the user trusts alone: what stands in them reaches models as the project's own
conventions. ``AGENTS.md`` (of several the nearest to the edited file counts most),
``CLAUDE.md`` (code.claude.com/docs/en/memory), ``.github/copilot-instructions.md``
(docs.github.com, "repository custom instructions"), and what ``context.rules`` of the user names.
Regular files below the root, through no link out of it, and never what models may not see.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from moa_lsp.context.ignore import Ignores, Rule, parse
from moa_lsp.context.items import OmittedItem, SourceFile
from moa_lsp.files.reading import Refusal, read_below
from moa_lsp.workspace import limits

NAMES = ("AGENTS.md", "CLAUDE.md")
"""Looked for in every folder from the document's up to the root."""

ROOT_NAMES = (".github/copilot-instructions.md",)
"""Looked for below the root alone."""

MAX_CONVENTION_FILES = 8
"""Of one prompt: their share of the budget holds the best pages of two or three."""

MAX_CONVENTION_BYTES = 64 * 2**10
"""Of one file: twice what Codex reads of all together (`project_doc_max_bytes`)."""

MAX_CONVENTION_ENTRIES = 5_000
"""Names looked at for patterns of ``context.rules``: 50 ms of a look around that has 500."""

NOT_TRUSTED = "the folder is not trusted"
TOO_LARGE = f"it is larger than {MAX_CONVENTION_BYTES // 2**10} KiB"
TOO_MANY = f"{MAX_CONVENTION_FILES} files of conventions are shown already"

WhyHidden = Callable[[str], str | None]
"""The rule by which a path below the root is never shown, wherever links lead; or ``None``."""


def candidates(root: Path, document: str, patterns: Sequence[str]) -> list[str]:
    """Paths that may hold conventions for a document, those that count most first.

    Args:
        root: of the workspace.
        document: its path below the root, ``""`` where it has none.
        patterns: ``context.rules``, as lines of a ``.gitignore``.

    Returns:
        Paths below the root that exist, with forward slashes; nothing was read.
    """
    parts = document.split("/")[:-1][: limits.MAX_IGNORE_DEPTH]
    folders = ["/".join(parts[:depth]) for depth in range(len(parts), -1, -1)]
    usual = [f"{folder}/{name}" if folder else name for folder in folders for name in NAMES]
    found = dict.fromkeys((*_named(root, patterns), *usual, *ROOT_NAMES))
    return [path for path in found if _exists(root, path)]


def read(
    root: Path | None, paths: Sequence[str], why_hidden: WhyHidden, *, trusted: bool
) -> tuple[list[SourceFile], list[OmittedItem]]:
    """Read what may be shown of these, and say why the others are not.

    A file that says the same as one before it, as a link to it does, is passed over.
    """
    if root is None or not trusted:
        return [], [OmittedItem(path, NOT_TRUSTED) for path in paths]
    found: list[SourceFile] = []
    out: list[OmittedItem] = []
    for path in paths:
        if len(found) == MAX_CONVENTION_FILES:
            out.append(OmittedItem(path, TOO_MANY))
            continue
        file = _file(root, path, why_hidden)
        if isinstance(file, OmittedItem):
            out.append(file)
        elif file.text.strip() and all(file.text != each.text for each in found):
            found.append(file)
    return found, out


def _file(root: Path, path: str, why_hidden: WhyHidden) -> SourceFile | OmittedItem:
    """One file, or why it is not shown."""
    why = why_hidden(path)
    if why is not None:
        return OmittedItem(path, why)
    content = read_below(root, path, MAX_CONVENTION_BYTES)
    if isinstance(content, Refusal):
        return OmittedItem(path, content.text)
    if not content.whole or b"\0" in content.data:
        return OmittedItem(path, "it is no text" if content.whole else TOO_LARGE)
    text = content.data.decode("utf-8", "replace").removeprefix("\ufeff")
    return SourceFile(path, "markdown", text)


def _named(root: Path, patterns: Sequence[str]) -> list[str]:
    """Files that the user's patterns mean, the outer folders first, each folder by name."""
    rules = [rule for line in patterns if (rule := parse(line, "context.rules", negates=False))]
    if not rules:
        return []
    meant = Ignores(tuple(rules))
    folders = deque(dict.fromkeys(map(_start, rules)))
    seen = set(folders)
    left = MAX_CONVENTION_ENTRIES
    found: list[str] = []
    while folders:
        folder = folders.popleft()
        for name, is_folder in _entries(root / folder):
            left -= 1
            if left < 0:
                return found
            path = f"{folder}/{name}" if folder else name
            if not is_folder:
                found += [path] if meant.rule(path, folder=False) else []
            elif name != ".git" and path not in seen:
                seen.add(path)
                folders.append(path)
    return found


def _start(rule: Rule) -> str:
    """The folder below which a rule's files lie: what its pattern begins with as it is written."""
    if rule.anywhere:
        return ""
    written = rule.line.strip().removeprefix("/").split("/")
    fixed = []
    for name, part in zip(written[:-1], rule.parts, strict=False):
        if part is None or part.wild or name in ("", ".", ".."):
            break
        fixed.append(name)
    return "/".join(fixed)


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """Names in a folder, and whether they are folders; no link is followed."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted((each.name, each.is_dir(follow_symlinks=False)) for each in entries)
    except OSError:
        return
    yield from listed


def _exists(root: Path, path: str) -> bool:
    try:
        return os.path.lexists(root / path)
    except (OSError, ValueError):
        return False
