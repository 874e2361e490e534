"""Names in the settings that must be those of something: mixes, providers, languages.

Pure.
"""

from collections.abc import Collection, Iterator

from moa_lsp.config.problems import Fault, did_you_mean
from moa_lsp.config.rules import Providers, model_fault
from moa_lsp.config.settings import AUTO, AUTO_INLINE, Settings
from moa_lsp.syntax.languages import IDENTIFIERS


def settings_faults(
    settings: Settings, mixes: Collection[str], providers: Providers
) -> list[Fault]:
    """Find names that mean nothing.

    Args:
        settings: of the user.
        mixes: names that may be chosen, broken ones too: their own problems are told elsewhere.
        providers: all that are known.
    """
    known = {*mixes, AUTO}
    inline = {*known, AUTO_INLINE}
    checks: list[tuple[tuple[str | int, ...], str, set[str]]] = [
        (("mix",), settings.mix, known),
        (("inline", "mix"), settings.inline.mix, inline),
        *((("routes", n, "mix"), route.mix, known) for n, route in enumerate(settings.routes)),
        *((("auto_order", n), name, known) for n, name in enumerate(settings.auto_order)),
    ]
    faults = [
        Fault(keys, _no_mix(name, names)) for keys, name, names in checks if name not in names
    ]
    return [*faults, *_model_faults(settings, providers), *_language_faults(settings)]


def _no_mix(name: str, known: set[str]) -> str:
    hint = did_you_mean(name, known) or f"; there are {', '.join(sorted(known))}"
    return f"there is no mix `{name}`{hint}"


def _model_faults(settings: Settings, providers: Providers) -> Iterator[Fault]:
    for model in settings.models:
        fault = model_fault(("models", model), model, providers)
        if fault:
            yield fault._replace(at_key=True)


def _language_faults(settings: Settings) -> Iterator[Fault]:
    for name in settings.tests:
        if name not in IDENTIFIERS:
            hint = did_you_mean(name, IDENTIFIERS) or "; write an LSP language identifier"
            yield Fault(("tests", name), f"there is no language `{name}`{hint}", at_key=True)
