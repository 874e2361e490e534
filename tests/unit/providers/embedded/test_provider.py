"""The provider ``embedded``: which agent answers, and the bundled sample that shows them."""

from dataclasses import replace
from pathlib import Path

import pytest

import moa_lsp
from moa_lsp.errors import UsageError
from moa_lsp.providers.base import AgentDeclines, Infill, Reply, Request, Usage
from moa_lsp.providers.embedded.provider import EmbeddedProvider
from tests.unit.providers.embedded.asking import ask, task, whole

SAMPLE = (Path(moa_lsp.__file__).parent / "samples" / "inventory.py").read_text(encoding="utf-8")


async def test_an_answer_is_heard_free_and_exact() -> None:
    on_delta: list[str] = []
    request = Request("ruff", (), task("refactor", "§x = not a in b§\n"))
    reply = await EmbeddedProvider().answer(request, on_delta.append)
    assert reply == Reply("x = a not in b", exact=True, usage=Usage(), cost_usd=0.0)
    assert on_delta == ["x = a not in b"]


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("refactor", "§\ufeffx = not a in b; y = 1§\n", "\ufeffx = a not in b\ny = 1\n"),
        ("refactor", "\ufeffy = 1\n§x = not a in b§\n", "\ufeffy = 1\nx = a not in b\n"),
        (
            "document",
            "§\ufeffdef f(): ...§\n",
            '\ufeffdef f():\n    """TODO: describe `f`."""\n    ...\n',
        ),
    ],
)
async def test_a_byte_order_mark_stays(action: str, before: str, after: str) -> None:
    assert await whole(task(action, before)) == after


async def test_an_unknown_model() -> None:
    request = Request("rof", (), task("refactor", "§x = 1§\n"))
    with pytest.raises(UsageError, match="use one of: ruff, skeleton, outline, ngram, jedi"):
        await EmbeddedProvider().answer(request, lambda _: None)


@pytest.mark.parametrize("model", EmbeddedProvider().models)
@pytest.mark.parametrize("action", ["generate", "refactor", "explain", "fix", "test", "complete"])
async def test_every_agent_answers_or_declines_every_action(model: str, action: str) -> None:
    one = task(action, "§def f():\n    return not a in b§\n", instruction="do it")
    reply = await EmbeddedProvider().answer(Request(model, (), one), lambda _: None)
    assert isinstance(reply, AgentDeclines)
    assert reply.reason


LINE = "reply = self.session.fetch(address, retries=3)\n"


def gap(prefix: str, suffix: str = "", language: str = "python") -> Request:
    """A question to ``ngram`` for what stands between two texts."""
    one = task("complete", f"{prefix}§{suffix}", language=language)
    return Request("ngram", (), one, inline=True, infill=Infill(prefix, suffix))


@pytest.mark.parametrize("language", ["python", "go", "made-up"])
async def test_a_gap_is_filled_free_and_exact(language: str) -> None:
    on_delta: list[str] = []
    provider = EmbeddedProvider()
    request = gap(LINE * 5 + "reply = self.ses", "\nx = 1\n", language)
    reply = await provider.answer(request, on_delta.append)
    text = "sion.fetch(address, retries=3)"
    assert reply == Reply(text, exact=True, usage=Usage(), cost_usd=0.0)
    assert on_delta == [text]
    await provider.close()


async def test_a_gap_with_less_around_it_still_has_the_whole_document() -> None:
    request = gap(LINE * 5 + "reply = self.ses")
    less = replace(request, infill=Infill("reply = self.ses", ""))
    provider = EmbeddedProvider()
    assert await provider.answer(less, lambda _: None) == await provider.answer(
        request, lambda _: None
    )
    other = replace(request, infill=Infill(LINE * 5 + "reply = self.session.f", ""))
    reply = await provider.answer(other, lambda _: None)
    assert isinstance(reply, Reply)
    assert reply.text == "etch(address, retries=3)", "a gap elsewhere is taken as it comes"


@pytest.mark.parametrize("model", ["ruff", "skeleton", "outline"])
async def test_agents_of_actions_fill_no_gap(model: str) -> None:
    request = replace(gap("x = 1 if not a in b\n"), model=model)
    reply = await EmbeddedProvider().answer(request, lambda _: None)
    assert reply == AgentDeclines("it does not complete lines")


@pytest.mark.parametrize("model", ["ngram", "jedi"])
async def test_agents_of_lines_do_nothing_else(model: str) -> None:
    request = Request(model, (), task("refactor", "§x = not a in b§\n"))
    reply = await EmbeddedProvider().answer(request, lambda _: None)
    assert reply == AgentDeclines("it completes lines only")


async def test_what_the_provider_is_told_counts() -> None:
    provider = EmbeddedProvider()
    await provider.corpus.update("untitled:two", LINE * 5, "python")
    reply = await provider.answer(gap("reply = self.ses"), lambda _: None)
    assert isinstance(reply, Reply)


async def test_closing_ends_jedi() -> None:
    provider = EmbeddedProvider()
    await provider.warm()
    process = provider._inline.jedi._child
    assert process is not None
    await provider.close()
    await provider.close()
    assert process.returncode is not None


@pytest.mark.parametrize("action", ["generate", "document", "test", "explain", "refactor"])
async def test_deep_nesting_is_no_failure(action: str) -> None:
    deep = " + ".join(["1"] * 1500)
    text = f"class A:\n    def f(self):\n        return self.g() + {deep}\n"
    assert await ask(task(action, f"§{text}§")) is not None


@pytest.mark.parametrize(
    ("action", "first", "last", "shown"),
    [
        (
            "refactor",
            "def load",
            "return count",
            'raise UnknownArticle(f"no price for {article}")',
        ),
        ("generate", "class TextReport", "rows", "async def publish(self, url: str) -> bool:"),
        ("generate", "class Stock", "return total", "def is_low(self, article: str) -> bool:"),
        ("generate", "def summary", "format_shortage", "def format_shortage("),
        ("document", "class Stock", "return total", "UnknownArticle: TODO: say when."),
        ("explain", "def load", "return count", "# Method `Stock.load`"),
    ],
)
async def test_the_sample_shows_each_action(
    action: str, first: str, last: str, shown: str
) -> None:
    start = SAMPLE.rindex("\n", 0, SAMPLE.index(first)) + 1
    end = SAMPLE.index("\n", SAMPLE.index(last, start))
    reply = await ask(task(action, f"{SAMPLE[:start]}§{SAMPLE[start:end]}§{SAMPLE[end:]}"))
    assert isinstance(reply, Reply), reply
    assert shown in reply.text
