"""What an error says, in any of the shapes that providers give it: its code, words and field.

Pure. The shapes, with where they are documented or read:

=============================  ===================================================================
``{"error": {"message", …}}``  OpenAI (openai-python, ``_exceptions.py``) and most others
``{"error": "words"}``         Ollama (its API page), LM Studio, Text Generation Inference
``{"error": true, "message"}`` gateways of their own making; the words stand beside
``[{"error": {…}}]``           Gemini's OpenAI endpoint (n4ze3m/page-assist issue 406)
``{"object": "error", …}``     vLLM before 0.10 (``entrypoints/openai/protocol.py``), FastChat
``{"type": "error", …}``       Anthropic (docs, "Errors")
``{"detail": "…" or […]}``     FastAPI (docs, "Handling Errors"): Mistral, LiteLLM, local servers
``{"message": "…", "code"}``   Mistral, DashScope (docs, "Error messages"), AWS
``{"errors": […]}``            Cloudflare Workers AI (docs, API errors)
``{"title", "status", …}``     problem details, RFC 9457
``{"base_resp": {…}}``         MiniMax (docs, "Error codes"): 0 is success
``{"error_code", "error_msg"}`` Baidu Qianfan
``{"choices": [{"error"}]}``   OpenRouter (docs, "Errors"): in the choice of an event
``metadata.raw``               OpenRouter: the words of the provider behind it
JSON inside a string           gateways that pass on another server's body as a message
=============================  ===================================================================
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moa_lsp.providers.strict_json import items, mapping

MAX_NESTED = 10
"""Objects, lists and bodies within each other that are opened: two levels for each of a gateway
before a gateway before a provider, and the JSON between them."""

MAX_LISTED = 3
"""Errors of a list that are told: validation lists one for every branch of a union."""

_ANSWERS = ("choices", "content", "done", "response", "candidates", "delta", "usage", "data")
"""Keys of answers, events and lists of models. Where one is, words beside it are no error."""

_WORDS = (
    "message", "msg", "detail", "details", "error_msg", "error_message", "errorMessage",
    "status_msg", "description", "error_description", "reason", "error", "errors", "title",
)  # fmt: skip
"""Where the words of an error stand, the most telling first."""

_CODES = (
    "code",
    "type",
    "type_",
    "status",
    "error_code",
    "errorCode",
    "status_code",
    "statusCode",
)


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """An error as it was put.

    Attributes:
        codes: its codes, types and statuses as strings, the outermost first.
        text: its words, ``""`` when it has none.
        field: of the request, that it names beside its words.
    """

    codes: tuple[str, ...] = ()
    text: str = ""
    field: str | None = None


def error_in(value: object) -> ErrorWords | None:
    """The error inside a decoded answer or event of status 200, ``None`` when there is none."""
    if isinstance(value, list):
        return error_in(value[0]) if value and "error" in mapping(value[0]) else None
    held = mapping(value)
    found = _marked(held)
    if found is not None:
        return found
    if any(name in held for name in _ANSWERS) or isinstance(held.get("message"), dict):
        return None
    unmarked = said(held)
    return unmarked if unmarked.text else None


def _marked(held: Mapping[str, Any]) -> ErrorWords | None:
    """The error of an object that says that it is one."""
    error = held.get("error")
    if error and isinstance(error, bool | int | float):
        return said({**held, "error": None})
    if error:
        beside = said({name: held[name] for name in ("code", "status") if name in held})
        return _joined([said(error), beside])
    if held.get("object") == "error" or held.get("type") == "error":
        return said(held)
    base = mapping(held.get("base_resp"))
    if base.get("status_code"):
        return said(base)
    choices = items(held.get("choices"))
    inner = mapping(choices[0]).get("error") if choices else None
    return said(inner) if inner else None


def said(error: object, depth: int = 0) -> ErrorWords:
    """Codes, words and field of an error of any shape."""
    if depth > MAX_NESTED:
        return ErrorWords()
    if isinstance(error, str):
        inner = _opened(error)
        return ErrorWords(text=error.strip()) if inner is None else said(inner, depth + 1)
    if isinstance(error, list):
        return _joined([said(each, depth + 1) for each in error[:MAX_LISTED]])
    held = mapping(error)
    codes = tuple(code for name in _CODES if (code := _code(held.get(name))))
    found = next((each for each in _worded(held, depth) if each.text), ErrorWords())
    field = _field(held) or found.field
    text = found.text
    raw = said(mapping(held.get("metadata")).get("raw") or "", depth + 1)
    if raw.text and raw.text not in text:
        text = f"{text}: {raw.text}" if text else raw.text
    named = _place(held.get("loc"))
    if named and text and named not in text:
        text = f"{named}: {text}"
    return ErrorWords((*codes, *found.codes, *raw.codes), text, field or raw.field)


def of_body(body: str) -> ErrorWords:
    """The error that the body of a refusal is: JSON, a page, or words."""
    inner = _opened(body)
    if inner is not None:
        found = said(inner[0] if isinstance(inner, list) and len(inner) == 1 else inner)
        return found if found.text else ErrorWords(found.codes, _compact(inner), found.field)
    return ErrorWords(text=page_title(body) if is_page(body) else body.strip())


def is_page(body: str) -> bool:
    """Whether a body is HTML or XML."""
    return body.lstrip("\ufeff \t\r\n")[:1] == "<"


def page_title(body: str) -> str:
    """What a page is called, ``""`` when it does not say."""
    match = _TITLE.search(body)
    return html.unescape(" ".join(_TAG.sub(" ", match[2]).split())) if match else ""


_TITLE = re.compile(r"<(title|h1)\b[^>]{0,200}>(.{1,300}?)</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,200}>")


def _worded(held: Mapping[str, Any], depth: int) -> Iterator[ErrorWords]:
    for name in _WORDS:
        value = held.get(name)
        if isinstance(value, str | list | dict) and value:
            yield said(value, depth + 1)


def _opened(text: str) -> Any:  # noqa: ANN401  # JSON may be anything; its reader looks
    """The object or list that a text is in JSON, ``None`` when it is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _joined(found: list[ErrorWords]) -> ErrorWords:
    return ErrorWords(
        tuple(code for each in found for code in each.codes),
        "; ".join(dict.fromkeys(each.text for each in found if each.text)),
        next((each.field for each in found if each.field), None),
    )


def _code(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value) if abs(len(str(value))) <= _MAX_CODE_CHARS else ""


_MAX_CODE_CHARS = 100
"""Of a code; real ones are under 40, and words are no code."""


def _field(held: Mapping[str, Any]) -> str | None:
    """``param`` as OpenAI says it, or ``loc`` as pydantic does."""
    param = held.get("param")
    if isinstance(param, str) and param:
        return param
    return _place(held.get("loc")) or None


def _place(loc: object) -> str:
    names = [str(each) for each in items(loc) if isinstance(each, str | int)]
    return ".".join(names[1:] if names[:1] == ["body"] else names)[:_MAX_CODE_CHARS]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
