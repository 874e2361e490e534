"""The workspace around a document: rules, manifests, related files, and the index."""
