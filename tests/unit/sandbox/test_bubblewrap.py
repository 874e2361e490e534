"""The command lines, and what is told when bubblewrap cannot start."""

from itertools import pairwise
from pathlib import Path

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import bubblewrap
from moa_lsp.sandbox.interpreter import Interpreter

PYTHON = Interpreter(
    executable=Path("/home/u/venv/bin/python"),
    roots=(Path("/home/u/pythons/3.11"), Path("/home/u/venv")),
    links=((Path("/home/u/pythons/latest"), "3.11"), (Path("/bin"), "usr/bin")),
    libraries=Path("/home/u/pythons/3.11/lib"),
    flags=("-s", "-P"),
    digest="d",
)


def pairs(words):
    return set(pairwise(words))


def test_everything_is_taken_away():
    words = bubblewrap.command("/bwrap", PYTHON, {"/driver.py": 9})
    assert {
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--disable-userns", "--die-with-parent", "--new-session", "--clearenv"),
    } <= set(words)
    assert {
        ("--cap-drop", "ALL"),
        ("--uid", "65534"),
        ("--remount-ro", "/"),
        ("--remount-ro", "/dev"),
        ("--file", "9"),
        ("--symlink", "3.11"),
        ("--ro-bind", "/home/u/venv"),
        ("LD_LIBRARY_PATH", "/home/u/pythons/3.11/lib"),
    } <= pairs(words)
    # Nothing is bound so that it can be written to, and the home folder not at all.
    assert not {"--bind", "--dev-bind", "--share-net", "--bind-try"} & set(words)
    assert "/home/u" not in words
    assert "/etc" not in words
    assert words[words.index("--") + 1 :] == ("/home/u/venv/bin/python", "-s", "-P", "/driver.py")


def test_the_root_is_closed_after_all_that_is_put_into_it():
    words = bubblewrap.command("/bwrap", PYTHON, {"/driver.py": 9})
    closed = words.index("--remount-ro")
    assert all(at < closed for at, word in enumerate(words) if word in ("--file", "--symlink"))


def test_root_hands_over_to_nobody_before_anything_else():
    words = bubblewrap.stage("/bwrap", "/setpriv", PYTHON, (Path("/home"),))
    at = words.index("--")
    assert words[at + 1 :][:2] == ["/setpriv", "--reuid"]
    assert words[-1] == "--"
    assert "--clear-groups" in words[at:]
    assert ("--tmpfs", "/home") in pairs(words)
    assert ("--dir", "/home/u/pythons") in pairs(words)
    assert ("--ro-bind", "/home/u/venv") in pairs(words)


@pytest.mark.parametrize(
    ("shut", "expected"),
    [((), ()), (("/home/u",), ("/home/u",)), (("/home", "/home/u"), ("/home",))],
)
def test_the_outermost_closed_folder(shut, expected):
    found = bubblewrap.closed_folders(PYTHON, lambda folder: str(folder) not in shut)
    assert found == tuple(map(Path, expected))


def test_a_closed_python_names_the_way_out():
    with pytest.raises(SandboxError, match="--python"):
        bubblewrap.closed_folders(PYTHON, lambda folder: folder != Path("/home/u/venv"))


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("bwrap: setting up uid map: Permission denied", "AppArmor"),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "AppArmor"),
        (
            "bwrap: No permissions to create a new namespace, likely because …",
            "seccomp=unconfined",
        ),
        ("bwrap: Creating new namespace failed: Operation not permitted", "seccomp=unconfined"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths"),
        ("bwrap: Unknown option --disable-userns", "older than 0.8"),
        ("bwrap: Can't find source path /opt/x/p: Permission denied", "--python"),
        ("bwrap: execvp /x/python: No such file or directory", "--python"),
        ("", "could not start"),
        ("something else\nlast line", "(last line)"),
    ],
)
def test_a_refusal_says_how_to_mend_it(said, part):
    told = bubblewrap.why(said)
    assert part in told
    assert told.startswith("bubblewrap could not start (")
    assert "share-net" not in told
