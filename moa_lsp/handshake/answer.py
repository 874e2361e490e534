"""What ``initialize`` is answered with, from the client's JSON alone.

``capabilities.json`` is what pygls answers for the features that are registered, as
``python -m docs.capabilities`` writes it. Of that answer two things depend on the client: the
units of columns, and whether ordinary completion stands in for the inline kind. Whatever is not an
ordinary ``initialize`` gets no answer here: the whole server, which reads the same message
afterwards, knows what to say to it.

Neither ``typing`` nor ``pathlib`` is imported: each takes longer than everything here.
"""

import json
import os

from moa_lsp import __version__

NAME = "moa-lsp"
"""``serverInfo.name``."""

ENCODINGS = ("utf-8", "utf-16", "utf-32")
"""``PositionEncodingKind``s that we count columns in (LSP 3.17, Position Encodings)."""

DEFAULT_ENCODING = "utf-16"
"""What a client that names none expects (LSP 3.17, Position Encodings)."""

_CAPABILITIES = os.path.join(os.path.dirname(__file__), "capabilities.json")  # noqa: PTH118, PTH120  # see above


def initialize_answer(body: bytes) -> bytes | None:
    """The framed answer to a message, or ``None`` where that is for the whole server to say.

    Args:
        body: of the first message, without its header.
    """
    try:
        message = json.loads(body.decode(), parse_constant=_no_constant)
        if not _is_initialize(message):
            return None
        params = message["params"]
        encodings = _encodings(params)
        if encodings is None or not all(map(_ordinary_uri, _places(params))):
            return None
        variant = "completionFallback" if _falls_back(body, params) else "usual"
        with open(_CAPABILITIES, encoding="utf-8") as file:  # noqa: PTH123  # see above
            capabilities = json.load(file)[variant]
        encoding = next((each for each in encodings if each in ENCODINGS), DEFAULT_ENCODING)
        result = {
            "capabilities": {**capabilities, "positionEncoding": encoding},
            "serverInfo": {"name": NAME, "version": __version__},
        }
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        text = json.dumps(answer, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError, LookupError, OSError):
        return None
    return b"Content-Length: %d\r\n\r\n%b" % (len(text), text.encode("ascii"))


def _is_initialize(message: object) -> bool:
    """Whether a decoded message is a sound request of that method."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return False
    number, params = message.get("id"), message.get("params")
    if not isinstance(number, str | int | float) or isinstance(number, bool):
        return False
    return message.get("method") == "initialize" and isinstance(params, dict)


def _encodings(params: dict[str, object]) -> list[str] | None:
    """``general.positionEncodings``, ``[]`` where the client says none; ``None`` if it is odd."""
    capabilities = params.get("capabilities") or {}
    general = capabilities.get("general") or {} if isinstance(capabilities, dict) else None
    found = (general.get("positionEncodings") or []) if isinstance(general, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        return None
    return found


def _places(params: dict[str, object]) -> list[object]:
    """What the client says of its folders: URIs, a path, and what is none of them."""
    folders = params.get("workspaceFolders") or []
    listed = folders if isinstance(folders, list) else [folders]
    uris = [each.get("uri") if isinstance(each, dict) else each for each in listed]
    places = [params.get("rootUri"), params.get("rootPath"), *uris]
    return [each for each in places if each is not None]


def _ordinary_uri(uri: object) -> bool:
    """Whether no reader of URIs refuses it, as for brackets and other scripts in the host."""
    if not isinstance(uri, str) or "[" in uri or "]" in uri:
        return False
    return uri.isascii() or uri.startswith(("file:///", "/"))


def _falls_back(body: bytes, params: dict[str, object]) -> bool:
    """Whether the client's settings ask for ordinary completion in place of the inline kind."""
    if b"fallback" not in body:
        return False
    from moa_lsp.config.options import read

    return read(params.get("initializationOptions")).options.completion_fallback


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
