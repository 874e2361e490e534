"""Settings: the documented defaults, and what a configuration file may not say."""

import pytest

from moa_lsp.config.check_names import settings_faults
from moa_lsp.config.headers import HeaderValue
from moa_lsp.config.problems import inspect, located
from moa_lsp.config.recover import mended
from moa_lsp.config.registry import BUILTIN, overlaid
from moa_lsp.config.settings import KEY_SOURCES, ProviderFile, Settings
from moa_lsp.config.strict_yaml import load
from moa_lsp.config.test_command import command_for, words_of

DOCUMENTED = """\
mix: auto
auto_order: [open-coding, openrouter-open, ollama-local, embedded]
inline:
  enabled: true
  mix: auto-inline
  debounce_ms: 150
  languages: {markdown: false}
routes:
  - {action: explain, mix: cheap}
  - {language: rust, mix: rusty}
  - {path: "web/**", mix: frontend}
providers:
  lab:
    api: openai
    base_url: https://llm.example.org/v1
    api_key_env: LAB_KEY
    max_concurrency: 8
models:
  lab/qwen2.5-coder-32b: {context: 32768, max_output: 8192, price: {input: 0.1, output: 0.2, \
cached_input: 0.01}, fim: qwen}
mix_dirs: [mixes]
actions_dirs: [actions]
review: auto
budget: {usd_per_run: 0.25, usd_per_day: 5.00}
context: {max_tokens: 8000, exclude: ["secrets/**"]}
cache: {enabled: true, days: 7}
log: {level: warning}
"""

MIXES = {*Settings().auto_order, "cheap"}


def problems_of(text):
    loaded = load(text, "config.yaml")
    _, faults = inspect(Settings, loaded.value)
    settings, _, touched = mended(Settings, loaded.value)
    providers, wrong = overlaid(settings or Settings(), touched)
    faults += [*wrong, *settings_faults(settings or Settings(), MIXES, providers)]
    return [one for one in located(faults, loaded) if "auto_order" not in one.message]


def test_the_documented_example_is_valid_and_holds_the_defaults():
    example, faults = inspect(Settings, load(DOCUMENTED, "f").value)
    assert not faults
    plain = Settings()
    for key in Settings.model_fields:
        if key not in ("routes", "providers", "models"):
            assert getattr(example, key) == getattr(plain, key), key


