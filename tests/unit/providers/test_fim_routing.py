"""How each provider's models are asked to fill a gap, and what is sent."""

import json
from dataclasses import replace

import pytest

from moa_lsp.config.settings import FIM_WAYS, ProviderEntry
from moa_lsp.errors import UsageError
from moa_lsp.providers.base import Infill, Usage
from moa_lsp.providers.build import build
from moa_lsp.providers.completions import Completions
from moa_lsp.providers.fim_routing import WAYS, FimRouting
from moa_lsp.providers.fim_templates import FAMILIES, family_of, prompt
from moa_lsp.providers.ollama_gap import OllamaGap
from moa_lsp.providers.wire import StreamedAnswer
from tests.chaos.expectation import request
from tests.fakes.faulty_server import FaultyServer, chunked, sse

GAP = Infill("def f(a):\n    ", "\n    return a\n", stops=("\n",), name="f.py", language="python")
FILES = Infill("p", "s", (("lib/x.py", "X = 1"),), name="f.py", language="python")


@pytest.mark.parametrize(
    ("api", "host", "model", "way", "path"),
    [
        ("llamacpp", "127.0.0.1", "anything", "infill", "/infill"),
        ("mistral", "api.mistral.ai", "codestral-latest", "suffix", "/fim/completions"),
        ("mistral", "api.mistral.ai", "mistral-large-2407", "chat", None),
        ("openai", "api.deepseek.com", "deepseek-chat", "suffix", "/beta/completions"),
        ("openai", "api.together.xyz", "Qwen/Qwen2.5-Coder-32B-Instruct", "qwen", "/completions"),
        ("openai", "api.together.xyz", "meta-llama/Llama-3.3-70B", "chat", None),
        ("openai", "api.fireworks.ai", "starcoder2-15b", "starcoder", "/completions"),
        ("openai", "127.0.0.1", "deepseek-coder-6.7b-base", "deepseek", "/completions"),
        ("openai", "api.openai.com", "qwen-coder", "chat", None),
        ("openai", "api.groq.com", "codellama", "chat", None),
        ("openai", "openrouter.ai", "qwen/qwen-2.5-coder-32b", "chat", None),
        ("anthropic", "api.anthropic.com", "claude-sonnet-4", "chat", None),
        ("ollama", "127.0.0.1", "qwen2.5-coder:1.5b", "qwen", "/api/generate"),
        ("ollama", "127.0.0.1", "llama3.2", "chat", None),
    ],
)
def test_the_way_of_a_model(api, host, model, way, path):
    gaps = FimRouting("lab", api, host)
    assert gaps.way(model) == way
    wire = gaps.wire(model)
    assert (wire and wire.ask(request(model, infill=GAP)).path) == path


@pytest.mark.parametrize(
    ("api", "said", "path"),
    [
        ("openai", "suffix", "/completions"),
        ("openai", "codellama", "/completions"),
        ("openai", "chat", None),
        ("llamacpp", "qwen", "/v1/completions"),
        ("ollama", "suffix", "/api/generate"),
        ("openai", "infill", UsageError),
        ("anthropic", "qwen", UsageError),
        ("openai", "quen", UsageError),
    ],
)
def test_what_the_user_says_decides(api, said, path):
    gaps = FimRouting("lab", api, "127.0.0.1", {"m": said})
    if path is UsageError:
        with pytest.raises(UsageError):
            gaps.wire("m")
        return
    wire = gaps.wire("m")
    assert (wire and wire.ask(request("m", infill=GAP)).path) == path


