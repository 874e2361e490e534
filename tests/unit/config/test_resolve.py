"""Which mix a run uses, and what keeps it from being ready."""

import pytest

from moa_lsp.config.mixes import MixFile, Override, OverrideCondition, build
from moa_lsp.config.resolve import Catalog, MixEntry, choose, find, summaries, under
from moa_lsp.config.settings import ProviderEntry, Settings
from moa_lsp.config.values import frozen
from moa_lsp.errors import Problem, UsageError

PROVIDERS = {
    "embedded": ProviderEntry("embedded", "embedded"),
    "keyed": ProviderEntry("keyed", "scripted", "x", api_key_env="K"),
    "open": ProviderEntry("open", "scripted", "x"),
    "far": ProviderEntry("far", "openai", "x"),
    "odd": ProviderEntry("odd", "scripted", "x", sound=False),
}


def entry(name, *models, scope="user", **keys):
    proposers = [{"model": model} for model in models]
    mix = build(MixFile.model_validate(frozen({"name": name, "proposers": proposers, **keys})))
    return MixEntry(mix, f"{name}.yaml", scope)


def catalog(*entries, **settings):
    every = [entry("embedded", "embedded/ruff", scope="bundled"), *entries]
    return Catalog(
        settings=Settings.model_validate(frozen(settings)),
        mixes={each.mix.name: each for each in every},
        providers=PROVIDERS,
        lacks={"keyed": "K is not set"},
        apis=frozenset({"embedded", "scripted"}),
    )


def chosen(catalog, *, action="refactor", language="python", path="src/a.py", requested=None):
    made = choose(catalog, action=action, language=language, path=path, requested=requested)
    return made.name, made.by


ROUTES = [
    {"action": "explain", "mix": "a"},
    {"language": "rust", "action": "fix", "mix": "b"},
    {"path": "web/**", "mix": "c"},
    {"path": "**/*.min.js", "mix": "b"},
]
CASES = [
    ({}, ("a", "settings")),
    ({"requested": "b"}, ("b", "requested")),
    ({"requested": "auto"}, ("a", "auto")),
    ({"action": "explain"}, ("a", "route")),
    ({"action": "explain", "requested": "c"}, ("c", "requested")),
    ({"action": "fix", "language": "rust"}, ("b", "route")),
    ({"language": "rust"}, ("a", "settings")),
    ({"path": "web/x/y.ts"}, ("c", "route")),
    ({"path": "src/web/y.ts"}, ("a", "settings")),
    ({"path": "lib/x.min.js"}, ("b", "route")),
    ({"path": ""}, ("a", "settings")),
]


@pytest.mark.parametrize(("call", "expected"), CASES)
def test_requested_then_routes_then_settings(call, expected):
    known = catalog(
        *(entry(name, "open/x") for name in "abc"), mix="a", routes=ROUTES, auto_order=["a"]
    )
    assert chosen(known, **call) == expected


AUTO = [
    (["keyed", "open"], "open"),
    (["later-release", "open"], "open"),
    (["far", "keyed"], "embedded"),
    (["odd", "open"], "open"),
    ([], "embedded"),
    (["with-fallback"], "with-fallback"),
    (["cut"], "embedded"),
    (["hidden (workspace)"], "embedded"),
]


@pytest.mark.parametrize(("order", "expected"), AUTO)
def test_auto_is_the_first_ready_mix_at_last_embedded(order, expected):
    known = catalog(
        entry("keyed", "open/x", "keyed/x"),
        entry("open", "open/x"),
        entry("far", "far/x"),
        entry("odd", "odd/x"),
        entry("cut", "open/x", aggregator=[{"model": "keyed/x"}]),
        MixEntry(entry("x", "open/x").mix, "w.yaml", "workspace"),
        MixEntry(
            build(MixFile.model_validate(frozen(
                {"name": "with-fallback", "proposers": [
                    {"model": "open/x", "fallbacks": ["keyed/x"]}]}))),
            "f.yaml", "user"),
        auto_order=order,
    )  # fmt: skip
    assert chosen(known) == (expected, "auto")


def test_what_is_missing_is_said_for_each_provider_once():
    known = catalog(entry("m", "keyed/x", "keyed/y", "far/x", "odd/x", "open/x", "gone/x"))
    made = choose(known, action="fix", language="c", path="", requested="m")
    assert not made.ready
    assert made.missing == (
        "keyed: K is not set",
        "far: this version does not yet speak openai",
        "odd: its entry in config.yaml has problems",
        "no provider `gone`",
    )


def test_readiness_is_that_of_the_override_which_applies():
    base = entry("m", "keyed/x")
    ready = Override(OverrideCondition(language="rust"), entry("m", "open/x").mix)
    mix = type(base.mix)(**{f: getattr(base.mix, f) for f in base.mix.__dataclass_fields__
                            if f != "overrides"}, overrides=(ready,))  # fmt: skip
    known = catalog(MixEntry(mix, "m.yaml", "user"), mix="auto", auto_order=["m"])
    assert chosen(known, language="rust") == ("m", "auto")
    assert chosen(known, language="python") == ("embedded", "auto")


def test_an_unknown_name_lists_the_names():
    known = catalog(entry("cheap", "open/x"))
    with pytest.raises(UsageError) as caught:
        find(known, "cheep")
    told = "there is no mix `cheep`; did you mean `cheap`?; there are: cheap, embedded"
    assert str(caught.value) == told


def test_a_broken_mix_says_what_is_wrong_with_it():
    known = Catalog(broken={"m": Problem("m.yaml", 3, 5, "unknown key `x`")})
    with pytest.raises(UsageError) as caught:
        choose(known, action="fix", language="c", path="", requested="m")
    assert str(caught.value) == "the mix `m` cannot be used: m.yaml:3:5: unknown key `x`"


def test_summaries_list_every_mix_with_its_readiness():
    known = catalog(entry("b", "keyed/x"), entry("a", "open/x"))
    assert [(one.name, bool(one.missing)) for one in summaries(known)] == [
        ("a", False), ("b", True), ("embedded", False)
    ]  # fmt: skip


GLOBS = [
    ("web/a.ts", "web/**", True),
    ("web/a/b/.c/d.ts", "web/**", True),
    ("a.ts", "*.ts", True),
    ("x/a.ts", "*.ts", False),
    ("x/a.ts", "**/*.ts", True),
    ("a.ts", "**/*.ts", True),
    ("x/a.ts", "x/[ab].ts", True),
    ("", "**", False),
]


@pytest.mark.parametrize(("path", "pattern", "expected"), GLOBS)
def test_globs(path, pattern, expected):
    assert under(path, pattern) is expected
