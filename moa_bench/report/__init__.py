"""From results to a ranking: files of results, the board, and how it is shown."""
