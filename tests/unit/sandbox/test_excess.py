"""Whose fault it is that a program is ended from outside."""

import os

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import bubblewrap, tree


@pytest.fixture
def init_process():
    """The first process of a sandbox, played by this one."""
    theirs, ours = os.pipe()
    os.write(ours, b'{"child-pid": %d}' % os.getpid())
    first = bubblewrap._InitProcess(theirs)
    yield first
    first.close()
    os.close(theirs)
    os.close(ours)


@pytest.mark.skipif(not tree.is_visible(), reason="the system tells no children of processes")
def test_a_program_that_holds_too_much_is_told_so(init_process, monkeypatch):
    assert "together took more than 0 MiB" in str(init_process.excess(1))
    # The machine's memory is the seam here: nothing can make it short for a test alone.
    monkeypatch.setattr(bubblewrap, "LEAST_AVAILABLE_BYTES", 1 << 62)
    with pytest.raises(SandboxError, match="says nothing of the program"):
        init_process.excess(1 << 40)
    assert "together took more" in str(init_process.excess(1)), "its own excess comes first"
