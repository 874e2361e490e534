"""What an editor's own settings say (section ``moa``), and how far that counts.

Pure, and free of what is slow to import: it is read before ``initialize`` is answered. An editor
merges the settings of its user with those of the opened folder, and nobody can tell them apart
afterwards. So nothing here names a host, a key, a command or a file; exclusions only add; and
what a mix of the folder's own is chosen for is one run, never the default (A01 to A05 in
docs/faults.md).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.syntax.languages import canonical

if TYPE_CHECKING:
    from moa_lsp.config.settings import Review, Settings

MAX_EDITOR_ENTRIES = 256
"""Of a list or map in an editor's settings; each glob is tried on every file that is shown."""


SECTION = "moa"

Trace = Literal["off", "messages", "verbose"]

WORKSPACE_SUFFIX = " (workspace)"
"""Ends the name of every mix that the opened folder brings."""

AUTO = "auto"
"""As ``settings.AUTO``, which is slow to import."""

_AUTO = ("", AUTO, "auto-inline")
"""What editors send as the default of a mix: the configuration shall decide."""

_NOT_OURS = ("trusted", "server", "status", "offer")
"""Read elsewhere, or by the editor's own plugin."""

_DEFINES = ("providers", "models", "routes", "budget", "keys", "apiKey", "api_key", "base_url")
"""What people look for here and what must not stand here."""

