"""Inline completion: what fits a gap at the cursor, quick, quiet, right or absent."""
