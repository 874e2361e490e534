"""Made-up results: whatever a test says of some, and a sweep of 24 configurations that looks real.

Texts are code-like and, where a test wants that, hostile.
"""

import random

from moa_bench.values import About, Result, TaskDetail
from moa_lsp.providers.base import Usage

HOSTILE = (
    "</pre></script><script>document.title=1</script><img src=x onerror=document.title=2>"
    "\x1b[2J\u202e&amp;\"'"
)

MODELS = ("anna-large", "bert-coder-32b", "cleo-mini")
SKILL = {"anna-large": 0.7, "bert-coder-32b": 0.3, "cleo-mini": -0.5}
PRICE = {"anna-large": 0.012, "bert-coder-32b": 0.0016, "cleo-mini": 0.0003}
SPEED = {"anna-large": 9.0, "bert-coder-32b": 5.0, "cleo-mini": 1.6}


def result(mix="m", task="t1", state="passed", **other):
    """One result; what is not said is the same for all."""
    given = {
        "mix": mix,
        "mix_hash": f"hash-of-{mix}",
        "role": "mix",
        "set": "made-up",
        "digest": "d" * 64,
        "task": task,
        "cluster": task,
        "sample": 0,
        "state": state,
        "seconds": 2.0,
        "slowest": 1.5,
        "usage": Usage(100, 50),
        "cost_usd": 0.01,
        "cost_known": True,
        "spent_usd": 0.005,
        "sandbox": "bubblewrap",
    }
    return Result(**{**given, **other})


def outcomes(mix, states, **other):
    """Results of tasks t00, t01, … by a word of one letter each: Passed, Failed, None, Missing."""
    names = {"P": "passed", "F": "failed", "N": "no_answer", "M": "missing"}
    return [result(mix, f"t{at:02}", names[letter], **other) for at, letter in enumerate(states)]


def configurations():
    """Three models alone, and each as aggregator of every set of proposers: 24."""
    sets = [
        [model for at, model in enumerate(MODELS) if chosen >> at & 1] for chosen in range(1, 8)
    ]
    for model in MODELS:
        yield f"alone-{model}", "alone", [model], None
    for aggregator in MODELS:
        for proposers in sets:
            yield f"{'+'.join(proposers)}→{aggregator}", "mix", proposers, aggregator


def sweep(tasks=148, seed=7, hostile=""):
    """Results of the 24 configurations, and what they are about."""
    chance = random.Random(seed)
    easy = [chance.gauss(-0.9, 1.6) for _ in range(tasks)]
    texts = [_Texts(chance, at, hostile) for at in range(tasks)]
    alone = {
        (model, at): chance.gauss(SKILL[model] + easy[at], 0.7) > 0
        for model in MODELS
        for at in range(tasks)
    }
    made = [
        _result(chance, at, *configuration, alone, texts[at])
        for configuration in configurations()
        for at in range(tasks)
    ]
    excluded = {"Made/900": "its reference needs the network", "Made/901": "needs nltk data"}
    return made, About("made-up-hard", "e" * 64, tasks + 2, tasks, excluded, "CPython 3.11.7")


def _result(chance, at, mix, role, proposers, aggregator, alone, texts):
    right = {model: alone[model, at] for model in proposers}
    share = sum(right.values()) / len(right)
    passed = share == 1 or (share and chance.random() < 0.35 + 0.5 * share)
    state = "passed" if passed else "failed"
    lost = chance.random()
    state = "missing" if lost < 0.002 else "no_answer" if lost < 0.012 and not passed else state
    slowest = max(chance.lognormvariate(0, 0.4) * SPEED[model] for model in proposers)
    last = chance.lognormvariate(0, 0.4) * SPEED[aggregator] if aggregator else 0.0
    models = [*proposers, *([aggregator] if aggregator else [])]
    why = {
        "failed": f"Traceback (most recent call last):\n  …\nAssertionError: {at} != {at + 1}",
        "no_answer": "no proposal is code that can be used: cut off (2), no fence (1)",
        "missing": "429 Too Many Requests after 6 tries",
        "passed": "",
    }[state]
    drill = TaskDetail(
        texts.prompt,
        tuple((model, texts.proposal(model)) for model in proposers),
        texts.answer(mix) if state == "failed" else None,
        why,
    )
    return result(
        mix,
        f"Made/{at}",
        state,
        role=role,
        set="made-up-hard",
        digest="e" * 64,
        seconds=slowest + last,
        slowest=slowest,
        usage=Usage(700 * len(models), 260 * len(models)),
        cost_usd=sum(PRICE[model] for model in models) * chance.uniform(0.8, 1.2),
        cost_known=True,
        spent_usd=PRICE[models[-1]],
        right=right,
        drill=drill,
        timed_out=state == "failed" and chance.random() < 0.04,
        proposed=len(proposers),
        rejected=int(chance.random() < 0.03),
    )


class _Texts:
    """Of one task: prompts of 3 KB, answers of 1.5 KB."""

    def __init__(self, chance, at, hostile):
        self._chance, self._hostile = chance, hostile
        self.prompt = f"Task {at}: " + self._words(480) + hostile
        self._kept = {}

    def _words(self, many):
        words = ("def", "return", "value", "for", "row", "in", "table", "if", "not", "items", "<")
        return " ".join(self._chance.choices(words, k=many))

    def proposal(self, model):
        if model not in self._kept:
            self._kept[model] = self._code()
        return self._kept[model]

    def answer(self, mix):
        # Syntheses are often a proposal again.
        kept = list(self._kept.values())
        return self._chance.choice(kept) if kept and self._chance.random() < 0.6 else self._code()

    def _code(self):
        lines = (f"    {self._words(7)}" for _ in range(34))
        return "def solve(table):\n" + "\n".join(lines) + self._hostile
