"""Proposals seen and taken, taken in part and refined, in a real VS Code with the real server."""

import pytest

from tests.editors import mixture
from tests.editors.mixture import ANSWERS, HEAD, OLD, TAIL
from tests.editors.workbench import Code, Window, browser, install
from tests.fakes.client import until
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.editors

EDITED = "what stands in the target was edited since"


GONE = (
    "text => ![...document.querySelectorAll('.modified .view-line')]"
    ".some(line => line.textContent.replace(/\\u00a0/g, ' ').includes(text))"
)
"""Of the side of a diff that would go in: no line of it has this text."""


def whole(text, head=HEAD, tail=TAIL):
    """The file with a text in the target."""
    return f"{head}{text}{tail}"


@pytest.fixture(scope="module")
def chromium():
    with browser() as made:
        yield made


@pytest.fixture
def up():
    with Upstreams(*mixture.SEATS) as made:
        mixture.say(made, **ANSWERS)
        yield made


@pytest.fixture
def window(chromium, up, tmp_path):
    """``window(**settings)``: one with the file open, for a user who has the mixture."""
    config = up.write(tmp_path / "config", mixture.MIXES, mixture.SETTINGS)
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    environ = {**homes, "LAB_KEY": KEY, "MOA_LSP_CONFIG": str(config)}
    path = tmp_path / "work" / "sums.py"
    path.parent.mkdir()
    path.write_text(whole(OLD))
    pages = []
    with Code(install(), tmp_path / "code", environ) as code:

        def begin(**settings):
            code.settings(**settings)
            page = chromium.new_page(viewport={"width": 1100, "height": 640})
            pages.append(page)
            made = Window(page, code, path)
            made.ready("trio")
            return made

        yield begin
        for page in pages:
            page.close()


def refactor(window, lines=5):
    """Run the action on the old text, or on what stands for it."""
    window.focus()
    window.press("Control+Home", *["ArrowDown"] * 3, *["Shift+ArrowDown"] * (lines - 1))
    window.press("Shift+End")
    window.pick("Moa: Refactor")


def ended(window):
    """Wait for the line of the run's end, and for its offer."""
    window.status("GLM from 3 proposals").wait_for()
    window.shows("Add them up")


def offer(window):
    """The offer above the target."""
    return window.page.locator(".codelens-decoration", has_text="Moa: 3 proposals | Refine")


def rows(window):
    """Open the picker of proposals; its rows."""
    window.press("Control+Alt+m", "p")
    found = window.page.locator(".quick-input-list .monaco-list-row")
    found.nth(3).wait_for()
    return found


def take(window, number):
    """Take a row by the mouse, and wait until the diffs are gone: keys then go to the file."""
    rows(window).nth(number).click()
    closed(window)


def closed(window):
    """Wait until no diff of proposals is shown."""
    window.page.locator(".tab", has_text="Moa:").first.wait_for(state="detached")


def test_proposals_are_seen_one_is_taken_and_every_step_undone(window):
    window = window()
    refactor(window)
    ended(window)
    window.saved(whole(ANSWERS["z"]))
    shown = rows(window)
    texts = shown.all_inner_texts()
    for text, name in zip(texts, ("Result", *list(mixture.SEATS.values())[:3]), strict=True):
        assert name in text
    assert "stands now" in texts[0]
    for line in ("return sum(items)", "return sum(i for i in items)", "return sum(list(items))"):
        window.press("ArrowDown")
        window.shows(line)
        if "for i" in line:
            window.shoot("readme-proposals")
    window.press("Escape")
    closed(window)
    window.focus()
    take(window, 2)
    window.shows("sum(i for i in items)")
    window.saved(whole(ANSWERS["b"]))
    window.focus()
    take(window, 0)
    window.shows("Add them up")
    window.saved(whole(ANSWERS["z"]))
    offer(window).wait_for()
    window.shoot("readme-result")
    window.focus()
    for text in (ANSWERS["b"], ANSWERS["z"], OLD):
        window.press("Control+z")
        window.saved(whole(text))


def test_an_edit_elsewhere_moves_along_and_one_inside_is_refused_with_a_sentence(window):
    window = window()
    refactor(window)
    ended(window)
    window.focus()
    window.press("Control+Home")
    window.type("# mine\n")
    take(window, 2)
    window.shows("sum(i for i in items)")
    head = f"# mine\n{HEAD}"
    window.saved(whole(ANSWERS["b"], head))
    window.focus()
    window.press("Control+Home", *["ArrowDown"] * 4, "End")
    window.type("  # here")
    edited = whole(ANSWERS["b"].replace("items):", "items):  # here", 1), head)
    window.saved(edited)
    take(window, 3)
    window.notice(EDITED).wait_for()
    window.saved(edited)


def refine(window, instruction, way):
    """Say what should be different, and whom to ask."""
    window.press("Control+Alt+m", "i")
    window.page.locator(".quick-input-widget", has_text="Moa: refine").wait_for()
    window.type(instruction)
    window.press("Enter")
    window.rows("", way).click()


def test_it_is_refined_twice_and_by_the_aggregator_alone_with_one_request(window, up):
    window = window()
    refactor(window)
    ended(window)
    texts = [f"def total(items):\n    return sum(items)  # {n}" for n in ("one", "two")]
    mixture.say(up, z=texts[0])
    refine(window, "say one", "All models of the mix")
    window.shows("# one")
    window.saved(whole(texts[0]))
    before = mixture.counts(up)
    mixture.say(up, z=texts[1])
    refine(window, "say two", "The aggregator alone")
    window.shows("# two")
    window.saved(whole(texts[1]))
    assert mixture.counts(up) == {**before, "z": before["z"] + 1}
    told = mixture.asked(up, "z")
    for text in (*(ANSWERS[name] for name in "abc"), texts[0], "say one", "say two"):
        assert text in told
    window.focus()
    for text in (texts[0], ANSWERS["z"], OLD):
        window.press("Control+z")
        window.saved(whole(text))


def test_one_of_two_parts_is_taken_and_what_was_left_out_is_not_asked_for_again(window, up):
    mixture.say(up, z=mixture.TWO_PARTS)
    window = window(moa_review="always")
    refactor(window)
    window.status("waiting for you").wait_for()
    window.shows("t = 1")
    window.press("Control+Alt+m", "s")
    parts = window.page.locator(".quick-input-list .monaco-list-row")
    parts.nth(1).wait_for()
    parts.nth(1).locator("input, .monaco-checkbox").first.click()
    window.page.wait_for_function(GONE, arg="return +t")
    window.page.locator(".quick-input-widget .monaco-button", has_text="OK").click()
    window.status("waiting for you").wait_for(state="detached")
    window.status("GLM from 3 proposals").wait_for()
    window.saved(whole(mixture.first_part()))
    assert not window.status("waiting for you").is_visible()
    window.focus()
    window.press("Control+z")
    window.saved(whole(OLD))


def test_a_run_goes_on_without_who_hangs(window, up):
    stuck = mixture.held(up, "c", ANSWERS["c"])
    try:
        window = window()
        refactor(window)
        line = window.status("Go on with these")
        line.wait_for()
        until(lambda: "2/3 proposals · qwen3-coder" in line.inner_text(), 60)
        window.shoot("waiting")
        line.click()
        window.status("GLM from 2 proposals").wait_for()
        window.saved(whole(ANSWERS["z"]))
    finally:
        stuck.set()
