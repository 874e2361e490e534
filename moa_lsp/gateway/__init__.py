"""Mixes as models of an OpenAI-compatible endpoint on loopback."""
