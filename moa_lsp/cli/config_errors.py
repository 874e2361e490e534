"""What a command does about mistakes in the configuration that it reads."""

import os
from collections.abc import Callable
from pathlib import Path

from moa_lsp.config.catalog import user_config
from moa_lsp.errors import ConfigError
from moa_lsp.runs.runtime_config import RuntimeConfig


def check_configuration(
    runtime: RuntimeConfig, wanted: str | None, config: Path | None, note: Callable[[str], None]
) -> None:
    """Stop at mistakes in what a run reads; tell the others and go on.

    Args:
        runtime: as it was loaded.
        wanted: the mix that is to run, where its name is known.
        config: the file that was asked for in place of the user's.
        note: tells the user.

    Raises:
        ConfigError: ``config.yaml`` or that mix is broken.
    """
    catalog = runtime.catalog
    place = str(user_config(os.environ, config))
    if wanted in catalog.broken or any(each.path == place for each in catalog.problems):
        raise ConfigError(catalog.problems)
    for told in (*map(str, catalog.problems), *catalog.warnings):
        note(told)
