"""From a wish to a record and a plan; every refusal is one sentence that says what to do."""

import asyncio
import json
import threading
from dataclasses import replace

import pytest

from moa_lsp import limits
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import BudgetExceeded, RunError, UsageError
from moa_lsp.providers.base import Usage
from moa_lsp.runs import plan as plans
from moa_lsp.runs.accounting import RunAccounting
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.run import NO_MODEL_HINT, Execution
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Diagnostic, Snapshot
from moa_lsp.text.span import Span
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.clock import virtual_run
from tests.fakes.runs import APOLOGY, BEFORE, BROKEN, code, text
from tests.fakes.scripted import Line, Scripted

CONFIG = """\
mix: mine
mix_dirs: [mixes]
actions_dirs: [actions]
routes:
  - {path: "web/**", mix: embedded}
models:
  scripted/a: {price: {input: 1, output: 10, cached_input: 0.5}}
  scripted/b: {price: {input: 2, output: 20}}
"""
MINE = """\
name: mine
proposers: [{model: scripted/a}, {model: scripted/b}]
aggregator: [{agree: 1.0}, {verify: [parse]}, {model: scripted/agg}]
deadline: 30
"""
KEYED = "name: keyed\nproposers: [{model: mistral/mistral-large}]\n"
ACTION = """\
---
id: {id}
title: {id}
kind: refactor.rewrite
when: any
scope: file
output: {output}
---
Do it to {{{{document}}}}.
"""
FUNCTION = Span(BEFORE.index("def size"), len(BEFORE) - 1)


