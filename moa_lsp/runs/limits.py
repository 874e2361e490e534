"""Bounds of ``moa_lsp.runs``, each with its reason: sizes as named, durations in seconds."""

PROMPT_FRAME_TOKENS = 300
"""Of a prompt for markers, headings and what is said about cuts."""
