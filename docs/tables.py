"""Writes the tables of these pages from the code: ``python -m docs.tables [--check]``.

What stands between ``<!-- table NAME -->`` and ``<!-- end -->`` is made here and nowhere else.
``--check`` changes nothing and fails when a page is not what the code says. Both also do what
``docs.capabilities`` does.
"""

import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs import capabilities, messages, wire_types
from moa_lsp.actions.definition import builtin
from moa_lsp.cli.main import cli
from moa_lsp.config.mixes import Agent, Layer, MixFile, Quorum
from moa_lsp.config.options import OPTIONS, Options
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.settings import ModelFacts, Price, ProviderFile, Route, Settings
from moa_lsp.config.steps import STEPS
from moa_lsp.config.test_command import TestCommand
from moa_lsp.providers.reasoning import shown
from moa_lsp.providers.reasoning_ways import WAYS

FOLDER = Path(__file__).resolve().parent

TABLE = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = tuple[str, ...]

MEANINGS = {
    "Settings.mix": "default mix of actions; `auto`: the first ready one of `auto_order`",
    "Settings.auto_order": "what `auto` tries; at last always `embedded`",
    "Settings.inline": "inline completion: docs/inline.md",
    "Settings.routes": "mixes for some runs; the first route that matches wins",
    "Settings.providers": "endpoints by name; over a built-in one every key may be left out",
    "Settings.models": "facts about models by `provider/model`",
    "Settings.mix_dirs": "folders of mixes, relative to this file",
    "Settings.actions_dirs": "folders of actions, relative to this file",
    "Settings.review": "when an edit needs your confirmation, where the editor can ask",
    "Settings.budget": "worst case in USD that is agreed to",
    "Settings.context": "what models may see",
    "Settings.cache": "kept results of runs on models",
    "Settings.index": "the index of the opened folder: [workspace-index.md](workspace-index.md)",
    "Settings.tests": "how tests are run, by language: [verification.md](verification.md)",
    "Settings.log": "the log on stderr",
    "InlineSettings.enabled": "whether anything is completed",
    "InlineSettings.mix": "default mix of inline completion",
    "RunBudget.usd_per_run": "for one run",
    "RunBudget.usd_per_day": "for one day",
    "ContextSettings.max_tokens": "tokens of code and notes in a prompt: [context.md](context.md)",
    "ContextSettings.exclude": "files that models never see, as lines of a `.gitignore`",
    "ContextSettings.rules": "files shown as the project's conventions, beside `AGENTS.md` and "
    "its kind, where the folder is trusted ([context.md](context.md#conventions))",
    "ContextSettings.allow": "files that models may see, and actions work in, all the same",
    "CacheSettings.enabled": "whether results are kept",
    "CacheSettings.days": "how long",
    "IndexSettings.enabled": "whether there is one",
    "LogSettings.level": "least severe record that is written",
    "Route.mix": "the mix that is used",
    "Route.action": "id of the action",
    "Route.language": "LSP language identifier",
    "Price.input": "USD per million tokens of prompt",
    "Price.output": "USD per million tokens of answer",
    "Price.cached_input": "USD per million tokens of prompt that were cached",
    "ModelFacts.price": "what its tokens cost",
    "MixFile.name": "by which it is chosen",
    "MixFile.description": "one sentence, shown in lists",
    "MixFile.extends": "a parent mix; maps merge, lists replace",
    "MixFile.proposers": "the agents of the one layer",
    "MixFile.layers": "several layers, instead of `proposers`",
    "MixFile.aggregator": "a chain of steps, or one step",
    "MixFile.quorum": "when the rest is no longer waited for; absent: all are",
    "MixFile.deadline": "seconds for the whole run",
    "MixFile.budget": "`{usd: …}`: worst case of a run",
    "MixFile.cache": "whether results may be kept",
    "MixFile.early_stop": "whether a request is closed once the answer that would be taken is "
    "complete",
    "MixFile.overrides": "changes for some runs: `when: {language, action}` and any key of a mix",
    "Agent.model": "`provider/model`, or `mix/NAME` for another mix as one agent",
    "Agent.id": "its name in lists and records; default: the model's, numbered when it repeats",
    "Agent.temperature": "`null` for the provider's default",
    "Agent.max_tokens": "bound on the answer; `null` for the provider's default",
    "Layer.quorum": "when the rest is no longer waited for; absent: the mix's",
    "Layer.deadline": "seconds for this layer; absent: what the run's deadline leaves",
    "Quorum.min": "usable proposals that are enough",
    "Quorum.grace": "seconds that the rest then still has",
    "Layer.agents": "the agents of this layer",
    "ModelStep.model": "`provider/model` of the aggregator",
}
"""What is said of a key where the docstring of its class says nothing."""

