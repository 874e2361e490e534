"""Answers for gaps, cut to what fits: complaints of other tools' users as rows.

A row is a name, a language, the text with ``|`` at the cursor, what the model wrote, and what is
shown; ``None`` where nothing is to be shown.
"""

import pytest

from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.trim import trim

PY, JS, TS, GO, RS, C, LUA, SH, MD = (
    "python", "javascript", "typescript", "go", "rust", "c", "lua", "shellscript", "markdown",
)  # fmt: skip

BRACKETS = [
    # continue#2169, tabby#3263, tabby PR#911: brackets and quotes that the editor closed already
    ("closing one there", PY, "foo(|)", "a, b)", "a, b"),
    ("closing two there", PY, "foo(bar(|))", "x))", "x"),
    ("closing and colon there", PY, "def f(|):\n    pass\n", "self, a):", "self, a"),
    ("closing and semicolon there", JS, "foo(|);\n", "a, b);", "a, b"),
    ("a list", PY, "x = [|]\n", "1, 2]", "1, 2"),
    ("a dictionary", PY, "x = {|}\n", '"a": 1}', '"a": 1'),
    ("a subscript", PY, "x[|]\n", "0]", "0"),
    ("a quote", PY, 'print("|")\n', 'hello")', "hello"),
    ("a quote alone", PY, 'name = "|"\n', 'me"', "me"),
    ("a single quote", JS, "import x from '|';\n", "./x';", "./x"),
    ("a template", JS, "const s = `|`;\n", "a ${b}`;", "a ${b}"),
    ("a block", JS, "if (a) {|\n}\n", "\n  b();\n}", "\n  b();"),
    (
        "a block within a block",
        JS,
        "function f() {\n  if (a) {|\n  }\n}\n",
        "\n    b();\n  }",
        "\n    b();",
    ),
    ("a block that nothing closes", JS, "for (;;) {|\n", "\n  b();\n}", "\n  b();\n}"),
    ("a go block", GO, "func f() {|\n}\n", "\n\treturn\n}", "\n\treturn"),
    ("a rust block", RS, "fn f() {|\n}\n", "\n    g();\n}", "\n    g();"),
    ("a c block", C, "int f(void) {|\n}\n", "\n  return 0;\n}", "\n  return 0;"),
    ("one too many", PY, "print(|\n", "a))", "a)"),
    ("one to close", PY, "print(|\n", "a)", "a)"),
    ("two to close", PY, "print(str(|\n", "a))", "a))"),
    ("opened and left open, rest there", PY, "print(|)\n", "foo(x", "foo(x)"),
    ("opened and closed by itself", PY, "print(|)\n", "foo(x)", "foo(x)"),
    ("the other kind", PY, "x = foo(|)\n", "a]", "a"),
    ("a bracket in a string", PY, "x = foo(|)\n", '")"', '")"'),
    ("a bracket in a comment", PY, "x = foo(|\n", "a)  # :)", "a)  # :)"),
    ("a call after the arguments", PY, "x = foo(|)\n", "a).bar(", "a).bar("),
    ("a call that does not end", JS, "x = foo(|;\n", "a).bar(b", "a).bar(b)"),
    ("arrow function", TS, "list.map(|);\n", "x => x + 1);", "x => x + 1"),
    ("generic", TS, "const a: Array<|>;\n", "string>;", "string"),
    (
        "rust lifetime is no string",
        RS,
        "fn f<'a>(x: &'a str|) {}\n",
        ", y: &'a str)",
        ", y: &'a str",
    ),
    ("object in a call", JS, "foo({|})\n", "a: 1})", "a: 1"),
]

