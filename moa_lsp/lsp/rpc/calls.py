"""How a handler is called: plain functions, coroutines, and pygls' generators alike.

A generator is a built-in of pygls that yields ``(handler, args, kwargs)`` to have the features'
handler called in its midst. It runs at once up to the first thing that must be awaited, so that
what it does to documents is done before the next message is taken in.
"""

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeGuard, cast

from moa_lsp.errors import UsageError

BuiltIn = Generator[tuple[Callable[..., Any], Any, Any], Any, Any]
"""A generator of pygls."""


def call(handler: Callable[[Any], Any], params: object) -> object:
    """What ``handler`` returns for ``params``, or an awaitable of it."""
    outcome = handler(params)
    return _advance(cast("BuiltIn", outcome), None) if inspect.isgenerator(outcome) else outcome


def call_command(handler: Callable[..., Any], arguments: list[Any], server: object) -> object:
    """What a command's handler returns for ``arguments``, which stay plain JSON values.

    Args:
        handler: as pygls keeps it: wrapped, with the original as ``func``, where its first
            parameter takes the server.
        arguments: those of ``workspace/executeCommand``.
        server: what pygls passes first.

    Raises:
        UsageError: the handler does not take that many arguments.
    """
    original = getattr(handler, "func", None)
    given = arguments if original is None else [server, *arguments]
    try:
        inspect.signature(original or handler).bind(*given)
    except TypeError as err:
        raise UsageError(
            f"the command does not take {len(arguments)} arguments; send one object"
        ) from err
    return handler(*arguments)


def is_waiting(outcome: object) -> TypeGuard[Awaitable[Any]]:
    """Whether ``outcome`` of ``call`` must be awaited."""
    return inspect.isawaitable(outcome)


async def contained(outcome: Awaitable[Any]) -> object:
    """Await a handler; keep its ``SystemExit`` from ending the event loop.

    Raises:
        RuntimeError: the handler tried to end the process.
    """
    try:
        return await outcome
    except (SystemExit, KeyboardInterrupt) as err:
        raise RuntimeError("a handler tried to end the process") from err


def _advance(built_in: BuiltIn, value: object) -> object:
    """Run ``built_in`` to its end, or to what it must await."""
    while True:
        try:
            handler, args, kwargs = built_in.send(value)
        except StopIteration as end:
            return end.value
        value = handler(*args, **(kwargs or {}))
        if inspect.isawaitable(value):
            return _resume(built_in, value)


async def _resume(built_in: BuiltIn, waited_for: Awaitable[Any]) -> object:
    try:
        value = await waited_for
    except BaseException:
        built_in.close()
        raise
    outcome = _advance(built_in, value)
    return await outcome if inspect.isawaitable(outcome) else outcome
