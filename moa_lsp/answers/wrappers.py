"""Wrappers around code: JSON, tags, CDATA, quoted strings, and calls of tools written as text.

One that holds a single text is taken off. One that holds more than the code, or whose form cannot
be read to its end, is no answer.
"""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import Rejection

JSON_OBJECT = Rejection("artifact", "is a JSON object instead of code")
TOOL_CALL = Rejection("artifact", "is a call of a tool instead of code")
STRING = Rejection("artifact", "holds its code in a string")
TAGGED = Rejection("artifact", "holds tags around the code that cannot be taken off for sure")


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CODE_KEYS = _names(
    "code answer content contents new_code newcode replacement replace_with result output text"
    " body source source_code sourcecode solution response completion file_text file_content"
    " new_text updated_code refactored_code refactored fixed_code function implementation"
    " generated_code snippet region new_content python edited_code final_code value data"
)
"""Names of the field that holds the code, where an object has several."""

_OLD_KEYS = _names(
    "old old_code oldcode old_str old_string old_text search find original original_code"
    " before target diff patch"
)
"""Names of a field that makes an object a change of something else."""

_WORDS_KEYS = _names(
    "explanation answer text content markdown comment documentation docstring response summary"
    " description result output"
)
"""Names of the field that holds words for a person."""

_THOUGHT_KEYS = _names(
    "thought thoughts thinking thought_process reasoning reasoning_content analysis plan draft"
    " scratchpad rationale chain_of_thought reflection"
)
"""Names of a field that holds reasoning."""

_DATA_LANGUAGES = frozenset({"json", "jsonc", "jsonl", "yaml"})

_OBJECT = re.compile(r"\s*(?:\[\s*)?\{\s*(?P<quote>[\"'])(?P<key>[\w -]{1,40})(?P=quote)\s*:")
"""An object, or a list of objects."""

_LITERAL = re.compile(r"\s*(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*", re.DOTALL)


def literal(text: str, original: Original) -> str | Rejection | None:
    """The one text of the object or string that `text` is, or why there is none."""
    if original.head.strip():
        return None
    for read in (_json, _lines, _quoted, _triple):
        found = read(text, original)
        if found is not None:
            return found
    return None


def tagged(text: str, original: Original) -> str | Rejection | None:
    """What is inside the tag or CDATA section that `text` is, or why it cannot be used."""
    if original.head.strip():
        return None
    found = _cdata(text, original)
    return _tags(text, original) if found is None else found


def leftover(text: str, original: Original) -> str | Rejection | None:
    """The code without halves of wrappers at its ends, or why it cannot be used."""
    if original.may_hold_markup or tagged(text, original) is not None:
        return None  # the next round has it
    if "<![CDATA[" in original.bare(text) and "<![CDATA[" not in original.text:
        return TAGGED
    tags = [line for line in text.split("\n") if _LONE_TAG.fullmatch(line)]
    tags = [line for line in tags if original.fresh(line)]
    return _without_ends(text, tags) if tags else None


def _json(text: str, original: Original) -> str | Rejection | None:
    match = _OBJECT.match(text)
    stripped = text.strip()
    if match is None or original.language in _DATA_LANGUAGES or not stripped.endswith(("}", "]")):
        return None
    if original.region.lstrip().startswith(("{", "[")) or f'"{match["key"]}"' in original.text:
        return None
    if f"'{match['key']}'" in original.text:
        return None
    value = _read(stripped)
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        if len(value) > 1:
            return JSON_OBJECT
        value = value[0]
    if not isinstance(value, Mapping):
        named = match["key"].lower().replace("-", "_").replace(" ", "_")
        return JSON_OBJECT if named in _CODE_KEYS | _OLD_KEYS | {"name", "tool"} else None
    return _field(value, words=original.language == "markdown")


