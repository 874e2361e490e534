"""moa-lsp: a language server that puts a Mixture of Agents behind every editor."""

__version__ = "0.1.0"
