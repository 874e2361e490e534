"""Foreign text made harmless for logs and messages.

The tables and keys are looked at when there is something to show: most sessions begin without.
"""

import sys


def shown(text: str, limit: int | None = None) -> str:
    """``text`` in one line, with escapes for what acts or hides; cut to ``limit`` code points.

    Keys that this process has read are replaced before anything else (A13 in docs/faults.md).
    """
    from moa_lsp.text.sanitize import escape

    # Before the first request no key was read, and its module was never imported.
    keys = sys.modules.get("moa_lsp.providers.keys")
    return escape(keys.redacted(text) if keys else text, limit)
