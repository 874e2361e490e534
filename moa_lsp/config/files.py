"""Reads the files of a user or a workspace: regular files only, bounded, as strict UTF-8.

A file is read once into text; nothing looks at it again between a check and its use.
"""

from pathlib import Path

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.errors import ConfigError, Problem
from moa_lsp.files.reading import Refusal, read_file


def read(path: Path, *, follow: bool = True) -> str:
    """Read one file.

    Args:
        path: which; problems name it as it is given.
        follow: whether it may be a symbolic link.

    Raises:
        ConfigError: it is not there, no regular file, too large, or not UTF-8.
    """
    content = read_file(path, shared_limits.MAX_CONFIG_BYTES, follow=follow)
    if isinstance(content, Refusal):
        raise _refused(path, content.text)
    if not content.whole:
        raise _refused(path, f"is larger than {shared_limits.MAX_CONFIG_BYTES // 1024} KiB")
    return decoded(content.data, str(path))


def decoded(content: bytes, path: str) -> str:
    """Turn a file's bytes into text.

    Raises:
        ConfigError: it is not UTF-8; says at which line and column.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ConfigError([Problem(path, 1, 1, "the file is UTF-16: save it as UTF-8")])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as err:
        before = content[: err.start].decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = "a byte that is not UTF-8: save the file as UTF-8"
        raise ConfigError([Problem(path, line, column, message)]) from err


def members(folder: Path, suffixes: tuple[str, ...]) -> tuple[list[Path], list[Problem]]:
    """List a folder's own files of these suffixes by name.

    A symbolic link that leads out of the folder is a problem, not a member: what is read must be
    what stands where the user looks.
    """
    problems: list[Problem] = []
    found: list[Path] = []
    try:
        root = folder.resolve(strict=True)
        names = sorted(each for each in folder.iterdir() if each.suffix in suffixes)
    except OSError as err:
        reason = (err.strerror or "error").lower()
        return [], [Problem(str(folder), 1, 1, f"the folder cannot be read: {reason}")]
    if len(names) > limits.MAX_CONFIG_FILES:
        message = f"more than {limits.MAX_CONFIG_FILES} files: only the first are read"
        problems.append(Problem(str(folder), 1, 1, message))
    for path in names[: limits.MAX_CONFIG_FILES]:
        if path.is_symlink() and not _inside(path, root):
            message = "a link that leads out of its folder: list the folder it leads to instead"
            problems.append(Problem(str(path), 1, 1, message))
        elif not path.is_dir():
            found.append(path)
    return found, problems


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a broken link, or one that leads to itself
        return False


def _refused(path: Path, what: str) -> ConfigError:
    return ConfigError([Problem(str(path), 1, 1, f"the file {what}")])
