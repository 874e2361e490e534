"""Whether two texts differ in white space alone: no edit is worth that, but a tool may think so.

Unlike the key of ``compare``, comments count here.
"""

from moa_lsp.answers.compare import normalised
from moa_lsp.syntax.tree import has_grammar
from moa_lsp.text.lines import split_lines


def only_margins(one: str, other: str) -> bool:
    """Whether at most white space at the ends of lines, and blank lines around, differ."""
    return _trimmed(one) == _trimmed(other)


def only_layout(one: str, other: str, language: str) -> bool:
    """Whether at most white space differs that means nothing in the language.

    False where no grammar says what means something.
    """
    if not has_grammar(language) or "".join(one.split()) != "".join(other.split()):
        return False
    return normalised(one, language) == normalised(other, language)


def _trimmed(text: str) -> list[str]:
    lines = [line.rstrip() for line in split_lines(text)]
    filled = [index for index, line in enumerate(lines) if line]
    return lines[filled[0] : filled[-1] + 1] if filled else []
