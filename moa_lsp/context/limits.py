"""Bounds of ``moa_lsp.context``, each with its reason: sizes as named, durations in seconds."""

MAX_IGNORE_PATTERNS = 1_000
"""Different components with wildcards among them: each becomes a regular expression, which takes
0.2 ms and 3 KiB, when a name needs it."""

MAX_IGNORE_LINE_CHARS = 1024
"""One rule of an ignore file: a path has no more on most systems, and matching costs the product
of both lengths."""

MAX_IGNORE_FOLDERS = 10_000
"""Folders whose verdict is remembered while the files of a workspace are asked about."""

LEAST_PASSWORD_CHARS = 6
"""A quoted password; sites ask for at least as many."""

MAX_TOLD_PIECES = 5
"""Pieces of one kind that are named when there is no room for them; of more only their number."""
