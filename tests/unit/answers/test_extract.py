"""The ordered algorithm of extraction, case by case."""

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract, markdown

BEFORE = "import os\n\n\ndef total(items):\n"
REGION = "    result = 0\n    for item in items:\n        result += item\n    return result"
AFTER = "\n\n\ndef other():\n    print('the other function')\n"
NEW = "    result = sum(items)\n    return result"


def fence(code, info="python", ticks="```"):
    return f"{ticks}{info}\n{code}\n{ticks}"


def check(answer, code=None, reason=None, *, notes=(), **asked):
    place = {"region": REGION, "before": BEFORE, "after": AFTER, "language": "python"} | asked
    taken = extract(answer, "stop", ExtractionTarget(**place))
    assert (taken.code, taken.reason) == (code, reason)
    assert taken.notes == tuple(notes)
    if reason is not None:
        assert reason[0].islower() or reason[0].isdigit()
        assert not reason.endswith(".")


def insert(answer, code=None, reason=None, *, notes=(), **asked):
    check(answer, code, reason, notes=notes, region="", insertion=True, **asked)


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("length", "cut off at the length limit"),
        ("refused", "refused by the model or a filter"),
        ("unknown", "the provider did not say that the answer is complete"),
        ("other", "the answer is not complete"),
    ],
)
def test_only_a_finished_answer_is_read(finish, reason):
    taken = extract(fence(NEW), finish, ExtractionTarget(REGION, BEFORE, AFTER, "python"))
    assert (taken.code, taken.reason) == (None, reason)


@pytest.mark.parametrize(
    "answer",
    [
        fence(NEW),
        "\ufeff" + fence(NEW),
        fence(NEW).replace("\n", "\r\n"),
        fence(NEW, "", "~~~"),
        fence(NEW, "py", "`````"),
        f"<think>maybe ```x```</think>\n{fence(NEW)}",
        f"[THINK]hm[/THINK]{fence(NEW)}",
        f"I think so.\n</think>\n{fence(NEW)}",
        f"<|channel|>analysis<|message|>hm<|end|><|channel|>final<|message|>{fence(NEW)}",
        f"<|im_start|>\n{fence(NEW)}<|im_end|></s>",
        f"Use this:```python\n{NEW}\n```",
        f"```python\n{NEW}```",
        "1. So:\n\n   " + fence(NEW).replace("\n", "\n   "),
        f"- {fence(NEW)}".replace("\n", "\n  "),
        fence(f"\n\n{NEW}\n\n"),
    ],
)
def test_dress_comes_off(answer):
    check(answer, NEW)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "the answer is empty"),
        ("<think>and so on", "the reasoning does not end, so there is no answer"),
        (fence(""), "no code block in the language of the document"),
        (fence("pip install x", "bash"), "no code block in the language of the document"),
        (
            "I cannot help with that.",
            "no code block, and the text is not code for the region",
        ),
        (fence(REGION), "no change"),
        (fence("    ...  # unchanged", ""), "leaves out code instead of writing it"),
        (
            "```python\n    result = sum(",
            "the code fence is not closed, so the code may be cut off",
        ),
        (
            f"<<<<<<< SEARCH\n{fence(NEW)}\n=======",
            None,
        ),
        (fence(f"<<<<<<< HEAD\n{NEW}\n>>>>>>> x"), "holds merge conflict markers"),
        (fence(f"@@ -1,2 +1,2 @@\n{NEW}"), "is a diff instead of code"),
    ],
)
def test_answers_without_usable_code(answer, reason):
    check(answer, None if reason else NEW, reason)


@pytest.mark.parametrize(
    "behind", ["ി", "<step>", "What else can I do?", "<|im_end|>\n<|im_start|>user"]
)
def test_a_closing_fence_with_something_behind_it_that_names_no_language(behind):
    check(f"```python\n{NEW}\n```{behind}", NEW)


def test_codellama_s_own_tags_are_a_fence():
    check(f" \n[PYTHON]\n{NEW}\n[/PYTHON]\n[TESTS]\nassert total([]) == 0\n[/TESTS]", NEW)


WHOLE_OF_ONE = "def f():\n    return something(1)"
WHOLE_OF_TWO = "import x\n\n\ndef f():\n    return something(1)"
BRACES = {"region": "function f() {\n  return 1;\n}", "before": "", "language": "javascript"}


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (f"```python\n{NEW}", {}),
        (f"```python\n{NEW}\n", {}),
        (f"```python\n{NEW}\n``", {}),
        (f"```python\n{WHOLE_OF_TWO}", {"region": WHOLE_OF_ONE, "before": "", "after": ""}),
        ("```javascript\nfunction f() {\n  return 2;\n}\n", BRACES),
    ],
)
def test_an_unclosed_fence_is_never_taken_however_its_code_ends(answer, asked):
    check(answer, None, "the code fence is not closed, so the code may be cut off", **asked)


