"""What a run works on: the target of an action and the text around it."""
