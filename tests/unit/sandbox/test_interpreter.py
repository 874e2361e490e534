"""A Python as it must be laid out: real ones, and scripts in their place."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox.interpreter import look_at

FACTS = {
    "prefixes": ["/usr"] * 4,
    "libraries": None,
    "version": [3, 12],
    "full": "3.12.1",
    "installed": ["numpy==1.0"],
}


@pytest.fixture
def scripted(tmp_path):
    def make(**changes) -> Path:
        path = tmp_path / "python"
        answer = json.dumps(FACTS | changes)
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n", "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
        return path

    return make


async def test_the_one_that_runs_this():
    found = await look_at()
    assert found.executable == Path(sys.executable)
    places = (Path("/usr"), *found.roots)
    for needed in (sys.prefix, sys.base_prefix, os.__file__):
        real = os.path.realpath(needed)  # noqa: ASYNC240  # a test may wait for a disk
        assert any(Path(real).is_relative_to(root) for root in places), needed
    for one in found.roots:
        assert not any(one != root and one.is_relative_to(root) for root in found.roots)
    assert found == await look_at()


async def test_links_on_the_way_are_kept(tmp_path, scripted):
    prefix = tmp_path / "pythons" / "3.12.1"
    (prefix / "bin").mkdir(parents=True)
    real = scripted(prefixes=[str(tmp_path / "pythons" / "latest")] * 4)
    real.rename(prefix / "bin" / "python3")
    (tmp_path / "pythons" / "latest").symlink_to("3.12.1")
    (tmp_path / "python").symlink_to(tmp_path / "pythons" / "latest" / "bin" / "python3")
    found = await look_at(tmp_path / "python")
    assert found.roots == (prefix,)
    assert dict(found.links) == {
        tmp_path / "python": str(tmp_path / "pythons" / "latest" / "bin" / "python3"),
        tmp_path / "pythons" / "latest": "3.12.1",
    }


@pytest.mark.parametrize(
    ("changes", "flags"), [({"version": [3, 10]}, ("-s",)), ({"version": [3, 11]}, ("-s", "-P"))]
)
async def test_flags_that_it_knows(changes, flags, scripted):
    assert (await look_at(scripted(**changes))).flags == flags


async def test_the_digest_is_of_what_is_installed(scripted):
    digests = [
        (await look_at(scripted(**changes))).digest
        for changes in ({}, {}, {"installed": ["numpy==1.1"]}, {"full": "3.12.2"})
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"version": [3, 8]}, "older than Python 3.9"),
        ({"prefixes": ["/"] * 4}, "must not be shown"),
        ({"prefixes": [str(Path.home())] * 4}, "must not be shown"),
        ({"prefixes": ["/opt"] * 4}, "must not be shown"),
        ({"prefixes": None}, "does not work"),
        ({"version": None}, "does not work"),
    ],
)
async def test_one_that_cannot_be_used_is_named(changes, part, scripted):
    with pytest.raises(SandboxError) as raised:
        await look_at(scripted(**changes))
    assert part in str(raised.value)
    assert "--python" in str(raised.value)


@pytest.mark.parametrize("name", ["missing", "."])
async def test_what_is_no_program_is_named(name, tmp_path):
    with pytest.raises(SandboxError, match="does not work as a Python"):
        await look_at(tmp_path / name)
