"""``textDocument/codeAction``: what may be done here, without disk, network or model.

Each offer carries a command; nothing is resolved and nothing runs until the user picks one.
"""

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp import limits
from moa_lsp.errors import ConfigError
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot, hold
from moa_lsp.lsp.features import proposal_actions
from moa_lsp.lsp.features.execute_command import RUN

if TYPE_CHECKING:
    from moa_lsp.actions.definition import Action
    from moa_lsp.lsp.session.session import Session

KINDS = ("refactor.rewrite.moa", "quickfix.moa", "source.moa")
"""Announced at ``initialize``: clients skip servers whose kinds they do not want."""


Offers = list[types.CodeAction | types.Command]


def offer(session: "Session", params: types.CodeActionParams) -> Offers | Awaitable[Offers]:
    """The actions that make sense for this range, at once or when the setup was read."""
    uri = params.text_document.uri
    document = session.server.documents.get(uri)
    if document is None:
        return []
    if session.runtimes.now is None:
        return _offer_when_ready(session, params)
    offers = _offers(session, params, document.version)
    if offers:
        _remember(session, params, hold(session.server.documents, uri))
    return offers


async def _offer_when_ready(session: "Session", params: types.CodeActionParams) -> Offers:
    """As ``offer``; the range is of the text that was there when it was asked for."""
    held = hold(session.server.documents, params.text_document.uri)
    offers: Offers = []
    try:
        with suppress(ConfigError):  # the user has been told
            await session.runtimes.soon()
            offers = _offers(session, params, held.snapshot.version)
    finally:
        if not offers:
            held.release()
    if offers:
        _remember(session, params, held)
    return offers


def _remember(session: "Session", params: types.CodeActionParams, held: TrackedSnapshot) -> None:
    session.offers.made(held, params.context.diagnostics)
    session.imports.begin()


def _offers(session: "Session", params: types.CodeActionParams, version: int | None) -> Offers:
    """The offers of a setup that was read; ``version`` is what the range was taken from."""
    runtime = session.setup_now
    document = session.server.documents.get(params.text_document.uri)
    if runtime is None or document is None or len(document) > limits.MAX_DOCUMENT_CHARS:
        return []
    if _takes_orders(session, document.uri, runtime.catalog.settings.context.allow):
        return []
    automatic = (
        params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
        and not session.options.on_automatic
    )
    marked = params.range.start != params.range.end
    if len(document) > limits.SELECTION_ONLY_CHARS and not marked:
        return []
    offers = []
    for action in runtime.actions.values():
        if automatic and action.when != "diagnostics":
            continue
        if not _fits(action, marked=marked, diagnosed=bool(params.context.diagnostics)):
            continue
        kind = f"{action.kind}.moa.{action.id}"
        if not _wanted(kind, params.context.only):
            continue
        offers.append(_code_action(session, action, kind, params, version))
    if not automatic:
        offers += _of_last_run(session, params)
    return offers


def _takes_orders(session: "Session", uri: str, allow: Sequence[str]) -> bool:
    """Whether an editor, an agent or CI takes orders from this file; by its name alone."""
    from moa_lsp.context.deny import DenyRules
    from moa_lsp.files.guarded import takes_orders
    from moa_lsp.files.uris import local_path, named_path

    root = session.root_of(uri)
    path = local_path(uri)
    spelled = named_path(uri) if path is None else path.as_posix()
    named = takes_orders(spelled, root.as_posix() if root else None)
    return named is not None and not DenyRules.of((), {}, allow).allows(session.path_of(uri))


def _fits(action: "Action", *, marked: bool, diagnosed: bool) -> bool:
    return {
        "selection": marked,
        "cursor": not marked,
        "diagnostics": diagnosed,
        "any": True,
    }[action.when]


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a kind or one of its parents was asked for; no kinds mean every kind."""
    if not only:
        return True
    return any(
        action_request in ("", kind) or kind.startswith(f"{action_request}.")
        for action_request in map(_name, only)
    )


def _name(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _code_action(
    session: "Session",
    action: "Action",
    kind: str,
    params: types.CodeActionParams,
    version: int | None,
) -> types.CodeAction | types.Command:
    uri = params.text_document.uri
    document = session.server.documents.get(uri)
    action_request = {
        "action": action.id,
        "uri": uri,
        "range": {
            "start": _place(params.range.start),
            "end": _place(params.range.end),
        },
        "version": version,
    }
    title = f"Moa: {action.title}"
    mix = _mix_name(session, action, uri, document.language if document else "")
    if mix:
        title = f"{title} · {mix}"
    command = types.Command(title=title, command=RUN, arguments=[action_request])
    if not _knows_literals(session):
        return command
    return types.CodeAction(
        title=title,
        kind=kind,
        diagnostics=list(params.context.diagnostics) if action.when == "diagnostics" else None,
        command=command,
        tags=list(_tags(session)) or None,
    )


def _of_last_run(
    session: "Session", params: types.CodeActionParams
) -> Iterator[types.CodeAction | types.Command]:
    """What can be done with what the last run left here."""
    for title, kind, command, argument in proposal_actions.offers(
        session, params.text_document.uri, params.range
    ):
        if not _wanted(kind, params.context.only):
            continue
        run = types.Command(title=title, command=command, arguments=[argument])
        if not _knows_literals(session):
            yield run
            continue
        tags = list(_tags(session)) or None
        yield types.CodeAction(title=title, kind=kind, command=run, tags=tags)


def _place(position: types.Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}


def _knows_literals(session: "Session") -> bool:
    """Whether the client takes ``CodeAction``; others take commands (LSP 3.18, Code Action)."""
    text_document = session.server.client_capabilities.text_document
    able = text_document.code_action if text_document else None
    return able is not None and able.code_action_literal_support is not None


def _tags(session: "Session") -> Iterator[types.CodeActionTag]:
    text_document = session.server.client_capabilities.text_document
    able = text_document.code_action if text_document else None
    known = able.tag_support.value_set if able and able.tag_support else ()
    if types.CodeActionTag.LlmGenerated in known:
        yield types.CodeActionTag.LlmGenerated


def _mix_name(session: "Session", action: "Action", uri: str, language: str) -> str | None:
    from moa_lsp.config.resolve import choose
    from moa_lsp.errors import UsageError

    runtime = session.setup_now
    if runtime is None:
        return None
    try:
        chosen = choose(
            runtime.catalog,
            action=action.id,
            language=language,
            path=session.path_of(uri),
            requested=session.selected("actions"),
        )
    except UsageError:  # a route names a mix that is gone: the run will say so
        return None
    return chosen.name
