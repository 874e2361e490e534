"""``textDocument/inlineCompletion``, and ``textDocument/completion`` for clients without it.

Never an error: a client would show one at every key. What goes wrong becomes an empty list, a line
in the log, and a status.
"""

import asyncio
import importlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp.errors import ConfigError, MoaError, UsageError
from moa_lsp.lsp import convert
from moa_lsp.lsp.inline import decisions
from moa_lsp.lsp.inline.completion_policy import CompletionPolicy
from moa_lsp.lsp.inline.corpus_updater import CorpusUpdater
from moa_lsp.lsp.inline.indentation import Indentation
from moa_lsp.lsp.inline.items import ItemRange, inline_item, popup_item
from moa_lsp.lsp.inline.nearby import NearbySnippets, Pieces
from moa_lsp.lsp.safe_text import shown
from moa_lsp.lsp.warmup import Warmup
from moa_lsp.syntax.languages import canonical
from moa_lsp.text.lines import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from moa_lsp.inline.completer import Completer, CompletionRequest
    from moa_lsp.inline.cursor import CursorContext, Trigger
    from moa_lsp.inline.memory import Suggestion
    from moa_lsp.inline.race import Race
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.lsp.runtime_configs import RuntimeConfigs
    from moa_lsp.runs.accounting import RunAccounting
    from moa_lsp.runs.runtime_config import RuntimeConfig
    from moa_lsp.text.document import Document

log = logging.getLogger(__name__)

JEDI = "embedded/jedi"
"""The agent that takes seconds to start."""


_HIDDEN = "nothing is completed in this document, because of {}"

_ENGINE = (
    "moa_lsp.runs.inline",
    "moa_lsp.workspace.gather",
    "moa_lsp.inline.completer",
    "moa_lsp.providers.embedded.inline_agents",
)
"""What every request needs; imported by the first one it makes that 20 ms later."""


