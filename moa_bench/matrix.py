"""What a sweep compares: models in every role, in panels and layers, and the controls beside them.

Pure. A sweep's file names models and what to vary; every configuration is a mix like any other.
Three models with nothing else said give 24: each alone, and each of the seven sets of them as
proposers with each as aggregator.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from moa_bench import limits as bench_limits
from moa_bench.evaluation import Role
from moa_lsp.config import limits as config_limits
from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.mixes import Mix, MixBudget
from moa_lsp.config.permute import permute
from moa_lsp.config.problems import Fault, inspect, located
from moa_lsp.config.resolve import Catalog, find
from moa_lsp.config.steps import AnyStep
from moa_lsp.config.strict_yaml import YamlDocument, dump, load
from moa_lsp.config.values import ModelName, Name, Seconds, Text, Tokens, Value
from moa_lsp.errors import ConfigError, UsageError

Control = Literal["alone", "resampled", "oracle"]


class SweepProposer(Value):
    """What every proposer of a sweep is asked with; left out, as in any mix."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Tokens | None = None
    timeout: Seconds | None = None
    system: Text | None = None


_Many = Field(min_length=1, max_length=config_limits.MAX_MIX_ENTRIES)


class SweepFile(Value):
    """A sweep's file.

    Attributes:
        models: in every role.
        tasks: names of task sets, or of files of your own.
        proposers: sizes of the sets of proposers; all of them by default.
        aggregators: models that may aggregate, or chains of steps; all ``models`` by default.
        layers: numbers of layers of proposers.
        mixes: further mixes by name.
        proposer: what every proposer is asked with.
        controls: what stands beside the mixes; all by default.
        limit: of the tasks of each set, the first so many.
        samples: questions of each task.
        budget: USD that may be spent for all of it.
        baseline: the mix that the others are compared with.
        deadline: seconds of a run.
    """

    models: Annotated[tuple[ModelName, ...], Field(max_length=config_limits.MAX_MIX_ENTRIES)] = ()
    tasks: Annotated[tuple[Text, ...], _Many]
    proposers: Annotated[tuple[Annotated[int, Field(ge=1, le=16)], ...], _Many] | None = None
    aggregators: Annotated[tuple[ModelName | tuple[AnyStep, ...], ...], _Many] | None = None
    layers: Annotated[
        tuple[Annotated[int, Field(ge=1, le=config_limits.MAX_LAYERS)], ...], _Many
    ] = (1,)
    mixes: Annotated[tuple[Name, ...], Field(max_length=config_limits.MAX_MIX_ENTRIES)] = ()
    proposer: SweepProposer = SweepProposer()
    controls: tuple[Control, ...] = ("alone", "resampled", "oracle")
    limit: int | None = Field(default=None, ge=1)
    samples: int = Field(default=1, ge=1, le=bench_limits.MAX_BENCH_SAMPLES)
    budget: MixBudget | None = None
    baseline: Text | None = None
    deadline: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SweepEntry:
    """A configuration as it goes into a sweep."""

    mix: Mix
    role: Role


@dataclass(frozen=True, slots=True)
class Matrix:
    """Everything that a sweep compares.

    Attributes:
        casts: the mixes and each member alone.
        resampled: for each model, what it is sampled as often as: known only once it is known
            which model is best.
    """

    file: SweepFile
    casts: tuple[SweepEntry, ...]
    resampled: Mapping[str, tuple[SweepEntry, ...]]

    @property
    def oracle(self) -> bool:
        """Whether every proposal is judged by itself."""
        return "oracle" in self.file.controls


def read(text: str, path: str) -> SweepFile:
    """Read a sweep's file.

    Raises:
        ConfigError: with every problem of it.
    """
    loaded = _listed(load(text, path))
    file, faults = inspect(SweepFile, loaded.value)
    if file is not None:
        faults += list(_faults(file))
    problems = located(faults, loaded)
    if file is None or problems:
        raise ConfigError(problems)
    return file


def build(file: SweepFile, catalog: Catalog) -> Matrix:
    """Make the mixes of a sweep.

    Raises:
        UsageError: a model's name means nothing, a mix does not exist, or there are too many.
    """
    raw = list(_raw(file))
    if len(raw) > config_limits.MAX_PERMUTATIONS:
        most = config_limits.MAX_PERMUTATIONS
        raise UsageError(f"{len(raw):,} mixes are more than {most:,}, name fewer models")
    made = _composed([each for each, _ in raw], catalog)
    casts = [SweepEntry(made[each["name"]], role) for each, role in raw]
    casts += [SweepEntry(find(catalog, name).mix, "mix") for name in file.mixes]
    if not casts:
        raise UsageError("there is nothing to compare: name `models` or `mixes`")
    names = [each.mix.name for each in casts]
    if file.baseline is not None and file.baseline not in names:
        raise UsageError(
            f"the baseline `{file.baseline}` is none of the mixes: {', '.join(names)}"
        )
    resampled = {model: tuple(_again(file, model, catalog)) for model in file.models}
    return Matrix(file, tuple(casts), resampled)


def mixes_in(texts: Sequence[tuple[str, str]], catalog: Catalog) -> list[Mix]:
    """The mixes of files beside the catalogue's: of each its path and text.

    Raises:
        ConfigError: one of them is wrong.
    """
    sources = [MixSource(load(text, path), "user") for path, text in texts]
    made = _made(sources, catalog)
    return [made[str(source.loaded.value["name"])] for source in sources]


