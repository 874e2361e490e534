"""The command ``moa-lsp init``: its options, and the questions where one is left out."""

from pathlib import Path

import click

from moa_lsp.cli.options import CONFIG_TO_WRITE
from moa_lsp.config.apis import APIS


@click.command(
    epilog="Example: moa-lsp init --from https://llm.example.org/v1 --key-env LAB_KEY",
    short_help="A first configuration and mix, by three questions.",
)
@click.option(
    "--from",
    "source",
    metavar="PROVIDER|URL",
    help="Where models come from: a known provider (openrouter, ollama, …) or an endpoint's URL.",
)
@click.option(
    "--key-env", metavar="VARIABLE", help="The variable that holds the key; '' for none."
)
@click.option(
    "--models", metavar="A,B", help="Models of the first mix, as the provider names them."
)
@click.option("--name", help="What the provider is called, where --from is a URL.")
@click.option(
    "--api",
    type=click.Choice(APIS),
    default="openai",
    show_default=True,
    help="How an endpoint is spoken to, where --from is a URL.",
)
@click.option("--mix-name", default="mine", show_default=True, help="What the mix is called.")
@click.option(
    "--price",
    metavar="IN/OUT",
    help="USD per million tokens, of the models whose price is not known.",
)
@click.option("--no-probe", is_flag=True, help="Do not ask the provider which models it has.")
@CONFIG_TO_WRITE
def init(
    *,
    source: str | None,
    key_env: str | None,
    models: str | None,
    name: str | None,
    api: str,
    mix_name: str,
    price: str | None,
    no_probe: bool,
    config: Path | None,
) -> None:
    """Write a commented config.yaml and a first mix, check them, and say what to do next.

    Asks where models come from, which variable holds the key, and which models the mix has; an
    option answers its question. Never writes over a file.
    """
    from moa_lsp.cli.init import InitArguments
    from moa_lsp.cli.init import init as write_first

    wanted = InitArguments(
        source, key_env, models, name, api, mix_name, price, probe=not no_probe, config=config
    )
    raise SystemExit(write_first(wanted))
