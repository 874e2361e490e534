"""Which part of an answer is the code: one fenced block of several, or unfenced text."""

import re
from collections.abc import Callable, Sequence

from moa_lsp.answers.compare import normalised, similarity
from moa_lsp.answers.extraction_target import ExtractionTarget
from moa_lsp.answers.fences import FencedBlock
from moa_lsp.answers.reasoning_formats import REASONING_FENCES
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.answers.wrappers import CALL_FENCES
from moa_lsp.syntax.gates import parses, stands_alone
from moa_lsp.syntax.languages import PLAINTEXT, akin, by_id
from moa_lsp.syntax.symbols import symbols

MAX_CODE_BLOCKS = 32
"""Fenced blocks of one answer; each may be parsed in place, and a real answer has a few."""


_NOT_CODE = frozenset({"shellscript", "powershell", "bat", "diff", "json", "jsonc", "plaintext"})
"""Languages of blocks that show commands and their output, unless the document is in them."""

_MARGIN = 0.10
"""How much more like the region than the next a block must be."""

_UNFENCED_LIKENESS = 0.35
"""From here on unfenced text is taken for the region rewritten."""

_PROSE = re.compile(
    r"^\s*(?:[A-Z*>#-][^{}();=<>\[\]]*[.:!?*`]|[A-Z][\w',]*(?: [\w',`-]+){3,})\s*$"
)


_ALTERNATIVE = re.compile(
    r"\b(?:alternativ\w*|another (?:way|option|approach|version|implementation|solution)"
    r"|(?:can|could|may|might) also|if you (?:want|need|prefer|would like|wish)"
    r"|other (?:way|approach|option)s?|optionally|for comparison|without using|instead of"
    r"|(?:more|very|most|less|in)\s?efficient\w*|optimi[sz]\w+|memoi[sz]\w+"
    r"|(?:iterative|recursive|shorter) (?:way|approach|version|implementation|solution))\b",
    re.IGNORECASE,
)
"""In the words before a block: it is not the answer itself but something else to do."""

_SECOND_THOUGHT = re.compile(
    r"\b(?:improv\w+|enhanc\w+|(?:updated|modified|revised) version|error handling"
    r"|handl(?:e|es|ing) (?:those|these|such|negative|invalid|edge)|dynamic programming"
    r"|(?:we|you) (?:can|could|may|might) (?:use|define|implement|add|want)"
    r"|if you(?:'re| are) (?:using|working)|(?:earlier|older|newer) version"
    r"|more (?:robust|descriptive|conventional|readable|concise))\b",
    re.IGNORECASE,
)
"""In the words before a block: behind an answer that stands by itself, what one could do further.
Where that decides over a stub, 15 first versions of 18 recorded answers pass, and 14 last ones
(docs/extraction.md, "Early stop")."""

NOT_MEANT = re.compile(
    r"\b(?:original|current(?:ly)?|existing|before|previous|incorrect|wrong|buggy)\b",
    re.IGNORECASE,
)
"""In the words before a block: it may be shown only to be changed."""

_BAD = re.compile(
    r"(?:[\u274c\u2717\u2718]"
    r"|\b(?:bad|wrong|incorrect|buggy|broken|do not|don['\u2019]t|never|avoid)\b)"
    r"(?!.*\b(?:right|correct|correction|corrected|fix\w*|instead|better|good|here)\b)",
    re.IGNORECASE,
)
"""In the line before a block: it shows how not to write it."""

_TRY = re.compile(
    r"\b(?:(?:first|initial|rough|naive|quick) (?:try|attempt|drafts?|version|idea|pass|sketch)"
    r"|drafts?|let me (?:try|start|write|sketch))\b",
    re.IGNORECASE,
)
"""In the words before a block: it is a step on the way, and the answer comes behind it."""


