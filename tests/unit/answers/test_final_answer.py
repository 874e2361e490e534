"""Which text of an answer is the final one: reasoning in every format, other turns, user code."""

import contextlib

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract, markdown
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.reasoning_formats import FORMATS
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.answers.turns import TURNS

REGION = "def total(xs):\n    t = 0\n    for x in xs:\n        t = t + x\n    return t"
DOCUMENT = f"import math\n\n{REGION}\n\nprint(total([1]))\n"
BEFORE, AFTER = DOCUMENT.split(REGION)
FINAL = "def total(xs):\n    return sum(xs)  # final"
DRAFT = "def total(xs):\n    t = 0  # draft\n    for x in xs:\n        t += x\n    return t"


def fence(code, info="python"):
    return f"```{info}\n{code}\n```"


F, D = fence(FINAL), fence(DRAFT)
THOUGHTS = f"First try:\n\n{D}\n\nIt's a loop; sum() could be used instead of it.\n"


def taken(answer, *, region=REGION, before=BEFORE, after=AFTER, language="python"):
    return extract(answer, "stop", ExtractionTarget(region, before, after, language))


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
@pytest.mark.parametrize("lead", ["", "Sure.\n"])
def test_a_draft_inside_of_reasoning_is_never_taken(row, lead):
    found = taken(f"{lead}{row.sample[0]}{THOUGHTS}{row.sample[1]}{F}")
    assert found.code == FINAL or (found.code is None and row.framed and lead)


ALONE = [row for row in FORMATS if not row.framed]


@pytest.mark.parametrize("row", ALONE, ids=lambda row: row.name)
def test_an_end_of_reasoning_counts_without_its_start(row):
    assert taken(f"{THOUGHTS}{row.sample[1]}{F}").code == FINAL


@pytest.mark.parametrize(
    "row",
    [row for row in ALONE if row.opens and row.sample[0].strip()[:2] != "We"],
    ids=lambda row: row.name,
)
def test_reasoning_without_an_end_holds_no_answer(row):
    found = taken(f"{row.sample[0]}{THOUGHTS}")
    assert (found.code, found.category) == (None, "truncated")


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_a_format_says_who_writes_it_and_where_that_is_documented(row):
    assert row.models
    assert row.source
    assert row.closes


TOKENS = [
    token
    for _, tokens in TURNS
    for token in tokens
    if token not in ("<|im_sep|>", "<|end_of_role|>", "[/INST]")
]


@pytest.mark.parametrize("token", TOKENS)
def test_what_stands_behind_the_end_of_the_turn_is_another_turn(token):
    assert taken(f"{F}\n{token}\nkeep the loop\n{D}").code == FINAL
    assert taken(f"{F}{token}\n{D}").code == FINAL


