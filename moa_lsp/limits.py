"""Every bound of moa-lsp, each with its reason.

Sizes are bytes or code points as named, durations are seconds. One table in one file, however long
it grows: a bound is looked for here, and two that depend on each other are seen together.
"""

# --- documents --------------------------------------------------------------------------------
MAX_DOCUMENT_CHARS = 10 * 2**20
"""Above this no action is offered: a keystroke in such a buffer already costs the editor more
than we may add."""

SELECTION_ONLY_CHARS = 2 * 2**20
"""Above this only a selection is worked on: parsing the whole buffer would take longer than a
user waits."""

MAX_DIFF_CELLS = 2**28
"""Old lines times new lines (or characters of two lines) that are still compared one by one: 32 MB
and 0.3 s at most. Above it the stretch is replaced as one."""

MAX_FINDINGS = 100
"""Hidden characters reported of one text: the first says what to do, a hundred show the
pattern."""

PARSE_PIECE_BYTES = 4096
"""What a grammar is given at once. A text is read in 25 pieces more for 100 kB, 1 ms; between them
other threads run."""

MAX_PARSE_READ_BYTES = 64 * 2**20
"""What a grammar may read of a text beside `MAX_PARSE_READ_TIMES` its length, half a second. It is
what 1,500 lines cost Python's that are commented out behind an indented block; 20,000 cost 9 s."""

MAX_PARSE_READ_TIMES = 4
"""Of 1,000 files in six languages none is read more than three times over."""

# --- the protocol -----------------------------------------------------------------------------
MAX_MESSAGE_BYTES = 64 * 2**20
"""One LSP message. pygls would reserve whatever Content-Length claims (faults.md H9)."""

MAX_HEADER_BYTES = 8 * 2**10
"""All header lines of one message; real ones are under 100 bytes."""

READ_BYTES = 64 * 2**10
"""Taken from the client at once: what a pipe holds."""

MAX_OUTBOX_BYTES = 64 * 2**20
"""Waiting for a client that does not read. It holds the largest sensible answer; past it nobody
is there."""

EXIT_GRACE_S = 1.5
"""From the decision to leave to the end of the process, whatever still runs: VS Code kills after
two seconds."""

CLOSE_GRACE_S = 0.8
"""Of ``EXIT_GRACE_S``, for work in flight to close what it opened."""

MAX_LOG_RECORD_CHARS = 16 * 2**10
"""One log record with its traceback; more is a flood."""

LOG_BURST = 50
"""Records of one kind within ``LOG_WINDOW_S``; a broken client repeats one mistake thousands of
times."""

LOG_WINDOW_S = 10.0
"""See ``LOG_BURST``."""

MAX_SHOWN_CHARS = 300
"""Of any foreign text in a message to the user: enough for a cause, too little for a flood."""

CLIENT_REPLY_S = 10.0
"""How long an answer of the editor (applyEdit, configuration) is waited for before we go on
without it."""

CONFIRM_REPLY_S = 600.0
"""As ``CLIENT_REPLY_S``, for an edit that the user is asked to confirm: people read before they
agree, and asking twice would be worse."""

MAX_EXPLANATION_CHARS = 4000
"""Of an explanation in a popup, or in a message where an editor opens no document for us: two
screens."""

MAX_MARKDOWN_CHARS = 32 * 2**10
"""Of an explanation in a document: ten pages, and half a second of parsing at the worst."""

MAX_ADDRESS_CHARS = 120
"""Of an address that is shown in place of a link: the host and a path that can be read."""

MAX_PREVIEW_CHARS = 256 * 2**10
"""Of a diff that a user is asked to agree to; nobody reads more, and an editor must show it."""

MAX_PARTIAL_CHARS = 16 * 2**10
"""Of an answer that is shown while it is written: more than a screen, four times a second."""

PROGRESS_INTERVAL_S = 0.25
"""Between two progress reports of one run: editors repaint at each (contract: at most four a
second)."""

STATUS_INTERVAL_S = 0.25
"""Between two notifications of the status: as ``PROGRESS_INTERVAL_S``, for the same eyes."""

CONFIG_POLL_S = 2.0
"""Between two looks at the files that configure us: who saved one looks at the editor by then."""

CONFIG_QUIET_S = 0.25
"""Files that changed are read when they have not changed for as long: tools write them in pieces,
or by removing and creating."""

CONFIG_UNREST_S = 2.0
"""As ``CONFIG_QUIET_S``, for files that never come to rest: then they are read all the same."""

CONFIG_WAIT_S = 1.0
"""For changed files to be read before a run that was asked for right after: longer than a quiet
moment and reading take together; past it the run goes on with what was read before."""

PARENT_POLL_S = 2.0
"""Between two looks at whether the editor that started us is still alive."""

MAX_RUNS = 2
"""Runs at work at once: two may be wanted (a refactoring here, an explanation there), ten are a
mistake."""

MAX_QUEUED_RUNS = 4
"""Runs waiting for a place; one more is told that the server is busy."""

KEPT_RESULTS = 32
"""Ended runs whose record and edit can still be asked for."""

RESULT_WAIT_S = 600.0
"""The longest wait that `moa.result` grants."""

