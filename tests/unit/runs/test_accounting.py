"""A run's accounts, with an execution that is played: what it asks for, spends and leaves."""

import asyncio
from dataclasses import replace

import pytest

from moa_lsp.actions.definition import builtin
from moa_lsp.config.mixes import MixBudget, MixFile, build
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import ProviderEntry, Settings
from moa_lsp.config.values import frozen
from moa_lsp.context.collect import collect
from moa_lsp.context.items import ContextItems, SourceFile
from moa_lsp.errors import BudgetExceeded, RunError
from moa_lsp.mix.record import AgentRecord, Aggregation, RunRecord, cost_of
from moa_lsp.providers.base import Usage
from moa_lsp.runs import plan as plans
from moa_lsp.runs.accounting import (
    KEPT_NOTE,
    RunAccounting,
    RunCallbacks,
    RunSpec,
    case_key,
    charge,
    settled,
)
from moa_lsp.store.locations import StoreLocations
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.span import Span

LAB = ProviderEntry("lab", "openai", "https://lab.example/v1")

SETTINGS = {
    "context": {"max_tokens": 1000},
    # a request costs at most 1000 + 100 * 10 millionths
    "models": {"lab/a": {"price": {"input": 1, "output": 10}}},
    "budget": {"usd_per_run": 0.01, "usd_per_day": 0.012},
}

TRIO = {
    "name": "trio",
    "proposers": [{"model": "lab/a", "id": "a", "max_tokens": 100, "samples": 2}],
    "aggregator": [{"model": "lab/a", "max_tokens": 100}],
}
WORST = 2 * 0.002 + (1000 + 200 + 1000) / 1e6

TASK = Task("refactor", "replace", Snapshot("file:///a.py", "x = 1\n", "python", 3), Span(0, 5), 0)


def catalog(**settings):
    values = Settings.model_validate(frozen({**SETTINGS, **settings}))
    return Catalog(settings=values, providers={**BUILTIN, "lab": LAB})


def case(run="r1", *, mix=TRIO, task=TASK, **settings):
    made = build(MixFile.model_validate(frozen(mix)))
    bundle = collect(task, ContextItems(), room=1000)
    return RunSpec(run, builtin()["refactor"], task, made, catalog(**settings), bundle)


class Execution:
    """Plays one run: counts how often it is asked for, and lasts until it is released."""

    def __init__(self, case, text="x = 2", *, cost=0.003, error=None, hangs=False, **values):
        self.case = case
        self.text = text
        self.cost = cost
        self.error = error
        self.values = values
        self.gate = asyncio.Event()
        if not hangs:
            self.gate.set()
        self.begun = 0
        self.began = asyncio.Event()
        self.agents = ()

    @property
    def work(self):
        return RunCallbacks(self.go, self.revive, self.now)

    def now(self):
        case = self.case
        return RunRecord(
            case.run, case.action.id, case.mix.name, case.mix.hash, proposals=self.agents
        )

    async def go(self):
        self.begun += 1
        self.began.set()
        self.agents = (AgentRecord("a", "lab/a", "cancelled", first_token_seconds=0.1),)
        await self.gate.wait()
        if self.error:
            raise self.error
        agent = AgentRecord("a", "lab/a", "ok", usage=Usage(10, 5), cost_usd=self.cost)
        self.agents = (agent,)
        record = replace(
            self.now(), usage=Usage(10, 5), cost_usd=self.cost, aggregation=Aggregation("agree"),
        )  # fmt: skip
        record = replace(record, **self.values)
        return self.finish(record, self.text)

    async def revive(self, kept):
        record = replace(self.now(), aggregation=settled(kept), warnings=kept.warnings)
        return self.finish(record, kept.text)

    def finish(self, record, text):
        if text is None:
            return replace(record, state="failed", reason="nothing"), None
        plan = plans.make(self.case.task, text)
        state = record.state if record.state != "running" else "done"
        return replace(record, state=state, text=text), plan


