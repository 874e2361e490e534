"""One run of a server: its record, how far it is, and what is kept of it once it has ended."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moa_lsp.lsp import limits
from moa_lsp.lsp.edits.apply import PendingEdit
from moa_lsp.lsp.edits.target_choices import RefinedTarget, TargetChoices

if TYPE_CHECKING:
    from moa_lsp.mix.record import RunRecord
    from moa_lsp.runs.preparation import PreparedRun
    from moa_lsp.runs.proposals import Proposal
    from moa_lsp.runs.run import Execution


@dataclass(slots=True)
class Job:
    """One run at work or ended.

    Attributes:
        record: final once ``ended`` is set.
        execution: ``None`` once the run has ended, so that its texts can be let go.
        kept: an edit that could not be applied and may be asked for again.
        sending: whether the edit was sent: it cannot be taken back.
        seen_at: loop time when the result was shown or its edit sent.
        withdrawn: cancelled after the edit was sent, so that it is not sent again.
        taken: notes in the accounts whose text was put into the target.
        prepared: what was run.
        refined: what it refines, if it does.
        choices: what can be put into its target, once it has ended.
        author: who wrote the result.
        proposals: the result, then what each agent proposed, once it has ended; kept in memory.
        review: when the user is to confirm its edits.
        line: how it went, once it has ended.
    """

    record: "RunRecord"
    execution: "Execution | None"
    prepared: "PreparedRun"
    review: str
    refined: RefinedTarget | None = None
    choices: TargetChoices | None = None
    author: str | None = None
    proposals: "tuple[Proposal, ...]" = ()
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    kept: PendingEdit | None = None
    sending: bool = False
    withdrawn: bool = False
    seen_at: float | None = None
    taken: Callable[[str], None] = lambda _agent: None
    line: str = ""

    def cancel(self) -> bool:
        """Stop the run; false when it had ended before, or its edit is already with the editor."""
        if self.task is None or self.ended.is_set() or self.task.cancelling():
            return False
        if self.sending:
            self.withdrawn = True
            return False
        return self.task.cancel()

    def stop_waiting(self) -> int:
        """Go on with the proposals that are in; for how many agents nobody waits any more."""
        return 0 if self.execution is None else self.execution.stop_waiting()

    def seen(self) -> None:
        """Note that the user is shown something of an answer now."""
        if self.seen_at is None:
            self.seen_at = asyncio.get_running_loop().time()

    def may_send(self) -> bool:
        """Whether the edit may go out now; from then on the run cannot be cancelled."""
        self.sending = True
        return not self.withdrawn

    def told(self) -> "RunRecord":
        """The record as it stands."""
        if self.execution is None:
            return self.record
        now = self.execution.record()
        # While a run goes on, agents that have not answered yet look as if they were cancelled.
        return replace(now, proposals=tuple(p for p in now.proposals if p.state != "cancelled"))


def surplus(ended: Sequence[Job]) -> int:
    """How many of the oldest jobs are to be let go: by their number, and by their documents.

    The last one never is. Jobs on one version of a document share its text.
    """
    texts: dict[int, int] = {}
    for kept, job in enumerate(reversed(ended)):
        text = job.prepared.task.snapshot.text
        texts[id(text)] = len(text)
        if kept == limits.KEPT_RUNS or (kept and sum(texts.values()) > limits.KEPT_RUN_CHARS):
            return len(ended) - kept
    return 0
