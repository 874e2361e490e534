"""Bounds that several packages share, each with its reason; others stand beside their users.

Sizes are bytes or code points as named, durations are seconds.
"""

# --- documents --------------------------------------------------------------------------------
MAX_DOCUMENT_CHARS = 10 * 2**20
"""Above this no action is offered: a keystroke in such a buffer already costs the editor more
than we may add."""

SELECTION_ONLY_CHARS = 2 * 2**20
"""Above this only a selection is worked on: parsing the whole buffer would take longer than a
user waits."""

# --- the protocol -----------------------------------------------------------------------------

READ_BYTES = 64 * 2**10
"""Taken from the client at once: what a pipe holds."""

EXIT_GRACE_S = 1.5
"""From the decision to leave to the end of the process, whatever still runs: VS Code kills after
two seconds."""

CLOSE_GRACE_S = 0.8
"""Of ``EXIT_GRACE_S``, for work in flight to close what it opened."""

MAX_SHOWN_CHARS = 300
"""Of any foreign text in a message to the user: enough for a cause, too little for a flood."""

MAX_PARTIAL_CHARS = 16 * 2**10
"""Of an answer that is shown while it is written: more than a screen, four times a second."""

# --- configuration ----------------------------------------------------------------------------
MAX_CONFIG_BYTES = 64 * 2**10
"""One YAML file. A hand-written mix is under 4 KiB; a 1 MB one blocks the loader for seconds."""

MAX_NAME_CHARS = 200
"""Of a mix, an agent or a model; the longest model name known is under 100."""

MAX_TOKENS = 2**24
"""In any token setting: larger than every model's window, small enough to catch a slip."""

PROVIDER_CONCURRENCY = 8
"""Requests at once to one provider, when its entry sets none."""

MAX_SHOWN_KEY_CHARS = 60
"""Of a key or value of a user's file, in a problem about it."""

# --- a run ------------------------------------------------------------------------------------

AGENT_TIMEOUT_S = 45.0
"""Without a sign of life of one agent's answer, when its mix sets no timeout: providers that queue
or reason send something far more often (OpenRouter and DeepSeek a comment every few seconds)."""

MAX_ANSWER_CHARS = 256 * 2**10
"""One answer of one agent; a longer one is not the replacement of a region."""

LEAST_SHOWN_TOKENS = 1024
"""As ``MAX_SHOWN_TOKENS``, however small a model's window is said to be: with less there is
nothing to compare, and the model's own refusal says more."""

INLINE_CHARS = 128 * 2**10
"""Documents below this are parsed on the event loop (under 20 ms); larger ones in a thread."""

WHOLE_FILE_LINES = 150
"""Up to here an answer gives a whole file again; of longer ones models leave out parts, and pay
for every line."""

MAX_GROWTH_FACTOR = 4
"""A result may be this many times its target, plus ``MAX_GROWTH_CHARS``."""

MAX_GROWTH_CHARS = 64 * 2**10
"""See ``MAX_GROWTH_FACTOR``: room for generated code where the target is small or empty."""

SHRUNK_SHARE = 0.5
"""A replacement that keeps fewer of the filled lines is asked about."""

MAX_INSTRUCTION_CHARS = 8 * 2**10
"""A free instruction; more is a document, not an instruction."""

# --- ledger, cache and budget -----------------------------------------------------------------

LEDGER_DAYS = 400
"""Days that are remembered: a year and a month, so that a month can be held against the same one
of last year."""

# --- inline completion ------------------------------------------------------------------------

INLINE_WINDOW_CHARS = 4 * 2**10
"""Around the cursor, for the lines that an offer is held against."""

INLINE_DEADLINE_S = 4.0
"""A whole inline completion; a mix may set less."""

# --- what models are shown --------------------------------------------------------------------

MAX_MANIFEST_CHARS = 256 * 2**10
"""Of a project's manifest; a larger one is made by a program."""

MAX_SOURCES = 20
"""Other files that are looked at for one prompt: the open ones and the nearest neighbours."""

MAX_SOURCE_CHARS = 64 * 2**10
"""Read of one of them: 2,000 lines; twenty take 0.3 s to cut and rank."""
