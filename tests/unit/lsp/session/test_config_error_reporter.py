"""A mistake in a file is told when it is new, and stands until it is mended."""

from moa_lsp.config.resolve import Catalog
from moa_lsp.errors import Problem
from moa_lsp.lsp.session.config_error_reporter import ConfigErrorReporter

A = Problem("a.yaml", 2, 1, "one")
MOVED = Problem("a.yaml", 9, 5, "one")
OTHER = Problem("a.yaml", 2, 1, "two")
B = Problem("b.yaml", 1, 1, "one")


def test_what_is_told_and_what_stands():
    told = []
    broken = ConfigErrorReporter(told.append)

    def take(*problems, kept=()):
        told.clear()
        broken.take(Catalog(problems=problems, kept=frozenset(kept)))
        return told, broken.sentence

    assert take() == ([], None)
    assert take(A) == (["a.yaml:2:1: one"], "a.yaml:2:1: one")
    assert take(MOVED) == ([], "a.yaml:9:5: one")
    held = "a.yaml:2:1: two; its last good version stays in use"
    assert take(OTHER, kept=["a.yaml"]) == ([held], held)
    assert take(OTHER, B, kept=["a.yaml"]) == (["b.yaml:1:1: one"], held)
    assert take(B) == ([], "b.yaml:1:1: one")
    assert take() == ([], None)
    said, _ = take(A, B)
    assert said == ["a.yaml:2:1: one (and 1 more; see `moa-lsp mix check`)"]


def test_nothing_could_be_read():
    told = []
    broken = ConfigErrorReporter(told.append)
    broken.fail("no")
    broken.fail("no")
    assert (told, broken.sentence) == (["no"], "no")
    broken.take(Catalog())
    assert broken.sentence is None
