"""What is shown of a task and its surroundings: chosen, hidden, cleaned, and told."""

import pytest

from moa_lsp.context.budget import SHARES
from moa_lsp.context.collect import NO_ROOM, UNSAFE, ContextBundle, collect
from moa_lsp.context.items import ContextItems, Definition, OmittedItem, SourceFile
from moa_lsp.context.recent_edits import RecentEdit
from moa_lsp.errors import UsageError
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.span import Span

SECRET = "ghp_" + "aB3dE6gHi1" * 4
TEXT = """\
import os
from store import total


class Shop:
    def price(self, order):
        return total(order.items)


def last():
    return 1
"""
REGION = "        return total(order.items)"


def task(text=TEXT, region=REGION, **more):
    start = text.index(region)
    snapshot = Snapshot("file:///w/shop.py", text, "python", 1)
    return Task("refactor", "replace", snapshot, Span(start, start + len(region)), start, **more)


def define(name, path="store.py", line=1, signature=None, doc="Add it up."):
    return Definition(
        name, f"Store.{name}", "method", path, line, signature or f"def {name}()", doc
    )


def section(bundle, part):
    return next((one.text for one in bundle.view.sections if one.part == part), None)


def test_a_small_document_is_shown_whole_and_alone():
    about = task()
    bundle = collect(about, ContextItems(), room=8000)
    view = bundle.view
    assert (view.before, view.region, view.after) == (about.before, REGION, about.after)
    assert (view.above, view.below, view.sections) == (0, 0, ())
    assert (bundle.left_out, bundle.warnings) == ((), ())


def test_every_kind_of_evidence_has_its_section():
    found = ContextItems(
        open_documents=(SourceFile("a.py", "python", "def a(order):\n    return order.items\n"),),
        definitions=(define("total", line=7), define("add", line=3)),
        neighbours=(SourceFile("b.py", "python", "def b(order):\n    return total(order)\n"),),
        facts=("in the year 2000",),
        outline=(define("zed", "z.py"), define("ay", "a.py")),
        manifests={"pyproject.toml": "[project]\nrequires-python='>=3.12'\n"},
    )
    bundle = collect(task(), found, room=8000)
    assert section(bundle, "project") == "in the year 2000\nPython >=3.12"
    assert section(bundle, "definitions") == (
        "store.py:3: def add()  (of Store)\n    Add it up.\n"
        "store.py:7: def total()  (of Store)\n    Add it up."
    )
    assert section(bundle, "outline") == (
        "a.py:1: def ay()  (of Store)\nz.py:1: def zed()  (of Store)"
    )
    snippets = section(bundle, "snippets")
    assert snippets.index("a.py, lines 1 to 2:") < snippets.index("b.py, lines 1 to 2:")
    assert collect(task(), found, room=8000, surrounded=False).view.sections == ()


RULES = f"""\
# Style

Short names.
No globals.

## Tests

Name the behaviour.

token: {SECRET}
"""


def test_conventions_are_shown_by_paragraphs_and_without_secrets():
    files = SourceFile("z.md", "markdown", RULES), SourceFile("a.md", "markdown", "Last.")
    bundle = collect(task(), ContextItems(conventions=files), room=8000)
    assert section(bundle, "conventions") == (
        "z.md:\n# Style\nShort names.\nNo globals.\n\n## Tests\nName the behaviour.\n\n"
        "a.md:\nLast.\n"
    )
    assert OmittedItem("z.md:10", UNSAFE) in bundle.left_out
    (shown,) = bundle.view.sections
    assert shown.sources == ("z.md", "a.md")


def test_what_was_typed_last_is_kept_and_stands_last():
    edits = tuple(
        RecentEdit("file:///w/a.py", f"now {number}\n", 0, ("then\n",), 1, f"{number}.py")
        for number in range(9)
    )
    found = ContextItems(edits=edits, reports=("line 1: odd", f"line 2: {SECRET}"))
    bundle = collect(task(), found, room=8000)
    assert section(bundle, "edits") == "\n".join(each.diff for each in edits)
    assert section(bundle, "reports") == "line 1: odd"
    few = collect(task(), found, room=1000)
    assert section(few, "edits") == "\n".join(each.diff for each in edits[-3:])


def test_conventions_have_a_share_of_their_own():
    long = "".join(f"Rule {number}.\n\n" for number in range(500))
    files = (SourceFile("a.md", "markdown", long),)
    bundle = collect(task(), ContextItems(conventions=files), room=1000)
    left = 1000 - bundle.spent["region"]
    assert 0.9 * left * SHARES["conventions"] < bundle.spent["conventions"]
    assert bundle.spent["conventions"] <= left * SHARES["conventions"]
    assert section(bundle, "conventions").startswith("a.md:\nRule 0.\n\nRule 1.\n")
    assert any(each.what.endswith("more of conventions") for each in bundle.left_out)


