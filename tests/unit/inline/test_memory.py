"""What was found is found again by typing it, and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.memory import GapKey, Suggestion, SuggestionMemory


def place(text, uri="file:///x", language="python"):
    at = text.index("|")
    return CursorContext(uri, text[:at] + text[at + 1 :], at, language)


def filled(*texts, at="x = |\nend\n"):
    memory = SuggestionMemory()
    memory.put(GapKey.of(place(at)), [Suggestion(text, "r1") for text in texts])
    return memory


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("x = |\nend\n", ["sum(items)", "set()"]),
        ("x = s|\nend\n", ["um(items)", "et()"]),
        ("x = su|\nend\n", ["m(items)"]),
        ("x = sum(|)\nend\n", ["items"]),  # the editor closed the bracket
        ("x = sum(items)|\nend\n", []),
        ("x = t|\nend\n", []),
        ("x =|\nend\n", []),
        ("y = |\nend\n", []),
        ("x = |\nEND\n", []),
        ("x = s|)\nend\n", ["um(items", "et("]),  # closed, though nothing opened it: not twice
    ],
)
def test_typing_on(now, left):
    found = filled("sum(items)", "set()").find(place(now))
    assert [offer.text for offer in found] == left


def test_another_document_or_language_is_another_gap():
    memory = filled("1")
    assert memory.find(place("x = |\nend\n", uri="file:///y")) == []
    assert memory.find(place("x = |\nend\n", language="go")) == []


def test_what_was_typed_is_noted():
    (offer,) = filled("sum(items)").find(place("x = su|\nend\n"))
    assert (offer.typed, offer.run) == ("su", "r1")


def test_the_newest_counts_and_the_oldest_goes():
    memory = SuggestionMemory(size=2)
    for number in range(3):
        memory.put(GapKey.of(place(f"x{number} = |\n")), [Suggestion(str(number), "r")])
    assert memory.find(place("x0 = |\n")) == []
    assert memory.find(place("x2 = |\n"))[0].text == "2"
    memory.put(GapKey.of(place("x2 = |\n")), [Suggestion("two", "r")])
    assert [offer.text for offer in memory.find(place("x2 = |\n"))] == ["two"]


def test_a_document_is_forgotten():
    memory = filled("1")
    memory.forget("file:///x")
    assert memory.find(place("x = |\nend\n")) == []


@given(
    st.text("ab(\n ", max_size=12),
    st.text("ab(\n ", min_size=1, max_size=8),
    st.text("ab)\n ", max_size=12),
    st.text("ab(\n ", max_size=9),
)
def test_nothing_is_ever_offered_for_another_text(before, offered, after, typed):
    memory = SuggestionMemory()
    gap = CursorContext("u", before + after, len(before), "plaintext")
    memory.put(GapKey.of(gap), [Suggestion(offered, "r")])
    now = CursorContext("u", before + typed + after, len(before) + len(typed), "plaintext")
    found = memory.find(now)
    if offered.startswith(typed) and offered != typed:
        assert [offer.text for offer in found] == [offered[len(typed) :]]
    else:
        # Only a text that reads the same from another offset may be found.
        assert all(
            now.prefix + offer.text + now.suffix == before + offered + after for offer in found
        )
