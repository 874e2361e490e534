"""The report's page in a real browser: its script runs, and nothing of a model's text does."""

import re

import pytest

from moa_bench.report.html import page
from moa_bench.report.leaderboard import build
from tests.editors.workbench import browser, install_programs
from tests.fakes.results import HOSTILE, sweep

pytestmark = pytest.mark.editors


@pytest.fixture(scope="module")
def chromium():
    install_programs()
    with browser() as made:
        yield made


@pytest.fixture
def shown(chromium, tmp_path):
    """What a page is to a browser, and what the browser had to say."""

    def show(text):
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        window, console = chromium.new_page(), []
        window.on("console", lambda said: console.append(said.text))
        window.on("pageerror", lambda error: console.append(str(error)))
        window.goto(path.as_uri())
        return window.content(), console

    return show


def test_the_page_works_and_no_answer_acts(shown):
    results, about = sweep(tasks=30, hostile=HOSTILE)
    seen, console = shown(page(build(results, [about]), results))
    assert console == []
    assert 'class="scripted"' in seen[:200]
    assert "<title>moa-lsp bench: made-up-hard</title>" in seen
    assert len(re.findall("<script", seen)) == 1
    assert '<button type="button">rank</button>' in seen


def test_even_markup_that_got_in_would_not_run(shown):
    """The policy is the second wall: here the first one is broken on purpose."""
    results, about = sweep(tasks=3)
    broken = page(build(results, [about]), results).replace("</h1>", f"</h1>{HOSTILE}", 1)
    seen, console = shown(broken)
    assert "<title>moa-lsp bench: made-up-hard</title>" in seen
    assert any("Content Security Policy" in line for line in console)