@pytest.mark.parametrize(
    ("blocks", "code", "reason", "note"),
    [
        (["x = 1", NEW], NEW, None, "took code block 2 of 2"),
        ([NEW, "x = 1"], NEW, None, "took code block 1 of 2"),
        ([NEW, NEW], NEW, None, "took code block 2 of 2"),
        ([NEW, NEW + "  # sum it"], NEW + "  # sum it", None, "took code block 2 of 2"),
        (["    result = sum(", NEW], NEW, None, "took code block 2 of 2"),
        (
            [NEW, NEW.replace("sum", "max")],
            None,
            "2 different code blocks, and none is clearly for the region",
            None,
        ),
    ],
)
def test_one_of_several_blocks(blocks, code, reason, note):
    answer = "\nthen:\n".join(map(fence, blocks))
    check(answer, code, reason, notes=[note] if note else [])


def test_a_block_in_another_language_is_left():
    answer = fence("SELECT 1", "sql") + "\n" + fence(NEW)
    check(answer, NEW, notes=["took code block 2 of 2"])


WHOLE = f"def total(items):\n{REGION}"
BETTER = f"def total(items):\n{NEW}"


def test_the_last_block_that_defines_the_symbol():
    check(
        f"{fence(BETTER)}\nCorrected:\n{fence(BETTER.replace('sum', 'fsum'))}\n{fence('f()')}",
        BETTER.replace("sum", "fsum"),
        notes=["took code block 2 of 3"],
        region=WHOLE,
        before="import os\n\n\n",
        symbol="total",
    )


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("\u2705 Good:", "\u274c Bad:"),
        ("", "Do not write it like this:"),
        ("Here it is:", "**Wrong:**"),
        ("", "A version to avoid:"),
    ],
)
def test_how_not_to_write_it_is_not_the_answer(good, bad):
    shown = fence(BETTER.replace("sum", "max"))
    asked = {"region": WHOLE, "before": "import os\n\n\n", "symbol": "total"}
    first = f"{good}\n{fence(BETTER)}\n\n{bad}\n{shown}"
    check(first, BETTER, notes=["took code block 1 of 2"], **asked)
    last = f"{bad}\n{shown}\n\n{good or 'But so:'}\n{fence(BETTER)}"
    check(last, BETTER, notes=["took code block 2 of 2"], **asked)


@pytest.mark.parametrize("name", ["totalOf", "total_Of", "TotalOf"])
def test_a_definition_in_another_spelling_of_its_name_and_not_its_example(name):
    check(
        f"{fence(BETTER.replace('total', name))}\nUse it so:\n{fence('print(items[0])')}",
        BETTER.replace("total", name),
        notes=["took code block 1 of 2"],
        region=WHOLE.replace("total", "total_of"),
        before="import os\n\n\n",
        symbol="total_of",
    )


@pytest.mark.parametrize(
    "lead",
    [
        "Alternatively:",
        "For a more efficient solution:",
        "**Iterative Approach**",
        "A memoized one:",
        "An optimized version of it:",
    ],
)
def test_an_alternative_is_not_the_answer(lead):
    check(
        f"{fence(BETTER)}\n{lead}\n{fence(BETTER.replace('sum', 'fsum'))}",
        BETTER,
        notes=["took code block 1 of 2"],
        region=WHOLE,
        before="import os\n\n\n",
        symbol="total",
    )


def test_the_whole_function_where_a_part_was_asked_for():
    changed = f"def total(items, start=0):\n{NEW}"
    check(
        fence(changed), None, "holds all of total where a part of it was asked for", symbol="total"
    )


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (fence(f"<region-ab12>\n{NEW}\n</region-ab12>"), "took the prompt's own tags off"),
        (
            fence(
                f"<document-ab12>\n{BEFORE}<region-ab12>\n{NEW}\n</region-ab12>\n</document-ab12>"
            ),
            "took the prompt's own tags off",
        ),
        (
            fence("\n".join(f"{n:3} | {line}" for n, line in enumerate(NEW.split("\n"), 5))),
            "took line numbers off",
        ),
        (fence(f"def total(items):\n{NEW}"), "cut lines repeated from around the region"),
        (fence(f"{BEFORE}{NEW}{AFTER}"), "cut lines repeated from around the region"),
        (
            fence(f"import sys\n{BEFORE}{NEW}{AFTER}x = 1"),
            "cut the region out of a longer answer",
        ),
        (fence(NEW.replace("    ", "")), "changed the indentation to fit"),
        (fence(NEW.lstrip()), "changed the indentation to fit"),
        (fence(NEW.replace("    ", "\t")), "changed the indentation to fit"),
        (NEW, "there was no code fence"),
        (f"Sure, here is the code:\n\n{NEW}\n\nI hope this helps.", "there was no code fence"),
    ],
)
def test_what_is_mended_is_noted(answer, note):
    check(answer, NEW, notes=[note])


