"""How the end of a run is told: the last word of its progress, one line, the log."""

import logging
from typing import TYPE_CHECKING

from moa_lsp import limits as shared_limits
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from moa_lsp.mix.record import RunRecord

log = logging.getLogger(__name__)


def last_word(record: "RunRecord") -> str:
    """How a run ended, and who wrote what it found: ``done · GLM from 3 proposals``."""
    if record.state != "done" or record.author is None:
        return record.state
    return f"{record.state} · {record.author}"


def log_failure(record: "RunRecord") -> None:
    """Log why a run failed, and what each of its agents said."""
    log.warning("run %s failed: %s", record.run, escape(str(record.reason)))
    for agent in record.proposals:
        if agent.reason is not None:
            cause = escape(agent.reason, shared_limits.MAX_SHOWN_CHARS)
            log.warning("run %s: %s %s: %s", record.run, agent.model, agent.state, cause)


def line(record: "RunRecord") -> str:
    """How a run went; empty for one that was cancelled or failed, whose reason says it."""
    from moa_lsp.mix.summary import summary
    from moa_lsp.runs.accounting import KEPT_NOTE

    if record.state != "done":
        return ""
    return summary(record, cached=KEPT_NOTE in record.warnings)


def troubled(record: "RunRecord") -> bool:
    """Whether its line is worth a message: an agent failed."""
    from moa_lsp.mix import summary

    return summary.troubled(record)
