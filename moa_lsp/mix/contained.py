"""What one agent's faults and claims may do to a run: end that agent, and cost what it can cost.

An exception of any kind that comes out of an agent is turned into an error with a reason, so that
it ends its seat. What a provider says that a reply took is believed up to the request's bound;
what came of attempts that broke off is estimated from their text.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moa_lsp.errors import MoaError, RunError
from moa_lsp.providers.base import Reply, Request, Usage
from moa_lsp.text.tokens import tokens_about

ROUNDING = 1.000001
"""Of a sum of prices: products of floats are not exact."""


@contextmanager
def contained(model: str) -> Iterator[None]:
    """Turn a bug met while a model's answer is made or judged into an error.

    The bug's own words are left out: they may quote the document.

    Raises:
        RunError: there was a bug.
    """
    try:
        yield
    except (MoaError, TimeoutError):
        raise
    except Exception as bug:
        raise RunError(
            f"{model} failed by a bug of moa-lsp ({type(bug).__name__}), report it"
        ) from bug


def spent(
    reply: Reply, price: Callable[[Usage], float | None], bound: float | None
) -> tuple[Usage | None, float | None]:
    """What a reply took in tokens and USD, as far as it can be true.

    Args:
        reply: what the provider gave.
        price: USD for its usage, ``None`` when unknown.
        bound: USD that the request costs at most, ``None`` when unknown.

    Returns:
        Both ``None`` when more is claimed than the request can cost.
    """
    cost = reply.cost_usd
    if cost is None and reply.usage:
        cost = price(reply.usage)
    if cost is not None and bound is not None and cost > bound * ROUNDING:
        return None, None
    return reply.usage, cost


def broken(request: Request) -> Iterator[Usage]:
    """What a request's attempts came to that broke off or were cut off, by estimate."""
    for attempt in request.meter.attempts:
        text, reasoning = attempt.said()
        if not attempt.told and (text or reasoning):
            prompt = sum(tokens_about(each.content) for each in request.messages)
            yield Usage(prompt, tokens_about(text) + tokens_about(reasoning))
