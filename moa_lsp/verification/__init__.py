"""Proposals that were run: the user's tests as a judge, in a sandbox (docs/verification.md)."""
