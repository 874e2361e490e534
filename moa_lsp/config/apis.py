"""The wires by the names that a configuration gives them.

Imports no other module: options of the command line name them before a configuration is read.
"""

from typing import Literal, get_args

Api = Literal["openai", "anthropic", "ollama", "llamacpp", "mistral"]
"""The wires that a provider of the user may speak."""

APIS: tuple[str, ...] = get_args(Api)
"""The same as text; ``providers.build`` makes each of them."""

SPOKEN_APIS = frozenset({"embedded", *APIS})
"""What this version speaks; a mix that needs another is not ready."""
