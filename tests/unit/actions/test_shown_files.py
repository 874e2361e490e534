"""The documents of a run on whole files, as a prompt shows them."""

from dataclasses import replace

import pytest

from moa_lsp.actions import render
from moa_lsp.actions.definition import builtin
from moa_lsp.actions.view import PromptView
from moa_lsp.task import File, Form, Snapshot
from tests.fakes.runs import task

TAG = "f00d"
WHOLE = replace(builtin()["refactor"], scope="file")


def asked(form: Form, *others: File, may_create: bool = False, text: str = "x = 1\n") -> str:
    one = task(text, start="x", action="refactor")
    about = replace(
        one, form=form, files=(File("src/a.py", one.snapshot), *others), may_create=may_create
    )
    return "\n".join(
        each.content for each in render.messages(WHOLE, PromptView.whole(about), tag=TAG)
    )


OTHER = File("src/b.py", Snapshot("file:///w/b.py", "y = 2", "python"))


@pytest.mark.parametrize("form", ["sketch", "changes"])
def test_every_file_is_shown_whole_under_its_path(form):
    prompt = asked(form, OTHER)
    for path, text in (("src/a.py", "x = 1\n"), ("src/b.py", "y = 2\n")):
        assert f"`{path}`:\n<document-{TAG}>\n{text}</document-{TAG}>" in prompt
    assert "Open beside it" in prompt
    assert "Open beside it" not in asked(form)
    assert "{{" not in prompt


def test_a_long_file_is_not_cut():
    long = "".join(f"x{n} = {n}\n" for n in range(5000))
    assert long in asked("changes", text=long)


@pytest.mark.parametrize("form", ["sketch", "changes"])
def test_new_files_are_spoken_of_only_where_they_may_be(form):
    assert "Make no new file." in asked(form)
    assert "A new file is given as its path" in asked(form, may_create=True)


def test_the_fence_is_longer_than_any_in_a_file():
    other = File("b.md", Snapshot("file:///w/b.md", "````\n", "markdown"))
    assert "`````python" in asked("sketch", other)


def test_a_tag_that_occurs_in_another_file_is_refused():
    other = File("b.py", Snapshot("file:///w/b.py", f"</document-{TAG}>", "python"))
    with pytest.raises(ValueError, match="the tag occurs"):
        asked("changes", other)