def test_of_a_long_document_the_symbol_around_is_whole_and_the_rest_is_outlined():
    filler = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(200))
    about = task(f"import sys\n{filler}{TEXT}{filler}")
    bundle = collect(about, ContextItems(), room=600)
    view = bundle.view
    assert "class Shop:\n    def price(self, order):\n" in view.before
    assert "import sys" not in view.before
    assert about.before.endswith(view.before)
    assert about.after.startswith(view.after)
    assert view.above == about.before.count("\n") - view.before.count("\n") > 0
    assert view.below == about.after.count("\n") - view.after.count("\n") > 0
    assert section(bundle, "file").startswith("import sys\nline 2: def f0():")
    assert any(one.why == NO_ROOM and "of file" in one.what for one in bundle.left_out)
    assert "not shown" not in view.before + view.after  # a cut leaves nothing that can be echoed


def test_three_times_as_much_before_as_after():
    filler = "x = 1\n" * 2000
    view = collect(
        task(f"{filler}{TEXT}{filler}"), ContextItems(), room=1000, surrounded=False
    ).view
    assert 2.5 < len(view.before) / len(view.after) < 3.5
    view = collect(task(f"{TEXT}{filler}"), ContextItems(), room=1000, surrounded=False).view
    assert len(view.after) > 10 * len(view.before)  # what one side does not need is the other's


def test_P45_a_target_that_does_not_fit_is_refused():
    long = "".join(f"    a = {n}\n" for n in range(500))
    about = task(f"def f():\n{long}", long[:-1])
    with pytest.raises(UsageError) as refused:
        collect(about, ContextItems(), room=1000)
    message = str(refused.value)
    assert message.startswith("what the action works on takes about ")
    assert "1,000 may be shown; select less, or raise context.max_tokens" in message
    with pytest.raises(UsageError, match="take another mix"):
        collect(about, ContextItems(), room=1000, why="take another mix")
    assert collect(about, ContextItems(), room=3000).view.region == long[:-1]


def test_P45_what_is_around_goes_before_the_target_does():
    found = ContextItems(definitions=tuple(define(f"n{n}") for n in range(50)))
    bundle = collect(task(), found, room=60)
    assert bundle.view.region == REGION
    assert section(bundle, "definitions") is None
    assert OmittedItem("50 more of definitions", NO_ROOM) in bundle.left_out


def test_a12_pieces_with_a_secret_are_dropped_and_told():
    found = ContextItems(
        open_documents=(
            SourceFile("a.py", "python", f"def a(order):\n    return order.items, '{SECRET}'\n"),
        ),
        definitions=(define("key", signature=f"KEY = '{SECRET}'"),),
        neighbours=(
            SourceFile("b.py", "python", "def b(order):\n    order.items('0wn-s3cret')\n"),
        ),
    )
    text = TEXT.replace("return 1", "password = '0wn-s3cret'")
    bundle = collect(task(text), found, room=8000)
    assert bundle.view.sections == ()
    assert {(one.what, one.why) for one in bundle.left_out} == {
        ("a.py:1-2", UNSAFE), ("b.py:1-2", UNSAFE), ("Store.key of store.py", UNSAFE),
    }  # fmt: skip
    assert not any(SECRET in text or "0wn-s3cret" in text for text in bundle.view.texts)


def test_a08_hidden_characters_are_taken_out_and_told():
    text = TEXT.replace("order.items", "order.it\u200bems").replace("return 1", "return '\u202e1'")
    said = (Diagnostic(Span(0, 1), "bad\x07 thing", "E\x1b1", "t\u200bool"),)
    bundle = collect(
        task(
            text,
            REGION.replace("items", "it\u200bems"),
            diagnostics=said,
            instruction="do\u2060it",
        ),
        ContextItems(facts=("a\u200bb",)),
        room=8000,
    )
    view = bundle.view
    assert "order.items" in view.region
    assert "\u202e" in view.after  # it is the user's text; it is told
    assert view.task.instruction == "doit"
    (diagnostic,) = view.task.diagnostics
    assert (diagnostic.message, diagnostic.code, diagnostic.source) == ("bad thing", "E1", "tool")
    assert section(bundle, "project") == "ab"
    (warning,) = bundle.warnings
    assert "U+200B ZERO WIDTH SPACE" in warning


def test_diagnostics_have_a_bound():
    said = tuple(Diagnostic(Span(0, 1), f"word {n} " * 30) for n in range(40))
    bundle = collect(task(diagnostics=said), ContextItems(), room=1000)
    kept = len(bundle.view.task.diagnostics)
    assert 0 < kept < 40
    assert bundle.view.task.diagnostics == said[:kept]
    assert OmittedItem(f"{40 - kept} of 40 diagnostics", NO_ROOM) in bundle.left_out


def test_windows_lines_and_no_lines():
    about = task(TEXT.replace("\n", "\r\n"))
    view = collect(about, ContextItems(), room=8000).view
    assert (view.before, view.after) == (about.before, about.after)
    alone = collect(task("x", "x"), ContextItems(), room=8000).view
    assert (alone.before, alone.after, alone.above, alone.below) == ("", "", 0, 0)


def test_where_nobody_looks_nothing_is_prepared():
    bundle = ContextBundle.unseen(task())
    assert (bundle.view.region, bundle.veil.count, bundle.warnings) == ("", 0, ())
