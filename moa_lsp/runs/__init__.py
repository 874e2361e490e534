"""Runs: from a request on a document to a plan for its edit."""