MAX_EDITOR_FILES = 200
"""Files of one editor's configuration that `moa-lsp doctor --editor` looks into."""

MAX_EDITOR_FILE_BYTES = 1_000_000
"""How far it reads in each: settings are small, and a log put there by mistake is not."""

DOCTOR_REPLY_S = 5.0
"""For a provider to list its models to `doctor`; a person waits for the slowest of all."""

DEMO_START_S = 30.0
"""For the server to answer `demo` and `doctor` the first time; a slow machine needs three."""

# --- configuration ----------------------------------------------------------------------------
MAX_CONFIG_BYTES = 64 * 2**10
"""One YAML file. A hand-written mix is under 4 KiB; a 1 MB one blocks the loader for seconds
(security.md A21)."""

MAX_YAML_DEPTH = 12
"""Nesting of a YAML file; the deepest legal mix uses 7."""

MAX_NAME_CHARS = 200
"""Of a mix, an agent or a model; the longest model name known is under 100."""

MAX_TOKENS = 2**24
"""In any token setting: larger than every model's window, small enough to catch a slip."""

MAX_WAIT_S = 3600.0
"""Any duration in a mix; nobody waits an hour for an edit."""

MAX_WEIGHT = 1000.0
"""Weight of an agent: a ratio; more is a slip."""

MAX_USD = 10_000.0
"""Any amount of money in a file: more is a slip."""

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

MAX_CONCURRENCY = 64
"""Requests at once to one provider that a file may ask for."""

PROVIDER_CONCURRENCY = 8
"""Requests at once to one provider, when its entry sets none (contract, section 2)."""

MAX_DEBOUNCE_MS = 10_000
"""Quiet time before an inline completion; more means it should be switched off."""

MAX_CACHE_DAYS = 365
"""Age of kept results; code older than a year is another code."""

MAX_EDITOR_ENTRIES = 256
"""Of a list or map in an editor's settings; each glob is tried on every file that is shown."""

MAX_ROUTES = 256
"""Routes tried one after the other at each run."""

MAX_PATTERNS = 256
"""Patterns of files in one setting: each is tried on every file."""

MAX_SHOWN_KEY_CHARS = 60
"""Of a key or value of a user's file, in a problem about it."""

MAX_AGENTS = 16
"""Proposals of one layer, samples counted: twice what gateways allow, and past any measured
gain."""

MAX_PERMUTATIONS = 1000
"""Mixes made at once: more is not a comparison that anybody pays for."""

MAX_LAYERS = 4
"""Layers of a mix: each adds a serial round of models."""

# --- a run ------------------------------------------------------------------------------------
RUN_DEADLINE_S = 120.0
"""A whole run, when its mix sets no deadline (faults.md 4.4)."""

AGENT_TIMEOUT_S = 45.0
"""One request of one agent, when its mix sets no timeout (contract, section 2)."""

QUORUM_CUT = 2 / 3
"""Share of the deadline after which late proposers are cut off if quorum holds (contract, section
2)."""

MAX_ANSWER_CHARS = 256 * 2**10
"""One answer of one agent; a longer one is not the replacement of a region."""

MAX_SHOWN_TOKENS = 4 * 4096
"""Of all proposals in one prompt, by estimate: four of the length that an agent is bound to when
its mix sets none, and half of the smallest window of current models (32k)."""

LEAST_SHOWN_TOKENS = 1024
"""As ``MAX_SHOWN_TOKENS``, however small a model's window is said to be: with less there is
nothing to compare, and the model's own refusal says more."""

INNER_DEADLINE_SHARE = 0.9
"""Of the time that a layer has left, for a mix that answers as one agent: what it found by then
can still be taken."""

INLINE_CHARS = 128 * 2**10
"""Documents below this are parsed on the event loop (under 20 ms); larger ones in a thread."""

MAX_CODE_BLOCKS = 32
"""Fenced blocks of one answer; each may be parsed in place, and a real answer has a few."""

WHOLE_FILE_LINES = 150
"""Up to here an answer gives a whole file again; of longer ones models leave out parts, and pay
for every line (edits.md 0)."""

MAX_CHANGES = 128
"""Blocks of one answer that changes several places; a real one has a dozen."""

MAX_CREATED = 8
"""New files of one answer: each is to be looked at before it is agreed to."""

MAX_OTHER_FILES = 8
"""Open documents that a run on a file shows beside it, the last opened first."""

OTHER_FILES_CHARS = 64 * 2**10
"""Of those together: with the file itself and the answer they fit into windows of 32k tokens. One
that does not fit is left out whole: what is not shown is not changed."""

HINT_REACH = 20
"""Lines between where an answer says that its SEARCH stands and where it does (edits.md A)."""

HINT_MARGIN = 5
"""Lines that the next such place must lie further away."""

NAMED_PLACES = 4
"""Places of a SEARCH that a reason names."""

NAMED_LIKENESS = 0.6
"""How like a line must be to be named as what a SEARCH that stands nowhere may have meant."""

MAX_PATH_CHARS = 200
"""Of a path that an answer names; every system takes that much."""

