"""Whether a server on this machine is there: loopback only, nothing sent."""

import socket

import pytest

from moa_lsp.providers.local import listens


def test_there_and_gone():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        assert listens(url)
        peer, _ = server.accept()
        with peer:
            assert peer.recv(1) == b""
    assert not listens(url)


@pytest.mark.parametrize(
    "url", ["https://192.0.2.1/", "http://192.0.2.1", "", "nonsense", "https://h"]
)
def test_no_other_machine_is_ever_asked(url, monkeypatch):
    def connect(*args, **keys):
        raise AssertionError(args)

    monkeypatch.setattr(socket, "create_connection", connect)
    assert not listens(url)