REASONED = {
    "upper case": f"<THINK>\n{THOUGHTS}</THINK>\n{F}",
    "two blocks": f"<think>{THOUGHTS}</think>\n<think>{THOUGHTS}</think>\n{F}",
    "nested": f"<think>a <think>{THOUGHTS}</think> more {D} </think>\n{F}",
    "its own end in quotes": f'<think>I must write "</think>" first. {THOUGHTS}</think>\n{F}',
    "its own end in backticks": f"<think>First `</think>`.\n{THOUGHTS}</think>\n{F}",
    "a draft whose fence is open": f"```python\n{DRAFT}\n</think>\n\n{F}",
    "a draft whose bare fence is open": f"```\n{DRAFT}\n</think>\n\n{fence(FINAL, '')}",
    "a draft cut by a budget": f"hm ```python\n{DRAFT[:30]}</think>\n\n{F}",
    "a corrected answer": f"<think>x</think>\n{D}\n<think>hm</think>\n{F}",
    "closed by another tag": f"<think>\n{THOUGHTS}</thinking>\n{F}",
    "closed twice": f"{THOUGHTS}</think>{D}</think>{F}",
    "behind a fence": f"{THOUGHTS}{D}</think>{F}",
    "Hunyuan": f"<think>\n{THOUGHTS}</think>\n<answer>\n{F}\n</answer>",
    "Granite 3.3": f"<think>{THOUGHTS}</think><response>{F}</response>",
    "Reflection": f"<thinking>{THOUGHTS}<reflection>{D}</reflection></thinking>"
    f"<output>{F}</output>",
    "Marco-o1": f"<Thought>{THOUGHTS}</Thought>\n<Output>\n{F}\n</Output>",
    "an answer tag alone": f"{THOUGHTS}\n<answer>\n{F}\n</answer>",
    "entities": f"&lt;think&gt;{THOUGHTS}&lt;/think&gt;{F}",
    "a fence of thoughts": f"```thinking\n{THOUGHTS}\n```\n{F}",
    "an attribute": f'<think type="deep">{THOUGHTS}</think>{F}',
    "nothing thought": f"<think>\n\n</think>\n\n{F}",
    "CRLF": f"<think>\n{THOUGHTS}</think>\n{F}".replace("\n", "\r\n"),
    "a byte order mark": f"\ufeff<think>\n{THOUGHTS}</think>\n{F}",
    "three channels": f"<|start|>assistant<|channel|>analysis<|message|>{THOUGHTS}<|end|>"
    f"<|start|>assistant<|channel|>commentary<|message|>{THOUGHTS}<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>{F}<|return|>",
    "three channels, stripped": f"analysis{THOUGHTS}assistantcommentary{THOUGHTS}"
    f"assistantfinal{F}",
    "channels on lines": f"analysis\n{THOUGHTS}\nassistant\nfinal\n{F}",
    "a budget of Seed": f"<seed:think>{THOUGHTS}<seed:cot_budget_reflect>I have 9 tokens"
    f"</seed:cot_budget_reflect>{THOUGHTS}</seed:think>{F}",
    "bold headings": f"**Thinking:**\n{THOUGHTS}\n**Answer:**\n{F}",
    "full-width bars": f"<\uff5cbegin\u2581of\u2581thinking\uff5c>{THOUGHTS}"
    f"<\uff5cend\u2581of\u2581thinking\uff5c>{F}",
    "an end of turn in the thoughts": f"<think>stop at <|im_end|> then {THOUGHTS}</think>{F}",
    "Llama's header": f"<|start_header_id|>assistant<|end_header_id|>\n\n{F}<|eot_id|>",
    "Gemma's header": f"<start_of_turn>model\n{F}<end_of_turn>",
    "an end of turn first": f"<|im_end|>\n{F}",
    "a second turn with thoughts": f"<think>{THOUGHTS}</think>{F}<|im_end|>\n<|im_start|>user\n"
    f"x<|im_end|>\n<|im_start|>assistant\n<think>hm</think>{D}",
    "User and Assistant": f"{F}\n\nUser: no\n\nAssistant: {D}",
    "USER and ASSISTANT": f"{F}\n\nUSER: do it with a loop\nASSISTANT: {D}",
    "User right behind the fence": f"{F}\nUser: no\nAssistant: {D}",
    "Human": f"{F}\n\nHuman: now keep the loop\n\nAssistant: {D}",
    "Human right behind the fence": f"{F}\nHuman: no\nAssistant: {D}",
    "Alpaca": f"{F}\n\n### Instruction:\nno\n\n### Response:\n{D}",
    "Vicuna": f"{F}\n### Human: no\n### Assistant: {D}",
    "Llama 2": f"{F}</s>[INST] no [/INST]{D}",
}


@pytest.mark.parametrize("name", REASONED)
def test_the_final_answer_is_taken(name):
    assert taken(REASONED[name]).code == FINAL