_NO_MAP: Mapping[str, bool] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of one editor; ``None`` leaves the choice to the configuration.

    Attributes:
        mix: default mix of actions, by name.
        inline_enabled: false switches inline completion off; true does not switch it on again
            where the configuration has it off.
        inline_mix: default mix of inline completion.
        inline_debounce_ms: most milliseconds that an automatic request in a burst of keys waits.
        inline_languages: inline completion on or off, by LSP language identifier.
        review: when an edit needs confirmation; an ``always`` of the configuration counts before.
        on_automatic: whether actions are also offered for the lightbulb's own requests.
        completion_fallback: whether ordinary completion stands in for the inline kind.
        exclude: globs of files that models never see, beside those of the configuration.
        trace: how much is written to the log.
    """

    mix: str | None = None
    inline_enabled: bool | None = None
    inline_mix: str | None = None
    inline_debounce_ms: int | None = None
    inline_languages: Mapping[str, bool] = field(default_factory=lambda: _NO_MAP)
    review: "Review | None" = None
    on_automatic: bool = False
    completion_fallback: bool = False
    exclude: tuple[str, ...] = ()
    trace: Trace = "off"


class OptionsResult(NamedTuple):
    """What some JSON value says.

    Attributes:
        values: by the names of ``Options``, only what was said and is sound.
        wrong: a sentence for each thing that is not, without a full stop.
    """

    values: Mapping[str, Any]
    wrong: tuple[str, ...] = ()

    def over(self, below: "OptionsResult") -> "OptionsResult":
        """These values before those of ``below``; the complaints of both."""
        wrong = tuple(dict.fromkeys((*self.wrong, *below.wrong)))
        return OptionsResult({**below.values, **self.values}, wrong)

    @property
    def options(self) -> Options:
        """The values as one; what was not said is the default."""
        return replace(Options(), **self.values)


SILENCE = OptionsResult({})
"""Nothing was said."""


class Option(NamedTuple):
    """One setting: its name for users, its field, what may stand there, and its default."""

    name: str
    field: str
    kind: str
    default: str
    take: Callable[[object], Any]


class _InvalidOption(Exception):
    """A value does not fit; says what is expected and what came."""


def read(value: object) -> OptionsResult:
    """Read settings from any JSON value: nested or flat, with ``moa`` around them or without.

    ``null`` says nothing, as a whole and at every key; neither does ``[]`` in place of a map,
    which is how Lua clients write an empty one.
    """
    if value is None or value == []:
        return SILENCE
    if not isinstance(value, Mapping):
        return OptionsResult({}, (f"expected a map, not {_what(value)}",))
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, found in _flat(value):
        option = _BY_NAME.get(name)
        if option is None:
            wrong.append(_unknown(name))
            continue
        try:
            values[option.field] = option.take(found)
        except _InvalidOption as error:
            wrong.append(f"`{name}`: {error}")
    return OptionsResult(values, tuple(wrong[: limits.MAX_PROBLEMS]))


def pushed(value: object) -> OptionsResult:
    """Read what came with a notification: some editors send the settings of all servers at once.

    What stands beside our section is none of our business; without a section of ours it counts
    only if something in it is ours.
    """
    if not isinstance(value, Mapping):
        return SILENCE
    ours = {
        key: found
        for key, found in value.items()
        if isinstance(key, str) and (key == SECTION or key.startswith(f"{SECTION}."))
    }
    if ours:
        return read(ours)
    found = read(value)
    return found if any(name in _BY_NAME for name, _ in _flat(value)) else SILENCE


def _over(languages: Mapping[str, bool], others: Mapping[str, bool]) -> Mapping[str, bool]:
    """Switches of languages with others in their place, whichever names each goes by."""
    named = {canonical(name) for name in others}
    kept = {name: on for name, on in languages.items() if canonical(name) not in named}
    return {**kept, **others}


def laid_over(settings: "Settings", options: Options) -> "Settings":
    """The settings of the configuration with those of the editor over them, as far as they may."""
    inline, context = settings.inline, settings.context
    debounce = options.inline_debounce_ms
    inline = inline.model_copy(
        update={
            "enabled": inline.enabled and options.inline_enabled is not False,
            "mix": options.inline_mix or inline.mix,
            "debounce_ms": inline.debounce_ms if debounce is None else debounce,
            "languages": _over(inline.languages, options.inline_languages),
        }
    )
    exclude = tuple(dict.fromkeys((*context.exclude, *options.exclude)))
    review = settings.review if settings.review == "always" else options.review
    return settings.model_copy(
        update={
            "mix": options.mix or settings.mix,
            "inline": inline,
            "review": review or settings.review,
            "context": context.model_copy(update={"exclude": exclude}),
        }
    )


def _flat(value: Mapping[Any, Any], lead: str = "") -> Iterator[tuple[str, object]]:
    """Each setting under its dotted name; what says nothing or is not ours is left out."""
    for key, found in value.items():
        name = f"{lead}{key}".removeprefix(f"{SECTION}.")
        name = "trace" if name == "trace.server" else name
        if found is None or (name.split(".")[0] in _NOT_OURS):
            continue
        if found == [] and (name == SECTION or name in _GROUPS):
            continue
        if isinstance(found, Mapping):
            if name == SECTION:
                yield from _flat(found)
                continue
            if name in _GROUPS:
                yield from _flat(found, f"{name}.")
                continue
        yield name, found


def _unknown(name: str) -> str:
    from moa_lsp.config.problems import did_you_mean

    shown = name[: shared_limits.MAX_SHOWN_KEY_CHARS]
    if name.split(".", maxsplit=1)[0] in _DEFINES:
        return f"`{shown}` is for your own config.yaml only: an editor defines no host and no key"
    near = did_you_mean(shown, _BY_NAME)
    return f"unknown setting `{shown}`{near or '; known are ' + ', '.join(_BY_NAME)}"


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _InvalidOption(f"expected true or false, not {_what(value)}")


def _mix(value: object) -> str | None:
    if not isinstance(value, str):
        raise _InvalidOption(f"expected the name of a mix, not {_what(value)}")
    if len(value) > shared_limits.MAX_NAME_CHARS:
        raise _InvalidOption(f"is longer than {shared_limits.MAX_NAME_CHARS} characters")
    if value.endswith(WORKSPACE_SUFFIX):
        raise _InvalidOption(
            "a mix of the folder itself is never the default: choose it for a run"
        )
    return None if value in _AUTO else value


def _milliseconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise _InvalidOption(f"expected a whole number, not {_what(value)}")
    if not 0 <= value <= limits.MAX_DEBOUNCE_MS:
        raise _InvalidOption(f"must be at least 0 and at most {limits.MAX_DEBOUNCE_MS}")
    return int(value)


def _languages(value: object) -> Mapping[str, bool]:
    if value == []:
        return _NO_MAP
    if not isinstance(value, Mapping):
        raise _InvalidOption(f"expected a map of languages to true or false, not {_what(value)}")
    _check_size(value)
    for name, on in value.items():
        if not isinstance(on, bool):
            shown = str(name)[: shared_limits.MAX_SHOWN_KEY_CHARS]
            raise _InvalidOption(f"`{shown}`: expected true or false, not {_what(on)}")
    return MappingProxyType(dict(value))


def _globs(value: object) -> tuple[str, ...]:
    if value == {}:
        return ()
    if not isinstance(value, list | tuple):
        raise _InvalidOption(f"expected a list of globs, not {_what(value)}")
    _check_size(value)
    for glob in value:
        if not isinstance(glob, str) or not glob.strip():
            raise _InvalidOption(f"expected a list of globs, not one with {_what(glob)} in it")
        if len(glob) > shared_limits.MAX_INSTRUCTION_CHARS:
            raise _InvalidOption(
                f"a glob is longer than {shared_limits.MAX_INSTRUCTION_CHARS:,} characters"
            )
    return tuple(value)


def _check_size(value: Mapping[Any, Any] | list[Any] | tuple[Any, ...]) -> None:
    if len(value) > MAX_EDITOR_ENTRIES:
        raise _InvalidOption(f"has more than {MAX_EDITOR_ENTRIES} entries")


def _one_of(*known: str) -> Callable[[object], str]:
    def take(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        if not isinstance(value, str):
            raise _InvalidOption(f"expected one of {', '.join(known)}, not {_what(value)}")
        from moa_lsp.config.problems import did_you_mean

        shown = value[: shared_limits.MAX_SHOWN_KEY_CHARS]
        raise _InvalidOption(
            f"`{shown}` is not one of {', '.join(known)}{did_you_mean(shown, known)}"
        )

    return take


def _what(value: object) -> str:
    if isinstance(value, str):
        return "text" if value.strip() else "an empty text"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number" if value == value // 1 else "a fraction"
    if value is None:
        return "nothing"
    return "a map" if isinstance(value, Mapping) else "a list"


OPTIONS = (
    Option("mix", "mix", "text", "`auto`", _mix),
    Option("inline.enabled", "inline_enabled", "`true`, `false`", "`true`", _truth),
    Option("inline.mix", "inline_mix", "text", "`auto-inline`", _mix),
    Option("inline.debounceMs", "inline_debounce_ms", "whole number", "", _milliseconds),
    Option("inline.languages", "inline_languages", "map of `true`, `false`", "`{}`", _languages),
    Option(
        "review", "review", "`auto`, `always`, `never`", "", _one_of("auto", "always", "never")
    ),
    Option("codeActions.onAutomatic", "on_automatic", "`true`, `false`", "`false`", _truth),
    Option("completion.fallback", "completion_fallback", "`true`, `false`", "`false`", _truth),
    Option("context.exclude", "exclude", "list of text", "`[]`", _globs),
    Option(
        "trace",
        "trace",
        "`off`, `messages`, `verbose`",
        "`off`",
        _one_of("off", "messages", "verbose"),
    ),
)
"""Every setting, in the order of the documentation."""

_BY_NAME = {option.name: option for option in OPTIONS}
_GROUPS = {name.rpartition(".")[0] for name in _BY_NAME if "." in name} | {"trace"}
