"""What clients can do and what users set decides how results are delivered (L12).

In one process: capabilities and settings differ in each test, the wire does not matter.
"""

import asyncio

import pytest

from tests.fakes.desk import CONFIG, able, fenced, write_config
from tests.fakes.inner_desk import InnerDesk


@pytest.fixture
async def runner(tmp_path):
    """``await desk(capabilities, config=…, **options)`` gives an initialised client."""
    desks = []

    async def begin(capabilities=None, *, config=CONFIG, **options):
        desks.append(InnerDesk(write_config(tmp_path / f"config{len(desks)}", config)))
        await desks[-1].initialize(capabilities, **options)
        return desks[-1]

    yield begin
    for each in desks:
        await each.call("shutdown", None)
        state = each.fake.state()
        assert (state["logs"], state["open"], state["waiting"], state["tokens"]) == (0, 0, 0, 0)
        assert state["closed"] is True


async def edit_of(runner, code="x = 1", **action_request):
    runner.script(a={"text": fenced(code)})
    buffer = runner.open("file:///able.py", "x=1\n")
    return await runner.run(buffer.range(0, 3), **action_request)


async def test_L12_a_client_that_applies_no_edits_has_them_in_the_result(runner):
    runner = await runner(able(workspace={}))
    record = await edit_of(runner)
    assert (record["state"], record["applied"]) == ("done", False)
    ((edit,),) = record["edit"]["changes"].values()
    assert edit["range"]["start"]["line"] == 0
    assert runner.told() == [f"Moa: {record['reason']}"]
    assert runner.edits == []
    with pytest.raises(AssertionError, match="no result waiting"):
        await runner.command("moa.apply", {"run": record["run"]})
    assert runner.fake.state()["logs"] == 0


async def test_L12_a_client_without_document_changes(runner):
    runner = await runner(able(workspace={"applyEdit": True, "workspaceEdit": {}}))
    assert (await edit_of(runner))["applied"] is True
    assert set(runner.edits[0]["edit"]) == {"changes"}
    assert runner.buffer.text == "x = 1\n"


ANNOTATED = able(
    workspace={
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "changeAnnotationSupport": {},
            "resourceOperations": ["create"],
        },
    }
)


@pytest.mark.parametrize(
    ("config", "options", "code", "asked"),
    [
        ("auto", {}, "x = 1", False),
        ("auto", {}, "y = 1", False),
        ("always", {}, "x = 1", True),
        ("auto", {"review": "always"}, "x = 1", True),
        ("always", {"review": "never"}, "x = 1", True),
        ("never", {"review": "auto"}, "x = 1", False),
        ("auto", {"review": "sometimes"}, "x = 1", False),
    ],
)
async def test_L12_review_asks_where_the_client_can_ask(runner, config, options, code, asked):
    runner = await runner(ANNOTATED, config=f"{CONFIG}review: {config}\n", **options)
    record = await edit_of(runner, code)
    assert record["applied"] is True
    assert record["needs_confirmation"] is asked
    edit = runner.edits[0]["edit"]
    edits = edit["documentChanges"][0]["edits"]
    if asked:
        (name,) = edit["changeAnnotations"]
        assert edit["changeAnnotations"][name]["needsConfirmation"] is True
        assert {each["annotationId"] for each in edits} == {name}
    else:
        assert "changeAnnotations" not in edit
        assert not any("annotationId" in each for each in edits)


async def test_a_user_who_thinks_before_agreeing_is_not_asked_twice(runner):
    runner = await runner(ANNOTATED, review="always")
    runner.fake.server.reply_s = 0.001
    apply, arrived = runner.wire.answers["workspace/applyEdit"], asyncio.Event()
    runner.wire.answers["workspace/applyEdit"] = lambda _params: arrived.set() or ...
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///slow.py", "x=1\n")
    running = asyncio.create_task(runner.run(buffer.range(0, 3)))
    await arrived.wait()
    await asyncio.sleep(0.1)  # longer than other answers are waited for
    (asked,) = runner.asked("workspace/applyEdit")
    runner.wire.give({"id": asked["id"], "result": apply(asked["params"])})
    assert (await running)["applied"] is True
    assert buffer.text == "x = 1\n"


