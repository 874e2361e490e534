"""Runs in the background: asked for by a command, shown by progress, ended exactly once.

A command is answered at once; clients time out or freeze on slow ones. However a run ends, its
document is let go unless a result is kept for it, its progress is closed, and its record can be
asked for afterwards. Cancelling a job cancels its task, and with it every request of the run; no
edit follows.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from moa_lsp import limits as shared_limits
from moa_lsp.errors import MoaError, RunError, StaleDocument, UsageError
from moa_lsp.lsp import limits
from moa_lsp.lsp.edits import preview
from moa_lsp.lsp.edits.apply import PendingEdit
from moa_lsp.lsp.edits.partial import PartialUpdates
from moa_lsp.lsp.edits.target_choices import RESULT, RefinedTarget
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot
from moa_lsp.lsp.session import proposals, run_ending
from moa_lsp.lsp.session.accounting import accounts_of
from moa_lsp.lsp.session.job import Job, surplus
from moa_lsp.lsp.session.progress import RunProgress
from moa_lsp.lsp.session.user_messages import UserMessages
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.mix.progress import MixProgress
    from moa_lsp.mix.record import RunRecord
    from moa_lsp.runs.plan import FilePlan
    from moa_lsp.runs.preparation import PreparedRun
    from moa_lsp.runs.run import Execution
    from moa_lsp.runs.runtime_config import RuntimeConfig

MAX_RUNS = 2
"""Runs at work at once: two may be wanted (a refactoring here, an explanation there), ten are a
mistake."""

MAX_QUEUED_RUNS = 4
"""Runs waiting for a place; one more is told that the server is busy."""


log = logging.getLogger(__name__)


class Jobs:
    """The runs of one server.

    Args:
        server: where edits and messages go.
        show: shows what is no edit.
    """

    def __init__(self, server: "Server", show: UserMessages) -> None:
        self._server = server
        self._show = show
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._places = asyncio.Semaphore(MAX_RUNS)

    @property
    def active(self) -> int:
        """Runs that have not ended, queued ones too."""
        return sum(not job.ended.is_set() for job in self._jobs.values())

    @property
    def queued(self) -> int:
        """Runs that wait for a place."""
        return max(0, self.active - MAX_RUNS)

    def check_room(self) -> None:
        """Refuse what could not even be queued.

        Raises:
            RunError: too many runs are at work or queued already.
        """
        if self.active >= MAX_RUNS + MAX_QUEUED_RUNS:
            raise RunError(
                "busy: other runs are at work; wait for one, or cancel it, and try again"
            )

    def start(
        self,
        runtime: "RuntimeConfig",
        prepared: "PreparedRun",
        held: TrackedSnapshot,
        *,
        review: str,
        refined: RefinedTarget | None = None,
        looks: "Callable[[], PreparedRun] | None" = None,
    ) -> str:
        """Begin a run, or queue it behind those at work; its id.

        Args:
            runtime: kept by the run to its end.
            prepared: what to run.
            held: its document; the run gives it back.
            review: when the user is to confirm its edit.
            refined: what it refines.
            looks: gives what takes the place of ``prepared``, which is a draft then.

        Raises:
            RunError: too many are queued already; ``held`` stays the caller's.
        """
        from moa_lsp.runs.run import Execution

        self.check_room()
        title = f"Moa: {prepared.action.id.replace('-', ' ')}"
        shown = RunProgress(self._server, title, prepared.run)
        accounts = accounts_of(self._server, self._show)
        partly = self._partly(prepared, held, refined)

        def watch(progress: "MixProgress") -> None:
            shown.on_update(progress)
            if partly is not None and progress.usable:
                partly.proposed(execution.edits)

        follow = None if partly is None else partly.on_update
        execution = Execution(prepared, runtime, watch, accounts, follow, looks)
        job = Job(execution.record(), execution, prepared, review, refined)
        begun = asyncio.get_running_loop().time()
        if runtime.accounted:
            job.taken = partial(accounts.taken, prepared.run)
        self._jobs[prepared.run] = job
        self._forget_old()
        job.task = asyncio.create_task(self._work(job, execution, held))
        job.task.add_done_callback(lambda _task: self._end(job, held, shown, partly, begun))
        shown.start(job.cancel, queued=self.queued > 0)
        return prepared.run

    def get(self, run: str) -> Job:
        """A run by its id.

        Raises:
            UsageError: there is none, or none any more.
        """
        job = self._jobs.get(run)
        if job is None:
            raise UsageError(
                f"there is no run `{escape(run, shared_limits.MAX_SHOWN_KEY_CHARS)}`; only the "
                f"last {limits.KEPT_RUNS} are kept, run the action again"
            )
        return job

    def cancel(self, run: str | None) -> int:
        """Cancel one run, or all; how many were at work."""
        jobs = list(self._jobs.values()) if run is None else [self.get(run)]
        return sum(job.cancel() for job in jobs)

    def settle(self, run: str | None) -> int:
        """Go on with what is in, in one run or all; how many runs waited for somebody."""
        jobs = list(self._jobs.values()) if run is None else [self.get(run)]
        return sum(job.stop_waiting() > 0 for job in jobs)

    def cancel_those(self, wanted: "Callable[[RunRecord], bool]") -> int:
        """Cancel the runs whose record so far is ``wanted``; how many were at work."""
        return sum(job.cancel() for job in list(self._jobs.values()) if wanted(job.record))

    def last_kept(self) -> str:
        """The run whose result was kept last, for clients that cannot name one.

        Raises:
            UsageError: nothing is kept.
        """
        for run, job in reversed(self._jobs.items()):
            if job.kept is not None:
                return run
        raise UsageError("no result is waiting to be applied; run an action first")

    async def apply_kept(self, run: str) -> "RunRecord":
        """Apply a kept result, at most once.

        Raises:
            UsageError: nothing of this run is kept.
            RunError: it still cannot be applied; it stays kept while its document is open.
        """
        job = self.get(run)
        kept, job.kept = job.kept, None  # a second request at the same time finds nothing
        if kept is None and job.refined is not None and not job.record.applied:
            return await self.choose(run, RESULT)
        if kept is None:
            raise UsageError(f"the run `{run}` has no result waiting to be applied; run it again")
        applied = False
        try:
            show = self._show.document
            sent = await kept.apply(self._server, lambda: True, show, by_hand=True)
            applied = sent.reason is None
            job.record = replace(job.record, edit=sent.edit, applied=applied, reason=sent.reason)
            if applied:
                job.taken(RESULT)
                if job.choices is not None:
                    job.choices.went_in(sent.plan)
        except StaleDocument as error:
            # As itself it would become ContentModified, which clients drop without a word.
            raise RunError(str(error)) from error
        finally:
            if not applied and kept.hold.live and self._jobs.get(run) is job:
                job.kept = kept
            else:
                kept.hold.release()
        if not applied:
            raise RunError(sent.reason)
        return job.record

    def last_on(self, uri: str) -> Job | None:
        """The last run that ended on a document and can put something into its target."""
        ended = (
            job for job in reversed(self._jobs.values())
            if job.ended.is_set() and job.choices is not None
            and job.choices.target.uri == uri and job.choices.target.live
        )  # fmt: skip
        return next(ended, None)

    def instructions(self) -> list[str]:
        """What was asked for in the last runs, the last first, each once."""
        said = (job.prepared.task.instruction for job in reversed(self._jobs.values()))
        return list(dict.fromkeys(each for each in said if each))[: limits.KEPT_INSTRUCTIONS]

    async def choose(self, run: str, agent: str) -> "RunRecord":
        """Put an agent's proposal into a run's target (``proposals.choose``)."""
        job = self.get(run)
        await proposals.choose(self._server, self._show.document, job, agent)
        return job.record

    async def close(self) -> None:
        """Cancel every run and wait until its requests are closed."""
        tasks = [job.task for job in self._jobs.values() if job.task and not job.ended.is_set()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, job: Job, execution: "Execution", held: TrackedSnapshot) -> None:
        from moa_lsp.lsp.session import explanations
        from moa_lsp.runs.plan import ShowPlan

        try:
            async with self._places:
                record, plan = await execution.go()
            job.prepared = execution.prepared
            if isinstance(plan, ShowPlan):
                job.seen()
                self._show.explained.remember(held, plan.target, plan.text)
                await self._show.document(
                    explanations.name_of(execution.prepared.task, record.run), plan.text
                )
                await proposals.keep(job, execution, record, held)
            elif plan is not None:
                record = await self._deliver(job, execution, record, plan, held)
            else:
                await proposals.keep(job, execution, record, held)
            job.record = record
        except MoaError as error:
            job.record = replace(execution.record(), state="failed", reason=str(error))
        except Exception:  # a bug of ours must still end the run and free the document
            log.exception("a run failed")
            reason = "internal error, see the server's log"
            job.record = replace(execution.record(), state="failed", reason=reason)

    def _partly(
        self, prepared: "PreparedRun", held: TrackedSnapshot, refined: RefinedTarget | None
    ) -> PartialUpdates | None:
        """What shows the answer while it is written, for clients that want to see it."""
        if "partial" not in self._server.extensions:
            return None
        place = refined.target.region.span if refined else None
        return PartialUpdates(self._server, prepared.run, prepared.task, held, place)

    def _end(
        self,
        job: Job,
        held: TrackedSnapshot,
        shown: RunProgress,
        partly: PartialUpdates | None,
        begun: float,
    ) -> None:
        """The one end of every job, also of one that was cancelled before its first step."""
        if job.execution is not None and job.record.state == "running":
            job.record = replace(job.execution.record(), state="cancelled")
        job.execution = None
        partly_at = None if partly is None else partly.first_at
        seen = [at for at in (job.seen_at, partly_at) if at is not None]
        if seen:
            job.record = replace(job.record, first_visible_seconds=min(seen) - begun)
        if partly is not None:
            partly.end(job.record.text)
        if job.kept is None:
            held.release()
        record = job.record
        job.ended.set()
        shown.end(run_ending.last_word(record))
        job.line = run_ending.line(record)
        if job.line:
            log.info("run %s: %s", record.run, escape(job.line))
        log.debug("run %s ended: %s", record.run, record.state)
        if record.state == "failed":
            run_ending.log_failure(record)
        if "endings" in self._server.extensions:
            return  # the client reads the record, and tells its user with buttons
        if record.reason is not None and record.state != "cancelled":
            kept = job.kept is not None and record.reason != preview.DECLINED
            warn = record.state == "failed" or kept
            self._show.sentence(record.reason, failed=warn)
        elif job.line and run_ending.troubled(record):
            self._show.sentence(job.line, failed=True)

    async def _deliver(
        self,
        job: Job,
        execution: "Execution",
        record: "RunRecord",
        plan: "FilePlan",
        held: TrackedSnapshot,
    ) -> "RunRecord":
        """Have the client apply what the run found, and keep what was proposed.

        Of a small document the proposals are looked at once the edit is sent, before the loop
        reads what the client makes of it.
        """
        job.author = record.author
        keeping = asyncio.create_task(proposals.keep(job, execution, record, held))
        if job.refined is not None or not proposals.kept_at_once(job):
            await keeping
        job.seen()
        if job.refined is None:
            result = PendingEdit(job.prepared, plan, held, job.review, author=record.author)
            return await self._finish(job, record, result, keeping)
        record = replace(record, needs_confirmation=plan.needs_confirmation(job.review))
        try:
            show = self._show.document
            sent = await proposals.put(self._server, show, job, RESULT, job.may_send)
        except (StaleDocument, RunError) as error:
            return replace(record, reason=str(error))
        if sent is None:
            return replace(record, reason=proposals.SAME)
        applied = sent.reason is None
        if applied:
            job.taken(RESULT)
        return replace(record, edit=sent.edit, applied=applied, reason=sent.reason)

    async def _finish(
        self, job: Job, record: "RunRecord", result: PendingEdit, keeping: "asyncio.Task[None]"
    ) -> "RunRecord":
        """Have the client apply what the run found; ``keeping`` ends with its proposals kept."""
        record = replace(record, needs_confirmation=result.confirm)
        try:
            sent = await result.apply(self._server, job.may_send, self._show.document)
        except (StaleDocument, RunError) as error:
            keep = isinstance(error, StaleDocument) and result.hold.live
            job.kept = result if keep else None
            return replace(record, reason=str(error))
        finally:
            await keeping
        if sent.reason is not None and sent.again:
            job.kept = result
        applied = sent.reason is None
        if applied:
            job.taken(RESULT)
            if job.choices is not None:
                job.choices.went_in(sent.plan)
        return replace(record, edit=sent.edit, applied=applied, reason=sent.reason)

    def _forget_old(self) -> None:
        ended = [run for run, job in self._jobs.items() if job.ended.is_set()]
        for run in ended[: surplus([self._jobs[each] for each in ended])]:
            job = self._jobs.pop(run)
            if job.kept is not None:
                job.kept.hold.release()
            if job.choices is not None:
                job.choices.target.release()
