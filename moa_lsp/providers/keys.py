"""Keys: fetched when first needed, bound to one origin, never shown.

A ``Secret`` has no text form and cannot be pickled; ``redacted`` takes every key that was ever
made out of a text, for messages and the log. A source is read once; what it gives is refused
unless it can stand in a header as it is (S13 in docs/faults.md).
"""

import asyncio
import base64
import contextlib
import functools
import importlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, quote_plus

from moa_lsp import limits
from moa_lsp.errors import AuthRejected
from moa_lsp.files import child_process
from moa_lsp.providers.origin import Origin

KEY_SOURCE_S = 5.0
"""For the command or the keyring that has a key: it may unlock something, not wait for a meal."""

MAX_KEY_BYTES = 8 * 2**10
"""A key; the longest kinds (signed tokens) stay under 4 KiB."""

KEY_RETRY_S = 30.0
"""A source of keys that failed is left alone as long: a broken command must not run at every
keystroke."""

MIN_REDACTED_CHARS = 8
"""Shorter keys (`none`, `ollama`) are placeholders, and hiding them would garble the log."""


_VISIBLE = re.compile(r"[\x21-\x7e]+")

_known: set[str] = set()
"""Every key of this process: the log must not show one even after its provider was replaced."""


class Secret:
    """A key and the only origin that it may go to."""

    __slots__ = ("_value", "origin")

    def __init__(self, value: str, origin: Origin) -> None:
        self._value = value
        self.origin = origin
        if len(value) >= MIN_REDACTED_CHARS:
            _known.add(value)

    def reveal(self) -> str:
        """The key itself; only what puts it into a header calls this."""
        return self._value

    def __repr__(self) -> str:
        return f"<secret origin={self.origin}>"

    def __str__(self) -> NoReturn:
        raise TypeError("a secret has no text form")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a secret has no text form")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


_BETWEEN = r"[\s\-_.\u00ad\u200b-\u200f\u2060-\u2064\ufeff]?"
"""What may stand between the characters of a key that somebody spells: one blank or dash, or
something that nobody sees."""


def known_secrets() -> frozenset[str]:
    """Every key of this process that is long enough to be one."""
    return frozenset(_known)


def redacted(text: str) -> str:
    """``text`` with every known key replaced, in every form that servers and proxies give it.

    In base64, hexadecimal, a URL or HTML, in either case, and with blanks or invisible characters
    between its own.
    """
    return _pattern(known_secrets()).sub("<secret>", text) if _known else text


@functools.lru_cache(maxsize=1)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    """All forms of all keys, the longest first."""
    forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
    longest_first = sorted(secrets, key=len, reverse=True)
    apart = (_BETWEEN.join(map(re.escape, secret)) for secret in longest_first)
    return re.compile("|".join([*map(re.escape, forms), *apart]), re.IGNORECASE)


