"""Laws of the statistics: words and spaces give the text back, ranges are what counting finds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.providers.embedded.ngram.blend import IndexSource, begun, next_words
from moa_lsp.providers.embedded.ngram.document import read
from moa_lsp.providers.embedded.ngram.index import NGRAM_SAMPLE, build
from moa_lsp.providers.embedded.ngram.lexer import END, TokenSequence, lex, spelled
from moa_lsp.providers.embedded.ngram.limits import NGRAM_ORDER
from moa_lsp.providers.embedded.ngram.packed import HEAD_BYTES, PackedIndexes, pack, unpack
from moa_lsp.providers.embedded.ngram.suggestion import cursor

WORDS = st.lists(st.sampled_from("ab("), max_size=60)
PIECES = st.sampled_from(
    ["a", "foo", " ", "  ", "(", ")", ".", "==", '"s"', "'", "#", "\n", "\n    ", "\r\n", '"""']
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def lexed(words):
    return TokenSequence(list(words), bytearray(len(words)))


@given(
    st.lists(st.sampled_from(["a", "bc", "(", ")", "=", "+", '"s"', " ", "  ", "1"]), max_size=30)
)
def test_words_and_their_spaces_are_the_line(pieces):
    line = "".join(pieces).strip()
    found = lex(line, "python")
    assert spelled(found.words, found.spaces) == line


@given(TEXTS)
def test_any_text_is_read_and_any_line_end_is_a_beginning(text):
    whole = lex(text, "python")
    assert len(whole.words) == len(whole.spaces)
    for each in whole.breaks:
        rest = lex(text[each.start :], "python", indents=each.indents)
        assert whole.words[each.count :] == rest.words
        assert (whole.inside, whole.typed) == (rest.inside, rest.typed)


def check_counted(index, found, files, context, kind):
    """Hold places after a context against what counting words of the same kinds finds.

    Args:
        index: of the files.
        found: what it says: places after the last word, the last two, and so on.
        files: words of each.
        context: the words before.
        kind: what of a word has to be the same.
    """
    for length in range(1, min(len(context), NGRAM_ORDER) + 1):
        tail = [kind(word) for word in context[-length:]]
        after = sorted(
            words[at]
            for words in ([*[END] * NGRAM_ORDER, *each] for each in files)
            for at in range(NGRAM_ORDER, len(words))
            if [kind(word) for word in words[at - length : at]] == tail
        )
        if not after:
            assert len(found) < length
            continue
        places = found[length - 1]
        order = places.order[places.low : places.high]
        assert sorted(index.words[index.sequence[at]] for at in order) == after
        assert len(places.some()) <= NGRAM_SAMPLE


@given(st.lists(WORDS, max_size=4), st.lists(st.sampled_from("ab("), min_size=1, max_size=8))
def test_a_range_is_what_counting_finds(files, context):
    index = build([(str(number), lexed(words)) for number, words in enumerate(files)])
    check_counted(index, list(index.after(context)), files, context, lambda word: word)


KINDS = {"a": "name", "b": "name", "c": "name", "1": "number", "2": "number", "'": "string"}
"""Every name is kept apart that is there twice, as long as there are few."""


@given(
    st.lists(st.lists(st.sampled_from("abc12'()"), max_size=40), max_size=4),
    st.lists(st.sampled_from("abc12'(!"), min_size=1, max_size=8),
)
def test_a_range_of_what_is_alike_is_what_counting_finds(files, context):
    index = build([(str(number), lexed(words)) for number, words in enumerate(files)])
    often = Counter(word for words in files for word in words)

    def kind(word):
        return word if word in "abc" and often[word] > 1 else KINDS.get(word, word)

    check_counted(index, list(index.after_alike(context)), files, context, kind)


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS, st.sampled_from(["", "a", "b", "("]))
def test_shares_add_up_to_one_at_most(files, context, typed):
    sources = [IndexSource(build([("", lexed(words))])) for words in files]
    shares = begun(sources, context, typed) if typed else next_words(sources, context)
    assert all(share >= 0 for share in shares.of.values())
    assert sum(shares.of.values()) + shares.left <= 1 + 1e-9
    assert set(shares.of) <= {word for words in files for word in words}


@given(st.lists(WORDS, max_size=3))
def test_an_index_comes_through_a_pipe_as_it_was(files):
    built = PackedIndexes(
        {"python": build([(str(n), lexed(w)) for n, w in enumerate(files)])}, 3, 4
    )
    raw = pack(built)
    assert unpack(raw[HEAD_BYTES:]) == built


@given(TEXTS, TEXTS, st.data())
def test_a_place_is_what_reading_the_whole_would_say(old, new, data):
    offset = data.draw(st.integers(0, len(new)))
    place = read(old, "python", lambda _: False).place(new, offset)
    whole = lex(new[:offset], "python")
    words = whole.words[:-1] if whole.typed and whole.words[-1:] == [whole.typed] else whole.words
    assert place is not None
    assert (place.inside, place.typed) == (whole.inside, whole.typed)
    assert place.context == tuple(words[-NGRAM_ORDER:])


@given(TEXTS, st.data())
def test_a_cursor_parts_its_line(text, data):
    at = cursor(text, data.draw(st.integers(0, len(text))))
    assert text[: at.offset].endswith(at.before)
    assert text[at.offset :].startswith(at.after)
    assert not {"\n", "\r"} & {*at.before, *at.after}
