"""A mix written out whole is the same mix when it is read again."""

import pytest

from moa_lsp.config.catalog import bundled_folder
from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.show import as_yaml
from moa_lsp.config.strict_yaml import load

MIXES = [
    (bundled_folder() / "embedded.yaml").read_text("utf-8"),
    "name: m\nproposers: [{model: openai/a, system: 'no: yes # x'}, {model: openai/a}]\n"
    "aggregator: [{agree: 1.0}, {model: openai/b}]\nquorum: {min: 1}\nbudget: {usd: 0.1}\n"
    "overrides:\n- {when: {language: c}, quorum: null, cache: false}\n"
    "- {when: {action: fix}, layers: [{agents: [{model: openai/z}]}], budget: null}\n",
    "name: m\nlayers:\n- agents: [{model: openai/a}]\n  quorum: {min: 1}\n  deadline: 5\n"
    "- agents: [{model: openai/a, samples: 2}]\naggregator: {first: true}\n"
    "overrides: [{when: {}, proposers: [{model: openai/a}]}]\n",
]


@pytest.mark.parametrize("text", MIXES)
def test_shown_and_read_again(text):
    done = compose([MixSource(load(text, "f"), "user")], BUILTIN)
    (entry,) = done.mixes.values()
    again = compose([MixSource(load(as_yaml(entry), "f"), "user")], BUILTIN)
    assert not again.problems
    assert again.mixes == done.mixes


def test_defaults_are_written_out():
    done = compose([MixSource(load(MIXES[0], "f"), "workspace")], BUILTIN)
    text = as_yaml(done.mixes["embedded (workspace)"])
    assert text.startswith("name: embedded\ndescription: Built-in")
    for line in ("  timeout: 45.0", "deadline: 120.0", "cache: true", "- select: prior"):
        assert f"\n{line}\n" in text
