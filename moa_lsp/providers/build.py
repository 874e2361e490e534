"""Makes the provider that a configuration entry describes."""

import ssl
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Protocol

from moa_lsp.config.apis import APIS
from moa_lsp.config.headers import HeaderValue
from moa_lsp.errors import UsageError
from moa_lsp.providers.anthropic import Anthropic
from moa_lsp.providers.fim_routing import FimRouting
from moa_lsp.providers.http import HttpProvider
from moa_lsp.providers.keys import Key, KeySource
from moa_lsp.providers.ollama import Ollama
from moa_lsp.providers.openai_chat import OpenAiChat, Quirks, quirks_of
from moa_lsp.providers.origin import BaseUrl, Origin, base_of
from moa_lsp.providers.parameters import Habits
from moa_lsp.providers.policy import RetryBudget
from moa_lsp.providers.reasoning import way_of
from moa_lsp.providers.transport import Transport
from moa_lsp.providers.wire import Wire


class EndpointConfig(Protocol):
    """What is needed of ``config.settings.ProviderEntry``."""

    @property
    def api(self) -> str:
        """The wire, one of ``APIS``."""

    @property
    def base_url(self) -> str:
        """Https, or http to this machine."""

    @property
    def api_key_env(self) -> str | None:
        """Name of an environment variable."""

    @property
    def api_key_command(self) -> tuple[str, ...] | None:
        """Program and arguments that print the key."""

    @property
    def api_key_keyring(self) -> str | None:
        """Service in the system's keyring."""

    @property
    def max_concurrency(self) -> int:
        """Requests at once."""

    @property
    def headers(self) -> Mapping[str, HeaderValue]:
        """Further headers."""

    @property
    def ca_file(self) -> str | None:
        """Certificates that count besides the system's."""


def build(
    name: str,
    entry: EndpointConfig,
    environ: Mapping[str, str],
    *,
    budgets: MutableMapping[Origin, RetryBudget] | None = None,
    trust: ssl.SSLContext | None = None,
    fim: Mapping[str, str] | None = None,
    habits: Mapping[str, Habits] | None = None,
) -> HttpProvider:
    """The provider of one entry; it opens no socket and reads no key before its first request.

    Args:
        name: what stands before the slash in ``provider/model``.
        entry: where it is, what it speaks, where its key is.
        environ: the process environment: keys by name, and proxies.
        budgets: retry budgets by origin, shared by the entries of one configuration.
        trust: a TLS context in place of the usual one, for tests.
        fim: what the user says of how its models fill gaps, by bare name.
        habits: what the user says of what their servers take, by bare name.

    Raises:
        UsageError: the entry's wire or address cannot be used.
    """
    base = base_of(entry.base_url)
    budget = RetryBudget()
    if budgets is not None:
        budget = budgets.setdefault(base.origin, budget)
    source = KeySource(name, entry.api_key_env, entry.api_key_command, entry.api_key_keyring)
    plain, keys = _headers(name, entry.headers, base.origin, environ)
    return HttpProvider(
        name,
        _wire(name, entry.api, base),
        Transport(base, environ=environ, trust=trust, ca_file=entry.ca_file),
        Key(source, base.origin, environ),
        entry.max_concurrency,
        budget,
        gaps=FimRouting(name, entry.api, base.origin.host, fim or {}),
        habits=dict(habits or {}),
        reasoning=partial(way_of, name, entry.api, base.origin.host),
        headers=plain,
        header_keys=keys,
    )


def _headers(
    name: str, headers: Mapping[str, HeaderValue], origin: Origin, environ: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, Key]]:
    """Further headers: those whose value is known, and those that are fetched as keys are."""
    plain = {header: held.value for header, held in headers.items() if held.value is not None}
    keys = {
        header: Key(KeySource(name, held.env, held.command, held.keyring), origin, environ)
        for header, held in headers.items()
        if held.value is None
    }
    return plain, keys


def _wire(name: str, api: str, base: BaseUrl) -> Wire:
    quirks = quirks_of(base.origin.host)
    match api:
        case "openai":
            return OpenAiChat(name, quirks)
        case "mistral":
            return OpenAiChat(name, Quirks(asks_usage=False))
        case "llamacpp":
            return OpenAiChat(name, prefix="/v1")
        case "anthropic":
            return Anthropic(name)
        case "ollama":
            return Ollama(name)
    raise UsageError(f"`{api}` is no api of a provider, use one of: {', '.join(sorted(APIS))}")
