"""Which files of one workspace models never see. Pure.

Files that hold secrets by their name (``files/guarded.py``), what the user excludes, and what the
ignore files of the workspace leave out. ``context.allow`` of the user takes back the first and the
last, never an exclusion.

Paths have forward slashes and are compared as ``guarded.comparable`` gives them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from moa_lsp.context.ignore import Budget, Ignores, Rule, parse
from moa_lsp.files.guarded import comparable, secret_by_name


@dataclass(frozen=True, slots=True)
class DenyRules:
    """What is never shown of one workspace.

    Attributes:
        excludes: rules of the user and of workspaces, which only add to them.
        ignores: one for each kind of ignore file.
        allow: rules of the user alone.
    """

    excludes: Ignores = field(default_factory=Ignores)
    ignores: tuple[Ignores, ...] = ()
    allow: Ignores = field(default_factory=Ignores)

    @classmethod
    def of(
        cls,
        excludes: Iterable[str],
        ignore_files: Mapping[str, str | None],
        allow: Iterable[str] = (),
    ) -> "DenyRules":
        """Put it together.

        Args:
            excludes: ``context.exclude``: lines as of an ignore file at the root, without ``!``.
            ignore_files: texts of ``.gitignore`` and ``.moaignore`` by path below the root,
                ``None`` of one that was too large to be read. What one kind takes back the other
                may still leave out. All have one budget.
            allow: ``context.allow``, in the same form.
        """
        budget = Budget()
        kinds = dict.fromkeys(path.rpartition("/")[2] for path in ignore_files)
        return cls(
            _setting(excludes, "context.exclude"),
            tuple(
                Ignores.of_files(
                    {path: text for path, text in ignore_files.items() if _is_named(path, kind)},
                    budget,
                )
                for kind in kinds
            ),
            _setting(allow, "context.allow"),
        )

    def hidden(self, path: str, *, folder: bool) -> bool:
        """Whether models never see this path below the root, or nothing below this folder."""
        return self.why(path, folder=folder) is not None

    def why(self, path: str, *, folder: bool = False) -> str | None:
        """The rule that hides a path, in words, or ``None``."""
        path = comparable(path)
        excluded = self.excludes.rule(path, folder=folder)
        if excluded is not None:
            return _told(excluded)
        if self.allow.rule(path, folder=folder) is not None:
            return None
        secret = secret_by_name(path, folder=folder)
        if secret is not None:
            return f"`{secret}`, which holds secrets by its name"
        for kind in self.ignores:
            rule = kind.rule(path, folder=folder)
            if rule is not None:
                return _told(rule)
        return None

    def allows(self, path: str) -> bool:
        """Whether the user lists this file in ``context.allow``."""
        return self.allow.rule(comparable(path), folder=False) is not None


def _setting(lines: Iterable[str], name: str) -> Ignores:
    rules = (parse(line, name, negates=False) for line in lines)
    return Ignores(tuple(rule for rule in rules if rule is not None))


def _is_named(path: str, name: str) -> bool:
    return path.rpartition("/")[2] == name


def _told(rule: Rule) -> str:
    return f"`{rule.line.strip()}` of {rule.source}"
