"""Header and body: every way to cut the stream, every header that is or is not one."""

import pytest

from moa_lsp.handshake.framing import FrameDecoder, FramingError


def bodies(decoder):
    return list(iter(decoder.next, None))


def check(stream, expected, **bounds):
    """The bodies, whatever the pieces that the stream comes in; or the error."""
    for size in (1, 2, 3, 7, len(stream) or 1):
        decoder, got = FrameDecoder(**bounds), []
        try:
            for start in range(0, len(stream), size):
                decoder.feed(stream[start : start + size])
                while (body := decoder.next()) is not None:
                    got.append(body)
            decoder.finish()
        except FramingError as err:
            got.append(str(err))
        assert len(got) == len(expected), (size, got)
        for one, wanted in zip(got, expected, strict=True):
            assert one == wanted or (isinstance(wanted, str) and wanted in one), size


GOOD = {
    "one": (b"Content-Length: 2\r\n\r\n{}", [b"{}"]),
    "two": (b"Content-Length: 1\r\n\r\na" b"Content-Length: 2\r\n\r\nbc", [b"a", b"bc"]),
    "empty body": (b"Content-Length: 0\r\n\r\n", [b""]),
    "nothing": (b"", []),
    "other headers": (b"Content-Type: x\r\ncontent-length:3\r\nX: y\r\n\r\nabc", [b"abc"]),
    "line feeds": (b"CONTENT-LENGTH : 3\n\nabc", [b"abc"]),
    "mixed ends": (b"A: b\nContent-Length: 1\r\n\nx", [b"x"]),
    "empty lines before": (b"\r\n\nContent-Length: 1\r\n\r\nx\r\n", [b"x"]),
    "the same length twice": (b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", [b"x"]),
    "leading zeros": (b"Content-Length: 0001\r\n\r\nx", [b"x"]),
    "header in the body": (b"Content-Length: 21\r\n\r\nContent-Length: 1\r\n\r\n", [
        b"Content-Length: 1\r\n\r\n"]),
}  # fmt: skip

BAD = {
    "L02 negative": (b"Content-Length: -1\r\n\r\n", ["not a number"]),
    "L02 plus": (b"Content-Length: +1\r\n\r\nx", ["not a number"]),
    "L02 words": (b"Content-Length: ten\r\n\r\n", ["not a number"]),
    "L02 empty": (b"Content-Length:\r\n\r\n", ["not a number"]),
    "L02 underscore": (b"Content-Length: 1_0\r\n\r\n", ["not a number"]),
    "L02 arabic digits": ("Content-Length: \u0663\r\n\r\n".encode(), ["not a number"]),
    "L02 fraction": (b"Content-Length: 1.0\r\n\r\n", ["not a number"]),
    "H9 19 digits": (b"Content-Length: 1000000000000000000\r\n\r\n", ["not a number"]),
    "H9 18 digits": (b"Content-Length: 100000000000000000\r\n\r\n", ["at most 10"]),
    "H9 one too many": (b"Content-Length: 11\r\n\r\n", ["message of 11 bytes"]),
    "L02 missing": (b"Content-Type: x\r\n\r\n", ["without Content-Length"]),
    "L02 two lengths": (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", ["two different"]),
    "L02 no colon": (b"hello\r\n\r\n", ["without a colon"]),
    "L02 body too long": (b"Content-Length: 1\r\n\r\nab\n\n", [b"a", "without a colon"]),
    "L02 end in header": (b"Content-Len", ["inside a header"]),
    "L02 end after header": (b"Content-Length: 5\r\n\r\n", ["0 of 5 bytes"]),
    "L02 end in body": (b"Content-Length: 5\r\n\r\nabc", ["3 of 5 bytes"]),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(name):
    check(*GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_bad(name):
    check(*BAD[name], max_body=10)


@pytest.mark.parametrize(
    "header", [b"A" * 100, b"A: b\r\n" * 20, b"A: " + b"b" * 90 + b"\r\n\r\n"]
)
def test_L02_header_that_never_ends(header):
    decoder = FrameDecoder(max_head=64)
    decoder.feed(header)
    with pytest.raises(FramingError, match="over 64 bytes"):
        decoder.next()


def test_what_was_read_is_not_kept():
    decoder = FrameDecoder()
    for _ in range(1000):
        decoder.feed(b"Content-Length: 1000\r\n\r\n" + b"x" * 1000)
        assert bodies(decoder) == [b"x" * 1000]
    assert len(decoder._buffer) < 2000
