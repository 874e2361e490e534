"""The program that a sandbox must run before it is trusted with another."""

from moa_lsp.sandbox.limits import SANDBOX_SHM_BYTES, SANDBOX_TMP_BYTES
from moa_lsp.sandbox.seccomp import FILTERS, REFUSED

PROCESSES = 24
"""Bound on processes for this program: it has to reach it."""

_CALLS = {
    name: dict(zip(FILTERS, REFUSED[name], strict=True))
    for name in ("keyctl", "memfd_create", "unshare")
}
"""Some that engines of containers let through, by machine."""

_WRITABLE = {"/tmp": SANDBOX_TMP_BYTES, "/dev/shm": SANDBOX_SHM_BYTES}  # noqa: S108  # its own
"""Where a program may write, and how much."""

_FILELESS = ("proc", "sysfs", "devpts", "mqueue")
"""Kinds of mounts that hold no files of a program; the kernel bounds the queues of messages."""

PROGRAM = f"""
import ctypes, errno, os, signal, socket

def must(holds, what):
    if not holds:
        raise RuntimeError(what)

def refused(action, what):
    try:
        action()
    except OSError:
        return
    raise RuntimeError(what)

names = [name for _, name in socket.if_nameindex()]
must(set(names) <= {{"lo"}}, "there is a network interface beside loopback")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    # Asks for a route alone: nothing is sent. The address is one of no machine.
    refused(lambda: sock.connect(("192.0.2.1", 9)), "there is a route out")

for folder, size in {_WRITABLE!r}.items():
    found = os.statvfs(folder)
    must(found.f_frsize * found.f_blocks <= size, "there is no bound on " + folder)
with open("/proc/self/mounts", encoding="latin-1") as file:
    mounts = [line.split(" ") for line in file]
for _, place, kind, options, *_ in mounts:
    # Blanks and the like stand there as octal numbers, other bytes as they are.
    place = os.fsdecode(place.encode("latin-1").decode("unicode_escape").encode("latin-1"))
    if place in {list(_WRITABLE)!r} or kind in {_FILELESS!r}:
        continue
    if os.path.isfile(place):
        refused(lambda: open(place, "r+"), "it can be written to " + place)
    for folder, folders, _ in os.walk(place):
        path = os.path.join(folder, "moa-lsp-was-here")
        refused(lambda: open(path, "w"), "it can be written to " + folder)
        closed = "ro" in options.split(",")
        folders[:] = () if closed else (
            each for each in folders if not os.path.ismount(os.path.join(folder, each))
        )
refused(lambda: os.setuid(0), "it can become root")
refused(lambda: open("/etc/shadow"), "the passwords of this machine can be read")
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file if ":" in line)
must(int(status["CapEff"], 16) == 0, "programs have rights of root")
must(int(status["CapBnd"], 16) == 0, "programs can get rights of root")
must(status["NoNewPrivs"].strip() == "1", "programs can get new rights")

libc = ctypes.CDLL(None, use_errno=True)
for name, numbers in {_CALLS!r}.items():
    number = numbers.get(os.uname().machine)
    if number is not None:
        got = libc.syscall(number, None, None, None, None, None)
        must((got, ctypes.get_errno()) == (-1, errno.ENOSYS), name + " is let through")

children = []
try:
    while len(children) < {PROCESSES}:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except BlockingIOError:
    pass
must(len(children) < {PROCESSES}, "there is no bound on processes")
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""

LINGERING = """
import os, time

# Whoever kills this must kill all of it: each holds the pipe whose end is then waited for.
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
time.sleep(3600)
"""
"""What can only be ended from outside, with others that went their own way."""

LINGERING_S = 0.3
"""Until it is ended."""

LEAVING = "import os; os._exit(0)"
"""What leaves without having failed."""