@pytest.mark.parametrize(("review", "asked"), [("auto", True), ("never", False)])
async def test_review_of_an_edit_that_removes_a_definition(runner, review, asked):
    runner = await runner(ANNOTATED, review=review)
    text = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"
    runner.script(a={"text": fenced("class A:\n    def f(self):\n        return 3")})
    buffer = runner.open("file:///lost.py", text)
    record = await runner.run(buffer.range(0, len(text) - 1))
    assert record["needs_confirmation"] is asked
    assert record["warnings"] == ["removes A.g"]
    assert ("changeAnnotations" in runner.edits[0]["edit"]) is asked


@pytest.mark.parametrize("review", ["auto", "never"])
@pytest.mark.parametrize("able_to_ask", [True, False])
async def test_new_tests_are_a_new_file_that_is_always_asked_for(
    runner, tmp_path, able_to_ask, review
):
    runner = await runner(ANNOTATED if able_to_ask else None, review=review)
    asked = []
    runner.wire.answers["workspace/applyEdit"] = lambda p: asked.append(p) or {"applied": True}
    source = tmp_path / "shop.py"
    source.write_text("def f(a):\n    return a + 1\n")
    runner.script(
        a={"text": fenced("from shop import f\n\n\ndef test_f():\n    assert f(1) == 2")}
    )
    buffer = runner.open(source.as_uri(), source.read_text())
    record = await runner.run(buffer.range(0, 9), action="test")
    if not able_to_ask:
        assert (record["applied"], asked) == (False, [])
        assert "cannot ask" in record["reason"]
        record = await runner.command("moa.apply", {"run": record["run"]})
    assert record["applied"] is True, record["reason"]
    create, fill = asked[0]["edit"]["documentChanges"]
    assert create["kind"] == "create"
    assert create["uri"] == (tmp_path / "test_shop.py").as_uri()
    assert create["options"] == {"overwrite": False, "ignoreIfExists": False}
    assert fill["textDocument"] == {"uri": create["uri"], "version": None}
    assert fill["edits"][0]["newText"].endswith("assert f(1) == 2\n")
    assert ("changeAnnotations" in asked[0]["edit"]) is able_to_ask
    assert record["needs_confirmation"] is True
    assert not (tmp_path / "test_shop.py").exists(), "the editor writes files, the server none"


async def test_L12_a_client_that_creates_no_files_has_the_text_in_the_result(runner, tmp_path):
    runner = await runner(
        able(workspace={"applyEdit": True, "workspaceEdit": {"documentChanges": True}})
    )
    source = tmp_path / "shop.py"
    source.write_text("def f(a):\n    return a + 1\n")
    runner.script(a={"text": fenced("def test_f():\n    assert True")})
    buffer = runner.open(source.as_uri(), source.read_text())
    record = await runner.run(buffer.range(0, 9), action="test")
    assert (record["state"], record["applied"]) == ("done", False)
    assert "def test_f" in record["text"]
    assert runner.told() == [f"Moa: {record['reason']}"]
    assert runner.edits == []


# --- offers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [None, [], [2], [2, 1]])
async def test_the_tag_goes_only_to_clients_that_know_it(runner, known):
    tags = {} if known is None else {"tagSupport": {"valueSet": known}}
    runner = await runner(able(textDocument={"codeAction": tags}))
    buffer = runner.open("file:///tags.py", "x=1\n")
    offers = await runner.offers(buffer.range(0, 3))
    assert {"tags" in each for each in offers} == {known is not None and 1 in known}


@pytest.mark.parametrize(
    "options",
    [{"codeActions": {"onAutomatic": True}}, {"moa": {"codeActions.onAutomatic": True}}],
)
async def test_on_automatic(runner, options):
    runner = await runner(**options)
    buffer = runner.open("file:///automatic.py", "x=1\n")
    offers = await runner.offers(buffer.range(0, 3), triggerKind=2)
    assert {each["kind"] for each in offers} >= {"refactor.rewrite.moa.refactor"}