DOUBTFUL = {
    "reasoning again": (f"<think>x</think>\n{F}\n<think>hm\n{D}", "doubtful"),
    "two turns of its own": (
        f"{D}<|im_end|>\n<|im_start|>assistant\n{F}<|im_end|>",
        "doubtful",
    ),
    "reasoning that ends in another turn": (
        f"{D}<|im_end|>\n<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\nhm</think>{F}",
        "doubtful",
    ),
    "an answer within open reasoning": (f"<think>\n{THOUGHTS}{F}", "truncated"),
    "an open channel": (f"<|channel|>analysis<|message|>{THOUGHTS}", "truncated"),
    "an open prose frame": (f"Here is my thought process:\n{THOUGHTS}", "truncated"),
    "an open fence of thoughts": (f"```thinking\n{THOUGHTS}", "truncated"),
    "an open stripped channel": (f"analysisWe need to think. {THOUGHTS}", "truncated"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_in_doubt_there_is_no_answer_and_the_reason_says_so(name):
    answer, category = DOUBTFUL[name]
    found = taken(answer)
    assert (found.code, found.category) == (None, category)
    assert found.reason
    assert "reasoning" in found.reason or "turns" in found.reason


PARSER = (
    'def answer(text):\n    head, _, tail = text.partition("</think>")\n'
    '    return tail or head.removeprefix("<think>")'
)
OWN = {
    "quoted tags": PARSER,
    "a pattern": 'TAG = re.compile(r"<think>(.*?)</think>", re.DOTALL)',
    "single quotes": "end = text.rfind('</think>')",
    "a comment": "x = 1  # all up to </think> is dropped, then <think> too",
    "an end of turn": 'STOPS = ["<|im_end|>", "</s>", "<|eot_id|>"]',
    "a template": 'PROMPT = f"<|im_start|>user\\n{text}<|im_end|>\\n"',
    "a docstring": 'def f():\n    """Strip <think> and </think> tags."""\n    return 1',
    "channels": 'FINAL = "<|channel|>final<|message|>"',
    "roles": 'x = "Human: hi"\ny = "\\n\\nHuman:"',
    "brackets": 'START = "[THINK]"\nEND = "[/THINK]"\nINST = "[INST]"',
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("lead", ["", "Here it is:\n\n", "<think>hm</think>\n", "hm\n</think>\n"])
def test_code_that_holds_markers_survives(name, lead):
    code = OWN[name]
    found = taken(f"{lead}{fence(code)}", region="pass", before="", after="\n")
    assert found.code == code


MARKED = "<think>\nplan\n</think>\n<|im_end|>\nHuman: hi"


@pytest.mark.parametrize("lead", ["", "<think>hm</think>\n"])
def test_lines_of_the_document_are_no_markers(lead):
    region = f"Old words.\n{MARKED}"
    new = f"New words.\n{MARKED}"
    found = taken(
        f"{lead}{fence(new, 'text')}", region=region, before="", after="\n", language="plaintext"
    )
    assert found.code == new


EXPLANATION = "## What it does\n\n`total` adds the numbers."


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_an_explanation_shows_no_reasoning(row):
    found = markdown(f"{row.sample[0]}secret\n\n{D}{row.sample[1]}{EXPLANATION}", "stop")
    assert found.code == EXPLANATION


@pytest.mark.parametrize(
    "answer",
    [
        f"The user shows:\n\n{D}\n\nsecret\n</think>\n\n{EXPLANATION}",
        f"{EXPLANATION}<|im_end|>\n<|im_start|>user\nsecret",
        f"{EXPLANATION}\n\nHuman: secret\n\nAssistant: secret",
        f"<s>{EXPLANATION}</s>",
    ],
)
def test_an_explanation_is_the_final_answer_alone(answer):
    assert markdown(answer, "stop").code == EXPLANATION


@pytest.mark.parametrize(
    "text",
    [
        "It drops what stands before `</think>` and `<|im_end|>`.",
        'The tag "<think>" opens a thought.',
        "Analysis: it adds.\n\nIt is short.",
        "User: a class.\n\nOrder: another one.",
        "It is <s>old</s> new.",
        "analysis = total(xs)",
    ],
)
def test_text_without_markers_comes_back_as_it_is(text):
    assert final_answer(text) == text


@pytest.mark.parametrize(
    "piece",
    ["</think>\n", '"</think>" ', "<think>\n", "<|im_end|>", "\n\nUser: a", "a</s>b ", "<", " \n"],
)
def test_a_text_full_of_markers_is_read_in_one_go(piece):
    with contextlib.suppress(RejectedAnswer):
        assert isinstance(final_answer(piece * 2_000), str)
