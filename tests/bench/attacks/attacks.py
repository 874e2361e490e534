"""What hostile programs try, a row an attack: each says itself whether it got what it wanted.

A program that `held` up to its end found everything refused. Others must not come to a pass.
OUR_TREE says that the sandbox's files are laid out by us, and are not those of an image.
"""

from dataclasses import dataclass

PRELUDE = '''
import ctypes, errno, os, resource, signal, socket, subprocess, sys, time

libc = ctypes.CDLL(None, use_errno=True)

def refused(action, *others):
    """That an action raises OSError; its number is one of `others`, if there are any."""
    try:
        got = action()
    except OSError as err:
        assert not others or err.errno in others, err
        return
    raise AssertionError(f"it was not refused: {got!r}")

def call(name, *arguments):
    """A function of the C library, with its error raised."""
    got = getattr(libc, name)(*arguments)
    if got < 0:
        raise OSError(ctypes.get_errno(), name)
    return got

NUMBERS = {"x86_64": 0, "aarch64": 1}

def system(numbers, *arguments):
    """A system call by its numbers on x86_64 and aarch64."""
    return call("syscall", numbers[NUMBERS[os.uname().machine]], *arguments)
'''


@dataclass(frozen=True)
class Attack:
    """A program, and what must become of it.

    Attributes:
        code: after ``PRELUDE`` and the facts of the test.
        status: of its verdict; ``passed`` where the program itself found all refused.
        detail: what the verdict must say.
    """

    code: str
    status: str = "passed"
    detail: str = ""
    seconds: float = 30.0
    memory: int = 1 << 30


