"""stdin and stdout, which are the protocol's alone."""

import os
import sys


def claim_stdio() -> tuple[int, int]:
    """Take stdin and stdout for the protocol alone.

    Whatever else writes to stdout, here or in a child process, then writes to stderr, and a
    child process reads nothing from stdin.

    Returns:
        The file descriptors to read from and to write to.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
