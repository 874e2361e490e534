"""What the agents that complete lines share: a corpus, jedi's process, and what an answer is."""

from moa_lsp.providers.base import AgentDeclines, Infill, Reply, Usage
from moa_lsp.providers.embedded.jedi.names import rest_of_name
from moa_lsp.providers.embedded.jedi.process import JediProcess
from moa_lsp.providers.embedded.ngram.corpus import Corpus
from moa_lsp.providers.embedded.ngram.line import Guess
from moa_lsp.task import Task


class InlineAgents:
    """The agents ``ngram`` and ``jedi``.

    Attributes:
        corpus: what ``ngram`` knows.
        jedi: the process of ``jedi``, which starts when it is first asked.
    """

    def __init__(self) -> None:
        """Know and start nothing yet."""
        self.corpus = Corpus()
        self.jedi = JediProcess()

    async def answer(self, model: str, task: Task, gap: Infill) -> Reply | AgentDeclines:
        """Fill a gap, or decline to.

        Raises:
            ProviderError: jedi's process could not be asked.
        """
        text, offset = _around(task, gap)
        where = task.snapshot.uri, text, offset, task.snapshot.language
        found: Guess | str | AgentDeclines
        if model == "jedi":
            found = await rest_of_name(self.jedi, *where)
        else:
            found = await self.corpus.suggest(*where)
        if isinstance(found, AgentDeclines):
            return found
        written = found.text if isinstance(found, Guess) else found
        return Reply(written, exact=True, usage=Usage(), cost_usd=0.0)

    async def warm(self) -> None:
        """Start jedi, where it is installed."""
        if self.jedi.available:
            await self.jedi.warm()

    async def close(self) -> None:
        """End jedi's process; safe to call twice."""
        await self.jedi.close()


def _around(task: Task, gap: Infill) -> tuple[str, int]:
    """The document and the place of the gap: a gap may come with less than the whole around it."""
    text, offset = task.snapshot.text, task.cursor
    if text[:offset].endswith(gap.prefix) and text[offset:].startswith(gap.suffix):
        return text, offset
    return f"{gap.prefix}{gap.suffix}", len(gap.prefix)
