"""The symbols around a place are those of the whole text that hold it."""

import itertools

import pytest

from moa_lsp.syntax.symbols import symbols, symbols_around
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

TEXTS = {
    "python": (
        "# above\n@one\n@two(\n    1)\nclass A:\n    # note\n    @property\n    def m(self):\n"
        "        def inner(): pass; x = 1\n        return inner\n    b = 1\n\n\n# far\n\n"
        "def f(): pass\ndef g():\n    return '''\n\n'''\nx = 'é'\r\ndef h():\r\n    return 1\r"
        "def i():\r  return 2\n"
    ),
    "typescript": (
        "/** doc */\n// more\nexport class A {\n  /** m */\n  m() { return 1 }\n}\n"
        "export const f = () => {\n  return 1;\n}; const g = function () {\n};\n"
    ),
    "rust": (
        "/// doc\n// plain\n#[derive(Debug)]\n/// doc\nstruct A { a: i32 }\n\n/// gone\n\n"
        "impl A {\n    /// m\n    #[inline]\n    fn m(&self) -> i32 {\n        1\n    }\n}\n"
        "#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n"
    ),
    "go": "// doc\nfunc (a *A) M() int {\n\treturn 1\n}\n\n/* b */\ntype A struct {\n\tx int\n}\n",
    "java": (
        "/** doc */\n@One\npublic class A {\n  // n\n  @Override\n  void m() {\n  }\n"
        "  enum B { C }\n}\n"
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("language", TEXTS)
def test_every_place_has_the_same_symbols(language):
    text = TEXTS[language]
    whole, lines = symbols(text, language), LineIndex(text)
    assert whole
    ends = range(0, len(text) + 1, 3)
    places = [Span(at, at) for at in range(len(text) + 1)]
    places += [lines.cover(Span(start, end)) for start, end in itertools.pairwise(ends)]
    places += [Span(start, end) for start in ends for end in ends if start <= end]
    for place in places:
        around = [
            each for each in whole if each.span.start <= place.start and place.end <= each.span.end
        ]
        assert symbols_around(text, language, place) == around, place


def test_without_a_grammar_there_are_none():
    assert symbols_around("x", "plaintext", Span(0, 0)) == []
