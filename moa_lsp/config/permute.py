"""Every way to cast a set of models as proposers and aggregator, each as a mix.

Pure. With n models, k proposers and every model as aggregator there are n · C(n, k) mixes: 9 for
three models and two proposers, 90 for six. ``repeat`` lets a model propose more than once, which
adds mixes of one model with itself (18 for three). ``distinct`` keeps the aggregator from being
one of the proposers (60 for six). Names and order depend on the models alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any

from moa_lsp.config import limits
from moa_lsp.config.strict_yaml import dump
from moa_lsp.errors import UsageError


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """One assignment of models to roles.

    Attributes:
        proposers: in the order given; a model that stands here twice is asked twice.
    """

    name: str
    proposers: tuple[str, ...]
    aggregator: str

    def raw(self) -> dict[str, Any]:
        """Give the mix as plain data."""
        counts = Counter(self.proposers)
        return {
            "name": self.name,
            "description": f"{', '.join(self.proposers)} propose, {self.aggregator} aggregates.",
            "proposers": [
                {"model": model, **({"samples": count} if count > 1 else {})}
                for model, count in counts.items()
            ],
            "aggregator": [{"verify": ["parse"]}, {"model": self.aggregator}],
        }

    def text(self, *comments: str) -> str:
        """Give the mix as a file."""
        return "".join(f"# {one}\n" for one in comments) + "\n" + dump(self.raw())


def permute(
    models: Sequence[str],
    *,
    proposers: int = 2,
    aggregators: Sequence[str] = (),
    repeat: bool = False,
    distinct: bool = False,
    prefix: str = "",
) -> list[RoleAssignment]:
    """Cast models in every way, proposers first and aggregators within them.

    Args:
        models: ``provider/model``, each once.
        proposers: how many propose.
        aggregators: the models that may aggregate, by default all of ``models``.
        repeat: whether a model may propose more than once.
        distinct: whether the aggregator must not be one of the proposers.
        prefix: what the mixes' names start with.

    Raises:
        UsageError: there is no such cast, or there are too many.
    """
    for named in (models, aggregators):
        model, count = Counter(named).most_common(1)[0] if named else ("", 0)
        if count > 1:
            raise UsageError(f"`{model}` is named {count} times; name every model once")
    choose = combinations_with_replacement if repeat else combinations
    panels = list(choose(models, proposers))
    last = aggregators or models
    pairs = [
        (proposer_layer, one)
        for proposer_layer in panels
        for one in last
        if not distinct or one not in proposer_layer
    ]
    if not pairs:
        raise UsageError(
            f"{len(models)} models give no mix of {proposers} proposers and an aggregator; "
            "name more models, or ask for fewer proposers or for --repeat"
        )
    if len(pairs) > limits.MAX_PERMUTATIONS:
        bound = limits.MAX_PERMUTATIONS
        raise UsageError(f"{len(pairs):,} mixes are more than {bound:,}; name fewer models")
    short = _short_names([*dict.fromkeys([*models, *last])])
    return [
        RoleAssignment(_name(prefix, proposer_layer, one, short), proposer_layer, one)
        for proposer_layer, one in pairs
    ]


def _name(
    prefix: str, proposer_layer: tuple[str, ...], aggregator: str, short: dict[str, str]
) -> str:
    counts = Counter(proposer_layer)
    parts = [short[one] if n == 1 else f"{short[one]}-x{n}" for one, n in counts.items()]
    return "_".join([*([prefix] if prefix else []), *parts, "by", short[aggregator]])


def _short_names(models: list[str]) -> dict[str, str]:
    """Name every model by its last part; by all of its parts where that repeats."""
    last = {model: _safe(model.rpartition("/")[2]) for model in models}
    repeats = Counter(last.values())
    short = {model: name if repeats[name] == 1 else _safe(model) for model, name in last.items()}
    taken: Counter[str] = Counter()
    for model in models:
        taken[short[model]] += 1
        if taken[short[model]] > 1:
            short[model] = f"{short[model]}-{taken[short[model]]}"
    return short


def _safe(text: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-.") or "model"
