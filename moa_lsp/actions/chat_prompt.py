"""From a conversation to what the agents of a mix are asked. Pure.

* Messages stay as the client wrote them: words of ours are added to the system message, proposals
  to the end.
* A proposer has no tools: it is told of them, of the calls that were made and of their results,
  in words. The model that writes the answer gets all of that as the client sent it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from moa_lsp.actions.definition import prose
from moa_lsp.task import Conversation, Message, Tools

MAX_TOOL_WORDS = 400
"""Characters of a tool's description that a proposer is told; it needs to know what the tool is
for, and pays for every word."""


def messages(
    conversation: Conversation, *, tag: str, system: str | None = None
) -> tuple[Message, ...]:
    """What a proposer is asked.

    Args:
        conversation: as it may be shown.
        tag: marks where data starts and ends; it occurs in none of it.
        system: text that the agent adds to the system message.
    """
    added = [_tools_in_words(conversation.tools, tag) if conversation.tools else "", system or ""]
    return _with_system(tuple(_in_words(conversation.messages, tag)), added)


def about_proposals(
    conversation: Conversation,
    blocks: Sequence[str],
    *,
    part: str,
    tag: str,
    system: str | None = None,
) -> tuple[Message, ...]:
    """What a model is asked that sees proposals for the conversation's next turn.

    Args:
        conversation: as it may be shown.
        blocks: the proposals, each between its own markers.
        part: the part of the prompts that says what to do with them: ``aggregate`` or ``pick``.
        tag: as in ``messages``.
        system: text that the step or agent adds to the system message.
    """
    writes = part == "aggregate"
    told = [prose("chat-aggregate" if writes else f"answer-{part}")]
    shown = conversation.messages
    if not writes or conversation.advisory or conversation.tools is None:
        shown = tuple(_in_words(shown, tag))
        told.append(_tools_in_words(conversation.tools, tag) if conversation.tools else "")
    data = [prose("chat-proposals"), *blocks, *([] if writes else [prose(part)])]
    words = [text.replace("{{count}}", str(len(blocks))) for text in (*told, "\n\n".join(data))]
    return _with_system(_appended(shown, words[-1]), [*words[:-1], system or ""])


def _with_system(shown: Sequence[Message], added: Sequence[str]) -> tuple[Message, ...]:
    """The messages with words of ours behind the client's first system message."""
    words = "\n\n".join(text for text in added if text.strip())
    if not words:
        return tuple(shown)
    if shown and shown[0].role == "system":
        first = replace(shown[0], content=f"{shown[0].content}\n\n{words}")
        return (first, *shown[1:])
    return (Message("system", words), *shown)


def _appended(shown: Sequence[Message], data: str) -> tuple[Message, ...]:
    """The messages with a text at their end: two turns of the user in a row are often refused."""
    *others, last = shown
    if last.role == "user":
        return (*others, replace(last, content=f"{last.content}\n\n{data}"))
    return (*others, last, Message("user", data))


def _in_words(shown: Sequence[Message], tag: str) -> Iterator[Message]:
    """The messages with calls of tools and their results as text."""
    for each in shown:
        if each.role == "tool":
            name = f"tool-result-{tag}"
            yield Message("user", f"<{name}>\n{each.content}\n</{name}>")
        elif each.tool_calls:
            calls = [f"[called the tool {call.name} with {call.arguments}]"
                     for call in each.tool_calls]  # fmt: skip
            yield Message(each.role, "\n".join(filter(None, [each.content, *calls])))
        else:
            yield each


def _tools_in_words(tools: Tools, tag: str) -> str:
    lines = []
    for each in tools.definitions:
        function = each.get("function")
        held = function if isinstance(function, dict) else {}
        parameters = held.get("parameters")
        known = parameters.get("properties") if isinstance(parameters, dict) else None
        names = ", ".join(known) if isinstance(known, dict) else ""
        words = " ".join(str(held.get("description") or "").split())[:MAX_TOOL_WORDS]
        lines.append(f"{json.dumps(held.get('name'))}({names}): {words}")
    listed = "\n".join(lines)
    return f"{prose('chat-tools')}\n\n<tools-{tag}>\n{listed}\n</tools-{tag}>"
