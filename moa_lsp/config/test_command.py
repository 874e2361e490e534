"""How a user's tests are run: one command a language, of the user's own ``config.yaml`` alone.

Pure. docs/verification.md says what becomes of it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from moa_lsp.config.values import Text, Value

FILES = "{files}"
"""In a command: in its place come the test files that are run."""

MAX_TEST_WORDS = 64
"""Words of a command; what needs more belongs into a file of the test runner's settings."""

MAX_TEST_SECONDS = 600.0
"""For one run of some test files; nobody waits longer for an edit."""


def _test_command(words: tuple[str, ...]) -> tuple[str, ...]:
    if any(FILES in word and word != FILES for word in words) or words.count(FILES) > 1:
        raise PydanticCustomError(
            "test_command", "`{{files}}` stands once, as a word of its own: it becomes paths"
        )
    if words[0] == FILES:
        raise PydanticCustomError("test_command", "a command begins with a program")
    return words


class TestCommand(Value):
    """How the tests of a language are run.

    Attributes:
        command: program and arguments; no shell. `{files}` becomes the test files that belong to
            what is changed.
        timeout: seconds for one run of them.
    """

    __test__ = False  # pytest collects classes of this name

    command: Annotated[
        tuple[Text, ...],
        Field(min_length=1, max_length=MAX_TEST_WORDS),
        AfterValidator(_test_command),
    ]
    timeout: float = Field(default=60.0, gt=0, le=MAX_TEST_SECONDS)


def command_for(commands: Mapping[str, TestCommand], language: str) -> TestCommand | None:
    """The command of a language; JSX and TSX have those of the languages that they extend."""
    return commands.get(language) or commands.get(language.removesuffix("react"))


def words_of(command: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    """The words of a command with test files in their place."""
    return tuple(each for word in command for each in ((*files,) if word == FILES else (word,)))
