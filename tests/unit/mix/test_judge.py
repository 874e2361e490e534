"""Whether an answer is usable, in every kind of place that answers go to."""

import asyncio
from dataclasses import replace

import pytest

from moa_lsp import limits
from moa_lsp.context.redaction import veil
from moa_lsp.mix import judge, multi_edit_answers
from moa_lsp.mix import limits as mix_limits
from moa_lsp.providers.base import Reply
from moa_lsp.task import File, Snapshot
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
    (task(), Reply(_fenced(task().region)), "no change"),
    (task(), Reply(task().region, exact=True), "no change"),
    (task(CRLF), Reply(task().region, exact=True), "no change"),
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


SPACED = task().region.replace(" = ", "  =  ")
TRAILING = task().region.replace("\n", "  \n")
IDLE = [
    # action, instruction, answer, whether it counts as a change
    ("refactor", "", TRAILING, False),
    ("refactor", "", SPACED, True),
    ("refactor", "lay it out", TRAILING, False),
    ("refactor", "", f"# what it does\n{task().region}", True),
    ("document", "", TRAILING, False),
    ("document", "", f"# what it does\n{task().region}", True),
    ("document", "", SPACED, True),
    ("fix", "", TRAILING, True),
    ("mine", "", SPACED, True),
]


@pytest.mark.parametrize(("action", "instruction", "answer", "counts"), IDLE)
def test_what_counts_as_a_change_is_for_the_action_to_say(action, instruction, answer, counts):
    about = task(action=action, instruction=instruction)
    assert answer != about.region
    found = judge.usable(about, Reply(_fenced(answer)))
    assert (found.category, found.text is not None) == (None if counts else "no_change", counts)
    assert judge.usable(about, Reply(answer, exact=True)).text == answer  # a tool means it


@pytest.mark.parametrize(
    ("about", "reply", "category"),
    [
        (task(), Reply(APOLOGY), "no_code"),
        (task(), Reply("x" * (limits.MAX_ANSWER_CHARS + 1)), "too_large"),
        (task(), Reply("x" * 400_000, exact=True), "too_large"),
        (task(), Reply(text("'\u202e'"), exact=True), "hidden_characters"),
        (task(output="comment"), Reply("", exact=True), "empty"),
        (task("a", start="a", output="comment", language="json"), Reply("Why."), "unsupported"),
        (task(output="comment"), Reply("It rea", finish="length"), "truncated"),
    ],
)
def test_the_kind_of_a_rejection(about, reply, category):
    assert judge.usable(about, reply).category == category


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
    assert found is None if part is None else part in str(found)
    if found is not None:
        assert found.category == ("names" if "nothing defines" in found.reason else "parse")


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
    assert "does not parse" in str(fault)
    assert key == judge.key(about, text(1))


@pytest.mark.parametrize("large", [False, True])
def test_what_takes_long_is_judged_in_a_thread(large):
    filling = "#" * (mix_limits.JUDGED_INLINE_CHARS if large else 0)
    found = judge.Judge(task(f"{filling}\n{BEFORE}"))

    async def judged():
        await found.usable(Reply(_fenced(text(1))))
        return asyncio.get_running_loop()._default_executor is not None

    assert asyncio.run(judged()) is large


def test_the_stream_of_a_large_document_is_not_closed_early():
    answer = f"{_fenced(text(1))}\n"
    assert judge.Judge(task(BEFORE)).enough(answer)
    filling = "#" * mix_limits.STOPPED_EARLY_CHARS
    assert not judge.Judge(task(f"{filling}\n{BEFORE}")).enough(answer)


SECRET = "c4nary-Pw!"
HOLDS = (
    f"PASSWORD = 'c4nary-2nd!'\n\n\ndef size(path):\n    return open(path, password='{SECRET}')\n"
)


def veiled(answer: str):
    """What becomes of an answer in which ``IN`` and ``OUT`` stand for the placeholders."""
    about = task(HOLDS)
    hidden = veil(about)
    names = {value: name for name, value in hidden.values.items()}
    answer = answer.replace("IN", names[SECRET]).replace("OUT", names["c4nary-2nd!"])
    return judge.usable(about, Reply(_fenced(answer)), hidden)


def test_a12_a_hidden_value_of_the_region_comes_back():
    found = veiled("def size(path):\n    key = 'IN'\n    return open(path, password=key)")
    assert (
        found.text == f"def size(path):\n    key = '{SECRET}'\n    return open(path, password=key)"
    )


def test_a12_one_from_outside_is_a_rejection():
    found = veiled("def size(path):\n    return open(path, password='OUT')")
    assert (found.text, found.reason) == (
        None, "the answer brings a hidden value from outside the region",
    )  # fmt: skip


def test_an_echo_of_hidden_lines_is_still_an_echo():
    found = veiled(
        "PASSWORD = 'OUT'\n\n\ndef size(path):\n    return open(path, 'rb', password='IN')"
    )
    assert found.text == f"def size(path):\n    return open(path, 'rb', password='{SECRET}')"


def test_what_is_as_before_once_restored_is_no_change():
    found = veiled("def size(path):\n    return open(path, password='IN')")
    assert (found.text, found.reason) == (None, judge.NO_CHANGE.reason)


def test_a_tools_exact_answer_is_the_text_itself():
    about = task(HOLDS)
    found = judge.usable(about, Reply(f"x = '{SECRET}'", exact=True), veil(about))
    assert found.text == f"x = '{SECRET}'"


def veiled_changes(path: str, search: str, new: str):
    """What becomes of a change of one of two files; ``IN`` stands for the placeholder."""
    text = f"def size(path):\n    return open(path, password='{SECRET}')\n"
    one = task(text)
    other = File("b.py", Snapshot("file:///w/b.py", "y = 2\n", "python", 1))
    about = replace(one, form="changes", files=(File("a.py", one.snapshot), other))
    hidden = veil(about)
    assert SECRET not in hidden.task.files[0].snapshot.text
    (name,) = hidden.values
    block = f"{path}\n```python\n<<<<<<< SEARCH\n{search}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"
    return judge.usable(about, Reply(block.replace("IN", name)), hidden), about


def test_a12_changes_of_several_places_bring_it_back_into_their_own_document():
    search = "    return open(path, password='IN')"
    found, about = veiled_changes("a.py", search, f"    key = 1\n{search}")
    assert found.reason is None
    (made,) = multi_edit_answers.outcome(about, found.text).files
    assert made.after == (
        f"def size(path):\n    key = 1\n    return open(path, password='{SECRET}')\n"
    )


def test_a12_and_into_no_other():
    found, _ = veiled_changes("b.py", "y = 2", "y = 'IN'")
    assert (found.text, found.reason) == (
        None, "the answer brings a hidden value from outside the region",
    )  # fmt: skip
