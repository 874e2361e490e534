"""A chat through the engine with scripted models: who is shown what, and who may call tools."""

import pytest

from moa_lsp.chat.answer_bounds import NO_BOUNDS, AnswerBounds
from moa_lsp.chat.run import ChatRun, chat_mix
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import ProviderOverloaded, UsageError
from moa_lsp.providers.base import Reply
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.task import Conversation, Image, Message, ToolCall, Tools
from tests.fakes.desk import write_config
from tests.fakes.scripted import Line, Scripted

PAIR = "proposers: [{model: scripted/a}, {model: scripted/b}]\n"
MIXES = {
    "trio": f"{PAIR}aggregator: {{model: scripted/z}}\n",
    "chosen": f"{PAIR}aggregator: {{select: prior}}\n",
    "agreed": f"{PAIR}aggregator: [{{agree: 1.0}}, {{model: scripted/z}}]\n",
    "nested": (
        "proposers: [{model: mix/trio}, {model: scripted/b}]\naggregator: {model: scripted/y}\n"
    ),
    "layered": (
        "layers: [{agents: [{model: scripted/a}]}, {agents: [{model: scripted/b}]}]\n"
        "aggregator: {model: scripted/z}\n"
    ),
    "local": "proposers: [{model: scripted/a}]\naggregator: {model: ollama/m}\n",
}
TOOLS = Tools(({"type": "function", "function": {"name": "read"}},), {})
CALL = ToolCall("c1", "read", "{}")
ASKED = (Message("user", "Why?"),)


class Calling(Scripted):
    """Of models that call a tool when they are given some."""

    async def answer(self, request, on_delta):
        reply = await super().answer(request, on_delta)
        return Reply("", tool_calls=(CALL,)) if request.tools else reply


@pytest.fixture
def provider():
    return Calling({name: Line(f"from {name}") for name in "abyz"})


@pytest.fixture
def runtime(tmp_path, provider):
    return load_runtime_config(
        config=write_config(tmp_path, "mix_dirs: [mixes]\n", MIXES),
        environ={},
        providers={"scripted": provider},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )


async def ask(runtime, name, conversation, bounds=NO_BOUNDS):
    mix = chat_mix(runtime, name, conversation)
    run = ChatRun(conversation, mix.mix, runtime, lambda _progress: None, bounds=bounds)
    return await run.go()


@pytest.mark.parametrize(
    ("mix", "text", "by"),
    [
        ("trio", "from z", "model"),
        ("chosen", "from a", "select"),
        ("agreed", "from z", "model"),
        ("layered", "from z", "model"),
        ("nested", "from y", "model"),
    ],
)
async def test_how_a_mix_settles_a_chat(runtime, mix, text, by):
    answer = await ask(runtime, mix, Conversation(ASKED))
    assert (answer.text, answer.record.aggregation.by) == (text, by)
    assert answer.record.state == "done"


async def test_proposals_that_agree_need_no_model(runtime, provider):
    provider.script = {**provider.script, "b": Line("from  a")}
    answer = await ask(runtime, "agreed", Conversation(ASKED))
    assert answer.record.aggregation.by == "agree"
    assert provider.asked("z") == []


@pytest.mark.parametrize(
    ("mix", "bounded"),
    [("trio", {"z"}), ("agreed", {"z"}), ("chosen", {"a", "b"}), ("layered", {"z"})],
)
async def test_the_clients_bound_is_of_whoever_writes_the_answer(runtime, provider, mix, bounded):
    await ask(runtime, mix, Conversation(ASKED), AnswerBounds(max_tokens=7))
    asked = {each.model: each.max_tokens for each in provider.requests}
    assert {model for model, most in asked.items() if most == 7} == bounded
    assert {asked[model] for model in asked.keys() - bounded} <= {4096}


async def test_a_larger_bound_than_the_mixs_own_changes_nothing(runtime, provider):
    answer = await ask(runtime, "trio", Conversation(ASKED), AnswerBounds(max_tokens=10**6))
    assert answer.record.mix_hash == runtime.catalog.mixes["trio"].mix.hash
    assert {each.max_tokens for each in provider.requests} == {4096}


async def test_a_stop_cuts_the_answer_and_no_proposal(runtime, provider):
    answer = await ask(runtime, "trio", Conversation(ASKED), AnswerBounds((" ",)))
    assert answer.text == "from"
    (synthesis,) = provider.asked("z")
    assert "from a" in synthesis.messages[-1].content


async def test_images_are_shown_where_every_model_takes_them(tmp_path, provider):
    asked = (Message("user", "Why?", images=(Image("data:image/png;base64,AA=="),)),)
    facts = "models: {scripted/a: {images: true}, scripted/b: {images: true}, scripted/z: FACTS}\n"
    for known in (True, False):
        folder = tmp_path / str(known)
        folder.mkdir()
        text = facts.replace("FACTS", f"{{images: {str(known).lower()}}}")
        config = write_config(folder, f"mix_dirs: [mixes]\n{text}", MIXES)
        runtime = load_runtime_config(
            config=config,
            environ={},
            providers={"scripted": provider},
            entries={"scripted": ProviderEntry("scripted", "openai")},
        )
        if known:
            await ask(runtime, "trio", Conversation(asked))
            assert all(each.messages[-1].images for each in provider.requests)
        else:
            with pytest.raises(UsageError, match="scripted/z is not known to"):
                chat_mix(runtime, "trio", Conversation(asked))


@pytest.mark.parametrize(
    ("mix", "caller"), [("trio", "z"), ("layered", "z"), ("nested", "y"), ("chosen", None)]
)
async def test_only_the_model_that_writes_the_answer_gets_tools(runtime, provider, mix, caller):
    answer = await ask(runtime, mix, Conversation(ASKED, TOOLS))
    assert {each.model for each in provider.requests if each.tools} == {caller} - {None}
    assert answer.tool_calls == ((CALL,) if caller else ())
    for each in provider.requests:
        told = "which can call the tools that are listed" in each.messages[0].content
        assert told is (each.tools is None), each.model


async def test_who_fails_is_not_shown_and_nobody_left_is_a_failure(runtime, provider):
    broken = Line(error=ProviderOverloaded("the other side has had enough"))
    provider.script = {**provider.script, "b": broken}
    await ask(runtime, "trio", Conversation(ASKED))
    (synthesis,) = provider.asked("z")
    assert "had enough" not in synthesis.messages[-1].content
    provider.script = {**provider.script, "a": broken}
    answer = await ask(runtime, "trio", Conversation(ASKED))
    assert answer.record.state == "failed"
    assert "had enough" in answer.record.reason


@pytest.mark.parametrize(
    ("mix", "tools", "why"),
    [
        ("nowhere", None, "there is no mix"),
        ("local", TOOLS, "whose API is ollama"),
        ("chosen", Tools(TOOLS.definitions, {"tool_choice": "required"}), "nobody can call"),
    ],
)
def test_what_a_mix_cannot_do_is_refused_before_anybody_is_asked(runtime, mix, tools, why):
    with pytest.raises(UsageError) as refused:
        chat_mix(runtime, mix, Conversation(ASKED, tools))
    assert why in str(refused.value)
