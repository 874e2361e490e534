"""What is suggested at a cursor and what is not: the rules, each with code that repeats itself."""

import pytest

from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.ngram.blend import IndexSource, begun, next_words
from moa_lsp.providers.embedded.ngram.document import read
from moa_lsp.providers.embedded.ngram.index import SequenceRange, build
from moa_lsp.providers.embedded.ngram.lexer import lex
from moa_lsp.providers.embedded.ngram.line import NOTHING, rest_of_line
from moa_lsp.providers.embedded.ngram.secret import looks_secret
from moa_lsp.providers.embedded.ngram.suggestion import (
    NGRAM_LEAST_CHARS,
    cursor,
    hopeless,
    suggest,
)

LINES = "    result = self.client.fetch(url, timeout=self.timeout)\n    return result.json()\n"
KNOWN = "".join(f"def f{number}(self, url):\n{LINES}\n\n" for number in range(6))


def suggested(known, line, language="python", *, secret=looks_secret, before=""):
    """The suggestion at ``§`` of a new last line, or why there is none."""
    offset = len(known) + len(before) + line.index("§")
    at = cursor(known + before + line.replace("§", ""), offset)
    refused = hopeless(at, language)
    if refused:
        return refused
    document = read(known, language, secret)
    place = document.place(at.text, at.offset)
    found = suggest([], document, place, at, secret=secret)
    return found if isinstance(found, AgentDeclines) else found.text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("    result = §", "self.client.fetch(url, timeout=self.timeout)"),
        ("    result =§", " self.client.fetch(url, timeout=self.timeout)"),
        ("    result = self.cl§", "ient.fetch(url, timeout=self.timeout)"),
        ("    result = self.client.fetch(u§", "rl, timeout=self.timeout)"),
        ("    result = self.client.fetch(url, §)", "timeout=self.timeout"),
        ("    result = self.client.fetch(url, §)  ", "timeout=self.timeout"),
        ("    result = self.client.fetch(url, timeout=self.t§\n    pass\n", "imeout)"),
        ("    return result.§", "json()"),
    ],
)
def test_the_rest_of_a_line(line, text):
    assert suggested(KNOWN, line) == text


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_other_line_ends(eol):
    known = KNOWN.replace("\n", eol)
    line = f"    result = self.cl§{eol}    pass{eol}"
    assert suggested(known, line) == "ient.fetch(url, timeout=self.timeout)"


SLOTS = "d = {}\n" + "".join("value = d['name_of_it']\n" for _ in range(8))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("value = d['na§", "me_of_it']"),
        ("value = d['na§']", "me_of_it"),
        ("value = d[§]", "'name_of_it'"),
    ],
)
def test_a_string_that_was_begun(line, text):
    assert suggested(SLOTS, line) == text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("§", "the start of a line"),
        ("    §", "the start of a line"),
        ("    # result = §", "inside a comment"),
        ("    x = 1  # result = §", "inside a comment"),
        ('    """result = §', "inside a string"),
        ("    result = §self", "code follows"),
        ("    result = §'a'", "code follows"),
        ("    result = §''", "a string follows"),
        ("    something_else.entirely(§", "nothing is likely enough"),
        ("    return result.json(§)", "nothing is likely enough"),
    ],
)
def test_nothing_is_suggested(line, reason):
    found = suggested(KNOWN, line)
    assert isinstance(found, AgentDeclines), found
    assert reason in found.reason


def test_nothing_in_a_docstring_that_began_above():
    found = suggested(KNOWN, "    result = §", before='def g():\n    """Says\n')
    assert found == AgentDeclines("the cursor is inside a string")


@pytest.mark.parametrize("language", ["markdown", "plaintext", "latex"])
def test_prose_is_left_to_people(language):
    assert suggested(KNOWN, "    result = §", language) == AgentDeclines("prose is not completed")


@pytest.mark.parametrize(
    "comment", ["# a very long comment about it", '"""A docstring of one line."""']
)
def test_comments_are_never_written(comment):
    known = "".join(f"x{number} = compute(1)\n{comment}\n" for number in range(9))
    for line in ("y = 1  §", "y = compute(§", f"{comment[:5]}§"):
        found = suggested(known, line)
        assert isinstance(found, AgentDeclines) or comment[6:12] not in found


@pytest.mark.parametrize(
    "secret", ['"AKIAIOSFODNN7EXAMPLE"', '"x9Tq3vZ7pL2mK8sW4nB1"', "'sk-live-12345678'"]
)
def test_a12_secrets_are_neither_learnt_nor_written(secret):
    known = "".join(f"def f{n}():\n    client = connect(key={secret})\n" for n in range(9))
    assert suggested(known, "    client = connect(key=§", secret=lambda _: False) == f"{secret})"
    assert isinstance(suggested(known, "    client = connect(key=§"), AgentDeclines)
    learnt = read(known, "python", lambda _: False)
    at = cursor(known + "    client = connect(key=", len(known) + 25)
    found = suggest([], learnt, learnt.place(at.text, at.offset), at, secret=looks_secret)
    assert isinstance(found, AgentDeclines), "an index made with another rule is held to this one"
    assert not any(secret in word for word in read(known, "python", looks_secret).index.words)