COMMENT_COLUMNS = 88
"""A written comment is wrapped there: what the formatters of most languages leave alone."""

LEAST_COMMENT_COLUMNS = 24
"""For the words of a comment, however deep it stands: fewer cannot be read."""

MAX_COMMENT_CHARS = 500
"""A longer line is not looked at for an elision or a conflict marker, which are short."""

MAX_GROWTH_FACTOR = 4
"""A result may be this many times its target, plus ``MAX_GROWTH_CHARS`` (security.md 3.3)."""

MAX_GROWTH_CHARS = 64 * 2**10
"""See ``MAX_GROWTH_FACTOR``: room for generated code where the target is small or empty."""

MAX_MANIFEST_BYTES = 256 * 2**10
"""One manifest of a project; a larger one is generated, and what it says is not looked for."""

MAX_MANIFESTS = 32
"""Manifests read for one run: some for each folder from the document up to the root."""

MAX_MANIFEST_FOLDERS = 16
"""Folders from a document upwards that are looked at; deeper trees are no projects of people."""

MAX_FOLDER_ENTRIES = 2000
"""Names read of one folder: to know a project's own modules, not to walk through data."""

MAX_NAMED_IMPORTS = 5
"""New imports that a warning names; with more the user reads the code anyway."""

LARGE_CHANGE_LINES = 200
"""Lines of a change above which its size is a warning: more than is taken in at a glance."""

SHRUNK_SHARE = 0.5
"""A replacement that keeps fewer of the filled lines is asked about (edits.md B)."""

SHRINKING_LINES = 6
"""See ``SHRUNK_SHARE``: of fewer lines half is lost by one good simplification."""

MAX_INSTRUCTION_CHARS = 8 * 2**10
"""A free instruction; more is a document, not an instruction."""

# --- providers over HTTP ----------------------------------------------------------------------
CONNECT_S = 5.0
"""Name, TCP and TLS together; the SDKs of the large providers wait as long (faults.md 4.4)."""

LOCAL_PROBE_S = 0.2
"""To a server on this machine, only to see whether there is one: a connection takes under 1 ms."""

FIRST_EVENT_S = 30.0
"""From the request to the first data of an answer; reasoning counts, keep-alive comments do
not."""

IDLE_S = 20.0
"""Between two data events of an answer."""

INLINE_CONNECT_S = 2.0
"""As ``CONNECT_S``, for inline completion: later than this the user has typed on."""

INLINE_FIRST_EVENT_S = 2.5
"""As ``FIRST_EVENT_S``, for inline completion."""

INLINE_IDLE_S = 1.5
"""As ``IDLE_S``, for inline completion."""

FINISH_GRACE_S = 2.0
"""From the model's last word to the end of its stream, where usage stands: the answer itself is
whole by then."""

DRAIN_S = 0.2
"""Read after the end marker, so that the connection can be used again (wire.md 6.3)."""

DRAIN_BYTES = 16 * 2**10
"""See ``DRAIN_S``: a line end follows an end marker; more is a server that does not
stop."""

KEEP_ALIVE_S = 120.0
"""An idle connection is kept as long: two actions of one user are often a minute apart."""

MAX_IDLE_CONNECTIONS = 16
"""Kept to one provider: a whole layer of agents."""

MAX_BODY_BYTES = 8 * 2**20
"""One answer on the wire, counted after decompression: an answer of ``MAX_ANSWER_CHARS`` in events
of 30 bytes for every character (security.md A17)."""

MAX_EVENT_BYTES = 2**20
"""One event of a stream: four times ``MAX_ANSWER_CHARS``, for a server that sends all at once."""

MAX_ERROR_BYTES = 64 * 2**10
"""Read of an error's body: the cause stands at its start."""

ERROR_BODY_S = 5.0
"""For reading an error's body; the status alone says most."""

MAX_RESPONSE_HEADER_BYTES = 64 * 2**10
"""All header lines of a response; gateways send 3 KiB."""

MAX_INTERIM_RESPONSES = 8
"""Responses 1xx before the real one; there is at most one in practice."""

MAX_UNREAD_BYTES = 2**18
"""Held of a response that is not yet read; above it the socket is left to wait."""

MAX_JSON_DEPTH = 64
"""Nesting of a provider's JSON; real answers use 6."""

MAX_REPEATED_DELTAS = 100
"""Equal pieces of an answer one after the other: a model in a loop never ends (gateways use the
same number, faults.md 4.4)."""

MIN_REPEATED_CHARS = 3
"""Length of a piece that counts as repeated: indentation and rulers do repeat."""

MAX_COUNT = 2**53
"""A number of tokens above this is no number of tokens."""

ANTHROPIC_MAX_TOKENS = 8192
"""Sent where an agent sets none: this wire requires the field, and every current model grants as
much."""

OLLAMA_MIN_CONTEXT = 8192
"""Ollama cuts a prompt silently at its window, by default 4096 tokens: less than our prompts."""

OLLAMA_MAX_CONTEXT = 2**17
"""The largest window asked of Ollama: memory grows with it."""

RETRIES = 2
"""Attempts after the first, while nothing of an answer was used (faults.md 4.4)."""

