"""What a user is offered about a run that ended badly."""

import pytest

from moa_lsp.lsp.session.remedies import of_run, of_text
from moa_lsp.mix.record import AgentRecord, Aggregation, RunRecord

PATH = "/home/me/.config/moa-lsp/config.yaml"
OPEN = {"do": "configuration", "path": PATH}
AGAIN = {"do": "again"}

TEXTS = {
    "the mix `mine` is not ready: LAB_KEY is not set": [
        {"do": "key", "variable": "LAB_KEY"},
        OPEN,
    ],
    "no key for lab, set LAB_KEY": [{"do": "key", "variable": "LAB_KEY"}, OPEN],
    "a, b: lab rejected the key (401), check the variable LAB_KEY": [
        {"do": "key", "variable": "LAB_KEY"},
        OPEN,
    ],
    "A_KEY is not set; B_KEY is not set; A_KEY is not set": [
        {"do": "key", "variable": "A_KEY"},
        {"do": "key", "variable": "B_KEY"},
        OPEN,
    ],
    "lab rejected the key (401), check the key command of lab": [OPEN],
    "the provider `lab` is not set up": [OPEN],
    "busy: other runs are at work; wait for one, or cancel it, and try again": [],
    "LSP is in capitals and no variable": [],
}


@pytest.mark.parametrize(("text", "wanted"), TEXTS.items())
def test_a_sentence_offers_what_mends_its_cause(text, wanted):
    assert of_text(text, PATH) == wanted


def agent(state, reason=None):
    return AgentRecord("a", "lab/a", state, reason)


RUNS = {
    "done": (RunRecord("r", "fix", "m", "h", "done"), False, []),
    "kept": (RunRecord("r", "fix", "m", "h", "done", reason="moved"), True, [{"do": "apply"}]),
    "failed": (
        RunRecord("r", "fix", "m", "h", "failed", reason="the mix gave no result"),
        False,
        [AGAIN],
    ),
    "one agent failed": (
        RunRecord(
            "r", "fix", "m", "h", "done", proposals=(agent("failed", "no key for lab, set K1"),)
        ),
        False,
        [AGAIN, {"do": "key", "variable": "K1"}, OPEN],
    ),
    "rejected answers are nobody's setting": (
        RunRecord("r", "fix", "m", "h", "done", proposals=(agent("rejected", "no code"),)),
        False,
        [],
    ),
    "the aggregator failed": (
        RunRecord(
            "r", "fix", "m", "h", "done", aggregation=Aggregation("select", None, "z answered 500")
        ),
        False,
        [AGAIN],
    ),
}


@pytest.mark.parametrize(("record", "kept", "wanted"), RUNS.values(), ids=RUNS)
def test_the_end_of_a_run_offers_what_its_user_can_do(record, kept, wanted):
    assert of_run(record, PATH, kept=kept) == wanted
