"""Inline completion for one client's session."""