HELD = {
    "the network outside": """
for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as sock:
            refused(lambda: sock.connect((address, 53)), errno.ENETUNREACH, errno.EADDRNOTAVAIL)
refused(lambda: socket.getaddrinfo("example.com", 80))
assert [name for _, name in socket.if_nameindex()] == ["lo"]
""",
    "raw sockets": """
refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
""",
    "families of sockets that no namespace holds": """
for family in (3, 17, 21, 30, 31, 38, 40, 41, 42, 43, 44):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        refused(lambda: socket.socket(family, kind))
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
    socket.socket(family).close()
""",
    "watches that all programs of a user share": """
refused(lambda: call("inotify_init"))
refused(lambda: call("inotify_init1", 0))
""",
    "limits of the driver": """
for name in ("NOFILE", "AS", "FSIZE", "CPU", "CORE"):
    number = getattr(resource, "RLIMIT_" + name)
    refused(lambda: resource.prlimit(1, number))
    refused(lambda: resource.prlimit(1, number, (1, 1)))
""",
    "a port of this machine's loopback": """
with socket.socket() as sock:
    refused(lambda: sock.connect(("127.0.0.1", PORT)))
""",
    "an abstract socket of this machine": """
with socket.socket(socket.AF_UNIX) as sock:
    refused(lambda: sock.connect("\\0" + ABSTRACT), errno.ECONNREFUSED)
""",
    "a socket in a folder of this machine": """
with socket.socket(socket.AF_UNIX) as sock:
    refused(lambda: sock.connect(SOCKET), errno.ENOENT)
""",
    "writing anywhere": """
for folder in ("/", "/usr", "/usr/bin", "/etc", "/proc", "/dev", os.path.dirname(sys.executable),
               sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)):
    refused(lambda: open(os.path.join(folder, "was-here"), "w"))
    refused(lambda: os.mkdir(os.path.join(folder, "was-here")))
for path in ("/driver.py", "/etc/passwd", sys.executable, os.__file__):
    refused(lambda: open(path, "r+"))  # a container has no such driver
    refused(lambda: os.unlink(path))
    refused(lambda: os.chmod(path, 0o777))
for knob in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger",
             "/proc/sys/net/ipv4/ip_forward"):
    if os.path.exists(knob):
        refused(lambda: open(knob, "w").write("1"))
for line in open("/proc/self/mounts"):
    _, place, kind, options, *_ = line.split()
    own = kind in ("tmpfs", "devtmpfs", "devpts", "proc")
    known = own and place.startswith(("/tmp", "/dev", "/proc"))
    assert not OUR_TREE or known or "ro" in options.split(","), line
    if os.path.isdir(place) and place not in ("/tmp", "/dev/shm", "/dev/mqueue"):
        refused(lambda: open(os.path.join(place, "was-here"), "w"))
""",
    "home folders and passwords": """
if OUR_TREE:
    for path in ("/home", "/etc/ssh", "/var", "/run", "/srv", "/mnt", "/boot", "/sys"):
        assert not os.path.exists(path), path
    assert "root" not in open("/etc/passwd").read()
for path in (HOME, PROJECT):
    # Its folders may be there, as far as they lead to the Python.
    for folder, folders, files in os.walk(path):
        if any(folder.startswith(root) for root in (sys.prefix, sys.base_prefix)):
            folders.clear()
            continue
        assert not files, (folder, files)
refused(lambda: open(SECRET), errno.ENOENT)
refused(lambda: open("/etc/shadow"))
""",
    "the environment of who started it": """
assert not any(CANARY in value for value in os.environ.values())
assert not OUR_TREE or set(os.environ) <= KNOWN, set(os.environ) - KNOWN
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            assert CANARY.encode() not in file.read(), pid
    except PermissionError:
        pass
""",
    "processes of this machine": """
assert {pid for pid in os.listdir("/proc") if pid.isdigit()} == {"1", str(os.getpid())}
refused(lambda: os.kill(OUTER_PID, 0), errno.ESRCH)
""",
    "killing everything": """
refused(lambda: os.kill(-1, signal.SIGKILL), errno.ESRCH)  # there is no other but the driver
for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT):
    os.kill(1, number)
os.kill(1, 0)
""",
    "three GiB at once": """
try:
    bytearray(3 << 30)
except MemoryError:
    pass
else:
    raise AssertionError("there is no bound")
""",
    "a file of 400 MB": """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def write():
    with open("/tmp/large", "wb", buffering=0) as file:
        for _ in range(400):
            if file.write(bytes(1 << 20)) < 1 << 20:
                raise OSError(errno.ENOSPC, "short")
refused(write, errno.EFBIG, errno.ENOSPC)
""",
    "many files": """
def write(folder):
    for number in range(40):
        with open(f"{folder}/{number}", "wb", buffering=0) as file:
            if file.write(bytes(8 << 20)) < 8 << 20:
                raise OSError(errno.ENOSPC, "short")
for folder in ("/tmp", "/dev/shm"):
    refused(lambda: write(folder), errno.ENOSPC)
""",
    "more and more processes": """
def bomb():
    for _ in range(2000):
        if os.fork() == 0:
            signal.pause()
refused(bomb, errno.EAGAIN)
assert sum(map(str.isdigit, os.listdir("/proc"))) < 300
import threading
try:
    threading.Thread(target=time.sleep, args=(1,)).start()
except RuntimeError:
    pass
else:
    raise AssertionError("threads have no bound")
""",
    "many open files": """
kept = []
refused(lambda: kept.extend(open(os.devnull) for _ in range(5000)), errno.EMFILE)
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (50000, 50000))
except (ValueError, OSError):
    pass
else:
    raise AssertionError("the bound can be raised")
""",
    "mounting": """
refused(lambda: call("mount", b"none", b"/mnt", b"tmpfs", 0, None))
refused(lambda: call("mount", None, b"/usr", None, 32 | 4096, None))  # MS_REMOUNT | MS_BIND
refused(lambda: call("mount", None, b"/", None, 32 | 4096, None))
refused(lambda: call("umount2", b"/usr", 2))
refused(lambda: call("umount2", b"/etc/passwd", 2))
refused(lambda: system((155, 41), b"/tmp", b"/tmp"))  # pivot_root
refused(lambda: call("chroot", b"/tmp"))
""",
    "new namespaces": """
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x04000000, 0x08000000, 0x02000000):
    refused(lambda: call("unshare", flag))
# clone itself, not unshare: a user namespace in the user namespace
def clone(*call):
    pid = system(*call)
    if pid == 0:
        os._exit(0)
    return pid
refused(lambda: clone((56, 220), 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0))
words = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
refused(lambda: clone((435, 435), words, ctypes.sizeof(words)))  # clone3
""",
    "rights of root": """
refused(lambda: os.setuid(0))
refused(lambda: os.setgid(0))
refused(lambda: os.setgroups([0]))
refused(lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(8, 0)))
refused(lambda: os.mknod("/tmp/memory", 0o20600, os.makedev(1, 1)))
refused(lambda: call("sethostname", b"mine", 4))
refused(lambda: os.nice(-5))
refused(lambda: call("reboot", 0x1234567))
refused(lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
for line in open("/proc/self/status"):
    if line.startswith(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")):
        assert int(line.split()[1], 16) == 0, line
with open("/tmp/setuid", "w") as file:
    file.write("#!/bin/sh")
os.chmod("/tmp/setuid", 0o4755)
assert os.statvfs("/tmp").f_flag & os.ST_NOSUID
""",
    "a terminal": """
import fcntl
assert os.getsid(0) != 0, "the session is one of outside"
refused(lambda: open("/dev/tty", "r+"))
for number in (0, 1, 2):
    assert not os.isatty(number)
    refused(lambda: fcntl.ioctl(number, 0x5412, b"x"))  # TIOCSTI
assert sys.stdin is None or sys.stdin.read() == ""
""",
    "keys of the kernel": """
refused(lambda: system((248, 217), b"user", b"mine", b"x", 1, -3))  # add_key
refused(lambda: system((250, 219), 0, -3, 0))  # keyctl
""",
    "memory that belongs to nobody": """
refused(lambda: os.memfd_create("mine"))
refused(lambda: system((29, 194), 0, 1 << 30, 0o1600))  # shmget
refused(lambda: system((64, 190), 0, 32000, 0o1600))  # semget
refused(lambda: system((68, 186), 0, 0o1600))  # msgget
refused(lambda: system((240, 180), b"mine", os.O_CREAT | os.O_RDWR, 0o600, None))  # mq_open
refused(lambda: system((425, 425), 8, ctypes.create_string_buffer(256)))  # io_uring_setup
""",
    "the driver's memory": """
assert os.getppid() == 1
for name in ("mem", "environ", "maps", "fd", "fd/0", "fd/1", "fd/2", "root/etc/passwd", "cwd",
             "exe", "auxv", "syscall", "stack", "map_files"):
    path = f"/proc/1/{name}"
    refused(lambda: os.listdir(path) if name in ("fd", "map_files") else
            os.readlink(path) if name in ("cwd", "exe") else open(path, "rb").read(1))
refused(lambda: call("ptrace", 16, 1, 0, 0))  # PTRACE_ATTACH
refused(lambda: call("ptrace", 0x4206, 1, 0, 0))  # PTRACE_SEIZE
refused(lambda: system((310, 270), 1, None, 0, None, 0, 0))  # process_vm_readv
refused(lambda: system((438, 438), os.pidfd_open(1), 1, 0))  # pidfd_getfd
with open("/proc/1/cmdline", "rb") as file:
    said = file.read()
assert said.rstrip(b"\\0").endswith(b"/driver.py") or not OUR_TREE and b"def main()" in said
""",
    "pipes of the driver": """
import stat
inodes = {}
for number in map(int, os.listdir("/proc/self/fd")):
    try:
        facts = os.fstat(number)
    except OSError:
        continue  # the one that listed
    if stat.S_ISFIFO(facts.st_mode):
        inodes[number] = facts.st_ino
# What is printed, and the one way to tell how it went, which is for writing alone.
assert inodes[1] == inodes[2] and len(inodes) == 3, inodes
other = (set(inodes) - {1, 2}).pop()
refused(lambda: os.read(other, 1), errno.EBADF)
""",
}
"""Programs that pass when everything that they try is refused."""

