"""Bounds of ``moa_lsp.providers``, each with its reason: sizes as named, durations in seconds."""

KEEP_ALIVE_S = 120.0
"""An idle connection is kept as long: two actions of one user are often a minute apart."""

MAX_BODY_BYTES = 8 * 2**20
"""One answer on the wire, counted after decompression: an answer of ``MAX_ANSWER_CHARS`` in events
of 30 bytes for every character."""

MAX_EVENT_BYTES = 2**20
"""One event of a stream: four times ``MAX_ANSWER_CHARS``, for a server that sends all at once."""

OLLAMA_MIN_CONTEXT = 8192
"""Ollama cuts a prompt silently at its window, by default 4096 tokens: less than our prompts."""
