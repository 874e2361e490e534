import pytest

from moa_lsp.answers.fences import scan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no fence", []),
        ("```\na\n```", [("a", "", True)]),
        ("```py\na\n```\nb\n~~~\nc\n~~~", [("a", "py", True), ("c", "", True)]),
        ("````md\n```\na\n```\n````", [("```\na\n```", "md", True)]),
        ("```md\n```py\na\n```\nb\n```", [("```py\na\n```\nb", "md", True)]),
        ("```\na\n~~~\n```", [("a\n~~~", "", True)]),
        ("```\na\n`````", [("a", "", True)]),
        ("`````\na\n```", [("a\n```", "", False)]),
        ("``` a ` b\nc\n```", [("", "", False)]),
        ("```py\na", [("a", "py", False)]),
        ("```py\na```", [("a", "py", True)]),
        ("   ```\n   a\n     b\n   ```", [("a\n  b", "", True)]),
        ("  ```\na\n  b\n  ```", [("a\n  b", "", True)]),
        ("2. ```py\n   a\n   ```", [("a", "py", True)]),
        ("Here: ```js\na\n```", [("a", "js", True)]),
        ("Here: ```klingon\na", []),
        ("``` \na\n``` ", [("a", "", True)]),
    ],
)
def test_blocks(text, expected):
    assert [(block.code, block.info, block.closed) for block in scan(text)] == expected


def test_what_is_said_before_a_block():
    blocks = scan("one\n```\na\n```\ntwo\n\n```\nb\n```")
    assert [block.lead for block in blocks] == ["one", "two\n"]
