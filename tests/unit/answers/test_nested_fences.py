"""Answers whose text has fences of its own: all of it is taken, or nothing."""

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.answers.fences import outermost, scan, spans

WORDS = "".join(f"Paragraph {number} with some words in it.\n\n" for number in range(8))
BARE = f"# Tool\n\n{WORDS}Install:\n\n```\ntool install\n```\n\nLast words, two lines\nof them."
FIRST = "```\ntool a\ntool b\ntool c\n```\n\nThat is all, and it is enough."
NAMED = f"# Tool\n\n{WORDS}```sh\nmake\n```\n\nThe end of it."
PLAIN = f"# Tool\n\n{WORDS}The end of it."
TWO = f"{BARE}\n\n```\ntool run\n```"


def better(text):
    return text.replace("some words", "better words").replace("That is", "This is")


def document(answer, region, language="markdown"):
    return extract(answer, "stop", ExtractionTarget(region, "", "\n", language))


WRAPS = {
    "named": "```markdown\n{}\n```",
    "short name": "```md\n{}\n```",
    "bare": "```\n{}\n```",
    "longer": "````markdown\n{}\n````",
    "tildes": "~~~markdown\n{}\n~~~",
    "with words": "Here is the text:\n\n```markdown\n{}\n```\n\nI hope that it helps.",
    "no fence": "{}",
    "behind reasoning": "<think>```\nhm\n```</think>\n```markdown\n{}\n```",
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(
    "region", [BARE, FIRST, NAMED, TWO], ids=["bare", "first", "named", "two"]
)
def test_a_document_with_fences_is_taken_whole_or_not_at_all(region, wrap):
    found = document(WRAPS[wrap].format(better(region)), region)
    assert found.code in (better(region), None)
    if found.code is None:
        assert found.category == "doubtful"


@pytest.mark.parametrize("wrap", ["named", "short name", "longer", "tildes", "with words"])
@pytest.mark.parametrize(
    "region", [BARE, NAMED, TWO, PLAIN], ids=["bare", "named", "two", "plain"]
)
def test_a_document_in_a_named_fence_is_taken(region, wrap):
    assert document(WRAPS[wrap].format(better(region)), region).code == better(region)


def test_a_document_without_a_fence_around_it_is_taken():
    assert document(better(FIRST), FIRST).code == better(FIRST)
    assert document(better(BARE), BARE).code == better(BARE)


def test_code_within_a_document_is_rewritten_alone():
    assert document("```sh\nmake all install\n```", "make all").code == "make all install"


def test_a_new_example_in_a_document_without_fences_is_in_doubt():
    found = document(f"```markdown\n{better(PLAIN)}\n\n```\nmake\n```\n\nThat.\n```", PLAIN)
    assert (found.code, found.category) == (None, "doubtful")


DOCSTRINGS = {
    "bare": 'def f(x):\n    """Double it.\n\n    ```\n    f(2)\n    ```\n    """\n'
    "    return x * 2",
    "named": 'def f(x):\n    """Double it.\n\n    ```python\n    f(2)\n    ```\n    """\n'
    "    return x * 2",
    "at the margin": 'def f(x):\n    """Double it.\n\n```\nf(2)\n```\n"""\n    return x * 2',
    "two": 'def f(x):\n    """Double it.\n\n    ```\n    f(2)\n    ```\n\n    ```\n    f(3)\n'
    '    ```\n    """\n    return x * 2',
}


@pytest.mark.parametrize("name", DOCSTRINGS)
@pytest.mark.parametrize(
    "wrap", ["```python\n{}\n```", "```\n{}\n```", "So:\n\n```py\n{}\n```\nOk."]
)
def test_code_with_fences_in_a_docstring_is_taken_whole(name, wrap):
    region = "def f(x):\n    return x + x"
    found = extract(
        wrap.format(DOCSTRINGS[name]),
        "stop",
        ExtractionTarget(region, "", "\n", "python", symbol="f"),
    )
    assert found.code == DOCSTRINGS[name]


TEMPLATE = "const help = `\n```\ntool\n```\n`;"


def test_a_string_with_fences_is_taken_whole():
    found = extract(
        f"```javascript\n{TEMPLATE}\n```",
        "stop",
        ExtractionTarget("const help = 1;", "", "\n", "javascript"),
    )
    assert found.code == TEMPLATE


def test_the_outermost_block_is_one_that_the_first_fence_does_not_end():
    assert outermost("```a\nb\n```") is None
    assert outermost("```a\nb\n```\nc\n```\nd\n```").code == "b\n```\nc\n```\nd"
    assert outermost("no fence") is None


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("```a\nb\n```", ["b"]),
        ("x\n```a\nb\nc\n```\ny\n```\nd\n```", ["b\nc", "d"]),
        ("```a\nb", []),
        ("```a\n```", [""]),
    ],
)
def test_spans_are_the_contents_of_closed_blocks(text, inside):
    assert [text[start:end] for start, end in spans(text)] == inside
    assert [block.code for block in scan(text) if block.closed] == inside


def test_spans_are_read_from_a_place_on():
    text = "```\na\n</think>\n```\nb\n```"
    assert [text[start:end] for start, end in spans(text, text.index("</think>"))] == ["b"]
