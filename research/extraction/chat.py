"""Recorded chat answers: which code each rule takes of them, and whether that passes its checks.

The tasks ask for one function by name. Three places stand for what an editor asks: over a stub of
that function, at an empty place with the function's name known, and with it not known.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from moa_lsp.answers.extract import Extraction, ExtractionTarget, extract
from moa_lsp.answers.fences import scan
from moa_lsp.syntax.gates import stands_alone
from moa_lsp.syntax.symbols import symbols
from moa_lsp.text.eol import to_lf
from research.extraction.checks import Program, Row, name_of, passing
from research.recorded.answers import rows

ANSWERS = "recorded-canaicode-chat.jsonl.gz"
TASKS = "canaicode-tasks.json"

PLACES = ("over a stub", "name known", "name not known")

_FAMILIES = (
    ("GPT", r"gpt-[345]|openai/o1"),
    ("Claude", r"claude"),
    ("Gemini, Gemma", r"gemma|gemini"),
    ("DeepSeek", r"deepseek|magicoder-s?-?ds"),
    ("Qwen", r"qwen|qwq|nxcode"),
    ("Mistral, Mixtral", r"mi[sx]tral|codestral|zephyr|openhermes|starling|openchat|dolphin-2"),
    (
        "CodeLlama",
        r"code-?llama|phind|speechless|codebooga|wizardcoder-python|magicoder|airoboros",
    ),
    ("Llama", r"llama|vicuna|hermes|wizardlm|orca|alpaca|guanaco|koala"),
    ("Phi, Orca-mini", r"phi|orca_mini"),
    ("Granite", r"granite"),
    ("StarCoder", r"starc|wizardcoder|octocoder|santacoder"),
    ("Command", r"command|cohere|aya"),
    ("Yi", r"\byi|-yi-"),
)
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Chat:
    """One recorded answer.

    Attributes:
        source: the code that the source took.
        passed: the source's verdict on it.
        task: name, signature and checks.
    """

    model: str
    raw: str
    source: str
    passed: bool
    task: Mapping[str, object]

    @property
    def name(self) -> str:
        """The function that is asked for."""
        return name_of(dict(self.task))

    @property
    def language(self) -> str:
        """``python`` or ``javascript``."""
        return str(self.task["task_id"]).rpartition("/")[2]

    def program(self, code: str) -> Program:
        """Some code as an answer to this task."""
        return Program(str(self.task["task_id"]), code)

    def asked(self, place: str) -> ExtractionTarget:
        """The place that the answer is for."""
        if place == "over a stub":
            signature = self.task["signature"]
            python = self.language == "python"
            stub = f"def {signature}:\n    pass" if python else f"function {signature} {{\n}}"
            return ExtractionTarget(stub, "", "\n", self.language, symbol=self.name)
        name = self.name if place == "name known" else None
        return ExtractionTarget("", "", "", self.language, insertion=True, symbol=name)


def family(model: str) -> str:
    """The family that a model's name tells, the base before what was made of it."""
    return next(
        (name for name, sign in _FAMILIES if re.search(sign, model, re.IGNORECASE)), OTHERS
    )


def read(folder: Path) -> tuple[list[Chat], dict[str, Row]]:
    """The answers, and the tasks by name."""
    tasks = {task["task_id"]: task for task in json.loads((folder / TASKS).read_text("utf-8"))}
    found = []
    for row in rows(folder / ANSWERS):
        start, end = row["source_span"]
        raw = row["raw_output"]
        found.append(Chat(row["model"], raw, raw[start:end], row["passed"], tasks[row["task_id"]]))
    return found, tasks


def _blocks(chat: Chat) -> list[str]:
    text = to_lf(chat.raw)
    return [block.code for block in scan(text)] or [text]


@cache
def _defining(chat_blocks: tuple[str, ...], language: str, name: str) -> tuple[str, ...]:
    found = tuple(
        code
        for code in chat_blocks
        if stands_alone(code, language)
        and any(symbol.name == name for symbol in symbols(code, language))
    )
    return found or chat_blocks


def _of_defining(which: int) -> Callable[[Chat], str]:
    return lambda chat: _defining(tuple(_blocks(chat)), chat.language, chat.name)[which]


RULES: Mapping[str, Callable[[Chat], str]] = {
    "first fence": lambda chat: _blocks(chat)[0],
    "last fence": lambda chat: _blocks(chat)[-1],
    "longest fence": lambda chat: max(_blocks(chat), key=len),
    "first that parses and defines": _of_defining(0),
    "last that parses and defines": _of_defining(-1),
    "the source's own": lambda chat: chat.source,
}
"""Rules to compare with; those of a study that gave 70.2, 51.5, 66.4 and 70.95 for the first four
on the Python half of these answers."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken of the answers, each by each rule or place, and what passes."""

    chats: Sequence[Chat]
    extractions: Mapping[str, Sequence[Extraction]]
    codes: Mapping[str, Sequence[str | None]]
    ran: Mapping[Program, bool | None]

    def passes(self, number: int, code: str | None) -> bool:
        """Whether some code passes the checks of an answer's task."""
        return code is not None and bool(self.ran[self.chats[number].program(code)])

    def share(self, name: str, of: Sequence[int]) -> float:
        """Points of 100 of the answers whose code, taken by a rule or for a place, passes."""
        return 100 * sum(self.passes(at, self.codes[name][at]) for at in of) / len(of)

    def ceiling(self, of: Sequence[int]) -> float:
        """Points of 100 when the right block is always taken where there is one."""
        right = sum(
            any(self.passes(at, code) for code in (*_blocks(chat), chat.source))
            for at in of
            for chat in (self.chats[at],)
        )
        return 100 * right / len(of)

    def half(self, language: str) -> list[int]:
        """Which answers are in a language."""
        return [at for at, chat in enumerate(self.chats) if chat.language == language]


def take(chats: Sequence[Chat], tasks: Mapping[str, Row]) -> Taken:
    """Take code by every rule and for every place, and run the checks of all of it."""
    extractions = {
        place: [extract(chat.raw, "stop", chat.asked(place)) for chat in chats] for place in PLACES
    }
    codes: dict[str, list[str | None]] = {
        name: [rule(chat) for chat in chats] for name, rule in RULES.items()
    }
    codes |= {place: [each.code for each in found] for place, found in extractions.items()}
    return Taken(chats, extractions, codes, passing(_programs(chats, codes), tasks))


def _programs(
    chats: Sequence[Chat], codes: Mapping[str, Sequence[str | None]]
) -> Iterator[Program]:
    for found in codes.values():
        for chat, code in zip(chats, found, strict=True):
            if code is not None:
                yield chat.program(code)
    for chat in chats:
        yield from map(chat.program, _blocks(chat))
