"""`mix show --estimate`, `mix import`, `mix permute` as they are called."""

import re

import pytest

from moa_lsp.config.catalog import bundled_folder

THREE = ("openai/a", "groq/b", "mistral/c")


@pytest.fixture
def priced(tmp_path):
    """A configuration with the published prices, as mixes/README.md gives them."""
    readme = (bundled_folder() / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(models:.*?)```", readme, re.DOTALL)
    path = tmp_path / "config.yaml"
    path.write_text(block, "utf-8")
    return path


def usd(out):
    return float(out.rpartition(": ")[2])


def test_the_open_mix_is_56_percent_cheaper_than_the_commercial_one(call, priced):
    lengths = ("--prompt-tokens", 1_000_000, "--answer-tokens", 1_000_000, "--config", priced)
    found = {}
    for name in ("open-coding", "commercial-coding"):
        code, out, err = call("mix", "show", name, "--estimate", *lengths)
        assert (code, err) == (0, "")
        found[name] = usd(out)
    assert found == {"open-coding": pytest.approx(38.42), "commercial-coding": pytest.approx(88.0)}
    assert found["open-coding"] / found["commercial-coding"] == pytest.approx(0.4366, abs=0.001)


def test_the_worst_case_alone(call):
    code, out, _ = call("mix", "show", "fast", "--estimate")
    assert code == 0
    assert re.fullmatch(r"worst case of one run: 0\.00\d{4}\n", out)


def test_an_unknown_price_is_said_to_be_unknown(call, tmp_path):
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / "mixes").mkdir()
    (tmp_path / "mixes" / "m.yaml").write_text("name: m\nproposers: [{model: openai/zz}]\n")
    config = ("--config", tmp_path / "config.yaml")
    code, out, _ = call("mix", "show", "m", "--estimate", *config)
    assert code == 0
    assert out == (
        "worst case of one run: unknown\n"
        "no price is known of openai/zz: add it under `models:`\n"
    )  # fmt: skip


def test_one_length_alone_is_wrong_usage(call):
    code, out, err = call("mix", "show", "fast", "--estimate", "--prompt-tokens", 5)
    assert (code, out) == (2, "")
    assert "go together" in err


def names(out):
    return [line.split()[0] for line in out.split("\n")[1:] if line]


@pytest.mark.parametrize(
    "words",
    [
        ("--models", *THREE),
        ("--models", "openai/a", "--models", "groq/b", "--models", "mistral/c"),
        ("--prefix", "x", "--models", *THREE, "--proposers", "2"),
    ],
)
def test_permute_prints_a_table(call, words):
    code, out, err = call("mix", "permute", *words)
    assert code == 0
    assert len(names(out)) == 9
    assert all(name.startswith("x_") == ("x" in words) for name in names(out))
    assert err == (
        "9 mixes; USD: worst case of one run\n"
        "no price is known of openai/a, groq/b, mistral/c: add it under `models:`\n"
    )


def test_permuted_files_pass_the_check_and_are_never_written_over(call, tmp_path):
    out = tmp_path / "made"
    words = ("mix", "permute", "--models", *THREE, "--repeat", "--out", out)
    code, table, _ = call(*words)
    assert code == 0
    assert sorted(f"{name}.yaml" for name in names(table)) == sorted(p.name for p in out.iterdir())
    assert len(list(out.iterdir())) == 18
    code, wrong, told = call("mix", "check", out)
    assert (code, wrong) == (0, "")
    assert told.startswith("no mistake found\n")
    before = {path: path.read_text() for path in out.iterdir()}
    code, table, err = call(*words)
    assert (code, table) == (2, "")
    assert "and 17 more is there already" in err
    assert {path: path.read_text() for path in out.iterdir()} == before


def test_a_cost_stands_in_each_file(call, tmp_path, priced):
    models = ("deepseek/deepseek-chat", "mistral/mistral-large-2407")
    code, _, _ = call(
        "mix", "permute", "--models", *models, "--distinct-aggregator", "--proposers", 1,
        "--prompt-tokens", 1_000_000, "--answer-tokens", 0, "--out", tmp_path / "m",
        "--config", priced,
    )  # fmt: skip
    assert code == 0
    for path in (tmp_path / "m").iterdir():
        assert re.search(r"^# one run with .*: 2\.140000 USD$", path.read_text(), re.MULTILINE)


BAD = [
    (("--models", "openai/a"), "give no mix of 2 proposers"),
    (("--models", "openai/a", "nobody/b"), "there is no provider `nobody`"),
    (("--models", "a", "b"), "provider/model"),
    (("--models", "openai/a", "groq/b", "--prefix", "a b"), "without spaces"),
    (("--proposers", "2"), "--models"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_permute_refuses(call, words, message):
    code, out, err = call("mix", "permute", *words)
    assert (code, out) == (2, "")
    assert message in err


MOA = """\
base_url: https://api.together.xyz/v1
proposal_layers: [{neurons: [{model: a, prompt: hi}, {model: b}]}]
aggregation_layer: {model: c}
"""


def test_import(call, tmp_path):
    source = tmp_path / "my moa.yaml"
    source.write_text(MOA)
    code, out, err = call("mix", "import", source)
    assert code == 0
    assert "name: my-moa\n" in out
    assert f"{source}:2:41: `prompt`: its README" in err
    code, out, _ = call("mix", "import", source, "--out", tmp_path / "o")
    assert (code, out) == (0, f"{tmp_path / 'o' / 'my-moa.yaml'}\n")
    assert call("mix", "check", tmp_path / "o")[0] == 0
    code, out, err = call("mix", "import", source, "--out", tmp_path / "o")
    assert (code, out) == (2, "")
    assert "there already" in err


def test_import_of_a_broken_file_writes_nothing(call, tmp_path):
    source = tmp_path / "m.yaml"
    source.write_text("proposal_layers: [\n")
    code, out, err = call("mix", "import", source, "--out", tmp_path / "o")
    assert (code, out) == (2, "")
    assert f"{source}:2:1: this is not YAML" in err
    assert not (tmp_path / "o").exists()