DEFAULTS = {
    "MixFile.aggregator": "`[{verify: [parse]}, {select: prior}]`",
    "MixFile.deadline": "`120`",
    "MixFile.cache": "`true`",
    "MixFile.early_stop": "`true`",
}
"""Where the file's own default, nothing, stands for another value."""


def meaning(model: type[BaseModel], name: str) -> str:
    """What ``MEANINGS`` says of a key, else the docstring of its class or of one above it."""
    key = f"{model.__name__}.{name}"
    if key in MEANINGS:
        return MEANINGS[key]
    for kind in model.__mro__:
        doc = inspect.cleandoc(kind.__doc__ or "")
        told = re.search(
            rf"^ {{4}}{name}: (.+?)(?=^ {{4}}\w+: |\Z)", doc, re.MULTILINE | re.DOTALL
        )
        told = told or re.search(rf"``{name}``: (.+?)\.", doc, re.DOTALL)
        if told:
            return " ".join(told[1].split()).rstrip(".").replace("``", "`")
    return missing(key)


def missing(key: str) -> typing.NoReturn:
    """Nothing undocumented."""
    raise SystemExit(f"say what {key} means: in its class's docstring or in docs/tables.py")


NAMES = {str: "text", int: "whole number", float: "number", bool: "`true`, `false`"}


def kind(annotation: Any) -> str:  # noqa: ANN401  # whatever stands behind a colon
    """A type in a user's words."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    said = NAMES.get(annotation, "map")
    if origin is typing.Annotated:
        said = kind(args[0])
    elif origin in (typing.Union, types.UnionType):
        said = " or ".join(dict.fromkeys(kind(each) for each in args if each is not type(None)))
    elif origin is Literal:
        said = ", ".join(f"`{str(each).lower() if each is True else each}`" for each in args)
    elif origin is tuple:
        said = f"list of {kind(args[0])}"
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        said = f"map of {kind(args[1])}"
    return said.replace("map or map", "map")


def default(key: str, field: FieldInfo) -> str:
    """A default as it would be written."""
    value = field.get_default(call_default_factory=True)
    if key in DEFAULTS:
        said = DEFAULTS[key]
    elif value is PydanticUndefined:
        said = "required"
    elif value is None or value in ("", (), {}):
        said = ""
    elif isinstance(value, tuple):
        said = f"`[{', '.join(map(str, value))}]`"
    elif isinstance(value, dict):
        inside = ", ".join(f"{name}: {str(one).lower()}" for name, one in value.items())
        said = f"`{{{inside}}}`"
    elif isinstance(value, float):
        said = f"`{value:g}`"
    else:
        said = f"`{str(value).lower() if isinstance(value, bool) else value}`"
    return said


def rows(model: type[BaseModel], lead: str = "", *, deep: bool = False) -> Iterator[Row]:
    """A row for each key; those of a nested map behind it, when ``deep``."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if deep and isinstance(inner, type) and issubclass(inner, BaseModel):
            yield f"`{lead}{name}`", "map", "", meaning(model, name)
            yield from rows(inner, f"{lead}{name}.", deep=True)
        else:
            key = f"{model.__name__}.{name}"
            yield f"`{lead}{name}`", kind(inner), default(key, field), meaning(model, name)


def keys(model: type[BaseModel], *, deep: bool = False) -> str:
    """A table of a model's keys, those that must be given first."""
    found = sorted(rows(model, deep=deep), key=lambda row: row[2] != "required")
    return table(("key", "value", "default", "meaning"), found)


