"""Bounds that several modules of the sandbox share."""

SANDBOX_TMP_BYTES = 128 * 2**20
"""All files of a program, and the largest one: it is memory."""

SANDBOX_SHM_BYTES = 64 * 2**20
"""Shared memory of a program, as containers have by default."""

MAX_SANDBOX_PROCESSES = 256
"""Processes and threads of one program: runtimes start some for each processor, a fork bomb ends
here."""
