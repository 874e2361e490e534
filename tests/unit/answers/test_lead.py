"""Which words give a block as the answer, and which may be reasoning that nothing marks."""

import pytest

from moa_lsp.answers.lead import gives, is_of_what_was

GIVING = [
    "",
    "Sure!",
    "Certainly!",
    "Here it is:",
    "Here is the function:",
    "Sure, here's the refactored function:",
    "re is a Python function that returns the size:",
    "Here is a function that returns the first `n` sizes:",
    "Here is a function that does what you asked for:",
    "Here's how you can do it:",
    "Here is one way to write it as a function:",
    "re is one way to write the function:",
    "Sure, I can help with that. Here is the function:",
    "Below is the code:",
    "The following function returns the size:",
    "You can use the following function:",
    "The function can be written like this:",
    "Updated code:",
    "### Solution Code",
    "**Size of a file**\n==================\n\nHere is a function for it:",
    "To return the size, we need to ask the system for it. Here's how you can do it:",
    "To return the size:\n\n1. Ask the system.\n2. Take the size.\n\nHere is the implementation:",
    "A classic!\n\nHere is the function you requested:",
    "Certainly! Below is a function `size`. It takes a path.\n\nHere's the implementation:",
]
REASONING = [
    "Let me think. A first version:", "I could write", "One option is", "Draft:", "A draft:",
    "Here is a first draft:", "We need the size. Code:", "First:", "First attempt", "Simplest:",
    "Something like this:", "So:", "Then:", "Maybe this:", "So the function would be:",
    "The function:", "The function could be:", "It should be like this:", "A quick version:",
    "Start with:", "Let's start:", "To start, here is a stub:", "We could do the following:",
    "Hmm. The following:", "So we have the following:", "Then we get the following:",
    "Consider the following:", "If we do it like this:", "Like this:", "For instance like this:",
    "My first idea:", "The naive version:", "The obvious solution:", "This gives the following:",
    "The user wants the size. Here is the function:",
    "We need to return the size.\nHere's the code:",
    "To return the size, we need os.stat. Here's what I have:",
    "### Draft code", "### Attempt 1: code", "## Plan\n\nFirst the size.\n\n## Code",
    "**Thinking**\n\nHere is the code:",
    "The task is to return the size. The function takes a path. Here is the function:",
    "The task: return size.\n\nThe code:", "Plan: call stat.\n\nHere's the implementation:",
    "analysis We need size. Here is the function:",
    "Looking at the function, it returns 0. Here's the fix:",
    "The function returns 0. It must return the size.\n\nHere's the new function:",
    "Rewrite it. Here's the code:", "Sure, the function must return a size.",
    "Here's a possible version:", "Here is what comes to mind:", "Here's a go at it:",
    "Here is not the function:", "Here is what not to do:",
    "Here is how not to write the function:",
    "Here's what it looks like now:",
    "Here's one that ignores links:", "Here is a minimal version:", "Here's a skeleton:",
    "Here's pseudo-code:", "Here's the gist:", "Here are the pieces:",
    "Alternatively, here is a function:", "Okay, here is the function:", "Here is the function?",
    "Here is the code for step 1:", "### Approach 1: a function",
    "Here is the function. " + "It is long. " * 200 + "Here is the function:",
]  # fmt: skip


@pytest.mark.parametrize("said", GIVING)
def test_words_to_somebody_give_the_block_behind_them(said):
    assert gives([said])


@pytest.mark.parametrize("said", REASONING)
def test_words_that_weigh_do_not(said):
    assert not gives([said])


def test_words_before_an_example_count_as_well():
    assert gives(["Install it:", "Here is the function:"])
    assert not gives(["Let me see what is there:", "Here is the function:"])


@pytest.mark.parametrize(
    ("said", "was"),
    [
        ("The original code is:", True),
        ("Here is the current function:", True),
        ("Strip what stands before the code.\n\nHere is the function:", False),
    ],
)
def test_the_line_before_a_block_tells_whether_it_is_what_was(said, was):
    assert is_of_what_was(said) is was
