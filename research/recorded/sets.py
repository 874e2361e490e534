"""The recordings that are looked at, their groups of models, and what is known of them.

The scores in ``known`` are of an earlier study by other code; ours must come near them.
"""

import re
from dataclasses import replace

from moa_lsp.providers.base import Reply
from research.recorded.answers import Group, Recording, Row, between, from_nothing, replacing


def first_line(row: Row) -> Reply:
    """The first line that is not empty; a line of blanks counts: so were the answers graded."""
    raw = row["raw_output"]
    return Reply(next((f"{line}\n" for line in raw.split("\n") if line), ""), exact=True)


def code(raw: str) -> Reply:
    """Code alone, in the fence that models are asked for."""
    longest = max(map(len, re.findall("`+", raw)), default=0)
    fence = "`" * max(3, longest + 1)
    return Reply(f"{fence}\n{raw}\n{fence}\n")


def program(row: Row) -> Reply:
    """An answer that was recorded as code alone."""
    return code(row["raw_output"])


def chat(row: Row) -> Reply:
    """Whatever the model said; code alone where there is no fence."""
    raw = row["raw_output"]
    return Reply(raw) if "```" in raw else code(raw)


def _header(row: Row) -> str:
    """What stands above the function that a prompt of HumanEval begins."""
    above, _, _ = row["prompt"].partition(f"def {row['entry_point']}")
    return f"{above}\n"


def _imports(row: Row) -> str:
    return "\n".join(row["import_statement"]) + "\n"


def _example_of(row: Row) -> tuple[str, str]:
    return row["prompt"], row["entry_point"]


def _id(row: Row) -> str:
    return str(row["task_id"])


def _itself(name: str) -> str:
    return name


INFILLING = Recording(
    name="infilling, HumanEval single line",
    tasks="HumanEval-SingleLineInfilling.jsonl.gz",
    answers={"recorded-fim-humaneval-singleline-5models.jsonl.gz": None},
    prompt=_example_of,
    key=_id,
    of=_itself,
    task=lambda row: between(row["prompt"], row["suffix"]),
    reply=first_line,
    cluster=lambda name: name.rsplit("/", 1)[0],
    groups=(
        Group(
            "4 small models",
            (
                "Qwen2.5-Coder-1.5B-Instruct",
                "deepseek-coder-1.3b-base",
                "open-dcoder-0.5B(diffusion)",
                "starcoder2-3b",
            ),
            {
                "best": 81.8,
                "oracle": 93.6,
                "first that parses": 84.8,
                "vote": 86.6,
                "medoid": 87.1,
            },
        ),
        Group(
            "5 with a poor one",
            (
                "Qwen2.5-Coder-1.5B-Instruct",
                "deepseek-coder-1.3b-base",
                "open-dcoder-0.5B(diffusion)",
                "starcoder2-3b",
                "deepseek-coder-1.3b-instruct",
            ),
            {},
        ),
    ),
)

_EDITORS = (
    "codellama-13b-hf codellama-7b-hf deepseek-coder-6.7b deepseek-coder-6.7b-base"
    " llama-3.2-3b-base qwen2.5-3b qwen2.5-coder-14b qwen2.5-coder-14b-instruct qwen2.5-coder-3b"
    " qwen2.5-coder-3b-instruct qwen2.5-coder-7b-base qwen2.5-coder-7b-instruct qwen3-14b-base"
    " qwen3-4b-base qwen3-8b-base starcoder2-15b starcoder2-3b starcoder2-7b"
)

EDITING = Recording(
    name="editing, CanItEdit",
    tasks="canitedit.jsonl.gz",
    answers={"recorded-canitedit-18models.jsonl.gz": None},
    key=lambda row: str(row["full_name"]),
    of=lambda name: name.rsplit("/", 1)[0],
    task=lambda row: replacing(row["before"]),
    reply=program,
    cluster=lambda name: name.rsplit("/", 1)[0],
    groups=(
        Group(
            "18 models",
            tuple(_EDITORS.split()),
            {
                "best": 56.2,
                "oracle": 70.5,
                "first that parses": 56.2,
                "vote": 52.9,
                "plain medoid of all": 42.4,
                "plain medoid": 50.0,
            },
        ),
        Group(
            "5 mixed",
            (
                "qwen2.5-coder-14b-instruct",
                "qwen3-14b-base",
                "deepseek-coder-6.7b",
                "starcoder2-15b",
                "codellama-13b-hf",
            ),
            {"best": 56.2, "oracle": 67.1, "first that parses": 56.2, "vote": 57.6},
        ),
        Group(
            "5 near-equal",
            (
                "qwen3-8b-base",
                "qwen2.5-coder-7b-instruct",
                "qwen2.5-coder-3b-instruct",
                "deepseek-coder-6.7b",
                "starcoder2-15b",
            ),
            {"best": 45.7, "oracle": 64.8, "first that parses": 47.1, "vote": 48.6},
        ),
    ),
)

