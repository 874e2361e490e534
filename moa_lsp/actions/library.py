"""All actions there are: the built-in ones, and those in the user's folders.

Reads files, each once. A broken file takes no other down, and no file replaces a built-in action
(A04 in docs/faults.md): whoever asks for `refactor` gets what we wrote.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from moa_lsp.actions.definition import Action, builtin, load_action
from moa_lsp.config import files
from moa_lsp.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Library:
    """All actions, and what is wrong with the user's files.

    Attributes:
        actions: by id, built-in ones first.
        files: the user's, by path.
        kept: files that are broken now and count as they were when they were good.
    """

    actions: Mapping[str, Action]
    problems: tuple[Problem, ...] = ()
    files: Mapping[str, Action] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


def read_library(
    folders: Iterable[str] = (), last: Mapping[str, Action] = MappingProxyType({})
) -> Library:
    """Read the actions of these folders (``Catalog.actions_dirs``) beside the built-in ones.

    Args:
        folders: where they lie.
        last: ``Library.files`` of the reading before: what a broken file leaves in use.
    """
    actions = dict(builtin())
    origins = dict.fromkeys(actions, "the built-in one")
    problems: list[Problem] = []
    found: dict[str, Action] = {}
    kept: set[str] = set()
    for path, now, wrong in _read(folders):
        problems += wrong
        action = now or last.get(path)
        if action is None:
            continue
        if now is None:
            kept.add(path)
        if action.id in actions:
            message = f"a second action `{action.id}`: the first is {origins[action.id]}"
            problems.append(Problem(path, 1, 1, message))
            continue
        found[path] = actions[action.id] = action
        origins[action.id] = f"in {path}"
    return Library(actions, tuple(sorted(problems)), found, frozenset(kept))


def _read(
    folders: Iterable[str],
) -> Iterator[tuple[str, Action | None, Sequence[Problem]]]:
    """Each file with its action, or with what is wrong with it."""
    for folder in folders:
        paths, wrong = files.members(Path(folder), (".md",))
        for problem in wrong:
            yield problem.path, None, [problem]
        for path in paths:
            if path.name.lower() == "readme.md":
                continue
            try:
                yield str(path), load_action(files.read(path), str(path)), ()
            except ConfigError as error:
                yield str(path), None, error.problems
