"""Persistent state: the usage ledger, the budget of a day, and kept results."""
