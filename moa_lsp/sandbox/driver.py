"""Runs one program inside a sandbox and says what became of it.

This file alone goes into the sandbox, for whatever Python (3.9 and newer) is asked about: it
imports the standard library only. It speaks with the outside over three pipes: stdin brings the
job and then the nonce, stdout takes ``ready`` and then the record, stderr takes what the program
prints. A record counts only with the nonce in front.

This is the first process of the sandbox, which no signal from inside ends or stops. One reaches
it, since it has a handler: SIGCHLD, after which it looks whether its child has ended, whoever sent
it. The program runs in a child, which is forked before the nonce is read, starts after it was, and
has neither of the first two pipes; the memory and the files of this process are closed to it, and
when the record is written nothing of it is left. So the program cannot write a record. What its
own interpreter tells this process (that it came to its end) it could tell too, if it looks for
that: program and tests are one interpreter.

The filter of system calls is installed on this process before it forks, in every kind of sandbox
alike: all that runs here has it, and cannot take it off. Where that fails nothing is forked.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import struct
import sys
import traceback
import types
import unittest

# What the program may replace in these modules is not what is used after it.
from os import _exit, getpid, write
from typing import Any

READY = b"ready\n"
NONCE_BYTES = 32
TOKEN_BYTES = 16

MAX_DETAIL_BYTES = 2048
"""Of what a failed program said: with the rest of a report less than a pipe takes at once."""

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_FILTER_LINE_BYTES = 8


def main() -> None:
    """Take one job, run it, write one record."""
    if getpid() != 1:
        raise SystemExit("this file ends all other processes: it belongs into a sandbox")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which Python hears otherwise
    _dumpable(0)
    write(1, READY)
    job = json.loads(_exactly(int.from_bytes(_exactly(8), "big")))
    try:
        _filter(job["filters"])
    except OSError as err:
        write(1, _exactly(NONCE_BYTES) + json.dumps({"broken": err.strerror}).encode())
        return
    token = os.urandom(TOKEN_BYTES)
    told, tell = os.pipe()
    wait, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        os.close(go)
        os.read(wait, 1)  # until nothing is left in stdin
        os.close(wait)
        _run(job, token, tell)
    nonce = _exactly(NONCE_BYTES)
    for number in (tell, wait, go):
        os.close(number)
    status = _awaited(child)
    _clear()
    passed, timeout, detail = _judged(job["mode"], status, _report(told, token))
    record = json.dumps({"passed": passed, "timeout": timeout, "detail": detail})
    write(1, nonce + record.encode())


def _awaited(child: int) -> int:
    """The status of the child, once it has one; orphans come to this process and go.

    When stdin ends, who asked is gone: then this process goes, and all others with it.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # else nothing is written there
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            return status
        if pid == 0:
            ready, _, _ = select.select([0, woken], [], [])
            if 0 in ready:
                _exit(1)
            os.read(woken, 4096)


def _clear() -> None:
    """End everything that the program left behind, so that nobody else reads or writes records."""
    if getpid() != 1:
        raise AssertionError
    try:
        os.kill(-1, signal.SIGKILL)  # all but this process
        while True:
            os.wait()
    except (ProcessLookupError, ChildProcessError):
        return  # there is nobody


def _dumpable(value: int) -> None:
    """Whether others with the same user may look into this process (ptrace, /proc/PID/…)."""
    _prctl(_PR_SET_DUMPABLE, value)


