"""Task sets by name: where their data is, what is asked, and how an answer is judged."""
