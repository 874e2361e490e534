"""Recorded answers in place of models: the provider ``recorded``, and mixes made of a recording.

A recording is a file of JSON lines, gzipped or not. Of each line are read

    task_id        as the task set names its task
    model          any name; ``recorded/<model>`` in a mix
    raw_output     what the model wrote
    sample_index   counts a model's answers to one task; 0 when left out

and nothing else: a verdict that stands there is not looked at. Who stands in for a model is told
the task and not what the prompt says. So a recording can answer for proposers of the first layer,
and not for a model that is shown proposals: that question was never asked (``Recordings.check``).
"""

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moa_lsp import limits
from moa_lsp.config import limits as config_limits
from moa_lsp.config.mixes import Agent, Mix, MixFile, build
from moa_lsp.config.steps import asking
from moa_lsp.errors import ProviderError, UsageError
from moa_lsp.providers.base import Listener, Reply, Request, Usage
from moa_lsp.text.sanitize import escape
from moa_lsp.text.tokens import tokens

MAX_RECORDING_BYTES = 128 * 2**20
"""Of one file of recorded answers, unpacked: it is kept in memory. 18,900 edits have 36 MB."""

MAX_LISTED_MODELS = 24
"""Models of a recording that a message names; a recording of hundreds is looked at otherwise."""


NAME = "recorded"
"""What stands before the slash."""

_SELECT_OF = re.compile(r"select-of-([1-9][0-9]{0,2})")
_GZIP = b"\x1f\x8b"

