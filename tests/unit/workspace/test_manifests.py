"""What is read around a document, and what never is (A06)."""

import os

import pytest

from moa_lsp.workspace import manifests
from moa_lsp.workspace.manifests import MAX_MANIFEST_BYTES, MAX_MANIFESTS


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "root"
    (root / "src" / "app" / "deep").mkdir(parents=True)
    (root / "docs").mkdir()
    (root / "pyproject.toml").write_text("root")
    (root / "src" / "shop.py").write_text("")
    (root / "src" / "app" / "requirements.txt").write_text("app")
    (root / "docs" / "requirements.txt").write_text("docs")
    (tmp_path / "package.json").write_text("outside")
    return root


def test_manifests_and_names_from_the_document_up_to_the_root(project):
    found = manifests.read(project / "src" / "app" / "deep" / "m.py", project)
    assert dict(found.manifests) == {"app/requirements.txt": "app", "root/pyproject.toml": "root"}
    assert {"deep", "app", "shop", "docs", "src"} <= found.modules
    assert "package" not in found.modules


def test_without_a_root_only_the_document_s_own_folder(project):
    for root in (None, project / "docs"):
        found = manifests.read(project / "src" / "app" / "m.py", root)
        assert dict(found.manifests) == {"app/requirements.txt": "app"}
        assert "docs" not in found.modules


def test_a_folder_that_is_not_there(tmp_path):
    found = manifests.read(tmp_path / "gone" / "m.py", tmp_path)
    assert (dict(found.manifests), found.modules) == ({}, frozenset())


def link(path, secret):
    path.symlink_to(secret)


def fifo(path, _secret):
    os.mkfifo(path)


def folder(path, _secret):
    path.mkdir()


def large(path, _secret):
    path.write_text("x" * (MAX_MANIFEST_BYTES + 1))


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither links nor pipes for everybody")
@pytest.mark.parametrize("make", [link, fifo, folder, large])
def test_A06_only_small_regular_files_are_read(tmp_path, make):
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    root = tmp_path / "root"
    root.mkdir()
    make(root / "package.json", secret)
    assert dict(manifests.read(root / "m.js", root).manifests) == {}


def test_the_numbers_are_bounded(tmp_path):
    for number in range(MAX_MANIFESTS + 5):
        (tmp_path / f"requirements{number}.txt").write_text("x")
    assert len(manifests.read(tmp_path / "m.py", tmp_path).manifests) == MAX_MANIFESTS


def test_a_path_that_cannot_be_one_is_nothing(tmp_path):
    """A NUL here; in a C locale any name beyond ASCII (S15)."""
    found = manifests.read(tmp_path / "a\0b" / "m.py", tmp_path)
    assert (dict(found.manifests), found.modules) == ({}, frozenset())
