"""What stands around code in an answer: our prompt's tags and line numbers, CodeLlama's tags."""

import re
from itertools import pairwise

_NAMES = (
    r"(?:region|target|selection|rewrite_this|edit_here|insert_here|replacement|document|proposal"
    r"|instruction|answer|new_code|code)"
)
_TAG = re.compile(
    rf"^\s*<(?P<end>/?)(?P<name>{_NAMES})(?P<rest>[-_:][\w-]+)?\s*/?>\s*$", re.IGNORECASE
)
_NUMBERED = re.compile(r"^[ ]*(?P<number>\d{1,7})[ ]*(?:[|│→]|\t)(?P<line>.*)$")

_CODE_LLAMA = re.compile(
    r"^[ \t]*\[PYTHON\][ \t]*\n(?P<code>.*?)^[ \t]*\[/PYTHON\][ \t]*$", re.MULTILINE | re.DOTALL
)


def with_fences(answer: str) -> str:
    """The answer with fences for the tags that CodeLlama was taught to put around Python."""
    if "[/PYTHON]" not in answer or "```" in answer:
        return answer
    return _CODE_LLAMA.sub(r"```python\n\g<code>```", answer)


def without_tags(lines: list[str], region: str) -> list[str]:
    """The lines without those of our tags at their ends, and only those inside a region's tags.

    A tag that the region itself holds on a line of its own is text, not ours.
    """
    own = {line.strip() for line in region.split("\n")}
    tags = [
        (index, match)
        for index, line in enumerate(lines)
        if line.strip() not in own and (match := _TAG.match(line))
    ]
    opened = [index for index, match in tags if match["name"] == "region" and not match["end"]]
    closed = [index for index, match in tags if match["name"] == "region" and match["end"]]
    if len(opened) == len(closed) == 1 and opened[0] < closed[0]:
        return lines[opened[0] + 1 : closed[0]]
    if not tags:
        return lines
    marked = {index for index, _ in tags}
    kept = [index for index, line in enumerate(lines) if line.strip() and index not in marked]
    return lines[kept[0] : kept[-1] + 1] if kept else []


def without_numbers(lines: list[str], region: str) -> list[str]:
    """The lines without a column of line numbers, if each has one and the region had none."""
    matches = [_NUMBERED.match(line) for line in lines if line.strip()]
    numbered = [match for match in matches if match is not None]
    if not numbered or len(numbered) < len(matches):
        return lines
    if any(_NUMBERED.match(line) for line in region.split("\n")):
        return lines
    numbers = [int(match["number"]) for match in numbered]
    if any(next_ != number + 1 for number, next_ in pairwise(numbers)):
        return lines
    bare = [match["line"] for match in numbered]
    spaced = all(line.startswith(" ") for line in bare if line)
    return [line[spaced:] for line in bare]
