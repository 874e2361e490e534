"""A command line without the user's own files: nothing of the machine's settings counts."""

import pytest

from moa_lsp.cli.main import main


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """An empty working folder and no configuration."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MOA_LSP_CONFIG", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def call(capsys):
    """``call(argument, …)``: exit code, stdout, stderr."""

    def run(*argv):
        code = main([str(each) for each in argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
