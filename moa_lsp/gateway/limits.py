"""Bounds of ``moa_lsp.gateway``, each with its reason: sizes as named, durations in seconds."""

MAX_BODY_BYTES = 8 * 2**20
"""Of a request: twice the text of a window of a million tokens."""

BODY_S = 15.0
"""For a whole body to come: a client on the same machine needs far less."""

HEAD_S = 10.0
"""For the head of a request, from the opening of its connection on."""

MAX_HEAD_BYTES = 16 * 2**10
"""Of a request's head; the longest header of an honest client is its token."""

MAX_CONNECTIONS = 256
"""At once; more are closed as they come. Each run may wait beside others, and clients keep some
open."""

MAX_RUNS = 16
"""Runs at work at once; the providers' own bounds hold below it."""

MAX_WAITING = 64
"""Runs that wait for a place; more are told to come back."""

WAIT_S = 60.0
"""For a place; after that a client is told to come back."""

RETRY_AFTER_S = 2
"""What a client is told when the queue is full: the order of a run's length."""

FIRST_COMMENT_S = 1.0
"""Until the response of a stream begins although nothing has been written: a failure before that
still has a status of its own."""

COMMENT_S = 5.0
"""Between two comments of a stream in which nothing else is sent; proxies and clients give up a
silent connection after 15 and more."""

SEND_S = 30.0
"""For a client to take what is sent; one that reads no more is left."""

STOP_S = 5.0
"""From the first signal to the end of the process, for runs that are at work."""
