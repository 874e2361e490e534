"""Bounds of ``moa_lsp.context``, each with its reason: sizes as named, durations in seconds."""

LEAST_PASSWORD_CHARS = 6
"""A quoted password; sites ask for at least as many."""

MAX_TOLD_PIECES = 5
"""Pieces of one kind that are named when there is no room for them; of more only their number."""