BACKOFF_S = 0.5
"""Upper bound of the first pause between attempts; it doubles with each."""

MAX_BACKOFF_S = 8.0
"""Upper bound of any pause that the provider did not ask for."""

RETRY_BUDGET = 3.0
"""Retries that all agents of one origin may have in hand: an outage must not triple the load."""

RETRY_EARNED = 0.2
"""Retries regained by an answered request."""

BREAKER_FAULTS = 3
"""Faults of the provider in a row that stop requests to a model."""

BREAKER_WINDOW_S = 60.0
"""They count when they fall in this time."""

BREAKER_OPEN_S = 15.0
"""How long requests then stop; doubled when the next one fails too."""

MAX_BREAKER_OPEN_S = 120.0
"""See ``BREAKER_OPEN_S``."""

MIN_SHRUNK_TOKENS = 256
"""A smaller bound on an answer than this is not tried after "too many tokens"."""

KEY_SOURCE_S = 5.0
"""For the command or the keyring that has a key: it may unlock something, not wait for a meal."""

MAX_KEY_BYTES = 8 * 2**10
"""A key; the longest kinds (signed tokens) stay under 4 KiB."""

KEY_RETRY_S = 30.0
"""A source of keys that failed is left alone as long: a broken command must not run at every
keystroke."""

MIN_REDACTED_CHARS = 8
"""Shorter keys (`none`, `ollama`) are placeholders, and hiding them would garble the log."""

# --- ledger, cache and budget -----------------------------------------------------------------
DATABASE_BUSY_S = 0.25
"""For another process to let go of a database, in a thread of its own (faults.md S04); a write
takes under a millisecond."""

DATABASE_RETRY_S = 0.02
"""Before a lock is tried again: SQLite reports some of them at once."""

LEDGER_ATTEMPTS = 4
"""Locks of ``DATABASE_BUSY_S`` that a record or a reservation waits out: a second, since a skipped
one is money nobody counted; shorter than ``EXIT_GRACE_S``."""

MAX_LEDGER_BYTES = 64 * 2**20
"""The ledger's file: twice what ``MAX_LEDGER_RUNS`` of three agents take (26 MiB measured)."""

MAX_LEDGER_RUNS = 100_000
"""Runs that are remembered; the oldest go first."""

LEDGER_DAYS = 400
"""Days that are remembered: a year and a month, so that a month can be held against the same one
of last year."""

LEDGER_PRUNE_RUNS = 500
"""Records between two looks at whether old ones can go."""

CHARGE_DAYS = 7
"""Days after which what was charged to a day is forgotten; clocks that are set back by less find
it again."""

MAX_LEDGER_NAME_CHARS = 200
"""Of a name in the ledger (``MAX_NAME_CHARS``); names of languages come from the client."""

MAX_CACHE_BYTES = 32 * 2**20
"""All kept results together; one takes up to 8 KiB, so thousands fit and any disk has the room."""

MAX_CACHED_BYTES = 2**20
"""One kept result: an answer of ``MAX_ANSWER_CHARS`` with up to four bytes for each."""

# --- the index of a workspace -----------------------------------------------------------------
MAX_INDEXED_FILES = 20_000
"""Files of a workspace that are read; five times the standard library with its tests."""

MAX_INDEX_ENTRIES = 400_000
"""Names of files and folders that are looked at, in case somebody opens a whole disk."""

MAX_IGNORE_FILES = 1_000
"""Ignore files of a workspace that count for its index; a large one has fifty."""

MAX_INDEXED_BYTES = 2**20
"""One file; what is larger was not written by hand, and parsing it takes a second (edits.md E)."""

MAX_MEAN_LINE_CHARS = 300
"""Of a file's lines on average; a longer mean is minified or generated code."""

MAX_FILE_DEFINITIONS = 4_000
"""Kept of one file; the longest file of the standard library has 800."""

MAX_FILE_IMPORTS = 400
"""Kept of one file; a file that imports more is generated."""

MAX_FILE_NAMES = 20_000
"""Different names kept of one file, four bytes each."""

MAX_SIGNATURE_CHARS = 200
"""Of a definition's header, in one line: two lines of code."""

MAX_SENTENCE_CHARS = 160
"""Of the first sentence of a definition's documentation."""

INDEX_BATCH_FILES = 32
"""Files read before they are stored together: a transaction costs as much as parsing one."""

INDEX_BATCH_S = 0.2
"""As ``INDEX_BATCH_FILES``, in time: a file that was just saved waits no longer for its turn."""

MAX_INDEX_BYTES = 256 * 2**20
"""One index; the standard library takes 20 MiB."""

MAX_INDEXES = 24
"""Indexes of different workspaces that are kept; the one used longest ago goes first."""

MAX_INDEXES_BYTES = 2**30
"""All of them together."""

INDEX_ANSWER_S = 0.25
"""For one question to the index, which takes under 5 ms: context that comes later is left out."""

INDEX_CLOSE_S = 0.3
"""For the index's process to end by itself; it is then killed, which costs it nothing (part of
``CLOSE_GRACE_S``)."""

INDEX_RESTARTS = 3
"""Of the index's process when it crashes, in the life of a server; also how often a write is tried
again that found the index locked."""

