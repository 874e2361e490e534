"""Every reason not to use an answer has a kind that stays the same."""

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract, markdown
from moa_lsp.answers.rejection import CATEGORIES

BEFORE = "import os\n\n\ndef total(items):\n"
REGION = "    result = 0\n    for item in items:\n        result += item\n    return result"
AFTER = "\n\n\ndef other():\n    print('the other function')\n"
NEW = "    result = sum(items)\n    return result"


def fence(code, info="python"):
    return f"```{info}\n{code}\n```"


REJECTED = [
    ("truncated", fence(NEW), {"finish": "length"}),
    ("truncated", fence(NEW), {"finish": "unknown"}),
    ("truncated", fence(NEW), {"finish": "other"}),
    ("truncated", "<think>and so on", {}),
    ("doubtful", f"<think>x</think>{fence(NEW)}<think>then", {}),
    ("refused", fence(NEW), {"finish": "refused"}),
    ("empty", " \n", {}),
    ("unclosed", "```python\n    result = sum(items)\n", {}),
    ("no_code", "I cannot help with that.", {}),
    ("no_code", fence("pip install x", "bash"), {}),
    ("several_blocks", fence(NEW) + "\n" + fence(NEW.replace("sum", "max")), {}),
    ("several_blocks", "\n\n".join(fence(f"x = {n}") for n in range(99)), {}),
    ("elided", fence("    # ... existing code ...\n    return result"), {}),
    ("diff", fence(f"<<<<<<< HEAD\n{NEW}"), {}),
    ("diff", fence(f"@@ -1,2 +1,2 @@\n{NEW}"), {}),
    ("echo", fence("import os\n\n\ndef total(items):"), {}),
    ("echo", fence("    for a in items:\n    for a in items:\n        return a"), {}),
    ("wrong_scope", fence(f"def total(items, start=0):\n{NEW}"), {"symbol": "total"}),
    ("no_change", fence(REGION), {}),
]


@pytest.mark.parametrize(("category", "answer", "given"), REJECTED)
def test_a_rejection_has_its_kind(category, answer, given):
    given = dict(given)
    finish = given.pop("finish", "stop")
    taken = extract(answer, finish, ExtractionTarget(REGION, BEFORE, AFTER, "python", **given))
    assert (taken.code, taken.category) == (None, category)
    assert taken.reason
    assert category in CATEGORIES


def test_what_is_taken_has_none():
    taken = extract(fence(NEW), "stop", ExtractionTarget(REGION, BEFORE, AFTER, "python"))
    assert (taken.code, taken.reason, taken.category) == (NEW, None, None)


@pytest.mark.parametrize(
    ("answer", "finish", "category"),
    [("", "stop", "empty"), ("x", "refused", "refused"), ("<think>x", "stop", "truncated")],
)
def test_a_document_is_rejected_by_the_same_kinds(answer, finish, category):
    assert markdown(answer, finish).category == category
