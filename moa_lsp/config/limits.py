"""Bounds of ``moa_lsp.config``, each with its reason: sizes as named, durations in seconds."""

MAX_WAIT_S = 3600.0
"""Any duration in a mix; nobody waits an hour for an edit."""

MAX_WEIGHT = 1000.0
"""Weight of an agent: a ratio; more is a slip."""

MAX_FALLBACKS = 8
"""Models asked in turn for one agent; each may wait out its timeout."""

MAX_MIX_ENTRIES = 64
"""Entries of a list in a mix that are looked at one by one; beyond, only the count is told, so
that no file keeps the loader busy for long."""

MAX_OVERRIDES = 32
"""Overrides of a mix: each is validated as a mix of its own."""

MAX_CONFIG_FILES = 256
"""Files read from one folder of mixes or actions: the loader must stay quick on a wrong folder."""

MAX_PROBLEMS = 100
"""Problems told about one file; nobody reads more, and a hostile file could make thousands."""

MAX_DEBOUNCE_MS = 10_000
"""Quiet time before an inline completion; more means it should be switched off."""

MAX_AGENTS = 16
"""Proposals of one layer, samples counted: twice what gateways allow, and past any measured
gain."""

MAX_PERMUTATIONS = 1000
"""Mixes made at once: more is not a comparison that anybody pays for."""

MAX_LAYERS = 4
"""Layers of a mix: each adds a serial round of models."""

RUN_DEADLINE_S = 120.0
"""A whole run, when its mix sets no deadline."""
