"""How models mark their reasoning and the start of their answer: one row a format.

Reasoning parsers of model servers are told which family they serve; a client is not, so all rows
are looked for at once (``answers/final_answer.py``). A new family of models is a new row.

Sources are files of public repositories: ``vllm`` is vllm-project/vllm, ``sglang`` is
sgl-project/sglang, ``llama.cpp`` is ggml-org/llama.cpp.
"""

import re
from dataclasses import dataclass

_SGLANG = "sglang: python/sglang/srt/parser/reasoning_parser.py"
_VLLM = "vllm: vllm/reasoning/"
_LLAMA = "llama.cpp: common/chat.cpp"


@dataclass(frozen=True, slots=True)
class ReasoningFormat:
    """One way to set reasoning apart from the answer.

    Attributes:
        name: of the format.
        models: who writes it.
        opens: pattern of its start, ``""`` where it has none of its own.
        closes: pattern of its end, or of the start of the answer.
        sample: a start and an end as a model writes them.
        source: where the format is documented.
        framed: plain words that mean something elsewhere too: they count only where the answer
            starts with ``opens`` and ``closes`` follows.
    """

    name: str
    models: str
    opens: str
    closes: str
    sample: tuple[str, str]
    source: str
    framed: bool = False


_TAG_NAMES = (
    r"(?:[a-z][\w.-]{0,20}[:_]|ant)?(?:think|thinking|thoughts?|reasoning|reflection|scratchpad"
    r"|chain[_-]of[_-]thoughts?|cot|monologue)(?:[_-](?:process|steps?|content|block))?"
    r"|analysis|inner_thoughts"
)
_LESS, _MORE = "(?:<|&lt;|\uff1c)", "(?:>|&gt;|\uff1e)"
_GAP = "[_ \u2581]?"
_BAR = "[|\uff5c]"
_WORDS = rf"(?:begin|start){_GAP}(?:of{_GAP})?"
_THOUGHT = r"(?:think(?:ing)?|thoughts?|reasoning)"

_CAPITALS = "(?:THINKING|THOUGHTS?|REASONING)"

_NEXT_MESSAGE = r"(?:<\|(?:end|eom)\|>\s*)?(?:<\|start\|>assistant[ ]*)?"
_LINE = r"^[ \t]*(?:\#{1,6}[ \t]*|\*\*)?"
_LINE_END = r"[ \t]*:?(?:\*\*)?[ \t]*:?[ \t]*"

