"""Which answers of a chat are usable, and which of their code blocks count."""

import json

import pytest

from moa_lsp.chat.judge import CUT_OFF, ChatJudge, broken_block
from moa_lsp.context.redaction import veil_conversation
from moa_lsp.providers.base import Reply
from moa_lsp.task import Conversation, Message, Snapshot, Task, ToolCall
from moa_lsp.text.span import Span

SECRET = "ghp_" + "Zx81k2Lm93Qp47Rt65Uv" * 2


def task(*messages):
    snapshot = Snapshot("untitled:chat", "", "markdown")
    return Task("chat", "document", snapshot, Span(0, 0), 0, conversation=Conversation(messages))


@pytest.mark.parametrize(
    ("reply", "text", "notes"),
    [
        (Reply("Yes.\n"), "Yes.\n", ()),
        (Reply("<think>hm</think>Yes."), "Yes.", ()),
        (Reply("Yes, bec", finish="length"), "Yes, bec", (CUT_OFF,)),
        (Reply("Yes.", finish="unknown"), "Yes.", ()),
        (Reply("No.", finish="refused"), None, ()),
        (Reply(" \n"), None, ()),
        (Reply("", finish="unknown", tool_calls=(ToolCall("c", "f", "{}"),)), "", ()),
    ],
)
async def test_what_is_usable(reply, text, notes):
    judged = await ChatJudge(task(Message("user", "Is it?"))).usable(reply)
    assert (judged.text, judged.notes) == (text, notes)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("Just words: def f(:", False),
        ("```python\nx = 1\n```", False),
        ("```python\ndef f(:\n```", True),
        ("```\ndef f(:\n```", False),
        ("```python\ndef f(:\n", False),
        ("```python\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```", False),
        ("```python\n>>> 1 +\n```", False),
        ("```python\ndef f():\n...\n```", False),
        ("```json\n{\n```", False),
        ("```python\nx = 1\n```\n\n```python\nclass :\n```", True),
    ],
)
def test_a_whole_program_that_does_not_parse_is_a_fault(text, broken):
    assert (broken_block(text) is not None) is broken


async def test_secrets_are_hidden_everywhere_and_come_back():
    call = ToolCall("c", "write", json.dumps({"text": SECRET}))
    shown = task(Message("user", f"token = {SECRET}"), Message("assistant", "", (call,)))
    veil = veil_conversation(shown)
    assert SECRET not in str(veil.task.conversation)
    (name,) = veil.values
    judge = ChatJudge(shown, veil)
    again = ToolCall("c2", "write", json.dumps({"text": name}))
    judged = await judge.usable(Reply(f"It is {name}.", tool_calls=(again,)))
    assert judged.text == f"It is {SECRET}."
    assert json.loads(judge.calls[judged.text][0].arguments) == {"text": SECRET}


async def test_only_parse_says_anything_of_a_chat():
    judge = ChatJudge(task(Message("user", "Hi.")))
    bad = "```python\ndef f(:\n```"
    assert await judge.fault(bad, ("parse",)) is not None
    assert await judge.fault(bad, ("names",)) is None
