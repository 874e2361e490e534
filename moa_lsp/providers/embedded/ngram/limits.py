"""Bounds of the n-gram agent, each with its reason: sizes in words or characters."""

NGRAM_ORDER = 6
"""Words looked back at; ten gain a point of whole lines and lose ten of precision."""

NGRAM_SHOWN = 0.6
"""A less likely suggestion is not shown, and no word is added to one that is less likely with it:
the least with which 70 of 100 are right in each of nine packages (docs/inline-embedded.md)."""

NGRAM_BROKEN = 0.65
"""As ``NGRAM_SHOWN``, for one that breaks off within a line: it has to be gone on with."""
