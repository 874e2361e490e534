"""Bounds of ``moa_lsp.cli``, each with its reason: sizes as named, durations in seconds."""

DOCTOR_REPLY_S = 5.0
"""For a provider to list its models to `doctor`; a person waits for the slowest of all."""

DEMO_START_S = 30.0
"""For the server to answer `demo` and `doctor` the first time; a slow machine needs three."""