def table(head: Row, body: Iterator[Row] | list[Row]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def actions() -> str:
    """A table of the built-in actions."""
    return table(
        ("id", "title", "kind", "offered", "works on", "becomes"),
        [
            (f"`{each.id}`", each.title, f"`{each.kind}.moa.{each.id}`", each.when, each.scope,
             each.output)
            for each in sorted(builtin().values(), key=lambda action: action.id)
        ],
    )  # fmt: skip


def commands() -> str:
    """The help of every command, as it is printed."""
    return "\n".join(
        f"### `{' '.join(path)}`\n\n```text\n{text}\n```\n"
        for path, text in helps(cli, ("moa-lsp",))
    )


def helps(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command with its help."""
    context = click.Context(
        command, info_name=" ".join(path), terminal_width=90, max_content_width=90,
        help_option_names=["-h", "--help"],
    )  # fmt: skip
    yield path, "\n".join(line.rstrip() for line in command.get_help(context).split("\n"))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from helps(inner, (*path, name))


def providers() -> str:
    """The built-in providers."""
    rows = [
        (
            f"`{name}`",
            entry.api,
            f"`{entry.base_url}`",
            f"`{entry.api_key_env}`" if entry.api_key_env else "none",
        )
        for name, entry in sorted(BUILTIN.items())
        if entry.base_url
    ]
    return table(("provider", "api", "base URL", "key"), rows)


def reasoning() -> str:
    """A table of how each provider is told how deep to reason."""
    return table(
        ("provider", "models", "fields by depth", "source"),
        [
            (
                f"`{way.provider}`",
                f"`{way.models}…`" if way.models else "all others",
                "<br>".join(f"{depth}: `{fields}`" for depth, fields in shown(way)) or "none",
                way.source,
            )
            for way in WAYS
        ],
    )


def editor() -> str:
    """The settings that an editor may have."""
    doc = inspect.cleandoc(Options.__doc__ or "")
    found: list[Row] = []
    for option in OPTIONS:
        pattern = rf"^ {{4}}{option.field}: (.+?)(?=^ {{4}}\w+: |\Z)"
        told = re.search(pattern, doc, re.MULTILINE | re.DOTALL)
        said = " ".join(told[1].split()).rstrip(".").replace("``", "`") if told else ""
        said = said or missing(f"Options.{option.field}")
        found.append((f"`{option.name}`", option.kind, option.default, said))
    return table(("setting", "value", "default", "meaning"), found)


TABLES = {
    "editor": editor,
    "settings": lambda: keys(Settings, deep=True),
    "provider": lambda: keys(ProviderFile),
    "model": lambda: keys(ModelFacts),
    "price": lambda: keys(Price),
    "route": lambda: keys(Route),
    "tests": lambda: keys(TestCommand),
    "mix": lambda: keys(MixFile),
    "agent": lambda: keys(Agent),
    "layer": lambda: keys(Layer),
    "quorum": lambda: keys(Quorum),
    **{f"step_{key}": partial(keys, step) for key, step in STEPS.items()},
    "actions": actions,
    "commands": commands,
    "providers": providers,
    "reasoning": reasoning,
    "errors": lambda: table(("error", "whose", "when", "what to do"), list(messages.kinds())),
    "messages": messages.page,
    "answers": lambda: table(("command or message", "shape"), wire_types.answers()),
    "shapes": lambda: table(("shape", "members", "what it is"), wire_types.rows()),
}


def main(argv: list[str]) -> int:
    """Write the pages, or say which are not up to date."""
    stale = 0
    for page in sorted(FOLDER.glob("*.md")):
        before = page.read_text("utf-8")
        after = TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", before)
        if before == after:
            continue
        stale += 1
        if "--check" in argv:
            sys.stderr.write(f"docs/{page.name} is not what the code says: make docs\n")
        else:
            page.write_text(after, "utf-8")
    made = FOLDER.parent / wire_types.TYPESCRIPT
    if made.read_text("utf-8") != wire_types.typescript():
        stale += 1
        if "--check" in argv:
            sys.stderr.write(f"{wire_types.TYPESCRIPT} is not what the code says: make docs\n")
        else:
            made.write_text(wire_types.typescript(), "utf-8")
    return max(1 if stale and "--check" in argv else 0, capabilities.main(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
