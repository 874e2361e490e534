"""A sweep whose programs are executed on a Ray cluster, of which a node is lost half-way.

Run by ``make test-ray``: Ray is large, and has a folder of its own.
"""

import asyncio
import json
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra `ray` is not installed: make test-ray")

import ray
from moa_bench.cli.run import SweepArguments, sweep_file
from moa_bench.engine import Engine
from moa_bench.ray_engine import RaySandbox, proved, sandboxed
from moa_bench.run import BenchEnvironment
from moa_lsp.errors import SandboxError
from moa_lsp.sandbox.choose import choose, fingerprint
from moa_lsp.sandbox.program import Program
from ray.cluster_utils import Cluster
from tests.fakes.bench import Models, rows, skilled

pytestmark = pytest.mark.ray


def processes() -> set[int]:
    """Ray's, by what they were started as."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return {
        int(line.split()[0])
        for line in listed.stdout.split("\n")
        if "ray::" in line or "raylet" in line or "gcs_server" in line
    }


@pytest.fixture(scope="module")
def sandbox():
    """One on this machine, which the nodes share."""
    try:
        return asyncio.run(choose())
    except SandboxError as error:
        pytest.skip(f"programs cannot be executed safely here: {error}")


@pytest.fixture(scope="module")
def cluster(sandbox):
    before = processes()
    made = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    made.second = made.add_node(num_cpus=1)
    made.wait_for_nodes()
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    yield made
    ray.shutdown()
    made.shutdown()
    left = processes() - before
    for _ in range(100):
        if not left:
            break
        asyncio.run(asyncio.sleep(0.2))
        left &= processes()
    assert left == set()


def swept(folder: Path, models: Models, engine: Engine) -> None:
    folder.mkdir()
    (folder / "config.yaml").write_text(models.config("a", "b", "c"))
    (folder / "tasks.jsonl").write_text(rows(20))
    text = f"models: [lab/a, lab/b, lab/c]\ntasks: {folder / 'tasks.jsonl'}\n"
    (folder / "sweep.yaml").write_text(text)
    asked = SweepArguments(
        folder / "sweep.yaml", folder / "out", as_json=True, config=folder / "config.yaml"
    )
    assert sweep_file(asked, engine) == 0


def kept(out: str) -> list[dict]:
    timed = ("seconds", "slowest", "spent_usd", "sandbox")
    return [
        {key: value for key, value in each.items() if key not in timed} for each in json.loads(out)
    ]


def test_what_a_program_does_is_told_from_its_node(cluster):
    async def both():
        made = await proved()
        good = await made.run(Program("script", {"main.py": "x = 1"}))
        bad = await made.run(Program("script", {"main.py": "assert False"}))
        return made, good, bad

    made, good, bad = asyncio.run(both())
    assert made.kind.startswith("ray/")
    assert (good.status, bad.status) == ("passed", "failed")
    assert len(made.nodes) == 2
    assert made.refused == ()


def test_a_node_without_a_sandbox_is_refused_by_name(cluster, tmp_path):
    with pytest.raises(SandboxError, match=r"no node .* can execute programs safely: .*\("):
        asyncio.run(proved(tmp_path / "no-python-here"))


def test_a_sweep_that_loses_a_node_ranks_as_on_one_machine(cluster, sandbox, tmp_path, capsys):
    @asynccontextmanager
    async def here():
        yield BenchEnvironment(sandbox, fingerprint(sandbox), "", 2)

    ran = 0

    @asynccontextmanager
    async def losing():
        async with sandboxed() as bench:
            assert len(bench.sandbox.nodes) == 2
            execute = RaySandbox.run

            class Losing(RaySandbox):
                async def run(self, program):
                    nonlocal ran
                    ran += 1
                    if ran == 20:
                        cluster.remove_node(cluster.second, allow_graceful=False)
                    return await execute(self, program)

            given = bench.sandbox
            lossy = Losing(given.nodes, given.python, given.refused)
            yield BenchEnvironment(lossy, bench.fingerprint, bench.words, bench.jobs)
            assert len(lossy.lost) == 1

    with Models(skilled) as models:
        swept(tmp_path / "one", models, Engine(here))
        alone = kept(capsys.readouterr().out)
    with Models(skilled) as models:
        swept(tmp_path / "many", models, Engine(losing))
        together = kept(capsys.readouterr().out)
    assert len(alone) == 26 * 20
    assert together == alone
    assert ran > 20
