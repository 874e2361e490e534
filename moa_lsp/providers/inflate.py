"""Undoes a response's content encoding within a bound, in pieces of a bounded size.

We ask for no encoding at all; some gateways compress nevertheless. A thousand-fold bomb costs no
more memory than one piece and ends at the bound.
"""

import zlib
from collections.abc import Iterator

from moa_lsp.errors import BadReply, TooLarge

_PIECE = 2**16
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class ResponseBody:
    """Counts the bytes of one response and decompresses them where they are compressed."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        """Raises ``BadReply`` for an encoding that nobody asked for and that is not known."""
        name = encoding.strip().lower()
        if name not in ("", "identity", *_WINDOWS):
            raise BadReply(
                "the answer is compressed in a way that was not asked for, check base_url"
            )
        self._max = max_bytes
        self._inflater = zlib.decompressobj(_WINDOWS[name]) if name in _WINDOWS else None
        self.size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The plain bytes of a piece.

        Raises:
            BadReply: the compressed data are damaged.
            TooLarge: the body is over its bound.
        """
        if self._inflater is None:
            yield self._counted(data)
            return
        while data:
            try:
                piece = self._inflater.decompress(data, _PIECE)
            except zlib.error as err:
                raise BadReply("the answer's compression is damaged, try again") from err
            data = b"" if self._inflater.eof else self._inflater.unconsumed_tail
            if piece:
                yield self._counted(piece)

    @property
    def whole(self) -> bool:
        """Whether a compressed body came to its end; a plain one has none of its own."""
        return self._inflater is None or self._inflater.eof

    def _counted(self, piece: bytes) -> bytes:
        self.size += len(piece)
        if self.size > self._max:
            raise TooLarge(f"the answer is over {self._max:,} bytes, ask for less")
        return piece
