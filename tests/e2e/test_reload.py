"""Configuration, mixes and actions are read again when they change, whole, and off the loop."""

import re
import threading
import time

import pytest

from moa_lsp.lsp.session.reload import CONFIG_QUIET_S
from tests.fakes.client import ServerError, until
from tests.fakes.desk import CONFIG, able, fenced

pytestmark = pytest.mark.e2e

MIX = "name: {}\nproposers: [{{model: scripted/a}}]\naggregator: {{select: prior}}\n"

ACTION = """\
---
id: shout
title: {}
kind: refactor.rewrite
when: any
scope: file
output: replace
---
Write {{{{document}}}} in capitals.
"""


@pytest.fixture
def home(tmp_path):
    """The folder of the user's configuration (``runner`` makes the first one there)."""
    return tmp_path / "config0"


def warnings_of(runner):
    return [each["message"] for each in runner.statuses() if each["state"] == "warning"]


def test_files_that_change_count_from_the_next_request_on(runner, home):
    runner = runner()
    runner.open("file:///a.py", "x=1\n")
    assert runner.offered() == "solo"
    (home / "mixes" / "fresh.yaml").write_text(MIX.format("fresh"))
    assert runner.mixes()["fresh"]["ready"] is True
    (home / "config.yaml").write_text(CONFIG.replace("mix: solo", "mix: fresh"))
    assert [name for name, each in runner.mixes().items() if each["selected"]] == ["fresh"]
    assert runner.offered() == "fresh"
    (home / "actions").mkdir()
    (home / "actions" / "shout.md").write_text(ACTION.format("Shout"))
    (home / "mixes" / "fresh.yaml").unlink()
    (home / "config.yaml").write_text(CONFIG)
    assert "fresh" not in runner.mixes()
    titles = {each["title"] for each in runner.offers(runner.buffer.range(0, 1))}
    assert "Moa: Shout · solo" in titles
    assert runner.told() == []


def test_nobody_has_to_ask_for_it(runner, home):
    """Offers wait for nothing, so files are looked at without being asked as well."""
    runner = runner()
    runner.open("file:///a.py", "x=1\n")
    (home / "config.yaml").write_text(CONFIG.replace("mix: solo", "mix: duo"))
    runner.until_offered("duo")
    runner.client.wait_for(lambda _client: runner.statuses()[-1]["mix"] == "duo")


