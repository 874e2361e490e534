"""All actions there are: the built-in ones, and those in the user's folders.

Reads files, each once. A broken file takes no other down, and no file replaces a built-in action
(A04): whoever asks for `refactor` gets what we wrote.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.config import files
from moa_lsp.errors import ConfigError, Problem
from moa_lsp.prompts.actions import Action, builtin, load_action


@dataclass(frozen=True, slots=True)
class Library:
    """Actions by id, built-in ones first; and what is wrong with the files of others."""

    actions: Mapping[str, Action]
    problems: tuple[Problem, ...] = ()


def read_library(folders: Iterable[str] = ()) -> Library:
    """Read the actions of these folders (``Catalog.actions_dirs``) beside the built-in ones."""
    actions = dict(builtin())
    origins = dict.fromkeys(actions, "the built-in one")
    problems: list[Problem] = []
    for folder in folders:
        paths, wrong = files.members(Path(folder), (".md",))
        problems += wrong
        for path in paths:
            if path.name.lower() == "readme.md":
                continue
            try:
                action = load_action(files.read(path), str(path))
            except ConfigError as error:
                problems += error.problems
                continue
            if action.id in actions:
                message = f"a second action `{action.id}`: the first is {origins[action.id]}"
                problems.append(Problem(str(path), 1, 1, message))
                continue
            actions[action.id] = action
            origins[action.id] = f"in {path}"
    return Library(actions, tuple(sorted(problems)))
