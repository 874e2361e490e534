"""From what validation says to what a user reads: one sentence for each mistake, at its place.

A ``Fault`` knows where in the data it lies; only a ``YamlDocument`` knows line and column. Values
are never quoted where a key of a provider could have been pasted.
"""

import difflib
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.config.steps import STEPS
from moa_lsp.config.strict_yaml import Keys, YamlDocument
from moa_lsp.config.values import Value, frozen, keys_of
from moa_lsp.errors import ConfigError, Problem

V = TypeVar("V", bound=Value)

_MISSING = "`{}` is missing"
_MEANT = "; did you mean `{}`?"
_TAGS = frozenset(f"<{key}>" for key in STEPS)
_SECRET_WORDS = ("api_key", "apikey", "key", "token", "secret", "password", "bearer")


class Fault(NamedTuple):
    """A mistake in data: where, what, and whether the key rather than its value is to blame."""

    keys: Keys
    message: str
    at_key: bool = False


def validated(kind: type[V], loaded: YamlDocument) -> V:
    """Make a value of a whole file.

    Raises:
        ConfigError: with every problem.
    """
    value, faults = inspect(kind, loaded.value)
    if value is None or loaded.problems:
        raise ConfigError(located(faults, loaded))
    return value


def inspect(kind: type[V], data: object) -> tuple[V | None, list[Fault]]:
    """Make a value of plain data, or say everything that is wrong with it."""
    try:
        return kind.model_validate(frozen(data)), []
    except ValidationError as error:
        details = error.errors(include_url=False)[: limits.MAX_PROBLEMS]
        faults = [_fault(kind, data, detail) for detail in details]
        return None, [fault for fault in faults if not _is_renamed(fault, faults)]


def located(faults: Iterable[Fault], loaded: YamlDocument) -> list[Problem]:
    """Give faults their lines and columns, in file order, with those of the YAML itself.

    A value that the YAML is already wrong about is not complained of twice.
    """
    told = {(problem.line, problem.column) for problem in loaded.problems}
    found = {loaded.problem(keys, text, at_key=at_key) for keys, text, at_key in faults}
    new = [problem for problem in found if (problem.line, problem.column) not in told]
    return sorted([*loaded.problems, *new])[: limits.MAX_PROBLEMS]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give ``; did you mean `x`?`` for a near miss, else an empty text."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    near = near or [name for name in names if name.lower() == word.strip().lower()]
    return _MEANT.format(near[0]) if near else ""


def _is_renamed(fault: Fault, faults: list[Fault]) -> bool:
    """Say whether a missing key stands there misspelt, which is told as an unknown key."""
    return fault.message == _MISSING.format(fault.keys[-1] if fault.keys else "") and any(
        other.keys[:-1] == fault.keys[:-1]
        and other.message.endswith(_MEANT.format(fault.keys[-1]))
        for other in faults
    )