LINES = [
    # tabby PR#3361, PR#3782: lines that stand below already
    ("the next line", PY, "def f(a, b):\n    |\n    return total\n",
     "total = a + b\n    return total", "total = a + b"),
    ("two next lines", PY, "a = 1\n|\nprint(first)\nprint(second)\n",
     "b = 2\nprint(first)\nprint(second)\n", "b = 2"),
    ("only the next line", PY, "x = 1\n|\nprint(total)\n", "print(total)", None),
    ("the next line, then more", PY, "a = 1\n|\nreturn_value = a\n",
     "b = 2\nreturn_value = a\nprint(b)", "b = 2"),
    ("the line above again", PY, "counter.increment()\n|\n", "counter.increment()", None),
    ("a short line above again", PY, "x()\n|\n", "x()", "x()"),
    ("an end below", LUA, "function f()\n  |\nend\n", "return 1\nend", "return 1"),
    ("fi below", SH, "if true; then\n  |\nfi\n", "echo yes\nfi", "echo yes"),
    ("done below", SH, "for i in 1 2; do\n  |\ndone\n", "echo $i\ndone", "echo $i"),
    ("a brace below", JS, "while (a) {\n  |\n}\n", "b();\n}", "b();"),
    ("else below", PY, "if a:\n    |\nelse:\n    pass\n", "b = 1\nelse:\n    b = 2", "b = 1"),
    ("same words, another line", PY, "def f():\n    |\n\nx = compute(1)\n", "y = compute(2)",
     "y = compute(2)"),
    ("own line once more", PY, "result = |\n", "result = compute()", "compute()"),
    ("own line, indented", PY, "def f():\n    value = |\n", "    value = 3", "3"),
    ("begun word once more", PY, "pri|\n", "print(x)", "nt(x)"),
    ("begun word goes on", PY, "self.tot|\n", "al += 1", "al += 1"),
    ("begun word three letters", PY, "ret|\n", "return", "urn"),
]  # fmt: skip

INDENTATION = [
    # copilot.lua#328, tabby#3261: wrong indentation
    ("indented twice", PY, "def f():\n    |\n", "    return 1", "return 1"),
    ("indented twice, two lines", PY, "def f():\n    |\n", "    a = 1\n    return a",
     "a = 1\n    return a"),
    ("editor did not indent", PY, "def f():\n|\n", "    return 1", "    return 1"),
    ("editor did not indent inside", PY, "class A:\n    def f(self):\n    |\n", "    return 1",
     "    return 1"),
    ("space after a word", PY, "return |\n", " x", "x"),
    ("space needed", PY, "return|\n", " x", " x"),
    ("beyond the block", PY, "def f():\n    |\n", "return 1\n\ndef g():\n    return 2",
     "return 1"),
    ("beyond the class", PY, "class A:\n    def f(self):\n        |\n",
     "return 1\n\n    def g(self):\n        return 2", "return 1"),
    ("blank lines first", PY, "def f():\n    |\n", "\n\n    return 1", "return 1"),
    ("blank lines last", PY, "def f():\n    |\n", "return 1\n\n\n", "return 1"),
    ("space at the end", PY, "x = |\n", "1   ", "1"),
    ("only space", PY, "x = |\n", "   ", None),
    ("only lines", PY, "x = 1|\n", "\n\n", None),
    ("tabs of go", GO, "func f() {\n\t|\n}\n", "\treturn", "return"),
]  # fmt: skip

