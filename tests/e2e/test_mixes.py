"""Mixes: listed, chosen, and files that are broken when the server starts."""

import re

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import CONFIG, MIXES, fenced

pytestmark = pytest.mark.e2e


def listed(runner):
    return {each["name"]: each for each in runner.client.command("moa.mixes")}


def test_the_list(runner):
    runner = runner()
    mixes = listed(runner)
    assert set(mixes) >= {"solo", "duo", "trio", "embedded", "unready"}
    for each in mixes.values():
        assert set(each) == {"name", "description", "ready", "missing", "selected", "estimate_usd"}
    assert [name for name, each in mixes.items() if each["selected"]] == ["solo"]
    assert mixes["embedded"]["ready"] is True
    assert mixes["embedded"]["missing"] == []
    assert mixes["unready"]["ready"] is False
    assert [reason.startswith("missing: ") for reason in mixes["unready"]["missing"]] == [True]


def test_a_choice_holds_for_offers_and_runs(runner):
    runner = runner()
    runner.script(a={"text": fenced("x = 1")}, b={"text": fenced("x = 1")})
    buffer = runner.open("file:///a.py", "x=1\n")
    assert runner.client.command("moa.selectMix", {"name": "duo"})
    assert runner.client.command("moa.selectMix", {"name": "trio", "for": "inline"})
    assert [name for name, each in listed(runner).items() if each["selected"]] == ["duo"]
    assert {each["title"].partition(" · ")[2] for each in runner.offers(buffer.range(0, 3))} == {
        "duo"
    }
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert record["mix"] == "duo"
    record = runner.result(runner.run(buffer.range(0, 3), mix="solo"))
    assert record["mix"] == "solo", "a mix that is named for one run counts before"
    runner.client.command("moa.selectMix", {"name": "embedded"})
    assert [name for name, each in listed(runner).items() if each["selected"]] == ["embedded"]
    runner.client.command("moa.selectMix", {"name": "auto"})
    assert [name for name, each in listed(runner).items() if each["selected"]] == ["duo"]


BROKEN = {
    "an unknown key": ("mixx: solo\nmix_dirs: [mixes]\n", "config.yaml:1:1: "),
    "no YAML": ("mix: [solo\n", r"config.yaml:\d+:\d+: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_is_told_once_and_the_rest_works(runner, name):
    config, place = BROKEN[name]
    runner = runner(config=config)
    (told,) = runner.told()
    assert re.search(place, told), told
    buffer = runner.open("file:///a.py", "x=1\n")
    assert runner.offers(buffer.range(0, 3))
    record = runner.result(runner.run(buffer.range(0, 3), mix="embedded"))
    assert record["applied"] is True
    assert buffer.text == "x = 1\n"
    assert runner.told() == [told]


def test_a_broken_mix_takes_no_other_down(runner):
    broken = "proposers: [{model: scripted/a, temprature: 1}]\n"
    runner = runner(config=CONFIG, mixes={**MIXES, "bad": broken, "worse": "proposers: 5\n"})
    (told,) = runner.told()
    assert re.search(r"bad\.yaml:2:\d+: ", told), told
    assert "more; see `moa-lsp mix check`" in told
    assert {"solo", "duo", "embedded"} <= set(listed(runner))
    buffer = runner.open("file:///a.py", "x=1\n")
    with pytest.raises(ServerError, match=r"bad\.yaml:2:"):
        runner.run(buffer.range(0, 3), mix="bad")
