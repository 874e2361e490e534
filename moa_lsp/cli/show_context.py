"""``moa-lsp run … --show-context``: what models would be sent, to the letter, asking nobody."""

import asyncio
import json
import secrets
import sys

from moa_lsp.actions.render import is_in
from moa_lsp.cli import output
from moa_lsp.cli.workspace_index import indexed
from moa_lsp.config.resolve import is_embedded
from moa_lsp.context.collect import ContextBundle
from moa_lsp.runs.preparation import PreparedRun
from moa_lsp.runs.prompting import PromptPreview, letters
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.text.sanitize import escape
from moa_lsp.text.tokens import tokens

ORDER = (
    "conventions", "project", "outline", "definitions", "snippets", "file", "edits", "reports",
    "before", "region", "after", "diagnostics", "instruction",
)  # fmt: skip
"""Of the parts, as they are shown."""

NOBODY = "the mix {} asks no model: nothing is sent; this is what a model would be shown"


def show(prepared: PreparedRun, runtime: RuntimeConfig, *, as_json: bool) -> int:
    """Print the messages, the tokens of each part, and what was left out; the exit code.

    Raises:
        UsageError: what the action works on is too large to be shown.
    """
    bundle, room = asyncio.run(_looked(prepared, runtime))
    mix = prepared.mix.mix
    tag = secrets.token_hex(4)
    while is_in(tag, bundle.view, *(agent.system for agent in mix.agents)):
        tag = secrets.token_hex(4)
    sent = letters(prepared.action, mix, bundle, tag=tag)
    if as_json:
        made = json.dumps(_as_json(prepared, bundle, sent, tag, room), indent=2)
        sys.stdout.write(f"{made}\n")
        return 0
    notes = list(bundle.warnings)
    if is_embedded(mix, runtime.catalog.providers):
        notes.insert(0, NOBODY.format(mix.name))
    for note in notes:
        sys.stderr.write(f"moa-lsp: {escape(note)}\n")
    _print(bundle, sent, room)
    return 0


async def _looked(prepared: PreparedRun, runtime: RuntimeConfig) -> tuple[ContextBundle, int]:
    try:
        async with indexed(prepared, runtime) as ready:
            shown = ready.shown(runtime)
            return await shown.bundle(always=True), shown.room()[0]
    finally:
        await runtime.close()


def _print(bundle: ContextBundle, sent: list[PromptPreview], room: int) -> None:
    where = output.console()
    for preview in sent:
        for message in preview.messages:
            content = message.content
            if where.is_terminal:  # to the letter, but for what would act there
                content = escape(content, keep_lines=True)
            sys.stdout.write(f"--- {message.role}, to {', '.join(preview.agents)}\n{content}\n\n")
    files = _files(bundle)
    rows = [
        (part, f"{bundle.spent[part]:,}", ", ".join(files.get(part, ())))
        for part in ORDER
        if bundle.spent.get(part)
    ]
    total = sum(bundle.spent.values())
    output.show_table(
        where,
        ("part", "tokens", "files"),
        [*rows, ("all", f"{total:,} of {room:,}", "")],
        numbers=("tokens",),
    )
    if bundle.left_out:
        sys.stdout.write("\n")
        left = [(each.what, each.why) for each in bundle.left_out]
        output.show_table(where, ("left out", "why"), left)


def _files(bundle: ContextBundle) -> dict[str, tuple[str, ...]]:
    """The files that each part names."""
    return {each.part: each.sources for each in bundle.view.sections if each.sources}


def _as_json(
    prepared: PreparedRun, bundle: ContextBundle, sent: list[PromptPreview], tag: str, room: int
) -> dict[str, object]:
    return {
        "action": prepared.action.id,
        "mix": prepared.mix.name,
        "tag": tag,
        "letters": [
            {
                "agents": list(preview.agents),
                "messages": [
                    {"role": each.role, "content": each.content} for each in preview.messages
                ],
                "tokens": sum(tokens(each.content) for each in preview.messages),
            }
            for preview in sent
        ],
        "room": room,
        "parts": {part: bundle.spent[part] for part in ORDER if part in bundle.spent},
        "files": {part: list(paths) for part, paths in _files(bundle).items()},
        "left_out": [{"what": each.what, "why": each.why} for each in bundle.left_out],
        "warnings": list(bundle.warnings),
    }
