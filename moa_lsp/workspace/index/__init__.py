"""What the files of a workspace define, import and use, kept by a process of its own."""
