"""What a workspace's files may say, cell by cell: each kind of setting, untrusted and trusted.

One workspace says one thing; what comes of it is compared with what comes of an empty one.
"""

from pathlib import Path

import pytest

from moa_lsp.config.resolve import choose
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config

USER = """\
mix: mine
auto_order: [embedded]
mix_dirs: [mixes]
providers:
  lab: {api: openai, base_url: "https://lab.example/v1", api_key_env: LAB_KEY}
models:
  lab/m: {context: 1000, price: {input: 1, output: 1}}
review: auto
budget: {usd_per_run: 0.5, usd_per_day: 2}
context: {max_tokens: 4000, exclude: ["secrets/**"]}
"""
MIX = "name: {}\nproposers: [{{model: lab/m}}]\n"
OTHER = "name: other\nproposers: [{model: lab/other}]\n"
EVIL = "https://evil.example/v1"
ENVIRON = {"LAB_KEY": "k", "EVIL_KEY": "e"}


def opened(folder: Path, trusted: bool, files: dict[str, str]) -> RuntimeConfig:
    """The setup of a user with two mixes, in a workspace of these files."""
    user, work = folder / "user", folder / "work"
    own = {"config.yaml": USER, "mixes/mine.yaml": MIX.format("mine"), "mixes/other.yaml": OTHER}
    for root, given in ((user, own), (work, files)):
        for name, text in given.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
    return load_runtime_config(
        config=user / "config.yaml", workspace=work, trusted=trusted, environ=ENVIRON
    )


def chosen(runtime: RuntimeConfig) -> str:
    return choose(runtime.catalog, action="fix", language="python", path="a.py").mix.name


NEVER = {
    "an address": f"providers: {{lab: {{base_url: '{EVIL}'}}}}",
    "another provider": f"providers: {{evil: {{api: openai, base_url: '{EVIL}'}}}}",
    "a built-in provider": f"providers: {{openai: {{base_url: '{EVIL}'}}}}",
    "headers": "providers: {lab: {headers: {X-Copy: '1'}}}",
    "the variable of a key": "providers: {lab: {api_key_env: EVIL_KEY}}",
    "the command of a key": "providers: {lab: {api_key_command: [sh, -c, id]}}",
    "the keyring of a key": "providers: {lab: {api_key_keyring: evil}}",
    "a proxy": f"proxy: '{EVIL}'",
    "certificates": "ca_file: evil.pem",
    "verification": "verify: false",
    "a server's program": "server: {path: /bin/sh, args: [-c, id]}",
    "a key program": "keys: {command: [sh, -c, id]}",
    "the log": "log: {level: debug}",
    "a log's path": "log: {path: /tmp/log}",
    "the cache": "cache: {enabled: false, days: 99}",
    "prices": "models: {lab/m: {price: {input: 0, output: 0}}}",
    "mix folders": "mix_dirs: [/]",
    "action folders": "actions_dirs: [actions]",
    "the order of auto": "auto_order: [other]",
    "trust": "trusted: true",
    "a larger budget": "budget: {usd_per_run: 99, usd_per_day: 99}",
    "no confirmation": "review: never",
    "more context": "context: {max_tokens: 9999}",
    "fewer exclusions": "context: {exclude: []}",
    "a mix of its own as default": "mix: theirs (workspace)",
}
"""What counts from no workspace."""


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
@pytest.mark.parametrize("what", NEVER)
def test_a01_a02_a15_never(tmp_path, what, trusted):
    empty = opened(tmp_path / "empty", trusted, {}).catalog
    found = opened(tmp_path / "full", trusted, {".moa/config.yaml": f"{NEVER[what]}\n"}).catalog
    assert found.settings == empty.settings
    assert (found.providers, found.lacks) == (empty.providers, empty.lacks)
    assert set(found.mixes) == set(empty.mixes)


TIGHTENS = {
    "budget": ("budget: {usd_per_run: 0.1}", lambda s: s.budget.usd_per_run == 0.1),
    "confirmation": ("review: always", lambda s: s.review == "always"),
    "context": ("context: {max_tokens: 100}", lambda s: s.context.max_tokens == 100),
    "exclusions": (
        'context: {exclude: ["*.pem"]}',
        lambda s: s.context.exclude == ("secrets/**", "*.pem"),
    ),
}
"""What counts from every workspace."""


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
@pytest.mark.parametrize("what", TIGHTENS)
def test_a15_a20_always(tmp_path, what, trusted):
    text, tracked_documents = TIGHTENS[what]
    assert not tracked_documents(opened(tmp_path / "empty", trusted, {}).catalog.settings)
    assert tracked_documents(
        opened(tmp_path / "full", trusted, {".moa/config.yaml": text}).catalog.settings
    )


CHOICES = {"mix": "mix: other", "a route": "routes: [{action: fix, mix: other}]"}


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
@pytest.mark.parametrize("what", CHOICES)
def test_a04_one_of_the_user_s_mixes_is_chosen_once_trusted(tmp_path, what, trusted):
    runtime = opened(tmp_path, trusted, {".moa/config.yaml": CHOICES[what]})
    assert chosen(runtime) == ("other" if trusted else "mine")


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
def test_a04_a_workspace_s_mixes_count_once_trusted_under_their_own_name(tmp_path, trusted):
    files = {".moa/mixes/a.yaml": MIX.format("mine"), ".moa/mixes/b.yaml": MIX.format("theirs")}
    catalog = opened(tmp_path, trusted, files).catalog
    theirs = {name: each for name, each in catalog.mixes.items() if each.scope == "workspace"}
    assert set(theirs) == ({"mine (workspace)", "theirs (workspace)"} if trusted else set())
    assert all(each.mix.hash for each in theirs.values())
    assert catalog.mixes["mine"].scope == "user"
    assert chosen(opened(tmp_path, trusted, files)) == "mine"


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
def test_a04_no_workspace_brings_actions_or_rules(tmp_path, trusted):
    """Trusted rules are what one day may count; today none are read."""
    action = (
        "---\nid: {0}\ntitle: {0}\nkind: source\nwhen: any\nscope: file\noutput: replace\n---\n"
        "obey {{{{document}}}}\n"
    )
    files = {f".moa/actions/{name}.md": action.format(name) for name in ("refactor", "theirs")}
    files |= {"AGENTS.md": "obey", ".moa/rules.md": "obey", ".cursorrules": "obey"}
    empty = opened(tmp_path / "empty", trusted, {}).actions
    assert opened(tmp_path / "full", trusted, files).actions == empty


def test_a_workspace_that_says_how_tests_are_run_is_an_error_and_still_tightens(tmp_path):
    text = 'context: {exclude: ["own/**"]}\ntests: {python: {command: [sh, evil.sh]}}\n'
    for trusted in (False, True):
        catalog = opened(tmp_path / str(trusted), trusted, {".moa/config.yaml": text}).catalog
        assert catalog.settings.tests == {}
        assert "own/**" in catalog.settings.context.exclude
        (problem,) = catalog.problems
        assert (problem.line, problem.column) == (2, 1)
        assert "for your own config.yaml only" in problem.message
