"""The base of every value read from a user's file, and the strings that many of them share.

A value is frozen, knows exactly its keys, and converts nothing: ``"5"`` is not a number, ``1`` is
not true. Lists arrive as tuples (``frozen``), so that a value cannot be changed by way of a list
in it.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits

MAX_USD = 10_000.0
"""Any amount of money in a file: more is a slip."""


MAX_EXTRA_FIELDS = 32
"""Further fields of one request's body; no provider documents as many."""

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[^\s/](?:\S*[^\s/])?")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")


class Value(BaseModel):
    """A part of a configuration: immutable, strict, and closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        defer_build=True,  # a validator is built when its first file is read, not at import
        protected_namespaces=(),  # `model` is our word
        hide_input_in_errors=True,  # an input may be a key that was pasted in the wrong place
    )

    def __hash__(self) -> int:
        """Of its JSON: fields may be maps, which have no hash of their own."""
        return hash(self.model_dump_json())


def keys_of(kind: type[BaseModel]) -> list[str]:
    """Give the keys of a value, those that must be there first."""
    fields = kind.model_fields
    return sorted(fields, key=lambda name: not fields[name].is_required())


def frozen(value: object) -> object:
    """Give back plain data with every list turned into a tuple, as ``Value`` classes take it."""
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


def _model(name: str) -> str:
    if not _MODEL.fullmatch(name) or len(name) > shared_limits.MAX_NAME_CHARS:
        raise PydanticCustomError(
            "model_name", "a model is written provider/model, as in deepseek/deepseek-chat"
        )
    return name


def _name(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > shared_limits.MAX_NAME_CHARS:
        raise PydanticCustomError(
            "name", "a name is letters, digits, dots, hyphens and underscores, without spaces"
        )
    return name


def _text(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("text", "this text is empty: write something or leave it out")
    return text


ModelName = Annotated[str, AfterValidator(_model)]
"""``provider/model``; the model's part may itself hold slashes."""

Name = Annotated[str, AfterValidator(_name)]
"""Of a mix, an agent, a provider or an action: safe in a file name and in an LSP kind."""

Text = Annotated[str, Field(max_length=shared_limits.MAX_INSTRUCTION_CHARS), AfterValidator(_text)]
"""Prose for a model or a user; never blank."""

Seconds = Annotated[float, Field(gt=0, le=limits.MAX_WAIT_S)]
"""A duration that something is waited for."""

Usd = Annotated[float, Field(ge=0, le=MAX_USD)]
"""An amount of money."""

Reasoning = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How deep a model reasons; each provider says it in a way of its own
(``providers/reasoning.py``)."""

Extra = Annotated[Mapping[str, Any], Field(max_length=MAX_EXTRA_FIELDS)]
"""Further fields of a request's body, as plain data."""

Tokens = Annotated[int, Field(ge=1, le=shared_limits.MAX_TOKENS)]
"""A number of tokens."""

Temperature = Annotated[float, Field(ge=0, le=2)]
"""Of a model's answers."""
