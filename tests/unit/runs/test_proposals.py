"""What each agent proposed: its text in place, its checks, and which are the same."""

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.runs import proposals as kept
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.task import Snapshot
from moa_lsp.text.span import Span
from tests.fakes.clock import virtual_run
from tests.fakes.runs import APOLOGY, BEFORE, code, text
from tests.fakes.scripted import Line, Scripted

MIX = """\
name: mine
proposers: [{model: scripted/a}, {model: scripted/b}, {model: scripted/c}]
aggregator: [{verify: [parse, names]}, {model: scripted/agg}]
"""
FUNCTION = Span(BEFORE.index("def size"), len(BEFORE) - 1)
FINE = {"parse": "ok", "names": "ok"}
UNDEFINED = {"parse": "ok", "names": "uses names that nothing defines: zzz"}
SILENT = {"parse": None, "names": None}


@pytest.fixture
def ended(tmp_path):
    """``ended(a=Line, …)``: the proposals of a run of three models and one that aggregates."""

    def run(
        action="refactor", mix=MIX, span=FUNCTION, document=BEFORE, language="python", **script
    ):
        (tmp_path / "mixes").mkdir(exist_ok=True)
        (tmp_path / "mixes" / "mine.yaml").write_text(mix)
        (tmp_path / "config.yaml").write_text("mix: mine\n")
        made = load_runtime_config(
            config=tmp_path / "config.yaml",
            environ={},
            providers={"scripted": Scripted(script)},
            entries={"scripted": ProviderEntry("scripted", "scripted")},
        )
        snapshot = Snapshot("file:///w/size.py", document, language, 1)
        prepared = prepare(made, ActionRequest(action, snapshot, span))

        async def go():
            execution = Execution(prepared, made, lambda _progress: None)
            record, _ = await execution.go()
            return kept.proposals(execution, record), kept.syntheses(execution)

        return virtual_run(go())

    return run


ROWS = [
    # scripts of a and b, then of b: state, text, raw, checks, equal_to
    (code(1), code(2), ("ok", text(2), code(2).text, FINE, None)),
    (code(1), code("1 # same"), ("ok", text("1 # same"), code("1 # same").text, FINE, "a")),
    (code(1), code(9), ("ok", text(9), code(9).text, FINE, "result")),
    (code(1), code("zzz"), ("rejected", text("zzz"), code("zzz").text, UNDEFINED, None)),
    (code(1), Line(APOLOGY), ("rejected", None, APOLOGY, SILENT, None)),
    (code(1), Line(declines="not mine"), ("declined", None, None, SILENT, None)),
]


@pytest.mark.parametrize(("a", "b", "expected"), ROWS)
def test_a_proposal_as_it_would_stand_and_as_it_was_written(ended, a, b, expected):
    found, written = ended(a=a, b=b, c=code(3), agg=code(9))
    assert [each.agent for each in found] == ["result", "a", "b", "c"]
    second = found[2]
    assert (
        second.state,
        second.text,
        second.raw,
        dict(second.checks),
        second.equal_to,
    ) == expected
    assert (found[0].model, found[0].text, found[0].raw) == ("scripted/agg", text(9), code(9).text)
    assert [(each.agent, each.raw) for each in written] == [("aggregator", code(9).text)]


def test_a_rejected_synthesis_is_told_beside_the_result_that_stands_in(ended):
    found, written = ended(a=code(1), b=code(2), c=code(3), agg=Line(APOLOGY))
    assert (found[0].state, found[0].text, found[0].raw) == ("ok", text(1), None)
    assert found[1].equal_to == "result"
    assert [(each.state, each.text, each.raw) for each in written] == [("rejected", None, APOLOGY)]


def test_without_a_result_there_is_its_reason(ended):
    found, written = ended(**dict.fromkeys("abc", Line(APOLOGY)), agg=code(1))
    assert (found[0].agent, found[0].state, found[0].text) == ("result", "failed", None)
    assert "no answer was usable" in found[0].reason
    assert written == ()


def test_what_is_inserted_becomes_lines_of_its_own(ended):
    answer = Line('```python\ndef test_size():\n    """It is."""\n```')
    found, _ = ended("explain-comment", **dict.fromkeys("abc", Line("It says its size.")),
                     agg=answer)  # fmt: skip
    assert found[1].text.startswith("# It says its size.\n")
    assert found[1].text.endswith(BEFORE[FUNCTION.start : FUNCTION.end])


def test_names_are_checked_in_python_alone(ended):
    document = "function f(a) {\n  return a\n}\n"
    span = Span(0, len(document) - 1)
    line = Line("```javascript\nfunction f(a) {\n  return zzz\n}\n```")
    found, _ = ended(document=document, language="javascript", span=span,
                     **dict.fromkeys(("a", "b", "c", "agg"), line))  # fmt: skip
    assert found[1].checks == {"parse": "ok", "names": None}


def test_as_json_what_a_model_wrote_is_added_on_request(ended):
    found, _ = ended(a=code(1), b=code(2), c=code(3), agg=code(9))
    plain = found[1].as_json()
    assert "raw" not in plain
    assert plain["usage"] == {"input": 100, "output": 20, "cached": 0}
    assert found[1].as_json(raw=True) == {**plain, "raw": code(1).text}
