"""``moa-lsp complete``: one inline completion, by the same engine as in an editor."""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.actions.accounts import Accounts
from moa_lsp.actions.filling import Filling
from moa_lsp.actions.setup import Setup, load_setup
from moa_lsp.actions.surroundings import read_rules
from moa_lsp.cli.source import read, root_of
from moa_lsp.config.mixes import Mix
from moa_lsp.config.resolve import choose_inline
from moa_lsp.errors import NoProposal, ProviderError, UsageError
from moa_lsp.index.folder import sources
from moa_lsp.inline.completer import Asked, Completer, Offered
from moa_lsp.inline.place import Place
from moa_lsp.providers.embedded.provider import EmbeddedProvider
from moa_lsp.syntax.languages import by_path
from moa_lsp.text.lines import LineIndex, Position
from moa_lsp.text.sanitize import escape

NGRAM = "embedded/ngram"
"""The agent that knows what is in the folder."""

_WHERE = re.compile(r"(?P<path>.+?):(?P<line>\d{1,9}):(?P<column>\d{1,9})\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command's arguments.

    Attributes:
        where: ``FILE:LINE:COL``; both count from 1, the column in code points.
        mix: a mix by name, ``None`` for the configured one.
        every: print all alternatives instead of the best.
    """

    where: str
    mix: str | None = None
    every: bool = False
    as_json: bool = False
    config: Path | None = None


def complete(wanted: Wanted, setup: Setup | None = None) -> int:
    """Print what fits at the cursor; the exit code.

    Raises:
        UsageError: file, place or mix make no sense.
        NoProposal: there is nothing to offer.
    """
    path, place = locate(wanted.where)
    setup = setup or load_setup(config=wanted.config, workspace=Path.cwd())
    chosen = choose_inline(setup.catalog, language=place.language, requested=wanted.mix)
    if chosen.missing:
        raise UsageError(f"the mix `{chosen.name}` is not ready: {'; '.join(chosen.missing)}")
    _check_allowed(setup, wanted.where, place)
    offered = asyncio.run(_offered(setup, chosen.mix, place, root_of(path)))
    if not offered.offers:
        causes = "; ".join(offered.failures) or offered.reason or "no agent has anything for it"
        raise NoProposal(f"there is no completion here: {causes}")
    shown = offered.offers if wanted.every else offered.offers[:1]
    if wanted.as_json:
        rows = [
            {"text": each.text, "agent": each.agent, "model": each.model, "run": each.run}
            for each in shown
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(escape(each.text, keep_lines=True) for each in shown) + "\n")
    return 0


async def _offered(setup: Setup, mix: Mix, place: Place, root: Path | None) -> Offered:
    accounts = Accounts.of_user(_note)
    completer = Completer()
    try:
        if root is not None and NGRAM in mix.models:
            await _learn(setup, root)
        filling = Filling(setup, mix, accounts)
        return await completer.complete(
            Asked(place, "invoked", filling.begin, filling.carry, 0.0, mix.hash)
        )
    finally:
        await completer.close()
        await setup.close()
        await accounts.close()


async def _learn(setup: Setup, root: Path) -> None:
    """Have the n-grams read the folder in which one works, as an editor's server does."""
    provider = setup.providers.get("embedded")
    if not isinstance(provider, EmbeddedProvider):
        return
    context = setup.catalog.settings.context
    files = await asyncio.to_thread(sources, root, context.exclude, context.allow)
    try:
        await provider.corpus.build(files)
    except ProviderError as error:
        _note(f"the folder's words are not known: {error}")


def _check_allowed(setup: Setup, where: str, place: Place) -> None:
    """Refuse what models never see, and what editors and agents take orders from."""
    rules = read_rules(Path.cwd(), setup.catalog.settings.context, [place.uri])
    why = rules.why_guarded(place.uri) or rules.why_hidden(place.uri)
    if why is not None:
        raise UsageError(
            f"nothing is completed at {where}, because of {why}; see docs/context.md for how to "
            "change that"
        )


def _note(sentence: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(sentence)}\n")


def locate(where: str) -> tuple[Path, Place]:
    """The file of ``FILE:LINE:COL``, and the place in it.

    Raises:
        UsageError: there is no such text file, or it has no such place.
    """
    found = _WHERE.match(where)
    if found is None:
        raise UsageError(f"{where} names no place; write FILE:LINE:COL, both counted from 1")
    path = Path(found["path"])
    text = read(path)
    index = LineIndex(text)
    line, column = int(found["line"]), int(found["column"])
    if not 1 <= line <= index.line_count:
        raise UsageError(f"{path} has lines 1 to {index.line_count}, not {line}")
    span = index.line_span(line - 1)
    if not 1 <= column <= span.end - span.start + 1:
        raise UsageError(
            f"line {line} of {path} has columns 1 to {span.end - span.start + 1}, not {column}"
        )
    offset = index.offset(Position(line - 1, column - 1), "utf-32")
    return path, Place(path.resolve().as_uri(), text, offset, by_path(str(path)))