@pytest.fixture
async def books(tmp_path):
    """Accounts on the files of one user; ``books()`` is one more process."""
    made, told = [], []
    places = StoreLocations(tmp_path / "state" / "usage.db", tmp_path / "cache" / "results.db")

    def one():
        made.append(RunAccounting(places, told.append))
        return made[-1]

    one.told = told
    one.places = places
    yield one
    for each in made:
        await each.close()


async def test_a_run_is_reserved_settled_and_written_down(books):
    accounts = books()
    execution = Execution(case(), hangs=True)
    running = asyncio.create_task(accounts.carry_out(execution.case, execution.work))
    await execution.began.wait()
    assert (await accounts.usage())["today"]["reserved_usd"] == pytest.approx(WORST)
    execution.gate.set()
    record, plan = await running
    assert (record.state, record.text, len(plan.parts[0].edits)) == ("done", "x = 2", 1)
    accounts.taken("r1")
    told = await accounts.usage()
    assert (told["today"]["charged_usd"], told["today"]["reserved_usd"]) == (0.003, 0.0)
    assert told["session"] == {
        "runs": 1, "inline": 0, "usage": {"input": 10, "output": 5, "cached": 0},
        "cost_usd": 0.003,
        "cost_known": True, "offered": 1, "taken": 1, "acceptance": 1.0,
    }  # fmt: skip
    assert {**told["session"], "day": told["today"]["day"]}.items() <= told["today"].items()
    assert books.told == []


async def test_a_run_over_the_budget_asks_nobody(books):
    accounts = books()
    first = Execution(case("r1"), cost=0.006)
    await accounts.carry_out(first.case, first.work)
    other = Execution(case("r2", task=replace(TASK, instruction="more")))
    with pytest.raises(BudgetExceeded, match="usd_per_day"):
        await books().carry_out(other.case, other.work)  # in another process
    dear = Execution(case("r3", mix={**TRIO, "budget": {"usd": 0.001}}))
    with pytest.raises(BudgetExceeded, match="`budget: usd` of the mix trio"):
        await accounts.carry_out(dear.case, dear.work)
    assert other.begun == dear.begun == 0
    assert (await accounts.usage())["session"]["runs"] == 1


async def test_the_same_again_is_kept_also_after_a_restart(books):
    first, again = Execution(case("r1")), Execution(case("r2"))
    accounts = books()
    await accounts.carry_out(first.case, first.work)
    await accounts.close()
    restarted = books()
    record, plan = await restarted.carry_out(again.case, again.work)
    assert (record.run, record.text, record.cost_usd, len(plan.parts[0].edits)) == (
        "r2",
        "x = 2",
        0.0,
        1,
    )
    assert again.begun == 0
    assert record.warnings == (KEPT_NOTE,)
    assert (await restarted.usage())["today"]["runs"] == 2


async def moved(books, first, second):
    """How often the second run asks, after the first has ended."""
    accounts = books()
    for execution in (first, second):
        await accounts.carry_out(execution.case, execution.work)
        await accounts.usage()  # what is being written is written
    return second.begun


ANEW = {
    "cache off": lambda: ({"cache": {"enabled": False}}, {}, {}),
    "mix says no": lambda: ({}, {"mix": {**TRIO, "cache": False}}, {}),
    "fell back": lambda: ({}, {}, {"aggregation": Aggregation("select", fallback="down")}),
    "no result": lambda: ({}, {}, {"text": None}),
    "hidden characters": lambda: ({}, {}, {"text": "x = '\u202e'"}),
    "does not parse": lambda: ({}, {}, {"text": "x = ("}),
}


@pytest.mark.parametrize("why", ANEW)
async def test_a_result_that_is_not_to_be_kept_is_asked_for_anew(books, why):
    settings, how, played = ANEW[why]()
    budget = {"budget": {"usd_per_run": 1, "usd_per_day": 1}}
    both = [Execution(case(run, **how, **settings, **budget), **played) for run in ("r1", "r2")]
    assert await moved(books, *both) == 1