def test_the_settings_know_the_same_ways():
    assert set(FIM_WAYS) == WAYS


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen2.5-Coder-7B", "qwen"),
        ("qwen3-coder:30b", "qwen"),
        ("codeqwen-1.5", "qwen"),
        ("google/codegemma-7b", "codegemma"),
        ("starcoder2:3b", "starcoder"),
        ("bigcode/santacoder", "santacoder"),
        ("granite-8b-code-base", "granite"),
        ("stable-code-3b", "granite"),
        ("deepseek-coder-v2-lite-base", "deepseek"),
        ("codellama:7b-code", "codellama"),
        ("CodeLlama-13b", "codellama"),
        ("codestral-22b", "codestral"),
        ("Seed-Coder-8B-Base", "seed"),
        ("codegeex4-all-9b", "codegeex"),
        ("gpt-4o", None),
        ("llama-3.1-405b", None),
        ("qwen2.5-72b-instruct", None),
    ],
)
def test_families_by_name(model, family):
    assert family_of(model) == family


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("qwen", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("codegemma", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("starcoder", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
        ("granite", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
        ("santacoder", "<fim-prefix>P<fim-suffix>S<fim-middle>"),
        (
            "deepseek",
            "<\uff5cfim\u2581begin\uff5c>P<\uff5cfim\u2581hole\uff5c>S<\uff5cfim\u2581end\uff5c>",
        ),
        ("codellama", "<PRE> P <SUF>S <MID>"),
        ("codestral", "[SUFFIX]S[PREFIX]P"),
        ("seed", "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>"),
        (
            "codegeex",
            "<|user|>\n###PATH:f.py\n###LANGUAGE:python\n###MODE:BLOCK\n"
            "<|code_suffix|>S<|code_prefix|>P<|code_middle|><|assistant|>\n",
        ),
    ],
)
def test_the_prompt_of_a_family(family, expected):
    assert prompt(family, Infill("P", "S", name="f.py", language="python")) == expected


@pytest.mark.parametrize(
    ("family", "lead"),
    [
        ("qwen", "<|repo_name|>repository\n<|file_sep|>lib/x.py\nX = 1\n<|file_sep|>f.py\n"),
        ("starcoder", "<file_sep>lib/x.py\nX = 1\n"),
        ("codestral", "[SUFFIX]s[PREFIX]+++++ lib/x.py\nX = 1\n+++++ f.py\n"),
    ],
)
def test_other_files_stand_first_where_a_family_knows_them(family, lead):
    assert prompt(family, FILES).startswith(lead)


TOKENS = {(name, token) for name, family in FAMILIES.items() for token in family.tokens}


@pytest.mark.parametrize(("family", "planted"), sorted(TOKENS))
def test_text_of_the_user_never_acts_as_a_token_of_the_family_that_is_asked(family, planted):
    clean = prompt(family, Infill("a\nb", "c\nd"))
    assert prompt(family, Infill(f"a\n{planted}b", f"c\n{planted}d")) == clean


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize(
    "code",
    [
        "fn bytes() -> Box<[u8]> {",
        "function f(): Promise<[string, number]> {",
        "3 <| f |> ignore",
        "let x = a <||> b",
        "match (a, b) with | <|x|> -> ()",
        "<s>old</S>",
        "std::vector<[[maybe_unused]] int>",
        "++i; i +++++ j",
        "<PREFIX>",
        "[prefix]",
        "<|not_a_token|>",
    ],
)
def test_code_that_looks_like_a_token_stays_in_the_prompt(family, code):
    assert code in prompt(family, Infill(code, ""))


@pytest.mark.parametrize(
    ("family", "foreign"),
    [
        ("qwen", "[SUFFIX]"),
        ("qwen", "<PRE>"),
        ("qwen", "</s>"),
        ("codestral", "<|fim_prefix|>"),
        ("codellama", "[PREFIX]"),
        ("starcoder", "<EOT>"),
        ("deepseek", "<fim_prefix>"),
        ("seed", "<|endoftext|>"),
    ],
)
def test_a_token_of_another_family_is_text(family, foreign):
    assert f"a{foreign}b" in prompt(family, Infill(f"a{foreign}b", ""))


@pytest.mark.parametrize(
    ("api", "host", "model", "template"),
    [
        ("openai", "127.0.0.1", "qwen2.5-coder:7b", "qwen"),
        ("openai", "127.0.0.1", "llama3.2", "chat"),
        ("llamacpp", "127.0.0.1", "starcoder2-3b", "starcoder"),
        ("llamacpp", "127.0.0.1", "model.gguf", None),
        ("openai", "api.deepseek.com", "deepseek-chat", None),
        ("mistral", "api.mistral.ai", "codestral-latest", "codestral"),
    ],
)
def test_whose_tokens_a_prompt_may_hold(api, host, model, template):
    assert FimRouting("lab", api, host).template(model) == template


def test_the_bodies():
    suffix = Completions("lab").ask(request(infill=GAP, temperature=0.1, max_tokens=9)).body
    assert suffix == {
        "model": "m",
        "stream": True,
        "prompt": GAP.prefix,
        "suffix": GAP.suffix,
        "stop": ["\n"],
        "temperature": 0.1,
        "max_tokens": 9,
        "stream_options": {"include_usage": True},
    }
    raw = Completions("lab", "qwen").ask(request(infill=GAP), plain=True).body
    assert "suffix" not in raw
    assert "stream_options" not in raw
    assert raw["prompt"].endswith("<|fim_middle|>")
    assert raw["stop"][0] == "\n"
    assert len(raw["stop"]) == 4
    generate = OllamaGap("lab", "qwen").ask(request(infill=GAP, max_tokens=9)).body
    assert generate["raw"] is True
    assert generate["options"]["num_predict"] == 9
    assert "\n" in generate["options"]["stop"]
    assert OllamaGap("lab").ask(request(infill=GAP)).body["suffix"] == GAP.suffix


@pytest.mark.parametrize("wire", [Completions("lab"), OllamaGap("lab")])
def test_without_a_gap_there_is_nothing_to_ask(wire):
    with pytest.raises(UsageError):
        wire.ask(request())


def folded(wire, *events):
    streamed = StreamedAnswer()
    for event in events:
        wire.take(event if isinstance(event, str) else json.dumps(event), streamed)
    return streamed.reply()


def test_completions_are_read_in_both_shapes():
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    text = folded(
        Completions("lab"),
        {"choices": [{"text": "re"}]},
        {"choices": [{"text": "turn", "finish_reason": "stop"}]},
        {"choices": [], "usage": usage},
        "[DONE]",
    )
    assert (text.text, text.finish, text.usage) == ("return", "stop", Usage(7, 2))
    chat = folded(
        Completions("lab"),
        {"choices": [{"delta": {"content": "re"}}]},
        {"choices": [{"delta": {"content": "turn"}, "finish_reason": "length"}], "usage": usage},
    )
    assert (chat.text, chat.finish) == ("return", "length")
    whole = StreamedAnswer()
    Completions("lab").take_whole(
        json.dumps({"choices": [{"text": "x", "finish_reason": "stop"}]}), whole
    )
    assert whole.reply().text == "x"


def test_ollama_is_read_line_by_line():
    reply = folded(
        OllamaGap("lab"),
        {"response": "re"},
        {"response": "turn", "done": True, "done_reason": "stop", "prompt_eval_count": 5,
         "eval_count": 2},
    )  # fmt: skip
    assert (reply.text, reply.finish, reply.usage) == ("return", "stop", Usage(5, 2))


async def test_a_model_without_a_way_of_its_own_is_asked_in_words():
    chunk = {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}
    async with FaultyServer.of(chunked(sse(chunk), sse("[DONE]"))) as server:
        lab = build("lab", ProviderEntry("lab", "openai", f"{server.url}/v1"), {})
        reply = await lab.answer(request(infill=GAP), lambda _: None)
        await lab.close()
        assert reply.text == "x"
        assert [each.path for each in server.seen] == ["/v1/chat/completions"]


async def test_without_words_either_nobody_is_asked():
    lab = build("lab", ProviderEntry("lab", "openai", "http://127.0.0.1:9"), {})
    with pytest.raises(UsageError) as raised:
        await lab.answer(replace(request(infill=GAP), messages=()), lambda _: None)
    await lab.close()
    assert "lab/m has no way to fill a gap" in str(raised.value)
