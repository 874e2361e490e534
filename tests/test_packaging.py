"""The wheel: what is in it, and that it works away from the repository.

No network: the wheel is built with the tools of this environment, and the new environment borrows
this one's dependencies.
"""

import os
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from moa_lsp import __version__
from moa_lsp.cli.editor_guide import EDITORS

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


def run(*argv, **how):
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=False, **how)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--no-index", "--disable-pip-version-check", "--wheel-dir", folder, ROOT,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_file_of_the_package(names):
    for path in (ROOT / "moa_lsp").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert path.relative_to(ROOT).as_posix() in names
    for path in (ROOT / "mixes").glob("*.yaml"):
        assert f"moa_lsp/bundled_mixes/{path.name}" in names
    for editor in EDITORS.values():
        assert f"moa_lsp/bundled_editors/{editor.file}" in names
    for path in (ROOT / "editors" / "neovim").rglob("*.lua"):
        place = path.relative_to(ROOT / "editors").as_posix()
        assert f"moa_lsp/bundled_editors/{place}" in names


def test_the_wheel_has_nothing_else(names):
    info = f"moa_lsp-{__version__}.dist-info/"
    for name in names:
        assert name.startswith(("moa_lsp/", "moa_bench/", info)), name
        assert not name.endswith(".pyc"), name
    assert "moa_lsp/py.typed" in names
    assert f"{info}licenses/LICENSE" in names


def test_the_metadata_say_what_it_is(wheel, names):
    info = f"moa_lsp-{__version__}.dist-info/"
    with zipfile.ZipFile(wheel) as archive:
        told = Parser().parsestr(archive.read(f"{info}METADATA").decode())
        scripts = archive.read(f"{info}entry_points.txt").decode()
    assert told["Name"] == "moa-lsp"
    assert told["Version"] == __version__
    assert told["Requires-Python"] == ">=3.11"
    assert told["License-Expression"] == "MIT"
    assert scripts.split("\n")[1] == "moa-lsp = moa_lsp.__main__:main"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `moa-lsp` program of an environment that has the wheel, and its clean variables."""
    place = tmp_path_factory.mktemp("place")
    run(sys.executable, "-m", "venv", place / "venv")
    python = place / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(
        python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
        "--disable-pip-version-check", wheel,
    )  # fmt: skip
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip()
    # Behind the wheel's own packages on the path; .pth files in it are not followed, so an
    # editable install of this repository does not come with it.
    Path(site, "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "MOA_LSP_CONFIG", "VIRTUAL_ENV")
    }
    return python.with_name("moa-lsp"), kept | {"XDG_CONFIG_HOME": str(place)}, place


def test_the_installed_program_lists_its_mixes(installed):
    program, environ, place = installed
    out = run(program, "mix", "list", env=environ, cwd=place)
    assert "embedded" in out
    shown = run(program, "mix", "show", "embedded", env=environ, cwd=place)
    assert str(place) in shown, "from the wheel, not from the repository"


def test_the_installed_program_explains_and_refactors(installed):
    program, environ, place = installed
    (place / "m.py").write_text("def f(a):\n    return {1: 2}.get(a, None)\n")
    out = run(program, "run", "explain", "m.py:1", env=environ, cwd=place)
    assert out.startswith("# Function `f`")
    out = run(program, "run", "refactor", "m.py", env=environ, cwd=place)
    assert "+    return {1: 2}.get(a)\n" in out


def test_the_installed_program_serves(installed):
    """The demo starts ``serve`` as a child of the same environment."""
    program, environ, place = installed
    out = run(program, "demo", env=environ, cwd=place)
    assert str(place / "venv") in out
    assert "final text" in out
