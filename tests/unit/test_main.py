"""Which command lines go straight to the server."""

import pytest

from moa_lsp import __main__ as main

SERVES = [
    "serve",
    "--stdio",
    "serve --stdio",
    "--stdio serve",
    "serve --no-parent-watch",
    "--stdio --clientProcessId=4711",
    "serve --stdio --clientProcessId=1 --no-parent-watch",
]

ASKS_THE_COMMAND_LINE = [
    "",
    "--help",
    "serve --help",
    "serve serve",
    "serve --socket=5",
    "--no-parent-watch",
    "--clientProcessId=5",
    "--stdio --clientProcessId=x",
    "--stdio --clientProcessId=",
    "run refactor file.py",
    "mix list --stdio-not",
]


@pytest.mark.parametrize("line", SERVES)
def test_serves(line):
    assert main._only_serves(line.split())


@pytest.mark.parametrize("line", ASKS_THE_COMMAND_LINE)
def test_asks_the_command_line(line):
    assert not main._only_serves(line.split())
