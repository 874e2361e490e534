"""From the files of mixes to complete mixes: parents merged, overrides made whole, all checked.

Pure. A mix that is wrong is left out with its problems and takes no other down, but those that
extend it. A name belongs to the first of: the user's file, a bundled one; a workspace's mix has
a name of its own, ``name (workspace)``, so that it can stand for no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moa_lsp.config.merge import extend
from moa_lsp.config.mixes import Mix, MixFile, Override, OverrideCondition, build, inner_name
from moa_lsp.config.options import WORKSPACE_SUFFIX
from moa_lsp.config.problems import Fault, did_you_mean, inspect, located
from moa_lsp.config.recover import mended, untouched
from moa_lsp.config.resolve import MixEntry, Scope
from moa_lsp.config.rules import Providers, mix_faults, spelling_faults
from moa_lsp.config.strict_yaml import Keys, ValueLocation, YamlDocument
from moa_lsp.errors import Problem

_PRECEDENCE: tuple[Scope, ...] = ("user", "bundled", "workspace")
_NOT_INHERITED = ("name", "description", "extends")


@dataclass(frozen=True, slots=True)
class MixSource:
    """A mix file that could be read."""

    loaded: YamlDocument
    scope: Scope


@dataclass(slots=True)
class CompositionResult:
    """What became of the files."""

    mixes: dict[str, MixEntry] = field(default_factory=dict)
    broken: dict[str, Problem] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def compose(sources: Iterable[MixSource], providers: Providers) -> CompositionResult:
    """Make every mix whole, in the order of their names' precedence."""
    composer = _Composer(providers)
    composer.take(sorted(sources, key=lambda source: _PRECEDENCE.index(source.scope)))
    return composer.done


def title(name: str, scope: Scope) -> str:
    """Give the name under which a mix is offered."""
    return f"{name}{WORKSPACE_SUFFIX}" if scope == "workspace" else name


def listed(loaded: YamlDocument) -> YamlDocument:
    """Turn each aggregator of one step without a list into a list, with its places."""
    raw = dict(loaded.value)
    places = dict(loaded.places)
    _listed_step(raw, (), places)
    overrides = raw.get("overrides")
    if isinstance(overrides, list):
        copies = [dict(one) if isinstance(one, dict) else one for one in overrides]
        for number, override in enumerate(copies):
            if isinstance(override, dict):
                _listed_step(override, ("overrides", number), places)
        raw["overrides"] = copies
    return YamlDocument(raw, loaded.path, places, loaded.problems)


def _listed_step(raw: dict[str, Any], at: Keys, places: dict[Keys, ValueLocation]) -> None:
    if not isinstance(raw.get("aggregator"), dict):
        return
    raw["aggregator"] = [raw["aggregator"]]
    stem = (*at, "aggregator")
    depth = len(stem)
    for keys, place in list(places.items()):
        if keys[:depth] == stem:
            places[*stem, 0, *keys[depth:]] = place


@dataclass(slots=True)
class _MixDraft:
    """A file on its way.

    ``raw`` is its sound part, ``touched`` what was mended in it; only a mix of which nothing had
    to be mended is ever used.
    """

    loaded: YamlDocument
    scope: Scope
    name: str
    raw: dict[str, Any]
    touched: list[Keys]
    sound: bool
    composed: bool = False


@dataclass(slots=True)
class _InnerMixes:
    """The mixes that the agents of one mix stand for, made whole as they are asked for."""

    composer: "_Composer"
    offered: str
    known: _MixDraft
    found: dict[str, Mix] = field(default_factory=dict)

    def fault(self, name: str) -> str | None:
        """Make a mix whole; say why it cannot be an agent, if so."""
        composer = self.composer
        below, known = composer.named(self.known, name)
        if known is None:
            names = [one.name for one in composer.known.values() if one.scope != "workspace"]
            return f"there is no mix `{name}`{did_you_mean(name, names)}"
        if below == self.offered:
            return "a mix cannot be its own agent"
        deeper = sorted(set(_inner_names(composer.words(below, known))))
        if deeper:
            circle = ", this one too" if self.known.name in deeper else ""
            return f"`{name}` has mixes among its own agents{circle}: one level is the limit"
        composer.make(below, known)
        if below not in composer.done.mixes:
            return f"the mix `{name}` has problems"
        self.found[name] = composer.done.mixes[below].mix
        return None


