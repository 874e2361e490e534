"""What the user typed last, as small diffs for a prompt. Pure."""

from dataclasses import dataclass

from moa_lsp.context.secrets import find
from moa_lsp.text.lines import split_lines
from moa_lsp.text.span import Span


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """Lines of an open document that stand where others stood.

    Attributes:
        uri: of the document.
        text: of the document as it is now.
        line: of the first line, from 0.
        before: the lines that stood there.
        count: how many stand there now.
        path: as models are shown it, once that is known.
    """

    uri: str
    text: str
    line: int
    before: tuple[str, ...]
    count: int
    path: str = ""

    @property
    def diff(self) -> str:
        """The path with the line, then a line for each one that went and each that came."""
        now = split_lines(self.text)[self.line : self.line + self.count]
        signed = [
            f"{sign}{line.rstrip()}"
            for sign, lines in (("-", self.before), ("+", now))
            for line in lines
        ]
        return "\n".join([f"{self.path}, line {self.line + 1}:", *signed, ""])

    @property
    def holds_secret(self) -> bool:
        """Whether a value that looks like a secret stands or stood there, also a part of one.

        Looked for in the whole document, as it is and as it was: a line of a private key says
        nothing by itself.
        """
        lines = split_lines(self.text)
        head, tail = lines[: self.line], lines[self.line + self.count :]
        now = lines[self.line : self.line + self.count]
        start = sum(map(len, head))
        return any(
            _touched("".join([*head, *middle, *tail]), Span(start, start + sum(map(len, middle))))
            for middle in (now, self.before)
        )


def _touched(text: str, span: Span) -> bool:
    found = (each.span for each in find(text))
    return any(each.start < span.end and span.start < each.end for each in found)
