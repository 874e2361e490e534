"""Why an answer is not used: a word that stays the same, for counting, and the sentence beside it.

The sentences may change with every version; the words are part of the run record.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Category = Literal[
    "truncated",  # the provider said that it is not complete, or did not say that it is
    "refused",  # by the model or a filter
    "empty",
    "doubtful",  # which of its texts is the answer cannot be told
    "unclosed",  # the code fence does not end
    "no_code",
    "several_blocks",  # and none stands out
    "elided",  # code is left out
    "artifact",  # a wrapper, a call of a tool, special tokens or prose instead of code
    "diff",  # a diff or merge conflict instead of code
    "echo",  # repeats the text around the region in a way that cannot be told from the answer
    "wrong_scope",  # holds more than the region, and the region cannot be cut out of it
    "malformed",  # blocks of changes that contradict each other or their own markers
    "unplaced",  # a block of changes stands nowhere, or at several places
    "forbidden",  # wants a file deleted, or made where none may be
    "no_change",
    "too_large",
    "hidden_characters",
    "no_fit",  # inline: nothing of it is worth an offer at its gap
    "placeholder",  # what stood for a hidden value is damaged, or stands where it may not
    "unsupported",  # the language has no place for such an answer
    "parse",  # gates: the merged text is worse than before
    "names",
    "tests",  # the user's own fail with it in place, and pass with another answer
    "lost",  # a synthesis drops what every proposal keeps
]
"""What is wrong with an answer."""

CATEGORIES: tuple[Category, ...] = get_args(Category)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an answer is not used.

    Attributes:
        category: what is counted.
        reason: a sentence: lower case, no full stop.
    """

    category: Category
    reason: str

    def __str__(self) -> str:
        return self.reason


class RejectedAnswer(Exception):
    """An answer cannot be used. Never leaves this package."""

    def __init__(self, category: Category, reason: str) -> None:
        super().__init__(reason)
        self.rejection = Rejection(category, reason)
