"""What a language's grammar knows: trees, symbols, gates. Values in, values out."""
