"""What a client said it can do beyond the protocol: ``experimental.moa``.

Clients that cannot change their capabilities say the same in ``initializationOptions``.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from lsprotocol import types

Extension = Literal["preview", "partial", "waiting", "endings"]


def announced(params: "types.InitializeParams") -> frozenset[Extension]:
    """The extensions that a client wants to be used."""
    places = (
        params.capabilities.experimental,
        _member(params.initialization_options, "experimental"),
    )
    moa = [_member(place, "moa") for place in places]
    return frozenset(
        name for name in get_args(Extension) if any(_member(each, name) is True for each in moa)
    )


def _member(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)  # lsprotocol makes some objects of any JSON