INDEX_RESTART_S = 1.0
"""Before it is started again."""

INDEX_PROGRESS_S = 0.25
"""Between two words of the index's process on how far it is."""

INDEX_NICENESS = 10
"""Of the index's process: it gives way to the editor and to builds."""

MAX_INDEX_LINE_BYTES = 8 * 2**20
"""One message to or from the index's process: a text of ``MAX_INDEXED_BYTES``, escaped."""

MAX_INDEX_CHANGES = 500
"""Changed files told one by one; after more, as when a branch is switched, all are looked at."""

INDEX_GATHER_S = 0.1
"""Changes are gathered as long before the index hears of them: tools write several files."""

INDEX_TYPED_S = 2.0
"""Between two looks for documents whose unsaved text has come to rest."""

MAX_TYPED_TEXTS = 64
"""Unsaved texts that stand for their files in the index; nobody edits more at a time."""

INDEX_OUTLINE_S = 1.0
"""Between two rankings of all definitions, 0.1 s each, while files change."""

MAX_RANKED = 2_000
"""Definitions that are ranked for a map of the workspace; a prompt has room for a hundred."""

MAX_INDEX_NAMES = 100
"""Names looked up at once; those of one region."""

MAX_NAMESAKES = 100
"""Definitions of one name that are compared; of more than a few none is the one that is meant."""

COMMON_FILES = 5
"""A name that more files define says little (edits.md E)."""

MAX_FOUND = 50
"""Definitions or files in one answer of the index."""

# --- embedded agents --------------------------------------------------------------------------
RUFF_TIMEOUT_S = 10.0
"""One call of the ruff binary; it needs 30 ms for ten thousand lines (edits.md B)."""

RUFF_PASSES = 8
"""Rounds of fixes, 25 ms each: one fix may uncover another. Fixes whose edits overlap wait for the
next round, so a selection full of them needs five; ruff itself allows a hundred."""

MAX_RUFF_EXTENDS = 5
"""Settings files followed from one to the next by ``extend``; it also ends a circle."""

EMBEDDED_INLINE_CHARS = 16 * 2**10
"""Up to this an embedded agent reads a document on the event loop (under 5 ms measured); a longer
one goes to a thread."""

MAX_PACKAGE_DEPTH = 12
"""Folders climbed to find the name under which a Python file is imported."""

MAX_EXPLAINED_RULES = 5
"""Rules that one explanation looks up; each starts ruff once, about 10 ms."""

MAX_LISTED = 20
"""Names of one kind in an explanation; nobody reads the fiftieth."""

MAX_CODE_SPAN_CHARS = 120
"""One code span of an explanation; longer ones are statements, not names."""

MAX_CODE_BLOCK_CHARS = 2000
"""One code block of an explanation: a signature or the start of a docstring."""

MAX_DOCSTRING_SOURCE_CHARS = 60
"""A type or default in a docstring; a longer one is shown as ``...``."""

CHILD_END_S = 0.5
"""For a program of ours that has said all to end by itself, which takes Python 10 ms."""

NGRAM_STRING_CHARS = 32
"""A longer string is not learnt: it is prose or data, and seldom written twice (edits.md G)."""

NGRAM_WORD_CHARS = 80
"""A longer name or number is data."""

NGRAM_ORDER = 6
"""Words looked back at; ten gain a point of whole lines and lose ten of precision (edits.md G)."""

NGRAM_COMMON = 24
"""Names that are told apart where contexts need only be alike: in most languages its keywords, and
how a method calls its object. With 8 or 32 next words are the same within half a point."""

NGRAM_SAMPLE = 64
"""Places of one context that are counted; of more an even sample tells the frequent words."""

NGRAM_DOUBT = 4.0
"""Each different word after a context counts so much against it. Witten and Bell have 1; but a
context and the shorter ones in it are the same evidence, and with 4 shares are nearest to what
comes true (docs/inline-embedded.md)."""

NGRAM_DOUBT_ALIKE = 8.0
"""The same for contexts that are only alike."""

NGRAM_IGNORED = 0.02
"""A share left to shorter contexts that no longer changes what is shown."""

NGRAM_FRESH_CHARS = 2000
"""Text before the cursor that is newer than a document's index, and is read anew at each
keystroke: 0.5 ms. With more, the index is made anew, in a thread."""

NGRAM_WORDS = 32
"""Words of one suggestion; a line that goes on longer is no longer foreseen."""

NGRAM_SHOWN = 0.6
"""A less likely suggestion is not shown, and no word is added to one that is less likely with it:
the least with which 70 of 100 are right in each of nine packages (docs/inline-embedded.md)."""

NGRAM_BROKEN = 0.65
"""As ``NGRAM_SHOWN``, for one that breaks off within a line: it has to be gone on with."""

NGRAM_LEAST_CHARS = 4
"""A shorter suggestion is typed sooner than it is read."""

MAX_NGRAM_DOCUMENTS = 32
"""Documents whose index is kept; one of a thousand lines takes 1 MB."""

NGRAM_OTHERS = 3
"""Other open documents that are asked at a keystroke, 0.1 ms each, where the workspace's index
does not have them."""