def _faults(file: SweepFile) -> Iterator[Fault]:
    if len(set(file.models)) < len(file.models):
        yield Fault(("models",), "a model is named twice: name every model once")
    if "resampled" in file.controls and "alone" not in file.controls:
        message = "`resampled` needs `alone`: only so it is known which model is best"
        yield Fault(("controls",), message)
    for place, size in enumerate(file.proposers or ()):
        if file.models and size > len(file.models):
            yield Fault(("proposers", place), f"there are only {len(file.models)} models")


def _listed(loaded: YamlDocument) -> YamlDocument:
    """One task set may stand without a list."""
    value = dict(loaded.value)
    if isinstance(value.get("tasks"), str):
        value["tasks"] = [value["tasks"]]
    return YamlDocument(value, loaded.path, loaded.places, loaded.problems)


def _raw(file: SweepFile) -> Iterator[tuple[dict[str, Any], Role]]:
    """Every mix as plain data, each member alone first."""
    if "alone" in file.controls:
        for model in file.models:
            yield _finished(file, _alone(file.models, model), 1), "alone"
    chains = file.aggregators or file.models
    models = [each for each in chains if isinstance(each, str)]
    for layers in file.layers:
        for size in file.proposers or range(1, len(file.models) + 1):
            if models:
                for cast in permute(file.models, proposers=size, aggregators=models):
                    yield _finished(file, cast.raw(), layers), "mix"
            for chain in chains:
                if isinstance(chain, str):
                    continue
                for cast in permute(file.models, proposers=size, aggregators=file.models[:1]):
                    yield _finished(file, _chained(cast.raw(), chain), layers), "mix"


def _alone(models: Sequence[str], model: str) -> dict[str, Any]:
    name = next(
        cast.name.partition("_by_")[0]
        for cast in permute(models, proposers=1, aggregators=models[:1])
        if cast.proposers == (model,)
    )
    return {"name": name, "description": f"{model} alone.", "proposers": [{"model": model}]}


def _again(file: SweepFile, model: str, catalog: Catalog) -> Iterator[SweepEntry]:
    """A model sampled as often as the panels have members, and aggregated by itself."""
    if "resampled" not in file.controls:
        return
    sizes = sorted(set(file.proposers or range(1, len(file.models) + 1)) - {1})
    raw = []
    for size in sizes:
        (cast,) = permute([model], proposers=size, repeat=True)
        raw.append(_finished(file, cast.raw(), 1))
    made = _composed(raw, catalog)
    yield from (SweepEntry(made[each["name"]], "resampled") for each in raw)


def _chained(raw: dict[str, Any], chain: Sequence[Value]) -> dict[str, Any]:
    """The same proposers with a chain of steps, which the name says."""
    steps = [step.model_dump(mode="json", exclude_unset=True) for step in chain]
    words = ["-".join(_word(value) for value in step.items()) for step in steps]
    stem = str(raw["name"]).partition("_by_")[0]
    said = f"{stem} proposes, settled by {', '.join(words)}."
    name = f"{stem}_by_{'_'.join(words)}"
    return {**raw, "name": name, "aggregator": steps, "description": said}


def _word(item: tuple[str, object]) -> str:
    key, value = item
    said = "-".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{key}-{said.rpartition('/')[2]}".replace(":", "-")


def _finished(file: SweepFile, raw: dict[str, Any], layers: int) -> dict[str, Any]:
    """A mix with what the sweep says of all of them."""
    told = file.proposer.model_dump(mode="json", exclude_unset=True)
    agents = [{**agent, **told} for agent in raw["proposers"]]
    done = {**raw, "cache": False}
    if file.deadline is not None:
        done["deadline"] = file.deadline
    if layers == 1:
        return {**done, "proposers": agents}
    del done["proposers"]
    done["name"] = f"{raw['name']}_layers-{layers}"
    done["layers"] = [{"agents": [dict(each) for each in agents]} for _ in range(layers)]
    return done


def _composed(raw: Sequence[dict[str, Any]], catalog: Catalog) -> dict[str, Mix]:
    sources = [MixSource(load(dump(each), str(each["name"])), "user") for each in raw]
    try:
        return _made(sources, catalog)
    except ConfigError as error:
        told = dict.fromkeys(problem.message for problem in error.problems)
        raise UsageError("; ".join(told)) from error


def _made(sources: Sequence[MixSource], catalog: Catalog) -> dict[str, Mix]:
    asked = {source.loaded.path for source in sources}
    known = [*sources, *_known(catalog)]
    done = compose(known, dict(catalog.providers))
    problems = [problem for problem in done.problems if problem.path in asked]
    if problems:
        raise ConfigError(sorted(problems))
    names = {str(source.loaded.value.get("name")) for source in sources}
    return {name: done.mixes[name].mix for name in names if name in done.mixes}


def _known(catalog: Catalog) -> Iterator[MixSource]:
    """What mixes of a file may extend or ask: the files of the catalogue's own."""
    from moa_lsp.config import files

    for entry in catalog.mixes.values():
        if entry.scope == "workspace":
            continue
        try:
            yield MixSource(load(files.read(Path(entry.origin)), entry.origin), entry.scope)
        except ConfigError:
            continue  # it has changed since; what needs it says so
