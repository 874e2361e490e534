"""Inline completion at the cursor."""
