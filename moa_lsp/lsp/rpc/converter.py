"""JSON values to the protocol's types, leniently where a stranger cannot know better.

An enumeration value that this lsprotocol does not know stays the plain value that came (pygls
438: one such value in the client's capabilities left ``initialize`` without an answer). Of
``initialize``, what cannot be understood is left out with a warning, section by section; of the
diagnostics of a ``codeAction``, which other servers made, those that cannot be understood.
Everything else that does not fit raises ``JsonRpcInvalidParams`` in one clause that names no
value of the client.
"""

import enum
import logging
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import cattrs
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcInvalidParams

from moa_lsp.lsp.json_values import as_object, tidy

_log = logging.getLogger(__name__)

MAX_DIAGNOSTICS = 100
"""Of one ``codeAction``, the first ones: each takes 25 µs on its way in and out, and prompts show
fewer. A file can be made so that its tools say thousands of things about one place."""

Json: TypeAlias = Any
"""A decoded JSON value, or what was made of it: its reader knows which."""

_UNFIT = (
    cattrs.BaseValidationError,
    cattrs.StructureHandlerNotFoundError,
    cattrs.ForbiddenExtraKeysError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What cattrs and lsprotocol's hooks raise on a value of the wrong shape [read, and met]."""


def create_converter() -> cattrs.Converter:
    """The converter of lsprotocol, with lenient enumerations."""
    converter = converters.get_converter(cattrs.Converter(detailed_validation=False))
    for kind in types.ALL_TYPES_MAP.values():
        # One hook a class: they mix in int or str, whose own hook would beat one for Enum.
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            converter.register_structure_hook(kind, _known_or_plain)
            converter.register_unstructure_hook(kind, _plain)
    by_lsprotocol = converter.get_structure_hook(types.Diagnostic)
    converter.register_structure_hook(
        types.Diagnostic, lambda value, kind: by_lsprotocol(_with_text(value), kind)
    )
    return converter


def params_of(converter: cattrs.Converter, method: str, params: object) -> Json:
    """The parameters of a message as its handler takes them.

    Those of the protocol's own methods become lsprotocol types; those of others, which lsprotocol
    does not know, stay plain JSON values. Left-out parameters count as ``{}``.

    Raises:
        JsonRpcInvalidParams: they do not fit.
    """
    known = types.METHOD_TO_TYPES.get(method)
    if known is None:
        return params
    shape = cast("type[Any] | None", known[2])
    if shape is None:
        return None
    value = {} if params is None else as_object(params)
    if not isinstance(value, dict):
        raise JsonRpcInvalidParams(f"parameters of {method} must be an object")
    try:
        value = tidy(_bounded(value) if method == types.TEXT_DOCUMENT_CODE_ACTION else value)
        return converter.structure(value, shape)
    except _UNFIT as err:
        if method == types.INITIALIZE:
            return _initialize_params(converter, value)
        if method == types.TEXT_DOCUMENT_CODE_ACTION and _without_odd(converter, value):
            return params_of(converter, method, value)
        raise JsonRpcInvalidParams(f"parameters of {method} do not fit: {_why(err)}") from err


def result_of(converter: cattrs.Converter, shape: type[Any] | None, result: object) -> Json:
    """The result of a request of ours to the client; a plain value for ``shape`` ``None``.

    Raises:
        JsonRpcInvalidParams: it does not fit.
    """
    if shape is None:
        return result
    try:
        answer = converter.structure({"id": 0, "jsonrpc": "2.0", "result": result}, shape)
    except _UNFIT as err:
        raise JsonRpcInvalidParams(f"the client's answer does not fit: {_why(err)}") from err
    return answer.result


def _known_or_plain(value: object, kind: type[enum.Enum]) -> object:
    if not isinstance(value, str | int):
        raise TypeError(f"{kind.__name__} is a string or a number")
    try:
        return kind(value)
    except ValueError:
        return value


def _with_text(diagnostic: Json) -> Json:
    """A diagnostic with the text of a message that is ``MarkupContent`` (LSP 3.18).

    lsprotocol 2025.0.0 makes a string of such a message, in Python's notation.
    """
    message = diagnostic.get("message") if isinstance(diagnostic, Mapping) else None
    if not isinstance(message, Mapping):
        return diagnostic
    return {**diagnostic, "message": str(message.get("value", ""))}


def _plain(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else value


def _bounded(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a ``codeAction`` with at most ``MAX_DIAGNOSTICS``."""
    context = params.get("context")
    said = context.get("diagnostics") if isinstance(context, dict) else None
    if not isinstance(context, dict) or not isinstance(said, list) or len(said) <= MAX_DIAGNOSTICS:
        return params
    return {**params, "context": {**context, "diagnostics": said[:MAX_DIAGNOSTICS]}}


def _without_odd(converter: cattrs.Converter, params: dict[str, Any]) -> bool:
    """Take out the diagnostics that do not fit; whether there were any."""
    context = params.get("context")
    if not isinstance(context, dict) or not isinstance(context.get("diagnostics"), list):
        return False
    said = context["diagnostics"]
    sound = [each for each in said if _fits(converter, each, types.Diagnostic)]
    params["context"] = {**context, "diagnostics": sound}
    if len(sound) < len(said):
        _log.warning("left out %d diagnostics that do not fit", len(said) - len(sound))
    return len(sound) < len(said)


def _why(err: BaseException) -> str:
    return f"{err.args[0]} is missing" if isinstance(err, KeyError) and err.args else "wrong type"


def _initialize_params(
    converter: cattrs.Converter, params: Mapping[str, Any]
) -> types.InitializeParams:
    """What can be understood of ``initialize``, field by field."""
    kept: dict[str, Any] = {}
    for name, value in params.items():
        if name != "capabilities" and _fits_initialize(converter, {**kept, name: value}):
            kept[name] = value
        elif name != "capabilities":
            _log.warning("left out %s of initialize: it does not follow the protocol", name)
    capabilities = params.get("capabilities")
    kept["capabilities"] = _capabilities(converter, capabilities)
    return converter.structure(kept, types.InitializeParams)


def _fits_initialize(converter: cattrs.Converter, params: Mapping[str, Any]) -> bool:
    return _fits(converter, {**params, "capabilities": {}}, types.InitializeParams)


def _capabilities(converter: cattrs.Converter, capabilities: object) -> dict[str, Any]:
    """The capabilities without those, one or two levels down, that do not fit."""
    kept: dict[str, Any] = {}
    if not isinstance(capabilities, dict):
        return kept
    for section, content in capabilities.items():
        if _fits(converter, {section: content}, types.ClientCapabilities):
            kept[section] = content
            continue
        _log.warning("left out a part of capability %s: it does not follow the protocol", section)
        parts = content.items() if isinstance(content, dict) else ()
        found = {
            name: part
            for name, part in parts
            if _fits(converter, {section: {name: part}}, types.ClientCapabilities)
        }
        if _fits(converter, {section: found}, types.ClientCapabilities):
            kept[section] = found  # not where something is left out that must be there
    return kept


def _fits(converter: cattrs.Converter, value: object, shape: type[Any]) -> bool:
    try:
        converter.structure(value, shape)
    except _UNFIT:
        return False
    return True
