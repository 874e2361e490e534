"""The shapes that answers have, and how well the extractor does with each.

The prompts ask for one closed fence and nothing behind it. That is right as long as no other shape
comes through better: recorded chat answers are sorted by the shape that they have, and recorded
edits that passed are written in each shape anew, for whole files and for a part of them.
"""

from collections import Counter
from collections.abc import Sequence

from moa_lsp.answers.extract import extract
from moa_lsp.answers.fences import scan
from moa_lsp.text.eol import to_lf
from research.extraction.chat import Taken
from research.extraction.losses import Whole, fenced

ASKED = "one closed fence, nothing behind it"
"""What the prompts ask for."""

FORMS = (
    ASKED,
    "one closed fence, prose behind it",
    "several fences",
    "no fence",
    "an unclosed fence",
)


def form_of(raw: str) -> str:
    """The shape of an answer."""
    text = to_lf(raw).strip()
    blocks = scan(text)
    if not blocks:
        return FORMS[3]
    if not blocks[-1].closed:
        return FORMS[4]
    if len(blocks) > 1:
        return FORMS[2]
    return ASKED if text.endswith(("```", "~~~")) else FORMS[1]


def chat_forms(taken: Taken, place: str) -> dict[str, tuple[int, int, int]]:
    """By shape: answers, those that are usable, and of those the ones that lose a right block."""
    found: dict[str, tuple[int, int, int]] = {}
    for at, chat in enumerate(taken.chats):
        answers, usable, lost = found.get(form_of(chat.raw), (0, 0, 0))
        code = taken.codes[place][at]
        missed = not taken.passes(at, code) and taken.ceiling([at]) > 0
        found[form_of(chat.raw)] = (answers + 1, usable + (code is not None), lost + missed)
    return found


def written(whole: Whole) -> dict[str, str]:
    """A right answer in each shape."""
    block = fenced(whole.code, whole.asked.language)
    old = fenced(whole.asked.region, whole.asked.language)
    prose = "I changed what you asked for. Tell me if it should be done in another way."
    return {
        ASKED: block,
        FORMS[1]: f"{block}\n{prose}\n",
        FORMS[2]: f"The code was:\n\n{old}\nIt is now:\n\n{block}",
        FORMS[3]: f"Here is the new code:\n\n{whole.code}\n\n{prose}\n",
        FORMS[4]: block.rstrip().rstrip("`"),
    }


def edit_forms(wholes: Sequence[Whole]) -> dict[str, Counter[str]]:
    """By shape: how many right answers came back exact, were rejected, or came back as another."""
    found = {form: Counter[str]() for form in FORMS}
    for whole in wholes:
        for form, text in written(whole).items():
            taken = extract(text, "stop", whole.asked)
            if taken.code is None:
                found[form]["rejected"] += 1
            else:
                same = taken.code.strip() == whole.code.strip()
                found[form]["exact" if same else "another"] += 1
    return found