LEAKS = [
    # minuet, llama.vscode: markers of prompts, fences, talk
    ("end of text", PY, "x = |\n", "1<|endoftext|>", "1"),
    ("end of text and more", PY, "x = |\n", "1<|endoftext|>\nimport os", "1"),
    ("qwen's markers", PY, "x = |\n", "1<|fim_pad|>", "1"),
    ("qwen's next file", PY, "x = |\n", "1\n<|file_sep|>b.py\ny = 2", "1"),
    ("starcoder's markers", PY, "x = |\n", "1<fim_prefix>y", "1"),
    ("starcoder's next file", PY, "x = |\n", "1<file_sep>", "1"),
    ("deepseek's end", PY, "x = |\n", "1<\uff5cend\u2581of\u2581sentence\uff5c>", "1"),
    ("code llama's end", PY, "x = |\n", "1 <EOT>", "1"),
    ("codestral's markers", PY, "x = |\n", "1[SUFFIX]y", "1"),
    ("seed's markers", PY, "x = |\n", "1<[fim-suffix]>", "1"),
    ("chat's end", PY, "x = |\n", "1<|im_end|>", "1"),
    ("an instruction's end", PY, "x = |\n", "1[/INST]", "1"),
    ("nothing but a marker", PY, "x = |\n", "<|endoftext|>", None),
    ("a fence", PY, "x = |\n", "```python\n1\n```", "1"),
    ("a fence and talk", PY, "x = |\n", "Here is the code:\n```python\n1\n```\nIt is one.", "1"),
    ("an unclosed fence", PY, "x = |\n", "```\n1", "1"),
    ("a closing fence alone", PY, "x = |\n", "1\n```", "1"),
    ("talk alone", PY, "x = |\n", "Here is the missing code for you.", None),
    ("an apology", PY, "x = |\n", "I can not do that.", None),
    ("a path of a prompt", PY, "|\nx = 1\n", "# Path: src/app.py\ny = 2", None),
    ("a thought", PY, "x = |\n", "<think>one?</think>1", "1"),
    ("a thought without end", PY, "x = |\n", "<think>one? or", None),
    ("a fence in markdown", MD, "Run:\n\n|\n", "```sh\nmake\n```", "```sh\nmake\n```"),
]

HTML, XML, TEX, FS, YAML, VUE = "html", "xml", "latex", "fsharp", "yaml", "vue"
BODY = "def mean(xs):\n    total = sum(xs)\n    |\n\nprint(mean([1]))\n"
MEAN = "return total / len(xs)"

WORDED = [
    # fences, reasoning and turns around code that was asked for in words
    ("a fence in HTML", HTML, "<div>\n  |\n</div>\n", "```html\n<p>x</p>\n```", "<p>x</p>"),
    ("a fence in Vue", VUE, "<div>\n  |\n</div>\n", "```vue\n<p>{{ a }}</p>\n```",
     "<p>{{ a }}</p>"),
    ("a fence in XML", XML, "<a>\n  |\n</a>\n", "```xml\n<b/>\n```", "<b/>"),
    ("a fence in LaTeX", TEX, "\\a\n|\n", "```latex\n\\b\n```", "\\b"),
    ("a fence for Markdown", MD, "Some words. |\n", "```markdown\nMore.\n```", "More."),
    ("a bare fence for Markdown", MD, "Run:\n\n|\n", "```\nmake\n```", "make"),
    ("tildes", PY, BODY, f"~~~\n{MEAN}\n~~~", MEAN),
    ("one line in a fence", PY, BODY, f"```python {MEAN}```", MEAN),
    ("one line in a bare fence", PY, BODY, f"```{MEAN}```", MEAN),
    ("a code span", PY, BODY, f"`{MEAN}`", MEAN),
    ("a template literal", JS, "const s = |;\n", "`a ${b}`", "`a ${b}`"),
    ("a code span in JavaScript", JS, "function f() {\n  |\n}\n", "`return 1;`", "return 1;"),
    ("words before a fence", PY, BODY, f"The gap:\n```python\n{MEAN}\n```", MEAN),
    ("only the end of reasoning", PY, BODY, f"We fill the gap.\n</think>\n\n{MEAN}", MEAN),
    ("a draft in reasoning", PY, BODY, f"<think>\n```\nreturn 0\n```\n</think>{MEAN}", MEAN),
    ("Seed", PY, BODY, f"<seed:think>hm</seed:think>{MEAN}", MEAN),
    ("Mistral", PY, BODY, f"[THINK]hm[/THINK]{MEAN}", MEAN),
    ("Gemma", PY, BODY, f"<|channel>thought\nhm\n<channel|>{MEAN}", MEAN),
    ("stripped channels", PY, BODY, f"analysisfill it.assistantfinal{MEAN}", MEAN),
    ("Granite", PY, BODY,
     f"Here is my thought process: hm. Here is my response:\n{MEAN}", MEAN),
    ("Hunyuan", PY, BODY, f"<think>\nhm\n</think>\n<answer>\n{MEAN}\n</answer>", MEAN),
    ("an answer tag", PY, BODY, f"<answer>{MEAN}</answer>", MEAN),
    ("an open channel", PY, BODY, "<|channel|>analysis<|message|>hm", None),
    ("an open triangle", PY, BODY, f"\u25c1think\u25b7hm {MEAN}", None),
    ("reasoning again", PY, BODY, f"{MEAN}\n<think>hm", None),
    ("a turn of the user", PY, BODY, f"{MEAN}<|im_end|>\n<|im_start|>user\nx", MEAN),
    ("a turn in words", PY, BODY, f"{MEAN}\n\nHuman: x\n\nAssistant: y", MEAN),
    ("a role's name", PY, BODY, f"assistant\n{MEAN}", MEAN),
    ("a header", PY, BODY, f"<|im_start|>assistant\n{MEAN}<|im_end|>", MEAN),
]  # fmt: skip

