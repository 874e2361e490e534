"""The group ``moa-lsp mix``: its commands and their options."""

from pathlib import Path

import click

from moa_lsp.cli.multi_value import MultiValueCommand
from moa_lsp.cli.options import CONFIG, LENGTHS, OUT


@click.group(epilog="Example: moa-lsp mix list")
def mix() -> None:
    """What mixes exist, and whether they are right and ready."""


@mix.command("list", epilog="Example: moa-lsp mix list")
@CONFIG
def mix_list(config: Path | None) -> None:
    """Every mix, whether it is configured, and what it lacks.

    `ready`: it needs nothing but this machine; `configured`: its keys are there, nobody was asked.
    `moa-lsp doctor` asks.
    """
    from moa_lsp.cli.mix import list_mixes

    raise SystemExit(list_mixes(config))


@mix.command("show", epilog="Example: moa-lsp mix show embedded")
@click.argument("name")
@click.option("--action", default="refactor", show_default=True, help="Resolve overrides for it.")
@click.option("--language", default="python", show_default=True, help="Resolve overrides for it.")
@click.option("--estimate", is_flag=True, help="What one run costs, and nothing else.")
@LENGTHS
@CONFIG
def mix_show(
    *,
    name: str,
    action: str,
    language: str,
    estimate: bool,
    prompt_tokens: int | None,
    answer_tokens: int | None,
    config: Path | None,
) -> None:
    """One mix with everything filled in, and what a run of it costs at worst."""
    from moa_lsp.cli.mix import show_mix
    from moa_lsp.cli.mix_make import TokenLengths
    from moa_lsp.cli.mix_make import estimate as show_estimate

    lengths = TokenLengths(prompt_tokens, answer_tokens)
    if estimate or lengths != TokenLengths():
        raise SystemExit(show_estimate(name, action, language, lengths, config))
    raise SystemExit(show_mix(name, action, language, config))


@mix.command("check", epilog="Example: moa-lsp mix check mixes/ my-mix.yaml")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@CONFIG
def mix_check(*, paths: tuple[Path, ...], config: Path | None) -> None:
    """Check mixes, configurations and actions; one line a mistake, with line and column.

    Without PATHS: everything that a run would read.
    """
    from moa_lsp.cli.mix import check_mixes

    raise SystemExit(check_mixes(paths, config))


@mix.command("new", epilog="Example: moa-lsp mix new mine --from open-coding")
@click.argument("name")
@click.option("--from", "parent", metavar="MIX", required=True, help="The mix to copy, by name.")
@OUT
@CONFIG
def mix_new(*, name: str, parent: str, out: Path | None, config: Path | None) -> None:
    """A mix of your own: a copy of MIX, comments and all, in your folder of mixes.

    Never writes over a file.
    """
    from moa_lsp.cli.mix_new import new_mix

    raise SystemExit(new_mix(name, parent, out, config))


@mix.command("import", epilog="Example: moa-lsp mix import moa.yaml --out mixes")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@OUT
@CONFIG
def mix_import(*, file: Path, out: Path | None, config: Path | None) -> None:
    """A moa-llm configuration as a mix; warns of what is ignored there or has no word here."""
    from moa_lsp.cli.mix_make import import_mix

    raise SystemExit(import_mix(file, out, config))


@mix.command(
    "permute",
    cls=MultiValueCommand,
    epilog="Example: moa-lsp mix permute --models openai/a groq/b mistral/c --out mixes",
)
@click.option("--models", multiple=True, required=True, help="Models to cast: provider/model …")
@click.option("--proposers", default=2, show_default=True, type=click.IntRange(1, 16))
@click.option("--aggregators", multiple=True, help="Models that may aggregate; else all.")
@click.option("--repeat", is_flag=True, help="A model may propose more than once.")
@click.option("--distinct-aggregator", is_flag=True, help="No proposer aggregates.")
@click.option("--prefix", default="", help="What the mixes' names start with.")
@LENGTHS
@OUT
@CONFIG
def mix_permute(
    *,
    models: tuple[str, ...],
    proposers: int,
    aggregators: tuple[str, ...],
    repeat: bool,
    distinct_aggregator: bool,
    prefix: str,
    prompt_tokens: int | None,
    answer_tokens: int | None,
    out: Path | None,
    config: Path | None,
) -> None:
    """Every way to cast models as proposers and aggregator, with what a run of each costs.

    Three models and two proposers give 9 mixes, with --repeat 18; six give 90, with
    --distinct-aggregator 60.
    """
    from moa_lsp.cli.mix_make import PermuteArguments, TokenLengths, permute_models

    lengths = TokenLengths(prompt_tokens, answer_tokens)
    wanted = PermuteArguments(
        models, proposers, aggregators, repeat, distinct_aggregator, prefix, out, lengths, config
    )
    raise SystemExit(permute_models(wanted))