BROKEN = {
    "a mix": ("mixes/solo.yaml", "name: solo\nproposers: [{model: scripted/a, x: 1}]\n", "2:"),
    "a mix cut off": ("mixes/solo.yaml", "name: solo\nproposers: [{mod", "2:"),
    "the configuration": ("config.yaml", "mix: solo\nreviw: always\n", "2:1"),
    "no YAML": ("config.yaml", "mix: [solo\n", r"\d+:\d+"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_S12_a_broken_file_leaves_the_last_good_one_active_and_says_so_once(runner, home, name):
    file, text, place = BROKEN[name]
    runner = runner()
    good = (home / file).read_text()
    buffer = runner.open("file:///a.py", "x=1\n")
    mixes = runner.mixes()
    (home / file).write_text(text)
    for _ in range(3):
        assert runner.mixes() == mixes
    assert runner.offered() == "solo"
    runner.script(a={"text": fenced("x = 1")})
    assert runner.result(runner.run(buffer.range(0, 3)))["applied"] is True
    (told,) = runner.told()
    assert re.search(rf"{file}:{place}.*; its last good version stays in use", told), told
    runner.client.wait_for(lambda _client: runner.statuses()[-1]["state"] == "warning")
    assert runner.statuses()[-1]["message"] in told
    (home / file).write_text("\n" + text)
    assert runner.mixes() == mixes, "the same mistake a line further down is not told again"
    assert runner.told() == [told]
    (home / file).write_text(good)
    assert runner.mixes() == mixes
    runner.client.wait_for(lambda _client: runner.statuses()[-1]["state"] == "idle")
    assert runner.told() == [told]


def test_S12_a_mix_that_is_replaced_by_a_link_leads_nowhere_else(runner, home, tmp_path):
    runner = runner()
    (tmp_path / "elsewhere.yaml").write_text(MIX.format("stranger"))
    mixes = runner.mixes()
    (home / "mixes" / "solo.yaml").unlink()
    (home / "mixes" / "solo.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert runner.mixes() == mixes
    (told,) = runner.told()
    assert "solo.yaml:1:1: a link that leads out of its folder" in told


def test_S12_a_run_keeps_the_mix_that_it_began_with(runner, home):
    """Edited, broken, deleted: the run ends on what was frozen, its providers close after it."""
    runner = runner()
    buffer = runner.open("file:///a.py", "x=1\n")
    runner.script(a={"text": fenced("x = 1"), "gate": "a"}, b={"text": fenced("x = 2")})
    before = {each["name"] for each in runner.client.command("moa.mixes")}
    run = runner.run(buffer.range(0, 3))
    runner.until(open=1)
    mix = home / "mixes" / "solo.yaml"
    mix.write_text("name: solo\nproposers: [{model: scripted/b}]\n")
    assert {each["name"] for each in runner.client.command("moa.mixes")} == before
    runner.until(loads=2)
    assert runner.state()["closed"] is False, "a run still uses the providers of the first reading"
    mix.write_text("name: [\n")
    assert "solo" in runner.mixes()
    mix.unlink()
    assert "solo" not in runner.mixes()
    runner.gate("a")
    record = runner.result(run)
    assert record["applied"] is True
    assert record["mix"] == "solo"
    assert [each["model"] for each in record["proposals"]] == ["scripted/a"]
    runner.until(closed=True)
    assert buffer.text == "x = 1\n"


def test_S12_a_hundred_saves_a_second_are_few_readings(runner, home):
    """Of saves that are nearer to each other than a quiet moment only the last is read."""
    runner = runner()
    runner.open("file:///a.py", "x=1\n")
    loads, begun = runner.state()["loads"], time.monotonic()
    path, over = home / "mixes" / "solo.yaml", threading.Event()

    def saving():
        for number in range(101):
            path.with_suffix(".new").write_text(
                f"description: save {number}\n{MIX}".format("solo")
            )
            path.with_suffix(".new").replace(path)
            time.sleep(0.01)
        over.set()

    thread = threading.Thread(target=saving)
    thread.start()
    while not over.is_set():
        assert runner.offered() == "solo"
    thread.join()
    until(lambda: runner.mixes()["solo"]["description"] == "save 100")
    most = 1 + (time.monotonic() - begun) / CONFIG_QUIET_S
    assert 1 <= runner.state()["loads"] - loads <= most
    assert runner.told() == []


def refuses(_params):
    raise ServerError({"code": -32601, "message": "no"})


@pytest.mark.parametrize("answer", [lambda _params: None, refuses, None])
def test_a_client_that_watches_is_asked_to_and_hastens_the_look(start_desk, tmp_path, answer):
    """What it says to that, and whether it does, makes no difference but a moment."""
    root = tmp_path / "work"
    (root / ".moa" / "mixes").mkdir(parents=True)
    watching = able(
        workspace={
            "applyEdit": True,
            "workspaceEdit": {"documentChanges": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
        }
    )
    runner = start_desk(flags=("--reply-s", "1"))
    runner.client.answers["client/registerCapability"] = answer
    runner.initialize(watching, root=root, trusted=True)
    request, *_ = [  # the index asks for its own, later
        m
        for way, m in runner.client.transcript
        if way == "<-" and m.get("method") == "client/registerCapability"
    ]
    (one,) = request["params"]["registrations"]
    assert one["method"] == "workspace/didChangeWatchedFiles"
    globs = {each["globPattern"] for each in one["registerOptions"]["watchers"]}
    assert globs == {"**/.moa/config.yaml", "**/.moa/mixes/*.{yaml,yml}"}
    path = root / ".moa" / "mixes" / "w.yaml"
    path.write_text(MIX.format("w"))
    change = {"uri": path.as_uri(), "type": 1}
    runner.client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
    runner.until(loads=2, waiting=0)
    assert "w (workspace)" in runner.mixes()
    assert runner.told() == []


def test_S12_the_chosen_mix_is_deleted_and_nothing_else_is_run_in_its_place(runner, home):
    runner = runner()
    buffer = runner.open("file:///a.py", "x=1\n")
    (home / "mixes" / "mine.yaml").write_text(MIX.format("mine"))
    runner.client.command("moa.selectMix", {"name": "mine"})
    assert runner.offered() == "mine"
    (home / "mixes" / "mine.yaml").unlink()
    for _ in range(2):
        with pytest.raises(ServerError, match="no mix `mine`"):
            runner.run(buffer.range(0, 3))
    (told,) = runner.told()
    assert "there is no mix `mine`" in told
    runner.client.wait_for(lambda _client: runner.statuses()[-1]["state"] == "warning")
    assert runner.statuses()[-1]["mix"] == "mine"
    runner.client.command("moa.selectMix", {"name": "solo"})
    runner.client.wait_for(lambda _client: runner.statuses()[-1]["state"] == "idle")
    assert runner.offered() == "solo"
