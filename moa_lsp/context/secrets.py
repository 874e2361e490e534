"""Secrets in a text: keys of known shapes, private keys, tokens, passwords that are assigned.

Pure, and bounded in time: each kind is looked for where one of its literal words stands, and its
pattern ends after a bounded stretch of characters that a second try would not look at again. It
errs on the side of hiding: a value that is hidden for nothing costs nothing, since it comes back.

Own patterns: detect-secrets takes 250 ms to import and 460 ms for a thousand lines (measured).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from moa_lsp.context import limits
from moa_lsp.text.span import Span

MAX_PRIVATE_KEY_CHARS = 16 * 2**10
"""Of a private key in a text: the largest in use, of 16,384 bits, takes 12,700."""

LEAST_PRIVATE_KEY_CHARS = 24
"""Less between the lines of a private key is a sample."""

LEAST_BARE_PASSWORD_CHARS = 8
"""As ``LEAST_PASSWORD_CHARS`` without quotes, where most values are code."""

LEAST_TOKEN_CHARS = 12
"""What is assigned to a key or a token; shorter ones are names and numbers."""

LEAST_PASSWORD_BITS = 2.2
"""Bits a character of a password: `hunter2` has 2.8, `aaaaaa1` 0.6."""

LEAST_TOKEN_BITS = 2.8
"""As ``LEAST_PASSWORD_BITS``, of a token with letters and digits; hexadecimal ones have 3.3."""

LEAST_LETTERS_BITS = 3.8
"""As ``LEAST_TOKEN_BITS``, without digits, as words are too."""

LEAST_SHAPED_BITS = 2.5
"""As ``LEAST_TOKEN_BITS``, after the first letters of a known kind of key."""


@dataclass(frozen=True, slots=True)
class SecretMatch:
    """A value that must not be shown.

    Attributes:
        span: where it stands.
        kind: what it looks like, in words.
    """

    span: Span
    kind: str


@dataclass(frozen=True, slots=True)
class _KeyPattern:
    """A key of a known form: its first letters, and how it goes on."""

    kind: str
    starts: tuple[str, ...]
    rest: re.Pattern[str]


def _shape(kind: str, starts: str, rest: str) -> _KeyPattern:
    return _KeyPattern(kind, tuple(starts.split()), re.compile(rest))


_SHAPES = (
    _shape(
        "an AWS key", "AKIA ASIA AGPA AIDA AROA ANPA ANVA AIPA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"
    ),
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{30,255}"),
    _shape("a GitHub token", "github_pat_", r"\w{22,255}"),
    _shape("a GitLab token", "glpat- gldt- glrt- glptt-", r"[\w-]{20,255}"),
    _shape("a Slack token", "xoxa- xoxb- xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w-]{10,255}"),
    _shape("a Slack webhook", "https://hooks.slack.com/services/", r"[\w/]{20,255}"),
    _shape("an API key", "sk- rk- csk- gsk_ xai- pplx- nvapi- r8_ fw_ tgp_", r"[\w-]{20,255}"),
    _shape("a Google key", "AIza", r"[\w-]{35}(?![\w-])"),
    _shape("a Google token", "ya29. GOCSPX-", r"[\w-]{20,512}"),
    _shape("a Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"[A-Za-z0-9]{16,255}"),
    _shape("a Hugging Face token", "hf_", r"[A-Za-z0-9]{30,255}"),
    _shape("an npm token", "npm_", r"[A-Za-z0-9]{30,255}"),
    _shape("a PyPI token", "pypi-", r"[\w-]{50,512}"),
    _shape("a Docker token", "dckr_pat_", r"[\w-]{20,255}"),
    _shape("a SendGrid key", "SG.", r"[\w-]{16,64}\.[\w-]{16,64}"),
    _shape("a Mailgun key", "key-", r"[0-9a-f]{32}(?![0-9a-f])"),
    _shape("a Twilio key", "SK", r"[0-9a-f]{32}(?![0-9A-Za-z])"),
    _shape("a DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{64}"),
    _shape("a Shopify token", "shpat_ shpca_ shppa_ shpss_", r"[0-9a-fA-F]{32}"),
    _shape("a Databricks token", "dapi", r"[0-9a-f]{32}"),
    _shape("a Vault token", "hvs. hvb.", r"[\w-]{24,255}"),
    _shape("a Linear key", "lin_api_", r"[A-Za-z0-9]{30,255}"),
    _shape("a Notion token", "ntn_", r"[A-Za-z0-9]{30,255}"),
    _shape("a Square token", "sq0atp- sq0csp-", r"[\w-]{22,255}"),
    _shape("a Supabase token", "sbp_", r"[0-9a-f]{40}"),
    _shape("a Doppler token", "dp.pt. dp.st.", r"[\w.-]{30,255}"),
    _shape("an age key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{50,80}"),
    _shape("a JSON web token", "eyJ", r"[\w-]{8,1024}\.eyJ[\w-]{8,4096}\.[\w-]{8,1024}"),
)
_WORDISH = re.compile(r"[\w-]")

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = "-----END "

_URL = re.compile(r"[^\s/:@'\"`<>]{0,128}:(?P<value>[^\s/:@'\"`<>]{3,256})@")
_HEADER = re.compile(
    r"(?:Bearer|Basic|Token)[ ]{1,4}(?P<value>[A-Za-z0-9+/_.~-]{16,1024}={0,2})", re.IGNORECASE
)

_NAMED = re.compile(r"pass|pwd|secret|token|key|credential|dsn")  # over lower case
_WHOSE_KEY = re.compile(r"(?:api|access|account|private|auth|encryption|signing)[_-]?\Z")
_ASSIGNED = re.compile(
    r"""(?:(?P<password>pass(?:word|wd|phrase)?|pwd)|secret|token|key|credential|dsn)
        [A-Za-z0-9_]{0,24}["'`\])]{0,3}
        [ \t]{0,16}(?::[ \t]{0,4}[A-Za-z_][\w.\[\]|\ ]{0,24}=|:=|=>|[=:,]{1,3})
        [ \t]{0,16}
        (?:[a-zA-Z@$&]{0,2}(?P<quote>["'`]))?""",
    re.VERBOSE | re.IGNORECASE,
)
"""A name that says what it holds, up to where its value starts."""
_QUOTED = {mark: re.compile(rf"[^{mark}\r\n]{{4,512}}(?={mark})") for mark in "\"'`"}
_BARE = re.compile(r"[A-Za-z0-9+/_.~!@#$%^&*-]{8,512}={0,2}(?=[\s;,\"'`)}\]]|\Z)")

_TEMPLATE = re.compile(r"[$%#@]?\{|<[^>]*>|^\$\w|^%\w+%|\*{3,}|^x{3,}|^\.{3}", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]+(?:[ _./:-][A-Za-z]+)*|[A-Z][a-z]+(?:[A-Z][a-z]+)*|[a-z]+[A-Z]\w*")
_CODE = re.compile(r"[A-Za-z_][A-Za-z_]*(?:\.[A-Za-z_]\w*)*(?:\(.*)?|[\d.]+")
_DUMMIES = frozenset({"password", "passwd", "secret", "changeme", "example", "token", "test"})


def find(text: str) -> list[SecretMatch]:
    """All secrets of a text in its order; those that overlap are one."""
    found = sorted(
        (
            *_shaped(text),
            *_private_keys(text),
            *_in_urls(text),
            *_in_headers(text),
            *_assigned(text),
        ),
        key=lambda each: each.span,
    )
    merged: list[SecretMatch] = []
    for each in found:
        if merged and each.span.start < merged[-1].span.end:
            last = merged[-1]
            wider = Span(last.span.start, max(last.span.end, each.span.end))
            merged[-1] = SecretMatch(wider, last.kind)
        else:
            merged.append(each)
    return merged


def _places(text: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where one of these words starts and ends."""
    for word in words:
        at = text.find(word)
        while at >= 0:
            yield at, at + len(word)
            at = text.find(word, at + len(word))


def _shaped(text: str) -> Iterator[SecretMatch]:
    for shape in _SHAPES:
        for start, end in _places(text, shape.starts):
            # Within a word it is another word; and each word is tried once, however long.
            if start and _WORDISH.match(text, start - 1) and text[start - 1] != "_":
                continue
            if start and text[start - 1] == "_" and shape.starts[0][:1].islower():
                continue
            rest = shape.rest.match(text, end)
            if rest and _varied(rest[0]):
                yield SecretMatch(Span(start, rest.end()), shape.kind)


def _private_keys(text: str) -> Iterator[SecretMatch]:
    """What stands between the first and the last line of a key; to the end if that is missing."""
    if "PRIVATE KEY" not in text:
        return
    for head in _PEM.finditer(text):
        end = text.find(_PEM_END, head.end(), head.end() + MAX_PRIVATE_KEY_CHARS)
        if end < 0:
            end = min(len(text), head.end() + MAX_PRIVATE_KEY_CHARS)
        body = Span(head.end(), end)
        # A line that only speaks of keys has no key.
        words = text[body.start : body.end]
        lead = len(words) - len(words.lstrip("\\nr \t\r\n"))
        tail = len(words.rstrip("\\nr \t\r\n"))
        if tail - lead >= LEAST_PRIVATE_KEY_CHARS:
            yield SecretMatch(Span(body.start + lead, body.start + tail), "a private key")


def _in_urls(text: str) -> Iterator[SecretMatch]:
    for _, end in _places(text, ("://",)):
        found = _URL.match(text, end)
        if found is None or _TEMPLATE.search(found["value"]):
            continue
        if found["value"].lower() not in _DUMMIES:
            yield SecretMatch(Span(*found.span("value")), "a password in a URL")


def _in_headers(text: str) -> Iterator[SecretMatch]:
    for word in ("Bearer ", "bearer ", "Basic ", "basic ", "Token "):
        for start, _ in _places(text, (word,)):
            found = _HEADER.match(text, start)
            if found and _is_random(found["value"]):
                yield SecretMatch(Span(*found.span("value")), "a token of a header")


def _assigned(text: str) -> Iterator[SecretMatch]:
    low = text.lower()
    if len(low) != len(text):  # a few letters become two
        low = "".join(char.lower() if char.isascii() else char for char in text)
    for name in _NAMED.finditer(low):
        at = name.start()
        if name[0] == "key" and not _WHOSE_KEY.search(low, max(0, at - 12), at):
            continue
        head = _ASSIGNED.match(text, at)
        if head is None:
            continue
        quote = head["quote"]
        pattern = _QUOTED[quote] if quote else _BARE
        value = pattern.match(text, head.end())
        if value is None:
            continue
        what = value[0]
        if _TEMPLATE.search(what):
            continue
        if head["password"]:
            if _is_password(what, quoted=bool(quote)):
                yield SecretMatch(Span(*value.span()), "a password")
        elif _is_random(what) and (quote or not _CODE.fullmatch(what)):
            yield SecretMatch(Span(*value.span()), "a key or token")


def _is_password(value: str, *, quoted: bool) -> bool:
    """Whether somebody would choose this as a password: no word, no sentence, no expression."""
    if " " in value or value.lower() in _DUMMIES or _WORDS.fullmatch(value):
        return False
    if not quoted and _CODE.fullmatch(value):
        return False
    least = limits.LEAST_PASSWORD_CHARS if quoted else LEAST_BARE_PASSWORD_CHARS
    return len(value) >= least and _entropy(value) >= LEAST_PASSWORD_BITS


def _is_random(value: str) -> bool:
    """Whether nobody wrote this as a word."""
    if len(value) < LEAST_TOKEN_CHARS or " " in value or _WORDS.fullmatch(value):
        return False
    mixed = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    bits = _entropy(value)
    return bits >= LEAST_TOKEN_BITS if mixed else bits >= LEAST_LETTERS_BITS


def _varied(value: str) -> bool:
    """Whether a value of a known form is more than a sample such as ``sk-xxxx``."""
    return _entropy(value) >= LEAST_SHAPED_BITS and not _is_prose(value)


def _is_prose(value: str) -> bool:
    """Whether it is words with hyphens, as the name of a CSS class is."""
    return _WORDS.fullmatch(value) is not None and any(one in value for one in "-_")


def _entropy(value: str) -> float:
    """Bits a character; of a run of letters in order, none."""
    counts = Counter(value)
    bits = -math.fsum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    steps = sum(ord(b) - ord(a) == 1 for a, b in pairwise(value))
    return bits * (1 - steps / len(value))
