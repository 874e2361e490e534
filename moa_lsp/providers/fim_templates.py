"""Prompts that fill gaps, by family of models: the markers that each was trained with.

Pure. Text of the user that holds a marker would act as one, so markers are taken out of it first.
Sources: the models' own cards and the tokenizer table of llama.cpp (``src/llama-vocab.cpp``).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from moa_lsp.providers.base import Infill


@dataclass(frozen=True, slots=True)
class FimFamily:
    """How one family is asked.

    Attributes:
        prompt: of a gap whose texts hold no markers.
        stops: ends of an answer, besides the end of text.
        names: finds a model of the family by its name.
        inner: tokens of the template that are no stops.
    """

    prompt: Callable[[Infill], str]
    stops: tuple[str, ...]
    names: re.Pattern[str]
    inner: tuple[str, ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """The exact tokens of the family: each acts as one wherever a model reads it."""
        return (*self.stops, *self.inner)


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
        ("<bos>", "<pad>", "<start_of_turn>", "<end_of_turn>"),
    ),
    "granite": FimFamily(
        _plain("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        ("<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        _named(r"granite.*code|stable-?code"),
        ("<filename>", "<gh_stars>", "<reponame>"),
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
        ("<fim_pad>", "<repo_name>", "<pr_status>"),
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
        ("<\uff5cbegin\u2581of\u2581sentence\uff5c>",),
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
        ("[MIDDLE]", "[INST]", "[/INST]"),
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
        ("<|code_prefix|>", "<|code_middle|>", "<|system|>"),
    ),
}  # fmt: skip
"""By the name that ``fim:`` of a model may say."""

_FILE_SIGN = "+++++ "
"""Codestral's sign before the name of a file; anywhere but at the start of a line it is text."""


def _pattern(tokens: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(set(tokens), key=lambda token: (-len(token), token))
    return re.compile(
        "|".join(
            rf"^{re.escape(token)}" if token == _FILE_SIGN else re.escape(token)
            for token in longest_first
        ),
        re.MULTILINE,
    )


_TOKENS = {name: _pattern(family.tokens) for name, family in FAMILIES.items()}
_ANY = _pattern(token for family in FAMILIES.values() for token in family.tokens)
_NONE = re.compile(r"(?!)")


def tokens_of(template: str | None) -> re.Pattern[str]:
    """Finds the tokens that a gap's prompt may have held.

    Args:
        template: a family; ``chat`` for a question in words, which holds none; ``None`` where it
            is not known, which stands for all families.
    """
    if template is None:
        return _ANY
    return _TOKENS.get(template, _NONE)


def family_of(model: str) -> str | None:
    """The family that a model's name tells, ``None`` when it tells none."""
    return next((name for name, each in FAMILIES.items() if each.names.search(model)), None)


def prompt(family: str, gap: Infill) -> str:
    """The prompt of a gap, for a model of a family.

    Raises:
        KeyError: there is no such family.
    """
    return FAMILIES[family].prompt(unmarked(gap, family))


def unmarked(gap: Infill, family: str) -> Infill:
    """A gap whose texts hold no token of a family; what only looks like one stays."""
    tokens = tokens_of(family)

    def clean(text: str) -> str:
        return tokens.sub("", text)

    return Infill(
        clean(gap.prefix),
        clean(gap.suffix),
        tuple((clean(name), clean(text)) for name, text in gap.extra),
        gap.stops,
        clean(gap.name),
        gap.language,
    )
