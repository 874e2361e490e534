"""The agent ``embedded/jedi``: the rest of a Python name, from what the code means."""
