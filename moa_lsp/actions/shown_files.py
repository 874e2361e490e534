"""The documents that changes may touch, as a prompt shows them: whole, each under its path.

Nothing of them is cut: what a model was not shown it must not change.
"""

from moa_lsp.task import File, Task


def shown(task: Task, tag: str) -> str:
    """All files of a task, the run's own document first."""
    own, *others = task.files
    parts = [f"The region is all of this file, `{own.path}`:", _block(own, tag)]
    if others:
        parts.append("Open beside it; change these only where the task needs it:")
    for file in others:
        parts += [f"`{file.path}`:", _block(file, tag)]
    return "\n".join(parts)


def _block(file: File, tag: str) -> str:
    text = file.snapshot.text
    closed = text if not text or text.endswith(("\n", "\r")) else f"{text}\n"
    return f"<document-{tag}>\n{closed}</document-{tag}>"
