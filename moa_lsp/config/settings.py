"""The user's settings as values: one field for each key of ``config.yaml``, with its default.

Pure: files are read elsewhere. A default here is what a user without any file gets.
"""

import difflib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.config.apis import Api
from moa_lsp.config.headers import Headers, HeaderValue, Variable
from moa_lsp.config.test_command import TestCommand
from moa_lsp.config.values import ModelName, Name, Text, Tokens, Usd, Value

MAX_CONCURRENCY = 64
"""Requests at once to one provider that a file may ask for."""

MAX_CACHE_DAYS = 365
"""Age of kept results; code older than a year is another code."""

MAX_ROUTES = 256
"""Routes tried one after the other at each run."""

MAX_PATTERNS = 256
"""Patterns of files in one setting: each is tried on every file."""

AUTO = "auto"
"""In place of a mix's name: the first ready mix of ``auto_order``, at last ``embedded``."""

AUTO_INLINE = "auto-inline"
"""The same for inline completion."""

FALLBACK_MIX = "embedded"
"""The mix that is always ready: it needs no key and no network."""

INLINE_ORDER = ("ollama-inline", "llamacpp-inline", "embedded-inline")
"""What ``auto-inline`` tries. Only what is free: an offer comes with every pause in typing, and
money for that is to be agreed to by naming a mix."""


def _url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as err:
        raise PydanticCustomError("url", "this is not a URL: write https://host/path") from err
    if parts.scheme not in ("https", "http") or not host or re.search(r"[\s\x00-\x20]", url):
        raise PydanticCustomError("url", "this is not a URL: write https://host/path")
    if parts.username is not None or parts.password is not None:
        raise PydanticCustomError(
            "url", "a URL with a user name or password in it: use api_key_env instead"
        )
    if parts.query or parts.fragment:
        raise PydanticCustomError("url", "a base URL has no ? and no #: requests add their own")
    if parts.scheme == "http" and not _is_loopback(host):
        raise PydanticCustomError(
            "url", "plain http to another machine would show keys and code: use https"
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _absolute(path: str) -> str:
    if not Path(path).expanduser().is_absolute():
        raise PydanticCustomError("path", "write the whole path, from the root or from ~")
    return path


class ProviderFile(Value):
    """A provider as written; over a built-in one every key may be left out.

    Attributes:
        api: the wire.
        base_url: https, or http to this machine.
        api_key_env: name of the environment variable that holds the key.
        api_key_command: program and arguments that print the key; no shell.
        api_key_keyring: service in the system's keyring.
        max_concurrency: requests at once.
        headers: further headers of every request; a value is text, or `{env: NAME}`,
            `{command: […]}` or `{keyring: SERVICE}`.
        ca_file: certificates that count besides the system's, in PEM; an absolute path.
    """

    api: Api | None = None
    base_url: Annotated[str, AfterValidator(_url)] | None = None
    api_key_env: Variable | None = None
    api_key_command: tuple[Text, ...] | None = Field(default=None, min_length=1)
    api_key_keyring: Text | None = None
    max_concurrency: int | None = Field(default=None, ge=1, le=MAX_CONCURRENCY)
    headers: Headers = None
    ca_file: Annotated[Text, AfterValidator(_absolute)] | None = None

    @model_validator(mode="after")
    def _one_key_source(self) -> "ProviderFile":
        given = [name for name in KEY_SOURCES if getattr(self, name) is not None]
        if len(given) > 1:
            raise PydanticCustomError(
                "key_sources",
                "{keys} are two sources of one key: keep one",
                {"keys": " and ".join(given)},
            )
        return self


KEY_SOURCES = ("api_key_env", "api_key_command", "api_key_keyring")


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """A provider as the program uses it: an endpoint, and where its key is. Never the key.

    Attributes:
        api: the wire; besides ``Api`` also ``embedded``, and ``scripted`` in tests.
        base_url: ``""`` for embedded tools.
        headers: further headers of every request, and where their values are.
        ca_file: certificates that count besides the system's.
        models: the only models it has, ``None`` when that is not known here.
        sound: false when its entry has problems: then nothing of it is to be used, since a key
            could go to another address than was meant.
    """

    name: str
    api: str
    base_url: str = ""
    api_key_env: str | None = None
    api_key_command: tuple[str, ...] | None = None
    api_key_keyring: str | None = None
    max_concurrency: int = shared_limits.PROVIDER_CONCURRENCY
    headers: Mapping[str, HeaderValue] = field(default_factory=dict, hash=False)
    ca_file: str | None = None
    models: frozenset[str] | None = None
    sound: bool = True

    @property
    def needs_key(self) -> bool:
        """Whether requests carry a key."""
        return any(getattr(self, source) is not None for source in KEY_SOURCES)


def is_local(provider: ProviderEntry) -> bool:
    """Say whether a provider is a server on this machine that needs no key."""
    return on_loopback(provider) and not provider.needs_key


def on_loopback(provider: ProviderEntry) -> bool:
    """Say whether a provider is reached at an address of this machine."""
    host = urlsplit(provider.base_url).hostname
    return host is not None and _is_loopback(host)


class Price(Value):
    """USD per million tokens."""

    input: Usd
    output: Usd
    cached_input: Usd | None = None


FIM_WAYS = (
    "suffix", "infill", "chat", "codegeex", "codegemma", "codellama", "codestral", "deepseek",
    "granite", "qwen", "santacoder", "seed", "starcoder",
)  # fmt: skip
"""How a model is asked to fill a gap: by suffix, by llama.cpp's endpoint, in words, or by the
markers of a family (``providers/fim_routing.py``)."""


def _fim_way(way: str) -> str:
    if way not in FIM_WAYS:
        near = difflib.get_close_matches(way, FIM_WAYS, n=1)
        meant = f"; did you mean `{near[0]}`?" if near else f", use one of: {', '.join(FIM_WAYS)}"
        raise PydanticCustomError("fim", "there is no way `{way}` to fill a gap{meant}",
                                  {"way": way, "meant": meant})  # fmt: skip
    return way


class ModelFacts(Value):
    """What the user knows about a model.

    Attributes:
        context: tokens of prompt and answer together.
        max_output: tokens of an answer.
        fim: how it is asked to fill in the middle: ``suffix``, ``infill``, ``chat`` or the name
            of a family of templates.
        system_role: whether its server takes messages of the role ``system``.
        max_tokens_field: the name of the bound of an answer, as its server takes it.
        images: whether it takes images; chats alone have any.
    """

    context: Tokens | None = None
    max_output: Tokens | None = None
    price: Price | None = None
    fim: Annotated[Name, AfterValidator(_fim_way)] | None = None
    system_role: bool = True
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] | None = None
    images: bool = False


