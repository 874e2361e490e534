"""The user's files: settings, mixes, and how one is chosen for a run."""
