"""Is an answer usable, and does it pass the gates? For proposals and for the synthesis alike.

Everything here is computed from the task's frozen snapshot; nothing is ever applied.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TypeVar

from moa_lsp import limits
from moa_lsp.answers import early_stop
from moa_lsp.answers.comment import comment
from moa_lsp.answers.compare import normalised, only_margins
from moa_lsp.answers.extract import (
    EMPTY,
    NO_CHANGE,
    Extraction,
    ExtractionTarget,
    extract,
    markdown,
)
from moa_lsp.answers.rejection import Category, Rejection
from moa_lsp.context.redaction import ELSEWHERE, Redaction
from moa_lsp.mix import limits as mix_limits
from moa_lsp.mix import multi_edit_answers
from moa_lsp.providers.base import Reply
from moa_lsp.syntax import gates
from moa_lsp.syntax.symbols import symbols
from moa_lsp.task import Form, Task
from moa_lsp.text.eol import convert, dominant, to_lf
from moa_lsp.text.lines import split_lines
from moa_lsp.text.sanitize import inspect_edit

KEPT_VERDICTS = 32
"""Of small documents: an answer is judged while it streams, when it has ended, by the aggregator's
steps and where proposals are listed, and a run has some ten of them."""

Checks = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of an answer: ``text`` when it is usable, else ``rejection`` says why not."""

    text: str | None
    rejection: Rejection | None = None
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str | None:
        """The sentence of the rejection."""
        return self.rejection.reason if self.rejection else None

    @property
    def category(self) -> Category | None:
        """The kind of rejection."""
        return self.rejection.category if self.rejection else None


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one task's answers: a large document's in a thread, so that the loop stays free.

    Attributes:
        veil: what models were not shown of it; agents that see all of it need none.
    """

    task: Task
    veil: Redaction | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)  # the gates want one thread at a time

    def of(self, form: Form) -> "Judge":
        """The judge of answers in another form."""
        return (
            self if form == self.task.form else replace(self, task=replace(self.task, form=form))
        )

    def enough(self, answer: str) -> bool:
        """Whether an answer that is still being written holds all that will be taken of it.

        Not looked at where that would hold the loop up: a large document's.
        """
        task = self.veil.task if self.veil else self.task
        small = len(task.snapshot.text) < mix_limits.STOPPED_EARLY_CHARS
        if not small or task.form != "region" or task.output in ("document", "comment"):
            return False
        if not early_stop.is_settled(answer, _asked(task)):
            return False
        found = usable(self.task, Reply(answer), self.veil).text
        return found is not None and fault(self.task, found, ("parse",)) is None

    async def usable(self, reply: Reply) -> Judgement:
        """As the function ``usable``."""
        return await self._done(partial(usable, self.task, reply, self.veil))

    async def fault(self, text: str, checks: Checks) -> Rejection | None:
        """As the function ``fault``."""
        return await self._done(partial(fault, self.task, text, checks))

    async def key(self, text: str) -> str:
        """As the function ``key``."""
        return await self._done(partial(key, self.task, text))

    async def lost(self, text: str) -> frozenset[str]:
        """As the function ``lost``."""
        return await self._done(partial(lost, self.task, text))

    async def _done(self, work: Callable[[], T]) -> T:
        files = self.task.files[1:]
        size = len(self.task.snapshot.text) + sum(len(each.snapshot.text) for each in files)
        if size < mix_limits.JUDGED_INLINE_CHARS:
            return work()
        async with self._one:
            return await asyncio.to_thread(work)


def usable(task: Task, reply: Reply, veil: Redaction | None = None) -> Judgement:
    """Take the answer out of a reply, or say why there is none.

    A text for a document has that document's line endings. What a model answers is read beside
    what it was shown; then the region's hidden values are put back.
    """
    if len(reply.text) > limits.MAX_ANSWER_CHARS and not reply.exact:
        reason = f"the answer is longer than {limits.MAX_ANSWER_CHARS:,} characters"
        return Judgement(None, Rejection("too_large", reason))
    if task.form != "region":
        return _changed(task, reply, veil)
    found = Extraction(reply.text) if reply.exact else _taken(veil.task if veil else task, reply)
    if found.code is None:
        return Judgement(None, _why(found), found.notes)
    text = found.code
    if reply.exact and not text and task.region and task.output == "replace":
        return Judgement("", None, found.notes)  # a tool may delete; a model that is silent errs
    if task.output != "document":
        text = convert(text, dominant(task.snapshot.text))
    if veil and not reply.exact:
        restored, damage = veil.restored(text)
        if restored is None:
            return Judgement(None, _unveiled(damage), found.notes)
        text = restored
    refused = _refused(task, text, exact=reply.exact)
    return Judgement(None if refused else text, refused, found.notes)


def _changed(task: Task, reply: Reply, veil: Redaction | None) -> Judgement:
    """As ``usable`` for changes of several places, and for proposals in words.

    Those in words keep their placeholders: nothing is made of them but another answer.
    """
    seen = replace(veil.task, form=task.form) if veil else task
    found = multi_edit_answers.taken(seen, reply.text, reply.finish)
    if found.code is None or veil is None or task.form == "sketch":
        return Judgement(found.code, _why(found), found.notes)
    if any(veil.holds_name(text) for text in multi_edit_answers.beside(seen, found.code)):
        return Judgement(None, _unveiled(ELSEWHERE), found.notes)
    restored, damage = veil.restored(found.code)
    return Judgement(restored, None if damage is None else _unveiled(damage), found.notes)


def _unveiled(reason: str | None) -> Rejection:
    return Rejection("placeholder", reason or ELSEWHERE)


def fault(task: Task, text: str, checks: Checks) -> Rejection | None:
    """Why the merged buffer fails the first named gate that it fails, else ``None``."""
    if task.form != "region":
        return multi_edit_answers.fault(task, text, checks)
    if task.output == "document":
        return None
    if task.output == "new_file":
        before, after, region = "", text, None
    else:
        before, after, region = task.snapshot.text, merged(task, text), task.region
    small = len(before) + len(after) < mix_limits.JUDGED_INLINE_CHARS
    gate = _kept_gate if small else _gate
    merge = _Merge(before, after, task.snapshot.language, region, text, task.python)
    for name in ("parse", "names"):
        if name in checks and (found := gate(name, merge)):
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Merge:
    """An answer in its place, as gates see it: the whole buffer before and after."""

    before: str
    after: str
    language: str
    region: str | None
    text: str
    python: tuple[int, int] | None


def _gate(name: str, merge: _Merge) -> Rejection | None:
    """Why a merge does not pass one gate."""
    before, after, language = merge.before, merge.after, merge.language
    if name == "parse":
        verdict = gates.parses(before, after, language, merge.region, merge.text, merge.python)
        return None if verdict.ok else Rejection("parse", verdict.reason or "does not parse")
    new = gates.new_names(before, after, language)
    if new:
        return Rejection("names", f"uses names that nothing defines: {', '.join(new)}")
    return None


_kept_gate = lru_cache(KEPT_VERDICTS)(_gate)
_kept_extract = lru_cache(KEPT_VERDICTS)(extract)


def lost(task: Task, text: str) -> frozenset[str]:
    """The functions and classes of the target that a replacement no longer defines.

    Of changes none: they may move a definition to another file. A plan says what is gone.
    """
    if task.output != "replace" or task.form != "region":
        return frozenset()
    return gone_from(task.region, text, task.snapshot.language)


def gone_from(before: str, now: str, language: str) -> frozenset[str]:
    """The functions and classes of a text that another no longer defines."""
    kept = {each.qualified for each in symbols(now, language)}
    return frozenset(each.qualified for each in symbols(before, language)) - kept


def merged(task: Task, text: str) -> str:
    """The whole buffer once ``text`` is in its place."""
    return f"{task.before}{task.placed(text)}{task.after}"


def key(task: Task, text: str) -> str:
    """Equal for answers that say the same: syntax trees where there is a grammar, else words.

    Comments do not count beside code, but where nothing else was asked for or changed, they are
    what the answers are about.
    """
    if task.form != "region":
        return multi_edit_answers.key(task, text)
    if task.output in ("document", "comment"):
        return normalised(text, "markdown")
    language = task.snapshot.language
    found = normalised(text, language)
    only_comments = task.output == "replace" and found == normalised(task.region, language)
    return normalised(text, "markdown") if only_comments else found


def _taken(task: Task, reply: Reply) -> Extraction:
    if task.output == "document":
        return markdown(reply.text, reply.finish, task.snapshot.text)
    if task.output == "comment":
        return comment(reply.text, reply.finish, task.snapshot.language, _margin(task.region))
    small = len(task.snapshot.text) + len(reply.text) < mix_limits.JUDGED_INLINE_CHARS
    return (_kept_extract if small else extract)(reply.text, reply.finish, _asked(task))


def _why(found: Extraction) -> Rejection | None:
    if found.code is not None:
        return None
    return Rejection(found.category or "no_code", found.reason or "no code in the answer")


def _margin(region: str) -> str:
    """The white space before a region's first words."""
    first = next((line for line in split_lines(region) if line.strip()), "")
    return first[: len(first) - len(first.lstrip())]