def _forms(secret: str) -> set[str]:
    """The key, in a URL, and in base64 at each of the three places that a byte can begin."""
    coded = secret.encode()
    forms = {secret, quote(secret, safe=""), quote_plus(secret), coded.hex()}
    forms |= {"".join(f"{before}{byte:02x}" for byte in coded) for before in ("%", "\\x")}
    forms |= {"".join(f"&#{each};" for each in coded), "".join(f"&#x{each:x};" for each in coded)}
    for lead in range(3):
        based = base64.b64encode(b"\0" * lead + coded)
        whole = len(coded) + lead
        inner = based[(0, 2, 3)[lead] : whole // 3 * 4].decode()
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a key is: one of three places, or none for a provider that needs no key.

    Attributes:
        provider: the provider's name; also the user name in the keyring.
        variable: name of an environment variable.
        command: program and arguments that print the key; no shell sees them.
        keyring: service in the system's keyring.
    """

    provider: str
    variable: str | None = None
    command: tuple[str, ...] | None = None
    keyring: str | None = None

    @property
    def exists(self) -> bool:
        """Whether requests carry a key."""
        return bool(self.variable or self.command or self.keyring)


@dataclass(slots=True)
class Key:
    """A provider's key, read from its source when first asked for."""

    source: KeySource
    origin: Origin
    environ: Mapping[str, str]
    timeout: float = KEY_SOURCE_S
    _secret: Secret | None = None
    _failure: tuple[float, str] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def secret(self) -> Secret | None:
        """The key, ``None`` for a provider that needs none.

        Raises:
            AuthRejected: there is no key, or none that can be used.
        """
        if self._secret is not None or not self.source.exists:
            return self._secret
        async with self._lock:
            if self._secret is None:
                self._secret = await self._read()
        return self._secret

    def forget(self) -> None:
        """Read the source again the next time: the provider does not know the key."""
        self._secret = None

    async def _read(self) -> Secret:
        now = asyncio.get_running_loop().time()
        if self._failure is not None and now - self._failure[0] < KEY_RETRY_S:
            raise AuthRejected(self._failure[1])
        try:
            return Secret(_checked(await self._value(), self.source), self.origin)
        except AuthRejected as error:
            self._failure = (now, str(error))
            raise

    async def _value(self) -> str:
        source = self.source
        if source.variable:
            value = self.environ.get(source.variable)
            if value is None:
                raise AuthRejected(f"no key for {source.provider}, set {source.variable}")
            return value
        try:
            async with asyncio.timeout(self.timeout):
                if source.command:
                    return await _printed(source.command, source.provider)
                return await _kept(str(source.keyring), source.provider)
        except TimeoutError as err:
            raise AuthRejected(
                f"{place_of(source)} gave no key within {self.timeout:g} s, run it by hand once"
            ) from err


def place_of(source: KeySource) -> str:
    """Where a user finds the key, as messages say it."""
    if source.variable:
        return f"the variable {source.variable}"
    if source.command:
        return f"the key command of {source.provider}"
    return f"the keyring's entry for {source.provider}"


def _checked(value: str, source: KeySource) -> str:
    place = place_of(source)
    if not value:
        raise AuthRejected(f"{place} is empty, put the key there")
    if len(value) > MAX_KEY_BYTES:
        raise AuthRejected(f"{place} is too long for a key, check what it holds")
    if not _VISIBLE.fullmatch(value):
        raise AuthRejected(
            f"{place} holds a space, a line end or another character that no key has, remove it"
        )
    return value


async def _printed(command: tuple[str, ...], provider: str) -> str:
    """What the user's own command prints, without the last line's end."""
    what = f"the key command of {provider}"
    try:
        child = await child_process.start(
            *command, variables=None, folder=None, stdin="nothing", own_group=True
        )
    except (OSError, ValueError) as err:
        raise AuthRejected(f"{what} could not be started, check api_key_command") from err
    try:
        printed = await _bounded(child)
        code = None if printed is None else await child.wait()
    finally:
        await child_process.kill_group(child, limits.CLOSE_GRACE_S, MAX_KEY_BYTES)
    if printed is None:
        raise AuthRejected(f"{what} printed too much for a key, check api_key_command")
    if code != 0:
        raise AuthRejected(f"{what} failed (exit code {code}), run it by hand once")
    try:
        return printed.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as err:
        raise AuthRejected(
            f"{what} printed something that is no key, check api_key_command"
        ) from err


async def _bounded(child: asyncio.subprocess.Process) -> bytes | None:
    """All that a child prints, or ``None`` when it is too much for a key."""
    pieces: list[bytes] = []
    held = 0
    while child.stdout is not None and (piece := await child.stdout.read(MAX_KEY_BYTES)):
        pieces.append(piece)
        held += len(piece)
        if held > MAX_KEY_BYTES:
            return None
    return b"".join(pieces)


async def _kept(service: str, provider: str) -> str:
    """The password of user ``provider`` for ``service`` in the system's keyring."""
    try:
        # an extra, and untyped: most users have a variable or a command
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError as err:
        raise AuthRejected(
            f"no keyring for the key of {provider}, install moa-lsp[keyring] or use api_key_env"
        ) from err
    failures = (errors.KeyringError, *_KEYRING_FAILURES)
    try:
        value = await _in_thread(lambda: keyring.get_password(service, provider), failures)
    except failures as err:
        raise AuthRejected(f"the keyring gave no key for {provider}, unlock it") from err
    if value is None:
        raise AuthRejected(
            f"the keyring has no key for {provider}, run: keyring set {service} {provider}"
        )
    return value


_KEYRING_FAILURES = (OSError, RuntimeError, ValueError, LookupError)
"""What backends raise besides their own errors: they talk to the system's services."""


async def _in_thread(
    work: Callable[[], str | None], failures: tuple[type[Exception], ...]
) -> str | None:
    """Blocking work in a thread of its own: a keyring that hangs must not hold up our exit."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[str | None] = loop.create_future()

    def settle(value: str | None, error: Exception | None) -> None:
        if outcome.done():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(value)

    def run() -> None:
        value, failure = None, None
        try:
            value = work()
        except failures as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return await outcome
