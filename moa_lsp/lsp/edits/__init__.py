"""Edits on their way to the client: tracked snapshots, previews and workspace edits."""