FORMATS: tuple[ReasoningFormat, ...] = (
    ReasoningFormat(
        "tags",
        "DeepSeek R1 and V3, Qwen3, GLM, MiniMax (`mm:`), Seed-OSS (`seed:`), LongCat, Nemotron, "
        "EXAONE Deep (`thought`), Reflection (`reflection`), Claude by prompt (`antThinking`)",
        rf"{_LESS}(?:{_TAG_NAMES})(?:[ \t][^<>\n]{{0,200}})?{_MORE}",
        rf"{_LESS}[ \t]?\\?/[ \t]?(?:{_TAG_NAMES})[ \t]?{_MORE}",
        ("<think>\n", "\n</think>\n\n"),
        _SGLANG,
    ),
    ReasoningFormat(
        "namespaced tags",
        "Seed-OSS",
        r"<seed:think>",
        r"</seed:think>",
        ("<seed:think>", "</seed:think>"),
        f"{_VLLM}seedoss_reasoning_parser.py",
    ),
    ReasoningFormat(
        "tags with a suffix of the checkpoint",
        "Hunyuan Hy3 and Hy4",
        r"<think:[\w.-]{1,24}>",
        r"</think:[\w.-]{1,24}>",
        ("<think:6124c78e>", "</think:6124c78e>"),
        f"{_VLLM}hy_v4_reasoning_parser.py",
    ),
    ReasoningFormat(
        "tags of an effort",
        "K2 Horizon",
        r"<ifm\|think(?:_\w{1,16})?>",
        r"</ifm\|think(?:_\w{1,16})?>",
        ("<ifm|think_fast>", "</ifm|think_fast>"),
        f"{_VLLM}k2_horizon_reasoning_parser.py",
    ),
    ReasoningFormat(
        "square brackets",
        "Magistral, Ministral, Mistral Small; others by prompt (`[REASONING]`)",
        rf"\[THINK\]|\[(?-i:THINKING|REASONING|THOUGHTS?|(?:BEGIN|START) (?:OF )?{_CAPITALS})\]",
        rf"\[/(?:think(?:ing)?|reasoning|thoughts?)\]|\[(?-i:END (?:OF )?{_CAPITALS})\]",
        ("[THINK]", "[/THINK]"),
        f"{_VLLM}mistral_reasoning_parser.py",
    ),
    ReasoningFormat(
        "triangles",
        "Kimi-VL and Kimi K1.5",
        "\u25c1[ ]?think[ ]?\u25b7",
        "\u25c1[ ]?/[ ]?think[ ]?\u25b7",
        ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
        _SGLANG,
    ),
    ReasoningFormat(
        "thought and solution",
        "Sky-T1, OpenThinker",
        rf"<{_BAR}{_WORDS}{_THOUGHT}{_BAR}>",
        rf"<{_BAR}end{_GAP}(?:of{_GAP})?{_THOUGHT}{_BAR}>|<\|begin_of_solution\|>",
        (
            "<|begin_of_thought|>\n\n",
            "\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\n",
        ),
        "NovaSky-AI/SkyThought: system prompts of the data set",
    ),
    ReasoningFormat(
        "thinking and response",
        "Cohere Command A and R7B",
        r"<\|START_THINKING\|>",
        r"<\|END_THINKING\|>|<\|START_(?:RESPONSE|TEXT)\|>",
        ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
        f"{_SGLANG} and {_VLLM}cohere_command_reasoning_parser.py",
    ),
    ReasoningFormat(
        "inner monologue",
        "Apertus",
        r"<\|inner_prefix\|>",
        r"<\|inner_suffix\|>",
        ("<|inner_prefix|>", "<|inner_suffix|>"),
        f"{_VLLM}apertus_reasoning_parser.py",
    ),
    ReasoningFormat(
        "unused tokens of Gemma",
        "MedGemma, Gemini",
        r"<(?:unused|ctrl)94>(?:thought\b)?",
        r"<(?:unused|ctrl)95>",
        ("<unused94>thought\n", "<unused95>"),
        "the model card of google/medgemma-1.5-4b-it",
    ),
    ReasoningFormat(
        "unused tokens of Pangu",
        "openPangu",
        r"\[unused16\]",
        r"\[unused17\]",
        ("[unused16]", "[unused17]"),
        f"{_VLLM}pangu_reasoning_parser.py",
    ),
    ReasoningFormat(
        "think tokens",
        "Solar Open, Hunyuan",
        rf"<\|{_THOUGHT}(?:[:_-](?:start|begin))?\|>|<{_THOUGHT}_(?:start|begin)>",
        rf"<\|(?:/{_THOUGHT}|{_THOUGHT}[:_-](?:end|stop)|end_{_THOUGHT}|content)\|>"
        rf"|<{_THOUGHT}_(?:end|stop)>",
        ("<|think:start|>", "<|think:end|>"),
        f"{_VLLM}solar_open2_reasoning_parser.py",
    ),
    ReasoningFormat(
        "tokens of PLaMo",
        "PLaMo 3",
        r"<\|plamo:begin_think:plamo\|>",
        r"<\|plamo:end_think:plamo\|>",
        ("<|plamo:begin_think:plamo|>", "<|plamo:end_think:plamo|>"),
        f"{_VLLM}plamo3_reasoning_parser.py",
    ),
    ReasoningFormat(
        "XTML channels",
        "Kimi K3",
        r"<\|open\|>think<\|sep\|>",
        r"<\|close\|>think<\|sep\|>|<\|open\|>response<\|sep\|>",
        ("<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>"),
        _SGLANG,
    ),
    ReasoningFormat(
        "channels of Gemma",
        "Gemma 4",
        r"<\|channel>[ \t]*(?:thought|analysis|commentary)?",
        r"<channel\|>",
        ("<|channel>thought\n", "<channel|>"),
        f"{_VLLM}gemma4_reasoning_parser.py",
    ),
    ReasoningFormat(
        "channels of Harmony",
        "gpt-oss",
        r"<\|channel\|>[ ]*(?:analysis|commentary)\b",
        rf"{_NEXT_MESSAGE}<\|channel\|>[ ]*final\b[^<\n]{{0,80}}"
        r"(?:<\|constrain\|>[^<\n]{0,80})?(?:<\|message\|>|(?=\n))",
        (
            "<|channel|>analysis<|message|>",
            "<|end|><|start|>assistant<|channel|>final<|message|>",
        ),
        "openai/harmony: docs/format.md",
    ),
    ReasoningFormat(
        "constrained channels of Harmony",
        "gpt-oss",
        r"<\|channel\|>commentary\b",
        rf"{_NEXT_MESSAGE}<\|channel\|>final[ ]<\|constrain\|>[^<\n]{{0,80}}<\|message\|>",
        (
            "<|channel|>commentary<|message|>",
            "<|end|><|start|>assistant<|channel|>final <|constrain|>code<|message|>",
        ),
        _LLAMA,
    ),
    ReasoningFormat(
        "channels without their tokens",
        "gpt-oss behind servers that drop special tokens",
        r"\A\s*(?:assistant\s*)?(?-i:analysis|commentary)(?![\w]*[ \t]*[=.(\[:])",
        r"(?-i:assistant)\s*(?-i:final)",
        ("analysis", "assistantfinal"),
        "openai/harmony: docs/format.md, decoded with skip_special_tokens",
        framed=True,
    ),
    ReasoningFormat(
        "start of the answer without its tokens",
        "gpt-oss behind servers that drop special tokens",
        r"\A\s*(?-i:analysis[A-Z])[\w'\u2019]*(?:[ ,]+[\w'\u2019]+){2}",
        r"(?<![\w-])(?-i:assistantfinal)(?![ \t]*[=(.])",
        ("We should look. ", " assistantfinal"),
        "openai/harmony: docs/format.md, decoded with skip_special_tokens",
    ),
    ReasoningFormat(
        "typed blocks",
        "Inkling",
        r"<\|content_thinking\|>",
        r"(?:<\|end_message\|>\s*)?(?:<\|message_model\|>\s*)?<\|content_text\|>",
        (
            "<|message_model|><|content_thinking|>",
            "<|end_message|><|message_model|><|content_text|>",
        ),
        _SGLANG,
    ),
    ReasoningFormat(
        "recipients",
        "MuseGlimmer",
        r"\bto=self<\|message\|>",
        rf"{_NEXT_MESSAGE}(?:\bto=user|(?<=assistant))[ ]*<\|message\|>",
        ("to=self<|message|>", "<|eom|><|start|>assistant to=user<|message|>"),
        f"{_VLLM}muse_glimmer_utils.py",
    ),
    ReasoningFormat(
        "sentences of Granite",
        "Granite 3.2",
        r"^[ \t]*Here(?:'s|\u2019s| is) my thought process:",
        r"Here(?:'s|\u2019s| is) my (?:final )?(?:response|answer):",
        ("Here is my thought process:\n", "\nHere is my response:\n"),
        f"{_VLLM}granite_reasoning_parser.py",
    ),
    ReasoningFormat(
        "sentences of Apriel",
        "Apriel 1.5 and 1.6",
        r"^[ \t]*Here are my reasoning steps:",
        r"\[BEGIN FINAL RESPONSE\]",
        ("Here are my reasoning steps:\n", "\n[BEGIN FINAL RESPONSE]\n"),
        "llama.cpp: models/templates/unsloth-Apriel-1.5.jinja",
    ),
    ReasoningFormat(
        "turns that are named",
        "s1",
        r"<\|im_start\|>(?:think|reasoning|thought|analysis)\b",
        r"(?:<\|im_end\|>\s*)?<\|im_start\|>(?:answer|final)[ \t]*(?=\n)",
        ("<|im_start|>think\n", "<|im_end|>\n<|im_start|>answer\n"),
        "simplescaling/s1: README.md, budget forcing",
    ),
    ReasoningFormat(
        "a second turn",
        "HyperCLOVA X SEED Think 14B",
        r"\A\s*/think[ \t]*\n",
        r"<\|im_end\|>\s*<\|im_start\|>assistant[ \t]*\n",
        ("/think\n", "<|im_end|>\n<|im_start|>assistant\n"),
        f"{_VLLM}hyperclovax_seed_think_14b_reasoning_parser.py",
        framed=True,
    ),
    ReasoningFormat(
        "lines of a terminal",
        "any reasoning model shown by `ollama run`",
        r"\A\s*Thinking\.\.\.[ \t]*\n",
        r"^[ \t]*\.\.\.done thinking\.[ \t]*$",
        ("Thinking...\n", "\n...done thinking.\n\n"),
        "ollama/ollama: cmd/cmd.go",
    ),
    ReasoningFormat(
        "ReAct",
        "models prompted to reason and act",
        r"^[ \t]*Thought:",
        r"^[ \t]*Final Answer:[ ]?",
        ("Thought: ", "\nFinal Answer: "),
        "langchain-ai/langchain: the ReAct agent's output parser",
        framed=True,
    ),
    ReasoningFormat(
        "headings of the final answer",
        "chat models asked to think step by step",
        "",
        rf"{_LINE}(?:the |my )?final (?:answer|response){_LINE_END}$|^[ \t]*Final Answer:[ ]?",
        ("Let us see.\n\n", "\n\n**Final answer:**\n\n"),
        "Wei et al. 2022, chain-of-thought prompting",
    ),
    ReasoningFormat(
        "headings",
        "chat models asked to think step by step",
        rf"{_LINE}(?:(?:my )?(?:thinking|reasoning|thought|chain of thought|thoughts)"
        rf"(?: process| steps?)?){_LINE_END}$",
        rf"{_LINE}(?:(?:my |the )?(?:final |refactored |updated |complete )?(?:answer|response"
        rf"|solution|code|implementation|version|function)){_LINE_END}$",
        ("## Reasoning\n\n", "\n\n## Final answer\n\n"),
        "Wei et al. 2022, chain-of-thought prompting",
        framed=True,
    ),
    ReasoningFormat(
        "labels",
        "chat models asked to think before they answer",
        r"^[ \t]*(?:\*\*)?(?:thinking|reasoning|thoughts?|thought process|analysis)"
        r"(?:\*\*)?[ \t]*:(?=[ \t*]*\S)",
        r"^[ \t]*(?:\*\*)?(?:(?:final |updated |refactored )?(?:answer|response|solution|code))"
        r"(?:\*\*)?[ \t]*:(?:\*\*)?[ \t]*$",
        ("Reasoning: it adds.\n", "\nAnswer:\n"),
        "Wei et al. 2022, chain-of-thought prompting",
        framed=True,
    ),
    ReasoningFormat(
        "folded details",
        "Open WebUI and other proxies",
        r"<details(?:[ ][^<>\n]*)?type=\"reasoning\"[^<>\n]*>"
        r"|<details[^<>\n]*>\s*<summary>\s*(?:\W\s*)?(?:thought|thinking|reasoning)",
        r"</details>",
        ('<details type="reasoning" done="true">\n<summary>Thought</summary>\n', "\n</details>\n"),
        "open-webui/open-webui: backend/open_webui/utils/middleware.py",
        framed=True,
    ),
)