MAX_NGRAM_FILES = 20_000
"""Names of files given to one indexing; ``MAX_NGRAM_WORDS`` ends it long before."""

MAX_NGRAM_WORDS = 400_000
"""Words of the index of a workspace: 50,000 lines, 2 s of another process, 13 bytes each. The
files nearest to the open ones come first, and are most of the gain."""

MAX_NGRAM_FILE_BYTES = 512 * 2**10
"""A longer file of a workspace is generated."""

MAX_NGRAM_LINE_CHARS = 250
"""A file with longer lines on average is data, or made small by a program."""

MAX_NGRAM_PACKED_BYTES = 64 * 2**20
"""An index on its way from the process that made it: ``MAX_NGRAM_WORDS`` different words of
``NGRAM_WORD_CHARS`` fit."""

NGRAM_BUILD_S = 60.0
"""For indexing a workspace; a slow disk needs ten."""

JEDI_ANSWER_S = 1.0
"""For jedi to name what may stand at a cursor; warm it needs 1 to 50 ms, and later than this the
user has typed on."""

JEDI_STUCK_S = 30.0
"""Without any answer, after which jedi's process is ended; its start takes up to ten."""

JEDI_MEMORY_BYTES = 2**30
"""Of jedi's process; it grows with what it has parsed, and is started anew past this."""

JEDI_NAMES = 200
"""Names taken of one answer; among more none is clearly first."""

JEDI_NAME_CHARS = 100
"""A longer name is generated."""

MAX_JEDI_CHARS = 512 * 2**10
"""A document that jedi is asked about: longer ones take it more than ``JEDI_ANSWER_S``."""

MAX_JEDI_LINE_BYTES = 8 * 2**20
"""One question to jedi's process: ``MAX_JEDI_CHARS`` in JSON, each escaped."""

JEDI_LEAST_CHARS = 2
"""Of the rest of a name; one character is typed sooner."""

JEDI_LEAST_USES = 2
"""Times that the document uses a name that is offered among several."""

JEDI_LEAD = 3
"""Times as often as the next one."""

# --- inline completion ------------------------------------------------------------------------
INLINE_TAIL_CHARS = 8
"""Right of the cursor, from which on the rest of a line counts as written (peers.md d)."""

MAX_INLINE_CHARS = 4 * 2**10
"""Looked at of one answer for a gap: some thousand tokens, where 256 are asked for."""

MAX_INLINE_LINES = 16
"""Shown at once: more than that nobody reads as grey text."""

INLINE_WINDOW_CHARS = 4 * 2**10
"""Around the cursor, for the lines that an offer is held against."""

INLINE_BRACKET_CHARS = 32 * 2**10
"""On either side of the cursor, for the brackets that are open there: 2 ms at most."""

INLINE_PARSED_CHARS = 32 * 2**10
"""Documents below this are parsed with each reading of an answer: 5 ms each, four at most."""

INLINE_CLOSED_CHARS = 4
"""Brackets and quotes that an editor may have closed behind the cursor by itself."""

INLINE_GAPS = 100
"""Gaps whose offers are remembered: a few minutes of typing, some hundred bytes each."""

INLINE_INTERVALS = 8
"""Keystrokes that a typist's pace is taken from."""

INLINE_REST_S = 0.6
"""Without a request, after which the next one begins a burst: it does not wait."""

INLINE_PATIENCE = 1.5
"""Of a typist's usual interval, waited for the next keystroke before anybody is asked."""

INLINE_STREAK = 10
"""Offers in a row that nobody took, after which automatic ones rest."""

INLINE_STREAK_REST_S = 60.0
"""See ``INLINE_STREAK``; one that is asked for or taken ends it."""

INLINE_DEADLINE_S = 4.0
"""A whole inline completion (faults.md 4.4); a mix may set less."""

INLINE_LINGER_S = 0.15
"""For a request upstream whose asker left: most leave because they typed on, and come back in this
time for the same answer. Under the 200 ms within which a cancelled request must be silent."""

INLINE_LINE_TOKENS = 64
"""Asked of a model for the rest of a line."""

INLINE_BLOCK_TOKENS = 256
"""As ``INLINE_LINE_TOKENS``, where several lines are wanted (peers.md d)."""

INLINE_PREFIX_CHARS = 6_000
"""Shown to a model of the text before the gap; the first byte matters more than the last page."""

INLINE_SUFFIX_CHARS = 2_000
"""As ``INLINE_PREFIX_CHARS``, after the gap."""

INLINE_RULES_S = 10.0
"""For which it is known whether models may see a document: an ignore file counts as soon."""

INLINE_NEARBY_S = 2.0
"""Between two looks for pieces of other documents: what is near changes slowly."""

INLINE_NEARBY_DOCUMENTS = 4
"""Looked through, those changed last first: parsing a thousand lines takes 10 ms."""

INLINE_NEARBY_CHARS = 2_000
"""Of pieces in the prompt of one gap: a third of what is shown before it."""

INLINE_OFFERS = 8
"""Alternatives given at once."""

INLINE_GRACE_S = 0.3
"""For better answers once there is one to show, when a mix sets no quorum: it keeps four fifths of
what choosing among four small models gains (docs/inline.md)."""

