"""Asks jedi about a cursor, and decides what is offered there."""

import re
from pathlib import Path

from moa_lsp.files.uris import local_path
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.jedi.choice import begins_a_name, choose
from moa_lsp.providers.embedded.jedi.process import JediProcess, NotReady
from moa_lsp.providers.embedded.limits import MAX_PACKAGE_DEPTH
from moa_lsp.providers.embedded.ngram.lexer import lex
from moa_lsp.providers.embedded.ngram.suggestion import NgramCursor, cursor

MAX_JEDI_CHARS = 512 * 2**10
"""A document that jedi is asked about: longer ones take it more than ``JEDI_ANSWER_S``."""


_TYPED = re.compile(r"\w*\Z")
_MARK = "\ufeff"


async def rest_of_name(
    process: JediProcess, uri: str, text: str, offset: int, language: str
) -> str | AgentDeclines:
    """Give the rest of the name at an offset.

    Raises:
        ProviderError: jedi's process could not be asked.
    """
    at = cursor(text, offset)
    refused = _refusal(process, at, language)
    if refused:
        return AgentDeclines(refused)
    lines = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    column = len(at.before) - (text.startswith(_MARK) and "\n" not in lines)
    path = local_path(uri)
    try:
        names = await process.names(
            text.removeprefix(_MARK),
            str(path) if path else None,
            str(_root(path)),
            lines.count("\n") + 1,
            column,
        )
    except NotReady as err:
        return AgentDeclines(str(err))
    typed = _TYPED.search(at.before)
    return choose(names, typed[0] if typed else "", at.others)


def _refusal(process: JediProcess, at: NgramCursor, language: str) -> str:
    """Why jedi is not asked; ``""`` if it is."""
    if language != "python":
        return "it knows Python only"
    if not process.available:
        return "jedi is not installed, install moa-lsp[python]"
    if len(at.text) > MAX_JEDI_CHARS:
        return "the document is too long"
    if not begins_a_name(at.before, at.after):
        return "no name begins here"
    # The line alone does not show a docstring around it; jedi itself says nothing inside one.
    line = lex(at.before, language)
    if line.inside != "code" or line.typed[:1] in _QUOTES:
        return "the cursor is in a comment or a string"
    return ""


_QUOTES = ("'", '"')


def _root(path: Path | None) -> Path:
    """The folder that a file's outermost package lies in; a folder without code for no file."""
    if path is None:
        return Path(__file__).parent
    folder = path.parent
    for _ in range(MAX_PACKAGE_DEPTH):
        if not (folder / "__init__.py").is_file():
            break
        folder = folder.parent
    return folder
