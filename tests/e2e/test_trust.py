"""Trust: granted, taken back, and folders that come and go while runs are at work."""

import re

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import CONFIG, fenced, folder

pytestmark = pytest.mark.e2e

MIX = "name: {}\nproposers: [{{model: scripted/{}}}]\naggregator: {{select: prior}}\n"


def workspace(root, model="w", name="own"):
    (root / ".moa" / "mixes").mkdir(parents=True, exist_ok=True)
    (root / ".moa" / "mixes" / f"{name}.yaml").write_text(MIX.format(name, model))
    return root


def trust(desk, trusted):
    desk.client.notify("moa/didChangeTrust", {"trusted": trusted})


def test_trust_granted_and_taken_back_counts_at_once(desk, tmp_path):
    root = workspace(tmp_path / "work")
    (root / ".moa" / "config.yaml").write_text("mix: duo\nreview: always\n")
    desk = desk(root=root)
    buffer = desk.open((root / "a.py").as_uri(), "x=1\n")
    assert "own (workspace)" not in desk.mixes()
    assert desk.offered() == "solo"
    trust(desk, True)
    assert "own (workspace)" in desk.mixes()
    assert desk.offered() == "duo", "a trusted folder chooses among the user's mixes"
    desk.client.wait_for_log("own mix own (workspace) can be chosen: hash ")
    desk.script(w={"text": fenced("x = 1")})
    record = desk.result(desk.run(buffer.range(0, 3), mix="own (workspace)"))
    assert record["applied"] is False, "the folder wants a look first, and this client cannot ask"
    assert desk.client.command("moa.apply", {"run": record["run"]})["applied"] is True
    assert record["mix_hash"] in desk.client.stderr_text, "the log names what ran"
    assert desk.mixes()["own (workspace)"]["selected"] is False
    trust(desk, False)
    assert "own (workspace)" not in desk.mixes()
    assert desk.offered() == "solo"
    with pytest.raises(ServerError, match="no mix `own "):
        desk.run(buffer.range(0, 3), mix="own (workspace)")


@pytest.mark.parametrize("params", [None, {}, {"trusted": "yes"}, {"trusted": 1}, [True], True])
def test_a_notification_that_says_nothing_clear_changes_nothing(desk, tmp_path, params):
    desk = desk(root=workspace(tmp_path / "work"))
    desk.client.notify("moa/didChangeTrust", params)
    desk.client.wait_for_log("ignored moa/didChangeTrust")
    assert "own (workspace)" not in desk.mixes()


def test_L22_taking_trust_back_cancels_the_runs_on_the_folders_mixes_and_no_other(desk, tmp_path):
    desk = desk(root=workspace(tmp_path / "work"), trusted=True)
    buffer = desk.open("file:///a.py", "x=1\n")
    desk.script(a={"text": fenced("x = 1"), "gate": "a"}, w={"hangs": True})
    mine = desk.run(buffer.range(0, 3))
    theirs = [desk.run(buffer.range(0, 3), mix="own (workspace)") for _ in range(2)]
    desk.until(open=2)
    trust(desk, False)
    for run in theirs:  # one at work, one queued
        record = desk.result(run)
        assert (record["state"], record["applied"]) == ("cancelled", False)
    assert desk.client.command("moa.result", {"run": mine})["state"] == "running"
    desk.gate("a")
    assert desk.result(mine)["applied"] is True
    assert "scripted/w" not in [each["model"] for each in desk.result(mine)["proposals"]]
    assert buffer.text == "x = 1\n"
    assert desk.told() == []


def test_L22_trust_granted_during_a_run_leaves_it_alone(desk, tmp_path):
    root = workspace(tmp_path / "work")
    (root / ".moa" / "config.yaml").write_text("routes: [{action: refactor, mix: duo}]\n")
    desk = desk(root=root)
    buffer = desk.open((root / "a.py").as_uri(), "x=1\n")
    desk.script(a={"text": fenced("x = 1"), "gate": "a"}, b={"text": fenced("x = 1")})
    run = desk.run(buffer.range(0, 3))
    desk.until(open=1)
    trust(desk, True)
    assert "own (workspace)" in desk.mixes()
    desk.gate("a")
    record = desk.result(run)
    assert (record["mix"], record["applied"]) == ("solo", True)
    assert desk.result(desk.run(buffer.range(0, 5)))["mix"] == "duo"


def test_L22_folders_that_come_and_go_leave_runs_alone(desk, tmp_path):
    first, second = (workspace(tmp_path / name, name=name) for name in ("one", "two"))
    desk = desk(root=first, trusted=True)
    buffer = desk.open((first / "a.py").as_uri(), "x=1\n")
    desk.script(w={"text": fenced("x = 1"), "gate": "w"})
    run = desk.run(buffer.range(0, 3), mix="one (workspace)")
    desk.until(open=1)
    event = {"added": [folder(second)], "removed": []}
    desk.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert {"one (workspace)", "two (workspace)"} & desk.mixes().keys() == {"one (workspace)"}
    event = {"added": [], "removed": [folder(first)]}
    desk.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert {"one (workspace)", "two (workspace)"} & desk.mixes().keys() == {"two (workspace)"}
    desk.gate("w")
    record = desk.result(run)
    assert (record["mix"], record["applied"]) == ("one (workspace)", True)
    event = {"added": [], "removed": [folder(second), folder(first)]}
    desk.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert not {"one (workspace)", "two (workspace)"} & desk.mixes().keys()


def test_a03_a_mix_that_is_swapped_is_another_mix_with_another_hash(desk, tmp_path):
    """What was read is what runs; what stands there later is announced anew."""
    root = workspace(tmp_path / "work")
    desk = desk(root=root, trusted=True)
    buffer = desk.open("file:///a.py", "x=1\n")
    desk.script(w={"text": fenced("x = 1"), "gate": "w"}, v={"text": fenced("x = 2")})
    run = desk.run(buffer.range(0, 3), mix="own (workspace)")
    desk.until(open=1)
    workspace(root, model="v")
    desk.mixes()
    desk.gate("w")
    first = desk.result(run)
    assert [each["model"] for each in first["proposals"]] == ["scripted/w"]
    second = desk.result(desk.run(buffer.range(0, 5), mix="own (workspace)"))
    assert [each["model"] for each in second["proposals"]] == ["scripted/v"]
    desk.client.wait_for_log(second["mix_hash"])
    hashes = re.findall(r"can be chosen: hash (\w+)", desk.client.stderr_text)
    assert hashes == [first["mix_hash"], second["mix_hash"]]


def test_a04_no_setting_makes_a_folders_mix_the_default(desk, tmp_path):
    root = workspace(tmp_path / "work")
    (root / ".moa" / "config.yaml").write_text('mix: "own (workspace)"\n')
    config = CONFIG.replace("auto_order: [duo", 'auto_order: ["own (workspace)", duo')
    desk = desk(root=root, trusted=True, mix="own (workspace)", config=config)
    assert any("never the default" in each for each in desk.told())
    desk.open("file:///a.py", "x=1\n")
    assert desk.offered() == "solo"
    assert desk.client.command("moa.selectMix", {"name": "own (workspace)"})
    assert desk.offered() == "own (workspace)", "unless the user picks it by name"
