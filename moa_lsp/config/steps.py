"""The steps of an aggregator: what a mix file says of each, and the traits it declares.

Pure. With ``mix/steps.py``, which does what a step says, this is the only module that names a
step's class; all others ask for its traits. A new step is a class here, its place in ``STEPS`` and
``AnyStep``, and a function there.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.config.values import (
    Extra,
    ModelName,
    Reasoning,
    Seconds,
    Temperature,
    Text,
    Tokens,
    Value,
)

PICK_TOKENS = 16
"""One letter takes one or two tokens; the rest is for markup around it. The least bound that the
Responses API of OpenAI takes is 16 as well."""


class Step(Value):
    """A step of an aggregator.

    Attributes:
        key: of the step in a file, and ``aggregation.by`` in a record.
        writes: whether a model writes an answer of its own, so that proposals may be prose.
        always_settles: whether no step after it can be reached.
        ends_race: whether the first usable proposal makes all the others unnecessary.
    """

    key: ClassVar[str]
    writes: ClassVar[bool] = False
    always_settles: ClassVar[bool] = False
    ends_race: ClassVar[bool] = False

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that a proposal must pass here; a step with gates chooses nothing."""
        return ()

    @property
    def share(self) -> float | None:
        """The share of equal proposals that settles, ``None`` for a step that counts none."""
        return None

    @property
    def compares_all(self) -> bool:
        """Whether every further proposal can change which one is chosen, whatever its weight."""
        return False


class ModelRequestStep(Step):
    """A step that asks a model about the proposals.

    Attributes:
        prompt: the part of the prompts that says what is asked (``actions/builtin/parts``).
        system: text added to its system prompt.
        temperature: ``null`` for the provider's default.
        max_tokens: bound on the answer.
        timeout: seconds without a sign of life, as an agent's.
        reasoning: how deep it reasons; absent: as deep as the provider has it do.
        extra: further fields of the request's body, as they are.
        fallbacks: models asked in turn when the ones before failed; after them the best proposal.
    """

    prompt: ClassVar[str]

    system: Text | None = None
    temperature: Temperature | None = None
    max_tokens: Tokens | None = None
    timeout: Seconds = shared_limits.AGENT_TIMEOUT_S
    reasoning: Reasoning | None = None
    extra: Extra = Field(default_factory=dict)
    fallbacks: tuple[ModelName, ...] = Field(default=(), max_length=limits.MAX_FALLBACKS)

    @property
    def models(self) -> tuple[str, ...]:
        """The models in the order in which they are asked: its own, then its fallbacks."""
        return (str(getattr(self, self.key)), *self.fallbacks)


class Agree(Step):
    """Settles when this share of the usable proposals is equal after normalisation."""

    key = "agree"

    agree: float = Field(gt=0, le=1)

    @property
    def share(self) -> float:
        """As in ``Step``."""
        return self.agree


class Verify(Step):
    """Keeps the proposals that pass every named gate; settles when one is left."""

    key = "verify"

    verify: tuple[Literal["parse", "names", "tests"], ...] = Field(min_length=1)

    @property
    def gates(self) -> tuple[str, ...]:
        """As in ``Step``."""
        return self.verify


class ModelStep(ModelRequestStep):
    """A model sees all proposals and writes the answer."""

    key = "model"
    writes = True
    prompt = "aggregate"

    model: ModelName
    temperature: Temperature | None = 0.2
    max_tokens: Tokens | None = 4096


class Pick(ModelRequestStep):
    """A model sees all proposals and names the best by its letter; it writes no code.

    What it does not name clearly is settled as by ``select: prior``.

    Attributes:
        pick: ``provider/model`` of the one that chooses.
    """

    key = "pick"
    always_settles = True
    prompt = "pick"

    pick: ModelName
    temperature: Temperature | None = 0.0
    max_tokens: Tokens | None = PICK_TOKENS


class Select(Step):
    """Settles on one proposal: highest weight, largest class of equals, or the medoid."""

    key = "select"
    always_settles = True

    select: Literal["prior", "vote", "medoid"]

    @property
    def compares_all(self) -> bool:
        """As in ``Step``."""
        return self.select != "prior"


class First(Step):
    """Settles on the first usable proposal to arrive."""

    key = "first"
    always_settles = True
    ends_race = True

    first: Literal[True]


STEPS: Mapping[str, type[Step]] = {
    kind.key: kind for kind in (Agree, Verify, ModelStep, Pick, Select, First)
}
"""The key that makes a step what it is."""

DEFAULT_AGGREGATOR: tuple[Step, ...] = (Verify(verify=("parse",)), Select(select="prior"))


def step_tag(step: object) -> str | None:
    """Name the variant that a step's keys mean, ``None`` when they mean none or several.

    The angle brackets keep it apart from every key when an error names its place.
    """
    if isinstance(step, Step):
        return f"<{step.key}>"
    keys = [key for key in STEPS if key in step] if isinstance(step, dict) else []
    return f"<{keys[0]}>" if len(keys) == 1 else None


AnyStep = Annotated[
    Annotated[Agree, Tag("<agree>")]
    | Annotated[Verify, Tag("<verify>")]
    | Annotated[ModelStep, Tag("<model>")]
    | Annotated[Pick, Tag("<pick>")]
    | Annotated[Select, Tag("<select>")]
    | Annotated[First, Tag("<first>")],
    Discriminator(step_tag),
]
"""A step as a file says it, told apart by its key."""


def asking(steps: Iterable[Step]) -> list[ModelRequestStep]:
    """The steps that ask a model, in order."""
    return [step for step in steps if isinstance(step, ModelRequestStep)]
