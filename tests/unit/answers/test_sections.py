"""Reasoning in tags and tokens that no table names: its draft is never taken."""

import json

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract, markdown
from moa_lsp.answers.sections import behind_sections
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.trim import trim

REGION = "def total(xs):\n    t = 0\n    for x in xs:\n        t = t + x\n    return t"
DOCUMENT = f"import math\n\n{REGION}\n\nprint(total([1]))\n"
BEFORE, AFTER = DOCUMENT.split(REGION)
FINAL = "def total(xs):\n    return sum(xs)  # final"
DRAFT = "def total(xs):\n    t = 0  # draft\n    for x in xs:\n        t += x\n    return t"
F, D = f"```python\n{FINAL}\n```", f"```python\n{DRAFT}\n```"
THOUGHTS = f"First try:\n\n{D}\n\nIt's a loop; sum() could be used instead of it.\n"


def taken(answer, language="python"):
    return extract(answer, "stop", ExtractionTarget(REGION, BEFORE, AFTER, language))


NAMES = [
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reason",
    "reflection",
    "scratchpad",
    "cot",
    "CoT",
    "analysis",
    "internal_monologue",
    "inner_monologue",
    "internal_thoughts",
    "thought_process",
    "thinkingProcess",
    "planning",
    "plan",
    "deliberation",
    "brainstorm",
    "brainstorming",
    "rationale",
    "steps",
    "step",
    "rumination",
    "contemplator",
    "contemplation",
    "inner_voice",
    "inner_dialogue",
    "critique",
    "verification",
    "self_check",
    "meta_thinking",
    "Thought_1",
    "ant_thinking",
    "mm:think",
    "longcat_think",
    "seed:think",
    "exploration",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lead", ["", "Sure.\n"])
def test_a_section_named_after_thoughts_goes(name, lead):
    assert taken(f"{lead}<{name}>\n{THOUGHTS}</{name}>\n{F}").code == FINAL
    assert taken(f"{lead}{THOUGHTS}</{name}>\n{F}").code == FINAL


@pytest.mark.parametrize("name", NAMES)
def test_an_explanation_does_not_show_one(name):
    answer = f"<{name}>\nsecret\n{D}\n</{name}>\nIt adds."
    assert markdown(answer, "stop").code == "It adds."


TOKENS = {
    "start and end": ("<think_start>", "<think_end>"),
    "start and end in bars": ("<|think_start|>", "<|think_end|>"),
    "thinking in bars": ("<|thinking_start|>", "<|thinking_end|>"),
    "a slash in bars": ("<|reasoning|>", "<|/reasoning|>"),
    "reasoning in bars": ("<|reasoning_start|>", "<|reasoning_end|>"),
    "begin of think": ("<|begin_of_think|>", "<|end_of_think|>"),
    "run together": ("<|startofthink|>", "<|endofthink|>"),
    "capitals": ("[THINKING]", "[/THINKING]"),
    "reasoning in brackets": ("[REASONING]", "[/REASONING]"),
    "begin and end": ("[BEGIN THOUGHT]\n", "[END THOUGHT]\n"),
    "start of thinking": ("[START OF THINKING]\n", "[END OF THINKING]\n"),
    "full width": ("\uff1cthink\uff1e", "\uff1c/think\uff1e"),
    "a space before the slash": ("<think>", "< /think>"),
    "turns of their own": ("<|im_start|>think\n", "<|im_end|>\n<|im_start|>answer\n"),
    "another's end": ("<think>", "<\uff5cend\u2581of\u2581thinking\uff5c>"),
    "headings": ("## Thought process\n", "\n## Final code\n"),
    "small headings": ("### Thinking\n", "\n### Refactored code\n"),
    "labels": ("THOUGHTS:\n", "\nCODE:\n"),
    "labels on the line": ("Reasoning: ", "\nAnswer:\n"),
    "keys": ("reasoning: |\n  ", "\nanswer:\n"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_reasoning_between_other_markers_goes(name):
    opening, end = TOKENS[name]
    assert taken(f"{opening}{THOUGHTS}{end}{F}").code == FINAL


REJECTED = {
    "an unknown tag between": f"{D}\n</frobnication>\n{F}",
    "an unknown token between": f"{D}\n<|sep_of_parts|>\n{F}",
    "a channel without its end": f"thought\n{THOUGHTS}\n{F}",
    "an open thought": f"<think>{THOUGHTS}{F}",
    "a quotation that hides the draft": "> "
    + "\n> ".join(THOUGHTS.split("\n"))
    + "\nSo.\n> ```python\n> x = 1\n",
    "a draft, and another as an alternative": f"First try:\n{D}\nYou could also do:\n{F}",
}


@pytest.mark.parametrize("name", REJECTED)
def test_in_doubt_nothing_is_taken(name):
    found = taken(REJECTED[name])
    assert found.code is None
    assert found.reason


KEPT = {
    "a tag of its own": ("```xml\n<steps>\n</steps>\n```", "<plan/>"),
    "quoted": (f"It ends at `</plan>`:\n{F}\nas `</plan>` says.\n{F}", ""),
    "the document's": (f"{D}\n</frobnication>\n{F}", "<frobnication></frobnication>"),
    "an answer's": (f"<new_code>\n{F}\n</new_code>\n{D}", ""),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_no_section_comes_back_as_it_is(name):
    text, document = KEPT[name]
    assert behind_sections(text, document) == text


ANSWER = "return sum(xs)"
PLACE = "def total(xs):\n    t = 0\n    "
GAP = CursorContext("file:///a.py", f"{PLACE}\n\nprint(total([1]))\n", len(PLACE), "python")


@pytest.mark.parametrize("name", [*NAMES, *TOKENS])
@pytest.mark.parametrize("fenced", [False, True])
def test_ghost_text_shows_none_of_it(name, fenced):
    opening, end = TOKENS.get(name, (f"<{name}>\n", f"</{name}>\n"))
    said = f"```python\n{ANSWER}\n```" if fenced else ANSWER
    found = trim(f"{opening}{THOUGHTS}{end}{said}", GAP, trigger="invoked")
    assert found.text in (None, ANSWER)
    assert found.text or found.reason


@pytest.mark.parametrize("field", ["reasoning", "thinking", "thoughts"])
def test_an_object_with_reasoning_gives_its_code(field):
    assert taken(json.dumps({field: THOUGHTS, "code": FINAL})).code == FINAL