@pytest.mark.parametrize(("asked", "used"), [("duo", "duo"), ("auto", "solo"), ("", "solo")])
async def test_a_mix_of_the_editors_settings(runner, asked, used):
    """Editors send their default, `auto`, too: it leaves the choice to the configuration."""
    runner = await runner(mix=asked)
    mixes = await runner.command("moa.mixes")
    assert [each["name"] for each in mixes if each["selected"]] == [used]


async def test_a_mix_of_the_editors_settings_that_is_not_there(runner):
    runner = await runner(mix="gone")
    assert not any(each["selected"] for each in await runner.command("moa.mixes"))
    buffer = runner.open("file:///a.py", "x=1\n")
    titles = {each["title"] for each in await runner.offers(buffer.range(0, 3))}
    assert "Moa: Refactor" in titles
    with pytest.raises(AssertionError, match="no mix `gone`"):
        await runner.run(buffer.range(0, 3))


# --- two at once --------------------------------------------------------------------------------


async def test_L05_a_run_that_is_cancelled_twice_counts_once(runner):
    runner = await runner()
    runner.script(a={"hangs": True})
    buffer = runner.open("file:///twice.py", "x=1\n")
    running = asyncio.create_task(runner.run(buffer.range(0, 3)))
    while not runner.fake.provider.open:
        await runner.command("moa.mixes")
    jobs = runner.fake.session.jobs
    assert [jobs.cancel(None), jobs.cancel(None)] == [1, 0]
    assert (await running)["state"] == "cancelled"
    assert runner.fake.provider.cancelled == 1


async def test_L11_two_applies_at_once_apply_once(runner):
    runner = await runner()
    normal = runner.wire.answers["workspace/applyEdit"]
    runner.wire.answers["workspace/applyEdit"] = lambda _params: {"applied": False}
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///both.py", "x=1\n")
    run = (await runner.run(buffer.range(0, 3)))["run"]
    runner.wire.answers["workspace/applyEdit"] = normal
    both = [runner.command("moa.apply", {"run": run}) for _ in range(2)]
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert first["applied"] is True
    assert "no result waiting" in str(second)
    assert buffer.applied == ["Moa: Refactor · a"]


@pytest.mark.parametrize("how", ["says nothing", "loses its answer"])
async def test_L11_an_edit_that_may_have_gone_in_is_not_sent_again(runner, how):
    """In the whole text that a client sends, a line behind the target looks typed by the user."""
    runner = await runner()
    runner.fake.server.reply_s = 0.05
    normal = runner.wire.answers["workspace/applyEdit"]

    def silently(params):
        normal(params)
        if how == "loses its answer":
            asked = runner.asked("workspace/applyEdit")[-1]
            runner.wire.give({"id": asked["id"], "error": {"code": -32603, "message": "lost"}})
        return ...

    runner.wire.answers["workspace/applyEdit"] = silently
    runner.script(a={"text": fenced("y = 2")})
    buffer = runner.open("file:///silent.py", "x = 1\nz = 3\n")
    record = await runner.run(buffer.range(5, 5), "generate", instruction="y is 2")
    assert buffer.text == "x = 1\ny = 2\nz = 3\n"
    assert len(runner.edits) == 1
    assert (record["applied"], record["reason"].partition(";")[0]) == (
        False,
        "the editor did not say whether it applied the edit",
    )


async def test_a_kept_result_that_was_forgotten_while_it_is_applied_is_not_sent_again(runner):
    """Its log has ended: what was typed since is unknown, so nothing can be placed by it."""
    runner = await runner()
    runner.wire.answers["workspace/applyEdit"] = lambda _params: {"applied": False}
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///late.py", "x=1\n")
    run = (await runner.run(buffer.range(0, 3)))["run"]
    kept = runner.fake.session.jobs.get(run).kept

    def forgetting(_params):
        kept.hold.release()
        return {"applied": False}

    runner.wire.answers["workspace/applyEdit"] = forgetting
    sent = len(runner.asked("workspace/applyEdit"))
    with pytest.raises(AssertionError, match="closed"):
        await runner.command("moa.apply", {"run": run})
    assert len(runner.asked("workspace/applyEdit")) == sent + 1
