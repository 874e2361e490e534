"""Programs in bubblewrap: no network, no files but /usr and a Python, no rights, no other process.

Started by root, it would keep root's rights towards files (measured: a remount that writes, a
readable /etc/shadow, no bound on processes). So the user is changed before it starts.
"""

import asyncio
import contextlib
import dataclasses
import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import tree, wire
from moa_lsp.sandbox.execution import Launch, OutputTail, SandboxStartError, execute
from moa_lsp.sandbox.interpreter import Interpreter
from moa_lsp.sandbox.limits import MAX_SANDBOX_PROCESSES, SANDBOX_SHM_BYTES, SANDBOX_TMP_BYTES
from moa_lsp.sandbox.program import Program, Verdict

LEAST_AVAILABLE_BYTES = 256 * 2**20
"""Memory that this machine must have left, or what is executed is ended: what the kernel holds for
a process counts nowhere else."""


NOBODY = 65534
"""The user inside, and outside of it where root starts it."""

DRIVER = Path(__file__).with_name("driver.py")

ETC = {
    "hosts": "127.0.0.1 localhost sandbox\n",
    "passwd": f"nobody:x:{NOBODY}:{NOBODY}:nobody:/tmp:/bin/sh\n",
    "group": f"nogroup:x:{NOBODY}:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
"""What stands in /etc instead of this machine's own."""

_SHOWN_ETC = ("alternatives", "ld.so.cache")
"""What programs of /usr need of this machine's /etc to start; Java's settings beside these."""

_SYSTEM_LINKS = {"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/lib64": "usr/lib64"}


def command(program: str, python: Interpreter, files: dict[str, int]) -> tuple[str, ...]:
    """The command line of one execution (docs/sandbox.md).

    Args:
        program: path of bubblewrap.
        python: what runs the driver.
        files: by path in the sandbox, the open file whose content goes there.
    """
    words = [program, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    words += ["--unshare-uts", "--unshare-cgroup-try", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    words += ["--hostname", "sandbox", "--cap-drop", "ALL", "--disable-userns"]
    words += ["--die-with-parent", "--new-session", "--clearenv", "--as-pid-1"]
    words += ["--ro-bind", "/usr", "/usr"]
    for path, target in _SYSTEM_LINKS.items():
        if Path(path).is_symlink():
            words += ["--symlink", target, path]
        else:
            words += ["--ro-bind-try", path, path]
    shown = [Path("/etc") / name for name in _SHOWN_ETC]
    for etc in (*shown, *sorted(Path("/etc").glob("java*"))):
        words += ["--ro-bind-try", str(etc), str(etc)]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(SANDBOX_TMP_BYTES), "--tmpfs", "/tmp"]  # noqa: S108  # its own
    words += ["--size", str(SANDBOX_SHM_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108  # its own
    for path, number in files.items():
        words += ["--perms", "0444", "--file", str(number), path]
    for root in python.roots:
        words += ["--ro-bind", str(root), str(root)]
    for link, target in python.links:
        if not str(link).startswith((*_SYSTEM_LINKS, "/etc/")):
            words += ["--symlink", target, str(link)]
    # Else /dev is memory without a bound; what is mounted in it stays as it is.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    for name, value in environment(python).items():
        words += ["--setenv", name, value]
    words += ["--chdir", "/tmp", "--", str(python.executable), *python.flags, "/driver.py"]  # noqa: S108  # its own
    return tuple(words)


def environment(python: Interpreter) -> dict[str, str]:
    """All variables that a program finds."""
    found = wire.ENVIRONMENT | {"PATH": f"{python.executable.parent}:/usr/local/bin:/usr/bin:/bin"}
    if python.libraries is not None:
        # Else the system's own shared library of Python may be taken, which is another version.
        found["LD_LIBRARY_PATH"] = str(python.libraries)
    return found


def stage(program: str, setpriv: str, python: Interpreter, closed: tuple[Path, ...]) -> list[str]:
    """What root puts before ``command`` where the Python lies in folders that only root enters.

    In a view of its own those folders are replaced by empty ones that hold the Python alone.
    """
    # With processes of its own: a parent's death signal does not reach another user, but all of
    # these end with their first one, which is still root's. /proc stays: a new one of root's would
    # hide parts, and then none could be made inside.
    words = [program, "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/"]
    for folder in closed:
        words += ["--tmpfs", str(folder)]
    for root in python.roots:
        if any(root.is_relative_to(folder) for folder in closed):
            # Else they are made for root alone.
            for between in reversed(root.parents):
                if any(folder in between.parents for folder in closed):
                    words += ["--perms", "0755", "--dir", str(between)]
            words += ["--ro-bind", str(root), str(root)]
    words += ["--", setpriv, "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    return [*words, "--no-new-privs", "--"]


def closed_folders(python: Interpreter, is_open: Callable[[Path], bool]) -> tuple[Path, ...]:
    """The outermost folders above a Python's own that another user cannot enter.

    Raises:
        SandboxError: a folder of its own is such a one.
    """
    found: list[Path] = []
    for root in python.roots:
        if not is_open(root):
            raise SandboxError(
                f"{root} is closed to other users, and programs are not executed as root; "
                "open it, or name another Python with --python"
            )
        outer = next((each for each in reversed(root.parents) if not is_open(each)), None)
        if outer is not None and outer not in found:
            found.append(outer)
    return tuple(found)


def _enterable(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o001)


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """A sandbox by bubblewrap on this machine.

    Attributes:
        program: path of bubblewrap.
        python: that programs are executed with.
        prefix: what stands before the command line; empty for an ordinary user.
        processes: that one program may have at once.
    """

    program: str
    python: Interpreter
    prefix: tuple[str, ...] = ()
    processes: int = MAX_SANDBOX_PROCESSES
    kind: str = field(default="bubblewrap", init=False)

    @property
    def digest(self) -> str:
        """Of the Python and what is installed in it."""
        return self.python.digest

    def bounded(self, processes: int) -> "Bubblewrap":
        """The same with another bound on processes."""
        return dataclasses.replace(self, processes=processes)

    async def run(self, program: Program) -> Verdict:
        """Execute a program; cancelling kills all of it.

        Raises:
            SandboxError: the sandbox itself failed. That says nothing of the program.
        """
        return await self.run_in(b"", program)

    async def run_in(
        self, tree: bytes, program: Program, printed: OutputTail | None = None
    ) -> Verdict:
        """Execute a program among the files of a tree, of which those of its own names are hidden.

        Args:
            tree: as ``file_tree.pack`` writes it, or empty.
            program: as in ``run``.
            printed: takes what the program prints.

        Raises:
            SandboxError: as in ``run``.
        """
        reason = wire.refused(program)
        if reason is not None:
            return Verdict("failed", reason)
        with contextlib.ExitStack() as stack:
            launch = self._launch(stack, program.memory, tree)
            try:
                return await execute(
                    launch,
                    program,
                    processes=self.processes,
                    has_tree=bool(tree),
                    printed=printed,
                )
            except SandboxStartError as err:
                raise SandboxError(why(str(err))) from err

    def _launch(self, stack: contextlib.ExitStack, memory: int, tree: bytes) -> Launch:
        content = {f"/etc/{name}": text.encode() for name, text in ETC.items()}
        content["/driver.py"] = DRIVER.read_bytes()
        if tree:
            content[wire.TREE] = tree
        files = {path: _opened(stack, data) for path, data in content.items()}
        theirs, ours = os.pipe()
        stack.callback(os.close, ours)
        stack.callback(os.close, theirs)
        first = _InitProcess(theirs)
        stack.callback(first.close)
        words = command(self.program, self.python, files)
        outer, *rest = (*self.prefix, *words)
        options: dict[str, Any] = {"pass_fds": (*files.values(), ours), "env": {}}
        if os.geteuid() == 0 and not self.prefix:
            options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return Launch(
            command=(outer, "--info-fd", str(ours), *rest),
            options=options,
            end=first.end,
            excess=lambda: first.excess(memory),
        )


def prepare(python: Interpreter) -> Bubblewrap:
    """A sandbox on this machine, which is not yet known to work.

    Raises:
        SandboxError: there is none; the message says what to do.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError("bubblewrap is not installed; install the package `bubblewrap`")
    if not tree.is_visible():
        raise SandboxError(
            "this system does not tell the children of a process, so memory has no bound"
        )
    closed = closed_folders(python, _enterable) if os.geteuid() == 0 else ()
    if not closed:
        return Bubblewrap(program, python)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SandboxError(
            f"{closed[0]} is closed to other users, and programs are not executed as root; "
            "name another Python with --python, or install setpriv (util-linux)"
        )
    return Bubblewrap(program, python, tuple(stage(program, setpriv, python, closed)))


def _opened(stack: contextlib.ExitStack, data: bytes) -> int:
    """An open file of memory that holds ``data``."""
    number = os.memfd_create("moa-lsp")
    stack.callback(os.close, number)
    with os.fdopen(os.dup(number), "wb") as file:
        file.write(data)
    os.lseek(number, 0, os.SEEK_SET)
    return number


class _InitProcess:
    """The first process of a sandbox: what it holds, and its end, which is the end of all."""

    def __init__(self, info: int) -> None:
        os.set_blocking(info, False)
        self._info = info
        self._said = b""
        self._pid: int | None = None
        self._handle: int | None = None

    def excess(self, memory: int) -> str | None:
        """Why it must end now: it holds more than ``memory`` bytes.

        Raises:
            SandboxError: the machine has no more.
        """
        self._look()
        if self._pid is None:
            return None
        if tree.holds_more(self._pid, memory):
            return f"all its processes together took more than {memory >> 20} MiB"
        if tree.available() < LEAST_AVAILABLE_BYTES:
            raise SandboxError(
                "the machine has no memory left, which says nothing of the program; end what "
                "takes it and run this again"
            )
        return None

    async def end(self, outermost: int | None) -> None:
        """Kill it, and with it all others; returns when none is left.

        Before bubblewrap has said who it is, it may wait for bubblewrap, and would do so for ever.
        """
        self._look()
        if self._handle is None:
            if outermost is not None:
                await tree.fell(outermost)
            return
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._handle, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(self._handle)

    def close(self) -> None:
        """Forget it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _look(self) -> None:
        """Read who it is, once bubblewrap has said so."""
        if self._pid is not None:
            return
        with contextlib.suppress(BlockingIOError):
            self._said += os.read(self._info, 4096)
        with contextlib.suppress(ValueError, KeyError):  # not yet whole
            self._pid = int(json.loads(self._said)["child-pid"])
            with contextlib.suppress(ProcessLookupError):  # it has ended
                self._handle = os.pidfd_open(self._pid)


_REASONS = {
    "uid map": "apparmor",
    "RTM_NEWADDR": "apparmor",
    "namespace": "container",
    "Can't mount proc": "proc",
    "Unknown option": "old",
    "Can't find source path": "python",
    "execvp": "python",
}
"""What bubblewrap says, and what that means (containers/bubblewrap#505, #632)."""

_FIXES = {
    "apparmor": "user namespaces are forbidden by AppArmor, as from Ubuntu 24.04 on; install its "
    "profile for bwrap (docs/sandbox.md)",
    "container": "this system forbids new namespaces, as containers do by default; start the "
    "container with `--security-opt seccomp=unconfined`, or see docs/sandbox.md",
    "proc": "this container hides parts of /proc; start it with "
    "`--security-opt systempaths=unconfined`",
    "old": "bubblewrap is older than 0.8; install a newer one",
    "python": "the Python cannot be started there; name another one with --python",
}


def why(said: str) -> str:
    """A sentence for what bubblewrap printed when it could not start."""
    line = said.strip().split("\n")[-1][:200]
    meant = next((meant for sign, meant in _REASONS.items() if sign in said), None)
    fix = "" if meant is None else f"; {_FIXES[meant]}"
    return f"bubblewrap could not start ({line}){fix}"
