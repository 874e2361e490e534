"""Mixes and actions as tools of a Model Context Protocol server on stdio."""
