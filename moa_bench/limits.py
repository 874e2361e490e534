"""Bounds of ``moa_bench``, each with its reason: sizes as named, durations in seconds."""

MAX_TASK_FILE_BYTES = 64 * 2**20
"""A task set as it lies on the disk or is downloaded: the largest known one has 8 MB."""

LEAST_SCORED = 0.9
"""Share of the tasks that must be scored for a rank: with fewer, it matters most which ones are
missing."""

BENCH_REQUEST_S = 600.0
"""For one request of the bench: slow answers are worth having, a mix's own clock counts them."""

BENCH_PATIENCE_S = 900.0
"""For one answer of the bench with all attempts: a rate limit of a minute may be met again."""

BENCH_RETRIES = 8
"""Attempts of the bench after the first: with Retry-After of a minute, eight minutes."""

BENCH_BACKOFF_S = 2.0
"""Upper bound of the bench's first pause, doubled with each: together they outlast an outage of
two minutes on average."""

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
