"""`mix check`: files known by their shape, problems of those that were asked about only."""

import os

import pytest

from moa_lsp.config.catalog import bundled_folder
from moa_lsp.config.check import check_paths
from moa_lsp.errors import ConfigError, Problem

BUNDLED = sorted(path.stem for path in bundled_folder().glob("*.yaml"))
MIX = "name: {name}\nproposers: [{{model: embedded/ruff}}]\n"


def read_action(text, path):
    if "bad" in text:
        raise ConfigError([Problem(path, 2, 1, "a bad action")])


def check(tmp_path, files, *names):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found = check_paths(
        [tmp_path / name for name in names], environ={"MOA_LSP_CONFIG": os.devnull},
        load_action=read_action,
    )  # fmt: skip
    return [str(problem).replace(f"{tmp_path}/", "") for problem in found]


CASES = [
    ({"m.yaml": MIX.format(name="a")}, ["m.yaml"], []),
    ({"m.yaml": "name: a\nextends: embedded\n"}, ["m.yaml"], []),
    ({"m.yaml": "name: a\nextends: b\n", "n.yaml": MIX.format(name="b")}, ["."], []),
    ({"m.yaml": "name: a\nextends: b\n"}, ["."], ["m.yaml:2:10: there is no mix `b` to extend"]),
    ({"m.yaml": "name: a\n"}, ["m.yaml"], ["m.yaml:1:1: a mix needs at least one proposer"]),
    ({"m.yaml": ""}, ["m.yaml"], ["m.yaml:1:1: `name` is missing"]),
    ({"config.yaml": "mix: embedded\n"}, ["."], []),
    ({"settings.yaml": "mix: x1\nlog: {level: info}\n"}, ["."],
     ["settings.yaml:1:6: there is no mix `x1`; there are auto, " + ", ".join(BUNDLED)]),
    ({"config.yaml": "mix: a\nproviders: {lab: {api: openai, base_url: 'https://h'}}\n",
      "m.yaml": "name: a\nproposers: [{model: lab/x}]\n"}, ["."], []),
    # a configuration knows the mixes of its own folders
    ({"config.yaml": "mix: a\n", "mixes/m.yaml": MIX.format(name="a")}, ["config.yaml"], []),
    ({"a.md": "fine", "b.md": "bad"}, ["a.md", "b.md"], ["b.md:2:1: a bad action"]),
    ({"README.md": "bad", "a.md": "fine"}, ["."], []),
    ({}, ["gone.yaml"], ["gone.yaml:1:1: the file cannot be read: no such file or directory"]),
    ({"empty/x.txt": ""}, ["empty"],
     ["empty:1:1: there is no .yaml and no .md file in here: name another folder"]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "names", "expected"), CASES)
def test_check(tmp_path, files, names, expected):
    assert check(tmp_path, files, *names) == expected


def test_the_bundled_mixes_can_be_checked_themselves():
    found = check_paths(
        [bundled_folder()], environ={"MOA_LSP_CONFIG": os.devnull}, load_action=read_action
    )
    assert found == []


def test_problems_of_the_users_own_files_are_not_told(tmp_path):
    (tmp_path / "config.yaml").write_text("mx: 1\n")
    (tmp_path / "m.yaml").write_text(MIX.format(name="a"))
    found = check_paths(
        [tmp_path / "m.yaml"], environ={}, load_action=read_action,
        config=tmp_path / "config.yaml",
    )  # fmt: skip
    assert found == []


def test_what_a_provider_cannot_do_of_a_depth_is_told_where_it_stands(tmp_path):
    text = (
        "name: a\nproposers: [{model: openai/m, reasoning: low, fallbacks: [deepseek/m]}]\n"
        "aggregator: {model: deepseek/m, reasoning: max}\n"
        "overrides: [{when: {language: c}, aggregator: [{model: openai/m, reasoning: max}]}]\n"
    )
    file = tmp_path / "m.yaml"
    file.write_text(text)
    found = check_paths(
        [file], environ={"MOA_LSP_CONFIG": os.devnull}, load_action=read_action,
        reasoning=lambda entry, model, depth: (
            f"{entry.name}/{model} has no {depth}" if (entry.name, depth) == ("deepseek", "low")
            else None
        ),
    )  # fmt: skip
    assert [(each.line, each.column, each.message) for each in found] == [
        (2, 42, "deepseek/m has no low")
    ]
