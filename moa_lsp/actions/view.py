"""What a prompt shows of a task and of what is around it, as values; rendered as they are.

Secrets are already replaced and hidden characters taken out. What is shown of the project stands
in sections, the most stable first, so that a provider's cache of prompts finds the same start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from moa_lsp.task import Task

Part = Literal[
    "conventions", "project", "outline", "definitions", "snippets", "file", "edits", "reports"
]
"""Of the surroundings, in the order in which they are shown.

``conventions``: what the project asks of those who change it, in a trusted folder alone.
``project``: its language, versions and tools. ``outline``: what its files define. ``definitions``:
of names that the region uses. ``snippets``: code of other files that is like the region's.
``file``: imports and outline of what is cut off of the document itself. ``edits``: what the user
typed last, the newest last. ``reports``: what tools said of lines near the region."""


@dataclass(frozen=True, slots=True)
class Section:
    """A block of what is around the document: data of others, never words of ours.

    Attributes:
        sources: paths of the files that it is taken from, where a user will want to know.
    """

    part: Part
    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptView:
    """What is shown.

    Attributes:
        task: with nothing in it that must not be shown; maybe less of the document.
        region: of the document, never cut.
        before: the text before the region, cut to whole lines.
        after: the text after it, in the same way.
        above: lines of the document that are cut off before it.
        below: lines that are cut off after it.
        sections: in the order of their parts.
    """

    task: Task
    region: str
    before: str
    after: str
    above: int = 0
    below: int = 0
    sections: tuple[Section, ...] = ()

    @classmethod
    def whole(cls, task: Task) -> "PromptView":
        """All of the document as it is, and nothing else."""
        return cls(task, task.region, task.before, task.after)

    @property
    def texts(self) -> Iterator[str]:
        """Everything in it that was written by others."""
        task = self.task
        yield from (self.region, self.before, self.after, task.instruction, task.symbol or "")
        yield from task.foreign
        yield from (section.text for section in self.sections)
        for each in task.diagnostics:
            yield from (each.message, each.code or "", each.source or "")
