"""How a bench does its work: where programs are executed, and who carries the cells out."""

import platform
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from moa_bench.evaluation import carry_out
from moa_bench.run import BenchEnvironment, Drive
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.choose import SandboxChoice, check_named, choose, fingerprint
from moa_lsp.sandbox.containers import Container

LOGS = "logs"
"""Folder of inspect's logs, below that of the results."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to work.

    Attributes:
        sandbox: gives where programs are executed, once it is needed; raises ``SandboxError``
            where there is no such place.
        drive: gives who carries cells out, for a folder of results.
    """

    sandbox: Callable[[], AbstractAsyncContextManager[BenchEnvironment]]
    drive: Callable[[Path], Drive] = lambda _out: carry_out


def local(python: Path | None = None, *, log: bool = True, image: str | None = None) -> Engine:
    """This machine.

    Args:
        python: that programs are executed with.
        log: whether cells are carried out by inspect, which keeps a log of them.
        image: of containers, which are then taken.

    Raises:
        UsageError: inspect is not installed, or both a Python and an image are named.
    """
    check_named(python, image)

    @asynccontextmanager
    async def sandbox() -> AsyncIterator[BenchEnvironment]:
        chosen = await choose(python, image=image)
        yield BenchEnvironment(chosen, fingerprint(chosen), _words(chosen, python))

    return Engine(sandbox, _logging()) if log else Engine(sandbox)


def _words(chosen: SandboxChoice, python: Path | None) -> str:
    """By what programs are executed, for readers of a report."""
    if isinstance(chosen, Container):
        return f"image {chosen.image}"
    if python is None:
        return f"CPython {platform.python_version()}"
    return f"Python {chosen.digest[:8]}"


def _logging() -> Callable[[Path], Drive]:
    """Who carries cells out and keeps inspect's log of them."""
    try:
        from moa_bench.harness import Harness
    except ModuleNotFoundError as err:
        raise _lacking(err, "bench", "inspect_ai", " or leave its log out with --no-log") from err
    return lambda out: Harness(out / LOGS).drive


def ray(own: Engine, python: Path | None = None, address: str | None = None) -> Engine:
    """The nodes of a Ray cluster execute programs; everything else is done as by another engine.

    Args:
        own: the other engine.
        python: that programs are executed with, on every node.
        address: of the cluster; ``None`` for one that is found, else one of this machine.

    Raises:
        UsageError: Ray is not installed.
    """
    try:
        from moa_bench.ray_engine import sandboxed
    except ModuleNotFoundError as err:
        raise _lacking(err, "ray", "ray") from err
    return replace(own, sandbox=lambda: sandboxed(python, address))


def _lacking(err: ModuleNotFoundError, extra: str, module: str, more: str = "") -> Exception:
    """What to do without an extra; any other module that is missing is a fault of ours."""
    if (err.name or "").partition(".")[0] != module:
        return err
    return UsageError(f"{module} is not installed: install moa-lsp[{extra}]{more}")
