"""Bounds of ``moa_lsp.answers``, each with its reason: sizes as named, durations in seconds."""

MAX_PATH_CHARS = 200
"""Of a path that an answer names; every system takes that much."""
