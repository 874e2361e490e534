"""What a log line may hold and how many there may be."""

import logging
import os
from contextlib import suppress

import pytest

from moa_lsp.lsp import log
from moa_lsp.lsp.log import LOG_BURST, LOG_WINDOW_S


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def logger(pipe):
    made = logging.Logger("moa_lsp.test")  # noqa: LOG001  # of this test alone
    handler = log.StderrHandler(pipe[1])
    handler.setFormatter(log.LineFormatter())
    handler.addFilter(log.Throttle())
    made.addHandler(handler)
    return made


def written(pipe):
    os.set_blocking(pipe[0], False)
    try:
        return os.read(pipe[0], 1 << 20).decode()
    except BlockingIOError:
        return ""


def test_a_record_is_one_line_without_control_characters(logger, pipe):
    logger.warning("got %s", "a\nERROR forged: \x1b[31m\u202e\r\x00")
    text = written(pipe)
    assert text.count("\n") == 1
    assert text.isprintable() or text[:-1].isprintable()
    assert "WARNING moa_lsp.test: got a\\nERROR" in text


def test_a_traceback_is_indented(logger, pipe):
    try:
        int("first\nERROR second: \x1b[0m")
    except ValueError:
        logger.exception("failed")
    first, *rest = written(pipe).rstrip("\n").split("\n")
    assert first.endswith("failed")
    assert rest
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


def test_a_long_record_is_cut(logger, pipe):
    logger.warning("x" * 100_000)
    assert len(written(pipe)) < 20_000


def test_H5_repetition_is_cut_and_said(logger, pipe, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: now[0])
    for number in range(LOG_BURST * 3):
        logger.warning("again %s", number)
    logger.warning("something else")
    lines = written(pipe).split("\n")[:-1]
    assert len(lines) == LOG_BURST + 2
    assert lines[LOG_BURST].endswith("left out)")
    now[0] = LOG_WINDOW_S + 1
    logger.warning("again %s", "later")
    assert "again later" in written(pipe)


def test_S17_a_full_pipe_does_not_block(logger, pipe):
    os.set_blocking(pipe[1], False)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe[1], b"x" * 4096)
    os.set_blocking(pipe[1], True)
    logger.warning("lost")  # would never return


def test_S17_a_closed_pipe_is_no_error():
    read, write = os.pipe()
    os.close(read)
    log.StderrHandler(write).emit(logging.makeLogRecord({"msg": "lost", "name": "x"}))
    os.close(write)


@pytest.mark.parametrize(
    ("value", "level"),
    [("debug", 10), (" INFO ", 20), ("error", 40), ("", 30), ("loud", 30)],
)
def test_levels(value, level):
    root = logging.getLogger()
    kept = root.handlers[:], root.level, logging.raiseExceptions
    try:
        log.configure({"MOA_LSP_LOG": value})
        assert root.level == level
        for name in ("pygls", "httpx", "httpcore"):
            assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    finally:
        root.handlers[:], logging.raiseExceptions = kept[0], kept[2]
        root.setLevel(kept[1])
