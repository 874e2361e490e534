"""The text of a first ``config.yaml`` and of a first mix: pure, from what the user answered."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from moa_lsp.config.apis import APIS
from moa_lsp.config.registry import BUILTIN, EMBEDDED
from moa_lsp.config.settings import Price, RunBudget
from moa_lsp.errors import UsageError

GRACE_S = 7.0
"""Of the first mix's quorum: about what a request takes, so that the second is rarely lost."""

SAMPLES = 3
"""Of a mix of one model: two equal answers of three are a majority."""

_NAME = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class FirstProvider:
    """Where the models of a first mix come from.

    Attributes:
        name: what stands before the slash in ``provider/model``.
        base_url: of an endpoint of the user's; ``None`` for a built-in provider.
        key_env: the variable that holds the key, ``None`` for none.
    """

    name: str
    key_env: str | None
    api: str = "openai"
    base_url: str | None = None

    @property
    def listed(self) -> bool:
        """Whether it needs an entry in ``config.yaml``."""
        known = BUILTIN.get(self.name)
        return self.base_url is not None or known is None or known.api_key_env != self.key_env


def provider_name(url: str) -> str:
    """A name for an endpoint: the telling part of its host.

    Raises:
        UsageError: it is no URL.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if not host:
        raise UsageError(f"{url} is no URL: write https://host/path")
    if host in ("localhost", "::1") or host.startswith("127."):
        return "local"
    labels = [each for each in host.split(".")[:-1] if each not in ("api", "www")]
    name = _NAME.sub("-", labels[0] if labels else host).strip("-") or "lab"
    return f"my-{name}" if name in BUILTIN else name


def known_providers() -> list[str]:
    """Names of the providers that need no entry, the embedded one left out."""
    return [name for name in BUILTIN if name != EMBEDDED]


def prices_of(written: str) -> Price:
    """``IN/OUT`` as a price.

    Raises:
        UsageError: it is not of that shape.
    """
    first, slash, second = written.partition("/")
    try:
        read, wrote = float(first), float(second)
    except ValueError:
        read = wrote = math.nan
    if not slash or not (0 <= read < math.inf and 0 <= wrote < math.inf):
        raise UsageError(f"a price is IN/OUT in USD per million tokens, as 0.5/1.5, not {written}")
    return Price(input=read, output=wrote)


def config_text(
    provider: FirstProvider,
    mix: str,
    prices: Mapping[str, Price | None],
    usd_per_run: float = RunBudget().usd_per_run,
) -> str:
    """A commented ``config.yaml``.

    Args:
        provider: where models come from.
        mix: the name of the default mix.
        prices: of models that are not known, ``None`` where the user does not know either.
        usd_per_run: what a run may cost at worst.
    """
    parts = [
        "# Written by `moa-lsp init`. Every key: docs/configuration.md\n",
        f"mix: {mix}   # what actions use; `auto`: the first ready one of auto_order\n",
    ]
    if provider.listed:
        parts.append(_provider(provider))
    if prices:
        parts.append(models_text(prices))
    parts.append(
        "# The most that a run, and a day, may cost; over it a run is refused before it asks.\n"
        f"budget: {{usd_per_run: {usd_per_run:.2f}, usd_per_day: {RunBudget().usd_per_day:.2f}}}\n"
    )
    return "\n".join(parts)


def _provider(provider: FirstProvider) -> str:
    lines = ["providers:\n", f"  {provider.name}:\n"]
    if provider.base_url is not None:
        lines.append(f"    api: {provider.api}   # {' | '.join(APIS)}\n")
        lines.append(f"    base_url: {provider.base_url}\n")
    if provider.key_env is not None:
        lines.append(
            f"    api_key_env: {provider.key_env}   # the variable's name; never the key itself\n"
        )
    return "".join(lines)


def models_text(prices: Mapping[str, Price | None]) -> str:
    """The lines of ``models:`` that state prices; as comments where one is not known."""
    lines = ["# USD per million tokens, from the provider's price list.\n"]
    known = {model: price for model, price in prices.items() if price is not None}
    lead = "" if known else "# "
    lines.append(f"{lead}models:\n")
    for model, price in prices.items():
        if price is not None:
            stated = f"input: {price.input:g}, output: {price.output:g}"
            lines.append(f"  {model}: {{price: {{{stated}}}}}\n")
        else:
            lines.append(f"# {price_line(model)}\n")
    return "".join(lines)


def price_line(model: str) -> str:
    """The line below ``models:`` that states a price; the user puts the amounts in."""
    return f"  {model}: {{price: {{input: USD, output: USD}}}}"


def mix_text(name: str, models: list[str], usd: float | None) -> str:
    """A commented mix: some models with an aggregator, or one model with a majority.

    Args:
        name: of the mix.
        models: ``provider/model`` names, at least one; the first also aggregates.
        usd: the most that a run may cost, ``None`` where that is not known.
    """
    head = f"# Written by `moa-lsp init`. Every key: docs/mixes.md\nname: {name}\n"
    if len(models) > 1:
        bare = " and ".join(model.rpartition("/")[2] for model in models)
        proposers = "".join(f"  - model: {model}\n" for model in models)
        body = (
            f"description: {bare} propose, {models[0].rpartition('/')[2]} aggregates.\n\n"
            f"proposers:             # asked at the same time\n{proposers}\n"
            "aggregator:            # steps in order; the first that settles it ends the run\n"
            "  - agree: 1.0         # all proposals are equal: no further call\n"
            "  - verify: [parse]    # drop what does not parse\n"
            f"  - model: {models[0]}   # sees the proposals and writes the answer\n"
        )
        quorum = f"{{min: 1, grace: {GRACE_S:g}}}   # seconds for the others once one is in"
    else:
        body = (
            f"description: {SAMPLES} answers of {models[0]}; the majority, or the first.\n\n"
            f"proposers:             # asked at the same time\n  - model: {models[0]}\n"
            f"    samples: {SAMPLES}\n\n"
            "aggregator:            # steps in order; the first that settles it ends the run\n"
            "  - verify: [parse]    # drop what does not parse\n"
            "  - agree: 0.6         # two equal answers of three\n"
            "  - select: prior      # else the first\n"
        )
        quorum = f"{{min: 2, grace: {GRACE_S:g}}}   # seconds for the others once two are in"
    budget = (
        "" if usd is None else f"budget: {{usd: {usd:.2f}}}   # the most that a run may cost\n"
    )
    return f"{head}{body}\nquorum: {quorum}\ndeadline: 90           # seconds for a run\n{budget}"


def cents(usd: float) -> float:
    """An amount rounded up to whole cents."""
    return math.ceil(usd * 100 - 1e-9) / 100
