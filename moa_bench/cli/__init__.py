"""The command group moa-lsp bench."""
