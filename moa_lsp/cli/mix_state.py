"""Whether a mix can be used: what is configured, and what answers.

Nothing is called ready that is known not to be: a mix whose key is missing or whose server on this
machine does not run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from moa_lsp.cli.provider_probe import BAD, GOOD, NONE, ProbedProvider
from moa_lsp.config.mixes import Mix
from moa_lsp.config.resolve import Catalog, is_embedded, missing
from moa_lsp.config.settings import ProviderEntry, is_local

STYLES = {"ready": GOOD, "answers": GOOD, "configured": GOOD, "refused": BAD, "fails": BAD}


@dataclass(frozen=True, slots=True)
class MixState:
    """What is known of a mix.

    Attributes:
        word: ``ready`` (nothing outside this process and machine is needed, and that is there),
            ``configured`` (its keys are there; nobody was asked), ``answers`` (its providers were
            asked), or what is wrong: ``no key``, ``not running``, ``refused``, ``not ready`` …
        reasons: what it lacks, one short reason each.
    """

    word: str
    reasons: tuple[str, ...] = ()

    @property
    def style(self) -> str:
        """For a table."""
        return STYLES.get(self.word, NONE)


def configured(catalog: Catalog, mix: Mix, listens: Callable[[str], bool]) -> MixState:
    """What is known without a request.

    Args:
        catalog: the configuration.
        mix: one of its mixes.
        listens: says of a URL on this machine whether a server is there.
    """
    lacks = missing(catalog, mix)
    entries = _providers(catalog, mix)
    if lacks:
        keys = {f"{name}: {reason}" for name, reason in catalog.lacks.items()}
        return MixState("no key" if keys.issuperset(lacks) else "not ready", lacks)
    silent = [entry for entry in entries if is_local(entry) and not listens(entry.base_url)]
    if silent:
        return MixState("not running", tuple(_not_running(each) for each in silent))
    local = all(is_local(each) for each in entries if each.base_url)
    return MixState("ready" if local or is_embedded(mix, catalog.providers) else "configured")


def answering(catalog: Catalog, mix: Mix, found: Mapping[str, ProbedProvider]) -> MixState:
    """What is known after its providers were asked for their models.

    Args:
        catalog: the configuration.
        mix: one of its mixes.
        found: every provider's answer, by name.
    """
    lacks = missing(catalog, mix)
    entries = _providers(catalog, mix)
    bad = [(each.name, found[each.name]) for each in entries
           if each.name in found and found[each.name].state != "ok"]  # fmt: skip
    if lacks and not bad:
        return MixState("not ready", lacks)
    if bad:
        return MixState(bad[0][1].state, tuple(f"{name}: {each.detail}" for name, each in bad))
    return MixState("answers" if any(each.base_url for each in entries) else "ready")


def _providers(catalog: Catalog, mix: Mix) -> list[ProviderEntry]:
    names = dict.fromkeys(model.partition("/")[0] for model in mix.primary_models)
    return [catalog.providers[name] for name in names if name in catalog.providers]


def _not_running(entry: ProviderEntry) -> str:
    return f"{entry.name}: nothing answers at {entry.base_url}; start it to use it"
