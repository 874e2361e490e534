"""What a user can do about a run that ended badly, as buttons that a client may offer.

A button is ``{"do": …}``: ``apply`` a result that is kept; ``again`` the same run; ``key``, with
``variable``, where a provider has no key or a wrong one; ``configuration``, with ``path``, the
user's own file.
"""

import os
import re
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from moa_lsp.mix.record import RunRecord

_KEY = re.compile(
    r"\b(?P<unset>[A-Z][A-Z0-9_]+) is not set"
    r"|\bno key for [^,]+, set (?P<none>[A-Z][A-Z0-9_]+)"
    r"|\bthe variable (?P<wrong>[A-Z][A-Z0-9_]+)"
)
"""Names the variable of a key, in what ``providers.keys`` and ``config.catalog`` say."""

_CONFIGURED = re.compile(
    r"is not ready|is not set up|has no model|unknown model|\(40[1348]\)|config\.yaml|price"
)
"""Of causes that a user mends in the configuration."""


class RemedyJson(TypedDict):
    """One button."""

    do: Literal["apply", "again", "key", "configuration"]
    variable: NotRequired[str]
    path: NotRequired[str]


def configuration() -> str:
    """Path of the user's configuration, whether it is there or not."""
    from moa_lsp.config.catalog import user_config

    return str(user_config(os.environ))


def of_run(record: "RunRecord", path: str, *, kept: bool) -> list[RemedyJson]:
    """The buttons for the end of a run; none where nothing is to be mended.

    Args:
        record: of a run that has ended.
        path: of the user's configuration.
        kept: whether a result of it waits to be applied.
    """
    failed = [each.reason or "" for each in record.proposals if each.state == "failed"]
    if record.aggregation is not None and record.aggregation.fallback is not None:
        failed.append(record.aggregation.fallback)
    if record.state == "failed":
        failed.append(record.reason or "")
    made: list[RemedyJson] = [{"do": "apply"}] if kept else []
    if failed:
        made.append({"do": "again"})
        made += of_text("; ".join(failed), path)
    return made


def of_text(text: str, path: str) -> list[RemedyJson]:
    """The buttons for a sentence that tells what keeps something from being run."""
    found = _KEY.finditer(text)
    variables = dict.fromkeys(next(filter(None, each.groups())) for each in found)
    made: list[RemedyJson] = [{"do": "key", "variable": each} for each in variables]
    if made or _CONFIGURED.search(text):
        made.append({"do": "configuration", "path": path})
    return made
