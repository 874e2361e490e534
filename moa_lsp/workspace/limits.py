"""Bounds of ``moa_lsp.workspace``, each with its reason: sizes as named, durations in seconds."""

MAX_INDEX_ENTRIES = 400_000
"""Names of files and folders that are looked at, in case somebody opens a whole disk."""

MAX_IGNORE_FILES = 1_000
"""Ignore files of a workspace that count for its index; a large one has fifty."""

MAX_INDEXED_BYTES = 2**20
"""One file; what is larger was not written by hand, and parsing it takes a second."""

INDEX_RESTARTS = 3
"""Of the index's process when it crashes, in the life of a server; also how often a write is tried
again that found the index locked."""

MAX_INDEX_LINE_BYTES = 8 * 2**20
"""One message to or from the index's process: a text of ``MAX_INDEXED_BYTES``, escaped."""

MAX_TYPED_TEXTS = 64
"""Unsaved texts that stand for their files in the index; nobody edits more at a time."""

MAX_RANKED = 2_000
"""Definitions that are ranked for a map of the workspace; a prompt has room for a hundred."""

COMMON_FILES = 5
"""A name that more files define says little; aider's repository map uses the
same number."""

MAX_IGNORE_TOTAL_BYTES = 2**20
"""Of all ignore files of a workspace: 8,000 rules of 130 characters."""

SURROUNDINGS_S = 0.5
"""For looking around a document before models are asked; a local disk needs 20 ms."""

MAX_IGNORE_BYTES = 256 * 2**10
"""Of one ignore file; the largest published templates have 12 KiB."""

MAX_IGNORE_DEPTH = 32
"""Folders between a root and a document that are looked into for ignore files."""

MAX_ASKED_NAMES = 60
"""Names of a region that an index is asked about: those of a hundred lines."""

MAX_OUTLINE = 200
"""Definitions of a project's outline: a tenth of the default budget holds half of them."""
