"""What is shown of anybody's Markdown, read again by a stock parser."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from moa_lsp.answers.markdown import safe

PIECES = st.sampled_from(
    [
        "[a]",
        "[a]: http://e.x/y",
        "](http://e.x)",
        "![",
        "![x](y)",
        "<img src=x>",
        "<!--",
        "<b>",
        "</b>",
        "<http://e.x>",
        "&lt;",
        "&#60;",
        "&amp;lt;",
        "`",
        "``",
        "```",
        "~~~",
        "```py",
        "*",
        "**",
        "_",
        "__",
        "~~",
        "\\",
        "\\[",
        "\\<",
        "|",
        "|-|-|",
        "---",
        "===",
        "#",
        "#####",
        ">",
        "-",
        "+",
        "1.",
        "2)",
        "[^1]",
        "[^1]: a",
        "www.e.x",
        "http://e.x/?q=1",
        "command:x",
        "data:x",
        "<?php",
        "<![CDATA[",
        "]]>",
        "{.x}",
        ":::",
        "$$",
        "a",
        "b",
        "\u202e",
        "\u200b",
        "\x1b",
        "\x00",
        "\u2028",
        "\U000e0041",
    ]
)
GLUE = st.sampled_from(["", " ", "\n", "\n\n", "\n    ", "\n- ", "\n> ", "\n1. ", "\t", "\\"])
TEXTS = st.lists(st.tuples(PIECES, GLUE), max_size=40).map(
    lambda pairs: "".join(piece + glue for piece, glue in pairs)
)
FORBIDDEN = {"image", "html_inline", "html_block", "link_open"}


def kinds(text):
    """Every kind of token of a stock parser that takes any address, and whether it knows links."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.validateLink = lambda _url: True
    env = {}
    tokens = parser.parse(text, env)
    inner = [child.type for token in tokens for child in token.children or ()]
    return {token.type for token in tokens} | set(inner), env.get("references")


@pytest.mark.heavy
@settings(max_examples=400, deadline=None)
@given(TEXTS | st.text(max_size=200), st.sampled_from([32_768, 300, 120]))
def test_nothing_fetches_or_hides_and_a_second_pass_changes_nothing(text, limit):
    shown = safe(text, limit)
    found, references = kinds(shown)
    assert not found & FORBIDDEN
    assert not references
    assert len(shown) <= limit
    assert safe(shown, limit) == shown
    assert not set(shown) & set("\u202e\u200b\x1b\x00\u2028\U000e0041\r")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab `~*_[]()<>!&|\\#\n", max_size=60), min_size=1, max_size=3))
def test_code_comes_through_to_the_letter(blocks):
    blocks = [f"x{block}x" for block in blocks]
    fence = "`" * 70
    text = "\n\n".join(f"[link](http://e.x)\n\n{fence}python\n{code}\n{fence}" for code in blocks)
    tokens = MarkdownIt("commonmark").parse(safe(text))
    assert [token.content for token in tokens if token.type == "fence"] == [
        f"{code}\n" for code in blocks
    ]
