"""Bounds of the embedded agents, each with its reason: durations in seconds."""

MAX_PACKAGE_DEPTH = 12
"""Folders climbed to find the name under which a Python file is imported."""