def test_numbers_that_the_region_has_stay():
    region = "1 | one\n2 | two"
    check(
        fence("1 | uno\n2 | due", ""),
        "1 | uno\n2 | due",
        region=region,
        language="plaintext",
        before="",
        after="",
    )


@pytest.mark.parametrize(
    "line",
    [
        "# ...",
        "# ... existing code ...",
        "# rest of the code remains unchanged",
        "# Existing implementation here",
        "// … rest of function …",
        "/* ... unchanged ... */",
        "{/* ... existing code ... */}",
        "<!-- ... rest of the file ... -->",
        "-- ... same as before",
        "# (omitted for brevity)",
        "...",
        "…",
        "pass  # ... rest of the method",
    ],
)
def test_elisions(line):
    check(
        fence(f"    result = sum(items)\n    {line}\n    return result"),
        None,
        "leaves out code instead of writing it",
    )
    if line == "...":
        return  # judged by what stands above it: test_ellipsis_statements
    # The user's own line is no elision.
    code = f"    result = sum(items)\n    {line}\n    return result"
    assert extract(
        fence(code), "stop", ExtractionTarget(REGION, BEFORE + f"    {line}\n", AFTER, "python")
    ).code


@pytest.mark.parametrize(
    "line",
    [
        "# loop over the items...",
        "# the rest is added below",
        "# keep the previous value of `result`",
        "print('...')",
        "x[..., 0] = 1",
        "# etc. is not supported",
        "raise NotImplementedError  # see issue 12",
    ],
)
def test_comments_that_elide_nothing(line):
    code = f"    result = sum(items)\n    {line}\n    return result"
    check(fence(code), code)


STUBS = "class Shape(Protocol):\n    def area(self) -> float:\n        {}\n\n    name: str"


@pytest.mark.parametrize(
    ("region", "code", "ok"),
    [
        ("x = 1", "def f():\n    ...", True),
        ("x = 1", 'def f():\n    """Doc."""\n    ...', True),
        ("x = 1", "class E(Exception):\n    ...", True),
        ("x = 1", "def f():\n    ...\n    return 1", False),
        ("x = 1", "def f():\n    a = 1\n    ...", False),
        ("x = 1", "y = 1\n...", False),
        ("x = 1", 'def f():\n    """Doc.\n\n    >>> f()\n    ...\n    """', True),
        (STUBS.format("return 1"), STUBS.format("..."), False),
        ("f(\n    a)\n...", "f(\n    b,\n    a)\n...", True),
        ("x = 1", "def f():\n    ...  # type: ignore", True),
        ("x = 1", "def f():\n    a = 1\n    ...  # and more", False),
        (STUBS.format("..."), STUBS.format("...").replace("name", "title"), True),
        (STUBS.format("return 1"), STUBS.format("return 2"), True),
    ],
)
def test_ellipsis_statements(region, code, ok):
    reason = None if ok else "leaves out code instead of writing it"
    check(fence(code), code if ok else None, reason, region=region, before="", after="\n")


def test_a_short_repeated_line_may_be_meant():
    after = "\n    return x\n"
    check(
        fence("    x = 2\n    return x"),
        None,
        "repeats a line after the region and may mean it",
        region="    x = 1",
        before="def f():\n",
        after=after,
    )
    # At another depth it is meant.
    code = "    if x:\n        return x"
    check(fence(code), code, region="    x = 1", before="def f(x):\n", after=after)


def test_a_closing_bracket_is_not_taken_for_a_repeated_line():
    code = "  if (x) {\n    y();\n  }"
    check(
        fence("if (x) {\n  y();\n}", "js"),
        code,
        notes=["changed the indentation to fit"],
        region="  y();",
        before="function f() {\n",
        after="\n}\n",
        language="javascript",
    )


def test_the_edges_of_the_region_stay():
    check(fence(NEW), f"\n{NEW}\n", region=f"\n{REGION}\n")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_documents_line_ending_is_kept(ending):
    def there(text):
        return text.replace("\n", ending)

    check(fence(NEW), there(NEW), region=there(REGION), before=there(BEFORE), after=there(AFTER))


