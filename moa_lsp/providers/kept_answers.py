"""Answers that were given before, as agents of a run that asks only who aggregates them."""

from collections.abc import Mapping
from dataclasses import dataclass

from moa_lsp.providers.base import Listener, Reply, Request, Usage

NAME = "kept"
"""What stands before the slash in the model of such an agent: ``kept/deepseek/deepseek-chat``."""


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """A provider that asks nobody.

    Attributes:
        texts: the new text of the target, by the model's name after ``kept/``.
    """

    texts: Mapping[str, str]

    @property
    def name(self) -> str:
        """What stands before the slash in ``provider/model``."""
        return NAME

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """Give the answer again; it says nothing while it is given."""
        del on_delta
        return Reply(self.texts[request.model], exact=True, usage=Usage(), cost_usd=0.0)

    async def close(self) -> None:
        """Do nothing: it holds nothing."""
