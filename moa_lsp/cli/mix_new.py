"""``moa-lsp mix new NAME --from MIX``: a copy of a mix, comments and all, to be edited."""

import os
import re
import sys
import tempfile
from pathlib import Path

from moa_lsp.actions.definition import load_action
from moa_lsp.cli.mix_make import write_files
from moa_lsp.cli.mix_state import configured
from moa_lsp.config import files
from moa_lsp.config.catalog import load_catalog, user_config
from moa_lsp.config.check import check_paths
from moa_lsp.config.resolve import Catalog, find
from moa_lsp.errors import UsageError
from moa_lsp.providers.local import listens
from moa_lsp.text.sanitize import escape

_NAME_LINE = re.compile(r"^name:.*$", re.MULTILINE)


def new_mix(name: str, parent: str, out: Path | None, config: Path | None) -> int:
    """Write the copy, checked, and say whether it is ready; the exit code.

    Raises:
        UsageError: the name is taken or makes no sense, or a file is there already.
    """
    catalog = load_catalog(config=config, environ=os.environ)
    entry = find(catalog, parent)
    if name in catalog.mixes or name in catalog.broken:
        raise UsageError(f"there is a mix `{name}` already; choose another name")
    text, count = _NAME_LINE.subn(f"name: {name}", files.read(Path(entry.origin)), count=1)
    if not count:
        raise UsageError(f"{entry.origin} does not name its mix on a line of its own; copy it")
    text = f"# Made from {parent} by `moa-lsp mix new`. Every key: docs/mixes.md\n{text}"
    _check(name, text, config)
    folder = out or mixes_folder(catalog, user_config(os.environ, config))
    (path,) = write_files({folder / f"{name}.yaml": text})
    sys.stderr.write(f"wrote {path}\n")
    state = configured(catalog, entry.mix, listens)
    reasons = f": {'; '.join(state.reasons)}" if state.reasons else ""
    sys.stderr.write(escape(f"{name}: {state.word}{reasons}", keep_lines=True) + "\n")
    sys.stderr.write(
        f"next: edit it, then moa-lsp mix check {path}; `mix: {name}` in config.yaml makes it the "
        "default\n"
    )
    return 0


def mixes_folder(catalog: Catalog, config: Path) -> Path:
    """The first folder in which the user's mixes are looked for."""
    dirs = catalog.settings.mix_dirs
    return config.parent / Path(dirs[0] if dirs else "mixes").expanduser()


def _check(name: str, text: str, config: Path | None) -> None:
    """Refuse what is no mix, before it is written.

    Raises:
        UsageError: says what is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="moa-lsp-mix-") as folder:
        path = Path(folder) / "new.yaml"
        path.write_text(text, "utf-8")
        problems = check_paths([path], environ=os.environ, load_action=load_action, config=config)
    if problems:
        told = "; ".join(dict.fromkeys(each.message for each in problems))
        raise UsageError(f"the mix `{name}` cannot be made: {told}")
