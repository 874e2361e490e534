"""Who wrote a result: a table of how a run can be settled."""

import pytest

from moa_lsp.mix.author import FailedSynthesis, Proposer, author, display_name
from moa_lsp.mix.record import Aggregation

DEEPSEEK, MISTRAL = Proposer("deepseek", taken=True), Proposer("mistral-large", taken=True)
QWEN, CODESTRAL = Proposer("qwen3-coder"), Proposer("codestral", taken=True)
LOST = FailedSynthesis("z-ai/glm-4.6", "lost", "removes close, which every proposal keeps")
MODEL = Aggregation("model", "openrouter/z-ai/glm-4.6")

ROWS = [
    (Aggregation("agree"), [DEEPSEEK, MISTRAL, QWEN], None, "DeepSeek and Mistral agree"),
    (Aggregation("agree"), [DEEPSEEK, MISTRAL, CODESTRAL], None,
     "DeepSeek, Mistral and Codestral agree"),
    (Aggregation("agree"), [Proposer(f"a{n}", taken=True) for n in range(5)], None,
     "5 agents agree"),
    (Aggregation("agree"), [DEEPSEEK], None, "DeepSeek"),
    (MODEL, [DEEPSEEK, MISTRAL, QWEN], None, "GLM from 3 proposals"),
    (MODEL, [QWEN], None, "GLM from 1 proposal"),
    (MODEL, [], None, "GLM"),
    (Aggregation("select", fallback="x"), [QWEN, CODESTRAL], LOST,
     "Codestral (GLM's synthesis lost `close`)"),
    (Aggregation("select", fallback="x"), [CODESTRAL], FailedSynthesis("a/glm"),
     "Codestral (GLM gave no answer)"),
    (Aggregation("select", fallback="x"), [CODESTRAL], FailedSynthesis("a/glm", "parse", "…"),
     "Codestral (GLM's synthesis does not parse)"),
    (Aggregation("select", fallback="x"), [CODESTRAL], FailedSynthesis("a/glm", "empty", "…"),
     "Codestral (GLM's synthesis was rejected)"),
    (Aggregation("select"), [QWEN, CODESTRAL], None, "Codestral"),
    (Aggregation("single"), [Proposer("one", taken=True)], None, "one"),
    (Aggregation("first"), [Proposer("deepseek#2", taken=True), Proposer("deepseek")], None,
     "deepseek#2"),
    (Aggregation("verify"), [QWEN], None, None),
    (None, [QWEN], None, None),
]  # fmt: skip


@pytest.mark.parametrize(("settled", "proposers", "failed", "expected"), ROWS)
def test_a_result_names_its_author(settled, proposers, failed, expected):
    assert author(settled, proposers, failed) == expected


NAMES = [
    ("deepseek/deepseek-chat", "DeepSeek"),
    ("meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo", "Llama"),
    ("codellama", "codellama"),
    ("gpt-4.1", "GPT"),
    ("one", "one"),
    ("lab/tinker-7b", "tinker-7b"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_a_family_is_written_as_it_is_known(name, expected):
    assert display_name(name) == expected