def test_a_key_is_of_everything_that_decides():
    same = replace(TASK, snapshot=replace(TASK.snapshot, version=9, opened=4))
    base = case_key(case())
    assert case_key(case("another run", task=same)) == base
    others = [
        case(task=replace(TASK, instruction="shorter")),
        case(task=replace(TASK, target=Span(0, 4))),
        case(task=replace(TASK, snapshot=replace(TASK.snapshot, text="x = 1\n#\n"))),
        case(task=replace(TASK, snapshot=replace(TASK.snapshot, uri="file:///b.py"))),
        case(mix={**TRIO, "deadline": 7}),
        replace(case(), action=replace(builtin()["refactor"], prompt="Make it short.")),
        case(models={"lab/a": {"price": {"input": 1, "output": 10}, "context": 5000}}),
    ]
    elsewhere = case()
    moved = {**elsewhere.catalog.providers, "lab": replace(LAB, base_url="https://evil.example")}
    others.append(replace(elsewhere, catalog=replace(elsewhere.catalog, providers=moved)))
    keys = [case_key(each) for each in others]
    assert len({base, *keys}) == len(keys) + 1
    tagged = replace(TASK, snapshot=replace(TASK.snapshot, text="00000000 = 1\n"))
    tagged = replace(tagged, diagnostics=(Diagnostic(Span(0, 1), "00000001"),))
    assert case_key(case(task=tagged)) == case_key(case(task=tagged))


def test_a_changed_neighbour_is_a_new_question():
    near = [
        ContextItems(
            neighbours=(SourceFile("b.py", "python", f"def b(price):\n    return orders + {n}"),)
        )
        for n in (1, 2)
    ]
    about = replace(TASK, snapshot=replace(TASK.snapshot, text="x = price + orders\n"))
    cases = [replace(case(task=about), bundle=collect(about, one, room=1000)) for one in near]
    assert all(each.bundle.view.sections for each in cases)
    assert len({case_key(case(task=about)), *map(case_key, cases)}) == 3


async def test_a12_a_result_with_a_secret_in_it_is_not_kept(books):
    text = "password = 'c4nary-Pw'\n"
    about = replace(
        TASK, snapshot=replace(TASK.snapshot, text=text), target=Span(0, len(text) - 1)
    )
    budget = {"budget": {"usd_per_run": 1, "usd_per_day": 1}}
    both = [Execution(case(run, task=about, **budget)) for run in ("r1", "r2")]
    assert not both[0].case.keeps
    assert await moved(books, *both) == 1


async def test_two_at_once_share_one_execution(books):
    accounts = books()
    leader, follower = Execution(case("r1"), hangs=True), Execution(case("r2"))
    running = asyncio.create_task(accounts.carry_out(leader.case, leader.work))
    await leader.began.wait()
    following = asyncio.create_task(accounts.carry_out(follower.case, follower.work))
    while next(iter(accounts._flight._shared.values())).waiting < 2:  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.001)
    running.cancel()  # the leader's own user has had enough; the follower's has not
    await asyncio.wait({running})
    leader.gate.set()
    record, plan = await following
    assert (record.run, record.state, record.cost_usd) == ("r2", "done", 0.0)
    assert plan is not None
    assert follower.begun == 0
    told = await accounts.usage()
    assert told["session"]["runs"] == 2
    assert told["today"]["charged_usd"] == told["session"]["cost_usd"] == 0.003


async def test_a_cancelled_run_is_charged_what_it_may_be_billed(books):
    accounts = books()
    execution = Execution(case(), hangs=True)
    running = asyncio.create_task(accounts.carry_out(execution.case, execution.work))
    await execution.began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    today = (await accounts.usage())["today"]
    assert (today["charged_usd"], today["reserved_usd"]) == (0.002, 0.0)
    assert (today["runs"], today["offered"]) == (1, 0)


async def test_a_run_cancelled_while_all_is_closed_is_written_down(books):
    accounts = books()
    execution = Execution(case(), hangs=True)
    running = asyncio.create_task(accounts.carry_out(execution.case, execution.work))
    await execution.began.wait()
    closing = asyncio.create_task(accounts.close())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running, closing})
    today = (await books().usage())["today"]
    assert (today["runs"], today["charged_usd"], today["reserved_usd"]) == (1, 0.002, 0.0)


