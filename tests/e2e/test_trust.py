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


def trust(runner, trusted):
    runner.client.notify("moa/didChangeTrust", {"trusted": trusted})


def test_trust_granted_and_taken_back_counts_at_once(runner, tmp_path):
    root = workspace(tmp_path / "work")
    (root / ".moa" / "config.yaml").write_text("mix: duo\nreview: always\n")
    runner = runner(root=root)
    buffer = runner.open((root / "a.py").as_uri(), "x=1\n")
    assert "own (workspace)" not in runner.mixes()
    assert runner.offered() == "solo"
    trust(runner, True)
    assert "own (workspace)" in runner.mixes()
    assert runner.offered() == "duo", "a trusted folder chooses among the user's mixes"
    runner.client.wait_for_log("own mix own (workspace) can be chosen: hash ")
    runner.script(w={"text": fenced("x = 1")})
    record = runner.result(runner.run(buffer.range(0, 3), mix="own (workspace)"))
    assert record["applied"] is False, "the folder wants a look first, and this client cannot ask"
    assert runner.client.command("moa.apply", {"run": record["run"]})["applied"] is True
    assert record["mix_hash"] in runner.client.stderr_text, "the log names what ran"
    assert runner.mixes()["own (workspace)"]["selected"] is False
    trust(runner, False)
    assert "own (workspace)" not in runner.mixes()
    assert runner.offered() == "solo"
    with pytest.raises(ServerError, match="no mix `own "):
        runner.run(buffer.range(0, 3), mix="own (workspace)")


@pytest.mark.parametrize("params", [None, {}, {"trusted": "yes"}, {"trusted": 1}, [True], True])
def test_a_notification_that_says_nothing_clear_changes_nothing(runner, tmp_path, params):
    runner = runner(root=workspace(tmp_path / "work"))
    runner.client.notify("moa/didChangeTrust", params)
    runner.client.wait_for_log("ignored moa/didChangeTrust")
    assert "own (workspace)" not in runner.mixes()


def test_L22_taking_trust_back_cancels_the_runs_on_the_folders_mixes_and_no_other(
    runner, tmp_path
):
    root = workspace(tmp_path / "work")
    runner = runner(root=root, trusted=True)
    buffer = runner.open((root / "a.py").as_uri(), "x=1\n")
    runner.script(a={"text": fenced("x = 1"), "gate": "a"}, w={"hangs": True})
    mine = runner.run(buffer.range(0, 3))
    theirs = [runner.run(buffer.range(0, 3), mix="own (workspace)") for _ in range(2)]
    runner.until(open=2)
    trust(runner, False)
    for run in theirs:  # one at work, one queued
        record = runner.result(run)
        assert (record["state"], record["applied"]) == ("cancelled", False)
    assert runner.client.command("moa.result", {"run": mine})["state"] == "running"
    runner.gate("a")
    assert runner.result(mine)["applied"] is True
    assert "scripted/w" not in [each["model"] for each in runner.result(mine)["proposals"]]
    assert buffer.text == "x = 1\n"
    assert runner.told() == []


def test_L22_trust_granted_during_a_run_leaves_it_alone(runner, tmp_path):
    root = workspace(tmp_path / "work")
    (root / ".moa" / "config.yaml").write_text("routes: [{action: refactor, mix: duo}]\n")
    runner = runner(root=root)
    buffer = runner.open((root / "a.py").as_uri(), "x=1\n")
    runner.script(a={"text": fenced("x = 1"), "gate": "a"}, b={"text": fenced("x = 1")})
    run = runner.run(buffer.range(0, 3))
    runner.until(open=1)
    trust(runner, True)
    assert "own (workspace)" in runner.mixes()
    runner.gate("a")
    record = runner.result(run)
    assert (record["mix"], record["applied"]) == ("solo", True)
    assert runner.result(runner.run(buffer.range(0, 5)))["mix"] == "duo"


