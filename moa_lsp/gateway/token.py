"""The bearer token: made once, kept in a file that only its user can read."""

import secrets
from pathlib import Path

import platformdirs

from moa_lsp.errors import UsageError
from moa_lsp.files.atomic_write import atomic_write
from moa_lsp.files.reading import Refusal, read_file
from moa_lsp.store.locations import private_file, private_folder

TOKEN_BYTES = 32
"""Of randomness, as ``secrets`` advises for tokens."""

MAX_TOKEN_BYTES = 4096
"""Of a token file; a user may have put a token of their own there."""

LEAST_TOKEN_CHARS = 16
"""Of a token of the user's own; a shorter one can be guessed."""


def token_path() -> Path:
    """Where the token is kept when no file is named."""
    return platformdirs.user_state_path("moa-lsp", appauthor=False) / "gateway-token"


def load_token(path: Path | None = None) -> tuple[str, Path]:
    """The token of a file, made if there is none, and the file.

    Raises:
        UsageError: the file cannot be used.
    """
    place = path or token_path()
    try:
        if path is None:
            private_folder(place)
        if private_file(place) is None:
            made = secrets.token_urlsafe(TOKEN_BYTES)
            atomic_write(place, f"{made}\n".encode())
            return made, place
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"the token file {place} cannot be used: {why.lower()}") from error
    found = read_file(place, MAX_TOKEN_BYTES)
    if isinstance(found, Refusal):
        raise UsageError(f"the token file {place} cannot be read; delete it or name another")
    token = found.data.decode("ascii", "replace").strip()
    if len(token) < LEAST_TOKEN_CHARS or not token.isprintable() or " " in token:
        raise UsageError(
            f"the token file {place} holds no token of {LEAST_TOKEN_CHARS} characters and more "
            "without spaces; delete it for a new one"
        )
    return token, place
