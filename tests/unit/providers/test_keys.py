"""Keys: where they come from, what is refused, where they never show (S13)."""

import asyncio
import base64
import copy
import pickle
import sys
import types
from pathlib import Path
from urllib.parse import quote

import pytest

from moa_lsp.errors import AuthRejected
from moa_lsp.providers import keys
from moa_lsp.providers.keys import Key, KeySource, Secret, known_secrets, redacted
from moa_lsp.providers.origin import base_of
from tests.chaos.expectation import settled

ORIGIN = base_of("https://api.example.org/v1").origin
VALUE = "sk-canary-keys/0a+b=9ee1"


def key(environ=None, timeout=2.0, **source):
    return Key(KeySource("lab", **source), ORIGIN, environ or {}, timeout)


def _python(code):
    return (sys.executable, "-c", code)


async def check(made, value=None, says=""):
    """Resolve a key; without ``value`` it must be refused, and the message must not show it."""
    if value is not None:
        assert (await made.secret()).reveal() == value
        return
    with pytest.raises(AuthRejected) as caught:
        await made.secret()
    message = str(caught.value)
    assert says in message
    assert "canary" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("environ", "value", "says"),
    [
        ({"K": VALUE}, VALUE, ""),
        ({}, None, "set K"),
        ({"K": ""}, None, "empty"),
        ({"K": VALUE + "\n"}, None, "line end"),
        ({"K": VALUE + "\r\nX-Evil: 1"}, None, "line end"),
        ({"K": f" {VALUE}"}, None, "space"),
        ({"K": VALUE + "\0"}, None, "no key has"),
        ({"K": "canary-é"}, None, "no key has"),
        ({"K": "canary" * 2000}, None, "too long"),
    ],
)
async def test_S13_a_variable(environ, value, says):
    await check(key(environ, variable="K"), value, says)


@pytest.mark.parametrize(
    ("command", "value", "says"),
    [
        (_python(f"print({VALUE!r})"), VALUE, ""),
        (_python(f"print({VALUE!r}, end='')"), VALUE, ""),
        (_python(f"print({VALUE!r}, end='\\r\\n')"), VALUE, ""),
        (_python("print('canary'); print('login: me')"), None, "line end"),
        (_python("pass"), None, "empty"),
        (_python("print('canary'); raise SystemExit(3)"), None, "exit code 3"),
        (_python("print('canary' * 10**6)"), None, "too much"),
        (_python("print('canaryé')"), None, "no key"),
        (("/nonexistent/program",), None, "could not be started"),
        (("echo $HOME; canary",), None, "could not be started"),
        (("a\0b",), None, "could not be started"),
    ],
)
async def test_S13_a_command(command, value, says):
    await check(key(command=command, timeout=20), value, says)


async def test_S13_a_command_that_hangs_is_ended_with_its_children(tmp_path):
    noted = tmp_path / "child"
    code = (
        "import subprocess, sys, time, pathlib;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(noted)!r}).write_text(str(child.pid)); time.sleep(60)"
    )
    made = key(command=_python(code), timeout=1.5)
    await check(made, says="within 1.5 s")
    pid = int(noted.read_text())
    assert await settled(lambda: _ended(pid))


def _ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


async def test_a_source_is_read_once_and_a_failed_one_is_left_alone(tmp_path):
    count = tmp_path / "count"
    code = f"open({str(count)!r}, 'a').write('x'); print({VALUE!r})"
    made = key(command=_python(code), timeout=20)
    found = await asyncio.gather(*(made.secret() for _ in range(5)))
    assert len({id(secret) for secret in found}) == 1
    assert count.read_text() == "x"
    failing = key(command=_python(f"open({str(count)!r}, 'a').write('y')"), timeout=20)
    for _ in range(3):
        await check(failing, says="empty")
    assert count.read_text() == "xy"


async def test_no_source_is_no_key():
    assert await key().secret() is None


def _keyring(monkeypatch, get):
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    module = types.ModuleType("keyring")
    module.get_password = lambda service, user: get(service, user, errors.KeyringError)
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


async def test_a_keyring(monkeypatch):
    asked = []

    def get(service, user, error):
        asked.append((service, user))
        return VALUE

    _keyring(monkeypatch, get)
    await check(key(keyring="moa"), VALUE)
    assert asked == [("moa", "lab")]
    _keyring(monkeypatch, lambda service, user, error: None)
    await check(key(keyring="moa"), says="keyring set moa lab")

    def locked(service, user, error):
        raise error("canary")

    _keyring(monkeypatch, locked)
    await check(key(keyring="moa"), says="unlock")
    monkeypatch.setitem(sys.modules, "keyring", None)
    await check(key(keyring="moa"), says="install")


def test_a_secret_shows_itself_nowhere():
    secret = Secret(VALUE, ORIGIN)
    assert repr(secret) == "<secret origin=https://api.example.org:443>"
    assert VALUE not in repr([secret]) + repr({"a": secret})
    for show in (str, "{}".format, lambda it: f"{it}"):
        with pytest.raises(TypeError):
            show(secret)
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            carry(secret)
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("lead", ["", "a", "ab", "abc", "user:"])
def test_redaction_finds_every_form(lead):
    Secret(VALUE, ORIGIN)
    assert VALUE in known_secrets()
    coded = base64.b64encode(f"{lead}{VALUE} and more".encode()).decode()
    urlsafe = base64.urlsafe_b64encode(f"{lead}{VALUE} and more".encode()).decode()
    for shown in (VALUE, quote(VALUE, safe=""), coded, urlsafe):
        text = redacted(f"Authorization: {shown}!")
        assert "<secret>" in text
        assert VALUE[4:-4] not in text
    decoded = base64.b64decode(redacted(coded).replace("<secret>", "") + "====")
    assert b"canary" not in decoded


@pytest.mark.parametrize(
    "shown",
    [
        VALUE.upper(),
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        "".join(f"%{byte:02X}" for byte in VALUE.encode()),
        "".join(f"\\x{byte:02x}" for byte in VALUE.encode()),
        "".join(f"&#{ord(each)};" for each in VALUE),
        "".join(f"&#x{ord(each):X};" for each in VALUE),
        " ".join(VALUE),
        "-".join(VALUE),
        "\u200b".join(VALUE),
    ],
)
def test_redaction_finds_a_key_that_somebody_spells(shown):
    Secret(VALUE, ORIGIN)
    Secret(VALUE[:-4], ORIGIN)  # another key may be a part of it
    assert redacted(f"the key {shown} is wrong") == "the key <secret> is wrong"


def test_placeholders_are_no_secrets():
    Secret("none", ORIGIN)
    assert redacted("none of it") == "none of it"
    assert keys.redacted("") == ""
