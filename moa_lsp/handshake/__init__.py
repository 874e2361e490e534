"""The first message, read and answered by the standard library before the rest is imported."""
