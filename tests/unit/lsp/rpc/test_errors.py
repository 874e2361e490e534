"""One code and one sentence for every way to fail."""

import asyncio

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from moa_lsp import errors
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.lsp.rpc.errors import is_bug, response_error

SEE_LOG = "internal error, see the server's log"

TABLE = [
    (errors.UsageError("no such mix"), -32602, "no such mix"),
    (errors.StaleDocument("the text changed"), -32801, "the text changed"),
    (errors.RunError("no"), -32803, "no"),
    (errors.BudgetExceeded("over 1 USD"), -32803, "over 1 USD"),
    (errors.RateLimited("wait", retry_after=3), -32803, "wait"),
    (errors.Unsafe("outside the target"), -32803, "outside the target"),
    (errors.ConfigError([errors.Problem("a", 1, 2, "bad")]), -32803, "a:1:2: bad"),
    (asyncio.CancelledError(), -32800, "cancelled"),
    (JsonRpcInvalidParams("odd"), -32602, "odd"),
    (ZeroDivisionError("secret"), -32603, SEE_LOG),
    (SystemExit(1), -32603, SEE_LOG),
    (errors.RunError("\x1b]0;x\x07\u202e\nnext"), -32803, "\\x1b]0;x\\x07\\u202e\\nnext"),
]


@pytest.mark.parametrize(("err", "code", "message"), TABLE, ids=lambda each: repr(each)[:40])
def test_table(err, code, message):
    made = response_error(err)
    assert (made.code, made.message, made.data) == (code, message, None)
    assert is_bug(err) is (message == SEE_LOG)


def test_a_long_sentence_is_cut():
    assert len(response_error(errors.RunError("x" * 5000)).message) == MAX_SHOWN_CHARS


def test_every_error_of_ours_has_a_place():
    """A new error that needs constructor arguments must be thought of here.

    The gateway's errors answer HTTP requests; they exist where another test imported them.
    """

    def below(kind):
        subclasses = [sub for sub in kind.__subclasses__() if "gateway" not in sub.__module__]
        return [kind, *(each for sub in subclasses for each in below(sub))]

    for kind in below(errors.MoaError):
        err = kind([]) if kind is errors.ConfigError else kind("why")
        assert response_error(err).code in {-32602, -32801, -32803}
        assert not is_bug(err)
