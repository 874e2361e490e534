"""Text that moves while a run goes on: the edit goes to the right place or nowhere."""

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import fenced

pytestmark = pytest.mark.e2e

TARGET = "def f(a):\r\n    return a+1"
TEXT = f"# \U0001d4b3 head\r\nimport os\r\n\r\n\r\n{TARGET}\r\n\r\n\r\nend = '🦀'\r\n"
DONE = "def f(a):\r\n    return a + 1"
ANSWER = DONE.replace("\r\n", "\n")


@pytest.fixture
def begun(one, request):
    """A run that waits at its gate, and the gate's opener, which gives the record."""
    name = request.node.name
    one.forget()
    one.script(a={"text": fenced(ANSWER), "gate": name})
    buffer = one.open(f"file:///moved/{abs(hash(name))}.py", TEXT)
    run = one.run(buffer.range_of(TARGET), version=1)
    one.until(open=1)

    def finish():
        one.gate(name)
        return one.result(run)

    yield one, buffer, run, finish
    one.client.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})
    one.gate(name)
    assert one.result(run)["state"] != "running"
    assert one.state()["open"] == 0


def insert_before(runner):
    runner.type("# \U0001d4b3 head", "# \U0001d4b3🦀 a longer head\r\n# of two lines")


def delete_before(runner):
    runner.type("# \U0001d4b3 head\r\n", "")


def change_after(runner):
    runner.type("end = '🦀'", "start = 1\r\nend = 2")


def both(runner):
    insert_before(runner)
    change_after(runner)


def whole_text(runner):
    """As clients do that send everything: no range at all."""
    text = runner.buffer.text.replace("import os", "import os\r\nimport sys")
    runner.client.notify("textDocument/didChange", runner.buffer.whole(text))


def undone(runner):
    runner.type("return a+1", "return a+1 # note")
    runner.type("return a+1 # note", "return a+1")


@pytest.mark.parametrize(
    "change", [insert_before, delete_before, change_after, both, whole_text, undone]
)
def test_L07_outside_the_target_the_edit_moves_along(begun, change):
    runner, buffer, _, finish = begun
    change(runner)
    expected = buffer.text.replace(TARGET, DONE)
    version = buffer.version
    record = finish()
    assert record["applied"] is True, record["reason"]
    assert buffer.text == expected
    (sent,) = runner.edits
    assert sent["edit"]["documentChanges"][0]["textDocument"]["version"] == version
    assert runner.told() == []


def inside(runner):
    runner.type("return a+1", "return a+2")


def touching_start(runner):
    runner.type("\r\n\r\n\r\ndef f", "\r\n\r\n\r\n@cached\r\ndef f")


def touching_end(runner):
    runner.type("a+1\r\n", "a+1  # why\r\n")


def whole_inside(runner):
    text = runner.buffer.text.replace("a+1", "a+3")
    runner.client.notify("textDocument/didChange", runner.buffer.whole(text))


@pytest.mark.parametrize("change", [inside, touching_start, touching_end, whole_inside])
def test_L08_inside_the_target_nothing_is_applied_and_the_user_told_once(begun, change):
    runner, buffer, run, finish = begun
    change(runner)
    text = buffer.text
    record = finish()
    assert (record["state"], record["applied"], record["edit"]) == ("done", False, None)
    assert record["text"].replace("\r\n", "\n") == ANSWER
    assert "inside the target" in record["reason"]
    assert runner.told() == [f"Moa: {record['reason']}"]
    with pytest.raises(ServerError, match="inside the target") as refused:
        runner.client.command("moa.apply", {"run": run})
    assert refused.value.code == -32803, "ContentModified would be dropped without a word"
    assert runner.edits == []
    assert buffer.text == text
    assert len(runner.told()) == 1


def test_L08_once_the_change_is_undone_a_kept_result_applies_once(begun):
    runner, buffer, run, finish = begun
    inside(runner)
    finish()
    runner.type("return a+2", "return a+1")
    record = runner.client.command("moa.apply", {"run": run})
    assert record["applied"] is True
    assert record["reason"] is None
    assert buffer.text == TEXT.replace(TARGET, DONE)
    assert runner.result(run)["applied"] is True
    with pytest.raises(ServerError, match="no result waiting"):
        runner.client.command("moa.apply", {"run": run})
    assert len(runner.edits) == 1


