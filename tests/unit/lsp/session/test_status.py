"""The status line under a clock of its own: changes only, four a second, how a burst ended."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from moa_lsp import limits
from moa_lsp.config.catalog import load_catalog
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import InlineSettings, Settings
from moa_lsp.lsp.session.status import STATUS_INTERVAL_S, SessionState, Status
from moa_lsp.mix.record import AgentRecord, RunRecord
from moa_lsp.runs.runtime_config import RuntimeConfig
from tests.fakes.clock import virtual_run


class Protocol:
    def __init__(self):
        self.sent = []

    def notify(self, method, params):
        assert method == "moa/status"
        self.sent.append((asyncio.get_running_loop().time(), params))


class Server:
    """Without accounts: nothing was spent."""

    def __init__(self):
        self.protocol = Protocol()


class Desk:
    """A status, and what it told."""

    def __init__(self, session_state):
        self.server = Server()
        self.session_state = session_state
        self.status = Status(self.server, lambda: self.session_state)

    def told(self):
        return [params for _, params in self.server.protocol.sent]


def runtime(**inline):
    return RuntimeConfig(Catalog(settings=Settings(inline=InlineSettings(**inline))), {})


READY = SessionState(runtime=runtime(), mix="gone")


def shown_once(session_state):
    """The one status of a session that stands like this."""
    runner = Desk(session_state)

    async def look():
        runner.status.open()
        runner.status.news()
        await asyncio.sleep(1)

    virtual_run(look())
    (one,) = runner.told()
    return one


def test_nothing_before_the_client_is_ready_and_then_how_it_stands():
    session = Desk(READY)
    status = session.status

    async def early():
        status.news()
        await asyncio.sleep(5)
        assert session.told() == []
        status.open()
        status.news()
        await asyncio.sleep(5)
        status.close()
        status.news()
        await asyncio.sleep(5)

    virtual_run(early())
    assert session.told() == [
        {
            "state": "idle",
            "message": "",
            "mix": "gone",
            "inlineMix": "auto-inline",
            "runs": 0,
            "session": {"usd": 0.0, "input": 0, "output": 0},
        }
    ]


def test_at_most_four_a_second_and_the_last_of_a_burst():
    session = Desk(READY)
    status = session.status

    async def busy():
        status.open()
        for runs in range(1, 301):
            session.session_state = replace(READY, active=runs)
            status.news()
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        for _ in range(10):
            status.news()
            await asyncio.sleep(1)
        status.close()

    virtual_run(busy())
    times = [time for time, _ in session.server.protocol.sent]
    assert 10 < len(times) <= 14
    assert min(b - a for a, b in pairwise(times)) >= STATUS_INTERVAL_S - 1e-9
    assert session.told()[-1]["runs"] == 300
    assert all(a != b for a, b in pairwise(session.told()))


def record(state, *agents, reason="no agent answered"):
    proposals = tuple(AgentRecord(str(n), "a/b", each) for n, each in enumerate(agents))
    return RunRecord("r", "refactor", "solo", "h", state=state, reason=reason, proposals=proposals)


ENDS = {
    "all failed": ([record("failed", "failed", "late")], "error"),
    "one was there": ([record("failed", "failed", "rejected")], "idle"),
    "nobody was asked": ([record("failed")], "idle"),
    "good again": ([record("failed", "failed"), record("done", "ok")], "idle"),
    "cancelled since": ([record("failed", "failed"), record("cancelled", "cancelled")], "error"),
    "refused since": ([record("failed", "failed"), record("failed")], "error"),
    "never failed": ([record("done", "ok")], "idle"),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_runs_ended(name):
    ends, state = ENDS[name]
    session = Desk(READY)

    async def run():
        session.status.open()
        for each in ends:
            session.status.ended(each)
        await asyncio.sleep(1)

    virtual_run(run())
    (one,) = session.told()
    assert one["state"] == state
    assert one["message"] == ("no agent answered" if state == "error" else "")


STANDS = {
    "broken": (replace(READY, wrong="x:1:1: y"), "warning", "x:1:1: y"),
    "no setup": (SessionState(wrong="x:1:1: y"), "error", "x:1:1: y"),
    "one run": (replace(READY, active=1, wrong="x"), "busy", "1 run at work"),
    "more": (replace(READY, active=6, queued=4), "busy", "2 runs at work, 4 queued"),
    "inline is off": (SessionState(runtime=runtime(enabled=False)), "idle", ""),
    "foreign text": (replace(READY, wrong="\x1b[31m" + "x" * 999), "warning", None),
}


@pytest.mark.parametrize("name", STANDS)
def test_how_a_session_stands(name):
    session_state, state, message = STANDS[name]
    one = shown_once(session_state)
    assert one["state"] == state
    assert message in (None, one["message"])
    assert len(one["message"]) <= limits.MAX_SHOWN_CHARS + 1
    assert "\x1b" not in one["message"]
    if name == "inline is off":
        assert one["inlineMix"] is None
    if name == "no setup":
        assert (one["mix"], one["inlineMix"]) == (None, None)


def test_the_mix_of_auto_is_named(tmp_path):
    catalog = load_catalog(config=tmp_path / "none.yaml", environ={})
    assert shown_once(SessionState(runtime=RuntimeConfig(catalog, {})))["mix"] == "embedded"
