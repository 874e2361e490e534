"""The report's page in a real browser: its script runs, and nothing of a model's text does."""

import re
import shutil
import subprocess

import pytest

from moa_bench.report.html import page
from moa_bench.report.leaderboard import build
from tests.fakes.results import HOSTILE, sweep

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

pytestmark = [
    pytest.mark.editors,
    pytest.mark.skipif(BROWSER is None, reason="chromium is not on the PATH (apt-get install)"),
]


@pytest.fixture
def shown(tmp_path):
    """What a page is to a browser, and what the browser had to say."""

    def show(text):
        path = tmp_path / "page.html"
        path.write_text(text, "utf-8")
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()],
            capture_output=True, text=True, timeout=110, check=True,
        )  # fmt: skip
        console = [line for line in done.stderr.split("\n") if "CONSOLE" in line]
        return done.stdout, console

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
