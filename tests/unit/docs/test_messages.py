"""Everything that a user may be told: one sentence each, with its cause and the next step."""

import re
from textwrap import dedent

import pytest

from docs import messages
from docs.messages import ERRORS, MEANINGS, collect
from moa_lsp.errors import MoaError

ALL = collect()

NEXT_STEP = re.compile(r"[;,:] |must be|\?$")
"""What parts the cause from what to do; a message without any only complains."""

NEEDS_NONE = {"an agent's reason", "ConfigError"}
"""A clause of a longer sentence, and what stands behind path, line and column."""


def test_there_is_something_to_read():
    assert len(ALL) > 120
    assert {each.kind for each in ALL} >= {
        "UsageError",
        "RunError",
        "StaleDocument",
        "AuthRejected",
    }
    assert {each.area for each in ALL} == set(messages.AREAS.values())


@pytest.mark.parametrize("message", ALL, ids=[f"{n}-{each.place}" for n, each in enumerate(ALL)])
def test_each_is_one_sentence_that_says_what_to_do(message):
    text = message.text
    assert text[0].islower() or text[0] in "`…-0123456789" or text.split()[0].isupper(), text
    assert not text.rstrip("`").endswith((".", "!")), text
    assert not re.search(
        r"\bplease\b|\bsorry\b|\boops\b|\berror\b|\binvalid\b|\bfailed to\b", text.lower()
    )
    assert "\n" not in text
    assert "  " not in text
    assert text.count("(") == text.count(")")
    assert len(text) <= 250, "it would be cut in an editor"
    if message.kind not in NEEDS_NONE:
        assert NEXT_STEP.search(text), f"{text!r} does not say what to do"


def test_every_class_says_whose_fault_it_is_and_what_to_do():
    assert set(MEANINGS) == {name for name, found in ERRORS.items() if found is not MoaError}
    assert all(when and then for _, _, when, then in messages.kinds())


def test_the_constants_that_are_read_are_there():
    source = "".join(
        path.read_text("utf-8") for root in messages.PACKAGES for path in root.rglob("*.py")
    )
    for name in messages.TABLES:
        assert re.search(rf"^{name}\b.* = ", source, re.MULTILINE), name


def test_what_is_collected(tmp_path):
    (tmp_path / "lsp").mkdir()
    (tmp_path / "lsp" / "a.py").write_text(
        dedent(
            """
            DECLINED = "you declined; it is kept"
            def f(x):
                raise RunError(f"cannot do {x}; " f"do {x!r}")
                raise errors.UsageError("a b" if x else "c d")
                raise ValueError("not ours, not shown")
                show.sentence("told: " + x, failed=True)
                return ApplyResult(edit, reason="no way; go")
            """
        )
    )
    found = [(each.kind, each.text) for each in collect([tmp_path])]
    assert found == [
        ("RunError", "cannot do …; do …"),
        ("UsageError", "a b"),
        ("UsageError", "c d"),
        ("a run's reason", "no way; go"),
        ("a run's reason", "you declined; it is kept"),
        ("shown", "told: …"),
    ]
