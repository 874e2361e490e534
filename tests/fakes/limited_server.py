"""The scripted server with less of the machine than it would like.

Run as ``python -m tests.fakes.limited_server [--memory MIB] [--files N] [--threads N]``. Threads
are refused as the system refuses them; the system's own limit does not bind every user.
"""

import argparse
import resource
import sys
import threading

from moa_lsp.lsp.app import serve
from tests.fakes.scripted_server import Fake


def limit(memory: int | None, files: int | None, threads: int | None) -> None:
    """Take the rest away from this process, for good."""
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory * 2**20,) * 2)
    if files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if threads is not None:

        def hook(event: str, _arguments: tuple[object, ...]) -> None:
            if event == "_thread.start_new_thread" and threading.active_count() > threads:
                raise RuntimeError("can't start new thread")

        sys.addaudithook(hook)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for each in ("--memory", "--files", "--threads"):
        parser.add_argument(each, type=int)
    given = parser.parse_args()

    def create():
        limit(given.memory, given.files, given.threads)
        return Fake().server

    sys.exit(serve(create=create))