BAD = [
    ("mx: auto", "1:1", "unknown key `mx`; did you mean `mix`?"),
    ("mix: cheep", "1:6", "there is no mix `cheep`; did you mean `cheap`?"),
    ("auto_order: [embedded, cheep]", "1:24", "did you mean `cheap`?"),
    ("routes: [{action: fix, mix: nope}]", "1:29", "there is no mix `nope`"),
    ("routes: [{mix: cheap}]", "1:10", "needs action, language or path"),
    ("inline: {enabled: on}", "1:19", "write true or false"),
    ("inline: {debounce_ms: 1e6}", "1:23", "expected a whole number"),
    ("inline: {languages: {c: 1}}", "1:25", "expected true or false, not a number"),
    ("providers: {p: {api: openai}}", "1:13", "`base_url` is missing"),
    ("providers: {p: {base_url: 'https://h'}}", "1:13", "`api` is missing"),
    ("providers: {p: {api: embedded, base_url: 'https://h'}}", "1:22", "is not one of openai"),
    ("providers: {embedded: {api: openai}}", "1:13", "built in and has no settings"),
    ("providers: {a b: {api: openai}}", "1:13", "without spaces"),
    ("providers: {openai: {base_url: 'https://h/v1'}}", "1:32", "its own key source"),
    ("providers: {openai: {api_key: sk-1}}", "1:22", "a key never stands in a file"),
    ("providers: {openai: {token: sk-1}}", "1:22", "a key never stands in a file"),
    ("providers: {openai: {api_key_env: sk-0123456789abcdef}}", "1:35", "never stands in a file"),
    (f"providers: {{openai: {{api_key_env: {'a1' * 20}}}}}", "1:35", "never stands in a file"),
    ("providers: {openai: {api_key_command: pass}}", "1:39", "expected a list, not text"),
    ("providers: {openai: {api_key_command: []}}", "1:39", "the list is empty"),
    ("providers: {openai: {api_key_env: A, api_key_keyring: b}}", "1:21", "two sources"),
    ("providers: {openai: {max_concurrency: 0}}", "1:39", "at least 1"),
    ("providers: {openai: {headers: {Host: b}}}", "1:32", "set by moa-lsp or by HTTP itself"),
    ("providers: {openai: {headers: {authorization: b}}}", "1:32", "by HTTP itself"),
    ("providers: {openai: {headers: {a b: c}}}", "1:32", "no name of a header"),
    ("providers: {openai: {headers: {A: b, a: c}}}", "1:31", "stands there twice"),
    ('providers: {openai: {headers: {a: "b\\nc"}}}', "1:35", "visible ASCII"),
    ("providers: {openai: {headers: {a: sk-0123456789abcdef}}}", "1:35", "never stands in a file"),
    ("providers: {openai: {headers: {a: {}}}}", "1:35", "text, or one of env, command"),
    ("providers: {openai: {headers: {a: {env: B, keyring: c}}}}", "1:35", "text, or one of env"),
    ("providers: {openai: {headers: {a: {file: b}}}}", "1:36", "unknown key `file`"),
    ("providers: {openai: {ca_file: lab.pem}}", "1:31", "the whole path"),
    ("models: {nobody/x: {context: 1}}", "1:10", "there is no provider `nobody`"),
    ("models: {x: {context: 1}}", "1:10", "written provider/model"),
    ("models: {openai/x: {price: {input: 1}}}", "1:21", "`output` is missing"),
    ("models: {openai/x: {price: {input: -1, output: 1}}}", "1:36", "at least 0"),
    ("review: sometimes", "1:9", "is not one of auto, always, never"),
    ("log: {level: Debug}", "1:14", "did you mean `debug`?"),
    ("cache: {days: 0}", "1:15", "at least 1"),
    ("budget: 5", "1:9", "expected a map of keys and values, not a number"),
]


@pytest.mark.parametrize(("text", "place", "words"), BAD)
def test_s11_one_mistake_one_problem(text, place, words):
    (problem,) = problems_of(text)
    assert words in problem.message
    assert f"{problem.line}:{problem.column}" == place


def test_every_wrong_header_is_said_at_once():
    wrong = '{Host: a, Cookie: b, "X C": c, X-D: "d\\ne"}'
    found = problems_of(f"providers: {{lab: {{headers: {wrong}}}}}")
    words = ("`Host` is set", "`Cookie` is set", "`X C` is no name", "on one line")
    assert len(found) == len(words)
    for one, expected in zip(found, words, strict=True):
        assert expected in str(one)


def test_headers_are_plain_or_looked_up():
    text = "providers: {openai: {headers: {X-Team: editors, X-Key: {env: LAB_TOKEN}}}}"
    assert problems_of(text) == []
    settings, _ = inspect(Settings, load(text, "f").value)
    headers = overlaid(settings)[0]["openai"].headers
    assert headers["X-Team"] == HeaderValue(value="editors")
    assert headers["X-Key"] == HeaderValue(env="LAB_TOKEN")


