"""Artifacts: mended where that is sure, rejected where not, left alone where they are code."""

import json

import pytest

from moa_lsp.answers.artifacts import cleaned, document, fault
from moa_lsp.answers.damage import damage
from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.answers.original import Original
from moa_lsp.answers.wrappers import CALLS
from moa_lsp.syntax.tree import has_grammar

DOCUMENTS = {
    "lua": (
        "local M = {}\n\n",
        "function M.add(a, b)\n  local r = a + b\n  return r\nend",
        "\n\nreturn M\n",
        "function M.add(a, b)\n  return a + b\nend",
    ),
    "python": (
        "import os\n\n\n",
        "def add(a, b):\n    r = a + b\n    return r",
        "\n\n\nprint(add(1, 2))\n",
        "def add(a, b):\n    return a + b",
    ),
    "javascript": (
        "'use strict';\n\n",
        "function add(a, b) {\n  const r = a + b;\n  return r;\n}",
        "\n\nadd(1, 2);\n",
        "function add(a, b) {\n  return a + b;\n}",
    ),
    "ruby": (
        "require 'set'\n\n",
        "def add(a, b)\n  r = a + b\n  r\nend",
        "\n\nputs add(1, 2)\n",
        "def add(a, b)\n  a + b\nend",
    ),
}
LANGUAGES = tuple(DOCUMENTS)


def asked_of(language, region=None, before=None, after=None, *, insertion=False):
    was_before, was_region, was_after, _ = DOCUMENTS.get(language, ("", "", "", ""))
    return ExtractionTarget(
        was_region if region is None else region,
        was_before if before is None else before,
        was_after if after is None else after,
        language,
        insertion,
    )


def hunk(language, sign_context=" "):
    _, region, _, new = DOCUMENTS[language]
    old, fresh = region.split("\n"), new.split("\n")
    kept = {line for line in old if line in fresh}
    lines = [f"{sign_context}{old[0]}"]
    lines += [f"-{line}" for line in old if line not in kept]
    lines += [f"+{line}" for line in fresh if line not in kept]
    if old[-1] in kept:
        lines.append(f"{sign_context}{old[-1]}")
    return "\n".join(lines)


def take(code, language, **where):
    fence = "````"
    return extract(f"{fence}{language}\n{code}\n{fence}", "stop", asked_of(language, **where))


def first(language):
    return DOCUMENTS[language][1].split("\n")[1]


