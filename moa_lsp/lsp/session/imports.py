"""What runs and completions import, ahead of the first one: half a second that only they pay."""

import importlib
from typing import TYPE_CHECKING

from moa_lsp.errors import UsageError

if TYPE_CHECKING:
    from moa_lsp.runs.runtime_config import RuntimeConfig


def import_runs(runtime: "RuntimeConfig | None", selected: str | None) -> None:
    """Import the pipeline, and what talks to models if the mix in use has any; blocks.

    Args:
        runtime: in use, if there is one.
        selected: the mix chosen for actions, if any.
    """
    importlib.import_module("moa_lsp.runs.run")
    from moa_lsp.config.resolve import choose

    if runtime is None:
        return
    catalog = runtime.catalog
    try:
        mix = choose(catalog, action="", language="", path="", requested=selected).mix
    except UsageError:  # the run will say so
        return
    entries = (catalog.providers.get(model.partition("/")[0]) for model in mix.models)
    if any(entry is not None and entry.base_url for entry in entries):
        importlib.import_module("moa_lsp.providers.build")
