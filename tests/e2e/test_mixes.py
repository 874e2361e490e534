"""Mixes: listed, chosen, and files that are broken when the server starts."""

import re

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import CONFIG, MIXES, fenced

pytestmark = pytest.mark.e2e


def listed(desk):
    return {each["name"]: each for each in desk.client.command("moa.mixes")}


def test_the_list(desk):
    desk = desk()
    mixes = listed(desk)
    assert set(mixes) >= {"solo", "duo", "trio", "embedded", "unready"}
    for each in mixes.values():
        assert set(each) == {"name", "description", "ready", "missing", "selected", "estimate_usd"}
    assert [name for name, each in mixes.items() if each["selected"]] == ["solo"]
    assert mixes["embedded"]["ready"] is True
    assert mixes["embedded"]["missing"] == []
    assert mixes["unready"]["ready"] is False
    assert [reason.startswith("missing: ") for reason in mixes["unready"]["missing"]] == [True]


def test_a_choice_holds_for_offers_and_runs(desk):
    desk = desk()
    desk.script(a={"text": fenced("x = 1")}, b={"text": fenced("x = 1")})
    buffer = desk.open("file:///a.py", "x=1\n")
    assert desk.client.command("moa.selectMix", {"name": "duo"})
    assert desk.client.command("moa.selectMix", {"name": "trio", "for": "inline"})
    assert [name for name, each in listed(desk).items() if each["selected"]] == ["duo"]
    assert {each["title"].partition(" · ")[2] for each in desk.offers(buffer.range(0, 3))} == {
        "duo"
    }
    record = desk.result(desk.run(buffer.range(0, 3)))
    assert record["mix"] == "duo"
    record = desk.result(desk.run(buffer.range(0, 3), mix="solo"))
    assert record["mix"] == "solo", "a mix that is named for one run counts before"
    desk.client.command("moa.selectMix", {"name": "embedded"})
    assert [name for name, each in listed(desk).items() if each["selected"]] == ["embedded"]
    desk.client.command("moa.selectMix", {"name": "auto"})
    assert [name for name, each in listed(desk).items() if each["selected"]] == ["duo"]


BROKEN = {
    "an unknown key": ("mixx: solo\nmix_dirs: [mixes]\n", "config.yaml:1:1: "),
    "no YAML": ("mix: [solo\n", r"config.yaml:\d+:\d+: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_is_told_once_and_the_rest_works(desk, name):
    config, place = BROKEN[name]
    desk = desk(config=config)
    (told,) = desk.told()
    assert re.search(place, told), told
    buffer = desk.open("file:///a.py", "x=1\n")
    assert desk.offers(buffer.range(0, 3))
    record = desk.result(desk.run(buffer.range(0, 3), mix="embedded"))
    assert record["applied"] is True
    assert buffer.text == "x = 1\n"
    assert desk.told() == [told]


def test_a_broken_mix_takes_no_other_down(desk):
    broken = "proposers: [{model: scripted/a, temprature: 1}]\n"
    desk = desk(config=CONFIG, mixes={**MIXES, "bad": broken, "worse": "proposers: 5\n"})
    (told,) = desk.told()
    assert re.search(r"bad\.yaml:2:\d+: ", told), told
    assert "more; see `moa-lsp mix check`" in told
    assert {"solo", "duo", "embedded"} <= set(listed(desk))
    buffer = desk.open("file:///a.py", "x=1\n")
    with pytest.raises(ServerError, match=r"bad\.yaml:2:"):
        desk.run(buffer.range(0, 3), mix="bad")
