"""What a mix costs is not known: which runs that stops, and the lines that mend it."""

from collections.abc import Iterable

from moa_lsp.cli.first_files import price_line
from moa_lsp.config.estimate import worst_case
from moa_lsp.config.mixes import Mix
from moa_lsp.config.prices import is_free, price_of
from moa_lsp.config.resolve import Catalog


def unpriced(mix: Mix, catalog: Catalog) -> tuple[str, ...]:
    """The models of a mix whose price is not known and that may cost something."""
    unknown = worst_case(mix, catalog.settings, catalog.providers).unknown
    return tuple(model for model in unknown if _lacks_price(model, catalog))


def _lacks_price(model: str, catalog: Catalog) -> bool:
    provider = catalog.providers.get(model.partition("/")[0])
    if provider is not None and is_free(provider):
        return False
    return price_of(model, provider, catalog.settings) is None


def refusal(mix: Mix, models: Iterable[str]) -> str:
    """Why runs of a mix with a budget are refused."""
    return (
        f"runs of `{mix.name}` are refused: it has a budget, and the price of "
        f"{', '.join(models)} is not known; state it under `models:` in config.yaml"
    )


def lines_to_paste(models: Iterable[str], config: str) -> str:
    """What to add to ``config.yaml``; the user puts the amounts in."""
    lines = "\n".join(price_line(model) for model in dict.fromkeys(models))
    return (
        f"add to {config}, with the provider's prices in USD per million tokens for USD:\n"
        f"models:\n{lines}\n"
    )
