"""Files that models never see, and files in which no action is offered. Pure.

Never shown (A12 in docs/faults.md): files that hold secrets by their name, what the user excludes,
and what the ignore files of the workspace leave out. ``context.allow`` of the user takes back the
first and the last, never an exclusion. No action in files by which editors, agents and CI are
told what to run (A05), but for those of ``context.allow``.

Paths have forward slashes. They are compared case-folded and composed (``ignore.folded``), and
without the dots and spaces at the end of a name that Windows does not see.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from moa_lsp.context.ignore import Ignores, Rule, folded, parse
from moa_lsp.syntax.languages import PLAINTEXT, by_path

SECRET_NAMES = (
    ".env*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.jks", "*.keystore", "*.kdb",
    "*.kdbx", "*.ppk", "*.gpg", "*.agekey", "*.ovpn", "id_*", ".netrc", "_netrc", ".npmrc",
    ".pypirc", ".pgpass", ".my.cnf", ".htpasswd", ".git-credentials", ".dockercfg", ".s3cfg",
    ".boto", ".vault-token", "kubeconfig", "credentials*", "*.tfstate", "*.tfstate.*", "*.tfvars",
    "secrets.json", "secrets.toml", "secrets.yaml", "secrets.yml", "service-account*.json",
    "local.settings.json", "wallet.dat", ".*_history",
)  # fmt: skip
"""Of files that hold secrets. ``id_*`` are SSH keys: a name that is one of source code is none."""

SECRET_FOLDERS = (
    ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".password-store", ".config/gcloud",
)  # fmt: skip
"""Nothing below them is shown."""

GUARDED_NAMES = (
    "*.code-workspace", ".nvim.lua", ".nvimrc", ".exrc", ".envrc", ".dir-locals.el", ".mcp.json",
    ".cursorrules", ".windsurfrules", ".clinerules", ".roorules", ".roomodes", ".goosehints",
    ".rules", "agent.md", "agents.md", "claude.md", "claude.local.md", "gemini.md",
    "copilot-instructions.md", ".aider.conf.yml",
)  # fmt: skip
"""Files that configure an editor, an agent or CI."""

GUARDED_FOLDERS = (
    ".git", ".moa", ".vscode", ".idea", ".fleet", ".zed", ".helix", ".devcontainer", ".husky",
    ".github/workflows", ".github/actions", ".github/instructions", ".github/prompts", ".cursor",
    ".claude", ".codex", ".gemini", ".continue", ".clinerules", ".roo", ".windsurf", ".junie",
    ".kiro", ".amazonq",
)  # fmt: skip
"""The same for all that is below."""

_UNSEEN_END = re.compile(r"[. ]+(?=/|$)")
_LEADING = re.compile(r"^[a-z]:")


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
        ignore_files: Mapping[str, str],
        allow: Iterable[str] = (),
    ) -> "DenyRules":
        """Put it together.

        Args:
            excludes: ``context.exclude``: lines as of an ignore file at the root, without ``!``.
            ignore_files: texts of ``.gitignore`` and ``.moaignore`` by path below the root. What
                one kind takes back the other may still leave out.
            allow: ``context.allow``, in the same form.
        """
        kinds = dict.fromkeys(path.rpartition("/")[2] for path in ignore_files)
        return cls(
            _setting(excludes, "context.exclude"),
            tuple(
                Ignores.of_files(
                    {path: text for path, text in ignore_files.items() if _is_named(path, kind)}
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
        path = _plain(path)
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
        return self.allow.rule(_plain(path), folder=False) is not None


def secret_by_name(path: str, *, folder: bool = False) -> str | None:
    """The pattern of the built-in list that hides a path, below a root or not, or ``None``."""
    path = _plain(path)
    below = _below(path, SECRET_FOLDERS, folder=folder)
    if below is not None or folder:
        return below
    name = path.rpartition("/")[2]
    for pattern, rule in _rules(SECRET_NAMES):
        if rule.matches((name,), folder=False) and not (pattern == "id_*" and _is_source(name)):
            return pattern
    return None


def guarded_by_name(path: str) -> str | None:
    """The pattern that keeps actions out of a file, below a root or not, or ``None``."""
    path = _plain(path)
    below = _below(path, GUARDED_FOLDERS, folder=False)
    if below is not None:
        return below
    name = path.rpartition("/")[2]
    return next(
        (
            pattern
            for pattern, rule in _rules(GUARDED_NAMES)
            if rule.matches((name,), folder=False)
        ),
        None,
    )


def takes_orders(path: str, root: str | None) -> str | None:
    """As ``guarded_by_name``, for a whole path.

    Below a root the folders above the root do not count, but for its own last two names: a whole
    project may lie in a folder that an agent made.
    """
    if root is not None and path.startswith(f"{root}/"):
        above = root.split("/")[-2:]
        return guarded_by_name("/".join((*above, path[len(root) + 1 :])))
    return guarded_by_name(path)


def _setting(lines: Iterable[str], name: str) -> Ignores:
    rules = (parse(line, name, negates=False) for line in lines)
    return Ignores(tuple(rule for rule in rules if rule is not None))


def _is_named(path: str, name: str) -> bool:
    return path.rpartition("/")[2] == name


def _told(rule: Rule) -> str:
    return f"`{rule.line.strip()}` of {rule.source}"


def _plain(path: str) -> str:
    """A path as all systems read it: folded, no drive, no end of a name that Windows cuts."""
    return _UNSEEN_END.sub(_kept_dots, _LEADING.sub("", folded(path))).strip("/")


def _kept_dots(end: re.Match[str]) -> str:
    """``.`` and ``..`` are no names."""
    start = end.start()
    whole = start == 0 or end.string[start - 1] == "/"
    return end[0] if whole else ""


def _below(path: str, folders: Sequence[str], *, folder: bool) -> str | None:
    around = f"/{path}" + ("/" if folder else "")
    return next((f"{each}/" for each in folders if f"/{each}/" in around), None)


@cache
def _rules(patterns: tuple[str, ...]) -> tuple[tuple[str, Rule], ...]:
    made = ((pattern, parse(pattern)) for pattern in patterns)
    return tuple((pattern, rule) for pattern, rule in made if rule is not None)


def _is_source(name: str) -> bool:
    return by_path(name) != PLAINTEXT