GENERATION = Recording(
    name="generation, HumanEval+",
    tasks="HumanEval.jsonl.gz",
    answers={"recorded-humaneval-code.jsonl.gz": None},
    above=_header,
    prompt=_example_of,
    key=_id,
    of=_itself,
    task=lambda _: from_nothing(),
    reply=chat,
    cluster=_itself,
    groups=(
        Group(
            "5 mixed",
            (
                "gpt-4-1106-preview(LDB)",
                "wizardcoder-33b-v1.1",
                "gpt-3.5-turbo(2023-06)",
                "codellama(LDB)",
                "qwen2.5-coder-1.5b-base",
            ),
            {},
        ),
        Group(
            "5 strong",
            (
                "gpt-4-1106-preview(LDB)",
                "gpt-4(2023-06)",
                "gpt-4(jamesmurdza,2023)",
                "wizardcoder-33b-v1.1",
                "gpt-3.5-turbo(jamesmurdza,2023)",
            ),
            {},
        ),
        Group(
            "5 middling",
            (
                "wizardcoder-33b-v1.1",
                "gpt-3.5-turbo(jamesmurdza,2023)",
                "gpt-3.5-turbo-0613(LDB)",
                "gpt-3.5-turbo(2023-06)",
                "qwen2.5-coder-7b-base",
            ),
            {},
        ),
        Group(
            "5 weak",
            (
                "claude-plus(2023)",
                "codellama(LDB)",
                "claude-instant(2023)",
                "codellama-34b-instruct(jamesmurdza,2023)",
                "bard(2023)",
            ),
            {},
        ),
    ),
)

CLASSES = Recording(
    name="classes, ClassEval",
    tasks="classeval-tasks.jsonl.gz",
    answers={"recorded-classeval-16models.jsonl.gz": None},
    above=_imports,
    visible=lambda row: row["visible_pass"],
    key=_id,
    of=_itself,
    task=lambda _: from_nothing(),
    reply=chat,
    cluster=_itself,
    groups=(
        Group(
            "5 chat models",
            (
                "GPT-4-Turbo",
                "GPT-4(2023-08)",
                "Gemini-Pro",
                "deepseek-coder-6.7b-instruct",
                "GPT-3.5-Turbo",
            ),
            {"best": 37.2, "oracle": 51.1, "first that parses": 38.3, "vote": 37.2},
        ),
        Group(
            "5 near-equal",
            (
                "GPT-4(2023-08)",
                "Gemini-Pro",
                "deepseek-coder-6.7b-instruct",
                "GPT-3.5-Turbo",
                "ChatGPT(2023-08)",
            ),
            {},
        ),
    ),
)

LIBRARIES = Recording(
    name="generation, BigCodeBench-Hard complete",
    tasks="BigCodeBench-Hard-v0.1.4.jsonl.gz",
    answers={
        f"recorded-bcb-hard-complete-qwen2.5-coder-{size}-base.jsonl.gz": f"qwen2.5-coder-{size}"
        for size in ("7b", "1.5b")
    },
    key=_id,
    of=_itself,
    task=lambda _: from_nothing(),
    reply=lambda row: code(row["sanitized"]),
    cluster=_itself,
    above=lambda row: row["code_prompt"] + "\n    pass\n",
    passed=lambda row: row["status"] == "pass",
    groups=(Group("2 models", ("qwen2.5-coder-7b", "qwen2.5-coder-1.5b"), {}),),
)

_LARGE = (
    "claude-sonnet-4-20250514 claude-3-7-sonnet-20250219 kimi-k2-0905 qwen3-coder-flash"
    " llama-3.3-70b-instruct qwen3-coder llama-4-maverick gpt-4o-mini glm-4.5"
)

FILES = Recording(
    name="editing, EditBench in part",
    tasks=None,
    answers={"recorded-editbench-9models.jsonl.gz": None},
    whole_files=True,
    key=_id,
    of=_itself,
    task=lambda _: from_nothing(),
    reply=chat,
    cluster=_itself,
    groups=(
        Group("9 models", tuple(_LARGE.split()), {}),
        Group("3 best", tuple(_LARGE.split()[:3]), {}),
        Group("5 near-equal", tuple(_LARGE.split()[3:8]), {}),
    ),
)

RECORDINGS = (INFILLING, EDITING, FILES, GENERATION, LIBRARIES, CLASSES)

OTHER_SAMPLES = replace(
    EDITING,
    name="editing, CanItEdit, other answers of the same models",
    samples=(3, 4),
    groups=EDITING.groups[1:],
)
"""Not looked at while rules were tried: what is found by the first answers is tried on these."""