class InlineSettings(Value):
    """Inline completion.

    Attributes:
        debounce_ms: most milliseconds that an automatic request in a burst of keys waits.
        languages: by LSP language identifier; absent means on.
    """

    enabled: bool = True
    mix: Text = AUTO_INLINE
    debounce_ms: int = Field(default=150, ge=0, le=limits.MAX_DEBOUNCE_MS)
    languages: Mapping[str, bool] = Field(default_factory=lambda: {"markdown": False})


class Route(Value):
    """A mix for some runs; all given keys must match, and the first route that does wins.

    Attributes:
        path: a glob over the path below the workspace, ``**`` for any number of folders.
    """

    mix: Text
    action: Name | None = None
    language: Text | None = None
    path: Text | None = None

    @model_validator(mode="after")
    def _narrows(self) -> "Route":
        if (self.action, self.language, self.path) == (None, None, None):
            raise PydanticCustomError(
                "route", "a route needs action, language or path; for all runs set `mix` itself"
            )
        return self


class RunBudget(Value):
    """Worst case in USD that is agreed to, by run and by day.

    Attributes:
        without_ledger: whether runs that cost money go on while the usage ledger is lost or
            cannot be written, so that nobody knows what the day has cost.
    """

    usd_per_run: Usd = 0.25
    usd_per_day: Usd = 5.0
    without_ledger: bool = False


class ContextSettings(Value):
    """What may be shown to models. Files are named as in lines of a ``.gitignore``.

    Attributes:
        max_tokens: of code around and in the target, in one prompt.
        exclude: files that are never shown.
        allow: files that may be shown although their name or an ignore file says otherwise, and
            in which actions work although an editor takes orders from them.
        rules: shown as conventions beside ``AGENTS.md`` and its kind; of trusted folders alone.
    """

    max_tokens: Tokens = 8000
    exclude: tuple[Text, ...] = Field(default=("secrets/**",), max_length=MAX_PATTERNS)
    allow: tuple[Text, ...] = Field(default=(), max_length=MAX_PATTERNS)
    rules: tuple[Text, ...] = Field(default=(), max_length=MAX_PATTERNS)


class CacheSettings(Value):
    """Kept results."""

    enabled: bool = True
    days: int = Field(default=7, ge=1, le=MAX_CACHE_DAYS)


class IndexSettings(Value):
    """The index of the opened folder."""

    enabled: bool = True


class LogSettings(Value):
    """What is written to the log."""

    level: Literal["debug", "info", "warning", "error"] = "warning"


Review = Literal["auto", "always", "never"]
"""When an edit needs the user's confirmation."""


class Settings(Value):
    """``config.yaml``."""

    mix: Text = AUTO
    auto_order: tuple[Text, ...] = ("open-coding", "openrouter-open", "ollama-local", "embedded")
    inline: InlineSettings = InlineSettings()
    routes: tuple[Route, ...] = Field(default=(), max_length=MAX_ROUTES)
    providers: Mapping[Name, ProviderFile] = Field(default_factory=dict)
    models: Mapping[ModelName, ModelFacts] = Field(default_factory=dict)
    mix_dirs: tuple[Text, ...] = ("mixes",)
    actions_dirs: tuple[Text, ...] = ("actions",)
    review: Review = "auto"
    budget: RunBudget = RunBudget()
    context: ContextSettings = ContextSettings()
    cache: CacheSettings = CacheSettings()
    index: IndexSettings = IndexSettings()
    tests: Mapping[Name, TestCommand] = Field(default_factory=dict)
    log: LogSettings = LogSettings()