def _inner_names(value: object) -> Iterator[str]:
    """Find every ``mix/NAME`` among the models of a raw mix, its overrides too."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _inner_names(item)
    elif isinstance(value, Mapping):
        model = value.get("model")
        if isinstance(model, str) and (name := inner_name(model)) is not None:
            yield name
        for item in value.values():
            yield from _inner_names(item)


class _Composer:
    """Holds the files by name while parents are looked up."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers
        self.done = CompositionResult()
        self.known: dict[str, _MixDraft] = {}

    def take(self, sources: Iterable[MixSource]) -> None:
        for source in sources:
            self._read(source)
        for offered, known in self.known.items():
            self.make(offered, known)
        self.done.problems.sort()

    def _read(self, source: MixSource) -> None:
        loaded = listed(source.loaded)
        file, faults = inspect(MixFile, loaded.value)
        faults += spelling_faults(loaded.value)
        overrides = loaded.value.get("overrides")
        for number, override in enumerate(overrides if isinstance(overrides, list) else ()):
            if isinstance(override, dict):
                faults += _below(("overrides", number), spelling_faults(override))
        name = file.name if file else loaded.value.get("name")
        if isinstance(name, str) and (known := self.known.get(title(name, source.scope))):
            if known.scope == source.scope:
                message = f"a second mix `{name}`: the first is in {known.loaded.path}"
                faults.append(Fault(("name",), message))
            self._report(None, located(faults, loaded))
            return
        offered = title(name, source.scope) if isinstance(name, str) else None
        if offered:
            whole, raw, touched = mended(MixFile, loaded.value)
            sound = not faults and not loaded.problems
            known = _MixDraft(loaded, source.scope, str(name), raw, touched, sound)
            known.composed = whole is None  # nothing in it is worth a second look
            self.known[offered] = known
        self._report(offered, located(faults, loaded))

    def make(self, offered: str, known: _MixDraft) -> None:
        """Make one mix whole, its parent before it."""
        if known.composed:
            return
        known.composed = True
        raw, faults = self._merged(offered, known)
        mix: Mix | None = None
        if not faults:
            mix, faults = self._built(raw, _InnerMixes(self, offered, known))
        placed = untouched(self._placed(known, faults), known.touched)
        self._report(offered, located(placed, known.loaded))
        if mix and known.sound:
            overrides = tuple(
                replace(one, mix=replace(one.mix, name=offered)) for one in mix.overrides
            )
            whole = replace(mix, name=offered, overrides=overrides)
            self.done.mixes[offered] = MixEntry(whole, known.loaded.path, known.scope)

    def _merged(self, offered: str, known: _MixDraft) -> tuple[dict[str, Any], list[Fault]]:
        """Give a file's words laid over those of its parents."""
        name = known.raw.get("extends")
        if name is None:
            return known.raw, []
        above, parent = self.named(known, name)
        if parent is None:
            names = [one.name for one in self.known.values() if one.scope != "workspace"]
            hint = did_you_mean(name, names)
            return {}, [Fault(("extends",), f"there is no mix `{name}` to extend{hint}")]
        if circle := self._circle(offered):
            return {}, [Fault(("extends",), f"a mix cannot extend itself: {circle}")]
        self.make(above, parent)
        if above not in self.done.mixes:
            return {}, [Fault(("extends",), f"its parent `{name}` has problems")]
        below, _ = self._merged(above, parent)
        inherited = {key: value for key, value in below.items() if key not in _NOT_INHERITED}
        return extend(inherited, known.raw), []

    def _circle(self, offered: str) -> str:
        """Name the mixes of the circle that a mix is part of, ``""`` when it is in none."""
        trail = [offered]
        while True:
            known = self.known[trail[-1]]
            name = known.raw.get("extends")
            above, parent = self.named(known, name) if name is not None else ("", None)
            if parent is None or (above in trail and above != offered):
                return ""
            trail.append(above)
            if above == offered:
                return " → ".join(trail)

    def words(self, offered: str, known: _MixDraft) -> dict[str, Any]:
        """Give a file's words over those of its parents, without making any of them whole."""
        chain, seen = [known.raw], {offered}
        while (name := known.raw.get("extends")) is not None:
            above, parent = self.named(known, name)
            if parent is None or above in seen:
                break
            chain.append(parent.raw)
            seen.add(above)
            known = parent
        raw: dict[str, Any] = {}
        for one in reversed(chain):
            raw = extend(raw, one)
        return raw

    def named(self, known: _MixDraft, name: str) -> tuple[str, _MixDraft | None]:
        """Find the file that a mix means by a name, under the name it is offered with."""
        own = title(name, "workspace")
        if known.scope == "workspace" and name not in self.known and own in self.known:
            return own, self.known[own]
        return name, self.known.get(name)

    def _built(self, raw: Mapping[str, Any], inner: _InnerMixes) -> tuple[Mix | None, list[Fault]]:
        file, faults = inspect(MixFile, raw)
        if file is None:
            return None, faults
        faults = mix_faults(file, self.providers, inner_fault=inner.fault)
        overrides: list[Override] = []
        for number, override in enumerate(raw.get("overrides") or ()):
            made, wrong = self._override(raw, override, inner, {fault.message for fault in faults})
            faults += _below(("overrides", number), wrong)
            if made:
                overrides.append(made)
        if faults:
            return None, faults
        return replace(build(file, inner.found), overrides=tuple(overrides)), faults

    def _override(
        self,
        raw: Mapping[str, Any],
        override: Mapping[str, Any],
        inner: _InnerMixes,
        told: set[str],
    ) -> tuple[Override | None, list[Fault]]:
        """Make one override's mix whole; what is wrong without it too has been told."""
        changes = {key: value for key, value in override.items() if key != "when"}
        base = {key: value for key, value in raw.items() if key != "overrides"}
        file, faults = inspect(MixFile, extend(base, changes))
        when, _ = inspect(OverrideCondition, override["when"])
        if file and when:
            faults = mix_faults(file, self.providers, inner_fault=inner.fault)
            if not faults:
                return Override(when, build(file, inner.found)), []
        kept = [fault for fault in faults if fault.keys[:1] and fault.keys[0] in changes]
        new = [one for one in faults if one not in kept and one.message not in told]
        return None, kept + [Fault((), f"with this override: {one.message}") for one in new]

    def _placed(self, known: _MixDraft, faults: list[Fault]) -> list[Fault]:
        """Move faults of what was inherited to the key that inherits it."""
        own = known.raw
        if own.get("extends") is None:
            return faults
        return [
            fault
            if fault.keys[0] in own or fault.keys[0] == "extends"
            else Fault(("extends",), f"with what its parent holds: {fault.message}")
            for fault in faults
        ]

    def _report(self, offered: str | None, problems: list[Problem]) -> None:
        self.done.problems += [one for one in problems if one not in self.done.problems]
        if offered and problems:
            self.done.broken.setdefault(offered, problems[0])


def _below(at: Keys, faults: Iterable[Fault]) -> list[Fault]:
    return [Fault((*at, *fault.keys), fault.message, fault.at_key) for fault in faults]