FAILED = {
    "sys.exit(0)": Attack("sys.exit(0)", "failed", "exit(0)"),
    "os._exit(0)": Attack("os._exit(0)", "failed", "left before its end"),
    "an exit in a thread": Attack(
        "import threading\nthreading.Thread(target=os._exit, args=(0,)).start()\ntime.sleep(60)",
        "failed",
        "left before its end",
    ),
    "an exit at the exit": Attack(
        "import atexit\natexit.register(os._exit, 0)\nraise SystemExit", "failed", "exit(None)"
    ),
    "a failure that is hidden at the exit": Attack(
        "sys.excepthook = lambda *_: os._exit(0)\nraise ValueError('seen')", "failed", "seen"
    ),
    "a child that kills all others": Attack(
        "if os.fork() == 0:\n    os.kill(-1, signal.SIGKILL)\n    os._exit(0)\ntime.sleep(60)",
        "failed",
        "killed by SIGKILL",
    ),
    "another program in its place": Attack(
        "os.execv(sys.executable, [sys.executable, '-c', ''])", "failed", "left before its end"
    ),
    "a copy of itself that comes to the end": Attack(
        "if os.fork():\n    os.wait()\n    raise ValueError('the first one')",
        "failed",
        "the first one",
    ),
    "printed records": Attack(
        "for _ in range(3):\n"
        '    print(\'ready\'); print(\'{"passed": true, "timeout": false, "detail": ""}\')\n'
        "raise ValueError('seen')",
        "failed",
        "seen",
    ),
    "records in every pipe": Attack(
        "for number in range(3, 64):\n"
        "    for text in (b'ready\\n', b'P', b'P' * 64, b'\\0' * 32 + b'{\"passed\": true}'):\n"
        "        try:\n            os.write(number, text)\n"
        "        except OSError:\n            pass\nos._exit(0)",
        "failed",
        "left before its end",
    ),
    "pipes that are closed": Attack(
        "os.closerange(0, 64)\nraise ValueError", "failed", "left before its end"
    ),
    "the driver that is stopped": Attack(
        "os.kill(1, signal.SIGSTOP)\nraise ValueError('seen')", "failed", "seen"
    ),
    "a flood of the one signal that the driver hears": Attack(
        "for _ in range(4):\n    if os.fork() == 0:\n        while True:\n"
        "            os.kill(1, signal.SIGCHLD)\n"
        "for _ in range(10000):\n    os.kill(1, signal.SIGCHLD)\nraise ValueError('seen')",
        "failed",
        "seen",
    ),
    "an exit in a flood of that signal": Attack(
        "for _ in range(4):\n    if os.fork() == 0:\n        while True:\n"
        "            os.kill(1, signal.SIGCHLD)\nos._exit(0)",
        "failed",
        "left before its end",
    ),
    "a module of the standard library in its own words": Attack(
        "import traceback, json\ntraceback.format_exception = lambda *_: []\n"
        "json.dumps = lambda *_, **__: '{\"passed\": true}'\nos._exit = lambda _: None\n"
        "raise ValueError('seen')",
        "failed",
    ),
    "an exception that cannot be shown": Attack(
        "class Odd(Exception):\n    def __str__(self):\n        os._exit(0)\nraise Odd", "failed"
    ),
    "an endless traceback": Attack("def f():\n    f()\nf()", "failed", "RecursionError"),
    "a message of 64 MB": Attack("raise ValueError('x' * (64 << 20))", "failed", "xxxx"),
    "no bytes of text": Attack("raise ValueError('\\udc80' * 3)", "failed"),
    "a flood of output": Attack(
        "while True:\n    os.write(1, bytes(1 << 16))", "failed", "printed more than"
    ),
    "a flood of lines by a child that went its own way": Attack(
        "if os.fork() == 0:\n    os.setsid()\n    while True:\n"
        "        os.write(2, bytes(1 << 16))\ntime.sleep(600)",
        "failed",
        "printed more than",
    ),
    "memory of many": Attack(
        "for _ in range(8):\n    if os.fork() == 0:\n        os.setsid()\n"
        "        kept = b'x' * (200 << 20)\n        time.sleep(600)\n"
        # All are ended from outside; in a container the kernel ends one after the other.
        "if os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL:\n"
        "    raise MemoryError('together took more than they may')",
        "failed",
        "together took more than",
    ),
    "processor time": Attack("while True:\n    pass", "timeout", "longer than", seconds=1),
    "sleep": Attack("time.sleep(600)", "timeout", "longer than", seconds=0.5),
    "signals that are not heard": Attack(
        "for each in range(1, 65):\n    try:\n        signal.signal(each, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\nwhile True:\n    time.sleep(1)",
        "timeout",
        seconds=0.5,
    ),
    "a pipe to the driver that is full": Attack(
        "for number in range(3, 64):\n    try:\n        while True:\n"
        "            os.write(number, bytes(1 << 16))\n    except OSError:\n        pass\n",
        "timeout",
        seconds=1,
    ),
}
"""Programs that do not pass, whatever they say of themselves."""

ATTACKS = {name: Attack(code) for name, code in HELD.items()} | FAILED
