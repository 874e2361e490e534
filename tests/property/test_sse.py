"""The decoders give the same for every way of cutting a stream into pieces."""

import itertools
import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moa_lsp.errors import BadReply, ProviderError, TooLarge
from moa_lsp.providers.ndjson import NdjsonDecoder
from moa_lsp.providers.sse import SseDecoder, SseEvent

_LINES = st.sampled_from(
    [
        b"data: one",
        b"data:two",
        b"data:  three ",
        b"data",
        b"data:",
        b"data: \xe2\x80\xa8\xc2\x85\x0c",
        b"event: named",
        b"event",
        b": comment",
        b":",
        b"id: 7",
        b"retry: 10",
        b"other: x",
        b"data: \xf0\x9f\x98\x80",
        b"data: \xff",
        b"",
        b"",
    ]
)
_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
_STREAMS = st.one_of(
    st.lists(st.tuples(_LINES, _ENDS)).map(lambda parts: b"".join(b"".join(p) for p in parts)),
    st.lists(st.sampled_from([b"\r", b"\n", b":", b"d", b"data: x", b" ", b"\xef\xbb\xbf"])).map(
        b"".join
    ),
)


def _decoded(decoder, pieces):
    """The events, and the kind of error that ended them."""
    events = []
    try:
        for piece in pieces:
            _each(events, decoder.feed(piece))
        _each(events, decoder.end())
    except ProviderError as error:
        return events, type(error)
    return events, None


def _each(events, found):
    for event in found:
        events.append(event)  # one by one: what came before an error counts too


def _pieces(data, cuts):
    marks = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(marks)] + [b""]


@given(_STREAMS, st.lists(st.integers(0, 10_000), max_size=8), st.integers(5, 40))
def test_every_split_gives_the_same(data, cuts, bound):
    for decoder in (lambda: SseDecoder(bound), lambda: NdjsonDecoder(bound), SseDecoder):
        at_once = _decoded(decoder(), [data])
        assert _decoded(decoder(), _pieces(data, cuts)) == at_once
        assert _decoded(decoder(), [data[i : i + 1] for i in range(len(data))]) == at_once


def _by_the_book(text: str) -> list[SseEvent]:
    """The WHATWG's algorithm on the whole text, but that blanks around names are let pass."""
    lines = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))[:-1]
    events, data, name = [], "", ""
    for line in lines:
        if not line:
            if data:
                events.append(SseEvent(name or "message", data[:-1]))
            data, name = "", ""
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            field = field.strip()
            if field == "data":
                data += value + "\n"
            elif field == "event":
                name = value
    return events


@given(_STREAMS)
@example(b" data: x\r\r")
def test_it_does_what_the_standard_says(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    assert _decoded(SseDecoder(), [data]) == (_by_the_book(text), None)


@given(st.lists(st.text(max_size=30), max_size=5))
def test_what_is_written_is_read(texts):
    clean = [re.sub(r"[\r\n]", "", text) for text in texts]
    data = "".join(f"data: {text}\n\n" for text in clean).encode("utf-8", "replace")
    expected = [SseEvent("message", text.encode("utf-8", "replace").decode()) for text in clean]
    assert _decoded(SseDecoder(), [data]) == (expected, None)


@pytest.mark.parametrize("decoder", [SseDecoder, NdjsonDecoder])
def test_a_line_without_end_is_refused_before_it_is_held(decoder):
    made = decoder(1000)
    tracemalloc.start()
    assert _decoded(made, [b"x" * 100] * 10_000) == ([], TooLarge)
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


def test_many_small_data_lines_count_as_one_event():
    with pytest.raises(TooLarge):
        list(SseDecoder(1000).feed(b"data:\n" * 2000))


def test_a_last_line_of_json_needs_no_end():
    assert _decoded(NdjsonDecoder(), [b'{"a": 1}\n\n{"b"', b": 2}"]) == (
        [SseEvent("message", '{"a": 1}'), SseEvent("message", '{"b": 2}')],
        None,
    )
    assert _decoded(NdjsonDecoder(), [b'{"a\xff'])[1] is BadReply
