"""Puts one question to an embedded agent, as a run would."""

from moa_lsp.providers.base import AgentDeclines, Reply, Request
from moa_lsp.providers.embedded.provider import EmbeddedProvider
from moa_lsp.task import Diagnostic, Output, Snapshot, Task
from moa_lsp.text.edits import Span

MODELS = {
    "refactor": "ruff",
    "fix": "ruff",
    "generate": "skeleton",
    "document": "skeleton",
    "test": "skeleton",
    "explain": "outline",
    "explain-comment": "outline",
}
OUTPUTS: dict[str, Output] = {
    "test": "new_file",
    "explain": "document",
    "explain-comment": "comment",
}


def marked(text: str) -> tuple[str, Span]:
    """The text without its two ``§``, and the span between them (one ``§``: an empty span)."""
    start = text.index("§")
    end = text.find("§", start + 1)
    if end < 0:
        return text.replace("§", ""), Span(start, start)
    return text.replace("§", ""), Span(start, end - 1)


def task(
    action: str,
    text: str,
    *,
    uri: str = "untitled:one",
    language: str = "python",
    output: Output | None = None,
    codes: tuple[str, ...] = (),
    instruction: str = "",
) -> Task:
    """A task on the marked target of ``text``; ``codes`` become diagnostics of all of it."""
    text, target = marked(text)
    return Task(
        action,
        output or OUTPUTS.get(action, "insert" if target.start == target.end else "replace"),
        Snapshot(uri, text, language),
        target,
        target.start,
        instruction,
        tuple(Diagnostic(target, f"about {code}", code, "Ruff") for code in codes),
    )


async def ask(one: Task) -> Reply | AgentDeclines:
    """What the embedded agent for the task's action answers."""
    request = Request(MODELS[one.action], (), one)
    return await EmbeddedProvider().answer(request, lambda _: None)


async def whole(one: Task) -> str:
    """The document after the answer; fails if the agent declines."""
    reply = await ask(one)
    assert isinstance(reply, Reply), reply
    assert reply.exact
    return f"{one.before}{one.placed(reply.text)}{one.after}"
