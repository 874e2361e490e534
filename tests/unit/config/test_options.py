"""An editor's settings: any JSON, and how far what it says counts."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.config import limits
from moa_lsp.config.options import OPTIONS, SILENCE, Options, laid_over, pushed, read
from moa_lsp.config.settings import Settings

OK = ""

ROWS = {
    # (what an editor sends, the fields that differ from the default, a piece of what is told)
    "null": (None, {}, OK),
    "nothing": ({}, {}, OK),
    "flat": ({"mix": "duo"}, {"mix": "duo"}, OK),
    "in moa": ({"moa": {"mix": "duo"}}, {"mix": "duo"}, OK),
    "flat in moa": ({"moa": {"inline.enabled": False}}, {"inline_enabled": False}, OK),
    "flat with moa": ({"moa.inline.enabled": False}, {"inline_enabled": False}, OK),
    "nested": ({"inline": {"enabled": False}}, {"inline_enabled": False}, OK),
    "nested in moa": ({"moa": {"inline": {"mix": "fim"}}}, {"inline_mix": "fim"}, OK),
    "half flat": ({"moa.inline": {"mix": "fim"}}, {"inline_mix": "fim"}, OK),
    "null in it": ({"mix": None, "inline": None, "review": None}, {}, OK),
    "moa null": ({"moa": None}, {}, OK),
    "moa empty": ({"moa": {}}, {}, OK),
    "all": (
        {
            "mix": "duo",
            "inline": {
                "enabled": True,
                "mix": "fim",
                "debounceMs": 300,
                "languages": {"rust": False, "markdown": True},
            },
            "review": "always",
            "codeActions": {"onAutomatic": True},
            "completion": {"fallback": True},
            "context": {"exclude": ["*.pem"]},
            "trace": "verbose",
        },
        {
            "mix": "duo",
            "inline_enabled": True,
            "inline_mix": "fim",
            "inline_debounce_ms": 300,
            "inline_languages": {"rust": False, "markdown": True},
            "review": "always",
            "on_automatic": True,
            "completion_fallback": True,
            "exclude": ("*.pem",),
            "trace": "verbose",
        },
        OK,
    ),
    "mix auto": ({"mix": "auto"}, {}, OK),
    "mix empty": ({"mix": ""}, {}, OK),
    "inline auto": ({"inline.mix": "auto-inline"}, {}, OK),
    "mix number": ({"mix": 5}, {}, "`mix`: expected the name of a mix, not a number"),
    "mix list": ({"mix": ["a"]}, {}, "not a list"),
    "mix too long": ({"mix": "a" * 201}, {}, "longer than 200"),
    "mix of the folder": ({"mix": "x (workspace)"}, {}, "never the default"),
    "inline mix of the folder": ({"inline.mix": "x (workspace)"}, {}, "never the default"),
    "one wrong, one right": ({"mix": 5, "review": "never"}, {"review": "never"}, "`mix`"),
    "truth as text": ({"inline.enabled": "false"}, {}, "expected true or false, not text"),
    "truth as number": ({"codeActions.onAutomatic": 1}, {}, "not a number"),
    "truth as map": ({"completion.fallback": {}}, {}, "not a map"),
    "debounce": ({"inline.debounceMs": 0}, {"inline_debounce_ms": 0}, OK),
    "debounce whole": ({"inline.debounceMs": 20.0}, {"inline_debounce_ms": 20}, OK),
    "debounce fraction": ({"inline.debounceMs": 1.5}, {}, "a whole number, not a fraction"),
    "debounce infinite": ({"inline.debounceMs": float("inf")}, {}, "a whole number"),
    "debounce negative": ({"inline.debounceMs": -1}, {}, "at least 0"),
    "debounce huge": ({"inline.debounceMs": 10**9}, {}, "at most 10000"),
    "debounce text": ({"inline.debounceMs": "5"}, {}, "not text"),
    "debounce true": ({"inline.debounceMs": True}, {}, "not true"),
    "languages list": ({"inline.languages": ["rust"]}, {}, "a map of languages"),
    "languages value": ({"inline.languages": {"rust": 1}}, {}, "`rust`: expected true or false"),
    "languages many": (
        {"inline.languages": {str(n): True for n in range(257)}},
        {},
        "more than 256 entries",
    ),
    "review unknown": ({"review": "alwys"}, {}, "did you mean `always`"),
    "review true": ({"review": True}, {}, "expected one of auto, always, never, not true"),
    "review auto": ({"review": "auto"}, {"review": "auto"}, OK),
    "exclude text": ({"context.exclude": "*.pem"}, {}, "a list of globs, not text"),
    "exclude number": ({"context.exclude": [5]}, {}, "not one with a number in it"),
    "exclude blank": ({"context.exclude": [" "]}, {}, "an empty text in it"),
    "exclude many": ({"context.exclude": ["x"] * 257}, {}, "more than 256 entries"),
    "exclude long": ({"context.exclude": ["x" * 9000]}, {}, "a glob is longer"),
    "exclude none": ({"context.exclude": []}, {}, OK),
    "trace of vscode": ({"trace": {"server": "messages"}}, {"trace": "messages"}, OK),
    "trace flat": ({"moa.trace.server": "verbose"}, {"trace": "verbose"}, OK),
    "trace unknown": ({"trace": "loud"}, {}, "`loud` is not one of off, messages, verbose"),
    "near miss": ({"reviw": "always"}, {}, "unknown setting `reviw`; did you mean `review`?"),
    "as in the file": ({"inline": {"debounce_ms": 5}}, {}, "did you mean `inline.debounceMs`?"),
    "unknown": ({"zzz": 1}, {}, "unknown setting `zzz`; known are mix, inline.enabled"),
    "unknown null": ({"zzz": None}, {}, OK),
    "providers": ({"providers": {"x": {"base_url": "https://x"}}}, {}, "your own config.yaml"),
    "providers flat": ({"moa.providers.x.base_url": "https://x"}, {}, "your own config.yaml"),
    "a key": ({"apiKey": "k"}, {}, "an editor defines no host and no key"),
    "budget": ({"budget": {"usd_per_run": 100}}, {}, "your own config.yaml"),
    "the plugin's own": ({"server": {"path": "/bin/sh"}, "trusted": True}, {}, OK),
    "the plugin's own offers": ({"offer": {"codeLens": False}}, {}, OK),
    "a text": ("mix", {}, "expected a map, not text"),
    "a list": ([1], {}, "expected a map, not a list"),
    "no settings of Lua": ([], {}, OK),
    "no inline of Lua": ({"inline": [], "mix": "solo"}, {"mix": "solo"}, OK),
    "no languages of Lua": ({"inline.languages": []}, {}, OK),
    "no globs of Lua": ({"context.exclude": {}}, {}, OK),
    "false": (False, {}, "expected a map, not false"),
    "moa a list": ({"moa": [1]}, {}, "unknown setting `moa`"),
}


def test_there_are_enough_rows():
    assert len(ROWS) >= 40


def test_every_field_is_read_from_one_setting():
    assert [option.field for option in OPTIONS] == [each.name for each in fields(Options)]


@pytest.mark.parametrize("name", ROWS)
def test_L21_what_settings_say(name):
    value, said, told = ROWS[name]
    found = read(value)
    assert found.options == Options(**said)
    if told == OK:
        assert found.wrong == ()
    else:
        (sentence,) = found.wrong
        assert told in sentence
        assert not sentence.endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*(option.name for option in OPTIONS), "moa", "inline", "trace", "x"])
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_json_is_settings_or_a_sentence(below, above):
    found = read(above).over(read(below))
    options = found.options
    assert isinstance(options, Options)
    assert all(sentence and len(sentence) < 500 for sentence in found.wrong)
    settings = laid_over(Settings(), options)
    assert set(Settings().context.exclude) <= set(settings.context.exclude)
    again = Settings.model_validate(settings.model_dump())
    assert again == settings, "what was laid over is still a configuration"


def test_what_is_wrong_is_bounded():
    found = read({f"key{n}": 1 for n in range(1000)})
    assert len(found.wrong) == limits.MAX_PROBLEMS


def test_later_words_count_before_earlier_ones_key_by_key():
    first = read({"mix": "duo", "review": "always", "x": 1})
    then = read({"moa": {"mix": "solo", "review": None}})
    both = then.over(first)
    assert both.options == Options(mix="solo", review="always")
    assert len(both.wrong) == 1
    again = read({"mix": "auto"}).over(both)
    assert again.options.mix is None, "auto leaves it to the configuration, whatever was before"


PUSHED = {
    "ours": ({"moa": {"mix": "duo"}}, {"mix": "duo"}, 0),
    "ours among others": ({"moa": {"mix": "duo"}, "python": {"path": "x"}}, {"mix": "duo"}, 0),
    "ours flat": ({"moa.mix": "duo", "python.path": "x"}, {"mix": "duo"}, 0),
    "ours with a mistake": ({"moa": {"mixx": "duo"}, "python": 1}, {}, 1),
    "bare": ({"mix": "duo"}, {"mix": "duo"}, 0),
    "bare with a mistake": ({"mix": "duo", "reviw": "never"}, {"mix": "duo"}, 1),
    "others only": ({"python": {"path": "x"}, "ruff": {"on": True}}, {}, 0),
    "null": (None, {}, 0),
    "a list": ([], {}, 0),
    "nothing": ({}, {}, 0),
}


@pytest.mark.parametrize("name", PUSHED)
def test_what_comes_with_a_notification(name):
    value, said, wrong = PUSHED[name]
    found = pushed(value)
    assert found.options == Options(**said)
    assert len(found.wrong) == wrong


def test_what_says_nothing_is_silence():
    for value in (None, {}, {"python": 1}, []):
        assert pushed(value) is SILENCE or pushed(value) == SILENCE


def settings(**values):
    return Settings.model_validate(values)


LAID = {
    # (configuration, settings of the editor, where to look, what counts)
    "mix": ({"mix": "solo"}, {"mix": "duo"}, "mix", "duo"),
    "mix auto": ({"mix": "solo"}, {"mix": "auto"}, "mix", "solo"),
    "inline off": ({}, {"inline.enabled": False}, "inline.enabled", False),
    "inline stays off": (
        {"inline": {"enabled": False}}, {"inline.enabled": True}, "inline.enabled", False,
    ),
    "inline mix": ({}, {"inline.mix": "fim"}, "inline.mix", "fim"),
    "debounce": (
        {"inline": {"debounce_ms": 99}}, {"inline.debounceMs": 0}, "inline.debounce_ms", 0,
    ),
    "debounce not said": (
        {"inline": {"debounce_ms": 99}}, {"inline.debounceMs": None}, "inline.debounce_ms", 99,
    ),
    "languages": (
        {},
        {"inline.languages": {"rust": False}},
        "inline.languages",
        {"markdown": False, "rust": False},
    ),
    "a language on again": (
        {}, {"inline.languages": {"markdown": True}}, "inline.languages", {"markdown": True},
    ),
    "a language on again by another name": (
        {}, {"inline.languages": {"md": True}}, "inline.languages", {"md": True},
    ),
    "review": ({}, {"review": "always"}, "review", "always"),
    "review never": ({}, {"review": "never"}, "review", "never"),
    "review always stays": ({"review": "always"}, {"review": "never"}, "review", "always"),
    "review not said": ({"review": "never"}, {}, "review", "never"),
    "exclusions add": (
        {"context": {"exclude": ("a", "b")}},
        {"context.exclude": ["b", "c"]},
        "context.exclude",
        ("a", "b", "c"),
    ),
    "no exclusion takes none away": (
        {"context": {"exclude": ("a",)}}, {"context.exclude": []}, "context.exclude", ("a",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAID)
def test_how_far_settings_count(name):
    configured, said, where, counts = LAID[name]
    found = laid_over(settings(**configured), read(said).options)
    for key in where.split("."):
        found = getattr(found, key)
    assert found == counts


def test_no_setting_at_all_changes_nothing():
    given = settings(review="never", inline={"enabled": False, "mix": "x", "debounce_ms": 3})
    assert laid_over(given, Options()) == given