PATCHES = {
    "a unified diff": lambda it: f"--- a/x\n+++ b/x\n@@ -3,4 +3,3 @@\n{hunk(it)}",
    "a hunk with its numbers": lambda it: f"@@ -3,4 +3,3 @@ local M\n{hunk(it)}",
    "a hunk without numbers": lambda it: f"@@\n{hunk(it)}",
    "a hunk with a section": lambda it: f"@@ def add\n{hunk(it)}",
    "heads and a bare hunk": lambda it: f"--- a/x\n+++ b/x\n@@\n{hunk(it)}",
    "a hunk without heads": hunk,
    "a hunk whose context has no margin": lambda it: hunk(it, ""),
    "a hunk moved in": lambda it: "  " + hunk(it).replace("\n", "\n  "),
    "git": lambda it: f"diff --git a/x b/x\nindex 83db48f..bf2c1a0 100644\n{hunk(it)}",
    "git's new file": lambda it: f"new file mode 100644\n{DOCUMENTS[it][3]}",
    "a combined diff": lambda it: f"@@@ -1,2 -1,2 +1,3 @@@\n{DOCUMENTS[it][3]}",
    "a context diff": lambda it: (
        f"*** a/x\t2026-01-01\n--- b/x\t2026-01-02\n***************\n*** 3,6 ****\n{first(it)}"
    ),
    "a normal diff": lambda it: f"4,5c4\n< {first(it)}\n---\n> {DOCUMENTS[it][3]}",
    "a normal diff that deletes": lambda it: f"4d3\n< {first(it)}",
    "an ed script": lambda it: f"4,5c\n{DOCUMENTS[it][3]}\n.",
    "apply_patch": lambda it: (
        f"*** Begin Patch\n*** Update File: x\n@@\n{hunk(it)}\n*** End Patch"
    ),
    "apply_patch that adds": lambda it: f"*** Begin Patch\n*** Add File: x\n+{first(it)}",
    "V4A": lambda it: f"*** [UPDATE] File: x\n{hunk(it)}",
    "Subversion": lambda it: f"Index: x\n{'=' * 67}\n{DOCUMENTS[it][3]}",
    "a word diff": lambda it: f"{first(it)} [-old-]{{+new+}}",
    "a diff with a gutter": lambda it: f"12 - {first(it)}\n12 + new()\n13   x",
    "SEARCH and REPLACE": lambda it: f"<<<<<<< SEARCH\n{first(it)}\n=======\nx\n>>>>>>> REPLACE",
    "five markers": lambda it: f"<<<<< SEARCH\n{first(it)}\n=====\nx\n>>>>> REPLACE",
    "six markers": lambda it: f"<<<<<< SEARCH\n{first(it)}\n======\nx\n>>>>>> REPLACE",
    "nine markers": lambda it: f"{'<' * 9} SEARCH\n{first(it)}\n{'=' * 9}\nx\n{'>' * 9} REPLACE",
    "ORIGINAL and UPDATED": lambda it: f"<<<<<< ORIGINAL\n{first(it)}\n======\nx\n>>>>>> UPDATED",
    "markers of dashes": lambda it: f"------- SEARCH\n{first(it)}\n=======\nx\n+++++++ REPLACE",
    "markers without words": lambda it: f"<<<<<<\n{first(it)}\n======\nx\n>>>>>>",
    "markers moved in": lambda it: f"  <<<<<<< SEARCH\n{first(it)}\n  =======\n  >>>>>>> REPLACE",
    "a marker with a bracket too many": lambda it: f"<<<<<<< SEARCH>\n{first(it)}\n=======\nx",
    "a merge conflict": lambda it: f"<<<<<<< HEAD\n{first(it)}\n=======\nx\n>>>>>>> other",
    "a merge conflict with its base": lambda it: f"||||||| base\n{first(it)}\n=======\nx",
    "labels": lambda it: f"SEARCH:\n{first(it)}\nREPLACE:\n{DOCUMENTS[it][3]}",
    "labels in brackets": lambda it: f"[OLD]\n{first(it)}\n[NEW]\n{DOCUMENTS[it][3]}",
    "tags of two texts": lambda it: (
        f"<search>\n{first(it)}\n</search>\n<replace>\n{DOCUMENTS[it][3]}\n</replace>"
    ),
    "tags of an edit tool": lambda it: (
        f"<old_text>{first(it)}</old_text>\n<new_text>{DOCUMENTS[it][3]}</new_text>"
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dialect", PATCHES)
def test_a_patch_is_no_code(dialect, language):
    taken = take(PATCHES[dialect](language), language)
    assert taken.code is None
    assert taken.category in ("diff", "artifact")


CODE = {
    "plain": lambda code: code,
    "JSON": lambda code: json.dumps({"code": code}),
    "JSON over several lines": lambda code: json.dumps({"new_code": code}, indent=2),
    "JSON with more fields": lambda code: json.dumps(
        {"explanation": "shorter", "language": "x", "code": code}
    ),
    "JSON within JSON": lambda code: json.dumps({"result": {"code": code}}),
    "JSON with raw line ends": lambda code: f'{{"answer": "{code}"}}',
    "JSON around a fence": lambda code: json.dumps({"code": f"```\n{code}\n```"}),
    "a string of JSON": json.dumps,
    "a Python dictionary": lambda code: repr({"code": code}),
    "a tag": lambda code: f"<code>\n{code}\n</code>",
    "a tag on the line of the code": lambda code: f"<code>{code}</code>",
    "an answer": lambda code: f"<answer>\n{code}\n</answer>",
    "an answer in capitals": lambda code: f"<ANSWER>\n{code}\n</ANSWER>",
    "a file with its path": lambda code: f'<file path="src/x">\n{code}\n</file>',
    "an artifact": lambda code: (
        f'<antArtifact identifier="a" type="application/vnd.ant.code">\n{code}\n</antArtifact>'
    ),
    "an artifact with an action": lambda code: (
        f'<boltArtifact id="a">\n<boltAction type="file" filePath="x">\n{code}\n</boltAction>\n'
        "</boltArtifact>"
    ),
    "a tag within a tag": lambda code: f"<result>\n<code>\n{code}\n</code>\n</result>",
    "CDATA": lambda code: f"<![CDATA[\n{code}\n]]>",
    "CDATA in a tag": lambda code: f"<code><![CDATA[{code}]]></code>",
    "literal line ends": lambda code: code.replace("\n", "\\n"),
    "literal line ends and tabs": lambda code: (
        code.replace("\n  ", "\n\t").replace("\n", "\\n").replace("\t", "  ")
    ),
    "a literal end on every line": lambda code: code.replace("\n", "\\n\n") + "\\n",
    "no-break spaces": lambda code: code.replace(" ", "\u00a0"),
    "narrow no-break spaces": lambda code: code.replace(" ", "\u202f"),
    "indented by no-break spaces": lambda code: code.replace("  ", "\u00a0\u00a0"),
    "an end of turn": lambda code: f"{code}<|im_end|>",
    "an end of turn on its own line": lambda code: f"{code}\n<|eot_id|>",
    "an end of text": lambda code: f"{code}<|endoftext|>",
    "an end of sequence": lambda code: f"{code}</s>",
    "an end of a Gemma turn": lambda code: f"{code}<end_of_turn>",
    "an end of a DeepSeek turn": lambda code: f"{code}<\uff5cend\u2581of\u2581sentence\uff5c>",
    "a start of sequence": lambda code: f"<s>\n{code}",
    "a marker of infilling": lambda code: f"{code}\n<|fim_middle|>x = 1",
    "the end of an instruction": lambda code: f"{code}\n[/INST]",
    "the end of a stream": lambda code: f"{code}\n[DONE]",
    "a lead-in": lambda code: f"Here is the code:\n{code}",
    "a lead-in and a blank line": lambda code: f"Here's the refactored version:\n\n{code}",
    "an agreeing lead-in": lambda code: f"Sure! Here is the updated function:\n{code}",
    "words behind": lambda code: f"{code}\n\nThis function adds its two arguments.",
    "several words behind": lambda code: (
        f"{code}\n\nExplanation:\nI have removed the variable.\nLet me know if you want more."
    ),
    "words on both sides": lambda code: f"The refactored code:\n{code}\nHope this helps!",
    "a name of the file": lambda code: f"File: src/x.ext\n{code}",
    "line numbers": lambda code: "\n".join(
        f"{at} | {line}" for at, line in enumerate(code.split("\n"), 12)
    ),
    "line numbers with arrows": lambda code: "\n".join(
        f"{at:6}→{line}" for at, line in enumerate(code.split("\n"), 3)
    ),
    "line numbers with colons": lambda code: "\n".join(
        f"{at}: {line}" for at, line in enumerate(code.split("\n"), 3)
    ),
    "line numbers with an L": lambda code: "\n".join(
        f"L{at}: {line}" for at, line in enumerate(code.split("\n"), 3)
    ),
    "a quotation": lambda code: "> " + code.replace("\n", "\n> "),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dress", CODE)
def test_what_is_sure_is_taken_off(dress, language):
    new = DOCUMENTS[language][3]
    if '"""' in CODE[dress](new):
        pytest.skip("the dressed code holds triple quotes, which the answer cannot be wrapped in")
    check(take(CODE[dress](new), language), new, language, dress)


def check(taken, new, language, dress):
    """JSON and entities are mended only where a grammar checks it."""
    if has_grammar(language) or not (
        "JSON" in dress or dress in ("a Python dictionary", "entities")
    ):
        assert (taken.code, taken.reason) == (new, None)
    else:
        assert (taken.code, taken.category) == (None, "artifact")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "dress", ["JSON", "JSON around a fence", "a file with its path", "CDATA in a tag"]
)
def test_a_wrapper_needs_no_fence(dress, language):
    new = DOCUMENTS[language][3]
    check(extract(CODE[dress](new), "stop", asked_of(language)), new, language, dress)


CALLED = {
    "hermes": '<tool_call>\n{"name": "edit", "arguments": {"code": "x"}}\n</tool_call>',
    "qwen3 coder": "<function=edit>\n<parameter=code>\nx = 1\n</parameter>\n</function>",
    "llama": '<|python_tag|>{"name": "edit", "parameters": {}}',
    "mistral": '[TOOL_CALLS][{"name": "edit", "arguments": {"code": "x"}}]',
    "mistral of today": '[TOOL_CALLS]edit[ARGS]{"code": "x"}',
    "kimi": '<|tool_call_begin|>functions.edit:0<|tool_call_argument_begin|>{"code": "x"}',
    "kimi without tokens": 'functions.edit:0\n{"code": "x"}',
    "deepseek": "<\uff5ctool\u2581calls\u2581begin\uff5c>function edit",
    "harmony": '<|channel|>commentary to=functions.edit <|constrain|>json<|message|>{"x": 1}',
    "granite": '<|tool_call|>[{"name": "edit", "arguments": {}}]',
    "phi": 'functools[{"name": "edit", "arguments": {}}]',
    "nemotron": '<TOOLCALL>[{"name": "edit"}]</TOOLCALL>',
    "minimax": '<function_calls>\n<invoke name="edit">\n<parameter name="code">x</parameter>',
    "glm": "<tool_call>edit\n<arg_key>code</arg_key>\n<arg_value>x</arg_value>\n</tool_call>",
    "gemma": "<tool_code>\nprint(edit('x'))\n</tool_code>",
    "react": 'Action: edit\nAction Input: {"code": "x"}',
    "an editor's agent": "<write_to_file>\n<path>x</path>\n<content>x</content>\n</write_to_file>",
    "cohere": '<|START_ACTION|>[{"tool_name": "edit", "parameters": {"c": "x"}}]<|END_ACTION|>',
    "lfm": '<|tool_call_start|>[edit(code="x = 1\\ny = 2")]<|tool_call_end|>',
    "a list of calls": '[edit_file(path="x", code="x = 1\\ny = 2")]',
    "gemini": 'print(default_api.edit(code="x = 1\\ny = 2"))',
    "k2 horizon": '<ifm|tool_calls>[{"name": "edit", "arguments": {}}]</ifm|tool_calls>',
    "hunyuan": "<tool_calls:6124c78e>\n<tool_call:6124c78e>edit\n</tool_call:6124c78e>",
    "JSON edits": '[{"op": "replace", "old": "a = 1", "new": "b = 1"}]',
    "JSON edits of two places": '[{"line": 1, "code": "x = 1"}, {"line": 2, "code": "y = 2"}]',
    "JSON": '{"name": "edit", "arguments": {"code": "x"}}',
    "tool_calls": '{"tool_calls": [{"type": "function", "function": {"name": "edit"}}]}',
    "a JSON edit": '{"old_string": "a", "new_string": "b"}',
    "a JSON patch": '{"path": "x", "search": "a", "replace": "b"}',
    "JSON with two texts": '{"code": "x = 1", "result": "2"}',
    "JSON that is cut": '{"code": "x = 1}',
    "JSON without a text": '{"code": 1}',
    "JSON with thoughts alone": '{"thought": "x = 1\\ny = 2"}',
    "thoughts as a key of YAML": "thinking: |\n  x = 1\nanswer: |\n  y = 2",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", CALLED)
def test_a_call_of_a_tool_is_no_code(form, language):
    taken = take(CALLED[form], language)
    assert taken.code is None
    assert taken.category in {"artifact", "diff", "truncated"}  # a channel without its end


def test_every_format_of_calls_has_a_source_and_a_name_of_its_own():
    assert all(each.source for each in CALLS)
    assert len({each.name for each in CALLS}) == len(CALLS)


IF = {
    "python": "def add(a, b):\n    if a {} b and b {} 0:\n        return b\n    return a",
    "lua": "function M.add(a, b)\n  if a {} b and b {} 0 then return b end\n  return a\nend",
    "javascript": "function add(a, b) {{\n  if (a {} b && b {} 0) return b;\n  return a;\n}}",
    "ruby": "def add(a, b)\n  return b if a {} b and b {} 0\n  a\nend",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("one", "other", "less", "more"),
    [
        ("&lt;", "&gt;", "<", ">"),
        ("&#60;", "&#62;", "<", ">"),
        ("&#x3c;", "&#x3E;", "<", ">"),
        ("&lt;=", "&gt;=", "<=", ">="),
    ],
)
def test_entities_in_code_are_characters(language, one, other, less, more):
    taken = take(IF[language].format(one, other).replace("&&", "&amp;&amp;"), language)
    check(taken, IF[language].format(less, more), language, "entities")


SINGLE = {
    "a comparison that Python parses": ("python", "ok = 0 &lt; len(xs)", "ok = 0 < len(xs)"),
    "quotes": ("python", "print(&quot;hi&quot;)", 'print("hi")'),
    "an apostrophe by number": ("python", "print(&#39;hi&#39;)", "print('hi')"),
    "an ampersand": ("go", "p := &amp;x", "p := &x"),
    "escaped twice": ("python", "x = a &amp;lt; b", "x = a < b"),
    "a space": ("python", "x&nbsp;= 1", "x = 1"),
    "an arrow of C": ("c", "p-&gt;next = q;", "p->next = q;"),
    "generics": ("java", "List&lt;T&gt; xs = f();", "List<T> xs = f();"),
    "typeset double quotes": ("lua", "print(\u201chi\u201d)", 'print("hi")'),
    "typeset single quotes": ("lua", "print(\u2018hi\u2019)", "print('hi')"),
    "an apostrophe in typeset quotes": ("lua", "print(\u201cit\u2019s\u201d)", 'print("it\'s")'),
    "a no-break space in code only": ("lua", "x\u00a0= 'a\u00a0b'", "x = 'a\u00a0b'"),
    "escaped quotes and line ends": (
        "lua", 'if x then\\n\\tprint(\\"hi\\")\\nend', 'if x then\n\tprint("hi")\nend',
    ),
    "line ends beside a string that has one": (
        "lua", "print('a\\nb')\\nprint(2)", "print('a\\nb')\nprint(2)",
    ),
    "the name of the language": ("lua", "lua\nprint(1)", "print(1)"),
    "lines between backticks": ("lua", "`x = 1`\n`y = 2`", "x = 1\ny = 2"),
    "one object in a list": ("python", '[{"code": "x = 1\\ny = 2"}]', "x = 1\ny = 2"),
    "a string of Python": ("python", "'x = 1\\ny = 2'", "x = 1\ny = 2"),
    "a prompt of Python": ("python", ">>> x = 1\n>>> y = 2", "x = 1\ny = 2"),
}  # fmt: skip


@pytest.mark.parametrize("row", SINGLE)
def test_code_is_mended(row):
    language, code, want = SINGLE[row]
    found = cleaned(code, Original("x\n", "x\ny", language))
    assert (found.text, found.rejection) == (want, None)
    assert found.notes


KEPT = {
    "a list of objects that the region is": ("python", '[{"code": "x = 1"}]', '[{"code": "x"}]'),
    "template strings on every line": ("javascript", "`a`\n`b`", "`x`"),
    "entities that the document has": ("lua", "s = x &lt; y", "a &lt; b"),
    "entities in strings": ("python", 's = s.replace("<", "&lt;").replace(">", "&gt;")', ""),
    "entities in a comment": ("lua", "f() -- writes &lt; for less", ""),
    "entities in a docstring": ("python", '"""Write &lt;\n\nand &gt;.\n"""\nx = 1', ""),
    "entities of HTML": ("html", "<p>a &lt; b</p>", "<p>a</p>"),
    "entities of JSX": ("javascriptreact", "const a = <p>x &lt; y</p>;", ""),
    "entities of Vue": ("vue", "<p>&copy; &amp;</p>", "<p></p>"),
    "an address in C": ("c", "f(&lt);\ng(&lt;)", "int lt;"),
    "a mask named gt": ("python", "y = x &gt; 0", "from operator import gt"),
    "no-break spaces in a string": ("lua", "s = 'a\u00a0b'", ""),
    "no-break spaces of the document": ("lua", "x\u00a0=\u00a01", "a\u00a0b"),
    "no-break spaces of prose": ("markdown", "10\u00a0km", ""),
    "typeset quotes in a string": ("python", 's = "\u201chi\u201d"', ""),
    "typeset quotes in a comment": ("lua", "f() -- \u201chi\u201d", ""),
    "typeset quotes of prose": ("markdown", "\u201chi\u201d", ""),
    "a line end in a string": ("python", 'print("a\\nb\\nc")', ""),
    "line ends in strings": ("lua", "print('a\\n')\nprint('b\\n')", ""),
    "a lambda of Haskell": ("haskell", "f = \\n -> \\m -> n + m", ""),
    "a command of LaTeX": ("latex", "\\newcommand{\\n}{\\nu}", ""),
    "an end token in a list": ("python", 'STOP = ["<|im_end|>", "</s>"]', ""),
    "an end token in a template": ("python", 'T = "<|im_start|>user\\n"', ""),
    "an end token of the document": ("lua", "<|im_end|>", "x<|im_end|>y"),
    "operators of F#": ("fsharp", "f <| x |> g", ""),
    "a type of Rust": ("rust", "fn f() -> Box<[u8]> {\n    g()\n}", ""),
    "an index named like a token": ("c", "x = table[INST];", ""),
    "struck text of HTML": ("html", "<s>old</s>", ""),
    "code of HTML": ("html", "<code>x</code>", ""),
    "code of JSX": ("typescriptreact", "<code>x</code>", ""),
    "a tag of the document": ("xml", "<file path='a'>x</file>", "<file path='b'/>"),
    "CDATA of XML": ("xml", "<a><![CDATA[x]]></a>", "<a/>"),
    "JSON of a JSON document": ("json", '{"code": "x"}', ""),
    "JSON of YAML": ("yaml", '{"code": "x"}', ""),
    "a table where one was": ("lua", '{"code": 1}', '{"x": 1}'),
    "a key of the document": ("python", '{"code": "x"}', 'a = {"code": "y"}'),
    "a dictionary that is assigned": ("python", 'x = {"code": "y"}', ""),
    "a diff of a diff": ("diff", "@@ -1 +1 @@\n-a\n+b", "--- a\n+++ b"),
    "conflict markers of the document": ("lua", "<<<<<<< HEAD\nx", "<<<<<<< HEAD\ny"),
    "comments of Lua": ("lua", "-- one\n--- two\nf()", "f()"),
    "a list of YAML": ("yaml", "- name: x\n- name: y", "name: x\nname: y"),
    "a list of Markdown": ("markdown", "- a\n+ b\n+ c", "a"),
    "a decrement": ("c", "--i;\n++j;", "i;"),
    "class variables of Ruby": ("ruby", "@@count = 0\n+x", ""),
    "a decorator of Python": ("python", "@property\ndef f(self):\n    return -x", ""),
    "a heading of reStructuredText": ("restructuredtext", "Title\n=======", ""),
    "a ruler in a comment": ("python", "# =======\nx = 1\n# =======", ""),
    "shifts": ("c", "x = y << 2;\nz = x >> 3;", ""),
    "a here document": ("shellscript", "cat <<EOF\nx\nEOF", ""),
    "numbered keys": ("python", '1: "a",\n2: "b",', ""),
    "numbered keys of YAML": ("yaml", "1: a\n2: b", ""),
    "numbers of the document": ("lua", "1 | a\n2 | b", "1 | c\n2 | d"),
    "a sentence in a docstring": ("python", 'def f():\n    """This is the code:"""', ""),
    "a sentence in a comment": ("lua", "-- This is the function that adds.\nf()", ""),
    "a sentence in a string": ("lua", "s = [[\nThis is the code that is shown.\n]]", ""),
    "a sentence where prose was": (
        "python", "This is the text of a docstring.", "This was the text of a docstring.",
    ),
    "keys of YAML that are words": ("yaml", "Here is the code:\n  - x", ""),
    "a sentence of Markdown": ("markdown", "Here is the code:\n\n    x", ""),
    "quotations of Markdown": ("markdown", "> a\n> b", ""),
    "tool calls in strings": ("python", 'TAG = "<tool_call>"', ""),
    "tool calls of the document": ("lua", "<tool_call>", "x <tool_call> y"),
    "an attribute called functions": ("python", "functions.edit(0)", ""),
    "a generic call": ("typescript", "invoke<string>(name);", ""),
}  # fmt: skip


@pytest.mark.parametrize("row", KEPT)
def test_what_is_code_stays(row):
    language, code, own = KEPT[row]
    found = cleaned(code, Original(f"{own}\n", own, language))
    assert (found.text, found.rejection, found.notes) == (code, None, ())


REJECTED = {
    "entities in code and in strings": ("python", 'x = e("&lt;") if a &lt; b and c > d else 0'),
    "entities that no grammar checks": ("shellscript", "run 2&gt;&amp;1"),
    "JSON that no grammar checks": ("lua", '{"code": "f()"}'),
    "odd typeset quotes": ("lua", "print(\u201chi)"),
    "an apostrophe in typeset single quotes": ("lua", "print(\u2018it\u2019s\u2019)"),
    "literal ends on some lines": ("lua", "f()\\n\ng()\nh()\ni()"),
    "nothing but a token": ("lua", "<|im_end|>"),
    "an empty tag": ("lua", "<code></code>"),
    "tags between lines": ("lua", "f()\n<code>\ng()\n</code>\nh()"),
    "CDATA beside code": ("lua", "f()\n<![CDATA[g()]]>"),
    "numbers on some lines": ("lua", "1 | f()\n2 | g()\nh()"),
    "sentences between lines": ("lua", "f()\nHere is the second part of the code:\ng()"),
}


@pytest.mark.parametrize("row", REJECTED)
def test_what_is_not_sure_is_rejected(row):
    language, code = REJECTED[row]
    found = cleaned(code, Original("x\ny\n", "x\ny", language))
    assert found.rejection is not None
    assert found.rejection.category == "artifact"


@pytest.mark.parametrize("dress", ["JSON", "an answer", "entities", "a lead-in", "CDATA"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_insertions_and_new_files_are_cleaned_alike(dress, language):
    before, _, _, new = DOCUMENTS[language]
    want = IF[language].format("<", ">") if dress == "entities" else new
    code = IF[language].format("&lt;", "&gt;") if dress == "entities" else CODE[dress](new)
    if dress == "entities":
        code = code.replace("&&", "&amp;&amp;")
    for place in ({"before": before}, {"before": ""}):
        taken = take(code, language, region="", after="", insertion=True, **place)
        if dress == "an answer" and taken.code is None:
            # A text without a fence: only a grammar can tell that it is code.
            assert taken.category == "no_code"
            assert not has_grammar(language)
            continue
        check(taken, want, language, dress)


@pytest.mark.parametrize("dialect", ["apply_patch", "a hunk without heads", "six markers"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_patch_is_not_inserted(dialect, language):
    before, region, _, _ = DOCUMENTS[language]
    taken = take(
        PATCHES[dialect](language), language, before=before + region, region="", insertion=True
    )
    assert taken.code is None


@pytest.mark.parametrize(
    ("answer", "text", "category"),
    [
        ("It adds two numbers.", "It adds two numbers.", None),
        ('{"explanation": "It adds."}', "It adds.", None),
        ("<answer>\nIt adds.\n</answer>", "It adds.", None),
        ("It has a `<tool_call>` in it.", "It has a `<tool_call>` in it.", None),
        ('<tool_call>\n{"name": "x"}\n</tool_call>', None, "artifact"),
        ('{"name": "explain", "arguments": {"x": 1}}', None, "artifact"),
    ],
)
def test_words_for_the_user_have_no_wrapper(answer, text, category):
    found = document(answer)
    assert (found.rejection.category if found.rejection else None) == category
    assert text is None or found.text == text


def test_a_block_of_changes_is_rejected_where_it_would_have_to_be_mended():
    original = Original("x = 1\n", "x = 1", "lua")
    assert fault("x = 2", original) is None
    assert fault("if a &lt; b then end", original).category == "artifact"
    assert fault("<tool_call>", original).category == "artifact"


SHELL = "foo() {\n  echo $1\n}"
QUOTED = 'foo() {\n  echo "$1"\n}'


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        (language, tag)
        for language in ("shellscript", "ini", "plaintext", "powershell", "lua", "nginx", "frob")
        for tag in ("bash", "sh", "text", "powershell", "json", "console", "", "frob", "diff")
    ],
)
def test_a_lone_block_is_not_refused_for_its_tag(language, tag):
    asked = ExtractionTarget(SHELL, "", "\n", language)
    taken = extract(f"```{tag}\n{QUOTED}\n```", "stop", asked)
    assert (taken.code, taken.reason) == (QUOTED, None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "said",
    [
        "The rest of the code remains the same.",
        "The remaining functions are unchanged.",
        "I have left the existing code as it is.",
    ],
)
@pytest.mark.parametrize("comment", [True, False])
def test_a_sentence_that_says_what_is_left_out_is_not_dropped(language, said, comment):
    sign = {"lua": "-- ", "javascript": "// "}.get(language, "# ") if comment else ""
    new = DOCUMENTS[language][3]
    taken = take(f"{new}\n{sign}{said}", language)
    assert taken.code is None or (comment and said in taken.code)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("vb", "' ... existing code ..."),
        ("vb", "' rest of the code unchanged"),
        ("fortran", "! ... rest of the code ..."),
        ("bat", "REM ... existing code ..."),
        ("viml", '" ... rest of the function ...'),
        ("abap", '" ... existing code ...'),
        ("cobol", "*> ... existing code ..."),
        ("jinja", "{# ... rest of the file ... #}"),
        ("razor", "@* ... existing code ... *@"),
        ("pascal", "{ ... existing code ... }"),
        ("tlaplus", "\\* ... rest of the module ..."),
        ("m4", "dnl ... existing code ..."),
        ("lua", "[... rest of the code unchanged ...]"),
        ("ruby", "(rest of the code unchanged)"),
        ("csharp", "<rest of the code>"),
        ("kotlin", "{ ... existing code ... }"),
        ("python", "[... rest of the function ...]"),
    ],
)
def test_code_is_left_out_in_the_comments_of_any_language(language, line):
    found = damage(f"x\n{line}\ny", "x\n", "x", language)
    assert found is not None
    assert found.category == "elided"
    assert damage(f"x\n{line}\ny", f"x\n{line}", "x", language) is None


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("vb", "' the rest is computed below"),
        ("viml", 'echo "the rest of the code"'),
        ("python", "[rest]"),
        ("lua", "(remaining)"),
        ("csharp", "{ get; set; }"),
        ("typescript", "{ ...rest }"),
        ("pascal", "{ sums the rest }"),
    ],
)
def test_ordinary_lines_leave_nothing_out(language, line):
    assert damage(f"x\n{line}\ny", "x\n", "x", language) is None


FOREIGN = {
    "tags of a result": "<function_results>\n{}\n</function_results>",
    "a paragraph": "<p>{}</p>",
    "line breaks of HTML": "f()<br>\n{}",
    "a comment of HTML": "<!-- code -->\n{}",
    "a declaration of XML": '<?xml version="1.0"?>\n{}',
    "thoughts": "<thinking>hm</thinking>\n{}",
    "a forum's tags": "[code]\n{}\n[/code]",
    "a listing": "\\begin{{lstlisting}}\n{}\n\\end{{lstlisting}}",
    "a formula": "$$\n{}\n$$",
    "a heading": "### Solution\n{}",
    "a speaker": "assistant: {}",
    "a command": "cat > a.lua <<'EOF'\n{}\nEOF",
}


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("language", ["lua", "kotlin", "csharp", "swift"])
def test_lines_of_other_formats_are_no_code(form, language):
    code = FOREIGN[form].format("g(1)")
    found = cleaned(code, Original("f(1)\n", "f(1)", language))
    assert found.rejection is not None
    assert found.rejection.category == "artifact"
    assert cleaned(code, Original(f"{code}\n", "f(1)", language)).rejection is None


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("ruby", "# Solution\nf"),
        ("csharp", "/// <summary>Adds.</summary>\nint F() => 1;"),
        ("kotlin", "fun <T> f(x: T): List<T> = listOf(x)"),
        ("haskell", "f = (+) <$> a <*> b"),
        ("shellscript", "cat > a <<EOF\nx\nEOF"),
        ("lua", "user:find('x')"),
        ("nim", "## Adds.\nf()"),
        ("swift", "case assistant, user"),
    ],
)
def test_code_that_looks_a_little_like_other_formats_stays(language, code):
    assert cleaned(code, Original("x\n", "x", language)).rejection is None


def test_a_turn_of_somebody_else_inside_of_the_code_is_not_taken():
    answer = "```python\nx = 2\n<|im_end|>\n<|im_start|>user\nThanks!\n```"
    assert take(answer, "python").code is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("info", ["tool_code", "thinking", "tool_call"])
def test_a_lone_block_that_is_set_apart_is_no_code(info, language):
    new = DOCUMENTS[language][3]
    taken = extract(f"```{info}\n{new}\n```", "stop", asked_of(language))
    assert taken.code is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_with_a_block_in_a_fence_of_markdown_are_no_code(language):
    new = DOCUMENTS[language][3]
    answer = f"```markdown\nHere:\n```{language}\n{new}\n```"
    assert extract(answer, "stop", asked_of(language)).code is None
