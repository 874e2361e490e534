"""A machine with Debian's Python and nothing else: no uv, pipx or compiler, nothing of ours."""

from pathlib import Path

import pytest

from tests.editors.installed import CACHE, OURS, Unavailable, run_script

PLACE = CACHE / "debian"
MAKE_S = 600.0
"""Some 60 MB are fetched and unpacked."""

NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")
"""Of this machine: how the network and the registries are reached."""


PATH = "/usr/bin:/bin"
"""Of a login shell."""


class Debian:
    """Programs of ours run in it with its files alone; skips the test where it cannot be had.

    Args:
        folders: of this machine, with the same path in it: those that may be written.
        read: the same, to be read alone.
        venv: whether Debian's package python3-venv is installed.
    """

    def __init__(self, *folders: Path, read: tuple[Path, ...] = (), venv: bool = False) -> None:
        try:
            run_script("Debian", "install-root.sh", PLACE, seconds=MAKE_S)
        except Unavailable as error:
            pytest.skip(str(error))
        (lib,) = (PLACE / "tree" / "usr" / "lib").glob("python3.*")
        shown = [(PLACE / "tree" / name, Path("/") / name) for name in ("usr", "etc", "var")]
        shown += [(path, path) for path in map(Path, NETWORK) if path.exists()]
        shown += [(PLACE / "python", Path("/usr/lib") / lib.name)] if venv else []
        shown += [(path, path) for path in read]
        self._argv = ["bwrap", "--die-with-parent", "--dev", "/dev", "--proc", "/proc"]
        self._argv += ["--tmpfs", "/tmp", "--clearenv"]
        for name in ("bin", "sbin", "lib", "lib64"):
            self._argv += ["--symlink", f"usr/{name}", f"/{name}"]
        for path, place in shown:
            self._argv += ["--ro-bind", str(path.resolve()), str(place)]
        for path in folders:
            self._argv += ["--bind", str(path), str(path)]

    def within(self, home: Path, **environ: str) -> tuple[str, ...]:
        """What stands before a command that runs in it, for a user whose folder is ``home``."""
        pip = {name: value for name, value in OURS.items() if name.startswith("PIP_")}
        said = {**pip, "HOME": str(home), "PATH": PATH, "LANG": "C.UTF-8", **environ}
        given = [part for pair in said.items() for part in ("--setenv", *pair)]
        return (*self._argv, *given, "--")
