"""A language server that asks the model at every request: what ``inline_typing`` compares with.

Of pygls alone: no pause, nothing remembered, nothing cut to what fits, one request each time over
httpx, as in ``moa_lsp``. Its client shows whatever comes, so that nothing here is ever cancelled.
"""

import sys

import httpx
from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("naive", "1")
model = httpx.AsyncClient(trust_env=False, timeout=None)


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION)
async def complete(params: types.InlineCompletionParams) -> list[types.InlineCompletionItem]:
    document, at = server.workspace.get_text_document(params.text_document.uri), params.position
    before = document.source[: document.offset_at_position(at)]
    reply = await model.post(f"{sys.argv[1]}/completions", json={"prompt": before})
    rest = reply.json()["choices"][0]["text"]
    return [types.InlineCompletionItem(rest, range=types.Range(at, at))] if rest.strip() else []


if __name__ == "__main__":
    server.start_io()
