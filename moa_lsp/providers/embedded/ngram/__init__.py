"""The agent ``embedded/ngram``: the rest of the line, from what the project's own code repeats."""
