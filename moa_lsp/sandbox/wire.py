"""What goes to the driver in a sandbox, and what comes back (pure).

To it: the length of the job (8 bytes, big-endian), the job as JSON, the nonce. From it: ``READY``,
then the nonce and the record as JSON.
"""

import json
import math
from pathlib import PurePosixPath

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import seccomp
from moa_lsp.sandbox.driver import NONCE_BYTES, READY
from moa_lsp.sandbox.limits import MAX_SANDBOX_PROCESSES, SANDBOX_TMP_BYTES
from moa_lsp.sandbox.program import Program, Status, Verdict

MAX_SANDBOX_OPEN_FILES = 512
"""Of one process; what pipes and sockets of all hold of the kernel's memory stays small."""

MAX_PROGRAM_FILES = 1000
"""Of one program; the largest exercise has 20."""

MAX_PROGRAM_BYTES = 16 * 2**20
"""Of all files of a program, which must leave room in its folder."""


WORK = "/tmp/work"  # noqa: S108  # inside the sandbox, whose /tmp is its own
"""The folder that a program finds itself in."""

TREE = "/tree"
"""Where a tree of files is, as ``file_tree.pack`` writes it."""

ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108  # as above
    "TMPDIR": "/tmp",  # noqa: S108  # as above
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "MPLBACKEND": "Agg",
    # The same program, the same verdict.
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # One processor a program: many run side by side, and each thread counts as a process.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""All that a program finds in its environment, but PATH."""


def refused(program: Program) -> str | None:
    """Why a program is not even started, or ``None``: files outside of its folder, too many."""
    if len(program.files) > MAX_PROGRAM_FILES:
        return f"the program has more than {MAX_PROGRAM_FILES} files"
    if sum(len(text) for text in program.files.values()) > MAX_PROGRAM_BYTES:
        return f"the program's files have more than {MAX_PROGRAM_BYTES >> 20} MiB"
    for name in program.files:
        if not _inside(name):
            return f"the path {name[:100]!r} does not lie in the program's folder"
    if program.mode == "command":
        return None if program.command else "the program has no command"
    return None if program.entry in program.files else f"there is no file {program.entry[:100]!r}"


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    clean = "\0" not in name and "\\" not in name and str(path) == name
    return clean and not path.is_absolute() and ".." not in path.parts and path.parts != ()


def job(
    program: Program,
    *,
    processors: int,
    processes: int = MAX_SANDBOX_PROCESSES,
    has_tree: bool = False,
) -> bytes:
    """The job of a program that was not refused, framed.

    Args:
        program: what to run.
        processors: of this machine: so many may be busy for the whole time.
        processes: that may be at work at once, threads included.
        has_tree: whether a tree of files lies at ``TREE``, to be unpacked beside the program's.
    """
    seconds = math.ceil(program.seconds) * processors + 1
    # Runtimes of other languages reserve far more addresses than they use.
    room = "data" if program.mode == "command" else "as"
    limits = {
        room: program.memory,
        "nproc": processes,
        "fsize": SANDBOX_TMP_BYTES,
        "nofile": MAX_SANDBOX_OPEN_FILES,
        "core": 0,
    }
    body = json.dumps(
        {
            "mode": program.mode,
            "files": dict(program.files),
            "entry": program.entry,
            "command": list(program.command),
            "folder": WORK,
            "tree": TREE if has_tree else None,
            "filters": {machine: code.hex() for machine, code in seccomp.FILTERS.items()},
            # The signal of the soft limit tells what happened; the hard one kills.
            "limits": {name: (value, value) for name, value in limits.items()}
            | {"cpu": (seconds, seconds + 1)},
        }
    ).encode()
    return len(body).to_bytes(8, "big") + body


def verdict(said: bytes, nonce: bytes, printed: str, seconds: float) -> Verdict:
    """What became of a program by what its driver said.

    Args:
        said: after ``READY``.
        nonce: that was given to the driver, and to nobody else.
        printed: the last of what the program printed.
        seconds: that it took.

    Raises:
        SandboxError: the driver could not close system calls, and started no program.
    """
    if said[:NONCE_BYTES] != nonce:
        return Verdict("failed", _told("it ended without a verdict", printed), seconds)
    record = json.loads(said[NONCE_BYTES:])
    if "broken" in record:
        raise SandboxError(
            f"the filter of system calls cannot be installed ({record['broken']}); take an "
            "image of this machine's own architecture, and a kernel with seccomp"
        )
    if record["passed"]:
        return Verdict("passed", "", seconds)
    status: Status = "timeout" if record["timeout"] else "failed"
    return Verdict(status, _told(record["detail"], printed), seconds)


def _told(detail: str, printed: str) -> str:
    """A traceback says it all; of anything else, what was printed says more."""
    if "Traceback (most" in detail or not printed.strip():
        return detail
    return f"{detail}\n{printed}"


__all__ = ["ENVIRONMENT", "NONCE_BYTES", "READY", "WORK", "job", "refused", "verdict"]
