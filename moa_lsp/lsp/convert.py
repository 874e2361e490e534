"""Between the protocol's values and ours; nothing else happens here."""

from collections.abc import Sequence
from dataclasses import replace

from lsprotocol import types

from moa_lsp.task import Diagnostic
from moa_lsp.text.lines import Encoding, LineIndex, Position
from moa_lsp.text.span import Span


def span(index: LineIndex, where: types.Range, encoding: Encoding) -> Span:
    """A range as offsets, clamped to the text; a reversed range is turned round."""
    start = index.offset(Position(where.start.line, where.start.character), encoding)
    end = index.offset(Position(where.end.line, where.end.character), encoding)
    return Span(min(start, end), max(start, end))


def range_of(index: LineIndex, where: Span, encoding: Encoding) -> types.Range:
    """Offsets as a range in the client's units."""
    start = index.position(where.start, encoding)
    end = index.position(where.end, encoding)
    return types.Range(types.Position(*start), types.Position(*end))


def diagnostics(
    index: LineIndex, found: Sequence[types.Diagnostic], encoding: Encoding
) -> tuple[Diagnostic, ...]:
    """What the client's tools said, as values."""
    return tuple(
        Diagnostic(
            span(index, each.range, encoding),
            str(each.message),
            None if each.code is None else str(each.code),
            each.source,
        )
        for each in found
    )


def moved(diagnostic: Diagnostic, where: Span) -> Diagnostic:
    """The same words at another place."""
    return replace(diagnostic, span=where)
