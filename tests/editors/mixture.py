"""Three scripted models with different answers and one that aggregates, for tests in editors."""

import threading

from tests.fakes.desk import fenced
from tests.fakes.faulty_server import DONE, Until, chunked, delta
from tests.fakes.upstreams import PRICES, Upstreams

SEATS = {"a": "deepseek-chat", "b": "mistral-large", "c": "qwen3-coder", "z": "glm-4.6"}
"""The model of each provider; the last one aggregates."""

MIXES = {
    "trio": (
        "description: DeepSeek, Mistral and Qwen propose, GLM writes.\n"
        "proposers: [{model: a/deepseek-chat}, {model: b/mistral-large}, {model: c/qwen3-coder}]\n"
        "aggregator: {model: z/glm-4.6}\n"
    ),
}

MORE = "".join(f"  {name}/{model}: {PRICES}\n" for name, model in SEATS.items())
"""Prices of the models, then settings: the mix is the default, nothing is kept."""

SETTINGS = f"{MORE}mix: trio\ncache: {{enabled: false}}\n"

HEAD, TAIL = "import os\n\n\n", "\n\n\nend = '𝒳é'\n"
OLD = "def total(items):\n    t = 0\n    for i in items:\n        t = t + i\n    return t"
ANSWERS = {
    "a": "def total(items):\n    return sum(items)",
    "b": "def total(items):\n    return sum(i for i in items)",
    "c": "def total(items):\n    return sum(list(items))",
    "z": 'def total(items):\n    """Add them up: €."""\n    return sum(items)',
}
"""What each model answers to a refactoring of the old text."""

TWO_PARTS = "def total(items):\n    t = 1\n    for i in items:\n        t = t + i\n    return +t"
"""An answer that changes two places of the old text, as ``first_part`` and another."""


def first_part() -> str:
    """The old text with the first of the two changes."""
    return OLD.replace("t = 0", "t = 1")


def say(up: Upstreams, **texts: str) -> None:
    """Let models answer with code from now on."""
    up.say(**{name: fenced(text) for name, text in texts.items()})


def held(up: Upstreams, name: str, text: str) -> threading.Event:
    """Let a model answer only once the event is set."""
    event = threading.Event()
    up.play(name, chunked(Until(event), delta(fenced(text)), delta(None, "stop"), DONE))
    return event


def counts(up: Upstreams) -> dict[str, int]:
    """How many requests came to each model so far."""
    return {name: len(up.asked(name)) for name in up.servers}


def asked(up: Upstreams, name: str) -> str:
    """What a model was asked last, as one text."""
    return "\n".join(message["content"] for message in up.asked(name)[-1].json["messages"])
