"""Turns a configuration of moa-llm into a mix: what it says, as far as a mix can say it.

Pure. moa-llm checks nothing and ignores much of what its README documents; every key that it
ignores, and every key that a mix has no word for, is warned of at its line and column. What is
wrong in the values is a problem at its place in the file that was given.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from moa_lsp.config.mixes import MixFile
from moa_lsp.config.problems import Fault, did_you_mean, inspect, located
from moa_lsp.config.rules import Providers, mix_faults
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.config.strict_yaml import Keys, YamlDocument, dump
from moa_lsp.errors import Problem

_MAX_TOKENS = 2048
"""moa-llm's own default for a proposer."""

_SLOTS = {
    "user_query": "the request",
    "responses": "the proposals",
    "response_weights": "the order of the proposals",
}
"""Its template slots, and what a reader of our prompt finds in their place."""

_SLOT = re.compile(r"\{(\w+)\}")

_ROOT = {"base_url", "proposal_layers", "aggregation_layer"}
_NEURON = {"model", "temperature", "weight", "max_tokens"}
_AGGREGATOR = {"model", "temperature", "max_tokens"}

_UNUSED = {
    "use_annotator": "moa-llm never calls its annotator, and a mix has none: left out",
    "annotator": "moa-llm never calls its annotator, and a mix has none: left out",
    "use_weights": "moa-llm reads this and never uses it; here weights order the proposals",
}
_NO_WORD = {
    "pass_corresponding_results": "a later layer sees every proposal of the one before: left out",
    "shuffle": "proposals stand in the order of their weights: left out",
    "dropout_rate": "every usable proposal is shown to the aggregator: left out",
}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a configuration.

    Attributes:
        text: a mix file; ``""`` when there are problems.
        problems: what is wrong with the configuration.
        warnings: what was ignored or changed, at its place.
    """

    text: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def convert(loaded: YamlDocument, name: str, providers: Providers) -> ImportResult:
    """Make a mix of a moa-llm configuration.

    Args:
        loaded: the configuration.
        name: of the mix.
        providers: all that are known; one at the configuration's ``base_url`` is used.
    """
    maker = _MixBuilder(loaded, providers)
    raw = maker.mix(name)
    known = providers
    if maker.suggested:
        known = {**providers, maker.suggested.name: maker.suggested}
    file, faults = inspect(MixFile, raw)
    if file and not maker.faults:
        faults += mix_faults(file, known)
    problems = located([*maker.faults, *map(maker.traced, faults)], loaded)
    if problems:
        return ImportResult("", tuple(problems), tuple(sorted(maker.warnings)))
    return ImportResult(maker.comment() + dump(raw), (), tuple(sorted(maker.warnings)))


@dataclass(slots=True)
class _MixBuilder:
    loaded: YamlDocument
    providers: Providers
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    origins: dict[Keys, Keys] = field(default_factory=dict)
    suggested: ProviderEntry | None = None

    def mix(self, name: str) -> dict[str, Any]:
        """Give the raw mix; what cannot be read is among the faults."""
        root = self.loaded.value
        self._tell(root, (), _ROOT)
        provider = self._provider(root.get("base_url"))
        raw: dict[str, Any] = {"name": name, "description": "Imported from moa-llm."}
        layers = [
            self._layer(layer, number, provider)
            for number, layer in enumerate(self._list(root, (), "proposal_layers"))
        ]
        if len(layers) == 1:
            raw["proposers"] = layers[0]
            self._come(("proposers",), ("proposal_layers", 0, "neurons"))
        else:
            raw["layers"] = [{"agents": layer} for layer in layers]
            self._come(("layers",), ("proposal_layers",))
            for number in range(len(layers)):
                place: Keys = ("proposal_layers", number, "neurons")
                self._come(("layers", number, "agents"), place)
        raw["aggregator"] = [self._aggregator(root.get("aggregation_layer"), provider)]
        self._come(("aggregator", 0), ("aggregation_layer",))
        return raw

    def comment(self) -> str:
        """Say at the head of the file what the user still has to do."""
        lines = [f"Imported from {self.loaded.path.rpartition('/')[2]}, a moa-llm configuration."]
        lines += [
            "moa-llm always asks the aggregator; put `- agree: 1.0` before it to save that",
            "request when all proposals are equal.",
        ]
        if self.suggested:
            one = self.suggested
            entry = {
                one.name: {
                    "api": one.api,
                    "base_url": one.base_url,
                    **({"api_key_env": one.api_key_env} if one.api_key_env else {}),
                }
            }
            lines += [
                "",
                "Its endpoint is not built in. Put this into your config.yaml first:",
                "",
            ]
            lines += dump({"providers": entry}).rstrip("\n").split("\n")
        return "".join(f"# {line}".rstrip() + "\n" for line in lines) + "\n"

    def traced(self, fault: Fault) -> Fault:
        """Move a fault of the mix to what it was made of."""
        keys = fault.keys
        for end in range(len(keys), 0, -1):
            if keys[:end] in self.origins:
                return fault._replace(keys=(*self.origins[keys[:end]], *keys[end:]))
        return fault._replace(keys=())

    def _provider(self, url: object) -> str:
        if url is None:
            self._warn((), "there is no `base_url`: moa-llm takes it from BASE_URL, here `openai`")
            return "openai"
        if not isinstance(url, str) or not urlsplit(url).hostname:
            self.faults.append(Fault(("base_url",), "`base_url` is not a URL"))
            return "openai"
        for entry in self.providers.values():
            if entry.base_url and _bare(entry.base_url) == _bare(url):
                return entry.name
        host = urlsplit(url).hostname or ""
        labels = host.lower().split(".")
        # Of the owner's part of the host: anybody can call a host `openai.…`, and the variable
        # that is suggested for its key must not be one that another key is in.
        name = labels[-2] if len(labels) > 1 and labels[-1].isalpha() else labels[0]
        name = name if re.fullmatch("[a-z][a-z0-9-]*[a-z0-9]", name) else "imported"
        name = f"{name}-imported" if name in self.providers or name == "mix" else name
        variable = f"{name.upper().replace('-', '_')}_API_KEY"
        local = host in ("localhost", "127.0.0.1", "::1")
        self.suggested = ProviderEntry(name, "openai", url, None if local else variable)
        message = f"no provider is known at this address: the mix names it `{name}`"
        self._warn(("base_url",), f"{message}, define it under `providers` in config.yaml")
        return name

    def _layer(self, layer: object, number: int, provider: str) -> list[dict[str, Any]]:
        at: Keys = ("proposal_layers", number)
        if not isinstance(layer, Mapping):
            self.faults.append(Fault(at, "a layer is a map with `neurons`"))
            return []
        self._tell(layer, at, {"neurons"})
        agents: list[dict[str, Any]] = []
        for place, neuron in enumerate(self._list(layer, at, "neurons")):
            where: Keys = (*at, "neurons", place)
            if not isinstance(neuron, Mapping):
                self.faults.append(Fault(where, "a neuron is a map with `model`"))
                continue
            self._tell(neuron, where, {*_NEURON, "system_prompt", "prompt"})
            made = self._asked(neuron, _NEURON, provider)
            made.setdefault("max_tokens", _MAX_TOKENS)
            words = self._words(neuron, where, "prompt", first=number == 0)
            agents.append({**made, **words})
        return agents

    def _aggregator(self, layer: object, provider: str) -> dict[str, Any]:
        at: Keys = ("aggregation_layer",)
        if not isinstance(layer, Mapping):
            self.faults.append(Fault(at, "`aggregation_layer` is missing or no map"))
            return {"model": f"{provider}/missing"}
        self._tell(layer, at, {*_AGGREGATOR, "system_prompt", "aggregation_prompt"})
        words = self._words(layer, at, "aggregation_prompt")
        return {**self._asked(layer, _AGGREGATOR, provider), **words}

    def _asked(self, raw: Mapping[str, Any], known: set[str], provider: str) -> dict[str, Any]:
        made = {key: raw[key] for key in ("model", *sorted(known - {"model"})) if key in raw}
        if isinstance(made.get("model"), str):
            made["model"] = f"{provider}/{made['model']}"
        return made

    def _words(
        self, raw: Mapping[str, Any], at: Keys, alias: str, *, first: bool = False
    ) -> dict[str, Any]:
        """Take over a system prompt, under the name that is read or the one of the README."""
        if alias in raw:
            told = "its README names this key and its loader ignores it"
            taken = "left out" if "system_prompt" in raw else "taken over as `system`"
            self._warn((*at, alias), f"`{alias}`: {told}: {taken}")
        key = "system_prompt" if "system_prompt" in raw else alias
        text = raw.get(key)
        if text is None:
            return {}
        if first and key == "system_prompt":
            self._warn((*at, key), "moa-llm never sends this in its first layer; here it is sent")
        self.origins[(*self._mirror(at), "system")] = (*at, key)
        if not isinstance(text, str):
            return {"system": text}
        for slot in dict.fromkeys(_SLOT.findall(text)):
            if slot in _SLOTS:
                what = f"`{{{slot}}}` became “{_SLOTS[slot]}”: that stands in the prompt anyway"
                self._warn((*at, key), what)
        return {"system": _SLOT.sub(lambda one: _SLOTS.get(one[1], one[0]), text).strip()}

    def _mirror(self, at: Keys) -> Keys:
        """Give the place in the mix that is made of a place here."""
        if at[0] == "aggregation_layer":
            return ("aggregator", 0)
        layers = self.loaded.value["proposal_layers"]
        return ("proposers", at[3]) if len(layers) == 1 else ("layers", at[1], "agents", at[3])

    def _list(self, raw: Mapping[str, Any], at: Keys, key: str) -> list[Any]:
        found = raw.get(key)
        if not isinstance(found, list) or not found:
            self.faults.append(Fault((*at, key), f"`{key}` is missing, empty or no list"))
            return []
        return found

    def _tell(self, raw: Mapping[str, Any], at: Keys, known: set[str]) -> None:
        """Warn of every key that moa-llm ignores or that a mix has no word for."""
        for key, value in raw.items():
            if key in known or (key in _NO_WORD and not value):
                continue
            message = _UNUSED.get(key) or _NO_WORD.get(key)
            if message is None:
                message = f"moa-llm ignores this key{did_you_mean(key, known)}: left out"
            self._warn((*at, key), f"`{key}`: {message}", at_key=True)

    def _warn(self, keys: Keys, message: str, *, at_key: bool = True) -> None:
        self.warnings.append(self.loaded.problem(keys, message, at_key=at_key))

    def _come(self, made: Keys, source: Keys) -> None:
        self.origins[made] = source


def _bare(url: str) -> str:
    return url.lower().rstrip("/").removesuffix("/v1")
