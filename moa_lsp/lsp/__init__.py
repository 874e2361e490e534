"""The shell around pygls: the only package that knows the protocol.

It loads lsprotocol without the 554 ``__repr__`` methods that attrs would write and compile for it:
a fifth of its import, which is most of the server's start (measured; ``benchmarks.protocol``). A
message that slips into a log then shows its type, not the user's source.
"""

import functools

import attrs


def _load_lsprotocol() -> None:
    define = attrs.define
    attrs.define = functools.partial(define, repr=False)
    try:
        import lsprotocol.types  # noqa: F401  # for its effect: everything else finds it loaded
    finally:
        attrs.define = define


_load_lsprotocol()
