"""``moa-lsp init``: first files, checked before they are written, and never over others.

What would be written is read back from a temporary folder as a run would read it; only files
without a mistake reach the user's folder.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from moa_lsp.cli import first_files, output
from moa_lsp.cli.first_files import FirstProvider
from moa_lsp.cli.mix_make import write_files
from moa_lsp.cli.provider_probe import ProbedProvider, probe
from moa_lsp.config.catalog import load_catalog, user_config
from moa_lsp.config.estimate import worst_case
from moa_lsp.config.prices import price_of
from moa_lsp.config.registry import BUILTIN, EMBEDDED
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import Price, ProviderEntry, RunBudget
from moa_lsp.errors import UsageError
from moa_lsp.text.sanitize import escape

SHOWN_MODELS = 12
"""Names of models that a question offers; some providers have hundreds."""


@dataclass(frozen=True, slots=True)
class InitArguments:
    """What ``init`` is given; a question is asked for each of the first three that is ``None``.

    Attributes:
        source: a built-in provider's name, or the URL of an endpoint.
        key_env: the variable that holds the key, ``""`` for none.
        models: names of models as the provider has them, with commas.
        name: what an endpoint is called.
        price: ``IN/OUT`` of the models whose price is not known.
    """

    source: str | None
    key_env: str | None
    models: str | None
    name: str | None = None
    api: str = "openai"
    mix_name: str = "mine"
    price: str | None = None
    probe: bool = True
    config: Path | None = None


def init(wanted: InitArguments, environ: Mapping[str, str] | None = None) -> int:
    """Write ``config.yaml`` and a mix, and say what to do next; the exit code.

    Raises:
        UsageError: a file is there already, or an answer makes no sense; nothing was written.
    """
    environ = os.environ if environ is None else environ
    place = user_config(environ, wanted.config)
    if place.exists() or place.is_symlink():
        raise UsageError(
            f"{place} is there already; `moa-lsp mix new NAME --from MIX` makes another mix"
        )
    price = first_files.prices_of(wanted.price) if wanted.price else None
    provider = _provider(wanted)
    probed = _probe(provider, environ) if wanted.probe else None
    models = _models(wanted, provider, probed)
    prices = _unknown_prices(provider, models, price, asks=wanted.models is None)
    texts = _checked(provider, wanted.mix_name, models, prices, place)
    for path in write_files(texts, "give the mix another name by --mix-name"):
        _say(f"wrote {path}")
    _next(provider, probed, models, prices, environ)
    return 0


def _provider(wanted: InitArguments) -> FirstProvider:
    source = wanted.source
    if source is None:
        names = ", ".join(first_files.known_providers())
        _say(f"Where do models come from? A provider ({names}), or the URL of an endpoint.")
        source = _ask("provider or URL")
    if "://" in source:
        name = wanted.name or first_files.provider_name(source)
        if name in BUILTIN:
            raise UsageError(f"`{name}` is a built-in provider; give yours another --name")
        key = wanted.key_env
        if key is None:
            key = _ask("variable that holds its key, - for none", f"{name.upper()}_API_KEY")
        key = key.replace("-", "_") if key != "-" else ""
        return FirstProvider(name, key or None, wanted.api, source.rstrip("/"))
    known = BUILTIN.get(source)
    if known is None or source == EMBEDDED:
        names = ", ".join(first_files.known_providers())
        raise UsageError(f"there is no provider `{source}`; name a URL, or one of {names}")
    key = wanted.key_env
    if key is None and known.api_key_env is not None:
        key = _ask("variable that holds its key", known.api_key_env)
    return FirstProvider(source, key or known.api_key_env, known.api)


def _models(
    wanted: InitArguments, provider: FirstProvider, probed: ProbedProvider | None
) -> list[str]:
    written = wanted.models
    if written is None:
        if probed is not None and probed.models:
            more = len(probed.models) - SHOWN_MODELS
            shown = ", ".join(probed.models[:SHOWN_MODELS])
            _say(f"{provider.name} has {shown}" + (f" and {more} more" if more > 0 else ""))
        _say("Which models make the mix? The first also writes the answer from all proposals.")
        written = _ask("models, with commas")
    bare = [each.strip().removeprefix(f"{provider.name}/") for each in written.split(",")]
    models = [f"{provider.name}/{each}" for each in dict.fromkeys(bare) if each]
    if not models:
        raise UsageError("name at least one model, as the provider names it")
    return models


def _unknown_prices(
    provider: FirstProvider, models: Sequence[str], price: Price | None, *, asks: bool
) -> dict[str, Price | None]:
    """The models whose price is not known here, with what the user says of it."""
    entry = _entry(provider)
    settings = load_catalog(config=Path(os.devnull), environ={}).settings
    unknown = [model for model in models if price_of(model, entry, settings) is None]
    found: dict[str, Price | None] = {}
    for model in unknown:
        stated = price
        if stated is None and asks:
            written = _ask(f"USD per million tokens of {model}, as 0.5/1.5, - if not known", "-")
            stated = None if written == "-" else first_files.prices_of(written)
        found[model] = stated
    return found


def _entry(provider: FirstProvider) -> ProviderEntry:
    if provider.base_url is None:
        return BUILTIN[provider.name]
    return ProviderEntry(provider.name, provider.api, provider.base_url, provider.key_env)


def _checked(
    provider: FirstProvider,
    name: str,
    models: list[str],
    prices: Mapping[str, Price | None],
    place: Path,
) -> dict[Path, str]:
    """The files by path, read back without a mistake, with budgets that their worst case fits.

    Raises:
        UsageError: an answer makes no sense in a file.
    """
    first = {
        Path("config.yaml"): first_files.config_text(provider, name, prices),
        Path("mixes") / f"{Path(name).name}.yaml": first_files.mix_text(name, models, None),
    }
    catalog = _read_back(first)
    mix = catalog.mixes[name].mix
    worst = worst_case(mix, catalog.settings, catalog.providers).usd
    usd = first_files.cents(worst) if worst else None
    per_run = max(RunBudget().usd_per_run, usd or 0.0)
    return {
        place: first_files.config_text(provider, name, prices, per_run),
        place.parent / "mixes" / f"{name}.yaml": first_files.mix_text(name, models, usd),
    }


def _read_back(texts: Mapping[Path, str]) -> Catalog:
    with tempfile.TemporaryDirectory(prefix="moa-lsp-init-") as folder:
        write_files({Path(folder) / path: text for path, text in texts.items()})
        catalog = load_catalog(config=Path(folder) / "config.yaml", environ={})
    if catalog.problems:
        raise UsageError("; ".join(dict.fromkeys(each.message for each in catalog.problems)))
    return catalog


def _probe(provider: FirstProvider, environ: Mapping[str, str]) -> ProbedProvider:
    entry = _entry(provider)
    lacks = {}
    if provider.key_env and not environ.get(provider.key_env, "").strip():
        lacks[provider.name] = f"{provider.key_env} is not set"
    return asyncio.run(probe(provider.name, entry, lacks, environ))


def _next(
    provider: FirstProvider,
    probed: ProbedProvider | None,
    models: Sequence[str],
    prices: Mapping[str, Price | None],
    environ: Mapping[str, str],
) -> None:
    """Say what the provider answered, and the next step."""
    if probed is not None:
        _say(f"{provider.name}: {probed.state} · {probed.detail}")
        offered = {f"{provider.name}/{each}" for each in probed.models}
        absent = [each for each in models if offered and each not in offered]
        if absent:
            _say(f"{provider.name} does not list {', '.join(absent)}; is that the name?")
    unpriced = [model for model, price in prices.items() if price is None]
    if unpriced:
        _say(
            f"the price of {', '.join(unpriced)} is not known: no budget can hold a run back "
            "until you state it under `models:` in config.yaml"
        )
    if provider.key_env and not environ.get(provider.key_env, "").strip():
        _say(f"next: export {provider.key_env}=…, then moa-lsp doctor")
    _say('then: moa-lsp run refactor FILE:START-END --instruction "what you want"')


def _ask(question: str, default: str | None = None) -> str:
    """The user's answer.

    Raises:
        UsageError: nobody is there to answer.
        click.Abort: the user interrupts.
    """
    try:
        return str(click.prompt(question, default=default, err=True)).strip()
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError(
            f"nobody answers `{question}`; `moa-lsp init --help` has an option for each question"
        ) from None


def _say(text: str) -> None:
    output.say(output.console(stderr=True), escape(text))
    sys.stderr.flush()