# --- what models are shown --------------------------------------------------------------------
MAX_IGNORE_LINES = 4000
"""Rules read of one ignore file; the longest published templates have 600."""

MAX_IGNORE_LINE_CHARS = 1024
"""One rule of an ignore file: a path has no more on most systems, and matching costs the product
of both lengths."""

MAX_IGNORE_FOLDERS = 10_000
"""Folders whose verdict is remembered while the files of a workspace are asked about."""

MAX_PRIVATE_KEY_CHARS = 16 * 2**10
"""Of a private key in a text: the largest in use, of 16,384 bits, takes 12,700."""

LEAST_PRIVATE_KEY_CHARS = 24
"""Less between the lines of a private key is a sample."""

LEAST_PASSWORD_CHARS = 6
"""A quoted password; sites ask for at least as many."""

LEAST_BARE_PASSWORD_CHARS = 8
"""As ``LEAST_PASSWORD_CHARS`` without quotes, where most values are code."""

LEAST_TOKEN_CHARS = 12
"""What is assigned to a key or a token; shorter ones are names and numbers."""

LEAST_PASSWORD_BITS = 2.2
"""Bits a character of a password: `hunter2` has 2.8, `aaaaaa1` 0.6."""

LEAST_TOKEN_BITS = 2.8
"""As ``LEAST_PASSWORD_BITS``, of a token with letters and digits; hexadecimal ones have 3.3."""

LEAST_LETTERS_BITS = 3.8
"""As ``LEAST_TOKEN_BITS``, without digits, as words are too."""

LEAST_SHAPED_BITS = 2.5
"""As ``LEAST_TOKEN_BITS``, after the first letters of a known kind of key."""

MAX_SECRETS = 400
"""Values that are hidden in one document, a private key counting by lines; with more it is a file
of secrets, and each takes time in every prompt."""

MAX_PLACEHOLDER_CHARS = 40
"""Of what stands for a secret: models repeat that much without a slip."""

MAX_AROUND_CHARS = 128 * 2**10
"""Looked at on either side of a target: four times what the largest default budget shows."""

MAX_MANIFEST_CHARS = 256 * 2**10
"""Of a project's manifest; a larger one is made by a program."""

MAX_FACTS = 12
"""Lines about a project: language, tools, frameworks."""

MAX_SOURCES = 20
"""Other files that are looked at for one prompt: the open ones and the nearest neighbours."""

MAX_SOURCE_CHARS = 64 * 2**10
"""Read of one of them: 2,000 lines; twenty take 0.3 s to cut and rank."""

MAX_SNIPPETS = 12
"""Pieces of other files in one prompt, if there is room: the tenth is hardly ever of use."""

MAX_SNIPPET_LINES = 60
"""Of one piece: a long function."""

QUERY_CHARS = 2000
"""On either side of a region, for what other files are compared with it by."""

MAX_TOLD_PIECES = 5
"""Pieces of one kind that are named when there is no room for them; of more only their number."""

MAX_TOLD_CHARACTERS = 3
"""Kinds of hidden characters that one warning names."""

SURROUNDINGS_S = 0.5
"""For looking around a document before models are asked; a local disk needs 20 ms."""

COMMAND_INDEX_S = 2.0
"""That a command waits for the index of its folder: what changed since the last time takes 20 ms,
a first one of a thousand files longer."""

MAX_IGNORE_BYTES = 256 * 2**10
"""Of one ignore file; the largest published templates have 12 KiB."""

MAX_IGNORE_DEPTH = 32
"""Folders between a root and a document that are looked into for ignore files."""

MAX_ASKED_NAMES = 60
"""Names of a region that an index is asked about: those of a hundred lines."""

MAX_OUTLINE = 200
"""Definitions of a project's outline: a tenth of the default budget holds half of them."""

PROMPT_FRAME_TOKENS = 300
"""Of a prompt for markers, headings and what is said about cuts."""

LEAST_ANSWER_TOKENS = 1024
"""Kept free in a model's window for an answer whose length its mix does not bound."""

ANSWER_SHARE = 1 / 3
"""Of a model's window, at most, that is kept free for its answer: a bound of an answer is often
far above what a region needs."""

# --- the bench's sandbox ----------------------------------------------------------------------
SANDBOX_START_S = 30.0
"""Until the driver in a sandbox is ready: 0.1 s on an idle machine, a container some seconds."""

SANDBOX_END_S = 20.0
"""Until nothing of a killed sandbox is left: milliseconds, a container some seconds."""

SANDBOX_WATCH_S = 0.1
"""Between two looks at what a sandbox holds: at most some hundred MiB are filled meanwhile."""

SANDBOX_TMP_BYTES = 128 * 2**20
"""All files of a program, and the largest one: it is memory."""

SANDBOX_SHM_BYTES = 64 * 2**20
"""Shared memory of a program, as containers have by default."""

MAX_SANDBOX_PROCESSES = 256
"""Processes and threads of one program: runtimes start some for each processor, a fork bomb ends
here."""

MAX_SANDBOX_OPEN_FILES = 512
"""Of one process; what pipes and sockets of all hold of the kernel's memory stays small."""

