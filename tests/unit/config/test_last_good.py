"""A file that is broken counts as it was when it was good; one that is gone does not."""

import shutil
import sys

import pytest

from moa_lsp.config.catalog import load_catalog
from moa_lsp.config.fingerprints import stamps
from moa_lsp.config.last_good import LastGoodConfig

MIX = "name: {}\nproposers: [{{model: embedded/ruff}}]\n"
LAB = 'providers: {lab: {api: openai, base_url: "https://llm.example.org/v1"}}\n'


class Place:
    """A user's and a workspace's folder, read again and again."""

    def __init__(self, root):
        self.root = root
        self.memory = LastGoodConfig()
        self.write("user/config.yaml", "mix: a\nreview: never\n" + LAB)
        self.write("user/mixes/a.yaml", MIX.format("a"))

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def read(self, *, trusted=True):
        return load_catalog(
            config=self.root / "user" / "config.yaml",
            workspace=self.root / "work",
            trusted=trusted,
            environ={},
            memory=self.memory,
        )

    def kept(self, catalog):
        return {each.removeprefix(f"{self.root}/") for each in catalog.kept}

    def told(self, catalog):
        return [str(each).removeprefix(f"{self.root}/") for each in catalog.problems]


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    assert made.read().problems == ()
    return made


BROKEN_CONFIGS = {
    "no YAML": ("mix: [a\n", "user/config.yaml:"),
    "a wrong value": ("mix: a\nreview: alwys\n", "user/config.yaml:2:9"),
    "an unknown key": ("mixx: a\n", "user/config.yaml:1:1"),
    "no such mix": ("mix: b\n", "user/config.yaml:1:6"),
    "no such folder": ("mix: a\nmix_dirs: [mixes, gone]\n", "user/config.yaml:2:19"),
    "half of it": ("mix: a\nreview: nev", "user/config.yaml:2:9"),
    "not UTF-8": ("mix: \udcff\n", "user/config.yaml:1:6"),
}


@pytest.mark.parametrize("name", BROKEN_CONFIGS)
def test_S12_a_broken_configuration_leaves_the_last_good_one(place, name):
    text, where = BROKEN_CONFIGS[name]
    good = place.read()
    path = place.root / "user" / "config.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    for _ in range(2):
        found = place.read()
        assert found.settings == good.settings
        assert found.providers == good.providers
        assert "lab" in found.providers
        assert found.mixes == good.mixes
        assert place.kept(found) == {"user/config.yaml"}
        assert all(each.startswith(where) for each in place.told(found)), place.told(found)
    path.write_text("mix: a\nreview: always\n")
    found = place.read()
    assert (found.settings.review, found.problems, found.kept) == ("always", (), frozenset())
    assert "lab" not in found.providers


def test_a_configuration_that_was_never_good_counts_as_far_as_it_is_sound(tmp_path):
    place = Place(tmp_path)
    place.write("user/config.yaml", "mix: a\nreview: alwys\n")
    found = place.read()
    assert found.settings.mix == "a"
    assert found.kept == frozenset()
    place.write("user/config.yaml", "mix: a\nreview: alwys\nlog: {level: debug}\n")
    assert place.read().settings.log.level == "debug"


def broken_by_link(path):
    elsewhere = path.parents[2] / "outside.yaml"
    elsewhere.write_text(MIX.format("stranger"))
    path.unlink()
    path.symlink_to(elsewhere)


def broken_by_folder(path):
    path.unlink()
    path.with_suffix(".yml").symlink_to("nowhere")
    path.symlink_to("loop.yaml")


BREAKS = {
    "half-written": lambda path: path.write_text("name: a\nproposers: [{model"),
    "empty": lambda path: path.write_text(""),
    "a wrong tool": lambda path: path.write_text(MIX.format("a").replace("ruff", "ruf")),
    "a link that leads out": broken_by_link,
    "a link that leads nowhere": broken_by_folder,
}


@pytest.mark.parametrize("name", BREAKS)
def test_S12_a_broken_mix_leaves_its_last_good_version(place, name):
    place.write("user/mixes/b.yaml", MIX.format("b"))
    good = place.read()
    path = place.root / "user" / "mixes" / "a.yaml"
    BREAKS[name](path)
    for _ in range(2):
        found = place.read()
        assert found.mixes["a"] == good.mixes["a"]
        assert "stranger" not in found.mixes
        assert found.mixes["b"] == good.mixes["b"]
        assert found.problems
        assert "user/mixes/a.yaml" in place.kept(found)
    for each in path.parent.iterdir():
        each.unlink()
    path.write_text("description: new\n" + MIX.format("a"))
    found = place.read()
    assert found.mixes["a"].mix.description == "new"
    assert found.kept == frozenset()