def _fault(kind: type[Value], data: object, detail: ErrorDetails) -> Fault:
    """Turn one error of pydantic into a fault."""
    loc = detail["loc"]
    keys, at_key = _keys(loc, in_key=detail["type"] != "extra_forbidden")
    value = _value_at(data, keys)
    name = next((part for part in reversed(keys) if isinstance(part, str)), "")
    if detail["type"] == "extra_forbidden":
        return Fault(keys, _unknown_key(kind, loc, str(keys[-1])), at_key=True)
    if detail["type"] == "missing":
        return Fault(keys, _MISSING.format(keys[-1]))
    if detail["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return Fault(keys, _no_step(value))
    sentence = _SENTENCES.get(detail["type"])
    message = sentence(value, detail.get("ctx", {})) if sentence else detail["msg"]
    named = f"`{name}`: {message}" if name and not at_key else message
    return Fault(keys, named, at_key)


def _keys(loc: tuple[int | str, ...], *, in_key: bool) -> tuple[Keys, bool]:
    """Take the tags of step variants out of a place, and say whether it is a key's."""
    keys = tuple(
        part
        for before, part in zip((None, *loc), loc, strict=False)
        if not (isinstance(before, int) and part in _TAGS)
    )
    if in_key and len(keys) > 1 and keys[-1] == "[key]":
        return keys[:-1], True
    return keys, False


def _unknown_key(kind: type[Value], loc: tuple[int | str, ...], key: str) -> str:
    model = _model_at(kind, loc[:-1])
    fields = keys_of(model) if model else []
    if "api_key_env" in fields and key.lower() in _SECRET_WORDS:
        return "a key never stands in a file: name its environment variable with `api_key_env`"
    hint = did_you_mean(key, fields) or (f"; known are {', '.join(fields)}" if fields else "")
    return f"unknown key `{_short(key)}`{hint}"


def _no_step(value: object) -> str:
    known = ", ".join(STEPS)
    if not isinstance(value, Mapping):
        return f"a step is a map with one of {known}, not {_what(value)}"
    found = [key for key in STEPS if key in value]
    if len(found) > 1:
        return f"one step has both {' and '.join(found)}: make each a step of its own"
    near = next((hint for key in value if (hint := did_you_mean(str(key), STEPS))), "")
    return f"a step needs one of {known}{near}"


def _model_at(kind: type[Value], loc: tuple[int | str, ...]) -> type[Value] | None:
    """Find the class that a place in the data belongs to, by walking the annotations."""
    found: object = kind
    for part in loc:
        if isinstance(found, type) and issubclass(found, Value):
            field = found.model_fields.get(str(part))
            found = field.annotation if field else None
        else:
            found = _inside(found, part)
        found = _bare(found)
        if found is None:
            return None
    return found if isinstance(found, type) and issubclass(found, Value) else None


def _inside(annotation: object, part: int | str) -> object:
    """Step from a container's annotation to that of one of its items, or to a tagged variant."""
    arguments = get_args(annotation)
    if part in _TAGS:
        return STEPS[str(part).strip("<>")]
    if not arguments:
        return None
    return arguments[1] if len(arguments) > 1 and arguments[1] is not ... else arguments[0]


def _bare(annotation: object) -> object:
    """Take ``Annotated`` and ``| None`` off."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            kept = [one for one in get_args(annotation) if one is not type(None)]
            if len(kept) != 1:
                return annotation
            annotation = kept[0]
        else:
            return annotation


def _value_at(data: object, keys: Keys) -> object:
    for key in keys:
        try:
            data = data[key]  # type: ignore[index]  # TypeError is one of the answers
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _what(value: object) -> str:
    """Name the kind of a value, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a map" if isinstance(value, Mapping) else "a list"


def _short(text: str) -> str:
    bound = shared_limits.MAX_SHOWN_KEY_CHARS
    shown = text if len(text) <= bound else f"{text[:bound]}…"
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in shown)


def _expected(what: str, hint: str = "") -> "_Sentence":
    def sentence(value: object, _context: Mapping[str, Any]) -> str:
        return f"expected {what}, not {_what(value)}{hint if value is not None else ''}"

    return sentence


def _number(what: str) -> "_Sentence":
    def sentence(value: object, _context: Mapping[str, Any]) -> str:
        if isinstance(value, str) and value.strip().replace(".", "", 1).isdigit():
            return f"expected {what}: take the quotes away"
        return f"expected {what}, not {_what(value)}"

    return sentence


def _bound(words: str, key: str) -> "_Sentence":
    def sentence(_value: object, context: Mapping[str, Any]) -> str:
        return f"must be {words} {context[key]:g}"

    return sentence


def _truth(value: object, _context: Mapping[str, Any]) -> str:
    if isinstance(value, str) and value.lower() in ("yes", "no", "on", "off", "true", "false"):
        return "write true or false"
    return f"expected true or false, not {_what(value)}"


def _choice(value: object, context: Mapping[str, Any]) -> str:
    known = [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")]
    if known == ["True"]:
        return "can only be true; leave it out otherwise"
    if not isinstance(value, str):
        return f"expected one of {', '.join(known)}, not {_what(value)}"
    return f"`{_short(value)}` is not one of {', '.join(known)}{did_you_mean(value, known)}"


def _too_short(_value: object, _context: Mapping[str, Any]) -> str:
    return "the list is empty"


def _too_long(_value: object, context: Mapping[str, Any]) -> str:
    return f"has more than {context['max_length']:,} entries"


def _too_much_text(_value: object, context: Mapping[str, Any]) -> str:
    return f"is longer than {context['max_length']:,} characters"


_Sentence = Callable[[object, Mapping[str, Any]], str]
_MAP = _expected("a map of keys and values")
_LIST = _expected("a list", ": write it in brackets, or each entry on a line with a dash")
_TEXT = _expected("text", ": put it in quotes if it is meant as text")

_SENTENCES: Mapping[str, _Sentence] = {
    "string_type": _TEXT,
    "int_type": _number("a whole number"),
    "int_from_float": _number("a whole number"),
    "float_type": _number("a number"),
    "bool_type": _truth,
    "tuple_type": _LIST,
    "model_type": _MAP,
    "model_attributes_type": _MAP,
    "dict_type": _MAP,
    "mapping_type": _MAP,
    "literal_error": _choice,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than_equal": _bound("at most", "le"),
    "too_short": _too_short,
    "too_long": _too_long,
    "string_too_long": _too_much_text,
}