def choose(blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> FencedBlock:
    """The one block to take.

    Args:
        blocks: all blocks of the answer, at least one.
        asked: the place, LF line endings.

    Raises:
        Rejected: no block is code, or several are and none stands out.
    """
    if len(blocks) > MAX_CODE_BLOCKS:
        raise RejectedAnswer(
            "several_blocks", f"{len(blocks)} code blocks where one was asked for"
        )
    left = [block for block in blocks if block.code.strip() and _may_be_code(block, asked)]
    if not left:
        left = _lone(blocks, asked)
    if not left:
        raise RejectedAnswer("no_code", "no code block in the language of the document")
    narrowings: tuple[Callable[[FencedBlock], bool], ...] = (
        lambda block: block.language is not None and akin(block.language, asked.language),
        lambda block: fits(block.code, asked),
    )
    for narrowing in narrowings:
        if len(left) > 1:
            left = [block for block in left if narrowing(block)] or left
    left = _distinct(left, asked)
    if len(left) == 1:
        return left[0]
    versions = _versions(left, asked)
    if versions:
        return _main(versions, asked)
    if asked.insertion:
        raise RejectedAnswer(
            "several_blocks", f"{len(left)} different code blocks where one was asked for"
        )
    ranked = sorted(left, key=lambda block: similarity(block.code, asked.region), reverse=True)
    best, next_best = (similarity(block.code, asked.region) for block in ranked[:2])
    if best - next_best < _MARGIN:
        raise RejectedAnswer(
            "several_blocks",
            f"{len(left)} different code blocks, and none is clearly for the region",
        )
    return _no_try(ranked[0], blocks)


_DIALECTS = frozenset(
    {PLAINTEXT, "shellscript", "ini", "properties", "yaml", "dockerfile", "makefile", "toml"}
)
"""Languages whose files are written in many dialects, which models tag as they like."""


def _lone(blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> list[FencedBlock]:
    """The only block, whatever its tag says, where what it holds is right for the place."""
    filled = [block for block in blocks if block.code.strip()]
    if len(filled) != 1 or _is_set_apart(filled[0], asked):
        return []
    code, language = filled[0].code, by_id(asked.language)
    if language is None or language.id in _DIALECTS:
        return filled
    if language.has_grammar:
        alike = similarity(code, asked.region) >= _UNFENCED_LIKENESS
        return filled if fits(code, asked) and (alike or _is_code(code, asked)) else []
    return filled if similarity(code, asked.region) >= _UNFENCED_LIKENESS else []


def _versions(blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> list[FencedBlock]:
    """Those that define what was asked for; or, with no name known, all one and the same name.

    Beside one definition there are examples of its use. Where none has the very name, one that
    spells it otherwise (``read_all``, ``readAll``) is meant.
    """
    if asked.name and (asked.insertion or _defines(asked.region, asked, asked.name)):
        versions = [block for block in blocks if _defines(block.code, asked, asked.name)]
        if versions or asked.insertion:
            return versions
        return [block for block in blocks if asked.name in said_names(block.code, asked)]
    if not asked.insertion or asked.name:
        return []
    said = [(block, names) for block in blocks if (names := _names(block.code, asked))]
    same = said and frozenset.intersection(*(names for _, names in said))
    return [block for block, _ in said] if same else []


def _main(blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> FencedBlock:
    """The one that counts of several versions of one thing.

    Models correct themselves, so the last is right more often than the first, unless it is shown
    as something else that one could also do, or as a second thought behind a first answer.
    """
    good = [block for block in blocks if not _is_bad(block)] or blocks
    main = [block for block in good if not _ALTERNATIVE.search(block.lead)] or good[:1]
    first, *others = main
    if _is_answer(first, asked):
        others = [block for block in others if not _SECOND_THOUGHT.search(block.lead)]
    return _no_try([first, *others][-1], blocks)


def _is_bad(block: FencedBlock) -> bool:
    lines = [line for line in block.lead.split("\n") if line.strip()]
    return bool(lines) and _BAD.search(lines[-1]) is not None


def _is_answer(block: FencedBlock, asked: ExtractionTarget) -> bool:
    """Whether a block is more than the code that is to be changed, shown once more."""
    same = normalised(block.code, asked.language) == normalised(asked.region, asked.language)
    return block.closed and not same and not NOT_MEANT.search(block.lead)


def _no_try(block: FencedBlock, blocks: Sequence[FencedBlock]) -> FencedBlock:
    """The block, if it is the last or was not said to be a try.

    Raises:
        Rejected: it was, so none is said to be the answer.
    """
    if block is blocks[-1] or not _TRY.search(block.lead):
        return block
    raise RejectedAnswer("doubtful", "its first code is a try, and the next is said to be another")


def _names(code: str, asked: ExtractionTarget) -> frozenset[str]:
    return frozenset(symbol.qualified for symbol in symbols(code, asked.language))


def _is_set_apart(block: FencedBlock, asked: ExtractionTarget) -> bool:
    """Whether a block says that it holds reasoning, the call of a tool, or words with blocks."""
    if block.info.lower() in REASONING_FENCES | CALL_FENCES:
        return True
    foreign = block.language == "markdown" and not akin(asked.language, "markdown")
    return foreign and "\n```" in f"\n{block.code}"


def _may_be_code(block: FencedBlock, asked: ExtractionTarget) -> bool:
    if _is_set_apart(block, asked):
        return False
    if block.language is None or akin(block.language, asked.language):
        return True
    return block.language not in _NOT_CODE


def fits(code: str, asked: ExtractionTarget) -> bool:
    """Whether code parses, alone or in its place."""
    if stands_alone(code, asked.language):
        return True
    return parses(asked.document, asked.placed(code), asked.language).ok


def _defines(code: str, asked: ExtractionTarget, name: str) -> bool:
    return any(symbol.name == name for symbol in symbols(code, asked.language))


def said_names(code: str, asked: ExtractionTarget) -> frozenset[str]:
    """The names that code defines, and the target's where one of them only spells it otherwise."""
    said = {symbol.name for symbol in symbols(code, asked.language)}
    if asked.name and _spelt(asked.name) in map(_spelt, said):
        said.add(asked.name)
    return frozenset(said)


def _spelt(name: str) -> str:
    return name.replace("_", "").casefold()


def _distinct(blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> list[FencedBlock]:
    """The blocks without those that a later one repeats."""
    keys = [normalised(block.code, asked.language) for block in blocks]
    return [block for index, block in enumerate(blocks) if keys[index] not in keys[index + 1 :]]


def unfenced(text: str, asked: ExtractionTarget) -> str:
    """The code of an answer without a fence.

    Lines of prose go from its two ends. What is left must be like the region, or parse and look
    like code.

    Raises:
        Rejected: it is neither.
    """
    if "`" in text and re.fullmatch(r"\s*`[^`\n]+`\s*", text):
        text = text.strip().strip("`")
    lines = text.split("\n")
    known = {line.strip() for line in asked.region.split("\n")}
    start, end = 0, len(lines)
    while start < end and _droppable(lines[start], known):
        start += 1
    while end > start and _droppable(lines[end - 1], known):
        end -= 1
    whole, bare = text.strip("\n"), "\n".join(lines[start:end])
    if asked.insertion:
        found = next(
            (code for code in (whole, bare, whole.lstrip()) if _is_code(code, asked)), None
        )
    else:
        found = next(
            (code for code in (whole, bare, whole.lstrip()) if _rewrites(code, asked)), None
        )
        if found == whole != bare and not _comments([*lines[:start], *lines[end:]], asked):
            raise RejectedAnswer(
                "no_code", "no code block, and the text's own words cannot be told from the code"
            )
    if found is None:
        raise RejectedAnswer("no_code", "no code block, and the text is not code for the region")
    return found


def _rewrites(code: str, asked: ExtractionTarget) -> bool:
    """Whether unfenced text is the region rewritten, or code of its own."""
    if not code.strip():
        return False
    alike = similarity(code, asked.region) >= _UNFENCED_LIKENESS
    return fits(code, asked) if alike else _is_code(code, asked)


def _droppable(line: str, known: set[str]) -> bool:
    return not line.strip() or (line.strip() not in known and _PROSE.match(line) is not None)


def _comments(lines: Sequence[str], asked: ExtractionTarget) -> bool:
    """Whether lines that could be prose are comments as well, and stay where all of it parses."""
    language = by_id(asked.language)
    sign = language.line_comment if language else None
    return sign is not None and all(
        line.lstrip().startswith(sign) for line in lines if line.strip()
    )


def _is_code(code: str, asked: ExtractionTarget) -> bool:
    language = by_id(asked.language)
    if language is None or not language.has_grammar or not stands_alone(code, asked.language):
        return False
    # `Sorry` and `Note: done` are valid Python: demand a definition, or several lines of code.
    if symbols(code, asked.language):
        return True
    return sum(bool(re.search(r"[=(){}\[\];]", line)) for line in code.split("\n")) >= 2
