"""When an answer that is still being written is enough, and when it is heard to its end."""

import pytest

from moa_lsp.answers.early_stop import enough, is_left, line_ends
from moa_lsp.answers.extract import extract
from moa_lsp.answers.extraction_target import ExtractionTarget

REGION = "def size(path):\n    return 0"
ASKED = ExtractionTarget(REGION, "import os\n\n\n", "\n", "python", symbol="size")
CODE = "def size(path):\n    return os.stat(path).st_size"
BLOCK = f"```python\n{CODE}\n```\n"

ENOUGH = [
    BLOCK,
    f"Here it is:\n\n{BLOCK}",
    f"```\n{CODE}\n```\n",
    f"<think>\n```python\nx = 1\n```\n</think>\n{BLOCK}",
    f"First:\n```sh\npip install x\n```\nHere is the function:\n{BLOCK}",
    f"<think>\nOnly the size.\n</think>\nI made one call of it:\n{BLOCK}",
    f"Sure, here's the refactored function:\n\n{BLOCK}",
]
SECOND_THOUGHTS = [
    "This can be improved by dynamic programming. Here's an updated version:",
    "If you're using an older version of Python, you can define it yourself:",
    "You may want to add some error handling. Here's an example:",
    "Here's a slightly modified version that handles negative numbers:",
]
CORRECTIONS = ["That is wrong. The right function is:", "Correction:", "I made a mistake:"]
LAST = BLOCK.replace("st_size", "st_mode")
NOT_ENOUGH = [
    ("not closed", f"```python\n{CODE}\n"),
    ("the closing line is not at its end", BLOCK.rstrip("\n")),
    ("another language", f"```sh\npip install x\n```\n{''}"),
    ("another function", "```python\ndef other():\n    pass\n```\n"),
    ("does not parse", "```python\ndef size(path:\n    return 1\n```\n"),
    ("no change", f"```python\n{REGION}\n```\n"),
    ("shown to be changed", f"The original code is:\n{BLOCK}"),
    ("two blocks", f"{BLOCK}{BLOCK.replace('st_size', 'st_mode')}"),
    ("still reasoning", f"<think>\n{BLOCK}"),
    ("reasoning whose end may come", f"First try:\n\n{BLOCK}"),
    ("reasoning of several lines", f"Here is what we need.\n\nThe size:\n{BLOCK}"),
    ("a draft", f"Here is a first draft:\n{BLOCK}"),
    ("the thoughts of a model", f"Okay, so the user wants one call.\n{BLOCK}"),
    ("a channel without its tokens", f"analysisWe need the size.\n{BLOCK}"),
    ("words behind it", f"{BLOCK}This reads the size.\n"),
]


@pytest.mark.parametrize("answer", ENOUGH)
def test_a_closed_block_that_would_be_taken_is_enough(answer):
    found = enough(answer, ASKED)
    assert found == extract(answer, "stop", ASKED).code
    assert "st_size" in found


@pytest.mark.parametrize("lead", SECOND_THOUGHTS)
def test_a_second_thought_does_not_take_the_place_of_a_first_answer(lead):
    assert "st_size" in extract(f"{BLOCK}\n{lead}\n\n{LAST}", "stop", ASKED).code
    for shown in (f"```python\n{REGION}\n```\n", f"The original code:\n{BLOCK}"):
        assert "st_mode" in extract(f"{shown}\n{lead}\n\n{LAST}", "stop", ASKED).code


@pytest.mark.parametrize("lead", CORRECTIONS)
def test_a_correction_does(lead):
    assert "st_mode" in extract(f"{BLOCK}\n{lead}\n\n{LAST}", "stop", ASKED).code


@pytest.mark.parametrize(("why", "answer"), NOT_ENOUGH)
def test_what_is_in_doubt_is_heard_to_its_end(why, answer):
    assert enough(answer, ASKED) is None, why


@pytest.mark.parametrize(
    ("behind", "left"),
    [
        ("", None),
        ("\n\nThis reads", None),
        ("\nThis function mis", None),
        ("\nBut that follows", None),
        ("\nThis function reads the size", True),
        ("\n---\n\n### \U0001f9ea **Example usage**\n", True),
        ("\nThe `size` function takes a path.\n", True),
        ("\n**Explanation**:\n", True),
        ("\nYou can use it so:\n", True),
        ("\nIn this code, `os.stat` is called once.\n", True),
        ("\nThe `stat()` method returns a tuple.\n", True),
        ("```\nThis function takes a path.\n", True),
        ("\nThis will print the size.\n", True),
        ("\n### Instruction:\nWrite another.\n", True),
        ("\nHere, the function reads the size.\n", True),
        ("\nNow, let me explain how this works.\n", True),
        ("\nHere's what this code does:\n", True),
        ("\nThis function is named `size`.\n", True),
        ("Done.\n", False),
        ("\nThe `stat()` method fails for links.\n", False),
        ("\nThis will fail for links.\n", False),
        ("\nHere, we fail for links.\n", False),
        ("\nIn this case it fails.\n", False),
        ("\nThis function is not right.\n", False),
        ("\nLet's test it: size('/x') gives 0, which is wrong.\n", False),
        ("```python\nimport os\n", False),
        ("\nBut it's slow.\n", False),
        ("\nHmm, that would follow links, which was not asked for.\n", False),
        ("\nThis function misses links.\n", False),
        ("\nThis function returns the wrong size.\n", False),
        ("\nThis function does not see links.\n", False),
        ("\nWith a link it's wrong.\n", False),
        ("\nThis should work.\n", False),
        ("\nA better one:\n", False),
        ("\nNow the final version:\n", False),
        ("\n\u6587\u4ef6\u7684\u5927\u5c0f\n", False),
        ("Wait.\n", False),
        ("Let me look at it once more before I answer that.\n", False),
        ("</think>\n", False),
    ],
)
def test_words_behind_a_block_tell_whether_the_model_has_done_with_it(behind, left):
    assert is_left(behind) is left


def test_statements_are_enough_when_they_are_the_region_rewritten():
    region = "    total = os.stat(path)\n    total = total.st_size\n    return total"
    asked = ExtractionTarget(region, "def size(path):\n", "\n", "python")
    near = "```python\n    total = os.stat(path)\n    return total.st_size\n```\n"
    far = "```python\nprint('hello')\n```\n"
    assert enough(near, asked) is not None
    assert enough(far, asked) is None


def test_an_insertion_without_a_name_is_heard_to_its_end():
    asked = ExtractionTarget("", "", "", "python", insertion=True)
    assert enough(BLOCK, asked) is None


def test_a_language_without_a_grammar_is_heard_to_its_end():
    asked = ExtractionTarget("a", "", "", "plaintext")
    assert enough("```\nb\n```\n", asked) is None


def test_line_ends_are_those_that_may_close_a_block():
    text = f"Here:\n{BLOCK}Bye.\n"
    closed = len(f"Here:\n{BLOCK}")
    assert list(line_ends(0, text)) == [closed]
    assert list(line_ends(closed, text)) == []
    assert list(line_ends(closed - 1, text)) == [closed]
