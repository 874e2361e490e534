"""Bounds of ``moa_lsp.inline``, each with its reason: sizes as named, durations in seconds."""

MAX_INLINE_CHARS = 4 * 2**10
"""Looked at of one answer for a gap: some thousand tokens, where 256 are asked for."""
