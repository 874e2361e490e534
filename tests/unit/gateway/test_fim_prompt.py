"""Gaps that clients write into their prompts."""

import pytest

from moa_lsp.gateway.completions import read_gap_request
from moa_lsp.gateway.fim_prompt import MARKERS, split

QWEN = "<|fim_prefix|>def f(a):\n    <|fim_suffix|>\n\nf(1)\n<|fim_middle|>"
GAP = ("def f(a):\n    ", "\n\nf(1)\n")


@pytest.mark.parametrize(
    ("prompt", "gap"),
    [
        (QWEN, GAP),
        (QWEN.replace("<|", "<").replace("|>", ">"), GAP),
        ("{}def f(a):\n    {}\n\nf(1)\n{}".format(*MARKERS[2]), GAP),
        (f"<|file_sep|>other.py\nx = 1\n<|file_sep|>{QWEN}", GAP),
        ("<|fim_prefix|><|fim_suffix|><|fim_middle|>", ("", "")),
        ("def f(a):\n    ", None),
        (QWEN + "return", None),
        (QWEN.replace("f(1)", "<|fim_suffix|>"), None),
        ("<|fim_suffix|>a<|fim_prefix|>b<|fim_middle|>", None),
        ("<|fim_prefix|>a<fim_suffix>b<|fim_middle|>", None),
    ],
)
def test_a_gap_is_what_its_markers_say(prompt, gap):
    assert split(prompt) == gap


@pytest.mark.parametrize(
    ("more", "gap"),
    [({}, GAP), ({"suffix": ""}, GAP), ({"suffix": "x"}, (QWEN, "x"))],
    ids=["no suffix", "an empty one", "a suffix"],
)
def test_markers_count_where_the_client_sends_no_suffix(more, gap):
    found = read_gap_request({"model": "m", "prompt": QWEN, **more})
    assert (found.prompt, found.suffix) == gap


def test_as_many_stops_are_taken_as_clients_send():
    stops = [f"<{number}>" for number in range(14)]
    assert read_gap_request({"model": "m", "prompt": "x", "stop": stops}).bounds.stops