def test_lines_inside_strings_keep_their_spaces():
    region = "    def f(self):\n        q = '''\nSELECT 1\n  FROM a\n'''\n        return q"
    new = region.replace("return q", "return q.strip()")
    dedented = "def f(self):\n    q = '''\nSELECT 1\n  FROM a\n'''\n    return q.strip()"
    check(
        fence(dedented),
        new,
        notes=["changed the indentation to fit"],
        region=region,
        before="class A:\n",
        after="\n",
    )


@pytest.mark.parametrize(
    ("before", "code", "after", "indent"),
    [
        ("def f():\n", "x = 1\ny = 2", "", "    "),
        ("def f():\n", "x = 1", "        y = 2\n", "        "),
        (
            "class A:\n    def a(self):\n        b\n\n",
            "def c(self): pass",
            "\n    def d(): e\n",
            "    ",
        ),
        ("def f():\n    a\n\n", "def g():\n    b", "\ndef h():\n    c\n", ""),
        ("def f():\n    a\n", "return a", "\ndef h():\n    c\n", "    "),
        ("x = 1\n", "y = 2", "", ""),
        ("", "y = 2", "", ""),
        ("def f():\n\ta\n", "b", "\tc\n", "\t"),
    ],
)
def test_an_insertion_is_indented_for_its_place(before, code, after, indent):
    expected = "\n".join(indent + line for line in code.split("\n"))
    for answer in (fence(code), fence(expected)):
        taken = extract(
            answer, "stop", ExtractionTarget("", before, after, "python", insertion=True)
        )
        assert taken.code == expected


def test_an_insertion_in_braces():
    before, after = "class A {\n  a() {\n    b();\n  }\n", "}\n"
    insert(
        fence("c() {\n  d();\n}", "js"),
        "  c() {\n    d();\n  }",
        notes=["changed the indentation to fit"],
        before=before,
        after=after,
        language="javascript",
    )


def test_an_insertion_beside_the_last_method_of_a_class():
    insert(
        fence("def b(self):\n    return 2"),
        "    def b(self):\n        return 2",
        notes=["changed the indentation to fit"],
        before="class A:\n    def a(self):\n        return 1\n\n",
        after="",
        symbol="A.a",
    )


def test_several_blocks_for_an_insertion():
    two = f"{fence('x = 1')}\n{fence('y = 2')}"
    insert(two, None, "2 different code blocks where one was asked for", before="", after="")
    code = "def f():\n    return 1"
    one = f"{fence(code)}\n{fence('f()')}"
    insert(
        one,
        code,
        notes=["took code block 1 of 2"],
        before="",
        after="",
        symbol="f",
    )


@pytest.mark.parametrize("answer", ["Sorry", "Done.", "Note: done", "I can not do that for you"])
def test_words_are_not_inserted(answer):
    insert(
        answer,
        None,
        "no code block, and the text is not code for the region",
        before="",
        after="",
    )


@pytest.mark.parametrize(
    ("answer", "finish", "text", "reason", "notes"),
    [
        ("# A\n\n```py\nx\n```\n", "stop", "# A\n\n```py\nx\n```", None, ()),
        ("````markdown\n# A\n```py\nx\n```\n````", "stop", "# A\n```py\nx\n```", None, ()),
        ("<think>x</think>It adds.<|im_end|>", "stop", "It adds.", None, ()),
        ("It ad", "length", "It ad", None, ("cut off at the length limit",)),
        ("No.", "refused", None, "refused by the model or a filter", ()),
        (" \n", "stop", None, "the answer is empty", ()),
    ],
)
def test_markdown(answer, finish, text, reason, notes):
    taken = markdown(answer, finish)
    assert (taken.code, taken.reason, taken.notes) == (text, reason, notes)


USE = fence("print(total([1]))")
OTHER = fence("def mean(items):\n    return sum(items) / len(items)")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (f"{fence(BETTER)}\nUse it so:\n{USE}\n{fence('6', 'text')}", BETTER),
        (f"{fence(BETTER)}\nCorrected:\n{fence(WHOLE)}\n{USE}", WHOLE),
        (f"{fence(BETTER)}\nMore efficient:\n{fence(WHOLE)}\n{USE}", BETTER),
        (f"{fence(BETTER)}\nAnd:\n{OTHER}", None),
        (f"{USE}\n{fence('total([2])')}", None),
    ],
)
def test_where_no_name_is_known_one_definition_stands_out(answer, code):
    taken = extract(answer, "stop", ExtractionTarget("", "", "", "python", insertion=True))
    assert (taken.code, taken.category) == (code, None if code else "several_blocks")
