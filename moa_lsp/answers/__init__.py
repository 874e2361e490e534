"""From a model's answer to code: extraction and comparison of proposals."""
