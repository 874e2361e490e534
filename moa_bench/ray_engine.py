"""Programs executed on the nodes of a Ray cluster: a sandbox like any other, of many machines.

The only module that imports Ray. Models are asked by the driver alone: keys, rate limits and the
store of answers stay on one machine, and a cluster that is lost loses programs that were running,
which are executed again.

* Every node proves its own sandbox before it is given anything; one that cannot is left out, by
  name, and so is one whose Python or limits differ from the driver's: a verdict must not depend on
  where it was made.
* A node that is lost takes its programs with it; they go to another one. When none is left the
  bench ends with a sentence, and goes on where it was when it is run again.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from moa_bench.run import BenchEnvironment
from moa_lsp.errors import MoaError, SandboxError
from moa_lsp.sandbox.choose import SandboxChoice, choose, fingerprint
from moa_lsp.sandbox.program import Program, Verdict
from moa_lsp.text.sanitize import escape

RAY_PROOF_S = 180.0
"""For a node of a cluster to start a worker and prove its sandbox; Ray takes up to 40 s."""


os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nobody is told that it runs


@dataclass(frozen=True, slots=True)
class Node:
    """One node that has proved its sandbox.

    Attributes:
        id: Ray's; ``name`` is for people.
        kind: of its sandbox; ``digest`` and ``print`` as the sandbox's own.
        places: programs at once.
    """

    id: str
    name: str
    kind: str
    digest: str
    print: str
    places: int


@asynccontextmanager
async def sandboxed(
    python: Path | None = None, address: str | None = None
) -> AsyncIterator[BenchEnvironment]:
    """Join a cluster, or make one of this machine, and let its nodes prove their sandboxes.

    Args:
        python: that programs are executed with; the same path on every node.
        address: of the cluster; ``None`` for one that is found, else one of this machine.

    Raises:
        SandboxError: there is no cluster, or no node of it has a sandbox.
    """
    with redirect_stdout(sys.stderr):  # where Ray prints what becomes of its nodes, at any time
        own = await asyncio.to_thread(_joined, address)
        try:
            sandbox = await proved(python)
            for refusal in sandbox.refused:
                sys.stderr.write(f"moa-lsp: {escape(refusal)} is not used\n")
            jobs = max(1, sum(node.places for node in sandbox.nodes))
            yield BenchEnvironment(sandbox, sandbox.print, f"{len(sandbox.nodes)} nodes", jobs)
        finally:
            if own:
                await asyncio.to_thread(ray.shutdown)


def _joined(address: str | None) -> bool:
    """Whether the connection is ours to end."""
    if ray.is_initialized():
        return False
    quiet: dict[str, Any] = {"logging_level": "error", "log_to_driver": False}
    try:
        if address is not None or os.environ.get("RAY_ADDRESS"):
            ray.init(address=address, **quiet)
        else:
            ray.init(include_dashboard=False, **quiet)
    except (RayError, ConnectionError, RuntimeError, ValueError) as err:
        raise SandboxError(f"the Ray cluster cannot be joined: {err}") from err
    return True


async def proved(python: Path | None = None) -> "RaySandbox":
    """The nodes that can execute programs.

    Raises:
        SandboxError: there is none; says of each why.
    """
    nodes = [each for each in ray.nodes() if each["Alive"] and each["Resources"].get("CPU")]
    asked = [_prove.options(**_on(each["NodeID"])).remote(_text(python)) for each in nodes]
    found: list[Node] = []
    refused: list[str] = []
    for each, reference in zip(nodes, asked, strict=True):
        name = f"{each['NodeName']} ({each['NodeID'][:8]})"
        try:
            told = await asyncio.wait_for(_given(reference), RAY_PROOF_S)
        except TimeoutError:
            told = "it did not answer in time"
        except RayError as err:
            told = f"it failed: {_first(err)}"
        if isinstance(told, str):
            refused.append(f"{name}: {told}")
            continue
        kind, digest, printed = told
        places = max(1, int(each["Resources"]["CPU"]))
        found.append(Node(each["NodeID"], name, kind, digest, printed, places))
    if not found:
        said = "; ".join(refused) or "it has no nodes"
        raise SandboxError(f"no node of the Ray cluster can execute programs safely: {said}")
    first = found[0]
    alike = [node for node in found if node.print == first.print]
    refused += [
        f"{node.name}: its Python or sandbox is not that of {first.name}"
        for node in found
        if node.print != first.print
    ]
    return RaySandbox(tuple(alike), _text(python), tuple(refused))


@dataclass(slots=True)
class RaySandbox:
    """A sandbox whose programs are executed by the nodes of a cluster.

    Attributes:
        nodes: those that may be given programs.
        python: as for ``choose``.
        refused: the others, each with why.
        processes: bound on a program's processes, ``None`` for the sandbox's own.
    """

    nodes: tuple[Node, ...]
    python: str | None = None
    refused: tuple[str, ...] = ()
    processes: int | None = None
    lost: set[str] = field(default_factory=set)
    _busy: dict[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """That of its nodes, and that they are of a cluster."""
        return f"ray/{self.nodes[0].kind}"

    @property
    def digest(self) -> str:
        """Of the Python on its nodes, which is the same on all."""
        return self.nodes[0].digest

    @property
    def print(self) -> str:
        """Fingerprint of what verdicts depend on beside the program."""
        return self.nodes[0].print

    def bounded(self, processes: int) -> "RaySandbox":
        """The same with another bound on processes."""
        return RaySandbox(self.nodes, self.python, self.refused, processes, self.lost)

    async def run(self, program: Program) -> Verdict:
        """Execute a program on the node that has least to do; if that is lost, on another.

        Raises:
            SandboxError: the sandbox of a node failed, or no node is left.
        """
        while True:
            node = self._free()
            self._busy[node.id] = self._busy.get(node.id, 0) + 1
            reference = _execute.options(**_on(node.id)).remote(
                program, self.python, self.processes
            )
            try:
                told = await _given(reference)
            except RayError:
                await asyncio.to_thread(self._look_at, node)
                continue
            except asyncio.CancelledError:
                ray.cancel(reference, force=True)
                raise
            finally:
                self._busy[node.id] -= 1
            if isinstance(told, Verdict):
                return told
            raise SandboxError(f"{node.name}: {told}")

    def _free(self) -> Node:
        left = [node for node in self.nodes if node.id not in self.lost]
        if not left:
            raise SandboxError(
                "every node of the Ray cluster is lost; start it again, and run this again"
            )
        return min(left, key=lambda node: self._busy.get(node.id, 0) / node.places)

    def _look_at(self, node: Node) -> None:
        """Note a node that is no more."""
        alive = {each["NodeID"] for each in ray.nodes() if each["Alive"]}
        if node.id not in alive:
            self.lost.add(node.id)


async def _given(reference: Any) -> Any:  # noqa: ANN401  # what Ray gives
    return await reference


def _on(node: str) -> dict[str, Any]:
    """Exactly there: what was proved of one node says nothing of another."""
    where = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
    return {"scheduling_strategy": where, "num_cpus": 1, "max_retries": 0}


def _text(python: Path | None) -> str | None:
    return None if python is None else str(python)


def _first(err: Exception) -> str:
    return str(err).strip().partition("\n")[0]


# --- on a node ---------------------------------------------------------------------------------

_chosen: dict[str | None, SandboxChoice] = {}
"""Of this worker process, which is used again and again."""


async def _here(python: str | None) -> SandboxChoice:
    if python not in _chosen:
        _chosen[python] = await choose(None if python is None else Path(python))
    return _chosen[python]


@ray.remote
def _prove(python: str | None) -> tuple[str, str, str] | str:
    """What a node's sandbox is, or why it has none."""
    try:
        sandbox = asyncio.run(_here(python))
    except MoaError as error:
        return str(error)
    return sandbox.kind, sandbox.digest, fingerprint(sandbox)


@ray.remote
def _execute(program: Program, python: str | None, processes: int | None) -> Verdict | str:
    """A program's verdict, or what the sandbox failed with."""

    async def work() -> Verdict:
        sandbox = await _here(python)
        return await (sandbox if processes is None else sandbox.bounded(processes)).run(program)

    try:
        return asyncio.run(work())
    except MoaError as error:
        return str(error)