@pytest.fixture
def runtime(tmp_path) -> RuntimeConfig:
    files = {
        "config.yaml": CONFIG,
        "mixes/mine.yaml": MINE,
        "mixes/keyed.yaml": KEYED,
        "actions/polish.md": ACTION.format(id="polish", output="replace"),
        "actions/refactor.md": ACTION.format(id="refactor", output="document"),
        "actions/broken.md": "no head",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return load_runtime_config(
        config=tmp_path / "config.yaml",
        environ={},
        providers={"scripted": Scripted({})},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )


def answering(runtime: RuntimeConfig, **script) -> RuntimeConfig:
    return replace(runtime, providers={**runtime.providers, "scripted": Scripted(script)})


def action_request(action: str = "refactor", document: str = BEFORE, **more) -> ActionRequest:
    language = more.pop("language", "python")
    snapshot = Snapshot(more.pop("uri", "file:///w/size.py"), document, language, 1)
    return ActionRequest(action, snapshot, more.pop("selection", FUNCTION), **more)


def go(runtime: RuntimeConfig, asked: ActionRequest):
    execution = Execution(prepare(runtime, asked), runtime, lambda _progress: None)
    record, plan = virtual_run(execution.go())
    json.dumps(record.as_json())
    return record, plan, execution


LARGE = "x = 1\n" * (limits.SELECTION_ONLY_CHARS // 6 + 1)
REFUSED = [
    (
        action_request("nonsense"),
        "there is no action `nonsense`; choose one of document, explain, ",
    ),
    (action_request(mix="nonsense"), "there is no mix `nonsense`"),
    (action_request(mix="mien"), "did you mean `mine`?"),
    (action_request(mix="keyed"), "the mix `keyed` is not ready: mistral: "),
    (
        action_request(instruction="x" * 8193),
        "the instruction is longer than 8,192 characters; shorten it",
    ),
    (
        action_request(document="x" * (limits.MAX_DOCUMENT_CHARS + 1)),
        "the document is larger than 10,485,",
    ),
    (action_request(document=LARGE, selection=Span(3, 3)), "; select the part that you mean"),
    (
        action_request(document="", selection=Span(0, 0)),
        "no code here for refactor; select the code",
    ),
    (action_request(document="x\n \n", selection=Span(2, 3)), "no code here for refactor"),
    (
        action_request("explain-comment", document="{}", language="json", selection=Span(0, 0)),
        "use explain",
    ),
    (action_request("test", uri="untitled:One"), "save it, then ask for its tests"),
]


@pytest.mark.parametrize(("asked", "part"), REFUSED)
def test_refused(runtime, asked, part):
    with pytest.raises(UsageError) as caught:
        prepare(runtime, asked)
    message = str(caught.value)
    assert part in message
    assert "\n" not in message
    assert message[0].islower()
    assert not message.endswith(".")


def test_prepared(runtime):
    inside = Diagnostic(Span(FUNCTION.start, FUNCTION.start + 3), "unused")
    outside = Diagnostic(Span(0, 3), "elsewhere")
    asked = action_request("fix", instruction=" now ", diagnostics=(inside, outside))
    first, second = prepare(runtime, asked), prepare(runtime, asked)
    assert first.run != second.run
    assert (first.task.action, first.task.output, first.task.symbol) == ("fix", "replace", "size")
    assert first.task.region == BEFORE[FUNCTION.start : FUNCTION.end]
    assert first.task.instruction == "now"
    assert first.task.diagnostics == (inside,)
    assert (first.mix.name, first.new_file) == ("mine", None)
    assert (
        prepare(runtime, action_request(workspace=WorkspaceView("web/a.py"))).mix.name
        == "embedded"
    )


def test_a_large_document_takes_a_selection(runtime):
    prepared = prepare(runtime, action_request(document=LARGE, selection=Span(0, 5)))
    assert prepared.task.region == "x = 1"


def test_a_blank_place_is_fine_for_generate(runtime):
    assert (
        prepare(runtime, action_request("generate", document="", selection=Span(0, 0))).task.region
        == ""
    )


def test_a_test_goes_to_a_new_file(runtime, tmp_path):
    uri = (tmp_path / "size.py").as_uri()
    assert prepare(runtime, action_request("test", uri=uri)).new_file == tmp_path / "test_size.py"


def test_a_users_action_runs_and_never_replaces_a_built_in_one(runtime):
    assert runtime.actions["polish"].output == "replace"
    assert runtime.actions["refactor"].builtin
    problems = [str(each) for each in runtime.catalog.problems]
    assert any(
        "a second action `refactor`: the first is the built-in one" in each for each in problems
    )
    assert any("broken.md" in each for each in problems)


def test_a_run_that_changes_something(runtime):
    runtime = answering(runtime, a=code(1, seconds=2), b=code(1, seconds=3))
    record, plan, execution = go(runtime, action_request())
    assert plan is not None
    assert plan.texts("")[0].after == f"import os\n\n\n{text(1)}\n"
    assert (record.state, record.text, record.reason) == ("done", text(1), None)
    assert (record.run, record.action) == (execution.prepared.run, "refactor")
    assert (record.mix, record.mix_hash) == ("mine", execution.prepared.mix.hash)
    assert record.seconds == 3
    assert record.aggregation is not None
    assert record.aggregation.by == "agree"
    assert [each.state for each in record.proposals] == ["ok", "ok"]


def test_an_aggregated_run_adds_everything_up(runtime):
    runtime = answering(
        runtime,
        a=code(1, usage=Usage(1000, 100, 400), cost_usd=None),
        b=code(2, usage=Usage(1000, 100), cost_usd=None),
        agg=code(3, usage=Usage(5000, 10), cost_usd=0.25),
    )
    record, _, _ = go(runtime, action_request())
    assert record.text == text(3)
    assert [each.cost_usd for each in record.proposals] == pytest.approx([0.0018, 0.004])
    assert record.usage == Usage(7000, 210, 400)
    assert record.cost_usd == pytest.approx(0.2558)
    assert record.cost_known
    assert [each.agent for each in record.proposals] == ["a", "b"]


def test_an_unknown_price_is_said(runtime):
    runtime = answering(runtime, a=code(1), b=code(2), agg=code(3, cost_usd=None))
    record, _, _ = go(runtime, action_request())
    assert not record.cost_known
    assert record.cost_usd == pytest.approx(0.002)


def test_warnings_of_run_and_plan_come_together(runtime):
    two = BEFORE + "\n\ndef other():\n    return 1\n"
    runtime = answering(runtime, a=Line(text(1)), b=Line(declines="no"), agg=code(1))
    record, plan, _ = go(
        runtime, action_request(document=two, selection=Span(FUNCTION.start, len(two) - 1))
    )
    assert plan is not None
    assert plan.risky
    assert record.warnings[-1:] == plan.warnings == ("removes other",)


ENDS = [
    (
        {"a": Line(APOLOGY), "b": Line(BROKEN), "agg": Line(BROKEN)},
        action_request(),
        "failed",
        "no proposal",
    ),
    (
        {"a": Line(declines="no"), "b": Line(declines="no")},
        action_request(),
        "failed",
        "no agent of this",
    ),
    (
        {"a": Line(declines="no"), "b": Line(declines="no")},
        action_request(instruction="x"),
        "failed",
        NO_MODEL_HINT,
    ),
    (
        {"a": code(1), "b": Line(declines="no")},
        action_request(document=f"{text(1)}\n", selection=Span(0, 5)),
        "done",
        "the mix found nothing to change",
    ),
    (
        {"a": Line(hangs=True), "b": Line(hangs=True)},
        action_request(),
        "failed",
        "answered in time; raise",
    ),
]


@pytest.mark.parametrize(("script", "asked", "state", "part"), ENDS)
def test_ends_without_an_edit(runtime, script, asked, state, part):
    if state == "failed" and "agg" in script:
        part = "nothing that parses came of it"
    if asked.selection == Span(0, 5):
        asked = replace(asked, selection=Span(0, len(text(1))))
    record, plan, _ = go(answering(runtime, **script), asked)
    assert (record.state, plan, record.text) == (state, None, None)
    assert part in (record.reason or "")
    assert record.seconds <= 30


def test_a_cancelled_run_can_be_told(runtime):
    runtime = answering(
        runtime, a=code(1, seconds=1), b=code(2, seconds=2), agg=code(3, seconds=4, cost_usd=None)
    )
    execution = Execution(prepare(runtime, action_request()), runtime, lambda _progress: None)

    async def cancelled(at: float):
        assert execution.record().seconds == 0
        work = asyncio.ensure_future(execution.go())
        await asyncio.sleep(at)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        return execution.record()

    record = virtual_run(cancelled(5))
    assert [each.state for each in record.proposals] == ["ok", "ok"]
    assert (record.state, record.seconds, record.cost_usd) == ("running", 5, 0.002)
    assert not record.cost_known  # the aggregator had begun to answer


def test_markdown_and_comments(runtime):
    said = Line("It **sizes** a file.\n\nThat is all.")
    runtime = answering(runtime, a=said, b=said)
    record, plan, _ = go(runtime, action_request("explain"))
    assert plan is not None
    assert plan.text == record.text == said.text
    record, plan, _ = go(runtime, action_request("explain-comment"))
    assert plan is not None
    assert plan.texts("")[0].after == BEFORE.replace(
        "def size", "# It **sizes** a file.\n#\n# That is all.\ndef size"
    )


BOUNDED = """\
name: bounded
proposers: [{model: scripted/a, max_tokens: 100}]
budget: {usd: 0.05}
"""


async def accounted(runtime: RuntimeConfig, *wishes: ActionRequest):
    """Run wishes one after the other with accounts in memory; records, and the day's usage."""
    accounts = RunAccounting(None, lambda _sentence: None)
    runtime = replace(runtime, accounted=True)
    records = []
    try:
        for asked in wishes:
            execution = Execution(
                prepare(runtime, asked), runtime, lambda _progress: None, accounts
            )
            record, plan = await execution.go()
            assert plan is not None
            assert plan.parts[0].edits
            records.append(record)
        return records, await accounts.usage()
    finally:
        await accounts.close()


def test_the_same_again_is_found_in_the_accounts(runtime):
    runtime = answering(runtime, a=code(1, cost_usd=0.02), b=code(1, cost_usd=0.03))
    (first, again), usage = asyncio.run(accounted(runtime, action_request(), action_request()))
    assert first.run != again.run
    assert (again.text, again.state, again.mix) == (first.text, "done", "mine")
    assert (again.proposals, again.cost_usd) == ((), 0.0)
    assert again.aggregation == first.aggregation
    assert len(runtime.providers["scripted"].requests) == 2
    assert (usage["session"]["runs"], usage["session"]["cost_usd"]) == (2, 0.05)
    assert usage["today"]["charged_usd"] == 0.05


def test_two_at_once_are_one_execution_and_two_results(runtime):
    runtime = answering(runtime, a=code(1, seconds=0.01), b=code(1))
    runtime = replace(runtime, accounted=True)

    async def both():
        accounts = RunAccounting(None, lambda _sentence: None)
        runs = [
            Execution(
                prepare(runtime, action_request()), runtime, lambda _progress: None, accounts
            )
            for _ in range(2)
        ]
        found = await asyncio.gather(*(run.go() for run in runs))
        await accounts.close()
        return found

    (one, first), (other, second) = asyncio.run(both())
    assert first == second
    assert first is not None
    assert one.run != other.run
    assert sorted([one.cost_usd, other.cost_usd]) == [0.0, 0.002]
    assert len(runtime.providers["scripted"].requests) == 2


@pytest.mark.parametrize("dear", [False, True])
def test_a_run_over_its_budget_asks_nobody(runtime, dear, tmp_path):
    """A request of the mix costs at most 8000 + 100 * 10 millionths."""
    budget = "0.001" if dear else "0.05"
    (tmp_path / "mixes/bounded.yaml").write_text(BOUNDED.replace("0.05", budget))
    provider = Scripted({"a": code(1)})
    runtime = load_runtime_config(
        config=tmp_path / "config.yaml",
        environ={},
        providers={"scripted": provider},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )
    if not dear:
        asyncio.run(accounted(runtime, action_request(mix="bounded")))
        assert len(provider.requests) == 1
        return
    with pytest.raises(BudgetExceeded, match=r"`budget: usd` of the mix bounded"):
        asyncio.run(accounted(runtime, action_request(mix="bounded")))
    assert not provider.requests


def test_a_setup_with_providers_made_elsewhere_is_not_accounted(runtime):
    assert not runtime.accounted
    assert load_runtime_config(environ={}).accounted


def test_the_users_facts_about_a_models_window_count(runtime, tmp_path):
    facts = CONFIG + "  scripted/agg: {context: 3000}\n"
    (tmp_path / "config.yaml").write_text(facts)
    runtime = load_runtime_config(
        config=tmp_path / "config.yaml",
        environ={},
        providers={"scripted": Scripted({})},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )
    body = "".join(f"    a = {number}\n" for number in range(3000))
    long = Line(f"```python\ndef size(path):\n{body}    return a\n```")
    runtime = answering(runtime, a=long, b=code(2), agg=code(3))
    record, _, _ = go(runtime, action_request())
    assert record.text == text(3)
    (request,) = runtime.providers["scripted"].asked("agg")
    assert "of its 3,002 lines are shown" in request.messages[1].content


def test_the_embedded_mix_needs_nothing(runtime):
    """Ruff is not asked: its program is another's affair."""
    source = "class A:\n    def f(self):\n        return self.g(1)\n"
    asked = action_request("explain", document=source, selection=Span(0, 0), mix="embedded")
    execution = Execution(prepare(runtime, asked), runtime, lambda _progress: None)
    record, plan = asyncio.run(execution.go())
    assert plan is not None
    assert "`A`" in plan.text
    assert (record.state, record.cost_usd, record.cost_known) == ("done", 0.0, True)
    states = {each.agent: each.state for each in record.proposals}
    assert states == {"ruff": "declined", "skeleton": "declined", "outline": "ok"}


def test_a_setup_closes_its_providers(runtime):
    virtual_run(runtime.close())
    virtual_run(runtime.close())
    assert runtime.providers["scripted"].closed


@pytest.mark.parametrize(
    ("meanwhile", "sentence"),
    [
        (lambda root: (root / "src" / "test_size.py").touch(), "exists already"),
        (lambda root: (root / "src" / "test_size.py").symlink_to("/nowhere"), "exists already"),
        (lambda root: _moved_out(root), "does not lie in the workspace"),
    ],
    ids=["made", "linked", "moved"],
)
def test_A06_the_place_of_a_new_file_is_checked_again_when_it_is_made(
    runtime, tmp_path, meanwhile, sentence
):
    root = tmp_path / "w"
    (root / "src").mkdir(parents=True)
    source = root / "src" / "size.py"
    view = WorkspaceView(around=WorkspaceContext(root))
    prepared = prepare(
        runtime, action_request("test", mix="embedded", uri=source.as_uri(), workspace=view)
    )
    place, snapshot = prepared.new_file, prepared.task.snapshot
    assert view.check_new_file(place, snapshot) == (root / "src" / "test_size.py", root)
    meanwhile(root)
    with pytest.raises(RunError, match=sentence):
        view.check_new_file(place, snapshot)


def _moved_out(root):
    (root / "src").rename(root.parent / "elsewhere")
    (root / "src").symlink_to(root.parent / "elsewhere")


@pytest.mark.parametrize(("lines", "apart"), [(10, False), (40_000, True)])
def test_the_edit_of_a_long_document_is_planned_off_the_event_loop(
    runtime, monkeypatch, lines, apart
):
    threads = []
    make = plans.make

    def noted(*of):
        threads.append(threading.current_thread())
        return make(*of)

    monkeypatch.setattr(plans, "make", noted)
    runtime = answering(runtime, a=code(1), b=code(1))
    document = BEFORE + "\n" + "x = 1\n" * lines
    execution = Execution(
        prepare(runtime, action_request(document=document)), runtime, lambda _progress: None
    )
    _, plan = asyncio.run(execution.go())
    assert plan is not None
    assert [thread is not threading.main_thread() for thread in threads] == [apart]
