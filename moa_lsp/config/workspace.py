"""What a file in the workspace may say: it may choose and tighten, never define.

A01 to A05 in docs/faults.md.

Pure. Where a key goes, what runs, and what models may see are the user's alone; of a workspace's
``config.yaml`` everything else is ignored with a warning that names the line. Without trust only
what tightens counts: more exclusions, smaller budgets, stricter review.
"""

from collections.abc import Collection, Mapping
from typing import Any

from moa_lsp.config.problems import inspect, located
from moa_lsp.config.settings import AUTO, AUTO_INLINE, Settings
from moa_lsp.config.strict_yaml import Keys, YamlDocument
from moa_lsp.errors import Problem

TIGHTENS: Mapping[str, frozenset[str]] = {
    "review": frozenset(),
    "budget": frozenset({"usd_per_run", "usd_per_day"}),
    "context": frozenset({"max_tokens", "exclude"}),
}
CHOOSES: Mapping[str, frozenset[str]] = {
    "mix": frozenset(),
    "routes": frozenset(),
    "inline": frozenset({"enabled", "mix", "languages"}),
}
FORBIDDEN: Mapping[str, str] = {
    "tests": "`tests` says what is run, so it is for your own config.yaml only: take it out"
}
"""Keys that are an error in a workspace's file, and why: somebody means to run something."""

_STRICTNESS = ("never", "auto", "always")


def narrowed(
    settings: Settings, loaded: YamlDocument, mixes: Collection[str], *, trusted: bool
) -> tuple[Settings | None, list[Problem], list[str]]:
    """Lay a workspace's file over the user's settings, as far as it may.

    Args:
        settings: the user's.
        loaded: the workspace's ``config.yaml``.
        mixes: names of the user's and the bundled mixes.
        trusted: whether the editor says that the folder is trusted.

    Returns:
        The settings, ``None`` where the file is broken; problems of what it says; warnings of
        what is ignored.
    """
    kept, warnings = _allowed(loaded, trusted=trusted)
    file, faults = inspect(Settings, kept)
    if file is None or loaded.problems:
        return None, located(faults, loaded), warnings
    forbidden = [
        loaded.problem((key,), why, at_key=True)
        for key, why in FORBIDDEN.items()
        if key in loaded.value
    ]
    warnings += _drop_unknown(kept, loaded, mixes)
    file, _ = inspect(Settings, kept)
    if file is None:
        raise TypeError("settings without some of their keys are still settings")
    # What tightens counts all the same.
    return _laid_over(settings, file), forbidden, sorted(warnings)


def _allowed(loaded: YamlDocument, *, trusted: bool) -> tuple[dict[str, Any], list[str]]:
    """Take what may stand in a workspace's file, and warn of everything else."""
    kept: dict[str, Any] = {}
    warnings: list[str] = []
    for key, value in loaded.value.items():
        if key in FORBIDDEN:
            continue
        if key in CHOOSES and not trusted:
            warnings.append(_ignored(loaded, (key,), "counts once the folder is trusted"))
        elif key not in TIGHTENS and key not in CHOOSES:
            warnings.append(_ignored(loaded, (key,), "is for your own config.yaml only"))
        elif isinstance(value, dict):
            inner = TIGHTENS.get(key) or CHOOSES[key]
            kept[key] = {name: each for name, each in value.items() if name in inner}
            warnings += [
                _ignored(loaded, (key, name), "is for your own config.yaml only")
                for name in value
                if name not in inner
            ]
        else:
            kept[key] = value
    return kept, warnings


def _drop_unknown(kept: dict[str, Any], loaded: YamlDocument, mixes: Collection[str]) -> list[str]:
    """Drop choices of mixes that are not the user's or bundled; say which."""
    what = "names no mix of yours: a workspace chooses among those that you have"
    warnings: list[str] = []
    if "mix" in kept and kept["mix"] not in (*mixes, AUTO):
        del kept["mix"]
        warnings.append(_ignored(loaded, ("mix",), what))
    inline = kept.get("inline", {})
    if "mix" in inline and inline["mix"] not in (*mixes, AUTO, AUTO_INLINE):
        del inline["mix"]
        warnings.append(_ignored(loaded, ("inline", "mix"), what))
    routes = kept.get("routes", [])
    for number, route in enumerate(routes):
        if route["mix"] not in (*mixes, AUTO):
            warnings.append(_ignored(loaded, ("routes", number, "mix"), what))
    if routes:
        kept["routes"] = [route for route in routes if route["mix"] in (*mixes, AUTO)]
    return warnings


def _laid_over(settings: Settings, file: Settings) -> Settings:
    given = file.model_fields_set
    budget = settings.budget.model_copy(
        update={
            name: min(getattr(settings.budget, name), getattr(file.budget, name))
            for name in file.budget.model_fields_set
        }
    )
    context = settings.context.model_copy(
        update={
            "max_tokens": min(settings.context.max_tokens, file.context.max_tokens)
            if "max_tokens" in file.context.model_fields_set
            else settings.context.max_tokens,
            "exclude": tuple(dict.fromkeys((*settings.context.exclude, *_excluded(file)))),
        }
    )
    stricter = max(settings.review, file.review, key=_STRICTNESS.index)
    return settings.model_copy(
        update={
            "mix": file.mix if "mix" in given else settings.mix,
            "routes": (*file.routes, *settings.routes),
            "inline": _inline(settings, file),
            "review": stricter if "review" in given else settings.review,
            "budget": budget,
            "context": context,
        }
    )


def _excluded(file: Settings) -> tuple[str, ...]:
    return file.context.exclude if "exclude" in file.context.model_fields_set else ()


def _inline(settings: Settings, file: Settings) -> object:
    given = file.inline.model_fields_set
    off = {name: False for name, on in file.inline.languages.items() if not on}
    return settings.inline.model_copy(
        update={
            "enabled": settings.inline.enabled and (file.inline.enabled or "enabled" not in given),
            "mix": file.inline.mix if "mix" in given else settings.inline.mix,
            "languages": {**settings.inline.languages, **(off if "languages" in given else {})},
        }
    )


def _ignored(loaded: YamlDocument, keys: Keys, why: str) -> str:
    problem = loaded.problem(keys, f"`{keys[-1]}` is ignored: it {why}", at_key=True)
    return str(problem)
