"""Syntax trees, symbols and gates for each language. Pure."""
