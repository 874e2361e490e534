"""Secrets that are found, and what only looks like one. None of these opens anything."""

import base64
import hashlib

import pytest

from moa_lsp.context.secrets import find


def noise(count, seed="s"):
    """Letters and digits of no meaning, always the same."""
    made = base64.b64encode(
        b"".join(hashlib.sha256(f"{seed}{n}".encode()).digest() for n in range(9))
    )
    return made.decode().replace("+", "a").replace("/", "b")[:count]


def hexes(count, seed="h"):
    return (hashlib.sha256(seed.encode()).hexdigest() * 3)[:count]


KIND = "RSA PRIVATE KEY"
PEM = f"-----BEGIN {KIND}-----\n{noise(64)}\n{noise(64, 'b')}\n-----END {KIND}-----"
JWT = f"eyJ{noise(20)}.eyJ{noise(40)}.{noise(43)}"

# text with the secret between « and »
POSITIVE = {
    "aws": f"id = '«AKIA{noise(60).upper()[:16]}»'",
    "github": f"«ghp_{noise(36)}»",
    "github fine": f"token: «github_pat_{noise(60)}»",
    "gitlab": f"«glpat-{noise(20)}»",
    "slack": f"send('«xoxb-123456789012-{noise(24)}»')",
    "slack webhook": f"«https://hooks.slack.com/services/T01234567/B01234567/{noise(24)}»",
    "openai": f"x('«sk-proj-{noise(48)}»')",
    "openai old": f"«sk-{noise(48)}»",
    "anthropic": f"«sk-ant-api03-{noise(90)}»",
    "openrouter": f"«sk-or-v1-{hexes(64)}»",
    "groq": f"«gsk_{noise(52)}»",
    "xai": f"«xai-{noise(80)}»",
    "google": f"«AIza{noise(35)}»",
    "google secret": f"«GOCSPX-{noise(28)}»",
    "stripe": f"stripe('«sk_live_{noise(24)}»')",
    "hugging face": f"«hf_{noise(34)}»",
    "npm": f"//registry.example/:x «npm_{noise(36)}»",
    "pypi": f"«pypi-{noise(100)}»",
    "sendgrid": f"«SG.{noise(22)}.{noise(43)}»",
    "twilio": f"«SK{hexes(32)}»",
    "digitalocean": f"«dop_v1_{hexes(64)}»",
    "shopify": f"«shpat_{hexes(32)}»",
    "databricks": f"«dapi{hexes(32)}»",
    "vault": f"«hvs.{noise(30)}»",
    "jwt": f"auth = '«{JWT}»'",
    "bearer": f"curl -H 'Authorization: Bearer «{noise(40)}»'",
    "basic": f"Authorization: Basic «{noise(40)}»",
    "url": "connect('postgres://app:«s3cr3tPw»@db.example/app')",
    "url without a user": "redis://:«p4ss.w0rd»@localhost:6379/0",
    "password": 'password = "«hunter2»"',
    "password in capitals": "DB_PASSWORD='«Tr0ub4dor&3»'",
    "python keyword": "login(user='me', password='«Kx9!mmQ2»')",
    "json": '{"db_password": "«pa55-W0rd»"}',
    "yaml": "password: «Gf7kQ2mnZ9»",
    "env": f"SECRET_KEY=«{noise(50)}»",
    "django": "SECRET_KEY = '«django-insecure-8$z!x2@q9m#k4v7^b1&n6*c3(l5)j0»'",
    "aws secret": f'aws_secret_access_key = "«{noise(40)}»"',
    "api key": f"api_key: '«{hexes(32)}»'",
    "camel case": f'const apiKey = "«{noise(32)}»";',
    "typed": f'let token: string = "«{noise(32)}»"',
    "go": f'clientSecret := "«{noise(32)}»"',
    "ruby": f":auth_token => '«{noise(32)}»'",
    "c sharp": f'var s = "Server=x;User=a;Password=«{noise(12)}»;"',
    "azure": f"AccountKey=«{noise(86)}==»;EndpointSuffix=x",
    "bytes": f"SECRET = b'«{noise(24)}»'",
}  # fmt: skip