WRAPPED_ANSWER = re.compile(
    r"\s*<(?P<name>answer|final_answer|final_response|final|response|output|solution)>",
    re.IGNORECASE,
)
"""Opens the answer behind the reasoning: Hunyuan (``answer``), Granite 3.3 (``response``),
Reflection and Marco-o1 (``output``). HTML has some of these, so it counts only there."""

ANSWER_LINE = re.compile(
    r"^[ \t]*(?=<(?P<name>answer|final_answer|final_response|solution)>[ \t]*(?:\n|`{3}))",
    re.IGNORECASE | re.MULTILINE,
)
"""Opens the answer on a line of its own, behind thoughts that nothing else marks."""

REASONING_FENCES = frozenset(
    {"think", "thinking", "thought", "thoughts", "reasoning", "analysis", "scratchpad"}
)
"""Info strings of fences around reasoning."""


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile(
        "|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE | re.MULTILINE
    )


OPENS = _any([row.opens for row in FORMATS if row.opens and not row.framed])
CLOSES = _any([row.closes for row in FORMATS if not row.framed])
FRAMES = tuple((_any([row.opens]), _any([row.closes])) for row in FORMATS if row.framed)

HEADINGS = next(
    opens
    for (opens, _), row in zip(FRAMES, (row for row in FORMATS if row.framed), strict=True)
    if row.name == "headings"
)
"""Headings are ordinary words: where several could begin the answer, it is in doubt which does."""
