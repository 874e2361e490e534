"""`moa-lsp init` and `mix new`: first files that work, and never over others."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from moa_lsp.cli import first_files
from moa_lsp.cli.init import InitArguments, init
from moa_lsp.cli.main import cli
from moa_lsp.config.catalog import load_catalog
from moa_lsp.errors import UsageError
from tests.fakes.faulty_server import FaultyServer, whole

URL = "https://llm.example.org/v1"


@pytest.fixture
def folder(tmp_path):
    """Where `init` writes."""
    return tmp_path / "home" / "moa-lsp"


def load(folder):
    return load_catalog(config=folder / "config.yaml", environ={})


GIVEN = [
    # options, the mix's models, its budget, the providers of config.yaml
    (("--from", "mistral", "--key-env", "MISTRAL_API_KEY", "--models", "mistral-large-2407"),
     ["mistral/mistral-large-2407"], True, []),
    (("--from", "mistral", "--key-env", "MY_KEY", "--models", "mistral-large-2407"),
     ["mistral/mistral-large-2407"], True, ["mistral"]),
    (("--from", "ollama", "--models", "a:1b, b"), ["ollama/a:1b", "ollama/b"], False, []),
    (("--from", URL, "--key-env", "LAB_KEY", "--models", "a,llm/b"), ["llm/a", "llm/b"], False,
     ["llm"]),
    (("--from", URL, "--key-env", "", "--models", "a", "--name", "lab", "--price", "0.5/1.5"),
     ["lab/a"], True, ["lab"]),
    (("--from", "http://127.0.0.1:1/v1", "--key-env", "", "--models", "a", "--api", "llamacpp"),
     ["local/a"], False, ["local"]),
]  # fmt: skip


@pytest.mark.parametrize(("options", "models", "budget", "providers"), GIVEN)
def test_what_is_written_is_read_without_a_mistake(
    call, folder, options, models, budget, providers
):
    code, out, err = call("init", *options, "--no-probe")
    assert (code, out) == (0, ""), err
    catalog = load(folder)
    mix = catalog.mixes["mine"].mix
    assert catalog.problems == ()
    assert [agent.model for agent in mix.agents] == models
    assert mix.quorum is not None
    assert (mix.budget is not None) == budget
    assert sorted(catalog.settings.providers) == providers
    assert catalog.settings.mix == "mine"
    for path in ("config.yaml", "mixes/mine.yaml"):
        assert f"wrote {folder / path}\n" in err
        assert (folder / path).read_text().startswith("# Written by `moa-lsp init`.")
    code, out, err = call("mix", "check", folder / "config.yaml", folder / "mixes")
    assert (code, out) == (0, ""), err


def test_three_questions_do_as_well(folder):
    answers = f"{URL}\nLAB_KEY\na, b\n0.1/0.2\n-\n"
    done = CliRunner().invoke(cli, ["init", "--no-probe"], input=answers)
    assert done.exit_code == 0, done.output
    catalog = load(folder)
    assert catalog.settings.providers["llm"].api_key_env == "LAB_KEY"
    assert list(catalog.settings.models) == ["llm/a"]
    assert "# " in (folder / "config.yaml").read_text()


def test_where_nobody_answers_the_options_are_named(call, folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, out, err = call("init", "--from", URL, "--key-env", "LAB_KEY", "--no-probe")
    assert (code, out) == (2, "")
    assert "nobody answers `models, with commas`" in err
    assert not folder.exists()


@pytest.mark.parametrize("there", ["config.yaml", "mixes/mine.yaml"])
def test_nothing_is_written_over_a_file(call, folder, there):
    (folder / there).parent.mkdir(parents=True)
    (folder / there).write_text("mix: embedded\n")
    code, _, err = call("init", *GIVEN[0][0], "--no-probe")
    assert code == 2
    assert f"{folder / there} is there already" in err
    assert list(folder.rglob("*.yaml")) == [folder / there]
    assert (folder / there).read_text() == "mix: embedded\n"


WRONG = [
    (("--from", "nowhere"), "there is no provider `nowhere`; name a URL, or one of openrouter"),
    (("--from", "http://llm.example.org/v1"), "use https"),
    (("--from", "https://"), "is no URL"),
    (("--from", URL, "--name", "openai"), "`openai` is a built-in provider"),
    (("--from", URL, "--models", ","), "name at least one model"),
    (("--from", URL, "--price", "1"), "a price is IN/OUT"),
    (("--from", URL, "--key-env", "sk-0123456789abcdef"), "a key itself never stands in a file"),
    (("--from", URL, "--mix-name", "../x"), "`name`: a name is letters, digits"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_a_wrong_answer_is_told_and_nothing_written(call, folder, options, sentence):
    rest = [("--key-env", "LAB_KEY"), ("--models", "a")]
    more = [word for pair in rest if pair[0] not in options for word in pair]
    code, _, err = call("init", *options, *more, "--no-probe")
    assert code == 2
    assert sentence in err
    assert not folder.exists()


LISTED = json.dumps({"data": [{"id": name} for name in ("a", "b")]})


def given_probe(url, folder, models, environ):
    wanted = InitArguments(url, "LAB_KEY", models, config=folder / "config.yaml")
    return init(wanted, environ)


async def test_the_provider_is_asked_once(folder, capsys):
    async with FaultyServer.of(models=whole(LISTED)) as server:
        url = f"{server.url}/v1"
        environ = {"LAB_KEY": "sk-canary"}
        assert await asyncio.to_thread(given_probe, url, folder, "a,c", environ) == 0
        assert [seen.path for seen in server.seen] == ["/v1/models"]
    err = capsys.readouterr().err
    assert "local: ok · " in err
    assert "local does not list local/c; is that the name?" in err
    assert "sk-canary" not in err
    assert "export LAB_KEY" not in err


def test_without_its_key_the_provider_is_not_asked_and_the_variable_named(folder, capsys):
    assert given_probe(URL, folder, "a", {}) == 0
    err = capsys.readouterr().err
    assert "llm: no key · LAB_KEY is not set" in err
    assert "next: export LAB_KEY=…" in err


NAMES = [
    ("https://api.example.org/v1", "example"), ("http://localhost:1234/v1", "local"),
    ("https://openai.example.org", "my-openai"), ("https://api.groq.com", "my-groq"),
    ("https://10.0.0.5/v1", "10"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "name"), NAMES)
def test_an_endpoint_is_called_after_its_host(url, name):
    assert first_files.provider_name(url) == name


def test_a_budget_is_rounded_up_to_cents():
    assert [first_files.cents(usd) for usd in (0.0101, 0.01, 1.0)] == [0.02, 0.01, 1.0]
    with pytest.raises(UsageError):
        first_files.prices_of("-1/2")


def test_mix_new_copies_a_mix_with_its_comments(call, folder):
    code, out, err = call("mix", "new", "ours", "--from", "open-coding")
    assert (code, out) == (0, ""), err
    path = folder / "mixes" / "ours.yaml"
    assert err.startswith(f"wrote {path}\nours: no key: deepseek: DEEPSEEK_API_KEY is not set")
    catalog = load(folder)
    assert catalog.mixes["ours"].mix.hash == catalog.mixes["open-coding"].mix.hash
    assert "# What    DeepSeek and Mistral" in path.read_text()
    code, _, err = call("mix", "new", "ours", "--from", "open-coding", "--out", "elsewhere")
    assert (code, err) == (2, "moa-lsp: there is a mix `ours` already; choose another name\n")


@pytest.mark.parametrize(("name", "parent"), [("a b", "embedded"), ("x", "nowhere")])
def test_mix_new_refuses_what_makes_no_mix(call, folder, name, parent):
    code, _, err = call("mix", "new", name, "--from", parent)
    assert code == 2
    assert err.count("\n") == 1
    assert not folder.exists()


def test_mix_new_writes_over_no_file(call):
    Path("there").mkdir()
    Path("there/mine.yaml").write_text("mine")
    code, _, err = call("mix", "new", "mine", "--from", "embedded", "--out", "there")
    assert code == 2
    assert "there/mine.yaml is there already" in err
    assert Path("there/mine.yaml").read_text() == "mine"
