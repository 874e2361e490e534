"""The one list of files that models never see, and of those in which no action works. Pure.

Files that hold secrets by their name are never shown; files by which editors, agents and CI are
told what to run are neither changed nor offered an action (CVE-2025-54135, CVE-2025-53773). What a
user's settings and a workspace's ignore files add stands in ``context/deny.py``.

Paths have forward slashes. They are compared case-folded and composed (``uris.folded``;
CVE-2025-59944 is the bypass by case), and without the dots and spaces at the end of a name that
Windows does not see.
"""

import fnmatch
import re
from collections.abc import Sequence
from functools import cache

from moa_lsp.files.uris import folded
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
"""Files that an editor, an agent or CI takes orders from."""

GUARDED_FOLDERS = (
    ".git", ".moa", ".vscode", ".idea", ".fleet", ".zed", ".helix", ".devcontainer", ".husky",
    ".github/workflows", ".github/actions", ".github/instructions", ".github/prompts", ".cursor",
    ".claude", ".codex", ".gemini", ".continue", ".clinerules", ".roo", ".windsurf", ".junie",
    ".kiro", ".amazonq",
)  # fmt: skip
"""The same for all that is below."""

SECRET_STEMS = ("secret.*", "secrets.*")
"""Source files of these names are a user's to ask about, and are not shown beside another one."""

_UNSEEN_END = re.compile(r"[. ]+(?=/|$)")
_LEADING = re.compile(r"^[a-z]:")


def secret_by_name(path: str, *, folder: bool = False) -> str | None:
    """The pattern of the built-in list that hides a path, below a root or not, or ``None``."""
    path = comparable(path)
    below = _below(path, SECRET_FOLDERS, folder=folder)
    if below is not None or folder:
        return below
    name = path.rpartition("/")[2]
    for pattern, expression in _compiled(SECRET_NAMES):
        if expression.fullmatch(name) and not (pattern == "id_*" and _is_source(name)):
            return pattern
    return None


def guarded_by_name(path: str) -> str | None:
    """The pattern that keeps actions out of a file, below a root or not, or ``None``."""
    path = comparable(path)
    below = _below(path, GUARDED_FOLDERS, folder=False)
    if below is not None:
        return below
    name = path.rpartition("/")[2]
    return next(
        (pattern for pattern, found in _compiled(GUARDED_NAMES) if found.fullmatch(name)), None
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


def hidden_beside(path: str) -> bool:
    """Whether an open document is left out of a run on another one, by its name alone.

    All of the lists, and what starts with a dot: that configures tools, or is secret.
    """
    plain = comparable(path)
    if any(part.startswith(".") for part in plain.split("/")):
        return True
    name = plain.rpartition("/")[2]
    return (
        secret_by_name(path) is not None
        or guarded_by_name(path) is not None
        or any(found.fullmatch(name) for _, found in _compiled(SECRET_STEMS))
    )


def comparable(path: str) -> str:
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
def _compiled(patterns: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((each, re.compile(fnmatch.translate(each), re.DOTALL)) for each in patterns)


def _is_source(name: str) -> bool:
    return by_path(name) != PLAINTEXT
