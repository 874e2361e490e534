"""For all tests: what runs and indexes leave behind goes to folders of the test session."""

import os

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def apart(tmp_path_factory):
    """The ledger, cache and indexes of this process and of every one that it starts."""
    before = {name: os.environ.get(name) for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME")}
    for name in before:
        os.environ[name] = str(tmp_path_factory.mktemp(name))
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
