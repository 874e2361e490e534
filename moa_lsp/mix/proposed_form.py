"""Which form the proposals of a mix have for a task."""

from moa_lsp.config.mixes import Mix
from moa_lsp.task import Form, Task


def proposed_form(task: Task, mix: Mix) -> Form:
    """The form that proposals have: in words where a model is sure to make changes of them."""
    if task.form == "region":
        return "region"
    for step in mix.aggregator:
        if step.writes:
            return "sketch"
        if step.always_settles:
            break
    return "changes"