async def test_an_error_is_written_down_and_passes(books):
    accounts = books()
    execution = Execution(case(), error=RunError("no"))
    with pytest.raises(RunError):
        await accounts.carry_out(execution.case, execution.work)
    assert (await accounts.usage())["session"]["runs"] == 1


def agent(state, cost=None, *, slot="a", first=None, uncounted=False, estimated=False):
    return AgentRecord(
        slot, "lab/a", state, first_token_seconds=first, cost_usd=cost, uncounted=uncounted,
        estimated=estimated,
    )  # fmt: skip


CHARGES = [
    ("done", [agent("ok", 0.001)], True, 0.001),
    ("done", [agent("ok", 0.001), agent("late", slot="a#2")], True, 0.003),
    ("done", [agent("ok", 0.001), agent("failed", slot="a#2")], True, 0.001),
    ("done", [agent("ok", 0.001), agent("failed", slot="a#2", first=0.2)], False, 0.003),
    # a model was at work, but nothing of it was taken; alone, and before a fallback that answered
    ("failed", [agent("failed", uncounted=True)], False, 0.002),
    ("done", [agent("ok", 0.001, uncounted=True)], False, 0.003),
    # what was streamed is charged by estimate, and not by the bound as well
    ("done", [agent("ok", 0.001), agent("late", 0.0004, slot="a#2", estimated=True)], False,
     0.0014),
    ("failed", [agent("failed", 0.0004, estimated=True)], False, 0.0004),
    ("failed", [agent("failed", 0.0004, estimated=True), agent("late", slot="a#2")], False,
     0.0024),
    # who was asked is not known here: an aggregator, or an agent of a mix within
    ("done", [agent("ok", 0.001)], False, WORST),
    ("cancelled", [agent("ok", 0.001), agent("ok", 0.001)], True, WORST),
    ("done", [agent("ok", 0.001), agent("late", slot="inner/b")], True, WORST),
    # whatever it was thought to cost at most, it cost more
    ("done", [agent("ok", 0.5)], True, 0.5),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CHARGES)))
def test_what_a_run_is_charged(number):
    state, agents, known, expected = CHARGES[number]
    record = RunRecord(
        "r", "refactor", "trio", "f", state=state, proposals=tuple(agents), cost_known=known,
        cost_usd=sum(each.cost_usd or 0 for each in agents),
        cost_estimated=cost_of(agents).estimated,
    )  # fmt: skip
    assert charge(case(), record, WORST) == pytest.approx(expected)
    assert charge(case(), record, None) == record.cost_usd


async def test_a_price_that_is_not_known_is_told_once(books):
    accounts = books()
    mix = {**TRIO, "aggregator": [{"model": "lab/unheard-of"}], "cache": False}
    for run in ("r1", "r2"):
        execution = Execution(case(run, mix=mix))
        await accounts.carry_out(execution.case, execution.work)
    assert len(books.told) == 1
    assert "lab/unheard-of" in books.told[0]
    bounded = replace(execution.case, mix=replace(execution.case.mix, budget=MixBudget(usd=1.0)))
    with pytest.raises(BudgetExceeded, match="is not known"):
        await accounts.carry_out(bounded, execution.work)


async def test_embedded_mixes_are_free_and_not_kept(books):
    mix = {"name": "embedded", "proposers": [{"model": "embedded/ruff"}]}
    both = [Execution(case(run, mix=mix), cost=0.0) for run in ("r1", "r2")]
    assert await moved(books, *both) == 1
    assert books.places.ledger.exists()
    assert not books.places.cache.exists()


async def test_memory_alone_writes_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    accounts = RunAccounting(None, pytest.fail)
    for run in ("r1", "r2"):
        execution = Execution(case(run))
        await accounts.carry_out(execution.case, execution.work)
        await accounts.usage()
    assert execution.begun == 0
    await accounts.close()
    assert list(tmp_path.iterdir()) == []