def test_L08_an_undo_besides_another_change_is_still_refused(begun):
    """Only the whole text as it was proves that the target is where it was."""
    runner, _, run, finish = begun
    inside(runner)
    finish()
    runner.type("return a+2", "return a+1")
    insert_before(runner)
    with pytest.raises(ServerError, match="inside the target"):
        runner.client.command("moa.apply", {"run": run})
    assert runner.edits == []


def test_L07_a_text_that_the_user_broke_elsewhere_still_takes_the_edit(begun):
    runner, buffer, _, finish = begun
    runner.type("import os", "if True:")
    record = finish()
    assert record["applied"] is True, "the text is no worse with the edit than without"
    assert DONE in buffer.text


def test_L08_a_result_that_no_longer_fits_its_surroundings_is_kept(one):
    """The user made a string of everything around the target; the answer has such quotes too."""
    one.forget()
    answer = ANSWER.replace("    return", "    '''Add.'''\n    return")
    one.script(a={"text": fenced(answer), "gate": "surroundings"})
    buffer = one.open("file:///moved/surroundings.py", TEXT)
    run = one.run(buffer.range_of(TARGET))
    one.type("import os", "import os\r\n'''")
    one.type("end = ", "'''\r\nend = ")
    text = buffer.text
    one.gate("surroundings")
    record = one.result(run)
    assert (record["state"], record["applied"]) == ("done", False)
    assert "together with what was typed" in record["reason"]
    assert len(one.told()) == 1
    assert one.edits == []
    assert buffer.text == text
    one.type("import os\r\n'''", "import os")
    one.type("'''\r\nend = ", "end = ")
    assert one.client.command("moa.apply", {"run": run})["applied"] is True


def test_L09_closed(begun):
    runner, buffer, run, finish = begun
    runner.client.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})
    record = finish()
    assert record["applied"] is False
    assert "closed" in record["reason"]
    assert len(runner.told()) == 1
    with pytest.raises(ServerError, match="no result waiting"):
        runner.client.command("moa.apply", {"run": run})
    assert runner.edits == []


@pytest.mark.parametrize("language", ["python", "ruby"])
def test_L09_closed_and_opened_again(begun, language):
    """The same text, even the same version: it is another document."""
    runner, buffer, _, finish = begun
    runner.client.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})
    runner.open(buffer.uri, TEXT, language)
    record = finish()
    assert record["applied"] is False
    assert runner.edits == []
    assert runner.state()["logs"] == 0


def test_L10_a_version_that_repeats_moves_the_range_all_the_same(one):
    """A client that forgets to count: the offer's text and what came since decide."""
    one.forget()
    one.script(a={"text": fenced(ANSWER)})
    buffer = one.open("file:///moved/repeats.py", TEXT)
    (action_request,) = one.offers(buffer.range_of(TARGET))[0]["command"]["arguments"]
    insert_before(one)
    buffer.version = 1
    one.client.change(buffer.uri, 1, {"text": buffer.text})
    record = one.result(one.client.command("moa.run", action_request)["run"])
    assert record["applied"] is True
    assert buffer.text.endswith(TEXT.replace(TARGET, DONE).partition("\r\n")[2])


def test_an_offer_taken_on_a_text_that_moved_since(one):
    one.forget()
    one.script(a={"text": fenced(ANSWER)})
    buffer = one.open("file:///moved/offered.py", TEXT)
    offer = one.offers(buffer.range_of(TARGET))[0]
    (action_request,) = offer["command"]["arguments"]
    insert_before(one)
    expected = buffer.text.replace(TARGET, DONE)
    record = one.result(one.client.command("moa.run", action_request)["run"])
    assert record["applied"] is True
    assert buffer.text == expected


@pytest.mark.parametrize("offered", [True, False])
def test_a_range_that_cannot_be_carried_is_refused(one, offered):
    one.forget()
    before = one.state()
    buffer = one.open(f"file:///moved/refused{offered}.py", TEXT)
    where = buffer.range_of(TARGET)
    if offered:
        assert one.offers(where)
    inside(one)
    with pytest.raises(ServerError, match="select again") as refused:
        one.run(where, version=1)
    assert refused.value.code == -32602
    state = one.state()
    assert len(state["asked"]) == len(before["asked"])
    assert state["logs"] == (1 if offered else before["logs"])
    assert one.told() == []