def test_S12_a_deleted_mix_is_gone_and_does_not_come_back_broken(place):
    path = place.write("user/mixes/b.yaml", MIX.format("b"))
    assert "b" in place.read().mixes
    path.unlink()
    assert "b" not in place.read().mixes
    path.write_text("name: b\n")
    found = place.read()
    assert "b" not in found.mixes
    assert found.kept == frozenset()
    shutil.rmtree(place.root / "user" / "mixes")
    assert "a" not in place.read().mixes


def test_a_child_keeps_working_on_its_parents_last_good_version(place):
    place.write("user/mixes/child.yaml", "name: child\nextends: a\ndeadline: 5\n")
    good = place.read()
    place.write("user/mixes/a.yaml", "name: a\nproposers: 5\n")
    found = place.read()
    assert found.mixes["child"] == good.mixes["child"]
    assert place.kept(found) == {"user/mixes/a.yaml", "user/mixes/child.yaml"}


def test_both_broken_at_once(place):
    place.write("user/config.yaml", "mix_dirs: [more]\nmix: c\n")
    place.write("user/more/c.yaml", MIX.format("c"))
    good = place.read()
    assert good.problems == ()
    place.write("user/config.yaml", "mix: [\n")
    place.write("user/more/c.yaml", "name: [\n")
    found = place.read()
    assert found.mixes["c"] == good.mixes["c"]
    assert found.settings == good.settings
    assert place.kept(found) == {"user/config.yaml", "user/more/c.yaml"}


def test_mixes_are_remembered_while_the_configuration_is_broken(place):
    place.write("user/config.yaml", "mix: [\n")
    place.write("user/mixes/a.yaml", "description: second\n" + MIX.format("a"))
    assert place.read().mixes["a"].mix.description == "second"
    place.write("user/mixes/a.yaml", "name: [\n")
    assert place.read().mixes["a"].mix.description == "second"


def test_a03_a_workspace_file_that_breaks_loosens_nothing(place):
    """What tightens stays, and a trusted mix stays as it was read."""
    place.write("work/.moa/config.yaml", "review: always\ncontext: {exclude: [vault]}\n")
    mix = place.write("work/.moa/mixes/w.yaml", MIX.format("w"))
    good = place.read()
    assert good.settings.review == "always"
    place.write("work/.moa/config.yaml", "review: [\n")
    mix.write_text("name: [\n")
    found = place.read()
    assert found.settings == good.settings
    assert found.mixes["w (workspace)"] == good.mixes["w (workspace)"]
    assert place.kept(found) == {"work/.moa/config.yaml", "work/.moa/mixes/w.yaml"}
    untrusted = place.read(trusted=False)
    assert untrusted.settings.review == "always"
    assert "w (workspace)" not in untrusted.mixes
    assert "w (workspace)" not in place.read().mixes, "trust that was taken back forgets"
    (place.root / "work" / ".moa" / "config.yaml").unlink()
    assert place.read().settings.review == "never"


def test_everything_that_decides_is_looked_at(place):
    places = {path.removeprefix(f"{place.root}/") for path in place.read().seen}
    assert places == {
        "user/config.yaml", "user/mixes", "user/actions", "work/.moa", "work/.moa/mixes",
    } | {each for each in places if each.endswith(("/mixes", "/bundled_mixes"))}  # fmt: skip


def test_files_that_appear_where_there_were_none_show(tmp_path, monkeypatch):
    """Also the whole folder of a user who had no configuration yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    memory, steps = LastGoodConfig(), []
    home = tmp_path / "moa-lsp"
    for name, text in {
        "mixes/new.yaml": MIX.format("new"),
        "config.yaml": "mix: new\nactions_dirs: [verbs]\n",
        "verbs/a.md": "",
    }.items():
        before = load_catalog(environ={}, memory=memory).seen
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
        steps.append(stamps(before) != before)
    assert sys.platform != "linux" or steps == [True, True, True]
