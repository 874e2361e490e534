"""Words and tokens beside the code inside its block: lead-ins, closing words, names, tokens.

What leads in or closes is dropped where it is whole lines at an end of the code; tokens that end a
turn end the answer.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import Rejection
from moa_lsp.syntax.gates import stands_alone
from moa_lsp.syntax.languages import by_id

TOKEN = Rejection("artifact", "holds a special token of a model's template")
PROSE = Rejection("artifact", "holds sentences that are no code")
ELIDED = Rejection("elided", "says that it leaves out code")
NUMBERED = Rejection("artifact", "holds line numbers that cannot be taken off for sure")

_BAR = "\uff5c"
_END_NAMES = (
    r"im_end|im_start|im_sep|endoftext|end_of_text|begin_of_text|eot_id|eom_id|eot|eom|end|return"
    r"|start|message|channel|user|assistant|system|observation|endofprompt|end_of_turn|endofturn"
    r"|END_OF_TURN_TOKEN|START_OF_TURN_TOKEN|CHATBOT_TOKEN|USER_TOKEN|SYSTEM_TOKEN|EOT|eos|stop"
    r"|start_header_id|end_header_id|start_of_role|end_of_role|fim_prefix|fim_middle|fim_suffix"
    r"|fim_pad|fim_begin|fim_hole|fim_end|file_sep|file_separator|repo_name|file|cursor|endofcode"
    r"|padding|hy_Assistant|hy_EOT|role_end|role_start|end_of_sentence|eop|eod|code_suffix"
    r"|code_prefix|code_middle"
)
_ENDS_TURN = re.compile(
    rf"<\|(?:{_END_NAMES})\|>|<{_BAR}(?!tool)[^{_BAR}\n]{{2,40}}{_BAR}>"
    r"|<(?:end_of_turn|start_of_turn|end_of_utterance|eos|bos|fim_prefix|fim_middle|fim_suffix"
    r"|fim_pad|endofprompt)>|<(?:end|begin)[_\u2581]of[_\u2581](?:sentence|text)>"
    r"|(?<![\w\])])\[/?(?:INST|SYSTEM_PROMPT|gMASK)\]"
)
"""Tokens of chat and infill templates. Sources: the tokenizers of Qwen, Llama, Gemma, Mistral,
DeepSeek, GLM, Command R, Granite, StarCoder, CodeLlama; openai/harmony."""

_ENDS_LINE = re.compile(r"(?:</?s>|<(?:unk|pad|PRE|SUF|MID|EOT)>|\[DONE\]|<\|[\w]{2,24}\|>)\s*$")
"""Tokens that only the end of a text tells from code."""


def without_tokens(text: str, original: Original) -> str | Rejection | None:
    """The code up to the first token that ends a turn; those before all code go too."""
    if not re.search(r"[<\[]", text):
        return None
    bare = original.bare(text, comments=False)
    cut = text
    begins = _ENDS_TURN.pattern if original.may_hold_markup else rf"{_ENDS_TURN.pattern}|<s>"
    started = re.match(rf"\s*(?:(?:{begins})\s*)+", bare)
    if started and started.group().strip() not in original.text and not original.head:
        cut, bare = text[started.end() :], bare[started.end() :]
    for found in _ENDS_TURN.finditer(bare):
        if found.group() not in original.text:
            cut = cut[: found.start()]
            break
    cut = _without_last(cut, original)
    if cut == text:
        return None
    return cut.rstrip() if cut.strip() else TOKEN


def _without_last(text: str, original: Original) -> str:
    while found := _ENDS_LINE.search(original.bare(text, comments=False)):
        token = found.group().strip()
        tag = token in ("<s>", "</s>") and original.may_hold_markup
        if token in original.text or tag:
            break
        text = text[: found.start()]
    return text


_LEADS_IN = re.compile(
    r"\s*(?:#{1,4}\s+|\*\*|[-*]\s+|\d{1,2}[.)]\s+)?"
    r"(?:(?:Here|Below)(?:'s|\u2019s| is| are)\b"
    r"|(?:Sure|Certainly|Of course|Absolutely|Okay|OK)[,!.:]"
    r"|(?:The|This|That|My|Your) (?:[\w-]+ ){0,4}(?:code|function|method|class|version|snippet"
    r"|program|implementation|region|script|solution|answer|file|block|change|changes|refactor\w*)\b"
    r"|(?:I|We)(?:'ve|\u2019ve|'ll|\u2019ll| have| will| can| need| would| also)\b"
    r"|(?:Let me|Let's|Note that|Note:|Explanation:?|Hope this|Feel free|Now,|First,|In this"
    r"|You can|To (?:fix|refactor|improve|implement|do|use)|If you|As you|Please|Thank"
    r"|(?:Replace|Change|Modify|Update|Insert|Remove|Delete|Add)"
    r" (?:the|this|your|lines?)|REPLACE)\b"
    r"|(?:Updated|Refactored|Fixed|New|Improved|Modified|Revised|Final|Corrected|Complete|Rewritten)"
    r" (?:code|function|version|method|class|region|implementation|file)\b"
    r"|(?:Output|Answer|Solution|Result|Response|Code|Explanation|Changes|Key changes)\s*:\s*$)"
)
_COMMON = re.compile(
    r"\b(?:the|this|that|is|are|a|an|to|of|it|with|which|you|your|we|have|has|been|be|by|as"
    r"|function|code|returns?|uses?|using|now|instead|because|so)\b",
    re.IGNORECASE,
)
_LEAVES_OUT = re.compile(
    r"\b(?:rest of|remain(?:s|ing|der)?|unchanged|omitted|existing|as (?:before|is)|untouched)\b",
    re.IGNORECASE,
)
"""In a sentence beside code: what it is about may not be there."""

_CODE_SIGN = re.compile(r"[=;{}\[\]]|\w\(|\)\s*$|->|::|^\s*[@#/$<]")


def is_sentence(line: str) -> bool:
    """Whether a line is a sentence about code, and no code in any language that has signs."""
    words = re.findall(r"[A-Za-z][\w'\u2019]*", line)
    stripped = line.strip().strip("*_# ")
    if not words or not stripped or _CODE_SIGN.search(re.sub(r"`[^`]*`", "", line).strip("*_# ")):
        return False
    ends = stripped.endswith((".", ":", "!", "?"))
    if _LEADS_IN.match(line):
        return ends or len(words) >= 3
    common = len(set(map(str.lower, _COMMON.findall(line))))
    return stripped[0].isupper() and ends and len(words) >= 4 and common >= 2


_KEYED = frozenset(
    {"yaml", "ini", "properties", "toml", "gherkin", "cobol", "natural", "robotframework"}
)
"""Languages whose own lines are words."""


def without_prose(text: str, original: Original) -> str | Rejection | None:
    """The code without sentences on the lines at its two ends."""
    if original.prose or original.language in _KEYED or original.head.strip():
        return None
    if any(is_sentence(line) for line in original.region.split("\n")):
        return None
    lines = text.split("\n")
    start, end = 0, len(lines)
    while start < end and _drops(lines[start], original):
        start += 1
    while end > start and _drops(lines[end - 1], original):
        end -= 1
    left = lines[start:end]
    if not any(line.strip() for line in left):
        return None
    dropped = [line for line in [*lines[:start], *lines[end:]] if line.strip()]
    if not dropped:
        return None
    return ELIDED if any(map(_LEAVES_OUT.search, dropped)) else "\n".join(left)


def holds_prose(text: str, original: Original) -> Rejection | None:
    """Whether sentences stand between the lines of code, where no grammar would see them."""
    known = by_id(original.language)
    if original.prose or known is None or known.has_grammar or original.language in _KEYED:
        return None
    if any(is_sentence(line) for line in original.region.split("\n")):
        return None
    bare = original.bare(text).split("\n")
    lines = bare[1:] if original.head.strip() else bare
    found = any(
        _LEADS_IN.match(line) and is_sentence(line) and original.fresh(line) for line in lines
    )
    return PROSE if found else None


def _drops(line: str, original: Original) -> bool:
    if not line.strip():
        return True
    if _is_comment(line, original):
        return False  # it may say what was left out
    return original.fresh(line) and (is_sentence(line) or bool(_RULE.fullmatch(line)))


def _is_comment(line: str, original: Original) -> bool:
    known = by_id(original.language)
    block = known.block_comment if known else None
    signs = (known.line_comment if known else None, block[0] if block else None)
    return any(sign is not None and line.lstrip().startswith(sign) for sign in signs)


_RULE = re.compile(r"\s*(?:-{3}|\*{3}|_{3,}|`{3,}|~{3,})\s*")

_FILE_LINE = re.compile(
    r"\s*(?:\*\*)?(?:File(?:name|path|[ _]path)?|Path)\s*:\s*`?[\w./\\-]+\.\w{1,8}`?(?:\*\*)?\s*"
    r"|\s*(?:\#|//|--|;|/\*|<!--)[ ]*(?:[\w.-]+/)+[\w.-]+\.\w{1,8}[ ]*(?:\*/|-->)?\s*",
    re.IGNORECASE,
)


def without_name(text: str, original: Original) -> str | None:
    """The code without a first line that only names its language or its file."""
    known = by_id(original.language)
    first, newline, rest = text.lstrip("\n").partition("\n")
    if known is None or original.head.strip() or not rest.strip() or not newline:
        return None
    named = first.strip().lower() in {*known.fences, known.id}
    if known.prose or not (named or _FILE_LINE.fullmatch(first)) or not original.fresh(first):
        return None
    return rest


_NUMBER = re.compile(
    r"^[ \t]*[+]?(?:L|line )?(?P<number>\d{1,6})"
    r"(?P<sign>[ ]?(?:[|\u2502\u2192:.)]|-(?= )|\t| {2,}(?=\S)))"
    r"(?P<line>.*)$",
    re.IGNORECASE,
)


def without_line_numbers(text: str, original: Original) -> str | Rejection | None:
    """The code without a column of consecutive line numbers."""
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    found = [_NUMBER.match(line) for line in filled]
    matches = [match for match in found if match is not None]
    if len(matches) < 2 or original.head.strip() or original.prose:
        return None
    if any(_NUMBER.match(line) for line in original.region.split("\n")):
        return None
    sign = matches[0]["sign"].strip()
    numbers = [int(match["number"]) for match in matches]
    runs = sum(other == one + 1 for one, other in pairwise(numbers))
    gutter = sign in ("|", "\u2502", "\u2192")
    if len(matches) < len(filled):
        return NUMBERED if gutter and runs and runs >= len(matches) // 2 else None
    rising = all(0 < other - one <= 1 + _blanks(lines) for one, other in pairwise(numbers))
    if not rising or len({match["sign"].strip() for match in matches}) > 1:
        return None
    if not gutter and _may_be_meant(matches, text, original):
        return None
    stripped = [match["line"] if (match := _NUMBER.match(line)) else "" for line in lines]
    spaced = all(line.startswith(" ") for line in stripped if line)
    return "\n".join(line[spaced:] for line in stripped)


def _blanks(lines: Sequence[str]) -> int:
    return sum(not line.strip() for line in lines)


def _may_be_meant(matches: Sequence[re.Match[str]], text: str, original: Original) -> bool:
    """Whether numbers are keys of a table, or lines of a language that numbers them."""
    if original.language in ("yaml", "basic", "freebasic", "fortran"):
        return True
    known = by_id(original.language)
    if known is not None and known.has_grammar and stands_alone(text, original.language):
        return True
    return all(match["line"].rstrip().endswith(",") for match in matches[:-1])


_PROMPT = re.compile(r"^(?:>>> ?|\.\.\. ?|> ?)")
_TICKED = re.compile(r"\s*`[^`]+`\s*")


def without_quoting(text: str, original: Original) -> str | None:
    """The code without the sign of a quotation, or of an interpreter, before every line.

    So too where every line stands between backticks.
    """
    filled = [line for line in text.split("\n") if line.strip()]
    if not filled or original.prose or original.head.strip():
        return None
    if len(filled) > 1 and all(_TICKED.fullmatch(line) for line in filled):
        return None if "`" in original.region else text.replace("`", "")
    if not all(_PROMPT.match(line) for line in filled) or not filled[0].startswith(">"):
        return None
    if any(line.strip().startswith(">") for line in original.region.split("\n")):
        return None
    return "\n".join(_PROMPT.sub("", line, count=1) for line in text.split("\n"))
