"""Evaluation of mixes: task sets, a sandbox, sweeps over mixes, and their ranking.

Imported by `moa-lsp bench` alone. Nothing of the editor's path knows it, and it knows no editor.
"""
