"""Writes what ``initialize`` is answered with: ``python -m docs.capabilities [--check]``.

``moa_lsp/handshake`` answers before pygls is imported, from the file that is made here of what
pygls says for the features that are registered. ``--check`` changes nothing and fails when the
file is not what the code says.
"""

import json
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types  # noqa: TID251  # as it is announced

import moa_lsp.handshake
from moa_lsp.lsp.app import create_server
from moa_lsp.lsp.rpc import calls

FILE = Path(moa_lsp.handshake.__file__).parent / "capabilities.json"

OPTIONS: dict[str, Any] = {
    "usual": None,
    "completionFallback": {"completion": {"fallback": True}},
}
"""The client's settings on which the answer depends, by the name of its variant."""


def answer(options: object) -> dict[str, Any]:
    """The capabilities that the whole server announces to a client with these settings."""
    server = create_server()
    params = types.InitializeParams(
        capabilities=types.ClientCapabilities(), initialization_options=options
    )
    result = calls.call(server.protocol.lsp_initialize, params)
    plain: dict[str, Any] = server.protocol._converter.unstructure(result)  # noqa: SLF001  # as it is sent
    return dict(plain["capabilities"])


def text() -> str:
    """The content of the file."""
    return json.dumps({name: answer(each) for name, each in OPTIONS.items()}, indent=1) + "\n"


def main(argv: list[str]) -> int:
    """Write the file, or say that it is not up to date."""
    made = text()
    if FILE.exists() and FILE.read_text("utf-8") == made:
        return 0
    if "--check" in argv:
        sys.stderr.write(f"{FILE.name} is not what the features say: make docs\n")
        return 1
    FILE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