def _filter(filters: dict[str, str]) -> None:
    """Install the filter for this machine, as this process sees it; none where it is not known.

    Args:
        filters: the kernel's bytes in hexadecimal, by the machine as ``uname`` names it. An image
            may be of another one than what started it.
    """
    machine = os.uname().machine
    if machine not in filters:
        return
    code = bytes.fromhex(filters[machine])
    lines = ctypes.create_string_buffer(code, len(code))
    words = struct.pack("HP", len(code) // _FILTER_LINE_BYTES, ctypes.addressof(lines))
    program = ctypes.create_string_buffer(words)  # the kernel's sock_fprog
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)  # without it the kernel takes no filter from a user
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _prctl(option: int, value: int, address: int = 0) -> None:
    # In full width: the kernel looks at all bits, also of what is not used.
    rest = map(ctypes.c_ulong, (value, address, 0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(option, *rest) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _exactly(size: int) -> bytes:
    """So many bytes of stdin and not one more: the nonce must stay in the pipe for now."""
    got = b""
    while len(got) < size:
        more = os.read(0, size - len(got))
        if not more:
            _exit(1)
        got += more
    return got


# --- the verdict --------------------------------------------------------------------------------
def _report(told: int, token: bytes) -> tuple[bool, str] | None:
    """What the child told, ``None`` for nothing or for what does not begin with the token."""
    os.set_blocking(told, False)  # a process that it left behind may hold the other end
    try:
        said = os.read(told, TOKEN_BYTES + 1 + MAX_DETAIL_BYTES + 1)
    except BlockingIOError:
        return None
    if len(said) <= TOKEN_BYTES or said[:TOKEN_BYTES] != token:
        return None
    rest = said[TOKEN_BYTES:]
    return rest[:1] == b"P", rest[1:].decode("utf-8", "replace")


def _judged(mode: str, status: int, report: tuple[bool, str] | None) -> tuple[bool, bool, str]:
    """Whether it passed, whether its time was over, and why."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = getattr(signal.Signals(number), "name", str(number)) if number < 32 else str(number)
        return False, number == signal.SIGXCPU, f"killed by {name}"
    code = os.waitstatus_to_exitcode(status)
    if report is not None:
        passed, detail = report
        return passed and code == 0, False, detail
    if mode == "command":
        return code == 0, False, f"exit code {code}"
    return False, False, f"it left before its end, with exit code {code}"


# --- in the child -------------------------------------------------------------------------------
def _run(job: dict[str, Any], token: bytes, tell: int) -> None:
    """Run the program and tell how it went; never returns."""
    me = getpid()
    passed, detail = False, ""
    try:
        _settle(job)
        if job["mode"] == "command":
            os.execvp(job["command"][0], job["command"])  # noqa: S606  # no shell is wanted
        path = os.path.join(os.getcwd(), job["entry"])  # noqa: PTH109, PTH118  # pathlib is slow
        passed, detail = (_script if job["mode"] == "script" else _unittest)(path)
    except SystemExit as err:
        detail = f"it called exit({err.code!r:.40})"
    except BaseException as err:  # noqa: BLE001  # whatever a program raises is its failure
        detail = _shown(err)
    if getpid() != me:
        _exit(0)  # a copy that the program made of itself
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001, S112  # the program's own stream
            continue
    write(tell, token + (b"P" if passed else b"F") + _tail(detail))
    _exit(0)


def _settle(job: dict[str, Any]) -> None:
    """Pipes, limits, folder and files of the program."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    _dumpable(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.makedirs(job["folder"], exist_ok=True)  # noqa: PTH103  # pathlib is slow to import
    os.chdir(job["folder"])
    if job["tree"] is not None:
        _unpack(job["tree"], job["files"])
    for name, text in job["files"].items():
        os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)  # noqa: PTH100, PTH103, PTH120
        with open(name, "x", encoding="utf-8", newline="", errors="surrogatepass") as file:  # noqa: PTH123
            file.write(text)
    import resource  # is for Unix alone, this file's constants for all

    for name, value in job["limits"].items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name.upper()), tuple(value))


def _unpack(path: str, own: dict[str, str]) -> None:
    """The files of a tree below the current folder, but for those that the program brings."""
    with open(path, "rb") as tree:  # noqa: PTH123
        listed = json.loads(tree.read(int.from_bytes(tree.read(8), "big")))
        for name, size in listed:
            data = tree.read(size)
            if name not in own:
                os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)  # noqa: PTH100, PTH103, PTH120
                with open(name, "xb") as file:  # noqa: PTH123
                    file.write(data)


def _script(path: str) -> tuple[bool, str]:
    sys.argv[:] = [path]
    _execute("__main__", path)
    return True, ""


def _unittest(path: str) -> tuple[bool, str]:
    sys.argv[:] = [path]
    sys.modules["__main__"] = types.ModuleType("__main__")  # what copies of a process import anew
    name = os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122
    module = _execute(name, path)
    result = _CountingResult()
    unittest.TestLoader().loadTestsFromModule(module).run(result)
    return result.verdict()


def _execute(name: str, path: str) -> types.ModuleType:
    """The file as a module that is known by its name, as Python itself would start it."""
    sys.path[:] = [os.path.dirname(path), *(each for each in sys.path if each not in ("", "/"))]  # noqa: PTH120
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    with open(path, "rb") as file:  # noqa: PTH123
        code = compile(file.read(), path, "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102  # what a sandbox is for
    return module


class _CountingResult(unittest.TestResult):
    """Counts what passed, and takes only skips that the tests' author wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.succeeded = 0

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addSuccess(test)
        self.succeeded += 1

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        method = getattr(test, getattr(test, "_testMethodName", ""), None)
        if getattr(test, "__unittest_skip__", False) or getattr(
            method, "__unittest_skip__", False
        ):
            super().addSkip(test, reason)
        else:
            self.failures.append((test, f"skipped while it ran: {reason}"))

    def verdict(self) -> tuple[bool, str]:
        failed = [*self.errors, *self.failures]
        if failed:
            names = ", ".join(str(test).split(" ")[0] for test, _ in failed[:20])
            return False, f"{failed[0][1]}\nfailed: {names}"
        if self.unexpectedSuccesses:
            return False, "a test passed that was expected to fail"
        return self.succeeded > 0, "" if self.succeeded else "there is no test"


def _shown(err: BaseException) -> str:
    """The traceback of the program's own frames."""
    try:
        trace = err.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == _run.__code__.co_filename:
            trace = trace.tb_next
        return "".join(traceback.format_exception(type(err), err, trace))
    except BaseException:  # noqa: BLE001  # even how it is shown is the program's
        return f"{type(err).__name__:.80}, which cannot be shown"


def _tail(detail: str) -> bytes:
    return detail.encode("utf-8", "replace")[-MAX_DETAIL_BYTES:]


if __name__ == "__main__":
    main()
