"""Progress reports: never more than four a second, never back, and none that says nothing new."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

from lsprotocol import types

from moa_lsp.lsp import limits
from moa_lsp.lsp.session.progress import RunProgress
from moa_lsp.mix.progress import MixProgress
from tests.fakes.clock import virtual_run
from tests.fakes.shapes import check_message


class Window:
    """Stands for pygls' helper and the client behind it; notes when what was said."""

    def __init__(self):
        self.tokens = {}
        self.said = []

    async def create_async(self, token):
        self.tokens[token] = asyncio.get_running_loop().create_future()

    def begin(self, _token, value):
        self._say(value)

    report = end = begin

    def _say(self, value):
        self.said.append((asyncio.get_running_loop().time(), value))


def shown(window, *extensions, told=None):
    able = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True))
    notes = [] if told is None else told
    server = SimpleNamespace(
        client_capabilities=able,
        work_done_progress=window,
        reply_s=1.0,
        extensions=frozenset(extensions),
        protocol=SimpleNamespace(notify=lambda *note: notes.append(note)),
    )
    return RunProgress(server, "Moa: refactor", "r1")


def reports(window):
    return [
        (time, value)
        for time, value in window.said
        if isinstance(value, types.WorkDoneProgressReport)
    ]


def test_at_most_four_reports_a_second_and_the_last_word_comes_through():
    window = Window()

    async def busy():
        progress = shown(window)
        progress.start(lambda: None)
        await asyncio.sleep(0.01)
        for ended in range(301):
            progress.on_update(MixProgress("proposing", ended, 300, ended))
            await asyncio.sleep(0.01)
        await asyncio.sleep(1)
        progress.end("done")

    virtual_run(busy())
    times = [time for time, _ in reports(window)]
    assert len(times) > 10
    gaps = [later - time for time, later in pairwise(times)]
    assert min(gaps) >= limits.PROGRESS_INTERVAL_S - 1e-9
    assert reports(window)[-1][1].message == "300/300 proposals"
    assert window.tokens == {}


def test_nothing_is_repeated_and_the_percentage_never_goes_back():
    window = Window()

    async def quiet():
        progress = shown(window)
        progress.start(lambda: None)
        progress.on_update(MixProgress("checking", 2, 2, 2))  # before the client agreed
        await asyncio.sleep(5)
        progress.on_update(MixProgress("proposing", 0, 2, 0))
        await asyncio.sleep(5)
        progress.end("done")
        progress.on_update(MixProgress("checking", 2, 2, 2))  # too late
        await asyncio.sleep(5)

    virtual_run(quiet())
    assert [value.percentage for _, value in reports(window)] == [95, 95]
    kinds = [value.kind for _, value in window.said]
    assert kinds == ["begin", "report", "report", "end"]


def test_who_is_waited_for_and_how_long_is_told_once_a_second():
    window = Window()

    async def waiting():
        progress = shown(window)
        progress.start(lambda: None)
        await asyncio.sleep(0.01)
        progress.on_update(MixProgress("proposing", 1, 3, 1, waiting=("deepseek", "mistral")))
        await asyncio.sleep(2.5)
        progress.on_update(MixProgress("aggregating", 3, 3, 2, lines=7, waiting=("lab/z",)))
        await asyncio.sleep(0.1)
        progress.on_update(MixProgress("checking", 3, 3, 2, lines=7))
        await asyncio.sleep(5)
        progress.end("done")

    virtual_run(waiting())
    assert [value.message for _, value in reports(window)] == [
        "1/3 proposals · deepseek, mistral",
        "1/3 proposals · deepseek, mistral · 1 s",
        "1/3 proposals · deepseek, mistral · 2 s",
        "2/3 proposals · aggregating · 7 lines · lab/z · 2 s",
        "2/3 proposals · checking · 7 lines",
    ]


def test_the_cancel_button_of_a_client():
    window, pressed = Window(), []

    async def cancelled():
        progress = shown(window)
        progress.start(lambda: pressed.append(True))
        await asyncio.sleep(0.1)
        (token,) = window.tokens.values()
        token.cancel()
        await asyncio.sleep(0.1)
        progress.end("cancelled")

    virtual_run(cancelled())
    assert pressed == [True]


def test_ended_before_the_client_agreed():
    window = Window()

    async def short():
        progress = shown(window)
        progress.start(lambda: None)
        progress.end("done")
        await asyncio.sleep(5)

    virtual_run(short())
    assert window.said == []
    assert window.tokens == {}


def begins(window):
    return [value.message for _, value in window.said if value.kind == "begin"]


def test_a_run_that_waits_for_others_shows_as_queued():
    window = Window()

    async def waits():
        progress = shown(window)
        progress.start(lambda: None, queued=True)
        await asyncio.sleep(1)
        progress.on_update(MixProgress("proposing", 0, 2, 0))
        progress.end("done")

    virtual_run(waits())
    assert begins(window) == ["queued"]
    assert reports(window)[0][1].message == "0/2 proposals"


def test_a_run_whose_turn_came_before_the_client_agreed_does_not():
    window = Window()

    async def quick():
        progress = shown(window)
        progress.start(lambda: None, queued=True)
        progress.on_update(MixProgress("proposing", 0, 2, 0))
        await asyncio.sleep(1)
        progress.end("done")

    virtual_run(quick())
    assert begins(window) == [None]


def test_who_is_waited_for_is_told_to_a_client_that_wants_it_and_whether_it_may_go_on():
    notes = []
    stands = [
        MixProgress("proposing", 0, 2, 0, waiting=("a", "b")),
        MixProgress("proposing", 1, 2, 1, waiting=("b",)),
        MixProgress("aggregating", 2, 2, 1, waiting=("lab/z",)),
    ]

    async def work(*extensions):
        progress = shown(Window(), *extensions, told=notes)
        progress.start(lambda: None)
        await asyncio.sleep(0.01)
        for each in stands:
            progress.on_update(each)
            await asyncio.sleep(0.5)
        progress.end("done")

    virtual_run(work())
    assert notes == []
    virtual_run(work("waiting"))
    assert {method for method, _ in notes} == {"moa/waiting"}
    for _, params in notes:
        check_message("moa/waiting", params)
    told = [(each["waiting"], each["settles"]) for _, each in notes]
    assert list(dict.fromkeys((tuple(names), yes) for names, yes in told)) == [
        (("a", "b"), False), (("b",), True), (("lab/z",), False),
    ]  # fmt: skip
