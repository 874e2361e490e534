"""Bounds of ``moa_lsp.lsp``, each with its reason: sizes as named, durations in seconds."""

MAX_EXPLANATION_CHARS = 4000
"""Of an explanation in a popup, or in a message where an editor opens no document for us: two
screens."""

PROGRESS_INTERVAL_S = 0.25
"""Between two progress reports of one run: editors repaint at each (at most four a second)."""

CONFIG_WAIT_S = 1.0
"""For changed files to be read before a run that was asked for right after: longer than a quiet
moment and reading take together; past it the run goes on with what was read before."""

KEPT_RESULTS = 32
"""Explanations that can still be read: a screen of tabs, and more than anybody goes back to."""

KEPT_RUNS = 50
"""Ended runs whose record, proposals and edit can still be asked for: some hours of work. Of
usual answers that is a megabyte, since each is a region of a document."""

KEPT_RUN_CHARS = 16 * 2**20
"""Of the documents that ended runs began with, by which their texts are put in place: fewer runs
are kept on long ones, ten on 1.5 MB."""

KEPT_INSTRUCTIONS = 3
"""Instructions that are offered again as code actions: a menu is read, not scrolled."""

SHOWN_INSTRUCTION_CHARS = 40
"""Of an instruction in the title of a code action: menus are narrow."""
