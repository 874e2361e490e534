"""The smallest server that pygls alone makes: what ``benchmarks.protocol`` compares with."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("stock", "1")


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(params: types.HoverParams):
    return types.Hover(contents="hello")


@server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
async def code_action(params: types.CodeActionParams):
    return [types.CodeAction(title="hello", kind=types.CodeActionKind.RefactorRewrite)]


@server.command("bench.left")
def left(*_arguments):
    return len(server.protocol._request_futures)


if __name__ == "__main__":
    server.start_io()
