"""Bounds of ``moa_lsp.store``, each with its reason: sizes as named, durations in seconds."""

DATABASE_BUSY_S = 0.25
"""For another process to let go of a database, in a thread of its own; a write
takes under a millisecond."""

MAX_LEDGER_RUNS = 100_000
"""Runs that are remembered; the oldest go first."""

LEDGER_PRUNE_RUNS = 500
"""Records between two looks at whether old ones can go."""

MAX_LEDGER_NAME_CHARS = 200
"""Of a name in the ledger (``MAX_NAME_CHARS``); names of languages come from the client."""
