"""``moa-lsp complete``: one inline completion, by the same engine as in an editor."""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.cli.source import read, root_of
from moa_lsp.config.mixes import Mix
from moa_lsp.config.resolve import choose_inline
from moa_lsp.errors import NoProposal, ProviderError, UsageError
from moa_lsp.inline.completer import Completer, CompletionRequest, CompletionResult
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.providers.embedded.provider import EmbeddedProvider
from moa_lsp.runs.accounting import RunAccounting
from moa_lsp.runs.inline import InlineRunner
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config
from moa_lsp.syntax.languages import by_path
from moa_lsp.text.lines import LineIndex, Position
from moa_lsp.text.sanitize import escape
from moa_lsp.workspace.gather import read_rules
from moa_lsp.workspace.index.folder import sources

NGRAM = "embedded/ngram"
"""The agent that knows what is in the folder."""

_WHERE = re.compile(r"(?P<path>.+?):(?P<line>\d{1,9}):(?P<column>\d{1,9})\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CompleteArguments:
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


def complete(wanted: CompleteArguments, runtime: RuntimeConfig | None = None) -> int:
    """Print what fits at the cursor; the exit code.

    Raises:
        UsageError: file, place or mix make no sense.
        NoProposal: there is nothing to offer.
    """
    path, place = locate(wanted.where)
    runtime = runtime or load_runtime_config(config=wanted.config, workspace=Path.cwd())
    chosen = choose_inline(runtime.catalog, language=place.language, requested=wanted.mix)
    if chosen.missing:
        raise UsageError(f"the mix `{chosen.name}` is not ready: {'; '.join(chosen.missing)}")
    _check_allowed(runtime, wanted.where, path, place)
    offered = asyncio.run(_offered(runtime, chosen.mix, place, root_of(path)))
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


async def _offered(
    runtime: RuntimeConfig, mix: Mix, place: CursorContext, root: Path | None
) -> CompletionResult:
    accounts = RunAccounting.of_user(_note)
    completer = Completer()
    try:
        if root is not None and NGRAM in mix.models:
            await _learn(runtime, root)
        inline_runner = InlineRunner(runtime, mix, accounts)
        return await completer.complete(
            CompletionRequest(
                place, "invoked", inline_runner.begin, inline_runner.carry, 0.0, mix.hash
            )
        )
    finally:
        await completer.close()
        await runtime.close()
        await accounts.close()


async def _learn(runtime: RuntimeConfig, root: Path) -> None:
    """Have the n-grams read the folder in which one works, as an editor's server does."""
    provider = runtime.providers.get("embedded")
    if not isinstance(provider, EmbeddedProvider):
        return
    context = runtime.catalog.settings.context
    files = await asyncio.to_thread(sources, root, context.exclude, context.allow)
    try:
        await provider.corpus.build(files)
    except ProviderError as error:
        _note(f"the folder's words are not known: {error}")


def _check_allowed(runtime: RuntimeConfig, where: str, path: Path, place: CursorContext) -> None:
    """Refuse what models never see, and what editors and agents take orders from."""
    rules = read_rules(root_of(path), runtime.catalog.settings.context, [place.uri])
    why = rules.why_guarded(place.uri) or rules.why_hidden(place.uri)
    if why is not None:
        raise UsageError(
            f"nothing is completed at {where}, because of {why}; see docs/context.md for how to "
            "change that"
        )


def _note(sentence: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(sentence)}\n")


def locate(where: str) -> tuple[Path, CursorContext]:
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
    return path, CursorContext(path.resolve().as_uri(), text, offset, by_path(str(path)))
