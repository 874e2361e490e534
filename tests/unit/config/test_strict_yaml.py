"""What the YAML reader takes, and what it refuses, with line and column."""

from pathlib import Path

import pytest

from moa_lsp import limits
from moa_lsp.config import files
from moa_lsp.config import limits as config_limits
from moa_lsp.config.strict_yaml import dump, load
from moa_lsp.errors import ConfigError

PLAIN = [
    ("a: 1", 1),
    ("a: -7", -7),
    ("a: 0", 0),
    ("a: 1.5", 1.5),
    ("a: 1e3", 1000.0),
    ("a: true", True),
    ("a: false", False),
    ("a: null", None),
    ("a: ~", None),
    ("a:", None),
    ("a: no", "no"),
    ("a: Yes", "Yes"),
    ("a: on", "on"),
    ("a: 2024-01-31", "2024-01-31"),
    ("a: 12:30:45 and more", "12:30:45 and more"),
    ('a: "017"', "017"),
    ("a: 'true'", "true"),
    ('a: ""', ""),
    ("a: 1.2.3", "1.2.3"),
    ("a: qwen:7b", "qwen:7b"),
    ("a: [1, [2]]", [1, [2]]),
    ("a: {b: c}", {"b": "c"}),
    ("a: |\n  x\n  y\n", "x\ny\n"),
    ("a: >-\n  x\n  y\n", "x y"),
    ("a: x # note", "x"),
    ("a: ünï ✓ 🎉", "ünï ✓ 🎉"),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_plain_values(text, expected):
    value = load(text, "f").value["a"]
    assert value == expected
    assert type(value) is type(expected)


REFUSED = [
    ("a: 017", 1, 4, "several ways"),
    ("a: 0o17", 1, 4, "several ways"),
    ("a: 0x1F", 1, 4, "several ways"),
    ("a: 1_000", 1, 4, "several ways"),
    ("a: 1:30", 1, 4, "several ways"),
    ("a: 190:20:30.15", 1, 4, "several ways"),
    ("a: +5", 1, 4, "several ways"),
    ("a: .5", 1, 4, "several ways"),
    ("a: 5.", 1, 4, "several ways"),
    ("a: .inf", 1, 4, "finite"),
    ("a: -.INF", 1, 4, "finite"),
    ("a: .NaN", 1, 4, "finite"),
    ("a: 1e999", 1, 4, "too large"),
    ("a: " + "9" * 5000, 1, 4, "too many digits"),
    ("a: True", 1, 4, "lower case"),
    ("a: NULL", 1, 4, "lower case"),
    ("a: 1\nb: 2\na: 3", 3, 1, "line 1"),
    ("1: a", 1, 1, "key must be text"),
    ("true: a", 1, 1, "key must be text"),
    ("null: a", 1, 1, "key must be text"),
    ("? [a]\n: b", 1, 3, "key must be text"),
    ('"": a', 1, 1, "words that can be seen"),
    ("a: &x 1", 1, 4, "anchor"),
    ("a: &x {b: 1}\nc: *x", 2, 4, "alias"),
    ("<<: {a: 1}", 1, 1, "merge key"),
    ("a: !!str 1", 1, 4, "tag"),
    ("a: !x {}", 1, 4, "tag"),
    ("!x a: 1", 1, 1, "tag"),
    ("%YAML 1.1\n---\na: 1", 1, 1, "directive"),
    ("a: 1\n---\nb: 2", 2, 1, "second document"),
    ("- a", 1, 1, "must be a map"),
    ("just words", 1, 1, "must be a map"),
    ("a:\n\tb: 1", 2, 1, "tab"),
    ("a: 'x\0y'", 1, 6, "U+0000"),
    ("a: x\x85b: 1", 1, 5, "U+0085"),
    ("a: x\u2028b", 1, 5, "U+2028"),
    ("a: \ud800", 1, 4, "U+D800"),
    ("\ufeffa: 1", 1, 1, "byte order mark"),
    ("a: 1\r\nb: \x07", 2, 4, "U+0007"),
    ('a: "x\\0y"', 1, 4, "U+0000"),
    ('"x\\e": y', 1, 1, "can be seen"),
    ('a: "\\u2028"', 1, 4, "U+2028"),
    ("a: [1, 2", 1, 9, "not YAML"),
    ('a: "x', 1, 6, "not closed"),
    ("a: b: c", 1, 5, "needs quotes"),
    ("a: @x", 1, 4, "needs quotes"),
    ("a: 1\n b: 2", 2, 3, "not YAML"),
    ("a: " + "[" * 40 + "]" * 40, 1, 16, "nested deeper"),
    ("a: " + "[" * 30_000, 1, 16, "nested deeper"),
    ("a: " + "x" * limits.MAX_CONFIG_BYTES, 1, 1, "larger than 64 KiB"),
]


def problems_of(text):
    try:
        return load(text, "f").problems
    except ConfigError as error:
        return error.problems


@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED)
def test_s11_refused_with_its_place(text, line, column, words):
    problems = problems_of(text)
    assert [(p.line, p.column) for p in problems if words in p.message] == [(line, column)]


def test_a21_alias_bomb_is_never_expanded():
    rows = ['a0: &a0 ["lol"]'] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)
    ]
    problems = problems_of("\n".join(rows))
    assert len(problems) == min(10 + 9 * 9, config_limits.MAX_PROBLEMS)
    assert all("alias" in p.message or "anchor" in p.message for p in problems)


def test_every_mistake_at_once():
    problems = problems_of("a: 017\na: 1\nb: &x 1\n2: c\nd: .nan\n")
    assert [(p.line, p.column) for p in problems] == [(1, 4), (2, 1), (3, 4), (4, 1), (5, 4)]


def test_lines_count_the_same_with_crlf():
    for text in ("a: 1\nb:\n  - x: 017\n", "a: 1\r\nb:\r\n  - x: 017\r\n"):
        assert [(p.line, p.column) for p in problems_of(text)] == [(3, 8)]


def test_places_point_at_keys_and_values():
    loaded = load("a: 1\nb:\n  - c: x\n    d: y\n", "f")
    assert str(loaded.problem(("b", 0, "d"), "m")) == "f:4:8: m"
    assert str(loaded.problem(("b", 0, "d"), "m", at_key=True)) == "f:4:5: m"
    assert str(loaded.problem(("b", 0), "m")) == "f:3:5: m"
    assert str(loaded.problem(("b", "gone", "too"), "m")) == "f:2:1: m"
    assert str(loaded.problem((), "m")) == "f:1:1: m"


def test_first_line_moves_every_place():
    loaded = load("a: 1\n", "f", first_line=5)
    assert str(loaded.problem(("a",), "m")) == "f:5:4: m"


def test_an_empty_file_is_an_empty_map():
    for text in ("", "\n", "# only a comment\n", "---\n"):
        assert load(text, "f").value == {}


def test_dump_is_read_back():
    value = {"name": "no", "n": 1, "f": 1.5, "l": ["017", "1:30", "true", None], "t": "a\nb: é\n"}
    assert load(dump(value), "f").value == value


BYTES = [
    (b"a: \xff", 1, 4, "not UTF-8"),
    (b"a: 1\r\nb: \xc3", 2, 4, "not UTF-8"),
    ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
]


@pytest.mark.parametrize(("content", "line", "column", "words"), BYTES)
def test_bytes_that_are_no_utf8(tmp_path: Path, content, line, column, words):
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        files.read(path)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.column) == (str(path), line, column)
    assert words in problem.message