LIKE_MARKERS = [
    # code that looks like a marker of some template, asked for in words
    ("a slice", RS, "fn f() -> |\n", "Box<[u8]> {", "Box<[u8]> {"),
    ("a tuple", TS, "function f(): |\n", "Promise<[string, number]> {",
     "Promise<[string, number]> {"),
    ("pipes", FS, "let f () =\n    |\n", "3 <| f |> ignore", "3 <| f |> ignore"),
    ("Codestral's", PY, "x = |\n", 'y["[SUFFIX]"]', 'y["[SUFFIX]"]'),
    ("CodeLlama's", HTML, "<p>|</p>\n", "<PRE>x", "<PRE>x"),
    ("struck through", HTML, "<p>|</p>\n", "<s>old</s> new", "<s>old</s> new"),
    ("tags of reasoning", PY, "def f(t):\n    |\n", 'return t.split("</think>")[-1]',
     'return t.split("</think>")[-1]'),
    ("a token", PY, "STOP = |\n", '"<|im_end|>"', '"<|im_end|>"'),
    ("the document's token", PY, 'A = "<|im_start|>"\nB = |\n', '"<|im_start|>user"',
     '"<|im_start|>user"'),
    ("keys", YAML, "users:\n  |\n", "- User: a\n    Human: b", "- User: a\n    Human: b"),
]  # fmt: skip

CIRCLES = [
    # repetition
    ("a line again and again", PY, "def f():\n    |\n", "foo(bar)\n    " * 6, "foo(bar)"),
    ("two lines again and again", PY, "def f():\n    |\n",
     "alpha = 1\n    beta = 2\n    " * 5, "alpha = 1\n    beta = 2"),
    ("a word again and again", PY, "x = |\n", "abc" * 20, "abc"),
    ("an expression again and again", PY, "x = |\n", "a + b + " + "a + b + " * 10, "a + b +"),
    ("a ruler", PY, "# |\n", "=" * 40, "=" * 40),
    ("lines that count", PY, "def f():\n    |\n", "a[0] = 1\n    a[1] = 2\n    a[2] = 3",
     "a[0] = 1\n    a[1] = 2\n    a[2] = 3"),
    ("closing brackets in a row", JS, "f(function () {\n  g({|\n", "\n    a: 1\n  });\n});",
     "\n    a: 1\n  });\n});"),
    ("two alike are an idiom", PY, "def f():\n    |\n", "self.push(x)\n    self.push(x)",
     "self.push(x)\n    self.push(x)"),
]  # fmt: skip

