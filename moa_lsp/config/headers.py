"""Further headers of a provider, and names of environment variables, as files may hold them.

Pure. A key never stands in a file: what looks like one is refused, and names of places are taken.
"""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from moa_lsp.config.values import Text, Value

MAX_HEADERS = 32
"""Further headers of one provider; servers refuse a hundred in all."""

RESERVED_HEADERS = frozenset({
    "host", "authorization", "proxy-authorization", "cookie", "content-length", "content-type",
    "content-encoding", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
    "upgrade", "expect", "accept", "accept-encoding",
})  # fmt: skip
"""Headers that no setting names: those of HTTP (RFC 9110, 9112), and those that requests have by
themselves. A key goes by the provider's own header."""

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_KEY_LIKE = re.compile(r"(?:sk|gsk|xai|hf|pk|fw|tgp|AIza|ghp)[-_].{12,}|(?=.*[a-z])(?=.*\d).{32,}")


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name) or _KEY_LIKE.fullmatch(name):
        raise PydanticCustomError(
            "variable",
            "this is not the name of an environment variable: a key itself never stands in a file",
        )
    return name


def _header_text(text: str) -> str:
    if not _HEADER_TEXT.fullmatch(text):
        raise PydanticCustomError("header", "a header's value is visible ASCII, on one line")
    if any(_KEY_LIKE.fullmatch(word) for word in text.split()):
        raise PydanticCustomError(
            "header", "a key never stands in a file: write `{env: NAME}` instead"
        )
    return text


def _header_value(value: object) -> object:
    return {"value": _header_text(value)} if isinstance(value, str) else value


Variable = Annotated[str, AfterValidator(_variable)]
"""The name of an environment variable, and no key."""


class HeaderValue(Value):
    """A header's value, or where it is: exactly one of the four.

    Attributes:
        value: the value itself; in a file it stands alone, as text.
        env: name of the environment variable that holds it.
        command: program and arguments that print it; no shell.
        keyring: service in the system's keyring.
    """

    value: str | None = None
    env: Variable | None = None
    command: tuple[Text, ...] | None = Field(default=None, min_length=1)
    keyring: Text | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "HeaderValue":
        given = [one for one in (self.value, self.env, self.command, self.keyring) if one]
        if len(given) != 1:
            raise PydanticCustomError(
                "header", "a header's value is text, or one of env, command and keyring"
            )
        return self


def _header_name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise PydanticCustomError("header", "`{name}` is no name of a header", {"name": name})
    if name.lower() in RESERVED_HEADERS:
        raise PydanticCustomError(
            "header", "`{name}` is set by moa-lsp or by HTTP itself", {"name": name}
        )
    return name


def _in_one_case(headers: Mapping[str, HeaderValue]) -> Mapping[str, HeaderValue]:
    if len({name.lower() for name in headers}) < len(headers):
        raise PydanticCustomError("header", "one header stands there twice, in other case")
    return headers


Headers = Annotated[
    Mapping[
        Annotated[str, AfterValidator(_header_name)],
        Annotated[HeaderValue, BeforeValidator(_header_value)],
    ]
    | None,
    Field(max_length=MAX_HEADERS),
    AfterValidator(lambda held: held and _in_one_case(held)),
]
"""Headers by name, as a file gives them."""
