"""What of an answer is passed on while it is written, and what is not."""

import pytest

from moa_lsp.chat.answer_bounds import AnswerBounds
from moa_lsp.chat.stream import AnswerStream
from moa_lsp.context.redaction import Redaction
from moa_lsp.mix.progress import AnswerPiece
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span

TASK = Task("chat", "document", Snapshot("untitled:chat", "", "markdown"), Span(0, 0), 0)
VEIL = Redaction(TASK, {"HIDDEN_ab12000": "hunter22"}, frozenset(), "HIDDEN_ab12", 1)


def piece(text, model="z", *, aggregates=True):
    return AnswerPiece((1, aggregates), "aggregator", model, text)


@pytest.mark.parametrize(
    ("pieces", "passed"),
    [
        (["one ", "two"], ["one ", "two"]),
        (["\n", "x"], ["", "\nx"]),
        (["<think>", "hm</think>", "x"], ["", "", ""]),
        (["[THINK]hm[/THINK]x"], [""]),
        (["is HIDDEN_ab1", "2000."], ["is ", "hunter22."]),
        (["HIDDEN_ab12000"], ["hunter22"]),
        (["H", "ello"], ["", "Hello"]),
    ],
)
def test_what_is_passed_on(pieces, passed):
    stream = AnswerStream(VEIL)
    assert [stream.take(piece(each)) for each in pieces] == passed


@pytest.mark.parametrize(
    ("pieces", "passed"),
    [
        (["one END", " two"], ["one ", ""]),
        (["one E", "ND two", "END"], ["one ", "", ""]),
        (["one E", "nds"], ["one ", "Ends"]),
        (["END"], [""]),
    ],
)
def test_a_stop_ends_the_answer_and_is_no_part_of_it(pieces, passed):
    stream = AnswerStream(None, AnswerBounds(("END",)))
    assert [stream.take(piece(each)) for each in pieces] == passed


def test_a_proposer_is_not_heard():
    assert AnswerStream().take(piece("x", aggregates=False)) == ""


@pytest.mark.parametrize(
    ("sent", "settled", "by_model", "rest", "broken"),
    [
        ("one ", "one two", True, "two", False),
        ("", "chosen", False, "chosen", False),
        ("one </s>", "one", True, "", False),  # our reading of it differs from what was sent
        ("one ", "another", False, "", True),
    ],
)
def test_the_end_adds_what_is_missing(sent, settled, by_model, rest, broken):
    stream = AnswerStream()
    stream.take(piece(sent))
    assert stream.end(settled, by_model=by_model) == rest
    assert stream.broken is broken


@pytest.mark.parametrize(("first", "broken"), [("half", True), ("<think>half", False)])
def test_another_model_cannot_take_back_what_was_passed_on(first, broken):
    stream = AnswerStream()
    stream.take(piece(first))
    stream.take(piece("anew", model="y"))
    assert stream.broken is broken
