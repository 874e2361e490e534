"""The target of an action, and the context that models are shown."""
