"""Simulated editing: a user types, a run's result arrives, and every character is watched."""
