"""Which setup is in use, who holds older ones, and when their providers are closed."""

import asyncio
import threading
from pathlib import Path

import pytest

from moa_lsp.config.options import Options
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import Settings
from moa_lsp.errors import ConfigError, Problem, RunError
from moa_lsp.lsp.runtime_configs import RuntimeConfigs
from moa_lsp.runs.runtime_config import RuntimeConfig
from tests.fakes.scripted import Scripted


class Files:
    """Loads a setup a time; notes for where, and what came of it."""

    def __init__(self, patience_s=20, named_patience_s=20):
        self.where = (None, False)
        self.made = []
        self.asked = []
        self.taken = []
        self.failed = []
        self.error = None
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.at_once = self.most = 0
        self.runtimes = RuntimeConfigs(
            self.load,
            lambda: self.where,
            self.taken.append,
            self.failed.append,
            patience_s=patience_s,
            named_patience_s=named_patience_s,
        )

    def load(self, root, trusted):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.asked.append((root, trusted))
        self.begun.set()
        assert self.gate.wait(20)
        self.at_once -= 1
        if self.error is not None:
            raise self.error
        made = RuntimeConfig(
            Catalog(settings=Settings(mix="solo")), {}, {"scripted": Scripted({})}
        )
        self.made.append(made)
        return made

    async def reread(self):
        await self.runtimes.read_changed()
        return self.runtimes.now

    def closed(self):
        return [each.providers["scripted"].closed for each in self.made]


@pytest.fixture
async def files():
    made = Files()
    yield made
    await made.runtimes.close()
    assert all(made.closed())


async def test_one_reading_serves_all_who_wait(files):
    runtimes = files.runtimes
    files.gate.clear()
    runtimes.begin()
    runtimes.begin()
    waiting = [asyncio.create_task(runtimes.wait()) for _ in range(5)]
    await asyncio.sleep(0)
    assert runtimes.now is None
    files.gate.set()
    found = await asyncio.gather(*waiting)
    assert all(each is runtimes.now for each in found)
    assert len(files.made) == len(files.taken) == 1


async def test_the_one_before_is_closed_once_nobody_holds_it(files):
    runtimes = files.runtimes
    first = await runtimes.wait()
    with runtimes.held(first), runtimes.held(first):
        second = await files.reread()
        assert second.providers is not first.providers
        with runtimes.held(second):
            third = await files.reread()
        await asyncio.sleep(0)
        assert files.closed() == [False, True, False]
    await asyncio.sleep(0)
    assert files.closed() == [True, True, False]
    with runtimes.held(third):
        pass
    await asyncio.sleep(0)
    assert files.closed() == [True, True, False], "the one in use stays open"


async def test_settings_of_the_editor_lie_over_every_setup(files):
    runtimes = files.runtimes
    runtimes.lay(Options(mix="duo"))
    assert (await runtimes.wait()).catalog.settings.mix == "duo"
    held = runtimes.now
    runtimes.lay(Options(mix="trio", exclude=("x",)))
    assert held.catalog.settings.mix == "duo", "a run keeps what it began with"
    assert runtimes.now.catalog.settings.mix == "trio"
    with runtimes.held(held), runtimes.held(runtimes.now):
        assert (await files.reread()).catalog.settings.context.exclude[-1] == "x"
        assert files.closed() == [False, False], "both are of the first reading"
    await asyncio.sleep(0)
    assert files.closed() == [True, False]


async def test_a_place_that_changes_during_a_reading_is_read_anew(files):
    runtimes = files.runtimes
    files.gate.clear()
    runtimes.begin()
    waiting = asyncio.create_task(runtimes.wait())
    assert await asyncio.to_thread(files.begun.wait, 20)
    files.where = (Path("/other"), True)
    files.gate.set()
    await waiting
    assert files.asked == [(None, False), (Path("/other"), True)]
    assert len(files.taken) == 1, "what was read of the old place was never in use"
    await asyncio.sleep(0)
    assert files.closed() == [True, False]


async def test_two_readings_never_go_on_at_once(files):
    await files.runtimes.wait()
    for _ in range(3):
        files.runtimes.read_anew()
    await files.runtimes.wait()
    assert files.most == 1


async def test_hidden_until_it_is_read_again(files):
    runtimes = files.runtimes
    first = await runtimes.wait()
    with runtimes.held(first):
        runtimes.hide()
        runtimes.lay(Options(mix="duo"))
        assert runtimes.now is None
        runtimes.read_anew()
        assert (await runtimes.wait()).providers is not first.providers
        assert files.closed() == [False, False]


async def test_files_that_cannot_be_used_leave_what_was_in_use(files):
    runtimes = files.runtimes
    files.error = ConfigError([Problem("config.yaml", 1, 1, "no")])
    with pytest.raises(ConfigError):
        await runtimes.wait()
    files.error = None
    first = await runtimes.wait()
    files.error = ConfigError([Problem("config.yaml", 1, 1, "no")])
    assert await files.reread() is first
    assert len(files.failed) == 2


async def test_a_bug_of_ours_is_logged_and_leaves_what_was_in_use(files, caplog):
    first = await files.runtimes.wait()
    files.error = ZeroDivisionError("planted")
    assert await files.reread() is first
    assert "the configuration could not be read" in caplog.text


async def test_who_cannot_wait_longer_gets_the_defaults_and_keeps_their_providers_open():
    files = Files(patience_s=0)
    files.gate.clear()
    files.runtimes.begin()
    defaults = await files.runtimes.soon()
    assert (defaults.stands_in, defaults.catalog.settings.mix) == (True, "embedded")
    assert files.runtimes.usable is defaults
    assert await files.runtimes.soon() is defaults
    assert "refactor" in defaults.actions
    assert set(defaults.catalog.providers) == {"embedded"}, "what the user forbids is not known"
    with files.runtimes.held(defaults):
        files.gate.set()
        await files.runtimes.wait()
        assert files.runtimes.usable is files.runtimes.now
        assert (await files.runtimes.soon()).stands_in is False
    await files.runtimes.close()
    assert all(files.closed())


async def test_a_setup_that_comes_in_time_is_waited_for(files):
    files.gate.clear()
    files.runtimes.begin()
    waiting = asyncio.create_task(files.runtimes.soon())
    await asyncio.sleep(0)
    assert not waiting.done()
    files.gate.set()
    assert (await waiting).stands_in is False
    assert files.runtimes.usable is files.runtimes.now


async def test_a_mix_that_defaults_do_not_know_is_waited_for():
    files = Files(patience_s=0)
    files.gate.clear()
    files.runtimes.begin()
    assert (await files.runtimes.knowing(None)).stands_in
    assert (await files.runtimes.knowing("embedded")).stands_in
    waiting = asyncio.create_task(files.runtimes.knowing("solo"))
    assert await asyncio.to_thread(files.begun.wait, 20)
    assert not waiting.done()
    files.gate.set()
    assert (await waiting).stands_in is False


async def test_a_mix_that_defaults_do_not_know_is_refused_in_the_end():
    files = Files(patience_s=0, named_patience_s=0)
    files.gate.clear()
    with pytest.raises(RunError, match="still being read"):
        await files.runtimes.knowing("solo")
    files.gate.set()
    await files.runtimes.wait()
