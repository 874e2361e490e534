"""Bounds of ``moa_lsp.mix``, each with its reason: sizes as named, durations in seconds."""

QUORUM_CUT = 2 / 3
"""Share of the deadline after which late proposers are cut off if quorum holds."""

MAX_SHOWN_TOKENS = 4 * 4096
"""Of all proposals in one prompt, by estimate: four of the length that an agent is bound to when
its mix sets none, and half of the smallest window of current models (32k)."""

LATE_S = 1.0
"""From a layer's end, when it cancels its requests, to when they would end by themselves."""

INNER_DEADLINE_SHARE = 0.9
"""Of the time that a layer has left, for a mix that answers as one agent: what it found by then
can still be taken."""

JUDGED_INLINE_CHARS = 16 * 2**10
"""Documents below this are judged on the event loop: Python's parser and compiler read them before
and after in some 20 ms, and 100 kB in 0.3 s. Larger ones in a thread."""

STOPPED_EARLY_CHARS = 32 * 2**10
"""Documents below this have their streams closed once the answer is enough, which is judged on the
event loop once for each closed block."""
