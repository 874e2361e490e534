"""What a run is asked to do, as plain values: the snapshot, the target in it, and the action.

A model reads the messages rendered from a task; an embedded agent reads the task itself. Nothing
here changes once made:
a run works on these values and never looks at the live buffer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from moa_lsp.text.edits import Span
from moa_lsp.text.eol import dominant

Output = Literal[
    "replace", "insert_before", "insert_after", "insert", "document", "comment", "new_file"
]
"""What becomes of an answer. ``document`` is Markdown for the user, never
an edit."""


Form = Literal["region", "sketch", "changes"]
"""What an answer looks like: the new text of the target; words with whole functions and classes,
for somebody to make changes of; or SEARCH/REPLACE blocks for the documents that are shown."""

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model makes of one of its client's tools.

    Attributes:
        arguments: JSON as the model wrote it; nobody here reads it.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a chat's client, in the shape of Chat Completions' ``image_url``.

    Attributes:
        url: of ``https``, or ``data:image/…`` with the image itself.
        detail: ``auto``, ``low`` or ``high``; ``None`` where the client did not say.
    """

    url: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation with a model, as rendered from a task.

    Attributes:
        tool_calls: that an ``assistant`` made.
        tool_call_id: of a ``tool``'s result, the call that it answers.
        shared: characters at its beginning that other prompts of the same run begin with too.
        images: that a ``user`` sent; they are shown behind the text.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    shared: int = 0
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of a chat's client, for the model that writes the answer.

    Attributes:
        definitions: in the shape of Chat Completions' ``tools``; passed on as they are.
        fields: ``tool_choice`` and ``parallel_tool_calls``, if the client sent them.
    """

    definitions: tuple[Mapping[str, Any], ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a chat is about, in place of a document.

    Attributes:
        tools: that the answer may call, ``None`` without any.
        advisory: whether the answer is a proposal for somebody else, so that it calls nothing.
    """

    messages: tuple[Message, ...]
    tools: Tools | None = None
    advisory: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text in it."""
        calls = (call for each in self.messages for call in each.tool_calls)
        return (
            *(each.content for each in self.messages),
            *(text for call in calls for text in (call.name, call.arguments)),
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document frozen at one moment.

    Attributes:
        uri: the document's URI as the client spells it.
        text: the whole text, line endings as in the buffer.
        language: LSP language identifier (``python``, ``typescriptreact``, …).
        version: the client's version, or ``None`` where there is no client.
        opened: which opening of this URI it belongs to; versions restart when a document is
            reopened (L09 in docs/faults.md).
    """

    uri: str
    text: str
    language: str
    version: int | None = None
    opened: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A document that changes may touch.

    Attributes:
        path: what answers call it: below the workspace with forward slashes, else its name.
    """

    path: str
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a tool said about a place in the snapshot."""

    span: Span
    message: str
    code: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Refinement:
    """What a run goes on from that refines the answer of another.

    Attributes:
        answer: what stands now, as it was answered (see ``Task.placed``).
        instructions: what the user asked for in the rounds before, oldest first.
    """

    answer: str
    instructions: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """All of it; none of it is ours."""
        return (self.answer, *self.instructions)

    def each(self, seen: Callable[[str], str]) -> "Refinement":
        """The same with every text as ``seen`` makes it."""
        return Refinement(seen(self.answer), tuple(map(seen, self.instructions)))


@dataclass(frozen=True, slots=True)
class Task:
    """One action on one target.

    Attributes:
        action: the action's id (``refactor``, ``explain``, …).
        output: what becomes of the answer.
        snapshot: the frozen document.
        target: offsets (code points) of the text that an answer replaces; empty where an answer
            is inserted. Covers whole
            lines without the last line's ending, so that typing on the next line does not touch
            it.
        cursor: offset of the cursor.
        instruction: the user's free text, ``""`` without one.
        diagnostics: those that touch the target.
        symbol: name of the function or class that the target is or lies in, if known.
        form: what an answer looks like.
        files: of other forms than ``region``: what may be changed, all of it shown; first the
            snapshot itself.
        may_create: whether changes may make new files.
        python: the lowest Python that the project supports, if known: major and minor number.
        refinement: the earlier answer that this one is to be made of, if any.
        conversation: of a chat, which has no document: its snapshot is empty.
    """

    action: str
    output: Output
    snapshot: Snapshot
    target: Span
    cursor: int
    instruction: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    symbol: str | None = None
    form: Form = "region"
    files: tuple[File, ...] = ()
    may_create: bool = False
    python: tuple[int, int] | None = None
    refinement: Refinement | None = None
    conversation: Conversation | None = None

    @property
    def tools(self) -> Tools | None:
        """What the model that writes the answer may call."""
        chat = self.conversation
        return None if chat is None or chat.advisory else chat.tools

    @property
    def for_proposal(self) -> "Task":
        """The same task, whose answer is a proposal for somebody else."""
        chat = self.conversation
        return self if chat is None else replace(self, conversation=replace(chat, advisory=True))

    @property
    def foreign(self) -> tuple[str, ...]:
        """Every text in a prompt that is not ours: no tag of ours may occur in any."""
        others = (file.snapshot.text for file in self.files[1:])
        paths = (file.path for file in self.files)
        said = (each.message for each in self.diagnostics)
        refined = self.refinement.texts if self.refinement else ()
        chat = self.conversation.texts if self.conversation else ()
        return (self.snapshot.text, *others, *paths, self.instruction, *refined, *said, *chat)

    @property
    def region(self) -> str:
        """The text of the target."""
        return self.snapshot.text[self.target.start : self.target.end]

    @property
    def before(self) -> str:
        """The text before the target."""
        return self.snapshot.text[: self.target.start]

    @property
    def after(self) -> str:
        """The text after the target."""
        return self.snapshot.text[self.target.end :]

    def placed(self, text: str) -> str:
        """What stands in the target's place when ``text`` is the answer.

        A replacement is the text itself. What is inserted becomes lines of its own: an ending is
        added on a side that has none. What must stay first in a file stays first. Of ``document``
        and ``new_file``, which leave the target alone, it is the region.
        """
        if self.output == "replace":
            return text
        if self.output in ("document", "new_file"):
            return self.region
        eol = dominant(self.snapshot.text)
        if self.output in ("comment", "insert_before"):
            head = "" if self.before else self.region[: _head_end(self.region)]
            rest = self.region[len(head) :]
            if head and not rest:
                return f"{_closed(head, eol)}{text}"
            return f"{head}{_closed(text, eol)}{rest}"
        if self.output == "insert_after":
            return f"{_closed(self.region, eol)}{text}"
        opens = not self.before or self.before.endswith(_ENDS) or text.startswith(_ENDS)
        closes = not self.after or self.after.startswith(_ENDS) or text.endswith(_ENDS)
        lead, tail = "" if opens else eol, "" if closes else eol
        return f"{lead}{text}{tail}"


_ENDS = ("\n", "\r")

_LINE = r"[^\r\n]*(?:\r\n|[\r\n]|\Z)"
_HEAD = re.compile(rf"\ufeff?(?:\#!{_LINE})?(?:\#[^\r\n]*?coding[:=]{_LINE})?")
"""What means something only at the start of a file: the mark of its encoding, the program that
runs it, and Python's line about its encoding."""


def _head_end(region: str) -> int:
    found = _HEAD.match(region)
    return found.end() if found else 0


def _closed(text: str, eol: str) -> str:
    return text if not text or text.endswith(_ENDS) else f"{text}{eol}"
