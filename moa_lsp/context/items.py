"""Candidates for the context of a prompt, besides the document itself. Plain values.

The impure layers above fill in a ``ContextItems`` from disk and open documents. What is shown, in
which order and how much, is decided without input or output.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from moa_lsp.context.recent_edits import RecentEdit
from moa_lsp.syntax.definitions import Kind

UNSAFE = "it holds something that looks like a secret"


@dataclass(frozen=True, slots=True)
class Definition:
    """Something that a file of the workspace defines, as much of it as a prompt shows.

    Attributes:
        name: its own name, as ``method``.
        qualified: with the names around it, as ``Class.method``.
        path: of its file below the workspace, with forward slashes.
        line: of its header in that file, from 1.
        signature: its header in one line, cut to a bound.
        doc: the first sentence of its documentation, ``""`` without one.
    """

    name: str
    qualified: str
    kind: Kind
    path: str
    line: int
    signature: str
    doc: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The text of another file of the workspace.

    Attributes:
        path: below the workspace, with forward slashes; the name alone of a file outside it.
        language: LSP language identifier.
        opened: whether the text is that of an open document, which may not be saved.
    """

    path: str
    language: str
    text: str
    opened: bool = False


@dataclass(frozen=True, slots=True)
class OmittedItem:
    """Something that is not shown: what it is, and why not."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class ContextItems:
    """All that was found for one task.

    Attributes:
        open_documents: the others that are open, the one used last first.
        definitions: of names that the target uses, the likeliest first.
        neighbours: files that the document imports, or that define what it uses.
        facts: about the project, one short line each, as ``Python 3.12``.
        outline: what the workspace defines, what matters most first.
        manifests: texts of the project's manifests by file name (``context/facts.py``).
        conventions: files in which the project states its own, the one that counts most first.
        edits: what the user typed of late, the newest last.
        reports: what tools said of lines near the target, the nearest first.
        left_out: what was found and is not shown: what, and why.
    """

    open_documents: tuple[SourceFile, ...] = ()
    definitions: tuple[Definition, ...] = ()
    neighbours: tuple[SourceFile, ...] = ()
    facts: tuple[str, ...] = ()
    outline: tuple[Definition, ...] = ()
    manifests: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    conventions: tuple[SourceFile, ...] = ()
    edits: tuple[RecentEdit, ...] = ()
    reports: tuple[str, ...] = ()
    left_out: tuple[OmittedItem, ...] = ()