URLS = [
    ("https://h.example/v1", True),
    ("https://h.example:8443/v1/", True),
    ("http://127.0.0.1:11434", True),
    ("http://127.9.9.9", True),
    ("http://[::1]:8080/v1", True),
    ("http://localhost:1234/v1", True),
    ("http://h.example/v1", False),
    ("http://192.168.1.5/v1", False),
    ("http://localhost.evil.example/v1", False),
    ("http://127.0.0.1.evil.example/v1", False),
    ("http://[::2]/", False),
    ("https://user:pass@h.example", False),
    ("https://user@h.example", False),
    ("https://:p@h.example", False),
    ("https://h.example/v1?key=x", False),
    ("https://h.example/#x", False),
    ("https://h.example:99999/", False),
    ("https://[::1/", False),
    ("https://", False),
    ("https:///v1", False),
    ("h.example/v1", False),
    ("ftp://h.example", False),
    ("file:///etc/passwd", False),
    ("https://h.example/a b", False),
    ("https://h.example/\n", False),
]


@pytest.mark.parametrize(("url", "good"), URLS)
def test_p05_a16_which_addresses_a_key_may_go_to(url, good):
    value, faults = inspect(ProviderFile, {"base_url": url})
    assert (value is not None) is good
    assert len(faults) == (0 if good else 1)


def test_a_users_entry_is_laid_over_the_built_in_one():
    settings, _ = inspect(Settings, {"providers": {"ollama": {"max_concurrency": 2}}})
    entries, faults = overlaid(settings)
    assert not faults
    assert entries["ollama"].max_concurrency == 2
    assert entries["ollama"].base_url == BUILTIN["ollama"].base_url
    assert entries["openai"] == BUILTIN["openai"]


def test_another_key_source_takes_the_place_of_the_built_in_one():
    settings, _ = inspect(Settings, {"providers": {"openai": {"api_key_command": ["pass", "x"]}}})
    entries, _ = overlaid(settings)
    given = [getattr(entries["openai"], source) for source in KEY_SOURCES]
    assert given == [None, ("pass", "x"), None]


def test_a01_an_entry_with_a_problem_is_used_for_nothing():
    broken = {"openai": {"base_url": "http://gateway.example/v1", "api_key_env": "GATEWAY_KEY"}}
    settings, _, touched = mended(Settings, {"providers": broken, "review": "always"})
    entries, _ = overlaid(settings, touched)
    assert not entries["openai"].sound
    assert settings.review == "always"


def test_local_providers_need_no_key_and_cloud_ones_a_variable_each():
    local = {"embedded", "ollama", "lmstudio", "llamacpp", "vllm"}
    assert {name for name, entry in BUILTIN.items() if not entry.needs_key} == local
    variables = [e.api_key_env for e in BUILTIN.values() if e.needs_key]
    assert len(variables) == len(set(variables))
    assert all(inspect(ProviderFile, {"base_url": e.base_url})[0] for e in BUILTIN.values()
               if e.base_url)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("tests: {pyton: {command: [x]}}", "1:9", "did you mean `python`"),
        ("tests: {python: {command: []}}", "1:27", ""),
        ('tests: {python: {command: ["{files}"]}}', "1:27", "begins with a program"),
        ('tests: {python: {command: [x, "a{files}"]}}', "1:27", "a word of its own"),
        ('tests: {python: {command: [x, "{files}", "{files}"]}}', "1:27", "stands once"),
        ("tests: {python: {command: [x], timeout: 601}}", "1:41", ""),
        ("tests: {python: {command: [x], comand: 1}}", "1:32", "did you mean `command`"),
        ("tests: {python: {timeout: 1}}", "1:9", "command"),
    ],
)
def test_a_command_of_tests_is_checked(text, place, told):
    (problem,) = problems_of(text)
    assert f"{problem.line}:{problem.column}" == place
    assert told in problem.message


def test_a_command_takes_test_files_as_words():
    text = 'tests: {python: {command: [python, -m, pytest, "{files}", -x]}}'
    assert problems_of(text) == []
    settings, _ = inspect(Settings, load(text, "f").value)
    command = command_for(settings.tests, "python")
    assert command.timeout == 60
    assert words_of(command.command, ["a.py", "b.py"])[3:] == ("a.py", "b.py", "-x")
    assert command_for(settings.tests, "rust") is None
