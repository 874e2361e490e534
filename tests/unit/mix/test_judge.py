"""Whether an answer is usable, in every kind of place that answers go to."""

import pytest

from moa_lsp import limits
from moa_lsp.mix import judge
from moa_lsp.providers.base import Reply
from tests.fakes.clock import virtual_run
from tests.fakes.runs import APOLOGY, BEFORE, BROKEN, task, text

CRLF = BEFORE.replace("\n", "\r\n")


def _fenced(words: str, language: str = "python") -> str:
    return f"```{language}\n{words}\n```"


USABLE = [
    ("replace", task(), _fenced(text(1)), text(1)),
    (
        "replace keeps the document's endings",
        task(CRLF),
        _fenced(text(1)),
        "def size(path):\r\n    return 1",
    ),
    ("a document is Markdown as it is", task(output="document"), "# It\r\nis", "# It\nis"),
    (
        "a comment is written as one",
        task(output="comment", start="    total"),
        "It reads.",
        "    # It reads.",
    ),
    (
        "a comment has the document's endings",
        task(CRLF, output="comment"),
        "One.\n\nTwo.",
        "# One.\r\n#\r\n# Two.",
    ),
    (
        "a new file starts at the margin, wherever its target is",
        task(output="new_file", start="    total", action="test", symbol="size"),
        _fenced("import size\n\n\ndef test_size():\n    assert size"),
        "import size\n\n\ndef test_size():\n    assert size",
    ),
    (
        "before: indented for its line",
        task(output="insert_before", start="    total"),
        _fenced("path = str(path)"),
        "    path = str(path)",
    ),
    (
        "after: nothing of the target is repeated",
        task(output="insert_after", start="    total", end="stat(path)"),
        _fenced("    total = check(total)"),
        "    total = check(total)",
    ),
    (
        "after: as deep as the block that the target opens",
        task(output="insert_after", start="def size", end="(path):"),
        _fenced("path = str(path)"),
        "    path = str(path)",
    ),
    ("an odd name is told later", task(), _fenced(text("\u0440ath")), text("\u0440ath")),
    ("unfenced code", task(), text(1), text(1)),
]


@pytest.mark.parametrize(
    ("about", "answer", "expect"), [case[1:] for case in USABLE], ids=[case[0] for case in USABLE]
)
def test_usable(about, answer, expect):
    found = judge.usable(about, Reply(answer))
    assert (found.text, found.reason) == (expect, None)


def test_an_exact_reply_is_taken_as_it_is_but_for_line_endings():
    assert judge.usable(task(), Reply("```x", exact=True)).text == "```x"
    assert judge.usable(task(CRLF), Reply("a\nb", exact=True)).text == "a\r\nb"
    assert judge.usable(task(output="document"), Reply("a\r\nb", exact=True)).text == "a\r\nb"


def test_a_tool_may_delete_its_target():
    assert judge.usable(task(), Reply("", exact=True)).text == ""
    assert judge.usable(task(), Reply("")).text is None


UNUSABLE = [
    (task(), Reply(APOLOGY), "no code block"),
    (task(), Reply(_fenced(task().region)), judge.NO_CHANGE),
    (task(), Reply(task().region, exact=True), judge.NO_CHANGE),
    (task(CRLF), Reply(task().region, exact=True), judge.NO_CHANGE),
    (task(output="comment"), Reply("", exact=True), "the answer is empty"),
    (task(), Reply(" \n", exact=True), "the answer is empty"),
    (task(output="document"), Reply("  "), "the answer is empty"),
    (task(output="comment"), Reply("It rea", finish="length"), "cut off"),
    (task(output="comment"), Reply("It", finish="unknown"), "did not say"),
    (task(), Reply(_fenced(text(1)), finish="refused"), "refused"),
    (task(), Reply("x" * (limits.MAX_ANSWER_CHARS + 1)), "longer than 262,144 characters"),
    (task(), Reply("x" * 400_000, exact=True), "larger than"),
    (task(), Reply(text("'\u202e'"), exact=True), "hidden or control characters"),
    (task(output="new_file"), Reply("x = '\u200b'", exact=True), "hidden or control characters"),
]


@pytest.mark.parametrize(("about", "reply", "part"), UNUSABLE)
def test_unusable(about, reply, part):
    found = judge.usable(about, reply)
    assert found.text is None
    assert part in (found.reason or "")


def test_a_document_may_hold_any_character():
    assert judge.usable(task(output="document"), Reply("\u202e")).text == "\u202e"


FAULTS = [
    (task(), text(1), ("parse", "names"), None),
    (task(), "def size(path:\n    return 1", ("parse",), "does not parse"),
    (task(), "def size(path:\n    return 1", (), None),
    (task(), text("nobody"), ("parse",), None),
    (task(), text("nobody"), ("parse", "names"), "uses names that nothing defines: nobody"),
    (task(output="document"), "(", ("parse",), None),
    (task(output="new_file"), "def f(:", ("parse",), "does not parse"),
    (task(output="new_file"), "import os\n", ("parse", "names"), None),
    (task(output="comment", start="    total"), "    # why", ("parse",), None),
    (task(output="comment", start="    total"), "  why", ("parse",), "does not parse"),
    (task("{ a( }\n", start="a", language="rust"), "a(", ("parse",), None),
    (task("fn a() {}\n", start="fn", language="rust"), "fn a() {", ("parse",), "does not parse"),
    (task("a [b]\n", start="a", language="unknown"), "a [b", ("parse",), None),
]


@pytest.mark.parametrize(("about", "answer", "checks", "part"), FAULTS)
def test_fault(about, answer, checks, part):
    found = judge.fault(about, answer, checks)
    assert found is None if part is None else part in (found or "")


GO = "// Old says.\nfunc a() {}"
KEYS = [
    (task(), text(1), "def size( path ):\n    # why\n    return 1", True),
    (task(), text(1), text(2), False),
    # Where only comments are written, they are what answers differ in.
    (task(output="comment"), "# one", "# two", False),
    (task(output="comment"), "# one", "#  one", True),
    (task(output="document"), "one *two*", "one  *two*", True),
    (task(output="document"), "one two", "one three", False),
    (
        task(GO, start="//", language="go"),
        GO.replace("Old", "New"),
        GO.replace("Old", "Other"),
        False,
    ),
    (
        task(GO, start="//", language="go"),
        GO + "\nvar b = 1",
        GO.replace("Old", "New") + "\nvar b = 1",
        True,
    ),
    (task(output="new_file"), "x = 1", "x  =  1", True),
]


@pytest.mark.parametrize(("about", "one", "other", "equal"), KEYS)
def test_key(about, one, other, equal):
    assert (judge.key(about, one) == judge.key(about, other)) is equal


def test_P33_prose_never_passes():
    for answer in (APOLOGY, "I cannot.\n\nSorry!", BROKEN.replace("```python\n", "```text\n")):
        assert judge.usable(task(), Reply(answer)).text is None


@pytest.mark.parametrize("size", [0, limits.INLINE_CHARS])
def test_a_large_document_is_judged_the_same_off_the_loop(size):
    about = task("#" * size + "\n" + BEFORE)
    found = judge.Judge(about)

    async def all_of_it():
        usable = await found.usable(Reply(_fenced(text(1))))
        return usable.text, await found.fault("def (", ("parse",)), await found.key(text(1))

    got, fault, key = virtual_run(all_of_it())
    assert got == text(1)
    assert "does not parse" in fault
    assert key == judge.key(about, text(1))
