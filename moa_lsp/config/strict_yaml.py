"""Reads the YAML of a user's file into plain values, refusing what hides or surprises.

* The only reader of YAML: the parser's events are turned into ``dict``, ``list``, ``str``,
  ``int``, ``float``, ``bool`` and ``None`` here; no tag, class or alias is ever resolved.
* Refused: anchors, aliases, tags, merge keys, several documents, duplicate and non-text keys,
  tabs as indentation, control characters, depth and size over their bounds, and every number that
  YAML 1.1 reads otherwise than people do (``017``, ``1:30``, ``.inf``). ``yes``, ``no``, ``on``,
  ``off`` and dates are plain text.
* All mistakes that can be found are reported at once, each with line and column, and every key
  and value keeps its place, so that later checks point at it too.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.errors import ConfigError, Problem
from moa_lsp.text.lines import split_lines

MAX_YAML_DEPTH = 12
"""Nesting of a YAML file; the deepest legal mix uses 7."""


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Keys = tuple[str | int, ...]
"""Where a value stands: map keys and list positions from the root."""

_UNPRINTABLE = re.compile(
    "[^\t\n\r -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_ODD_NUMBER = re.compile(
    r"""[-+]?(?: 0[0-7_]+ | 0o[0-7_]+ | 0b[01_]+ | 0x[0-9a-fA-F_]+  # other bases
             | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?          # sexagesimal
             | [0-9]+(?:_[0-9_]*)(?:\.[0-9_]*)?                     # 1_000
             | \.[0-9]+ | [0-9]+\. | \.[0-9]+[eE][-+]?[0-9]+        # .5 and 5.
             | 0[0-9]+(?:\.[0-9]*)? )
        | \+[0-9.]+(?:[eE][-+]?[0-9]+)?""",
    re.VERBOSE,
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.IGNORECASE)
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}
_MAX_DIGITS = 18


class SourcePosition(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


class ValueLocation(NamedTuple):
    """Where a value stands, and its key where it has one."""

    value: SourcePosition
    key: SourcePosition | None = None


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A file's values, and where each of them stands.

    Attributes:
        value: the root map; empty for a file without content.
        path: how the file is named in problems.
        places: of every value, by the keys that lead to it.
        problems: what is wrong with the YAML; the values at fault are absent or ``None``.
    """

    value: dict[str, Any]
    path: str
    places: dict[Keys, ValueLocation] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def problem(self, keys: Keys, message: str, *, at_key: bool = False) -> Problem:
        """Make a problem at a value, or its key; of what is absent, at what should hold it."""
        keys = tuple(keys)
        absent = False
        while keys and keys not in self.places:
            keys, absent = keys[:-1], True
        place = self.places.get(keys, ValueLocation(SourcePosition(1, 1)))
        mark = place.key if place.key and (at_key or absent) else place.value
        return Problem(self.path, mark.line, mark.column, message)


def load(text: str, path: str, *, first_line: int = 1) -> YamlDocument:
    """Read one file, as far as it can be read.

    A caller must look at ``problems``: what has any is not to be used as if it were whole.

    Args:
        text: its content.
        path: how problems name it.
        first_line: number of the text's first line, for a part of a file.

    Raises:
        ConfigError: with every problem that was found; nothing of the file can be told apart.
    """
    reader = _YamlReader(path, first_line)
    reader.look_over(text)
    value = reader.read(text)
    problems = tuple(sorted(set(reader.problems))[: limits.MAX_PROBLEMS])
    if value is None:
        raise ConfigError(problems)
    return YamlDocument(value, path, reader.places, problems)


