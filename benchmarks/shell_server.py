"""Our shell with the handlers of ``stock_server`` and nothing else."""

import gc
import sys

from moa_lsp.__main__ import IMPORT_GC_THRESHOLD

gc.set_threshold(IMPORT_GC_THRESHOLD)  # as moa_lsp.__main__ does

import moa_lsp.lsp  # noqa: E402, F401, I001  # before lsprotocol, which it loads in its own way
from lsprotocol import types  # noqa: E402  # after the threshold is set

from moa_lsp.lsp.app import create_server, serve  # noqa: E402  # as above


def register(server):
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams):
        return types.Hover(contents="hello")

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    async def code_action(params: types.CodeActionParams):
        return [types.CodeAction(title="hello", kind=types.CodeActionKind.RefactorRewrite)]

    @server.command("bench.left")
    def left(*_arguments):
        protocol = server.protocol
        kept = protocol._request_futures, protocol._result_types, protocol.in_flight, server._kept
        return sum(map(len, kept))


if __name__ == "__main__":
    sys.exit(serve(create=lambda: create_server((register,))))
