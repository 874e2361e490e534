"""Bounds of ``moa_lsp.store``, each with its reason: sizes as named, durations in seconds."""

DATABASE_BUSY_S = 0.25
"""For another process to let go of a database, in a thread of its own; a write
takes under a millisecond."""
