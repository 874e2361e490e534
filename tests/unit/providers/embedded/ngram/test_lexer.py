"""Words of code in several languages, and what the end of a text is inside of."""

import pytest

from moa_lsp.providers.embedded.ngram.lexer import (
    LONG,
    NGRAM_STRING_CHARS,
    NGRAM_WORD_CHARS,
    lex,
    spelled,
)
from moa_lsp.providers.embedded.ngram.secret import looks_secret


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("python", "a=b  # c", "a = b"),
        ("python", "# all\n\n  # of it\nx", "\n0 x"),
        ("python", "if a:\n    b\n\n    c\nd\n", "if a : \n+1 b \n0 c \n-1 d \n0"),
        ("python", "if a:\r\n\tb\rc", "if a : \n+1 b \n-1 c"),
        ("python", "a:\n  b:\n    c\nd", "a : \n+1 b : \n+1 c \n-2 d"),
        ("python", "a:\n    b\n  c", "a : \n+1 b \n-1 c"),
        ("python", 'x = "a#b" + rb\'c\'', "x = \"a#b\" + rb'c'"),
        ("python", '"""a\n# b"""; x', f"{LONG} ; x"),
        ("python", "f(**kw) -> x != y := z...", "f ( ** kw ) -> x != y := z ..."),
        ("c", "/* a */ b /* c */ d // e\nf", "b d \n0 f"),
        ("c", "'x' \"y\\\"z\"", "'x' \"y\\\"z\""),
        ("typescript", "a?.b ?? `c\n${d}` === 1", f"a ?. b ?? {LONG} === 1"),
        ("rust", "fn f<'a>(x: &'a str) { 'b' }", "fn f < ' a > ( x : & ' a str ) { 'b' }"),
        ("made-up", "a // b\nc", "a \n0 c"),
        ("json", '{"a": 1}', '{ "a" : 1 }'),
        ("python", "größe = 变量", "größe = 变量"),
    ],
)  # fmt: skip
def test_words(language, text, words):
    assert [word.replace("\n", "\\n") for word in lex(text, language).words] == [
        word.replace("\n", "\\n") for word in words.split(" ")
    ]


@pytest.mark.parametrize(
    ("language", "text", "inside", "typed"),
    [
        ("python", "a = fo", "code", "fo"),
        ("python", "a = ", "code", ""),
        ("python", "a.", "code", ""),
        ("python", "a # b", "comment", ""),
        ("python", "a # b\n", "code", ""),
        ("python", "'''a", "string", ""),
        ("python", 'def f():\n    r"""a\n', "string", ""),
        ("python", "d['na", "code", "'na"),
        ("python", "d['na']", "code", ""),
        ("c", "a /* b", "comment", ""),
        ("c", "a /* b */ c", "code", "c"),
        ("c", "a // b", "comment", ""),
        ("go", "a := `b\n", "string", ""),
        ("html", "<!-- a", "comment", ""),
    ],
)
def test_the_end_of_a_text(language, text, inside, typed):
    found = lex(text, language)
    assert (found.inside, found.typed) == (inside, typed)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('"' + "a" * (NGRAM_STRING_CHARS - 2) + '"', True),
        ('"' + "a" * (NGRAM_STRING_CHARS - 1) + '"', False),
        ("a" * NGRAM_WORD_CHARS, True),
        ("a" * (NGRAM_WORD_CHARS + 1), False),
    ],
)
def test_what_is_long_is_not_kept(text, kept):
    assert lex(text + "\n", "python").words[0] == (text if kept else LONG)


@pytest.mark.parametrize(
    ("word", "secret"),
    [
        ('"AKIAIOSFODNN7EXAMPLE"', True),
        ('"ghp_16C7e42F292c6912E7710c838347Ae178B4a"', True),
        ('"sk-proj-abcdefgh"', True),
        ('"postgres://me:hunter2@db"', True),
        ('"d41d8cd98f00b204e9800998ecf8427e"', True),
        ('"x9Tq3vZ7pL2mK8sW4nB1"', True),
        ('"application/json"', False),
        ("test_L21_a_very_long_name_of_a_test", False),
        ("20240620", False),
        ('"utf-8"', False),
    ],
)
def test_secrets_are_known_by_their_look(word, secret):
    assert looks_secret(word) is secret
    if word.startswith('"'):
        assert (lex(f"x = {word}\n", "python", looks_secret).words[2] == LONG) is (
            secret or len(word) > NGRAM_STRING_CHARS
        )


@pytest.mark.parametrize(
    "line", ["def f(a, *, b=1) -> int:", "x  =  [a[1:2], b[ 0 ]]", "if not a.b.c(d)['e']:", "(a)"]
)
def test_a_line_comes_back_as_it_was(line):
    found = lex(line, "python")
    assert spelled(found.words, found.spaces) == line


def test_lexing_goes_on_from_any_line_end():
    text = (
        "class A:\n    def f(self):\n        return 1  # 1\n\n    x = {\n        'a': 2\n    }\n"
    )
    whole = lex(text, "python")
    for each in whole.breaks:
        rest = lex(text[each.start :], "python", indents=each.indents)
        assert whole.words[each.count :] == rest.words
        assert whole.spaces[each.count :] == rest.spaces