def _asked(task: Task) -> ExtractionTarget:
    """Where the answer goes, as extraction sees it: nothing is replaced but by a replacement."""
    before, region, after = task.before, task.region, task.after
    symbol = task.symbol
    if task.output == "new_file":
        before = region = after = ""
        symbol = None
    elif task.output == "insert_before":
        region, after = "", region + after
    elif task.output == "insert_after":
        # The ending of the target's last line stays with it.
        ending = split_lines(after)[0] if after.startswith(("\n", "\r")) else ""
        before, region, after = before + region + ending, "", after[len(ending) :]
    return ExtractionTarget(
        region=region,
        before=before,
        after=after,
        language=task.snapshot.language,
        insertion=not region.strip(),
        symbol=symbol,
    )


def _refused(task: Task, text: str, *, exact: bool) -> Rejection | None:
    """Why a text may not go on, whatever it says."""
    if not text.strip():
        return EMPTY
    room = limits.MAX_GROWTH_FACTOR * len(task.region) + limits.MAX_GROWTH_CHARS
    if len(text) > room:
        return Rejection("too_large", f"the result is larger than {room:,} characters")
    if task.output == "document":
        return None
    replaced = task.region if task.output == "replace" else ""
    if to_lf(text) == to_lf(replaced) or (not exact and _idle(task, text)):
        return NO_CHANGE
    for finding in inspect_edit(text, replaced, task.snapshot.language):
        if finding.verdict == "reject":
            reason = f"hidden or control characters: {finding.message}"
            return Rejection("hidden_characters", reason)
    return None


def _idle(task: Task, text: str) -> bool:
    """Whether a model's replacement differs in nothing that its action is about.

    White space at the ends of lines is worth an edit only to a fix: a tool may have reported it.
    Layout inside of lines counts: it is half of what the embedded tools do to refactor. So do
    comments: a document action writes nothing else. A tool's own answer is exact, and what it
    changes it means.
    """
    return task.output == "replace" and task.action != "fix" and only_margins(text, task.region)
