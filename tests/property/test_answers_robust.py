"""Extraction takes any answer: it never raises, and what it takes keeps the region's shape."""

from hypothesis import example, given, strategies

from moa_lsp.answers.compare import normalised, similarity
from moa_lsp.answers.extract import ExtractionTarget, extract, markdown
from moa_lsp.text.eol import convert, dominant

PIECES = (
    "```",
    "```python",
    "~~~",
    "`````md",
    "\n",
    "\r\n",
    "\r",
    "  ",
    "\t",
    "def f():",
    "    return 1",
    "x = 1",
    "...",
    "# ... existing code ...",
    "<think>",
    "</think>",
    "<region-ab12>",
    "é\ud800",
    "1 | a",
    "'''",
    "(",
    "}",
    "Here is the code:",
    "\ufeff",
    "\x0c",
    "\u2028",
    "- ",
    "<|im_end|>",
    "<<<<<<< HEAD",
    "class A:",
    "        pass",
    "\0",
)
texts = strategies.lists(strategies.sampled_from(PIECES), max_size=12).map("".join)
answers = strategies.lists(strategies.sampled_from(PIECES), max_size=25).map("".join)
languages = strategies.sampled_from(["python", "typescript", "ruby", "markdown", "klingon"])


@given(answer=answers, before=texts, region=texts, after=texts, language=languages)
@example("```\nx = 1\n```", "a\r\n", "", "", "python")
def test_any_answer_for_any_region(answer, before, region, after, language):
    asked = ExtractionTarget(
        region=region,
        before=before,
        after=after,
        language=language,
        insertion=not region.strip(),
        symbol="f",
    )
    taken = extract(answer, "stop", asked)
    assert (taken.code is None) == (taken.reason is not None)
    if taken.code is None:
        return
    assert taken.code.strip()
    assert taken.code != region
    assert convert(taken.code, dominant(asked.document)) == taken.code
    if asked.insertion:
        assert taken.code.strip("\r\n") == taken.code
    # What was taken, said again as asked for, is what is taken.
    longest = "`" * 12
    again = extract(f"{longest}\n{taken.code}\n{longest}", "stop", asked)
    assert again.code == taken.code or again.code is None


@given(answer=answers, finish=strategies.sampled_from(["stop", "length", "refused", "unknown"]))
def test_any_answer_as_markdown(answer, finish):
    taken = markdown(answer, finish)
    assert (taken.code is None) == (taken.reason is not None)


@given(one=texts, other=texts, language=languages)
def test_any_texts_compare(one, other, language):
    assert 0.0 <= similarity(one, other) <= 1.0
    assert normalised(one, language) == normalised(one, language)
    if normalised(one, language) != normalised(other, language):
        assert one != other