NEGATIVE = {
    "a call": "password = get_password()",
    "an attribute": "token = self.session.token",
    "an environment variable": "password = os.environ['DB_PASSWORD']",
    "a template": 'password = "${DB_PASSWORD}"',
    "another": "password: {{ db_password }}",
    "a shell variable": "PASSWORD=$DB_PASSWORD",
    "stars": 'password = "********"',
    "dots": 'api_key = "..."',
    "a word": 'password = "required"',
    "a sentence": 'password = "Please enter your password"',
    "a type": "def login(password: str, token: str | None = None): ...",
    "an error code": 'token_error = "invalid_access_token"',
    "a sample": "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "a sample in brackets": 'api_key = "<your-api-key-here>"',
    "a placeholder": 'api_key = "your_api_key_here"',
    "a css class": "class='sk-fading-circle-animation-delay'",
    "a url with a port": "http://localhost:8080/path@x",
    "a url with a template": "postgres://user:${PASSWORD}@host/db",
    "a url with a dummy": "postgres://user:password@localhost/db",
    "a public key": f"-----BEGIN PUBLIC KEY-----\n{noise(64)}\n-----END PUBLIC KEY-----",
    "a certificate": f"-----BEGIN CERTIFICATE-----\n{noise(64)}\n-----END CERTIFICATE-----",
    "words about keys": 'raise ValueError("no -----BEGIN RSA PRIVATE KEY----- found")',
    "a hash": f"commit = '{hexes(40)}'",
    "a loop over tokens": "for token in tokens: count[token] += 1",
    "a token's kind": "token.type == TokenType.IDENTIFIER_WITH_LONG_NAME",
    "tokens as numbers": "max_tokens = 8000, token_limit: 128000",
    "a keyboard": 'key = "ArrowDown"',
    "a compass": "const passive = { passive: true }",
    "a passed test": "passed = run_all_tests_and_wait(timeout=60)",
    "an import": "from secrets import token_hex",
    "a label": '<input type="password" name="user_password" />',
    "a dictionary": "passwords = {}",
    "none": "secret = None",
    "an empty one": "password = ''",
    "bearer of news": "the bearer of this letter",
    "the alphabet": 'token_chars = "abcdefghijklmnopqrstuvwxyz"',
}  # fmt: skip


@pytest.mark.parametrize("name", POSITIVE)
def test_found(name):
    start = POSITIVE[name].index("«")
    text = POSITIVE[name].replace("«", "").replace("»", "")
    value = POSITIVE[name][start + 1 : POSITIVE[name].index("»")]
    for around in (text, f"x = 1\n{text}\ny = 2\n"):
        assert [around[each.span.start : each.span.end] for each in find(around)] == [value]


@pytest.mark.parametrize("name", NEGATIVE)
def test_not_found(name):
    text = NEGATIVE[name]
    assert [(text[s.span.start : s.span.end], s.kind) for s in find(text)] == []


def test_a_private_key_is_one_value_between_its_lines():
    for text in (PEM, PEM.replace("\n", "\\n"), PEM.partition("\n-----END")[0]):
        (found,) = find(f"KEY = '''{text}\n'''" if "END" in text else f"KEY = '''{text}")
        body = f"KEY = '''{text}"[found.span.start : found.span.end]
        assert body.startswith(noise(64))
        assert body.endswith(noise(64, "b"))
        assert found.kind == "a private key"


def test_several_in_their_order():
    text = f"a='ghp_{noise(36)}'\nb='hf_{noise(34)}'\npassword='hunter2!'\n"
    assert [each.kind for each in find(text)] == [
        "a GitHub token", "a Hugging Face token", "a password",
    ]  # fmt: skip


HOSTILE = [
    "eyJ" * 100_000,
    "eyJ" + "a" * 300_000,
    "sk-" * 100_000,
    "://" * 100_000,
    "://a:" * 60_000,
    "token" * 60_000,
    "password=" * 40_000,
    "token='" * 40_000,
    'secret = "' + "x" * 300_000,
    "-----BEGIN PRIVATE KEY-----" * 10_000,
    "-----BEGIN " + "A " * 100_000,
    "Bearer " * 40_000,
    "api_key" + " " * 300_000 + "=",
    "password: " + "a" * 300_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_texts_end(text):
    # No time is asserted: a pattern that tries all ways would not end.
    find(text)
