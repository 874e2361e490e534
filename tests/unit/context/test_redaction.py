"""Secrets stay out of what models see, and come back where they were and nowhere else."""

from dataclasses import replace

import pytest

from moa_lsp.context.redaction import MAX_AROUND_CHARS, MAX_PLACEHOLDER_CHARS, MAX_SECRETS, veil
from moa_lsp.errors import UsageError
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.span import Span

INSIDE, OUTSIDE = "s3cr3t!pw", "0ther-pa55"
TEXT = f"PASSWORD = '{OUTSIDE}'\n\ndef f():\n    connect(password='{INSIDE}')\n\nx = f()\n"


def task(text=TEXT, region=f"def f():\n    connect(password='{INSIDE}')", **keys):
    start = text.index(region)
    keys = {"output": "replace", **keys}
    return Task("refactor", keys.pop("output"), Snapshot("file:///a.py", text, "python", 1),
                Span(start, start + len(region)), start, **keys)  # fmt: skip


def names(made):
    by_value = {value: name for name, value in made.values.items()}
    return by_value[INSIDE], by_value[OUTSIDE]


def test_neither_value_is_shown_and_the_rest_is():
    about = task()
    made = veil(about)
    inside, outside = names(made)
    assert made.task.snapshot.text == TEXT.replace(INSIDE, inside).replace(OUTSIDE, outside)
    assert made.task.region == about.region.replace(INSIDE, inside)
    assert made.task.before == about.before.replace(OUTSIDE, outside)
    assert made.own == {inside}
    assert made.count == 2
    assert "2 values that look like secrets were hidden" in made.warning()


def test_nothing_to_hide():
    about = task("x = 1\n", "x = 1")
    made = veil(about)
    assert (made.task, made.count, made.warning()) == (about, 0, None)
    assert made.restored("HIDDEN_abc") == ("HIDDEN_abc", None)
    assert made.hide("x") == "x"
    assert not made.tracked_documents("x")


def test_the_regions_value_comes_back_everywhere_in_the_answer():
    made = veil(task())
    inside, _ = names(made)
    code = f"def f():\n    p = '{inside}'\n    connect(password='{inside}')"
    assert made.restored(code) == (code.replace(inside, INSIDE), None)


REFUSED = [
    ("outside", "from outside the region"),
    ("damaged", "damages the placeholder"),
    ("lower", "damages the placeholder"),
]


@pytest.mark.parametrize(("how", "why"), REFUSED)
def test_other_placeholders_are_refused(how, why):
    made = veil(task())
    inside, outside = names(made)
    word = {"outside": outside, "damaged": inside[:-1], "lower": inside.lower()}[how]
    code, reason = made.restored(f"def f(): return '{word}'")
    assert code is None
    assert why in reason


@pytest.mark.parametrize("output", ["new_file", "insert_after", "insert_before", "comment"])
def test_what_does_not_replace_the_region_brings_no_value_elsewhere(output):
    made = veil(task(output=output))
    inside, _ = names(made)
    assert made.restored(f"x = '{inside}'")[0] is None
    assert made.restored("x = 1") == ("x = 1", None)


def test_an_explanation_keeps_the_placeholder():
    made = veil(task(output="document"))
    inside, outside = names(made)
    said = f"`{inside}` and `{outside}` are passwords."
    assert made.restored(said) == (said, None)


def test_the_same_value_has_the_same_placeholder_wherever_it_stands():
    text = f"password = '{INSIDE}'\n# {INSIDE} is it\ncall({INSIDE!r})\n"
    made = veil(task(text, f"call({INSIDE!r})"))
    (name,) = made.values
    assert made.task.snapshot.text == text.replace(INSIDE, name)
    assert made.own == {name}
    assert made.hide(f"so {INSIDE}!") == f"so {name}!"
    assert made.tracked_documents(f"so {INSIDE}!")


def test_notes_hide_it_too():
    said = Diagnostic(
        Span(TEXT.index(INSIDE), len(TEXT)), f"hardcoded password '{INSIDE}'", "S105"
    )
    made = veil(task(diagnostics=(said,), instruction=f"not {OUTSIDE}; use ghp_" + "aB3dE6" * 6))
    inside, outside = names(made)
    assert made.task.diagnostics[0].message == f"hardcoded password '{inside}'"
    assert made.task.instruction.startswith(f"not {outside}; use HIDDEN_")
    shown = made.task.snapshot.text
    assert shown[made.task.diagnostics[0].span.start :].startswith(inside)


def test_no_placeholder_occurs_in_a_text_of_the_run():
    first = veil(task())
    stem = first.stem
    again = veil(task(instruction=f"leave {stem.lower()} alone"))
    assert again.stem != stem
    assert veil(task(), [f"x {stem}"]).stem != stem
    assert veil(task()).values == first.values  # the same texts, the same placeholders


def test_lengths():
    long = "ghp_" + "aB3dE6gH" * 10
    made = veil(task(f"a = '{long}'\npassword = 'Sh0rt!'\n", "a"))
    lengths = {value: len(name) for name, value in made.values.items()}
    assert lengths[long] == MAX_PLACEHOLDER_CHARS
    assert lengths["Sh0rt!"] == len("HIDDEN_0000000")
    token = "ghp_" + "aB3dE6gHi" * 4
    ((name, _),) = veil(task(f"a = '{token}'\n", "a")).values.items()
    assert len(name) == len(token)


def test_a_key_of_many_lines_is_hidden_by_lines():
    lines = [f"  {'MIIEvQIBADANBgkqhkiG9w0BAQ' * 2}{n:02d}xY" for n in range(3)]
    body = "\n".join(lines)
    text = f"K = '''\n  -----BEGIN PRIVATE KEY-----\n{body}\n  -----END PRIVATE KEY-----\n'''\n"
    made = veil(task(text, text.rstrip("\n")))
    assert len(made.values) == 3
    assert made.count == 1
    shown = made.task.snapshot.text
    assert shown.count("\n") == text.count("\n")
    deeper = shown.replace("\n  ", "\n        ")
    assert made.restored(deeper) == (text.replace("\n  ", "\n        "), None)


def test_a_secret_across_the_targets_edge_is_two():
    lines = [f"{'MIIEvQIBADANBgkqhkiG9w0BAQ' * 2}{n:02d}xY" for n in range(4)]
    text = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END PRIVATE KEY-----\n"
    made = veil(task(text, "\n".join(lines[2:])))
    assert {made.values[name] for name in made.own} == set(lines[2:])
    assert not any(line in made.task.snapshot.text for line in lines)


def test_offsets_follow():
    about = replace(task(), cursor=TEXT.index("x = f"))
    made = veil(about)
    assert made.task.snapshot.text[made.task.cursor :] == "x = f()\n"
    assert made.task.after == about.after


def test_only_what_is_near_is_looked_at():
    line = "y = 1\n"
    far = line * (MAX_AROUND_CHARS // len(line) + 9)
    about = task(f"{far}{TEXT}{far}")
    about = replace(
        about, diagnostics=(Diagnostic(about.target, "m"), Diagnostic(Span(0, 1), "n"))
    )
    made = veil(about)
    inside, _ = names(made)
    assert made.task.region == about.region.replace(INSIDE, inside)
    assert made.task.diagnostics[0].span == made.task.target
    assert len(made.task.snapshot.text) < len(about.snapshot.text)


def test_a_file_of_secrets_is_refused():
    text = "".join(f"password_{n} = 'Qx9!zK-{n:05d}'\n" for n in range(MAX_SECRETS + 1))
    with pytest.raises(UsageError, match="use the embedded mix"):
        veil(task(f"{text}x\n", "x\n"))
