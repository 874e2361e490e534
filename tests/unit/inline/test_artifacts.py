"""Ghost text is code, whatever a model writes around it."""

import json

import pytest

from moa_lsp.answers.reasoning_formats import FORMATS
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.trim import trim

WANT = "return total / len(xs)"
ABOVE = {
    "python": "def mean(xs):\n    total = sum(xs)\n    ",
    "lua": "function mean(xs)\n  local total = sum(xs)\n  ",
}
BELOW = {"python": "\n\nprint(mean([1]))\n", "lua": "\nend\n"}
ANSWERS = {
    "an end of turn": f"{WANT}<|im_end|>",
    "another turn": f"{WANT}<|eot_id|>\nuser\nthanks",
    "JSON": json.dumps({"code": WANT}),
    "a tag": f"<code>{WANT}</code>",
    "a tag with attributes": f'<file path="a.py">\n{WANT}\n</file>',
    "CDATA": f"<![CDATA[{WANT}]]>",
    "no-break spaces": WANT.replace(" ", "\u00a0"),
    "a lead-in": f"Here is the missing line of the code:\n{WANT}",
    "the name of the language": f"LANGUAGE\n{WANT}",
    "a hunk": f"@@ -1,2 +1,2 @@\n-    x\n+    {WANT}",
    "apply_patch": f"*** Begin Patch\n*** Update File: a.py\n@@\n+    {WANT}\n*** End Patch",
    "SEARCH and REPLACE": f"<<<<<<< SEARCH\nx\n=======\n{WANT}\n>>>>>>> REPLACE",
    "a call of a tool": '<tool_call>\n{"name": "fill", "arguments": {}}\n</tool_call>',
    "a call by function": f"<function=fill>\n<parameter=code>\n{WANT}\n</parameter>\n</function>",
}


@pytest.mark.parametrize("language", ABOVE)
@pytest.mark.parametrize("trigger", ["automatic", "invoked"])
@pytest.mark.parametrize("form", ANSWERS)
def test_code_or_nothing(form, trigger, language):
    text = ABOVE[language] + BELOW[language]
    place = CursorContext("file:///a", text, len(ABOVE[language]), language)
    found = trim(ANSWERS[form].replace("LANGUAGE", language), place, trigger=trigger)
    assert found.text in (None, WANT)
    assert found.text or found.reason


SEVERAL = [
    "### Attempt 1\n{draft}\n\nThat is 0.\n\n### Attempt 2\n{want}",
    "{want}\n\nDo not write it like this:\n{draft}",
    "Q: what?\nA: {draft}",
    "<|reserved_200|>{draft}<|reserved_201|>{want}",
    "<!--\n{draft}\n-->\n{want}",
    "\u3010\u601d\u8003\u3011\n{draft}\n\u3010/\u601d\u8003\u3011\n{want}",
    "> **Thoughts**\n>\n> {quoted}\n\n{want}",
]


@pytest.mark.parametrize("language", ABOVE)
@pytest.mark.parametrize("answer", SEVERAL)
def test_no_ghost_text_where_several_blocks_may_be_meant(answer, language):
    draft, want = f"```{language}\nreturn 0\n```", f"```{language}\n{WANT}\n```"
    text = answer.format(draft=draft, want=want, quoted=draft.replace("\n", "\n> "))
    place = CursorContext(
        "file:///a", ABOVE[language] + BELOW[language], len(ABOVE[language]), language
    )
    found = trim(text, place, trigger="invoked")
    assert found.text in (None, WANT)
    assert found.text or found.reason


DRAFT = "```LANGUAGE\nreturn 0  -- draft\n```"
REASONED = {
    "in a fence": f"First:\n\n{DRAFT}\n\nThat could be used instead of it.\n",
    "in a fence that is open": "Let me write it:\n\n```LANGUAGE\nreturn 0  -- draft\n",
    "as it is": "return 0  -- draft\nWait.\n",
}


@pytest.mark.parametrize("language", ABOVE)
@pytest.mark.parametrize("draft", REASONED)
@pytest.mark.parametrize("lead", ["whole", "only closed"])
@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_ghost_text_is_never_a_draft(row, lead, draft, language):
    """In every format of reasoning, before code that is fenced and code that is not."""
    if row.framed and lead == "only closed":
        return  # its end is words that mean something else without its start
    opening, end = row.sample
    place = CursorContext(
        "file:///a", ABOVE[language] + BELOW[language], len(ABOVE[language]), language
    )
    for answer in (WANT, f"```{language}\n{WANT}\n```"):
        start = opening if lead == "whole" else ""
        said = f"{start}{REASONED[draft]}{end}{answer}".replace("LANGUAGE", language)
        for trigger in ("automatic", "invoked"):
            found = trim(said, place, trigger=trigger)
            assert found.text in (None, WANT)
            assert found.text or found.reason


@pytest.mark.parametrize(
    ("head", "answer", "want"),
    [
        ("x = a ", "+ b", "+ b"),
        ("x = a", " &lt; b", " < b"),
        ("x = ", "0 &lt; len(xs)", "0 < len(xs)"),
        ('x = "', '&lt;"', '&lt;"'),
        ("x = ", "\u201chi\u201d", '"hi"'),
        ("xs = [", "1, 2]", "1, 2]"),
        ("", "@property", "@property"),
        ("x = f(", '{"code": 1})', '{"code": 1})'),
    ],
)
def test_what_goes_on_a_line_is_read_with_its_head(head, answer, want):
    place = CursorContext("file:///a.py", f"{head}\n", len(head), "python")
    assert trim(answer, place, trigger="invoked").text == want
