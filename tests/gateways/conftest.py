"""Servers that take long to start, one for all tests."""

import pytest

from tests.gateways.litellm import litellm
from tests.gateways.process import free_port


@pytest.fixture(scope="session")
def upstream_port() -> int:
    """Where a test plays the server behind the proxy."""
    return free_port()


@pytest.fixture(scope="session")
def tiny_port() -> int:
    """Where llama.cpp's server stands behind the proxy."""
    return free_port()


@pytest.fixture(scope="session")
def proxy(tmp_path_factory: pytest.TempPathFactory, upstream_port: int, tiny_port: int):
    with litellm(tmp_path_factory.mktemp("litellm"), upstream_port, tiny_port) as server:
        yield server
