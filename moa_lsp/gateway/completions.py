"""``POST /v1/completions``: the gap between ``prompt`` and ``suffix``, filled by an inline mix."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from moa_lsp.chat.answer_bounds import NO_BOUNDS, AnswerBounds, bounded
from moa_lsp.chat.openai_request import max_tokens, stops
from moa_lsp.config.resolve import choose_inline
from moa_lsp.errors import MoaError, NoProposal, UsageError
from moa_lsp.gateway import fim_prompt, shapes
from moa_lsp.gateway.asgi import (
    Receive,
    Scope,
    Send,
    read_json,
    send_body,
    send_error,
    send_json,
    start,
    unless_left,
)
from moa_lsp.gateway.desk import GatewayDesk
from moa_lsp.gateway.errors import response_of
from moa_lsp.inline.completer import Completer, CompletionRequest
from moa_lsp.inline.cursor import CursorContext, Trigger
from moa_lsp.inline.race import Race
from moa_lsp.mix.record import RunRecord, cost_of
from moa_lsp.runs.inline import ACTION, InlineRunner

URI = "untitled:completion"
"""Of the text around a gap, which has no file here."""


@dataclass(frozen=True, slots=True)
class GapRequest:
    """What a client asks for."""

    model: str
    prompt: str
    suffix: str
    language: str
    stream: bool
    bounds: AnswerBounds = NO_BOUNDS


def read_gap_request(body: Mapping[str, Any]) -> GapRequest:
    """Read a request; ``language`` is an addition: an LSP language identifier.

    A gap may also stand in the prompt, between markers (``fim_prompt``).

    Raises:
        UsageError: it is malformed, or asks for what a mix cannot do.
    """
    if body.get("n") not in (None, 1) or body.get("best_of") not in (None, 1):
        raise UsageError("a mix gives one completion; leave out `n` and `best_of`")
    if body.get("echo") or body.get("logprobs"):
        raise UsageError("leave out `echo` and `logprobs`; a mix has neither")
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    suffix, language = body.get("suffix") or "", body.get("language") or "plaintext"
    if not all(isinstance(each, str) for each in (prompt, suffix, language)):
        raise UsageError("`prompt` and `suffix` are to be texts")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise UsageError("`model` is to be the name of a mix; GET /v1/models lists those")
    if not suffix:
        prompt, suffix = fim_prompt.split(str(prompt)) or (prompt, suffix)
    bounds = AnswerBounds(stops(body), max_tokens(body, "max_tokens"))
    return GapRequest(model, str(prompt), suffix, language, body.get("stream") is True, bounds)


@dataclass(frozen=True, slots=True)
class GapCompletions:
    """The endpoint."""

    desk: GatewayDesk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            request = read_gap_request(await read_json(scope, receive))
            self.desk.check_model(request.model)
            record, text = await unless_left(receive, self._fill(request))
        except MoaError as error:
            await send_error(send, response_of(error))
            return
        whole = shapes.text_completion(record, text, self.desk.now())
        if not request.stream:
            await send_json(send, 200, whole, shapes.headers(record))
            return
        await start(send, 200, {"content-type": "text/event-stream", **shapes.headers(record)})
        await send_body(send, shapes.event(whole) + shapes.DONE, last=True)

    async def _fill(self, request: GapRequest) -> tuple[RunRecord, str]:
        runtime = self.desk.runtime
        chosen = choose_inline(runtime.catalog, language=request.language, requested=request.model)
        if chosen.missing:
            raise UsageError(f"the mix `{chosen.name}` is not ready: {'; '.join(chosen.missing)}")
        text = request.prompt + request.suffix
        place = CursorContext(URI, text, len(request.prompt), request.language)
        mix = bounded(chosen.mix, request.bounds.max_tokens)
        runner = InlineRunner(runtime, mix, self.desk.accounts)
        races: list[Race] = []

        def begin(place: CursorContext, trigger: Trigger) -> Race:
            races.append(runner.begin(place, trigger))
            return races[-1]

        completer = Completer()
        asked = CompletionRequest(place, "invoked", begin, runner.carry, 0.0, mix.hash)
        try:
            async with self.desk.places.take():
                found = await completer.complete(asked)
        finally:
            await completer.close()
        if found.failures:
            raise NoProposal("; ".join(found.failures))
        agents = [record for race in races for record in race.records]
        cost = cost_of(agents)
        record = RunRecord(
            races[-1].run if races else "none",
            ACTION.id,
            chosen.name,
            mix.hash,
            "done",
            proposals=tuple(agents),
        )
        spent = replace(record, usage=cost.usage, cost_usd=cost.usd, cost_known=cost.known)
        return spent, request.bounds.cut(found.offers[0].text)[0] if found.offers else ""
