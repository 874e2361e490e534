"""Agents that are real tools inside the server: no key, no network, no invented meaning."""