@dataclass(slots=True)
class InlineCompletion:
    """The inline completions of one session; imports its engine when first asked.

    Attributes:
        server: whose documents and client.
        runtimes: what races are made of; each keeps the one that it began with.
        mix: gives the mix chosen for this server's life, if any.
        accounts: where what is spent is written down.
        failed: told what kept a completion from being made, and ``None`` when one was.
        root: gives the workspace folder of a document, the first for one that lies in none.
        reports: gives what tools said of lines near an offset of a document.
        rules: in which documents nothing is completed.
        words: what the n-grams learn from.
        nearby: what models are shown of other documents.
        decided: what became of the last requests.
        imports: of the engine, and of the way to models where it is needed: half a second.
    """

    server: "Server"
    runtimes: "RuntimeConfigs"
    mix: "Callable[[], str | None]"
    accounts: "Callable[[], RunAccounting]"
    failed: "Callable[[str | None], None]"
    root: "Callable[[str], Path | None]"
    reports: "Callable[[Document, int], tuple[str, ...]]"
    rules: CompletionPolicy = field(init=False)
    words: CorpusUpdater = field(init=False)
    nearby: NearbySnippets = field(init=False)
    decided: decisions.LastDecisions = field(default_factory=decisions.LastDecisions)
    imports: Warmup = field(init=False)
    _completer: "Completer | None" = None
    _prefetching: set["asyncio.Task[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Know the rules and teach the n-grams of the same folders."""
        self.imports = Warmup(lambda: asyncio.to_thread(self._import))
        self.rules = CompletionPolicy(self.root)
        self.words = CorpusUpdater(
            self.server, self.runtimes, self.rules, lambda: self.root("untitled:")
        )
        self.nearby = NearbySnippets(self.server, self.rules)

    async def items(
        self, params: types.InlineCompletionParams
    ) -> types.InlineCompletionList | None:
        """Answer ``textDocument/inlineCompletion``."""
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        picked = params.context.selected_completion_info
        found = await self._found(
            params.text_document.uri, params.position, picked, invoked=invoked
        )
        if found is None:
            return None
        spot, offers = found
        shown_now = offers if invoked else offers[:1]
        return types.InlineCompletionList([inline_item(spot, offer) for offer in shown_now])

    async def completions(self, params: types.CompletionParams) -> types.CompletionList:
        """Answer ``textDocument/completion``, for clients that show no grey text."""
        found = await self._found(params.text_document.uri, params.position, None, invoked=False)
        spot, offers = found if found is not None else (None, ())
        able = self.server.client_capabilities.text_document
        indentation = Indentation.of(able.completion if able else None)
        items = (
            [popup_item(spot, offer, indentation) for offer in offers] if spot is not None else []
        )
        return types.CompletionList(is_incomplete=True, items=items)

    def accepted(self, run: str) -> None:
        """Note that an offer was taken, and ask ahead for what comes behind it."""
        taken = self._completer.accepted(run) if self._completer is not None else None
        if taken is not None:
            task = asyncio.create_task(self._ahead(*taken))
            self._prefetching.add(task)
            task.add_done_callback(self._prefetching.discard)

    def forget(self, uri: str) -> None:
        """Drop what is known of a document that was closed."""
        self.rules.forget(uri)
        self.decided.forget(uri)
        self.words.forget(uri)
        self.nearby.forget(uri)
        if self._completer is not None:
            self._completer.forget(uri)

    def reset(self) -> None:
        """Forget what was found: the setup is another one now."""
        self.rules.reset()
        if self._completer is not None:
            self._completer.reset()

    async def close(self) -> None:
        """Cancel everything that is asked."""
        for task in self._prefetching:
            task.cancel()
        await asyncio.gather(self.words.close(), self.nearby.close())
        if self._completer is not None:
            await self._completer.close()

    async def why(self, uri: str, position: types.Position) -> str:
        """Why nothing was offered at a position, in one sentence; asks no model."""
        document, runtime = self.server.documents.get(uri), self.runtimes.now
        if document is None:
            return decisions.NOT_OPEN
        if runtime is None:
            return decisions.NOT_READY
        inline = runtime.catalog.settings.inline
        on = _enabled(inline.languages, document.language)
        off = decisions.switched_off(inline, document.language, on=on)
        if off is not None:
            return off
        at = document.offset(Position(position.line, position.character), self.server.encoding)
        decided = self.decided.at(document, at)
        if decided is not None:
            return decided
        hidden = await self.rules.why_not(uri, runtime.catalog.settings.context)
        if hidden is not None:
            return _HIDDEN.format(shown(hidden))
        from moa_lsp.inline.cursor import CursorContext, unwanted

        place = CursorContext(document.uri, document.text, at, document.language)
        return unwanted(place, "automatic") or decisions.NOT_ASKED

    async def _found(
        self,
        uri: str,
        position: types.Position,
        picked: types.SelectedCompletionInfo | None,
        *,
        invoked: bool,
    ) -> "tuple[ItemRange, Sequence[Suggestion]] | None":
        """Where and what to offer; ``None`` for nothing."""
        document = self.server.documents.get(uri)
        if document is None:
            return None
        asked_of = document.version, document.opened, len(document)
        runtime = self.runtimes.now
        if runtime is None:
            try:
                runtime = await self.runtimes.soon()
            except ConfigError:  # the status says so
                return None
            if (document.version, document.opened, len(document)) != asked_of:
                return None
        inline = runtime.catalog.settings.inline
        if not inline.enabled or not _enabled(inline.languages, document.language):
            return None
        place, spot = self._place(document, position, picked)
        offers = await self._offers(place, "invoked" if invoked else "automatic", shows=True)
        now = self.server.documents.get(uri)
        if now is None or (now.version, now.opened, len(now)) != asked_of:
            return None  # typed on meanwhile: what was found is for another text
        return (spot, offers) if offers else None

    async def _offers(
        self, place: "CursorContext", trigger: "Trigger", *, shows: bool
    ) -> "Sequence[Suggestion]":
        """What there is for a place; what goes wrong goes to the log and the status.

        Args:
            place: the gap.
            trigger: whether it was asked for.
            shows: whether the user will see it.
        """
        await self.imports.done()
        runtime = self.runtimes.usable
        if runtime is None:
            return ()
        self.words.begin(place.uri)
        why = await self.rules.why_not(place.uri, runtime.catalog.settings.context)
        if why is not None:
            log.info("nothing is completed here, because of %s", shown(why))
            self._decided(place, _HIDDEN.format(shown(why)))
            return ()
        runtime = self.runtimes.usable or runtime
        failure = None
        try:
            with self.runtimes.held(runtime):
                asked = self._asked(runtime, place, trigger)
                offered = await self._engine().complete(asked)
        except MoaError as error:
            failure = str(error)
        except Exception:  # a bug of ours is ours to read, not to be shown at every key
            log.exception("an inline completion failed")
            return ()
        else:
            failure = "; ".join(offered.failures) or None
            if shows:
                self._engine().showed(asked, offered)
            if failure is None:
                if offered.offers:
                    self.failed(None)
                nothing = offered.reason or decisions.NOTHING_FITS
                self._decided(place, decisions.OFFERED if offered.offers else nothing)
                return offered.offers
        self._decided(place, shown(failure))
        log.warning("no inline completion: %s", shown(failure))
        self.failed(f"inline completion: {failure}")
        return ()

    def _decided(self, place: "CursorContext", reason: str) -> None:
        """Remember what became of a request, while the text is the one that it was made for."""
        document = self.server.documents.get(place.uri)
        if document is not None and document.text == place.text:
            self.decided.note(document, place.offset, reason)

    async def _ahead(self, uri: str, offset: int, text: str) -> None:
        """Ask for the gap behind a text that was taken, so that the next key finds it known."""
        from moa_lsp.inline.cursor import CursorContext

        document, end = self.server.documents.get(uri), offset + len(text)
        if document is None or document.text[offset:end] != text:
            return
        place = CursorContext(document.uri, document.text, end, document.language)
        await self._offers(place, "automatic", shows=False)

    def _place(
        self,
        document: "Document",
        position: types.Position,
        picked: types.SelectedCompletionInfo | None,
    ) -> "tuple[CursorContext, ItemRange]":
        """The gap, and the range of an item; a picked entry of a popup counts as typed."""
        from moa_lsp.inline.cursor import CursorContext

        encoding = self.server.encoding
        text = document.text
        at = document.offset(Position(position.line, position.character), encoding)
        if picked is not None:
            where = convert.span(document.index, picked.range, encoding)
            text = f"{text[: where.start]}{picked.text}{text[max(where.end, at) :]}"
            place = CursorContext(
                document.uri, text, where.start + len(picked.text), document.language
            )
            return place, ItemRange(picked.range, picked.text)
        place = CursorContext(document.uri, text, at, document.language)
        start = document.index.position(at - len(place.typed), encoding)
        end = document.index.position(at, encoding)
        where_typed = types.Range(types.Position(*start), types.Position(*end))
        margin = place.head[: len(place.head) - len(place.head.lstrip())]
        return place, ItemRange(where_typed, place.typed, margin)

    def _asked(
        self, runtime: "RuntimeConfig", place: "CursorContext", trigger: "Trigger"
    ) -> "CompletionRequest":
        from moa_lsp.actions.gap_prompt import GapContext
        from moa_lsp.config.resolve import choose_inline, is_embedded
        from moa_lsp.inline.completer import CompletionRequest
        from moa_lsp.runs.inline import InlineRunner

        chosen = choose_inline(runtime.catalog, language=place.language, requested=self.mix())
        if chosen.missing:
            raise UsageError(f"the mix `{chosen.name}` is not ready: {'; '.join(chosen.missing)}")
        if JEDI in chosen.mix.models:
            self.words.warm()
        extra: Pieces = ()
        if not is_embedded(chosen.mix, runtime.catalog.providers):
            extra = self.nearby.pieces(place, runtime.catalog.settings.context)
        beside = GapContext(self.nearby.edits(place.uri), self._reports(place))
        inline_runner = InlineRunner(runtime, chosen.mix, self.accounts(), extra, beside)

        async def carry(race: "Race") -> None:
            with self.runtimes.held(runtime):
                await inline_runner.carry(race)

        pause = runtime.catalog.settings.inline.debounce_ms / 1000
        return CompletionRequest(place, trigger, inline_runner.begin, carry, pause, chosen.hash)

    def _reports(self, place: "CursorContext") -> tuple[str, ...]:
        document = self.server.documents.get(place.uri)
        return () if document is None else self.reports(document, place.offset)

    def _import(self) -> None:
        from moa_lsp.config.resolve import choose_inline

        for name in _ENGINE:
            importlib.import_module(name)
        runtime = self.runtimes.now
        if runtime is None:
            return
        try:
            mix = choose_inline(runtime.catalog, language="", requested=self.mix()).mix
        except UsageError:  # the first request will say so
            return
        providers = runtime.catalog.providers
        names = {model.partition("/")[0] for model in mix.models}
        if any(providers[name].base_url for name in names & providers.keys()):
            importlib.import_module("moa_lsp.providers.build")

    def _engine(self) -> "Completer":
        if self._completer is None:
            from moa_lsp.inline.completer import Completer

            self._completer = Completer()
        return self._completer


def _enabled(languages: "Mapping[str, bool]", language: str) -> bool:
    """Whether a language is switched on, under any of its names."""
    return all(on for name, on in languages.items() if canonical(name) == language)
