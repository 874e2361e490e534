"""Real processes for tests; each one's manners are checked when the test ends."""

import subprocess
import sys
from contextlib import suppress

import pytest

from tests.fakes.client import ROOT, TEST_SERVER, Client
from tests.fakes.desk import CONFIG, Desk, write_config
from tests.fakes.monitors import forbidden


@pytest.fixture(autouse=True)
def nobody_leaves(monkeypatch):
    """What a test starts goes through a proxy if it leaves this machine; nobody comes there."""
    for name, value in forbidden().environ().items():
        monkeypatch.setenv(name, value)
    yield
    forbidden().check()


SCRIPTED_SERVER = (sys.executable, "-m", "tests.fakes.scripted_server")


@pytest.fixture
def start():
    """Starts clients: ``start(command, …)``; all are closed and checked at the end."""
    clients = []

    def begin(command=TEST_SERVER, **how):
        clients.append(Client(command, **how))
        return clients[-1]

    yield begin
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def shared():
    """One initialised server for all the rows that it must survive."""
    client = Client(TEST_SERVER)
    client.initialize()
    yield client
    assert client.quit() == 0
    client.close()
    assert not client.unanswered()


@pytest.fixture
def spawn():
    """Starts bare processes with pipes, for clients that misbehave; ended after the test."""
    processes = []

    def begin(command=TEST_SERVER, **how):
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        processes.append(subprocess.Popen(command, cwd=ROOT, **{**pipes, **how}))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait(10)


@pytest.fixture
def start_desk(start, tmp_path):
    """Starts scripted servers: ``start_desk(…)`` gives a client that has said nothing yet."""
    desks = []

    def begin(*, config=CONFIG, mixes=None, flags=()):
        path = write_config(tmp_path / f"config{len(desks)}", config, mixes)
        client = start((*SCRIPTED_SERVER, *flags), env={"MOA_LSP_CONFIG": str(path)})
        desks.append(Desk(client))
        return desks[-1]

    yield begin
    for each in desks:
        each.client.rest()


@pytest.fixture
def runner(start_desk):
    """Starts scripted servers: ``desk(capabilities, encoding, …)`` gives an initialised client."""

    def begin(capabilities=None, encoding="utf-16", *, config=CONFIG, mixes=None, flags=(), **how):
        made = start_desk(config=config, mixes=mixes, flags=flags)
        made.initialize(capabilities, encoding, **how)
        return made

    return begin


def _shared(folder, *flags):
    client = Client((*SCRIPTED_SERVER, *flags), env={"MOA_LSP_CONFIG": str(write_config(folder))})
    made = Desk(client)
    made.initialize()
    yield made
    client.rest()
    assert client.quit() == 0
    client.close()
    assert not client.unanswered()


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """One scripted server for all rows that leave it as they found it; checked at the end."""
    yield from _shared(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """As ``one``, but it waits 0.3 s for an answer: for rows whose client gives none."""
    yield from _shared(tmp_path_factory.mktemp("config"), "--reply-s", "0.3")
