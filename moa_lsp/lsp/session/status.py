"""``moa/status``: how the server stands, for a line of the editor's.

Sent when something of it changed, at most four times a second, and of a burst only how it ended.
A client that does not know the notification drops it, as the protocol says.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moa_lsp import limits
from moa_lsp.errors import UsageError
from moa_lsp.lsp.safe_text import shown
from moa_lsp.lsp.session.accounting import totals_of

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.mix.record import AgentRecord, RunRecord
    from moa_lsp.runs.runtime_config import RuntimeConfig

STATUS_INTERVAL_S = 0.25
"""Between two notifications of the status: as ``PROGRESS_INTERVAL_S``, for the same eyes."""


METHOD = "moa/status"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SessionState:
    """How a session stands.

    Attributes:
        active: runs that have not ended.
        queued: of those, how many wait for a place.
        runtime: in use, ``None`` while there is none.
        wrong: what the user should mend, one sentence.
        mix: chosen for actions, ``None`` for the configured one.
        inline_mix: the same for inline completion.
    """

    active: int = 0
    queued: int = 0
    runtime: "RuntimeConfig | None" = None
    wrong: str | None = None
    mix: str | None = None
    inline_mix: str | None = None


class Status:
    """Tells a client how its session stands.

    Args:
        server: its client is told.
        session_state: says how things are.
    """

    def __init__(self, server: "Server", session_state: Callable[[], SessionState]) -> None:
        self._server = server
        self._stand = session_state
        self._failed: str | None = None
        self._line = ""
        self._unfilled: str | None = None
        self._sent: Json | None = None
        self._open = False
        self._due = False
        self._timer: asyncio.Handle | None = None

    def open(self) -> None:
        """The client may be told things now; what changed before is told at the next news."""
        self._open = True

    def ended(self, record: "RunRecord", line: str = "") -> None:
        """Take in how a run ended; that no model answered counts until one does.

        Args:
            record: of the run.
            line: how it went, shown until the next one ends.
        """
        self._line = line
        if record.state == "done":
            self._failed = None
        elif record.state == "failed" and _nobody(record.proposals):
            self._failed = record.reason or "no model answered"
        self.news()

    def filled(self, failure: str | None) -> None:
        """Take in what kept an inline completion from being made, ``None`` when nothing did."""
        if failure != self._unfilled:
            self._unfilled = failure
            self.news()

    def news(self) -> None:
        """Something may have changed."""
        self._due = True
        if self._open and self._timer is None:
            self._timer = asyncio.get_running_loop().call_soon(self._send)

    def close(self) -> None:
        """Say nothing more."""
        self._open = False
        if self._timer is not None:
            self._timer.cancel()

    def _send(self) -> None:
        self._timer = None
        if not self._due:
            return
        self._due = False
        now = self._told(self._stand())
        if now == self._sent:
            return
        self._sent = now
        self._server.protocol.notify(METHOD, now)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(STATUS_INTERVAL_S, self._send)

    def _told(self, session_state: SessionState) -> Json:
        state, message = self._state(session_state)
        return {
            "state": state,
            "message": shown(message, limits.MAX_SHOWN_CHARS),
            "mix": _mix(session_state),
            "inlineMix": _inline_mix(session_state),
            "runs": session_state.active,
            "session": totals_of(self._server),
        }

    def _state(self, session_state: SessionState) -> tuple[str, str]:
        if session_state.active:
            at_work = session_state.active - session_state.queued
            waiting = f", {session_state.queued} queued" if session_state.queued else ""
            return "busy", f"{at_work} run{'' if at_work == 1 else 's'} at work{waiting}"
        if session_state.runtime is None and session_state.wrong is not None:
            return "error", session_state.wrong
        if self._failed is not None:
            return "error", self._failed
        wrong = session_state.wrong or self._unfilled or _unready(session_state)
        return ("idle", self._line) if wrong is None else ("warning", wrong)


def _mix(session_state: SessionState) -> str | None:
    """The mix of actions that no route speaks of; the name that was chosen if it is gone."""
    if session_state.runtime is None:
        return None
    from moa_lsp.config.resolve import choose

    catalog = session_state.runtime.catalog
    try:
        return choose(catalog, action="", language="", path="", requested=session_state.mix).name
    except UsageError:
        return shown(session_state.mix or catalog.settings.mix, limits.MAX_NAME_CHARS)


def _unready(session_state: SessionState) -> str | None:
    """What the mix in use lacks, one sentence, if it lacks anything."""
    if session_state.runtime is None:
        return None
    from moa_lsp.config.resolve import choose

    catalog, asked = session_state.runtime.catalog, session_state.mix
    try:
        chosen = choose(catalog, action="", language="", path="", requested=asked)
    except UsageError:  # that it is gone is said already
        return None
    if chosen.ready:
        return None
    return f"the mix `{chosen.name}` is not ready: {'; '.join(chosen.missing)}"


def _inline_mix(session_state: SessionState) -> str | None:
    """The mix of inline completion; ``None`` while that is off."""
    if session_state.runtime is None or not session_state.runtime.catalog.settings.inline.enabled:
        return None
    from moa_lsp.config.resolve import choose_inline

    catalog = session_state.runtime.catalog
    try:
        return choose_inline(catalog, language="", requested=session_state.inline_mix).name
    except UsageError:
        return shown(
            session_state.inline_mix or catalog.settings.inline.mix, limits.MAX_NAME_CHARS
        )


def _nobody(proposals: "Sequence[AgentRecord]") -> bool:
    """Whether every agent was asked in vain."""
    return bool(proposals) and all(each.state in ("failed", "late") for each in proposals)