def test_L22_folders_that_come_and_go_leave_runs_alone(runner, tmp_path):
    first, second = (workspace(tmp_path / name, name=name) for name in ("one", "two"))
    runner = runner(root=first, trusted=True)
    buffer = runner.open((first / "a.py").as_uri(), "x=1\n")
    runner.script(w={"text": fenced("x = 1"), "gate": "w"})
    run = runner.run(buffer.range(0, 3), mix="one (workspace)")
    runner.until(open=1)
    event = {"added": [folder(second)], "removed": []}
    runner.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert {"one (workspace)", "two (workspace)"} & runner.mixes().keys() == {"one (workspace)"}
    event = {"added": [], "removed": [folder(first)]}
    runner.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    trust(runner, True)
    assert {"one (workspace)", "two (workspace)"} & runner.mixes().keys() == {"two (workspace)"}
    runner.gate("w")
    record = runner.result(run)
    assert (record["mix"], record["applied"]) == ("one (workspace)", True)
    event = {"added": [], "removed": [folder(second), folder(first)]}
    runner.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert not {"one (workspace)", "two (workspace)"} & runner.mixes().keys()


def test_a03_a_mix_that_is_swapped_is_another_mix_with_another_hash(runner, tmp_path):
    """What was read is what runs; what stands there later is announced anew."""
    root = workspace(tmp_path / "work")
    runner = runner(root=root, trusted=True)
    buffer = runner.open((root / "a.py").as_uri(), "x=1\n")
    runner.script(w={"text": fenced("x = 1"), "gate": "w"}, v={"text": fenced("x = 2")})
    run = runner.run(buffer.range(0, 3), mix="own (workspace)")
    runner.until(open=1)
    workspace(root, model="v")
    runner.mixes()
    runner.gate("w")
    first = runner.result(run)
    assert [each["model"] for each in first["proposals"]] == ["scripted/w"]
    second = runner.result(runner.run(buffer.range(0, 5), mix="own (workspace)"))
    assert [each["model"] for each in second["proposals"]] == ["scripted/v"]
    runner.client.wait_for_log(second["mix_hash"])
    hashes = re.findall(r"can be chosen: hash (\w+)", runner.client.stderr_text)
    assert hashes == [first["mix_hash"], second["mix_hash"]]


def test_a04_no_setting_makes_a_folders_mix_the_default(runner, tmp_path):
    root = workspace(tmp_path / "work")
    (root / ".moa" / "config.yaml").write_text('mix: "own (workspace)"\n')
    config = CONFIG.replace("auto_order: [duo", 'auto_order: ["own (workspace)", duo')
    runner = runner(root=root, trusted=True, mix="own (workspace)", config=config)
    assert any("never the default" in each for each in runner.told())
    runner.open("file:///a.py", "x=1\n")
    assert runner.offered() == "solo"
    assert runner.client.command("moa.selectMix", {"name": "own (workspace)"})
    assert runner.offered() == "own (workspace)", "unless the user picks it by name"


def test_L22_a_folder_that_is_added_is_not_trusted_until_the_client_says_so(runner, tmp_path):
    first = workspace(tmp_path / "first", name="one")
    second = workspace(tmp_path / "second", name="two")
    (second / ".moa" / "config.yaml").write_text("mix: duo\n")
    runner = runner(root=first, trusted=True)
    assert "one (workspace)" in runner.mixes()
    change = {"event": {"added": [folder(second)], "removed": [folder(first)]}}
    runner.client.notify("workspace/didChangeWorkspaceFolders", change)
    assert not [name for name in runner.mixes() if name.endswith("(workspace)")]
    assert runner.mixes()["solo"]["selected"], "what the folder chooses does not count"
    runner.client.notify("moa/didChangeTrust", {"trusted": True, "folders": [first.as_uri()]})
    assert "two (workspace)" not in runner.mixes(), "that one is closed"
    runner.client.notify("moa/didChangeTrust", {"trusted": True, "folders": [second.as_uri()]})
    assert "two (workspace)" in runner.mixes()
