"""Measurements of moa-lsp beside something known; none of them is a test."""