def test_hidden_characters_are_not_written():
    known = "".join('mark = show("a\u202eb", width)\n' for _ in range(9))
    assert isinstance(suggested(known, "mark = show(§"), AgentDeclines)


def test_what_is_doubtful_is_cut_at_a_closed_bracket():
    known = "".join(f"total = compute(first, second) + other{n}.value\n" for n in range(9))
    assert suggested(known, "total = §") == "compute(first, second)"


def test_what_is_doubtful_within_a_line_is_cut_behind_a_name():
    known = "".join(f"total = compute_all.of_{n}(first)\n" for n in range(9))
    assert suggested(known, "total = §") == "compute_all"  # and neither "." nor what follows


@pytest.mark.parametrize("opening", ["(", "[", "{", ".", " +", ","])
def test_nothing_ends_where_more_must_follow(opening):
    known = "".join(f"total = compute_all{opening} other{n}\n" for n in range(9))
    assert suggested(known, "total = §") == "compute_all"


def test_a_word_that_is_an_operator_is_a_word():
    known = "".join(f"from module_a import name{n}\n" for n in range(9))
    assert suggested(known, "from §") == "module_a import"


def test_what_a_context_is_mostly_followed_by_says_little_of_a_word_that_is_none_of_it():
    known = "self.first = 1\n" * 60 + "form_matches = 2\n" + "x = [a for a in b]\n" * 20
    index = build([("", lex(known, "python"))])
    found = begun([IndexSource(index)], ["1", "\n0"], "fo")
    assert found.of["form_matches"] < 0.6, "once after an end of a line"
    assert found.of["for"] > 0.05, "often elsewhere"
    assert sum(found.of.values()) + found.left == pytest.approx(1.0)


def test_a_word_that_nothing_begins_like_is_left_to_the_unknown():
    index = build([("", lex("self.first = 1\n", "python"))])
    found = begun([IndexSource(index)], ["=", "1"], "zz")
    assert (found.of, found.left) == ({}, 1.0)


def test_short_ones_are_not_shown():
    assert NGRAM_LEAST_CHARS == 4
    known = "".join("x = abc\n" for _ in range(9))
    assert isinstance(suggested(known, "x = §"), AgentDeclines)
    assert isinstance(suggested(known, "x §"), str)


def test_an_empty_index_knows_nothing():
    assert rest_of_line([], ["a"]) == NOTHING
    assert rest_of_line([IndexSource(build([]))], ["a"], "b") == NOTHING
    assert begun([], [], "a").of == {}


def test_the_older_text_of_a_file_does_not_count():
    index = build([("a", lex("x = 1\n", "python")), ("b", lex("x = 2\n", "python"))])
    whole = next_words([IndexSource(index)], ["x", "="])
    assert whole.of["1"] == whole.of["2"]
    part = next_words([IndexSource(index, index.files["a"])], ["x", "="])
    assert set(part.of) == {"2"}
    assert next_words([IndexSource(index, SequenceRange(0, 10**6))], ["x", "="]).of == {}


def test_a_longer_context_is_believed_before_a_shorter_one():
    text = "a.b(c)\n" * 5 + "d.b(e)\n" * 2
    index = build([("", lex(text, "python"))])
    assert next_words([IndexSource(index)], ["d", ".", "b", "("]).likeliest()[0] == "e"
    assert next_words([IndexSource(index)], ["b", "("]).likeliest()[0] == "c"


def chains(*lines):
    """An index of lines, and what may come after a beginning."""
    index = build([("", lex("".join(each + "\n" for each in lines), "python"))])
    return lambda beginning: next_words([IndexSource(index)], lex(beginning, "python").words)


@pytest.mark.parametrize(
    ("beginning", "word"),
    [
        ("for key in keys", ":"),  # a name that was never seen
        ("for _ in Ünknown", ":"),
        ("if size == 3 and", "self"),  # a number
        ("if size == 'ten' and", "self"),  # a string, where numbers stood
    ],
)
def test_contexts_that_are_alike_are_asked_where_none_is_the_same(beginning, word):
    loops = [f"for a{number} in b{number}:" for number in range(20)]
    tests = [f"if c{number} == {number} and self.on:" for number in range(9)]
    more = [f"if d{number} == 'n{number}' and self.on:" for number in range(9)]
    known = chains(*loops, *tests, *more)
    assert known(beginning).likeliest()[0] == word


def test_the_same_context_is_believed_before_those_that_are_alike():
    known = chains(*(f"a{number}.b(c{number}" for number in range(30)), *["d.b[c"] * 3)
    assert known("e.b").likeliest()[0] == "("
    assert known("d.b").likeliest()[0] == "["


def test_a_sign_that_was_never_seen_is_like_nothing():
    assert chains("a = b", "c = d")("x @").of == {}


def test_common_names_are_told_apart():
    known = chains(*(f"def f{number}(self):" for number in range(9)), *["class A(B):"] * 9)
    assert known("def new(").likeliest()[0] == "self"


def test_far_from_the_last_reading_it_must_be_read_again():
    document = read("x = 1\n", "python", looks_secret)
    assert document.place("x = 1\n" + "y = 2\n" * 1000, 6003) is None
