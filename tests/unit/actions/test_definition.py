"""Actions: the built-in ones, and what is wrong with a user's."""

import re

import pytest

from moa_lsp.actions.definition import PLACEHOLDERS, builtin, load_action
from moa_lsp.errors import ConfigError

HEAD = """\
---
id: tidy
title: Tidy
kind: refactor.rewrite
when: selection
scope: selection
output: replace
---
"""


def problems_of(text):
    with pytest.raises(ConfigError) as caught:
        load_action(text, "a.md")
    return [str(problem) for problem in caught.value.problems]


def test_an_action_is_read():
    action = load_action(HEAD + "Tidy this:\n\n{{document}}\n", "a.md")
    assert (action.id, action.title, action.kind) == ("tidy", "Tidy", "refactor.rewrite")
    assert (action.when, action.scope, action.output) == ("selection", "selection", "replace")
    assert (action.prompt, action.system) == ("Tidy this:\n\n{{document}}", "")
    assert not action.builtin


def test_crlf_is_the_same():
    text = HEAD + "# System\nBe brief.\n# User\nTidy\n{{document}}\n"
    assert load_action(text.replace("\n", "\r\n"), "a.md") == load_action(text, "a.md")


def test_sections_share_the_prompt_out():
    action = load_action(HEAD + "# System\nBe brief.\n\n# User\n## Code\n{{region}}\n", "a.md")
    assert action.system == "Be brief."
    assert action.prompt == "## Code\n{{region}}"


BAD = [
    ("", ["a.md:1:1: an action starts with a line ---, its keys, and a second line ---"]),
    ("id: x\n---\n", ["a.md:1:1: an action starts with a line ---, its keys, and a second line "
                      "---"]),
    (HEAD, ["a.md:8:1: there is no prompt after the second line ---: write one"]),
    (HEAD + "Just do it\n", ["a.md:9:1: the prompt never shows the code: put {{document}} where "
                             "it should stand"]),
    (HEAD + "x\ny {{documnt}} {{languages}}\n", [
        "a.md:10:3: unknown placeholder `documnt`; did you mean `document`?",
        "a.md:10:15: unknown placeholder `languages`; did you mean `language`?",
    ]),
    (HEAD + "{{region}} {{ region }}\n", ["a.md:9:12: unknown placeholder ` region `; did you "
                                          "mean `region`?"]),
    (HEAD + "{{region}} {{\n}}\n", ["a.md:9:12: unknown placeholder ` `; known are "
                                    + ", ".join(PLACEHOLDERS)]),
    (HEAD.replace("kind: refactor.rewrite", "kind: nonsense") + "{{region}}", [
        "a.md:4:7: a kind is quickfix, refactor or source, with parts after dots"]),
    (HEAD.replace("when: selection", "wen: selection") + "{{regoin}}", [
        "a.md:5:1: unknown key `wen`; did you mean `when`?",
        "a.md:9:1: unknown placeholder `regoin`; did you mean `region`?"]),
    (HEAD.replace("output: replace", "output: replce") + "{{region}}", [
        "a.md:7:9: `output`: `replce` is not one of replace, insert_before, insert_after, insert,"
        " document, comment, new_file; did you mean `replace`?"]),
    (HEAD.replace("id: tidy", "id: 017") + "{{region}}", [
        "a.md:2:5: `017` is read in several ways: write a plain decimal number, or quote text"]),
    (HEAD.replace("title: Tidy", "title: [") + "{{region}}", [
        "a.md:5:5: this is not YAML: did not find expected ',' or ']'"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BAD)
def test_s11_problems_with_line_and_column(text, expected):
    assert problems_of(text) == expected


BUILTIN = {
    "refactor": ("refactor.rewrite", "selection", "selection", "replace"),
    "generate": ("refactor.rewrite", "any", "selection", "insert"),
    "fix": ("quickfix", "diagnostics", "symbol", "replace"),
    "explain": ("source", "any", "selection", "document"),
    "explain-comment": ("source", "any", "selection", "comment"),
    "document": ("source", "any", "symbol", "replace"),
    "test": ("source", "any", "symbol", "new_file"),
}


def test_the_built_in_actions_are_the_documented_ones():
    found = {key: (a.kind, a.when, a.scope, a.output) for key, a in builtin().items()}
    assert found == BUILTIN
    assert all(action.builtin and action.id == key for key, action in builtin().items())


def test_built_in_prompts_ask_for_the_instruction_and_show_the_document_once():
    for action in builtin().values():
        names = re.findall(r"\{\{(\w+)\}\}", action.prompt)
        assert names.count("document") == names.count("instruction") == 1, action.id