def _read(text: str) -> object:
    """A literal of JSON, with raw line ends in its strings, or of Python."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _field(values: Mapping[object, object], *, words: bool) -> str | Rejection:
    """The one text of an object that is the code, or the words that were asked for."""
    names = {str(key).lower().replace("-", "_").replace(" ", "_"): key for key in values}
    if names.keys() & _OLD_KEYS or {"name", "arguments"} <= names.keys():
        return JSON_OBJECT
    if len(values) == 1:
        only = next(iter(values.values()))
        if names.keys() & _THOUGHT_KEYS:
            return JSON_OBJECT
        if isinstance(only, Mapping):
            return _field(only, words=words)
        return only if isinstance(only, str) and only.strip() else JSON_OBJECT
    wanted = _WORDS_KEYS if words else _CODE_KEYS
    found = [values[key] for name, key in names.items() if name in wanted]
    texts = [value for value in found if isinstance(value, str) and value.strip()]
    return texts[0] if len(texts) == 1 else JSON_OBJECT


def _lines(text: str, original: Original) -> str | None:
    """The lines of an answer that is a list of them."""
    stripped = text.strip()
    if not re.match(r"\[\s*[\"']", stripped) or not stripped.endswith("]"):
        return None
    if original.region.lstrip().startswith(("[", '"', "'")) or original.prose:
        return None
    value = None if original.language in _DATA_LANGUAGES else _read(stripped)
    if not isinstance(value, list) or len(value) < _LISTED_LINES:
        return None
    lines = [line.rstrip("\n") for line in value if isinstance(line, str)]
    coded = any(line[:1].isspace() and line.strip() for line in lines)
    return "\n".join(lines) if coded and len(lines) == len(value) else None


_LISTED_LINES = 2
"""From here on strings in a list may be the lines of a text."""

_TRIPLE = re.compile(r"\s*(?P<quote>\"{3}|'{3})[ \t]*\n(?P<code>[\s\S]*)\n[ \t]*(?P=quote)\s*")


def _triple(text: str, original: Original) -> str | None:
    """The code of an answer that stands between triple quotes, on lines of their own."""
    found = _TRIPLE.fullmatch(text)
    if found is None or found["quote"] in found["code"] or original.prose:
        return None
    if original.region.lstrip().startswith(found["quote"]):
        return None
    return found["code"] if re.search(r"[=(){};]", found["code"]) else None


_ASSIGNED = re.compile(
    r"\s*(?P<key>\w{2,20})[ ]*"
    r"(?:=[ ]*[rfRF]?(?P<quote>\"{3}|'{3})[\s\S]*(?P=quote)|:[ ]*[|>][-+]?[ ]*\n[\s\S]*)\s*"
)
_EDITING_CALL = re.compile(
    r"\s*(?:\[\s*)?(?:print\(\s*)?(?:\w+\.)*(?P<name>(?:edit|write|create|replace|update|insert|apply|str_replace|save"
    r"|modify|submit)\w*)\((?P<rest>[\s\S]*)\)\s*\]?\s*;?\s*"
)
"""A call of such a name; in a list as Llama 4 and LFM2 write it, or printed as Gemini does."""


def held_in_string(text: str, original: Original) -> Rejection | None:
    """Whether an answer is a name with the code as its text, or a call that is given it."""
    if original.head.strip() or original.prose:
        return None
    assigned = _ASSIGNED.fullmatch(text)
    if assigned is not None and original.language not in _DATA_LANGUAGES:
        key = assigned["key"]
        if key.lower() in _CODE_KEYS | _THOUGHT_KEYS and not re.search(
            rf"\b{key}\b", original.text
        ):
            return STRING
    called = _EDITING_CALL.fullmatch(text)
    if called is None or re.search(rf"\b{called['name']}\b", original.text):
        return None
    return TOOL_CALL if re.search(r"\\n|\"{3}|'{3}", called["rest"]) else None


def _quoted(text: str, original: Original) -> str | None:
    """The lines of an answer that is one string of JSON."""
    if not _LITERAL.fullmatch(text) or r"\n" not in text or original.prose:
        return None
    if original.region.lstrip().startswith(('"', "'")) or original.language in _DATA_LANGUAGES:
        return None
    value = _read(text.strip())
    return value if isinstance(value, str) and "\n" in value.strip() else None


_CDATA = re.compile(r"\s*<!\[CDATA\[(?P<code>[\s\S]*?)\]\]>\s*")


def _cdata(text: str, original: Original) -> str | None:
    found = _CDATA.fullmatch(text)
    return None if found is None or "<![CDATA[" in original.text else found["code"].strip("\n")


_TAG_NAMES = (
    r"code|answer|final_answer|finalanswer|artifact|antartifact|boltartifact|boltaction|result"
    r"|solution|response|replacement|new_code|newcode|updated_code|output|completion|file|document"
    r"|content|contents|file_content|file_text|source|source_code|snippet|region|rewrite"
    r"|rewrite_this|edit|edited_code|refactored_code|fixed_code|implementation|code_block"
    r"|codeblock|python|pre|program|script_code|generated_code|text|final"
)
_HTML_NAMES = frozenset({"code", "output", "source", "pre", "text", "content", "document"})
_WRAPPED = re.compile(
    rf"\s*<(?P<name>{_TAG_NAMES})(?P<attributes>(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'"
    rf"|[^\s>]+))*)\s*>(?P<code>[\s\S]*)</(?P=name)\s*>\s*",
    re.IGNORECASE,
)
_LONE_TAG = re.compile(
    rf"\s*</?(?:{_TAG_NAMES})(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*>\s*", re.IGNORECASE
)


def _tags(text: str, original: Original) -> str | Rejection | None:
    if "<" not in text:
        return None
    found = _WRAPPED.fullmatch(text)
    if found is None:
        return None
    name = found["name"].lower()
    html = name in _HTML_NAMES and original.may_hold_markup
    if html or re.search(rf"<{name}\b", original.text, re.IGNORECASE):
        return None
    return found["code"].strip("\n") if found["code"].strip() else TAGGED


def _without_ends(text: str, tags: list[str]) -> str | Rejection:
    """The text without tags on lines of their own at its two ends."""
    lines = text.strip("\n").split("\n")
    while lines and (lines[0] in tags or not lines[0].strip()):
        del lines[0]
    while lines and (lines[-1] in tags or not lines[-1].strip()):
        del lines[-1]
    return "\n".join(lines) if lines and not set(tags) & set(lines) else TAGGED


@dataclass(frozen=True, slots=True)
class CallFormat:
    """How a family of models writes the call of a tool.

    Attributes:
        name: what it is called.
        mark: a pattern that no code has.
        source: where the format is described.
    """

    name: str
    mark: re.Pattern[str]
    source: str


def _call(name: str, mark: str, source: str) -> CallFormat:
    return CallFormat(name, re.compile(mark, re.MULTILINE), source)


_VLLM = "vllm-project/vllm, tool_parsers"

CALL_FENCES = frozenset(
    {"tool_code", "tool_call", "tool_calls", "tool_use", "function_call", "tool_outputs"}
)
"""Info strings of fences around the call of a tool (Gemma and Gemini write ``tool_code``)."""

CALLS = (
    _call("hermes", r"</?tool_call>", f"{_VLLM}/hermes_tool_parser.py"),
    _call(
        "qwen3 coder",
        r"^\s*</?(?:function|parameter)(?:=[\w.-]+)?>",
        f"{_VLLM}/qwen3coder_tool_parser.py",
    ),
    _call("llama", r"<\|python_tag\|>", f"{_VLLM}/llama_tool_parser.py"),
    _call(
        "mistral",
        r"\[(?:TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|ARGS|CALL_ID)\]",
        f"{_VLLM}/mistral_tool_parser.py",
    ),
    _call(
        "kimi",
        r"<\|tool_calls?(?:_section|_argument)?_(?:begin|end)\|>"
        r"|^\s*functions\.\w+:\d+",
        f"{_VLLM}/kimi_k2_tool_parser.py",
    ),
    _call(
        "deepseek",
        r"<\uff5ctool\u2581\w+\u2581?\w*\uff5c>|<\uff5c?DSML\uff5c",
        f"{_VLLM}/deepseekv3_tool_parser.py",
    ),
    _call(
        "harmony",
        r"\bto=functions\.\w+|<\|constrain\|>|<\|call\|>",
        "openai/harmony, docs/format.md",
    ),
    _call(
        "granite and phi",
        r"<\|?/?tool_calls?\|?>|^\s*functools\[",
        f"{_VLLM}/granite_tool_parser.py",
    ),
    _call("lfm", r"<\|tool_call_(?:start|end)\|>", "LiquidAI LFM2 chat template"),
    _call(
        "k2 horizon", r"</?ifm\|tool_calls?>", "vllm-project/vllm, k2_horizon_reasoning_parser.py"
    ),
    _call(
        "hunyuan with a suffix",
        r"</?(?:tool_calls?|arg_(?:key|value)):[\w.-]{1,24}>",
        "vllm-project/vllm, hy_v4_reasoning_parser.py",
    ),
    _call("nemotron", r"</?TOOLCALL>", "nvidia/Nemotron chat template"),
    _call(
        "function_call", r"</?function_calls?>|</?functioncall>", f"{_VLLM}/minimax_tool_parser.py"
    ),
    _call(
        "invoke",
        r"</?(?:\w+:)?invoke(?: name=[\"'][^\"'>]*[\"'])?>|<(?:\w+:)?parameter name=",
        f"{_VLLM}/minimax_m2_tool_parser.py",
    ),
    _call("glm", r"</?arg_(?:key|value)>", f"{_VLLM}/glm4_moe_tool_parser.py"),
    _call(
        "gemma",
        r"^\s*```?tool_code|</?tool_code>|<(?:start|end)_function_call>|<\|tool_call>",
        "Gemma documentation, function calling",
    ),
    _call("cohere", r"<\|(?:START|END)_ACTION\|>", "Cohere documentation, Command R7B"),
    _call("jamba and others", r"</?tool_calls>", f"{_VLLM}/jamba_tool_parser.py"),
    _call("react", r"^\s*Action: ?\w+\s*\n+\s*Action Input:", "ReAct, arXiv:2210.03629"),
    _call(
        "editors' agents",
        r"^\s*</?(?:write_to_file|replace_in_file|apply_diff|insert_content"
        r"|str_replace_editor|str_replace_based_edit_tool|edit_file|create_file|search_and_replace"
        r"|attempt_completion|new_str|old_str|old_string|new_string)>",
        "cline/cline and RooCodeInc/Roo-Code, tool instructions",
    ),
    _call(
        "openai as text",
        r"^\s*\{\s*\"(?:name|tool|function|tool_name|action|recipient_name)\""
        r"\s*:\s*\"[\w.:-]+\"\s*,\s*\"(?:arguments|parameters|args|input|params|action_input)\"\s*:",
        "OpenAI API reference, chat completions: tool_calls",
    ),
    _call(
        "tool_calls array",
        r"^\s*\{\s*\"tool_calls\"\s*:"
        r"|^\s*\[?\s*\{\s*\"type\"\s*:\s*\"function\"",
        "OpenAI API reference, chat completions: tool_calls",
    ),
)
"""Calls of tools as text, by the parsers of servers that know them."""


_ANY_CALL = re.compile("|".join(each.mark.pattern for each in CALLS), re.MULTILINE)


def calls_tool(text: str, original: Original) -> Rejection | None:
    """Whether an answer holds the call of a tool that its document does not have."""
    if not _ANY_CALL.search(text):
        return None
    bare = original.bare(text, comments=False)
    for each in CALLS:
        for found in each.mark.finditer(text):
            quoted = not bare[found.start() : found.end()].strip()
            if not quoted and found.group().strip() not in original.text:
                return TOOL_CALL
    return None
