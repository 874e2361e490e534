"""Text as editors see it: lines, positions, edits. No LSP types, no I/O."""
