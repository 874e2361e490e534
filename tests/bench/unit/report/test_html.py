"""The page: whole in itself, and a model's text is never anything but text."""

import base64
import hashlib
import html as entities
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moa_bench.report import html as pages
from moa_bench.report import plots
from moa_bench.report.leaderboard import build
from moa_bench.report.markup import node, written
from moa_bench.values import TaskDetail
from moa_lsp.text.sanitize import escape
from tests.fakes.results import HOSTILE, outcomes, result, sweep


class Reader(HTMLParser):
    """Elements, attributes, texts, and what was left open."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.open = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "wbr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "wbr":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def said(self):
        return "".join(text for inside, text in self.texts if inside not in ("style", "script"))


def no_picture(spec, title):
    """Drawing takes a second; tests of the plots draw."""


def page_of(results, abouts=(), draw=no_picture):
    return pages.page(build(results, abouts), results, draw)


def hostile_everywhere():
    made = TaskDetail(HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE, HOSTILE)
    other = {"role": HOSTILE, "set": HOSTILE, "digest": HOSTILE, "sandbox": HOSTILE,
             "mix_hash": HOSTILE, "prompts": HOSTILE, "cluster": HOSTILE}  # fmt: skip
    return [
        result(HOSTILE, HOSTILE, "failed", drill=made, right={HOSTILE: False}, **other),
        result(HOSTILE + "2", HOSTILE, "missing", drill=made, **other),
        result(HOSTILE + "3", HOSTILE, **other),
    ]


def test_hostile_text_is_text_everywhere():
    page = page_of(hostile_everywhere(), draw=plots.render)
    read = Reader(page)
    assert read.open == []
    assert len(read.all("script")) == len(read.all("style")) == 1
    assert read.all("img") == []
    shown = escape(HOSTILE, keep_lines=True)
    assert read.said().count(shown) >= 10
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)


texts = st.text(max_size=60) | st.sampled_from(
    ("</pre>", "<!--", "]]>", "<script>", "&lt;", "\r\n", "</style>", "<svg onload=x>", "\x00")
)


@settings(deadline=None, max_examples=60)
@given(texts, texts, texts)
def test_any_answer_comes_out_as_it_was(prompt, proposal, answer):
    made = TaskDetail(prompt, (("x", proposal),), answer, "")
    read = Reader(page_of([result(state="failed", drill=made)]))
    assert read.open == []
    pres = [text for inside, text in read.texts if inside == "pre"]
    wanted = [escape(text, keep_lines=True) for text in (prompt, proposal, answer) if text]
    assert sorted(pres) == sorted(wanted)
    names = {tag for tag, _ in read.elements}
    assert names <= PLAIN


DULL = TaskDetail("p", (("x", "q"),), "a", "")
PLAIN = {tag for tag, _ in Reader(page_of([result(state="failed", drill=DULL)])).elements}


@given(texts, texts)
def test_markup_writes_text_and_attributes_as_text(text, attribute):
    read = Reader(written(node("p", text, node("b"), text, title=attribute)))
    assert [tag for tag, _ in read.elements] == ["p", "b"]
    shown = escape(text, keep_lines=True)
    assert read.said() == f"\n{shown}{shown}\n"
    assert read.all("p")[0]["title"] == escape(attribute, keep_lines=True)


def test_the_page_asks_nobody_for_anything():
    read = Reader(page_of(sweep(tasks=12)[0], draw=plots.render))
    for tag, attributes in read.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form", "img")
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
    assert "url(" not in "".join(text for inside, text in read.texts if inside == "style")


def test_the_policy_allows_this_style_and_this_script_alone():
    read = Reader(page_of(outcomes("m", "PF")))
    (policy,) = [each["content"] for each in read.all("meta") if "http-equiv" in each]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
    for tag in ("style", "script"):
        (text,) = [text for inside, text in read.texts if inside == tag]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert parts[f"{tag}-src"] == f"'sha256-{digest}'"


def test_every_table_has_heads_and_every_link_leads_somewhere():
    results, about = sweep(tasks=12)
    read = Reader(page_of(results, [about], plots.render))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [each["href"] for each in read.all("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    heads = read.all("th")
    assert heads
    assert all(each["scope"] in ("col", "row") for each in heads)
    assert [each["lang"] for each in read.all("html")] == ["en"]
    fields = {each["id"] for each in read.all("input")}
    assert fields == {each["for"] for each in read.all("label")}
    assert all(each.get("aria-label") for each in read.all("svg"))


def test_what_the_page_says():
    results, about = sweep(tasks=20)
    said = Reader(page_of(results, [about])).said()
    assert "2 of 22 tasks excluded: Made/900 (its reference needs the network)" in said
    assert "Power: on 20 tasks" in said
    assert "McNemar's exact test" in said
    for row in build(results, [about]).tables[0].rows:
        assert row.label in said


def test_several_tables_have_a_list():
    results = [*outcomes("m", "PF"), *outcomes("m", "PF", sandbox="none")]
    read = Reader(page_of(results))
    assert [each["href"] for each in read.all("a")][:2] == ["#set-0", "#set-1"]
    assert "NOT SANDBOXED" in read.said()


def test_a_board_without_any_score_has_a_page():
    assert "no mix has enough scored tasks" in page_of(outcomes("m", "MM"))


@pytest.mark.slow
def test_a_whole_sweep_stays_small():
    """24 configurations on 148 tasks, every text hostile."""
    results, about = sweep(hostile=HOSTILE)
    page = page_of(results, [about], plots.render)
    assert len(page.encode()) < 10_000_000
    assert "Made/147" in entities.unescape(page)


def test_without_the_library_the_plots_are_missed():
    assert pages.NO_PLOTS in page_of(outcomes("m", "PF"))
