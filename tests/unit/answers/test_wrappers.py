"""Code that an answer holds as a value: taken out where a grammar tells, else refused."""

import json

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract

PLACES = {
    "python": (
        "def total(xs):\n    t = 0\n    for x in xs:\n        t = t + x\n    return t",
        "def total(xs):\n    return sum(xs)",
    ),
    "lua": (
        "local function total(xs)\n  local t = 0\n  for _, x in ipairs(xs) do t = t + x end\n"
        "  return t\nend",
        "local function total(xs)\n  local s = 0\n  for i = 1, #xs do s = s + xs[i] end\n"
        "  return s\nend",
    ),
}


def fence(text, info=""):
    return f"```{info}\n{text}\n```"


def _listed(code, language):
    return json.dumps(code.split("\n"), indent=1)


FORMS = {
    "a list of lines": _listed,
    "a fenced list of lines": lambda code, language: fence(_listed(code, language), language),
    "a list of lines with ends": lambda code, language: json.dumps(code.splitlines(True)),
    "triple quotes": lambda code, language: fence(f'"""\n{code}\n"""', language),
    "single triple quotes": lambda code, language: fence(f"'''\n{code}\n'''", language),
    "an assignment": lambda code, language: fence(f'code = """\n{code}\n"""', language),
    "an answer assigned": lambda code, language: f"answer = '''\n{code}\n'''",
    "a key of YAML": lambda code, language: fence(
        "code: |\n" + "\n".join(f"  {line}" for line in code.split("\n")), language
    ),
    "a call": lambda code, language: f"edit_file(path='a', content={code!r})",
    "a call of a tool's method": lambda code, language: fence(
        f'tools.write_file("a", """{code}""")', language
    ),
    "a directive": lambda code, language: (
        f".. code-block:: {language}\n\n" + "\n".join(f"   {line}" for line in code.split("\n"))
    ),
    "AsciiDoc": lambda code, language: f"[source,{language}]\n----\n{code}\n----",
    "data": lambda code, language: fence("data:text/plain;base64,ZGVmIHRvdGFs", language),
    "a reference behind it": lambda code, language: fence(
        f"{code}\n[1]: https://x.example", language
    ),
    "escapes": lambda code, language: fence(code.replace("(", "\\u0028"), language),
    "escaped blanks": lambda code, language: fence(code.replace(" ", "\\u0020"), language),
    "its path": lambda code, language: fence(f"# src/total.{language}\n{code}", language),
    "its path in slashes": lambda code, language: fence(f"// src/total.x\n{code}", language),
    "an object": lambda code, language: json.dumps({"code": code}),
    "an object of changes": lambda code, language: fence(
        json.dumps({"edits": [{"range": [1, 2], "text": code}]}), language
    ),
    "a command": lambda code, language: fence("s/x/y/g", "sh"),
    "a command that writes it": lambda code, language: fence(
        f"cat > a <<'EOF'\n{code}\nEOF", language
    ),
    "a cell of a notebook": lambda code, language: fence(
        json.dumps({"cells": [{"cell_type": "code", "source": code}]}), "json"
    ),
}
TAKEN = {
    "python": {
        "a list of lines",
        "a fenced list of lines",
        "a list of lines with ends",
        "triple quotes",
        "single triple quotes",
        "escapes",
        "escaped blanks",
        "its path",
        "its path in slashes",
        "an object",
    },
    "lua": {"its path", "its path in slashes"},
}
PARSED = {"data", "a reference behind it", "a command that writes it", "a directive", "AsciiDoc"}
"""What is left to the parser, behind extraction, in a language that has one."""


@pytest.mark.parametrize("language", PLACES)
@pytest.mark.parametrize("form", FORMS)
def test_code_that_is_held_as_a_value(form, language):
    region, code = PLACES[language]
    asked = ExtractionTarget(region, "x = 1\n\n", "\n", language)
    found = extract(FORMS[form](code, language), "stop", asked)
    if form in TAKEN[language]:
        assert found.code == code
    elif form not in PARSED or language == "lua":
        assert found.code is None
        assert found.category in ("artifact", "no_code")


OWN = [
    ("python", "names = ['a', 'b']", "names = ['a', ' b']"),
    ("python", '"""\nTotals = 1.\n"""', '"""\nTotals = 2.\n"""'),
    ("python", "code = 1", 'code = """\nx = 1\n"""'),
    ("python", "x = 1", 'edit("a")'),
    ("python", "['a', 'b']", "[\n    'a',\n    ' c',\n]"),
    ("javascript", 'const s = "\\u003c";', 'const s = "\\u003c\\u003e";'),
    ("yaml", "code: |\n  x", "code: |\n  y"),
    ("c", "int x;", "// the size of x\nint x = 1;"),
]


@pytest.mark.parametrize(("language", "region", "code"), OWN)
def test_code_that_only_looks_like_it_survives(language, region, code):
    asked = ExtractionTarget(region, "", "\n", language)
    assert extract(fence(code, language), "stop", asked).code == code
