"""Ranks offers by the steps of a mix, without calling a model.

Pure. Offers with which the document parses come before those with which it does not; then the
steps of the mix's aggregator decide as they do for actions, on keys that cost microseconds: the
tokens of the line, without what stands in comments. On recorded infills these keys choose as well
as syntax trees (docs/inline.md).
"""

import re
from collections import Counter
from collections.abc import Sequence

from moa_lsp.config.steps import Step
from moa_lsp.inline.memory import Suggestion
from moa_lsp.mix import select
from moa_lsp.mix.select import Candidate
from moa_lsp.mix.steps import choose

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\w+|[^\w\s]')


def key(text: str) -> str:
    """Equal for offers that say the same but for white space."""
    return " ".join(_TOKEN.findall(text))


def ranked(offers: Sequence[Suggestion], steps: Sequence[Step]) -> list[Suggestion]:
    """Distinct offers, the one to show first; the others in order of weight.

    Args:
        offers: in order of arrival.
        steps: of the mix; a model step is skipped.
    """
    if not offers:
        return []
    verified = any(step.gates for step in steps)
    usable = [offer for offer in offers if offer.whole] if verified else []
    usable = usable or list(offers)
    candidates = [
        Candidate(number, offer.weight, offer.text, key(offer.text))
        for number, offer in enumerate(usable)
    ]
    best = usable[choose(steps, candidates).order]
    rest = sorted(offers, key=lambda offer: (not offer.whole, -offer.weight, offer.order))
    shown: dict[str, Suggestion] = {}
    for offer in (best, *rest):
        shown.setdefault(key(offer.text), offer)
    return list(shown.values())


def settled(
    offers: Sequence[Suggestion], seats: int, pending: Sequence[float], steps: Sequence[Step]
) -> bool:
    """Whether the outstanding answers cannot change what is shown.

    Args:
        offers: those that came.
        seats: number of agents in the race.
        pending: weights of those that have not answered.
        steps: of the mix.
    """
    if not pending or not offers:
        return not pending
    deciding = next((step for step in steps if not step.gates), None)
    if deciding is not None and deciding.ends_race:
        return True
    if deciding is not None and deciding.share is not None:
        return _agreed_for_good(offers, seats, deciding.share)
    if deciding is not None and deciding.compares_all:
        return False
    best = ranked(offers, steps)[0]
    verified = any(step.gates for step in steps)
    return (best.whole or not verified) and all(each < best.weight for each in pending)


def _agreed_for_good(offers: Sequence[Suggestion], seats: int, share: float) -> bool:
    """Whether so many agree that no other class can become as large."""
    largest = max(Counter(key(offer.text) for offer in offers).values())
    return largest * 2 > seats and largest >= max(select.SMALLEST_AGREEMENT, share * seats)