MAX_SANDBOX_OUTPUT_BYTES = 16 * 2**20
"""Printed by one program before it is ended; the most talkative tests print some 100 KiB."""

MAX_RECORD_BYTES = 64 * 2**10
"""Said by a driver after it is ready; its record has 13 KiB at most, all of it escaped."""

MAX_VERDICT_DETAIL_CHARS = 2000
"""Of what is kept of a program's output: a traceback's end and what stands before it."""

MAX_PROGRAM_FILES = 1000
"""Of one program; the largest exercise has 20."""

MAX_PROGRAM_BYTES = 16 * 2**20
"""Of all files of a program, which must leave room in its folder."""

LEAST_AVAILABLE_BYTES = 256 * 2**20
"""Memory that this machine must have left, or what is executed is ended: what the kernel holds for
a process counts nowhere else."""

INTERPRETER_S = 60.0
"""For a Python to list what is installed in it: 0.3 s for 250 packages, once from a cold disk."""

MAX_INTERPRETER_REPLY_BYTES = 2**20
"""What a Python says of itself; 250 packages are 6 KiB."""

MAX_LINKS = 64
"""Symbolic links followed on the way to a Python; the kernel gives up at 40."""

ENGINE_S = 30.0
"""For a short command of podman or Docker."""

MAX_REMOVALS = 5
"""Of one container, until it is told that it may still run: an engine that is just removing it by
itself refuses."""

REMOVAL_PAUSE_S = 0.2
"""Between two of them."""

MAX_TASK_FILE_BYTES = 64 * 2**20
"""A task set as it lies on the disk or is downloaded: the largest known one has 8 MB."""

MAX_TASK_DATA_BYTES = 256 * 2**20
"""A task set unpacked: the largest known one has 30 MB."""

MAX_TASKS = 100_000
"""Tasks of one set; nobody asks a model more often, and each is held in memory."""

MAX_TASK_MEMBERS = 20_000
"""Files of a set that comes as an archive; the largest known one has 400."""

TASK_DOWNLOAD_S = 600.0
"""For one task set to arrive: 8 MB over a line of 100 kbit/s."""

MAX_SANITIZED_SPANS = 20_000
"""Stretches of lines that are parsed to find the longest that is code: of two hundred lines every
one. An answer that needs more is hardly code, and stays as it is."""

MAX_OWN_SECONDS = 3600.0
"""That a user's own task may let its tests run."""

MAX_OWN_MEMORY = 64 * 2**30
"""Bytes that a user's own task may let one process allocate."""

BOOTSTRAP_RESAMPLES = 2000
"""Drawn for an interval: its ends then vary by a tenth of its width from seed to seed."""

LEAST_DISCORDANT = 6
"""Tasks on which two mixes must differ before one is called better: with five, all for one side,
an exact test at 5 % still says nothing."""

MAX_DRILL_CHARS = 64 * 2**10
"""Of one text kept beside a result for who wants to see why: a whole file of a thousand lines."""

MAX_RESULT_BYTES = 16 * 2**20
"""One line of a file of results: thirty proposals of ``MAX_DRILL_CHARS``, each at its longest in
JSON."""

LEAST_SCORED = 0.9
"""Share of the tasks that must be scored for a rank: with fewer, it matters most which ones are
missing."""

MAX_PAGE_TEXT_CHARS = 6000
"""Of one prompt, proposal or answer on a report's page: its beginning and end, some 150 lines."""

MAX_PAGE_BYTES = 8 * 10**6
"""What single tasks take of a report's page: with the rest it stays under 10 MB, which a browser
opens in a second and most mail lets through."""

MAX_RECORDING_BYTES = 128 * 2**20
"""Of one file of recorded answers, unpacked: it is kept in memory. 18,900 edits have 36 MB."""

MAX_LISTED_MODELS = 24
"""Models of a recording that a message names; a recording of hundreds is looked at otherwise."""

# --- the bench: questions -----------------------------------------------------------------------
BENCH_REQUEST_S = 600.0
"""For one request of the bench: slow answers are worth having, a mix's own clock counts them."""

BENCH_PATIENCE_S = 900.0
"""For one answer of the bench with all attempts: a rate limit of a minute may be met again."""

BENCH_RETRIES = 8
"""Attempts of the bench after the first: with Retry-After of a minute, eight minutes."""

MAX_BENCH_BACKOFF_S = 60.0
"""Of a pause that nobody asked for: the minute after which most rate limits begin anew."""

MAX_BENCH_ANSWER_TOKENS = 16_384
"""Written at most by a model whose mix sets no bound, for what a request is reckoned to cost."""

TOKEN_SLACK = 1.5
"""Times an estimate of tokens, where money depends on it: some tokenizers count a third more."""

BENCH_QUESTIONS = 16
"""Questions at work at once, each in a thread: most of them wait for models."""

MAX_BENCH_SAMPLES = 100
"""Questions of one task to one mix: pass@10 wants 20, and nobody pays for more than this."""

RAY_PROOF_S = 180.0
"""For a node of a cluster to start a worker and prove its sandbox; Ray takes up to 40 s."""