ENDINGS = [
    ("one line alone", PY, "total = |\n", "sum(x)\nprint(total)", "sum(x)"),
    ("on a line of its own more", PY, "def f():\n    |\n", "a = 1\n    b = 2", "a = 1\n    b = 2"),
    ("one character", PY, "x|\n", ":", None),
    ("a comment's line", PY, "# the number of |\n", "items\nx = 1", "items"),
    ("a comment with a bracket", PY, "# see (|\n", "below))", "below))"),
    ("line endings of the document", PY, "def f():\r\n    |\r\n", "a = 1\n    b = 2",
     "a = 1\r\n    b = 2"),
    ("line endings of the answer", PY, "def f():\n    |\n", "a = 1\r\n    b = 2",
     "a = 1\n    b = 2"),
    ("a bidi character", PY, "x = |\n", "'a\u202eb'", None),
    ("a zero width space", PY, "x = |\n", "a\u200b", None),
    ("an escape character", PY, "x = |\n", "'\x1b[0m'", None),
    ("emoji", PY, "x = |\n", "'\U0001f600'", "'\U0001f600'"),
    ("nothing", PY, "x = |\n", "", None),
]  # fmt: skip

ROWS = [*BRACKETS, *LINES, *INDENTATION, *LEAKS, *CIRCLES, *ENDINGS]


def place(text, language):
    at = text.index("|")
    return CursorContext("file:///x", text[:at] + text[at + 1 :], at, language)


@pytest.mark.parametrize(
    ("language", "text", "answer", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_row(language, text, answer, expected):
    found = trim(answer, place(text, language))
    assert found.text == expected, found.reason
    assert (found.reason is None) == (expected is not None)


def test_there_are_enough_rows():
    assert len(ROWS) >= 100
    assert len({row[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("finish", "answer", "expected"),
    [
        ("stop", "a = 1\n    b = 2", "a = 1\n    b = 2"),
        ("length", "a = 1\n    b = 2\n    c = lon", "a = 1\n    b = 2"),
        ("length", "a = lon", None),
        ("refused", "a = 1", None),
        ("unknown", "a = 1", None),
    ],
)
def test_an_answer_that_was_cut_loses_what_may_be_half(finish, answer, expected):
    found = trim(answer, place("def f():\n    |\n", PY), finish=finish)
    assert found.text == expected


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("x|\n", ":", ":"),
        ("total = |\n", "sum(x)\nprint(total)", "sum(x)\nprint(total)"),
        ("def f():\n    if x:\n        return 1|\n", "\n    return 2", "\n    return 2"),
        ("foo(|)", "a, b)", "a, b"),
        ("|    y = 1\n", "    x = 1\n", "    x = 1\n"),
    ],
)
def test_who_asked_gets_more(text, answer, expected):
    assert trim(answer, place(text, PY), trigger="invoked").text == expected


@pytest.mark.parametrize(
    ("language", "text", "answer", "whole"),
    [
        (PY, "x = |\n", "1", True),
        (PY, "x = |\n", "1 +", False),
        (PY, "broken(\nx = |\n", "1", False),
        (JS, "let x = |;\n", "1", True),
    ],
)
def test_it_is_known_whether_the_document_parses(language, text, answer, whole):
    assert trim(answer, place(text, language)).whole is whole


@pytest.mark.parametrize(
    ("name", "language", "text", "answer", "expected"),
    [*WORDED, *LIKE_MARKERS],
    ids=[row[0] for row in (*WORDED, *LIKE_MARKERS)],
)
def test_an_answer_in_words_is_code_or_nothing(name, language, text, answer, expected):
    assert trim(answer, place(text, language), template="chat").text == expected


@pytest.mark.parametrize(
    ("template", "answer", "expected"),
    [
        ("qwen", "1<|fim_pad|>y", "1"),
        ("qwen", 'a["x"] + b<PRE>', 'a["x"] + b<PRE>'),
        ("codestral", "1[SUFFIX]y", "1"),
        ("starcoder", "1[SUFFIX]y", "1[SUFFIX]y"),
        ("codellama", "1 <EOT>", "1"),
        ("seed", "1<[fim-suffix]>", "1"),
        ("chat", "a[1]<[fim]>", "a[1]<[fim]>"),
    ],
)
def test_only_tokens_of_the_family_that_was_asked_end_an_answer(template, answer, expected):
    assert trim(answer, place("x = |\n", PY), template=template).text == expected


def test_what_is_exact_is_not_cleaned():
    assert trim("f(<PRE>)", place("x = |\n", "plaintext"), exact=True).text == "f(<PRE>)"
