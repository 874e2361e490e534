"""Redaction: secrets are replaced in what models see and restored in their answers. Pure.

* The same value has the same placeholder all through a run, as long as the value where a model
  can be trusted to repeat it. No placeholder occurs in a text of the run, and none says anything
  of its value.
* A value comes back only inside the edited range, and only if it stood there before. An answer
  with one from elsewhere, or with a damaged placeholder, is refused.
* Values of several lines are hidden line by line, so that indentation may change.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType

from moa_lsp.context import limits
from moa_lsp.context.secrets import find
from moa_lsp.errors import UsageError
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.span import Span

MAX_SECRETS = 400
"""Values that are hidden in one document, a private key counting by lines; with more it is a file
of secrets, and each takes time in every prompt."""

MAX_PLACEHOLDER_CHARS = 40
"""Of what stands for a secret: models repeat that much without a slip."""

MAX_AROUND_CHARS = 128 * 2**10
"""Looked at on either side of a target: four times what the largest default budget shows."""


_LINE = re.compile(r"[^\r\n]*[^\s]")
_INDENT = re.compile(r"[^\S\r\n]*")
_NUMBER = 3  # digits of a placeholder's number, base 36


ELSEWHERE = "the answer brings a hidden value from outside the region"
"""Why an answer with such a value is refused."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """Redacted secrets of one run.

    Attributes:
        task: as models see it; of a long document what is near the target.
        values: by placeholder.
        own: the placeholders of values that stand in the region.
        stem: what all of them start with.
        count: how many secrets were found.
    """

    task: Task
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    own: frozenset[str] = frozenset()
    stem: str = ""
    count: int = 0

    def hide(self, text: str) -> str:
        """Any other text of the run with the same values hidden."""
        pattern = _any_of(self.values.values())
        if pattern is None:
            return text
        known = {value: name for name, value in self.values.items()}
        return pattern.sub(lambda found: known[found[0]], text)

    def tracked_documents(self, text: str) -> bool:
        """Whether a text has one of the values in it."""
        pattern = _any_of(self.values.values())
        return pattern is not None and pattern.search(text) is not None

    def holds_name(self, text: str) -> bool:
        """Whether a text has one of the placeholders in it."""
        return any(name in text for name in self.values)

    def restored(self, code: str) -> tuple[str | None, str | None]:
        """A model's code with the region's values back in it, or why it is refused."""
        if not self.values:
            return code, None
        names = "|".join(map(re.escape, self.values))
        used = set(re.findall(names, code))
        if self.task.output == "document":
            return code, None  # for the user to read: a placeholder says enough
        replaces = self.task.output in ("replace", "insert")
        if used - self.own or (used and not replaces):
            return None, ELSEWHERE
        code = re.sub(names, lambda found: self.values[found[0]], code)
        if self.stem.lower() in code.lower():
            return None, "the answer damages the placeholder of a hidden value"
        return code, None

    def warning(self) -> str | None:
        """What the user is told."""
        if not self.count:
            return None
        what = "value that looks like a secret was" if self.count == 1 else (
            "values that look like secrets were"
        )  # fmt: skip
        return f"{self.count} {what} hidden from the models; the result is not kept"


def veil(task: Task, others: Iterable[str] = ()) -> Redaction:
    """Hide the secrets of a task.

    Args:
        task: as it is.
        others: further texts of the run, in which no placeholder may occur.

    Raises:
        UsageError: there are so many that the document is a file of secrets.
    """
    near = _near(task)
    text, target = near.snapshot.text, near.target
    notes = [near.instruction, near.symbol or ""]
    notes += [part for each in near.diagnostics for part in (each.message, each.code or "")]
    notes += near.refinement.texts if near.refinement else ()
    found = find(text)
    said = [(note, each.span) for note in notes for each in find(note)]
    if not found and not said:
        return Redaction(near)
    spans = [part for each in found for part in _cut(text, each.span, target)]
    values = [text[span.start : span.end] for span in spans]
    values += [note[span.start : span.end] for note, span in said]
    values = list(dict.fromkeys(values))
    if len(values) > MAX_SECRETS:
        raise UsageError(
            f"the document holds more than {MAX_SECRETS} values that look like secrets; "
            "use the embedded mix"
        )
    stem = _stem([text, *notes, *others])
    names = {value: _placeholder(stem, number, value) for number, value in enumerate(values)}
    spans = _everywhere(text, spans, values)
    hidden, moved = _replaced(text, spans, names)
    own = {
        names[text[span.start : span.end]]
        for span in spans
        if target.start <= span.start and span.end <= target.end
    }
    made = Redaction(
        near,
        MappingProxyType({name: value for value, name in names.items()}),
        frozenset(own),
        stem,
        len({text[each.span.start : each.span.end] for each in found}) + len(said),
    )
    return replace(made, task=_shown(near, hidden, moved, made.hide))


def veil_conversation(task: Task) -> Redaction:
    """Hide the secrets of a chat, in every message, call and result.

    All of its texts are the client's own, so that every value may come back.

    Raises:
        UsageError: there are too many.
    """
    chat = task.conversation
    texts = chat.texts if chat is not None else ()
    found = [(text, each.span) for text in texts for each in find(text)]
    if chat is None or not found:
        return Redaction(task)
    parts = [(text, part) for text, span in found for part in _cut(text, span, Span(0, len(text)))]
    values = list(dict.fromkeys(text[part.start : part.end] for text, part in parts))
    if len(values) > MAX_SECRETS:
        raise UsageError(
            f"the conversation holds more than {MAX_SECRETS} values that look like secrets; "
            "leave the files that hold them out"
        )
    stem = _stem(texts)
    names = {_placeholder(stem, number, value): value for number, value in enumerate(values)}
    made = Redaction(task, MappingProxyType(names), frozenset(names), stem, len(values))
    shown = tuple(
        replace(
            each,
            content=made.hide(each.content),
            tool_calls=tuple(
                replace(call, arguments=made.hide(call.arguments)) for call in each.tool_calls
            ),
        )
        for each in chat.messages
    )
    return replace(made, task=replace(task, conversation=replace(chat, messages=shown)))


def _near(task: Task) -> Task:
    """The task with only so much of its document as could ever be shown."""
    text, most = task.snapshot.text, MAX_AROUND_CHARS
    start = max(0, task.target.start - most)
    end = min(len(text), task.target.end + most)
    if not start and end == len(text):
        return task
    return replace(
        task,
        snapshot=replace(task.snapshot, text=text[start:end]),
        target=Span(task.target.start - start, task.target.end - start),
        cursor=min(max(task.cursor, start), end) - start,
        diagnostics=tuple(
            replace(
                each,
                span=Span(
                    min(max(each.span.start, start), end) - start,
                    min(max(each.span.end, start), end) - start,
                ),
            )
            for each in task.diagnostics
        ),
    )


def _cut(text: str, span: Span, target: Span) -> list[Span]:
    """A secret line by line, without indentation, and cut where the target begins and ends."""
    parts: list[Span] = []
    at = span.start
    while at < span.end:
        indent = _INDENT.match(text, at, span.end)
        at = indent.end() if indent else at
        line = _LINE.match(text, at, span.end)
        if line is None:
            at += 1
            continue
        edges = [edge for edge in (target.start, target.end) if at < edge < line.end()]
        for start, end in zip([at, *edges], [*edges, line.end()], strict=True):
            if start < end:
                parts.append(Span(start, end))
        at = line.end()
    return parts


def _everywhere(text: str, spans: Sequence[Span], values: Sequence[str]) -> list[Span]:
    """The places that were found, and all others that say the same."""
    taken = sorted(spans)
    pattern = _any_of(values)
    if pattern is None:
        return taken
    more = []
    number = 0
    for match in pattern.finditer(text):
        while number < len(taken) and taken[number].end <= match.start():
            number += 1
        if number == len(taken) or match.end() <= taken[number].start:
            more.append(Span(*match.span()))
    return sorted([*taken, *more])


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """Any of those values that are long enough to be nothing else, longer ones first."""
    long = [value for value in values if len(value) >= limits.LEAST_PASSWORD_CHARS]
    if not long:
        return None
    return re.compile("|".join(map(re.escape, sorted(long, key=len, reverse=True))))


def _replaced(
    text: str, spans: Sequence[Span], names: Mapping[str, str]
) -> tuple[str, Callable[[int], int]]:
    """The text with placeholders, and where an offset has gone."""
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []  # old start, old end, new start
    done = length = 0
    for span in spans:
        if span.start < done:
            continue
        name = names[text[span.start : span.end]]
        length += span.start - done
        pieces += (text[done : span.start], name)
        places.append((span.start, span.end, length))
        length += len(name)
        done = span.end
    pieces.append(text[done:])

    def moved(offset: int) -> int:
        shift = 0
        for start, end, new in places:
            if offset <= start:
                break
            name = names[text[start:end]]
            if offset < end:
                return new
            shift = new + len(name) - end
        return offset + shift

    return "".join(pieces), moved


def _shown(task: Task, text: str, moved: Callable[[int], int], hide: Callable[[str], str]) -> Task:
    def seen(each: Diagnostic) -> Diagnostic:
        span = Span(moved(each.span.start), max(moved(each.span.start), moved(each.span.end)))
        code = None if each.code is None else hide(each.code)
        return replace(each, span=span, message=hide(each.message), code=code)

    def seen_beside(other: Snapshot) -> Snapshot:
        return replace(other, text=hide(other.text))

    snapshot = replace(task.snapshot, text=text)
    return replace(
        task,
        snapshot=snapshot,
        files=tuple(
            replace(file, snapshot=snapshot if not number else seen_beside(file.snapshot))
            for number, file in enumerate(task.files)
        ),
        target=Span(moved(task.target.start), moved(task.target.end)),
        cursor=moved(task.cursor),
        instruction=hide(task.instruction),
        symbol=None if task.symbol is None else hide(task.symbol),
        diagnostics=tuple(map(seen, task.diagnostics)),
        refinement=task.refinement and task.refinement.each(hide),
    )


def _stem(texts: Sequence[str]) -> str:
    """What no text has in it, whatever the case; always the same for the same texts."""
    lower = [text.lower() for text in texts]
    number = 0
    while True:
        stem = f"HIDDEN_{sha256(f'stem {number}'.encode()).hexdigest()[:4]}"
        if not any(stem.lower() in text for text in lower):
            return stem
        number += 1


def _placeholder(stem: str, number: int, value: str) -> str:
    """As long as the value, within bounds; made of its number alone."""
    counted = f"{number:0{_NUMBER}d}"
    length = min(max(len(value), len(stem) + len(counted)), MAX_PLACEHOLDER_CHARS)
    filler = sha256(f"{stem} {number}".encode()).hexdigest()
    return f"{stem}{counted}{filler}"[:length]
