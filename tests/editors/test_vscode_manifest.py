"""What the VS Code extension declares is what the server reads, and what a folder may say."""

import json
import re

import pytest

from moa_lsp import __version__
from moa_lsp.config import limits
from moa_lsp.config.options import OPTIONS, Options, read
from moa_lsp.lsp.features.execute_command import COMMANDS
from tests.fakes.client import ROOT

EXTENSION = ROOT / "editors" / "vscode"
MANIFEST = json.loads((EXTENSION / "package.json").read_text("utf-8"))
SETTINGS = MANIFEST["contributes"]["configuration"]["properties"]
SERVER = ("moa.server.path", "moa.server.args")
SHOWN = ("moa.offer.statusBar", "moa.offer.codeLens")
"""What the extension shows by itself, of which the server knows nothing."""


def test_its_version_is_that_of_the_server():
    assert MANIFEST["version"] == __version__


def test_its_settings_are_the_servers():
    servers = {f"moa.{option.name}" for option in OPTIONS}
    assert set(SETTINGS) == servers | set(SERVER) | set(SHOWN)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_default_says_nothing_that_the_server_would_not_do_anyway(option):
    default = SETTINGS[f"moa.{option.name}"]["default"]
    reading = read({option.name: default})
    assert reading.wrong == ()
    said = getattr(reading.options, option.field)
    assert said == getattr(Options(), option.field) or (option.name, said) == (
        "inline.enabled",
        True,
    )


@pytest.mark.parametrize("name", [name for name in SETTINGS if "enum" in SETTINGS[name]])
def test_each_choice_is_one_of_the_servers(name):
    for value in SETTINGS[name]["enum"]:
        assert read({name: value}).wrong == ()


def test_the_debounce_is_bounded_as_in_the_server():
    assert SETTINGS["moa.inline.debounceMs"]["maximum"] == limits.MAX_DEBOUNCE_MS


def test_a02_no_folder_says_what_is_started_nor_loosens_review():
    trust = MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert trust["supported"] == "limited"
    assert set(trust["restrictedConfigurations"]) == set(SERVER)
    assert {name: SETTINGS[name]["scope"] for name in SERVER} == dict.fromkeys(SERVER, "machine")
    assert SETTINGS["moa.review"]["scope"] == "application"


def test_no_command_of_its_own_hides_one_of_the_servers():
    """The client registers those of the server under their own names."""
    own = {each["command"] for each in MANIFEST["contributes"]["commands"]}
    assert not own & set(COMMANDS)
    assert all(each["category"] == "Moa" for each in MANIFEST["contributes"]["commands"])


def test_every_key_has_a_condition_and_none_is_tab_or_escape():
    own = {each["command"] for each in MANIFEST["contributes"]["commands"]}
    for binding in MANIFEST["contributes"]["keybindings"]:
        assert binding["command"] in own
        assert binding["when"].startswith(("moa.running", "moa.busy"))
        assert binding["key"].startswith("ctrl+alt+m ")


def test_every_command_is_registered():
    source = "".join(path.read_text("utf-8") for path in (EXTENSION / "src").glob("*.ts"))
    for each in MANIFEST["contributes"]["commands"]:
        assert re.search(rf"'{re.escape(each['command'])}'[,:]", source), each["command"]


def test_the_lock_names_no_registry():
    assert '"resolved"' not in (EXTENSION / "package-lock.json").read_text("utf-8")
