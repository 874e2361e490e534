"""What the tools do: list mixes, ask one, run an action on a file and show its diff.

Nothing is written. Files are read below one folder, through no link that leads out of it, and by
the rules that hold in an editor: what is never shown to models, where no action works.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from moa_lsp.chat.run import ChatRun, chat_mix
from moa_lsp.config.resolve import summaries
from moa_lsp.errors import NoProposal, UsageError
from moa_lsp.files.reading import Refusal, read_below
from moa_lsp.limits import MAX_DOCUMENT_CHARS
from moa_lsp.mix.progress import MixProgress
from moa_lsp.runs import unified_diff
from moa_lsp.runs.accounting import RunAccounting
from moa_lsp.runs.plan import NewFilePlan, Plan, ShowPlan
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.syntax.languages import by_path
from moa_lsp.task import Conversation, Message, Snapshot
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span
from moa_lsp.workspace.gather import WorkspaceContext

MAX_PROMPT_CHARS = 256 * 2**10
"""Of a question to a mix: what an agent pastes is a few files at most."""

_MAX_BYTES = 4 * MAX_DOCUMENT_CHARS
"""A code point takes four bytes at most in UTF-8."""

_LINES = re.compile(r"(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class MixTools:
    """The tools of one server.

    Attributes:
        root: the folder that they are confined to.
    """

    runtime: RuntimeConfig
    accounts: RunAccounting
    root: Path

    def list_mixes(self) -> list[Mapping[str, Any]]:
        """Every mix, whether it is ready, and what it lacks."""
        return [
            {
                "name": each.name,
                "description": each.description,
                "ready": not each.missing,
                "missing": list(each.missing),
            }
            for each in summaries(self.runtime.catalog)
        ]

    async def ask_mix(self, mix: str, prompt: str) -> str:
        """What a mix answers.

        Raises:
            MoaError: it cannot be asked, or nobody answered.
        """
        if not prompt.strip() or len(prompt) > MAX_PROMPT_CHARS:
            raise UsageError(f"the prompt is to have 1 to {MAX_PROMPT_CHARS:,} characters")
        conversation = Conversation((Message("user", prompt),))
        chosen = chat_mix(self.runtime, mix, conversation)
        run = ChatRun(conversation, chosen.mix, self.runtime, _unwatched, self.accounts)
        answer = await run.go()
        if answer.record.state != "done":
            raise NoProposal(answer.record.reason or "the mix gave no answer")
        return answer.text

    async def run_action(
        self,
        action: str,
        file: str,
        lines: str | None = None,
        instruction: str = "",
        mix: str | None = None,
    ) -> str:
        """What an action would change, as a unified diff; of one that explains, its Markdown.

        Args:
            action: its id.
            file: below the root.
            lines: ``START`` for a cursor there, or ``START-END``; they count from 1, both ends
                included. ``None`` for the whole file.
            instruction: what is wanted, in free words.
            mix: a mix by name, ``None`` for the configured one.

        Raises:
            MoaError: there is no such file, the action may not work there, or the run failed.
        """
        path, text = self._read(file)
        snapshot = Snapshot((self.root / path).as_uri(), text, by_path(path))
        selection = selected(text, lines)
        workspace = WorkspaceView(path, (), None, WorkspaceContext(self.root))
        request = ActionRequest(action, snapshot, selection, instruction, mix, workspace=workspace)
        prepared = prepare(self.runtime, request)
        record, plan = await Execution(prepared, self.runtime, _unwatched, self.accounts).go()
        if record.state != "done":
            raise NoProposal(record.reason or f"the run ended as {record.state}")
        if plan is None:
            return record.reason or "there is nothing to change"
        notes = "".join(f"note: {each}\n" for each in record.warnings)
        return f"{self._shown(plan, path)}{notes}"

    async def close(self) -> None:
        """Give back what the providers hold, and write what is to be written."""
        await self.runtime.close()
        await self.accounts.close()

    def _read(self, file: str) -> tuple[str, str]:
        """A file's real path below the root, and its text.

        Raises:
            UsageError: it lies elsewhere, or is no text.
        """
        if PurePath(file).is_absolute() or "\0" in file:
            raise UsageError("name the file by its path below the folder of this server")
        real = (self.root / file).resolve()
        if not real.is_relative_to(self.root):
            raise UsageError("the file lies outside the folder of this server")
        path = real.relative_to(self.root).as_posix()
        found = read_below(self.root, path, _MAX_BYTES)
        if isinstance(found, Refusal):
            raise UsageError("the file cannot be read below the folder of this server")
        if not found.whole or b"\0" in found.data:
            raise UsageError("the file is too large, or is no text")
        try:
            return path, found.data.decode()
        except UnicodeDecodeError as error:
            raise UsageError("the file is not UTF-8 text; save it as UTF-8 first") from error

    def _shown(self, plan: Plan, path: str) -> str:
        if isinstance(plan, ShowPlan):
            return f"{plan.text}\n"
        if isinstance(plan, NewFilePlan):
            path = plan.path.relative_to(self.root).as_posix()
        texts = plan.texts(path)
        return "".join(unified_diff.diff(each.before or "", each.after, each.path)
                       for each in texts)  # fmt: skip


def selected(text: str, lines: str | None) -> Span:
    """The part of a text that lines name.

    Raises:
        UsageError: there are no such lines.
    """
    if lines is None:
        return Span(0, len(text))
    found = _LINES.fullmatch(lines.strip())
    if found is None:
        raise UsageError("lines are START or START-END, both counted from 1")
    index = LineIndex(text)
    start = int(found["start"])
    end = int(found["end"] or start)
    if not 1 <= start <= end <= index.line_count:
        raise UsageError(f"the file has lines 1 to {index.line_count}")
    first = index.line_span(start - 1)
    if found["end"] is None:
        line = text[first.start : first.end]
        cursor = first.start + len(line) - len(line.lstrip())
        return Span(cursor, cursor)
    return Span(first.start, index.line_span(end - 1).end)


def _unwatched(_progress: MixProgress) -> None:
    """Nobody is shown how far a run is."""
