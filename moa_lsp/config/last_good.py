"""What was good when files were read before: what a broken file leaves in use.

One memory belongs to whoever reads again and again, one reading at a time. A file that is gone is
forgotten: deleting it is an intention, breaking it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from moa_lsp.config.compose import MixSource
from moa_lsp.config.settings import ProviderEntry, Settings
from moa_lsp.config.strict_yaml import YamlDocument


class ValidConfig(NamedTuple):
    """A ``config.yaml`` without a mistake, and the providers that it made known."""

    settings: Settings
    providers: Mapping[str, ProviderEntry]


@dataclass(slots=True)
class LastGoodConfig:
    """The last good version of each file.

    Attributes:
        configs: of users, by path.
        sources: of mixes, by path.
        workspaces: ``config.yaml`` of workspaces, by path.
    """

    configs: dict[str, ValidConfig] = field(default_factory=dict)
    sources: dict[str, MixSource] = field(default_factory=dict)
    workspaces: dict[str, YamlDocument] = field(default_factory=dict)
