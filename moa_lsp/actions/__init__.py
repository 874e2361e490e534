"""Actions and prompts: prose in Markdown files, rendered strictly."""
