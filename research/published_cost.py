"""The published claim, worked out: the open mix is 56 % cheaper than its commercial counterpart.

``python -m research.published_cost [FOLDER]``; the folder holds BigCodeBench-Hard, without it
``MOA_RECORDED`` names it. Nothing is asked of a model: each task's prompt and reference solution
give the lengths, the product's own price code (``mix show --estimate``) the cost, and the prices
of then come from mixes/README.md.
"""

import argparse
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.machine import table
from moa_bench.sets.registry import load
from moa_lsp.config.catalog import bundled_folder, load_catalog
from moa_lsp.config.estimate import as_if
from moa_lsp.config.resolve import Catalog, choose
from moa_lsp.config.settings import Price
from moa_lsp.text.tokens import tokens

OPEN, COMMERCIAL = "open-coding", "commercial-coding"

MISTRAL = "mistral/mistral-large-2407"
LLAMA = "together/meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo"
GPT = "openai/gpt-4o-2024-08-06"

OTHERWISE: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "as published": {},
    "GPT-4o at its later price, 2.50 and 10": {GPT: (2.5, 10)},
    "Mistral Large 2 at its first price, 3 and 9": {MISTRAL: (3, 9)},
    "Llama 3.1 405B as Azure sold it, 5.33 and 16": {LLAMA: (5.33, 16)},
    "Llama 3.1 405B at 5 and 5": {LLAMA: (5, 5)},
    "Llama 3.1 405B as Fireworks sold it, 3 and 3": {LLAMA: (3, 3)},
}
"""Prices that others paid then, USD per million tokens of input and of output."""


@dataclass(frozen=True)
class Length:
    """Tokens of a prompt, and of each answer to it."""

    prompt: int
    answer: int


EQUAL = Length(1000, 1000)


def catalog() -> Catalog:
    """The bundled mixes with the prices of then."""
    readme = (bundled_folder() / "README.md").read_text("utf-8")
    found = re.search(r"```yaml\n(models:.*?)```", readme, re.DOTALL)
    assert found is not None, "mixes/README.md has the prices of then"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(found[1], "utf-8")
        return load_catalog(config=path, environ={})


def otherwise(known: Catalog, prices: Mapping[str, tuple[float, float]]) -> Catalog:
    """The same with other prices for some models."""
    models = dict(known.settings.models)
    for name, (read, written) in prices.items():
        price = Price(input=read, output=written)
        models[name] = models[name].model_copy(update={"price": price})
    settings = known.settings.model_copy(update={"models": models})
    return replace(known, settings=settings)


def usd(known: Catalog, mix: str, lengths: Sequence[Length]) -> float:
    """What a mix costs for prompts of these lengths, if every step is taken."""
    chosen = choose(known, action="generate", language="python", path="", requested=mix).mix
    total = 0.0
    for each in lengths:
        found = as_if(
            chosen, known.settings, known.providers, prompt=each.prompt, answer=each.answer
        )
        assert found.usd is not None, f"{mix}: no price of {', '.join(found.unknown)}"
        total += found.usd
    return total


def lengths_of(folder: Path) -> list[Length]:
    """The lengths of BigCodeBench-Hard Instruct: its prompts, its reference solutions."""
    return [
        Length(tokens(task.ask.instruction), tokens(task.reference))
        for task in load("bigcodebench-hard", folder).tasks
    ]


def rows(known: Catalog, cases: Mapping[str, Sequence[Length]]) -> Iterator[tuple[str, ...]]:
    """One row for each case: mean lengths, both costs for a thousand tasks, what is saved."""
    for name, lengths in cases.items():
        cheap, dear = (usd(known, mix, lengths) / len(lengths) for mix in (OPEN, COMMERCIAL))
        yield (
            name,
            f"{sum(each.prompt for each in lengths) / len(lengths):,.0f}",
            f"{sum(each.answer for each in lengths) / len(lengths):,.0f}",
            f"{1000 * cheap:.2f}",
            f"{1000 * dear:.2f}",
            f"{100 * (1 - cheap / dear):.1f} %",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED", "."))
    parser.add_argument("--quick", action="store_true", help="the same: it takes a second")
    hard = lengths_of(Path(parser.parse_args().folder))
    known = catalog()
    columns = ("prompt", "answer", "open, USD/1,000", "commercial", "saved")
    cases = {
        "BigCodeBench-Hard": hard,
        "answers twice as long": [Length(each.prompt, 2 * each.answer) for each in hard],
        "prompts of an editor: 1,500 tokens more": [
            Length(each.prompt + 1500, each.answer) for each in hard
        ],
        "all lengths equal": [EQUAL],
    }
    print(f"published_cost: {len(hard)} tasks, no model is asked\n")
    print(table(("lengths", *columns), list(rows(known, cases))))
    print()
    for_prices = [
        (name, *(next(rows(other, {"": case}))[-1] for case in (hard, [EQUAL])))
        for name, prices in OTHERWISE.items()
        for other in [otherwise(known, prices)]
    ]
    print(table(("prices", "saved, BigCodeBench-Hard", "saved, lengths equal"), for_prices))


if __name__ == "__main__":
    main()
