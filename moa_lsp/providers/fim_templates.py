"""Prompts that fill gaps, by family of models: the markers that each was trained with.

Pure. Text of the user that holds a marker would act as one, so markers are taken out of it first.
Sources: the models' own cards and the tokenizer table of llama.cpp (``src/llama-vocab.cpp``).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from moa_lsp.providers.base import Infill


@dataclass(frozen=True, slots=True)
class FimFamily:
    """How one family is asked.

    Attributes:
        prompt: of a gap whose texts hold no markers.
        stops: ends of an answer, besides the end of text.
        names: finds a model of the family by its name.
    """

    prompt: Callable[[Infill], str]
    stops: tuple[str, ...]
    names: re.Pattern[str]


def _plain(prefix: str, suffix: str, middle: str) -> Callable[[Infill], str]:
    return lambda gap: f"{prefix}{gap.prefix}{suffix}{gap.suffix}{middle}"


def _qwen(gap: Infill) -> str:
    files = "".join(f"<|file_sep|>{name}\n{text}\n" for name, text in gap.extra)
    lead = f"<|repo_name|>repository\n{files}<|file_sep|>{gap.name}\n" if files else ""
    return f"{lead}<|fim_prefix|>{gap.prefix}<|fim_suffix|>{gap.suffix}<|fim_middle|>"


def _starcoder(gap: Infill) -> str:
    files = "".join(f"<file_sep>{name}\n{text}\n" for name, text in gap.extra)
    return f"{files}<fim_prefix>{gap.prefix}<fim_suffix>{gap.suffix}<fim_middle>"


def _codestral(gap: Infill) -> str:
    files = "".join(f"+++++ {name}\n{text}\n" for name, text in gap.extra)
    own = f"+++++ {gap.name}\n" if files else ""
    return f"[SUFFIX]{gap.suffix}[PREFIX]{files}{own}{gap.prefix}"


def _codegeex(gap: Infill) -> str:
    head = f"###PATH:{gap.name}\n###LANGUAGE:{gap.language}\n###MODE:BLOCK\n"
    return (
        f"<|user|>\n{head}<|code_suffix|>{gap.suffix}<|code_prefix|>{gap.prefix}<|code_middle|>"
        "<|assistant|>\n"
    )


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


FAMILIES: dict[str, FimFamily] = {
    "qwen": FimFamily(
        _qwen,
        ("<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>", "<|im_end|>",
         "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        _named(r"qwen[\d.]*-?coder|codeqwen"),
    ),
    "codegemma": FimFamily(
        _plain("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ("<|file_separator|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<eos>"),
        _named(r"codegemma"),
    ),
    "granite": FimFamily(
        _plain("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        ("<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        _named(r"granite.*code|stable-?code"),
    ),
    "santacoder": FimFamily(
        _plain("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
        ("<|endoftext|>", "<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
        _named(r"santacoder"),
    ),
    "starcoder": FimFamily(
        _starcoder,
        ("<|endoftext|>", "<file_sep>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        _named(r"starcoder"),
    ),
    "deepseek": FimFamily(
        _plain(
            "<\uff5cfim\u2581begin\uff5c>",
            "<\uff5cfim\u2581hole\uff5c>",
            "<\uff5cfim\u2581end\uff5c>",
        ),
        ("<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cfim\u2581begin\uff5c>",
         "<\uff5cfim\u2581hole\uff5c>", "<\uff5cfim\u2581end\uff5c>", "<|EOT|>"),
        _named(r"deepseek-?coder"),
    ),
    "codellama": FimFamily(
        lambda gap: f"<PRE> {gap.prefix} <SUF>{gap.suffix} <MID>",
        ("<EOT>", "<PRE>", "<SUF>", "<MID>", "</s>"),
        _named(r"code-?llama"),
    ),
    "codestral": FimFamily(
        _codestral,
        ("[PREFIX]", "[SUFFIX]", "</s>", "+++++ "),
        _named(r"codestral"),
    ),
    "seed": FimFamily(
        lambda gap: (
            f"<[fim-suffix]>{gap.suffix}<[fim-prefix]>{gap.prefix}<[fim-middle]>"
        ),
        ("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>", "<[end\u2581of\u2581sentence]>"),
        _named(r"seed-?coder"),
    ),
    "codegeex": FimFamily(
        _codegeex,
        ("<|endoftext|>", "<|user|>", "<|assistant|>", "<|observation|>", "<|code_suffix|>"),
        _named(r"codegeex"),
    ),
}  # fmt: skip
"""By the name that ``fim:`` of a model may say."""

MARKERS = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|<\uff5c[^\uff5c<>\n]{1,40}\uff5c>"
    r"|<(?:fim|file)[_-](?:prefix|suffix|middle|pad|sep)>|<\[[^\]<>\n]{1,40}\]>"
    r"|<(?:PRE|SUF|MID|EOT|END)>|\[/?(?:PREFIX|SUFFIX|MIDDLE|INST)\]|</?s>|<eos>|<pad>"
    r"|<(?:file_separator|end_of_turn|start_of_turn|endoftext|repo_name|gh_stars)>"
)
"""Markers of these families, and ends of text."""


def family_of(model: str) -> str | None:
    """The family that a model's name tells, ``None`` when it tells none."""
    return next((name for name, each in FAMILIES.items() if each.names.search(model)), None)


def prompt(family: str, gap: Infill) -> str:
    """The prompt of a gap, for a model of a family.

    Raises:
        KeyError: there is no such family.
    """
    return FAMILIES[family].prompt(unmarked(gap))


def unmarked(gap: Infill) -> Infill:
    """A gap whose texts hold no marker of any family."""

    def clean(text: str) -> str:
        return MARKERS.sub("", text)

    return Infill(
        clean(gap.prefix),
        clean(gap.suffix),
        tuple((clean(name), clean(text)) for name, text in gap.extra),
        gap.stops,
        clean(gap.name),
        gap.language,
    )