Answers = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By task and model: its answers in order of ``sample_index``."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """The answers of one file.

    Attributes:
        models: in the order in which the file names them first.
    """

    models: tuple[str, ...]
    answers: Answers

    @classmethod
    def read(cls, path: Path) -> "Recordings":
        """Read a file.

        Raises:
            UsageError: it cannot be read, or a line is no recorded answer.
        """
        found: dict[str, dict[str, dict[int, str]]] = {}
        models: dict[str, None] = {}
        for number, line in enumerate(_lines(path), 1):
            if not line.strip():
                continue
            try:
                task, model, sample, text = _row(line)
            except ValueError as err:
                raise UsageError(f"{path}: line {number} {err}") from None
            samples = found.setdefault(task, {}).setdefault(model, {})
            if sample in samples:
                told = f"line {number} gives sample {sample} of {_shown(model)} a second time"
                raise UsageError(f"{path}: {told}")
            samples[sample] = text
            models[model] = None
        if not models:
            raise UsageError(f"{path}: holds no recorded answer")
        answers = {
            task: {
                model: tuple(text for _, text in sorted(by.items())) for model, by in of.items()
            }
            for task, of in found.items()
        }
        return cls(tuple(models), answers)

    def provider(self, task_id: str) -> "RecordedProvider":
        """Who answers the questions of one run, which are all about one task."""
        return RecordedProvider(self, task_id)

    def check(self, mix: Mix) -> None:
        """Refuse a mix that asks a recording for what it cannot know.

        Raises:
            UsageError: a model is not in the recording, or one is shown proposals.
        """
        for model in mix.models:
            provider, _, name = model.partition("/")
            if provider == NAME and name not in self.models:
                raise UsageError(self.unknown(name))
        for each in (mix, *mix.inner.values()):
            if any(_recorded(*agent_models) for agent_models in _shown_proposals(each)):
                raise UsageError(
                    f"mix {each.name} shows proposals to a recorded model, which was never asked"
                    " about them: let recorded models propose, in the first layer"
                )

    def unknown(self, model: str) -> str:
        """What to say of a model that is not here."""
        named = [_shown(each) for each in self.models]
        more = len(named) - MAX_LISTED_MODELS
        listed = ", ".join(named[:MAX_LISTED_MODELS]) + (f" and {more} more" * (more > 0))
        return f"the recording has no model {_shown(model)}, take one of: {listed}"


@dataclass(slots=True)
class RecordedProvider:
    """The provider ``recorded`` for the questions of one run.

    The first time that a request is made it gets the model's first sample, an equal one the
    second, and so on; none is given twice.
    """

    recordings: Recordings
    task_id: str
    name: str = NAME
    _told: Counter[Request] = field(default_factory=Counter)

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """The recorded answer of ``request.model``, at once.

        Raises:
            ProviderError: there is none, or none is left.
        """
        if request.model not in self.recordings.models:
            raise ProviderError(self.recordings.unknown(request.model))
        samples = self.recordings.answers.get(self.task_id, {}).get(request.model, ())
        number = self._told[request]
        if number >= len(samples):
            model, task = _shown(request.model), _shown(self.task_id)
            held = f"{len(samples)} answers" if samples else "no answer"
            raise ProviderError(f"the recording has {held} of {model} to {task}, ask for no more")
        self._told[request] += 1
        text = samples[number]
        on_delta(text)
        return Reply(text, usage=Usage(_asked_tokens(request), tokens(text)))

    async def close(self) -> None:
        """Nothing is open."""


def selected(name: str) -> int | None:
    """N of a mix named ``select-of-N``, ``None`` for any other name."""
    found = _SELECT_OF.fullmatch(name)
    return int(found[1]) if found else None


def select_mix(count: int, recordings: Recordings) -> Mix:
    """The mix ``select-of-N``: N recorded models, and the aggregator of a mix that names none.

    They are the first N in the order in which the file names its models, and that order is also
    their order of preference. It is not made of the verdicts that a recording may hold: an order
    by how well the models did on the very tasks would make every selection look good. Whoever
    knows better beforehand sorts the file, or writes a mix with ``recorded/<model>``.

    Raises:
        UsageError: the recording has fewer models, or a mix cannot hold as many.
    """
    most = min(len(recordings.models), config_limits.MAX_AGENTS)
    if count > most:
        raise UsageError(f"no mix of {count} models of this recording can be made, only of {most}")
    agents = tuple(Agent(model=f"{NAME}/{model}") for model in recordings.models[:count])
    return build(MixFile(name=f"select-of-{count}", proposers=agents))


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, unpacked."""
    left = MAX_RECORDING_BYTES
    try:
        with path.open("rb") as head:
            packed = head.read(len(_GZIP)) == _GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            # One byte too many is asked for, and tells that a line is too long.
            while line := file.readline(left + 1):
                left -= len(line)
                if left < 0:
                    size = MAX_RECORDING_BYTES
                    raise UsageError(f"{path}: holds more than {size:,} bytes, split it")
                yield line
    except (OSError, EOFError, zlib.error) as err:
        raise UsageError(f"cannot read {path}: {err}") from err


def _row(line: bytes) -> tuple[str, str, int, str]:
    """Task, model, sample and text of a line.

    Raises:
        ValueError: it is no recorded answer; the message completes "line 3 …".
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(row, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004  # of the file, not of our code
    texts = [row.get(key) for key in ("task_id", "model", "raw_output")]
    for key, value in zip(("task_id", "model", "raw_output"), texts, strict=True):
        if not isinstance(value, str) or (key != "raw_output" and not value):
            raise ValueError(f"has no {key}, a text")
    sample = row.get("sample_index", 0)
    if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
        raise ValueError("has a sample_index that is no count")
    task, model, text = map(str, texts)
    return task, model, sample, text


def _shown_proposals(mix: Mix) -> Iterator[tuple[str, ...]]:
    """The models that see what others proposed, agent by agent and step by step."""
    for layer in mix.layers[1:]:
        yield from (each.models for each in layer.agents if each.sees != "task")
    yield from (step.models for step in asking(mix.aggregator))


def _recorded(*models: str) -> bool:
    return any(model.partition("/")[0] == NAME for model in models)


def _asked_tokens(request: Request) -> int:
    if request.infill is not None:
        return tokens(request.infill.prefix) + tokens(request.infill.suffix)
    return sum(tokens(each.content) for each in request.messages)


def _shown(name: str) -> str:
    return escape(name, limits.MAX_NAME_CHARS)
