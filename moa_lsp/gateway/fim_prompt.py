"""A gap that a client has written into its prompt with the markers of a family of models. Pure.

Clients that know how a model was trained send one prompt and no ``suffix``: Zed's edit
predictions and Continue's completion do. A mix may hold models of several families, so the
markers are taken out again and each model gets those of its own.
"""

from collections.abc import Sequence

MARKERS: Sequence[tuple[str, str, str]] = (
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<\uff5cfim\u2581begin\uff5c>", "<\uff5cfim\u2581hole\uff5c>", "<\uff5cfim\u2581end\uff5c>"),
)
"""Of Qwen and CodeGemma, of StarCoder and Granite, of DeepSeek: before the text in front of the
gap, before the text behind it, and at the end."""


def split(prompt: str) -> tuple[str, str] | None:
    """The text in front of the gap and the text behind it; ``None`` for a prompt without markers.

    What stands before the first marker is of other files, and left out. A prompt in which a marker
    occurs twice is taken as it is: it is not known which one means the gap.
    """
    for begin, hole, end in MARKERS:
        if not prompt.endswith(end) or any(prompt.count(each) != 1 for each in (begin, hole, end)):
            continue
        _, _, rest = prompt.removesuffix(end).partition(begin)
        prefix, found, suffix = rest.partition(hole)
        if found:
            return prefix, suffix
    return None
