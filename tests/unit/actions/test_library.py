"""The user's actions beside the built-in ones."""

from moa_lsp.actions.definition import builtin
from moa_lsp.actions.library import read_library

ACTION = """\
---
id: {id}
title: Tidy
kind: refactor.rewrite
when: selection
scope: selection
output: replace
---
{{{{document}}}}
"""


def test_without_folders_there_are_the_built_in_actions():
    assert read_library().actions == builtin()


def test_a_users_action_comes_after_them(tmp_path):
    (tmp_path / "tidy.md").write_text(ACTION.format(id="tidy"))
    (tmp_path / "README.md").write_text("# words\n")
    (tmp_path / "notes.txt").write_text("words\n")
    found = read_library([str(tmp_path)])
    assert found.problems == ()
    assert list(found.actions) == [*builtin(), "tidy"]
    assert not found.actions["tidy"].builtin


def test_a04_no_file_replaces_a_built_in_action(tmp_path):
    (tmp_path / "evil.md").write_text(ACTION.format(id="refactor"))
    found = read_library([str(tmp_path)])
    assert found.actions == builtin()
    assert "a second action `refactor`: the first is the built-in one" in str(found.problems[0])


def test_a_broken_file_takes_no_other_down(tmp_path):
    (tmp_path / "a.md").write_text(ACTION.format(id="tidy").replace("document", "documnt"))
    (tmp_path / "b.md").write_text(ACTION.format(id="tidy"))
    (tmp_path / "c.md").write_text(ACTION.format(id="tidy"))
    (tmp_path / "d.md").symlink_to("/etc/hostname")
    found = read_library([str(tmp_path), str(tmp_path / "gone")])
    assert "tidy" in found.actions
    told = [str(problem).replace(f"{tmp_path}/", "") for problem in found.problems]
    assert told == [
        "a.md:9:1: unknown placeholder `documnt`; did you mean `document`?",
        "c.md:1:1: a second action `tidy`: the first is in b.md",
        "d.md:1:1: a link that leads out of its folder: list the folder it leads to instead",
        "gone:1:1: the folder cannot be read: no such file or directory",
    ]
