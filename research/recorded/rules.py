"""The rules that are compared: the engine's own gates and selectors, as its chain runs them.

A rule is given the answers to a question, best model first, and chooses one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from moa_lsp.answers.compare import similarity
from moa_lsp.mix import select
from moa_lsp.mix.select import Candidate
from research.recorded.answers import Answer

Answers = Sequence[Answer]
Rule = Callable[[Answers], Answer]
Gate = Callable[[Answers], Answers]


def best_model(answers: Answers) -> Answer:
    """The best single model in hindsight, whatever it says."""
    return answers[0]


# --- gates --------------------------------------------------------------------------------------


def _kept(answers: Answers, passes: Callable[[Answer], bool]) -> Answers:
    """Those that pass; all where none does: a choice must be made of something."""
    return [answer for answer in answers if passes(answer)] or answers


def found(answers: Answers) -> Answers:
    """What the engine takes for an answer at all; where there is none, the first."""
    return [answer for answer in answers if answer.judged.found] or answers[:1]


def parse(answers: Answers) -> Answers:
    """``verify: [parse]``. Where all fail there is only the first."""
    return [answer for answer in answers if answer.usable] or answers[:1]


def names(answers: Answers) -> Answers:
    """``verify: [parse, names]``."""
    return _kept(parse(answers), lambda answer: answer.judged.names)


def examples(answers: Answers) -> Answers:
    """``verify: [parse, examples]``: those that pass the most of the prompt's examples.

    Examples rank and do not filter: in some tasks the reference itself fails one.
    """
    left = parse(answers)
    most = max(answer.examples or 0.0 for answer in left)
    return _kept(left, lambda answer: (answer.examples or 0.0) == most)


GATES: Mapping[str, Gate] = {
    "": found,
    "parse": parse,
    "parse, names": names,
    "parse, examples": examples,
}
"""By what stands in the brackets of ``verify``."""

# --- steps --------------------------------------------------------------------------------------


def _by(choose: Callable[[Sequence[Candidate]], Candidate]) -> Rule:
    def rule(answers: Answers) -> Answer:
        chosen = choose([answer.candidate for answer in answers])
        return next(answer for answer in answers if answer.candidate.order == chosen.order)

    return rule


def agreed(candidates: Sequence[Candidate]) -> Candidate:
    """The aggregator ``[{agree: …}, {select: prior}]``, for a share just over one half."""
    least = (len(candidates) // 2 + 1) / len(candidates)
    return select.agreed(candidates, least) or select.prior(candidates)


_alike = lru_cache(maxsize=400_000)(similarity)
"""Several rules ask for the likeness of the same pairs."""


def medoid(candidates: Sequence[Candidate]) -> Candidate:
    """``select: medoid``."""
    return select.medoid(candidates, _alike)


def _plain_medoid(candidates: Sequence[Candidate]) -> Candidate:
    """As if nothing were known of the models."""
    return medoid([replace(candidate, weight=1.0) for candidate in candidates])


STEPS: Mapping[str, Rule] = {
    "prior": _by(select.prior),
    "majority": _by(agreed),
    "vote": _by(select.vote),
    "medoid": _by(medoid),
}


def chain(gate: Gate, step: Rule) -> Rule:
    """A gate and a step. What they settle on must parse, or the best that does stands in."""

    def rule(answers: Answers) -> Answer:
        left = gate(answers)
        chosen = step(left)
        return chosen if chosen.judged.parses else parse(left)[0]

    return rule


ENGINE: Mapping[tuple[str, str], Rule] = {
    (gate, step): chain(GATES[gate], STEPS[step]) for gate in GATES for step in STEPS
}
"""By gate and step."""


def _first_that_parses(answers: Answers) -> Answer:
    return next((answer for answer in answers if answer.judged.parses), answers[0])


RULES: Mapping[str, Rule] = {
    "best": best_model,
    "first that parses": _first_that_parses,
    "first usable": ENGINE["parse", "prior"],
    "majority": ENGINE["parse", "majority"],
    "vote": ENGINE["parse", "vote"],
    "medoid": ENGINE["parse", "medoid"],
    "plain medoid": chain(parse, _by(_plain_medoid)),
    "plain medoid of all": _by(_plain_medoid),
    "vote of all": _by(select.vote),
}
"""By the names of an earlier study."""
