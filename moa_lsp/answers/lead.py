"""Whether the words before a block give it as the answer, or may be reasoning on the way to one.

Pure. Many chat templates write the opening tag of the reasoning into the prompt, so an answer may
begin with reasoning that nothing marks until its end. People explain what they give to somebody
("To flatten a list, we need …", "Here is the function:"); who reasons weighs, in the first person.
"""

import re
from collections.abc import Sequence

from moa_lsp.answers.choose import NOT_MEANT

_CODE = (
    r"\b(?:code|function|method|class|version|implementation|solution|program|script|example|region"
    r"|snippet|block|way to|way you|how|it is)\b"
)
"""What a sentence gives: code, or a way to write it."""

_SPOKEN_OF = re.compile(rf"{_CODE}|\byou (?:can|could)\b", re.IGNORECASE)

_POINTING = re.compile(
    r"\b(?:following|here is|here(?:'s|\u2019s)|below|as follows|like (?:this|so))\b",
    re.IGNORECASE,
)
"""Where such a sentence ends with a colon and speaks of code, it gives what follows."""

_GIVING = re.compile(
    r"\W*(?:(?:sure(?: thing)?|certainly|of course|absolutely)\W+)?"
    rf"(?:(?:(?:he)?re|below) (?:is|are)\b.*{_CODE}|(?:here|below) it is\b"
    rf"|(?:he)?re(?:'s|\u2019s) (?!not).*{_CODE}|(?:the|an?) following\b.*{_CODE}"
    rf"|(?:here|below),? (?:you|I)\b.*{_CODE}"
    r"|(?:the )?(?:updated|refactored|fixed|new|final|corrected|complete|rewritten|improved)"
    r" (?:python |javascript |typescript )?"
    r"(?:code|version|function|method|class|implementation|solution|region)\b"
    r"|you can .*\b(?:following|below)\b)",
    re.IGNORECASE,
)
"""A sentence that gives what follows; some servers lose the first token ("re is a function")."""

_AGREED = re.compile(r"\W*(?:sure(?: thing)?|certainly|of course|absolutely)\W*", re.IGNORECASE)
"""All that some models say before their code."""

_TITLE = re.compile(
    r"(?:\#{1,6} |\*\*)[^\n]*\b(?:code|solution|implementation|function|method|class|program"
    r"|answer|result)\b[^\n]*",
    re.IGNORECASE,
)
"""A heading above the code."""

_RULE = re.compile(r"[ \t]*[=_*-]{3,}[ \t]*")
"""A line below a heading, or between paragraphs."""

_EXPLAINING = re.compile(
    r"\W*(?:(?:in order )?to [a-z]\w+|sure|certainly|of course|absolutely|here|below|the following"
    r"|you can|in (?:python|javascript|typescript|java|go|rust|c)\b)"
    r"|\#{1,6} |\*\*|[^\n]*!$",
    re.IGNORECASE,
)
"""How words begin that explain an answer in several sentences."""

_DELIBERATING = re.compile(
    r"\b(?:wait|hmm+|okay|ok|alright|well,|let me|let['\u2019]?s|let us|maybe|perhaps|probably"
    r"|users?|drafts?|sketch\w*|attempt\w*|plan|tr(?:y|ies|ying)|rough(?:ly)?|naive(?:ly)?"
    r"|think(?:ing)?|thoughts?|reasoning|analysis|guess\w*|ideas?|actually|alternative\w*"
    r"|so far|for now|options?|candidates?|possibilit\w+|not sure|should (?:we|be|work)"
    r"|(?<!you )(?:could|would|might|wants?|ask(?:s|ed))"
    r"|(?<!re is )(?<!re's )(?<!re\u2019s )one (?:possible|way)"
    r"|(?:we|you) should"
    r"|I(?! (?:hope|have|can help)\b|['\u2019](?:d|m|ll) (?:be )?(?:happy|glad|provide)))\b"
    r"|\?\s*\Z",
    re.IGNORECASE,
)
"""Of who weighs, or speaks to nobody; "you" is who asked."""

_PLANNING = re.compile(
    r"\bwe(?:(?:'ll|\u2019ll| will| also))* need\b|\bneeds? to\b", re.IGNORECASE
)
"""What is needed: part of an explanation that says what for, else a thought."""

_PURPOSE = re.compile(r"\W*(?:in order )?to [a-z]", re.IGNORECASE)
"""Begins with what an answer is for."""

_STEP = re.compile(
    r"\b(?:first|initial|quick|simplest|basic|partial|preliminary|earlier)\s+(?:\w+\s+)?"
    r"(?:try|attempt|version|pass|cut|thought|step|approach|implementation|solution|go|shot|code)\b"
    r"|\b(?:first|initially|start(?:ing)?(?: (?:simple|small|by|from|with (?:an?|the|this)\b).*)?)"
    r"\s*[:,.]|\b(?:step|approach|version|variant|method|solution|part)[ ]+(?:\d|[A-C]\b|one\b)"
    r"|\bto (?:start|begin)\b|\bnot (?:the|to)\b"
    r"|\b(?:skeleton|stub|pseudo\w*|minimal|broken|possible version)\b",
    re.IGNORECASE,
)
"""The block is one of several to come, or none to take."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[ ]+")
"""Between two sentences of one line."""

_MAX_CHARS = 2_000
"""Of words before a block: explanations before recorded answers are shorter, reasoning longer."""


def gives(leads: Sequence[str]) -> bool:
    """Whether the words of an answer so far give its last block and hold no reasoning.

    Args:
        leads: the words before each block, in order; at least one.
    """
    said = "\n".join(leads).strip()
    if len(said) > _MAX_CHARS or _weighs(said):
        return False
    lines = _lines(leads[-1])
    if not lines:
        return True
    first = _SENTENCE_END.split(lines[0])
    return (
        not _STEP.search(leads[-1])
        and _ends_giving(lines[-1])
        and (len(lines) == len(first) == 1 or _begins_explaining(first[0]))
    )


def _weighs(said: str) -> bool:
    plans = _PLANNING.search(said) is not None and not _PURPOSE.match(said)
    return plans or _DELIBERATING.search(said) is not None


def _ends_giving(line: str) -> bool:
    """Whether the last line before a block is a heading for it, or holds a sentence that gives."""
    if _TITLE.fullmatch(line) or _AGREED.fullmatch(line):
        return True
    return any(map(_is_giving, _SENTENCE_END.split(line)))


def _is_giving(sentence: str) -> bool:
    if _GIVING.match(sentence):
        return True
    speaks = _SPOKEN_OF.search(sentence) is not None
    return speaks and sentence.endswith(":") and _POINTING.search(sentence) is not None


def _begins_explaining(sentence: str) -> bool:
    return _EXPLAINING.match(sentence) is not None or _is_giving(sentence)


def is_of_what_was(lead: str) -> bool:
    """Whether a block is shown only to be changed."""
    return NOT_MEANT.search("".join(_lines(lead)[-1:])) is not None


def _lines(lead: str) -> list[str]:
    """The lines of words, without those that only rule a line."""
    lines = [line.strip() for line in lead.split("\n") if line.strip()]
    return [line for line in lines if not _RULE.fullmatch(line)]
