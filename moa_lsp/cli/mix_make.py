"""``moa-lsp mix import`` and ``mix permute``, and what ``mix show --estimate`` adds: new mixes.

Files are written whole and never over one that is there.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.cli import output
from moa_lsp.config import files
from moa_lsp.config.catalog import load_catalog
from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.estimate import Estimate, as_if, worst_case
from moa_lsp.config.mixes import Mix
from moa_lsp.config.moa_llm import convert
from moa_lsp.config.permute import RoleAssignment, permute
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.strict_yaml import load
from moa_lsp.errors import ConfigError, UsageError
from moa_lsp.text.sanitize import escape


@dataclass(frozen=True, slots=True)
class TokenLengths:
    """Tokens of a run that is priced as if; ``None`` where the worst case is meant."""

    prompt: int | None = None
    answer: int | None = None

    def price(self, mix: Mix, catalog: Catalog) -> tuple[str, Estimate]:
        """Price a resolved mix; says what the figure is.

        Raises:
            UsageError: only one of the two lengths is given.
        """
        if self.prompt is None and self.answer is None:
            found = worst_case(mix, catalog.settings, catalog.providers)
            return "worst case of one run", found
        if self.prompt is None or self.answer is None:
            raise UsageError("--prompt-tokens and --answer-tokens go together; give both")
        found = as_if(
            mix, catalog.settings, catalog.providers, prompt=self.prompt, answer=self.answer
        )
        what = f"one run with prompts of {self.prompt:,} and answers of {self.answer:,} tokens"
        return what, found


@dataclass(frozen=True, slots=True)
class PermuteArguments:
    """What ``mix permute`` is asked for; fields as its options."""

    models: tuple[str, ...]
    proposers: int
    aggregators: tuple[str, ...]
    repeat: bool
    distinct: bool
    prefix: str
    out: Path | None
    lengths: TokenLengths
    config: Path | None


def estimate(
    name: str, action: str, language: str, lengths: TokenLengths, config: Path | None
) -> int:
    """Print what one run of a mix costs, and nothing else of it; the exit code."""
    from moa_lsp.config.resolve import choose

    catalog = load_catalog(config=config, environ=os.environ)
    mix = choose(catalog, action=action, language=language, path="", requested=name).mix
    what, found = lengths.price(mix, catalog)
    sys.stdout.write(f"{what}: {_exact(found)}\n")
    if found.unknown:
        sys.stdout.write(
            f"no price is known of {', '.join(found.unknown)}: add it under `models:`\n"
        )
    return 0


def import_mix(path: Path, out: Path | None, config: Path | None) -> int:
    """Turn a moa-llm configuration into a mix, on stdout or as a file; the exit code.

    Raises:
        ConfigError: the configuration cannot be turned into one.
        UsageError: the mix's file cannot be written.
    """
    catalog = load_catalog(config=config, environ=os.environ)
    loaded = load(files.read(path), str(path))
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).strip("-._") or "imported"
    made = convert(loaded, name, catalog.providers)
    for warning in made.warnings:
        sys.stderr.write(f"{escape(str(warning))}\n")
    if made.problems:
        raise ConfigError(made.problems)
    if out is None:
        sys.stdout.write(made.text)
    else:
        sys.stdout.write(f"{_write({name: made.text}, out)[0]}\n")
    return 0


def permute_models(wanted: PermuteArguments) -> int:
    """Cast models in every way: a table, and files where ``--out`` says; the exit code.

    Raises:
        ConfigError: a model's name means nothing.
        UsageError: there is no such cast, or a file cannot be written.
    """
    catalog = load_catalog(config=wanted.config, environ=os.environ)
    casts = permute(
        wanted.models,
        proposers=wanted.proposers,
        aggregators=wanted.aggregators,
        repeat=wanted.repeat,
        distinct=wanted.distinct,
        prefix=wanted.prefix,
    )
    priced = _priced(casts, catalog, wanted.lengths)
    what = priced[0][1]
    rows = [
        (cast.name, ", ".join(cast.proposers), cast.aggregator, _exact(found))
        for cast, _, found in priced
    ]
    where = output.console()
    if wanted.out:
        texts = {
            cast.name: cast.text("Made by `moa-lsp mix permute`.", f"{what}: {_exact(found)} USD")
            for cast, _, found in priced
        }
        _write(texts, wanted.out)
    output.show_table(where, ("mix", "proposers", "aggregator", "USD"), rows, numbers=("USD",))
    sys.stderr.write(f"{len(rows)} mixes; USD: {what}\n")
    unknown = dict.fromkeys(model for _, _, found in priced for model in found.unknown)
    if unknown:
        sys.stderr.write(f"no price is known of {', '.join(unknown)}: add it under `models:`\n")
    return 0


def _priced(
    casts: Sequence[RoleAssignment], catalog: Catalog, lengths: TokenLengths
) -> list[tuple[RoleAssignment, str, Estimate]]:
    """Check and price every cast.

    Raises:
        ConfigError: a model's name means nothing.
    """
    done = compose(
        [MixSource(load(cast.text(), cast.name), "user") for cast in casts], catalog.providers
    )
    if done.problems:
        told = dict.fromkeys(problem.message for problem in done.problems)
        raise UsageError("; ".join(told))
    return [(cast, *lengths.price(done.mixes[cast.name].mix, catalog)) for cast in casts]


def _exact(found: Estimate) -> str:
    return "unknown" if found.usd is None else f"{found.usd:.6f}"


def _write(texts: dict[str, str], folder: Path) -> list[Path]:
    """Write mixes as files; none when one of them is there already.

    Raises:
        UsageError: one is there already, or cannot be written.
    """
    return write_files({folder / f"{name}.yaml": text for name, text in texts.items()})


def write_files(
    texts: Mapping[Path, str], hint: str = "name another folder with --out"
) -> list[Path]:
    """Write new files; none when one of them is there already.

    Args:
        texts: by path.
        hint: what to do about a file that is there.

    Raises:
        UsageError: one is there already, or cannot be written.
    """
    there = [str(path) for path in texts if path.exists() or path.is_symlink()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UsageError(f"{there[0]}{more} is there already; {hint}")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as err:
        cause = (err.strerror or str(err)).lower()
        raise UsageError(f"{err.filename} cannot be written: {cause}") from err
    return list(texts)
