"""Which answers of a chat are usable. Pure, as ``mix.judge``, whose place it takes in such a run.

An answer is words: nothing is extracted but reasoning. What a mix verifies are its code blocks.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from moa_lsp.answers.fences import scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.rejection import RejectedAnswer, Rejection
from moa_lsp.context.redaction import Redaction
from moa_lsp.mix.judge import Checks, Judge, Judgement
from moa_lsp.providers.base import Reply
from moa_lsp.syntax import gates
from moa_lsp.task import ToolCall

CUT_OFF = "the answer was cut off at its length limit"
"""A note on such an answer: it is still worth reading."""

_EMPTY = Rejection("empty", "the answer is empty")
_REFUSED = Rejection("refused", "the model or a filter refused")
_NOT_WHOLE = re.compile(r"^(?:<{5,}|>{5,}|={5,}|@@|>>>|\.\.\.)|\A---", re.MULTILINE)
"""In a block that is no program of its own: a merge conflict or diff, a session, an elision."""


@dataclass(frozen=True, slots=True)
class ChatJudge(Judge):
    """Judges the answers of one chat.

    Attributes:
        calls: of usable answers that call tools, the calls, by text.
    """

    calls: dict[str, tuple[ToolCall, ...]] = field(default_factory=dict)

    async def usable(self, reply: Reply) -> Judgement:
        """Take the answer without its reasoning, hidden values restored."""
        if reply.finish == "refused":
            return Judgement(None, _REFUSED)
        try:
            text = restored(self.veil, final_answer(reply.text))
        except RejectedAnswer as rejected:
            return Judgement(None, rejected.rejection)
        if reply.tool_calls:
            self.calls[text] = restored_calls(self.veil, reply.tool_calls)
        elif not text.strip():
            return Judgement(None, _EMPTY)
        return Judgement(text, None, (CUT_OFF,) if reply.finish == "length" else ())

    async def fault(self, text: str, checks: Checks) -> Rejection | None:
        """Why a code block of an answer fails a check; only ``parse`` says anything of a chat."""
        if "parse" in checks:
            return await self._done(lambda: broken_block(text))
        return None


def broken_block(text: str) -> Rejection | None:
    """Whether a whole program among the code blocks of an answer does not parse."""
    for block in scan(text):
        if block.language is None or not block.closed or _NOT_WHOLE.search(block.code):
            continue
        if not gates.stands_alone(block.code, block.language):
            return Rejection("parse", f"a block of {block.language} does not parse")
    return None


def restored(veil: Redaction | None, text: str) -> str:
    """A text with hidden values in place of their placeholders."""
    for name, value in veil.values.items() if veil else ():
        text = text.replace(name, value)
    return text


def restored_calls(veil: Redaction | None, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """Calls with hidden values in their arguments, as JSON writes them."""
    if veil is None or not veil.values:
        return tuple(calls)
    made = []
    for call in calls:
        arguments = call.arguments
        for name, value in veil.values.items():
            arguments = arguments.replace(name, json.dumps(value)[1:-1])
        made.append(replace(call, arguments=arguments))
    return tuple(made)
