"""From files to whole mixes: parents, overrides, scopes, and what a broken file takes down."""

import pytest

from moa_lsp.config.catalog import bundled_folder
from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.strict_yaml import load


def composed(*files):
    """Compose files given as text, or as (scope, text)."""
    sources = []
    for number, each in enumerate(files):
        scope, text = each if isinstance(each, tuple) else ("user", each)
        sources.append(MixSource(load(text, f"{number}.yaml"), scope))
    return compose(sources, BUILTIN)


BASE = """\
name: base
description: the base
proposers:
  - model: embedded/ruff
  - model: embedded/outline
quorum: {min: 2, grace: 5}
aggregator: [{agree: 0.5}]
deadline: 30
"""


def test_a_child_merges_maps_and_replaces_lists():
    done = composed(
        BASE, "name: child\nextends: base\nquorum: {min: 1}\naggregator: {select: vote}"
    )
    child = done.mixes["child"].mix
    assert not done.problems
    assert (child.quorum.min, child.quorum.grace) == (1, 5)
    assert [type(step).__name__ for step in child.aggregator] == ["Select"]
    assert [agent.id for agent in child.agents] == ["ruff", "outline"]
    assert child.deadline == 30
    assert child.description == ""


def test_null_takes_what_the_parent_holds_away():
    done = composed(BASE, "name: child\nextends: base\nquorum: null\ndeadline: null")
    assert done.mixes["child"].mix.quorum is None
    assert done.mixes["child"].mix.deadline == 120


def test_a_grandchild_reaches_through():
    done = composed(
        "name: c\nextends: b\ncache: false", BASE, "name: b\nextends: base\ndeadline: 40"
    )
    assert not done.problems
    assert (done.mixes["c"].mix.deadline, done.mixes["c"].mix.cache) == (40, False)


def test_a_circle_is_told_at_every_mix_of_it():
    done = composed("name: a\nextends: b", "name: b\nextends: a")
    assert [(p.path, p.line) for p in done.problems] == [("0.yaml", 2), ("1.yaml", 2)]
    assert "a → b → a" in done.problems[0].message
    assert not done.mixes


def test_a_broken_parent_takes_down_only_its_children():
    done = composed(BASE.replace("ruff", "ruf"), "name: b\nextends: base", BASE.replace(
        "name: base", "name: other"
    ))  # fmt: skip
    assert list(done.mixes) == ["other"]
    assert [str(problem) for problem in done.problems] == [
        "0.yaml:4:12: embedded has no `ruf`; did you mean `ruff`?",
        "1.yaml:2:10: its parent `base` has problems",
    ]
    assert set(done.broken) == {"base", "b"}


def test_what_only_fails_together_with_the_parent_is_told_at_extends():
    done = composed(BASE, "name: b\nextends: base\nproposers: [{model: embedded/ruff}]")
    assert [str(problem) for problem in done.problems] == [
        "1.yaml:2:10: with what its parent holds: a quorum of 2 can never be met by 1 proposals"
    ]


OVERRIDES = """\
overrides:
  - when: {language: python, action: fix}
    deadline: 10
  - when: {language: python}
    aggregator: {verify: [parse, names]}
  - when: {action: explain}
    proposers: [{model: embedded/outline}]
    quorum: null
"""


def test_the_first_override_that_matches_wins():
    done = composed(BASE + OVERRIDES)
    assert not done.problems
    mix = done.mixes["base"].mix
    assert mix.resolved("fix", "python").deadline == 10
    assert mix.resolved("refactor", "python").aggregator[0].verify == ("parse", "names")
    assert mix.resolved("explain", "rust").quorum is None
    assert [agent.id for agent in mix.resolved("explain", "rust").agents] == ["outline"]
    plain = mix.resolved("refactor", "rust")
    assert plain.overrides == ()
    assert plain.hash == mix.hash
    hashes = {one.mix.hash for one in mix.overrides} | {mix.hash}
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("sh", "shellscript"),
        ("bash", "shellscript"),
        ("shellscript", "shellscript"),
        ("py", "python"),
        ("c++", "cpp"),
        ("source.ts", "typescript"),
        ("emacs-lisp", "lisp"),
        ("typescript-ts-mode", "typescript"),
    ],
)
def test_a_language_goes_by_any_of_its_names(said, language):
    done = composed(f"{BASE}overrides:\n  - when: {{language: {said}}}\n    deadline: 10\n")
    mix = done.mixes["base"].mix
    assert mix.resolved("fix", language).deadline == 10
    assert mix.resolved("fix", "rust").deadline != 10


def test_overrides_are_validated_again_and_told_at_their_place():
    done = composed(BASE + "overrides:\n  - when: {action: fix}\n    quorum: {min: 3}\n")
    assert [str(problem) for problem in done.problems] == [
        "0.yaml:11:19: a quorum of 3 can never be met by 2 proposals"
    ]
    done = composed(
        BASE + "overrides:\n  - when: {action: fix}\n    proposers: [{model: embedded/ruff}]\n"
    )
    assert [str(problem) for problem in done.problems] == [
        "0.yaml:10:5: with this override: a quorum of 2 can never be met by 1 proposals"
    ]


def test_a_mix_may_have_its_proposals_tested():
    assert not composed(BASE.replace("agree: 0.5", "verify: [tests]")).problems


def test_a_users_mix_stands_before_a_bundled_one_of_its_name():
    done = composed(("bundled", BASE), ("user", BASE.replace("deadline: 30", "deadline: 31")))
    assert not done.problems
    assert done.mixes["base"].mix.deadline == 31
    assert done.mixes["base"].scope == "user"


def test_a_second_file_of_the_same_name_is_a_problem():
    done = composed(BASE, BASE)
    assert [str(problem) for problem in done.problems] == [
        "1.yaml:1:7: a second mix `base`: the first is in 0.yaml"
    ]
    assert done.mixes["base"].origin == "0.yaml"


def test_a04_a_workspaces_mix_stands_for_no_other():
    evil = BASE.replace("deadline: 30", "deadline: 99")
    done = composed(("user", BASE), ("workspace", evil))
    assert done.mixes["base"].mix.deadline == 30
    assert done.mixes["base (workspace)"].mix.deadline == 99
    assert done.mixes["base (workspace)"].mix.name == "base (workspace)"


def test_a04_parents_are_the_users_before_the_workspaces():
    child = "name: child\nextends: base"
    evil = BASE.replace("deadline: 30", "deadline: 99")
    done = composed(("user", BASE), ("workspace", evil), ("workspace", child))
    assert done.mixes["child (workspace)"].mix.deadline == 30
    done = composed(("workspace", evil), ("workspace", child))
    assert done.mixes["child (workspace)"].mix.deadline == 99
    done = composed(("workspace", evil), ("user", child))
    assert "child" not in done.mixes


def test_a_mix_with_any_problem_is_never_used():
    done = composed(BASE + "deadline: 5\n")
    assert not done.mixes
    assert [problem.line for problem in done.problems] == [9]


def test_the_example_in_the_mixes_readme_is_a_sound_mix():
    text = (bundled_folder() / "README.md").read_text("utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    bundled = (bundled_folder() / "embedded.yaml").read_text("utf-8")
    done = composed(("bundled", bundled), ("user", example))
    assert not done.problems
    assert len(done.mixes["mine"].mix.resolved("refactor", "python").agents) == 1
