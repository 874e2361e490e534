"""Bounds of ``moa_lsp.runs``, each with its reason: sizes as named, durations in seconds."""

PLANNED_INLINE_CHARS = 32 * 2**10
"""Documents below this have their edits planned on the event loop: 35 ms at most, of which most is
parsing before and after. 1.5 MB take 1.7 s."""

PROMPT_FRAME_TOKENS = 300
"""Of a prompt for markers, headings and what is said about cuts."""
