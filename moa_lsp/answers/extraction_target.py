"""What a model was asked for and what was taken from its answer, as values."""

from dataclasses import dataclass

from moa_lsp.answers.rejection import Category
from moa_lsp.text.eol import to_lf


@dataclass(frozen=True, slots=True)
class ExtractionTarget:
    """The place that an answer is for.

    Attributes:
        region: the text to replace: whole lines without the last one's ending.
        before: the document before it.
        after: the document after it.
        language: LSP language identifier.
        insertion: whether the answer is new text at a line start instead of a replacement;
            `region` is then blank.
        symbol: the function or class that the region is or lies in, if known.
    """

    region: str
    before: str
    after: str
    language: str
    insertion: bool = False
    symbol: str | None = None

    @property
    def name(self) -> str | None:
        """The symbol's own name, without those around it."""
        return self.symbol.rpartition(".")[2] if self.symbol else None

    @property
    def document(self) -> str:
        """The whole document before."""
        return self.before + self.region + self.after

    def placed(self, code: str) -> str:
        """The whole document with `code` in place of the region."""
        ending = "\n" if self.insertion and self.after and not self.region else ""
        return self.before + code + ending + self.after

    def in_lf(self) -> "ExtractionTarget":
        """The same with every line ending as a line feed."""
        return ExtractionTarget(
            to_lf(self.region),
            to_lf(self.before),
            to_lf(self.after),
            self.language,
            self.insertion,
            self.symbol,
        )


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was taken from an answer.

    Attributes:
        code: the text for the region, or ``None``.
        reason: why there is none: lower case, no full stop.
        notes: what was mended on the way, for the run record.
        category: the kind of reason, where there is one.
    """

    code: str | None
    reason: str | None = None
    notes: tuple[str, ...] = ()
    category: Category | None = None