def dump(value: object) -> str:
    """Write plain data as YAML that ``load`` reads back, keys in the order given."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that ``load`` would take for something else."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_plain = _complaint(text) is None and _resolved(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_Dumper.add_representer(str, _text)


class _FatalProblem(Exception):
    """Nothing after this can be read with any sense."""


class _YamlReader:
    """Turns events into values, noting places and problems on the way."""

    def __init__(self, path: str, first_line: int) -> None:
        self.path = path
        self.first_line = first_line
        self.problems: list[Problem] = []
        self.places: dict[Keys, ValueLocation] = {}

    def look_over(self, text: str) -> None:
        """Refuse what no parser should see.

        Raises:
            ConfigError: the text cannot be parsed with any sense.
        """
        if len(text.encode("utf-8", "surrogatepass")) > shared_limits.MAX_CONFIG_BYTES:
            size = shared_limits.MAX_CONFIG_BYTES // 1024
            raise ConfigError([Problem(self.path, 1, 1, f"the file is larger than {size} KiB")])
        if text.startswith("\ufeff"):
            message = "the file starts with a byte order mark: save it as UTF-8 without one"
            raise ConfigError([Problem(self.path, 1, 1, message)])
        for found in _UNPRINTABLE.finditer(text):
            code = ord(found.group())
            self._at(text, found.start(), f"the character U+{code:04X} may not stand in this file")
        for found in _TAB_INDENT.finditer(text):
            self._at(text, found.end() - 1, "a tab as indentation: use spaces")
        if self.problems:
            raise ConfigError(sorted(self.problems)[: limits.MAX_PROBLEMS])

    def read(self, text: str) -> dict[str, Any] | None:
        """Give the root map, ``None`` when there is no sense in it; problems are noted."""
        loader = _Loader(text)
        try:
            return self._stream(_events(loader))
        except _FatalProblem:
            return None
        except yaml.MarkedYAMLError as error:
            self._syntax(error, split_lines(text))
            return None
        finally:
            loader.dispose()

    def _stream(self, events: Iterator[yaml.Event]) -> dict[str, Any]:
        root: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(event, "a second document: a file holds one, without --- between")
                if event.tags or event.version:
                    self._note(event, "a % directive: leave it out")
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, ())
                if not isinstance(root, dict | None):
                    self._stop(event, "the file must be a map: lines of `key: value`")
        return root or {}

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], keys: Keys) -> object:
        """Give the value that starts with ``event``, taking its events."""
        self.places.setdefault(keys, ValueLocation(self._mark(event)))
        if len(keys) > MAX_YAML_DEPTH:
            self._stop(event, f"nested deeper than {MAX_YAML_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            self._note(event, "an alias (*): write the value out")
            return None
        if getattr(event, "anchor", None):
            self._note(event, "an anchor (&): write the value out where it is needed")
        if getattr(event, "tag", None):
            self._note(event, "a tag (!): leave it out")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, keys)
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(events, keys)
        if not isinstance(event, yaml.ScalarEvent):
            raise TypeError(f"not the start of a value: {event!r}")
        return self._scalar(event)

    def _list(self, events: Iterator[yaml.Event], keys: Keys) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, (*keys, len(items))))
        return items

    def _map(self, events: Iterator[yaml.Event], keys: Keys) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, keys)
            if key in values:
                first = self.places[*keys, key].key
                line = first.line if first else self.first_line
                message = f"the key `{_shown(key)}` stands here again: it is on line {line}"
                self._note(event, message)
                self._node(next(events), events, (*keys, key, "again"))
                continue
            value = next(events)
            self.places[*keys, key] = ValueLocation(self._mark(value), self._mark(event))
            values[key] = self._node(value, events, (*keys, key))
        return values

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], keys: Keys) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, events, (*keys, "key"))
            self._note(event, "a key must be text, not a list or map")
            return ""
        if event.anchor or event.tag:
            self._note(event, "an anchor or tag at a key: leave it out")
        if event.value == "<<" and not event.style:
            self._note(event, "a merge key (<<): write the keys out; a mix may use `extends`")
        elif not event.style and not isinstance(self._scalar(event, quiet=True), str):
            self._note(event, f"a key must be text: put `{_shown(event.value)}` in quotes")
        elif _UNPRINTABLE.search(event.value) or not event.value.strip():
            self._note(event, "a key must be words that can be seen")
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent, *, quiet: bool = False) -> object:
        text: str = event.value
        complaint = _hidden(text) or (None if event.style else _complaint(text))
        if complaint:
            if not quiet:
                self._note(event, complaint)
            return None
        return text if event.style else _resolved(text)

    def _syntax(self, error: yaml.MarkedYAMLError, lines: list[str]) -> None:
        mark = error.problem_mark if error.problem_mark is not None else error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        if line >= len(lines):  # the parser counts the file's end as a line of its own
            line, column = len(lines) - 1, len(lines[-1])
        what = (error.problem or error.context or "cannot be read").rstrip(".")
        self.problems.append(
            Problem(
                self.path,
                line + self.first_line,
                column + 1,
                f"this is not YAML: {_shown(what)}{_HINTS.get(what, '')}",
            )
        )

    def _mark(self, event: yaml.Event) -> SourcePosition:
        mark = event.start_mark
        if mark is None:
            raise TypeError(f"an event without a place: {event!r}")
        return SourcePosition(mark.line + self.first_line, mark.column + 1)

    def _note(self, event: yaml.Event, message: str) -> None:
        self.problems.append(Problem(self.path, *self._mark(event), message))

    def _stop(self, event: yaml.Event, message: str) -> NoReturn:
        self._note(event, message)
        raise _FatalProblem

    def _at(self, text: str, offset: int, message: str) -> None:
        if len(self.problems) < limits.MAX_PROBLEMS:
            before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
            line = before.count("\n") + self.first_line
            column = len(before) - before.rfind("\n")
            self.problems.append(Problem(self.path, line, column, message))


_QUOTES = "; text with a colon and a space needs quotes"
_HINTS = {
    "mapping values are not allowed here": _QUOTES,
    "mapping values are not allowed in this context": _QUOTES,
    "found character that cannot start any token": "; text that starts like this needs quotes",
    "could not find expected ':'": "; a key is followed by a colon and a space",
    "did not find expected key": "; is the indentation the same as in the lines above?",
    "found unexpected end of stream": "; a quote or bracket is not closed",
}


def _events(loader: "yaml.SafeLoader | yaml.CSafeLoader") -> Iterator[yaml.Event]:
    while (event := loader.get_event()) is not None:
        yield event
        if isinstance(event, yaml.StreamEndEvent):
            return


def _resolved(text: str) -> object:
    """Give what a plain scalar without complaint stands for."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _hidden(text: str) -> str | None:
    found = _UNPRINTABLE.search(text)
    return found and f"an escape that stands for the character U+{ord(found.group()):04X}"


def _complaint(text: str) -> str | None:
    """Say what is wrong with a plain scalar that YAML and people read differently."""
    if _NOT_FINITE.fullmatch(text):
        return "not a number that can be used: write a finite one"
    if _ODD_NUMBER.fullmatch(text):
        shown = _shown(text)
        return f"`{shown}` is read in several ways: write a plain decimal number, or quote text"
    if text not in _CONSTANTS and text.lower() in _CONSTANTS:
        return f"write `{text.lower()}` in lower case, or put `{text}` in quotes"
    if _INTEGER.fullmatch(text) and len(text) > _MAX_DIGITS:
        return "this number has too many digits"
    if _FLOAT.fullmatch(text) and not math.isfinite(float(text)):
        return "this number is too large"
    return None


def _shown(text: str) -> str:
    bound = shared_limits.MAX_SHOWN_KEY_CHARS
    return text if len(text) <= bound else f"{text[:bound]}…"
