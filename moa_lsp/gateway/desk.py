"""What all requests of one gateway share: the setup, the accounts and the places for runs."""

import time
from dataclasses import dataclass, field

from moa_lsp.config.resolve import summaries
from moa_lsp.gateway.errors import RequestRefused
from moa_lsp.gateway.places import RunPlaces
from moa_lsp.runs.accounting import RunAccounting
from moa_lsp.runs.runtime_config import RuntimeConfig


@dataclass(slots=True)
class GatewayDesk:
    """One gateway's own.

    Attributes:
        started: Unix time in seconds, which every model carries as ``created``.
    """

    runtime: RuntimeConfig
    accounts: RunAccounting
    places: RunPlaces = field(default_factory=RunPlaces)
    started: int = field(default_factory=lambda: time.time_ns() // 10**9)

    @staticmethod
    def now() -> int:
        """Unix time in seconds, which a response carries as ``created``."""
        return time.time_ns() // 10**9

    @property
    def models(self) -> list[tuple[str, str]]:
        """Names and descriptions of the mixes that are ready."""
        return [(each.name, each.description) for each in summaries(self.runtime.catalog)
                if not each.missing]  # fmt: skip

    def check_model(self, name: str) -> None:
        """Refuse a model that is no mix.

        Raises:
            RequestRefused: there is none of that name.
        """
        if name not in self.runtime.catalog.mixes and name not in self.runtime.catalog.broken:
            raise RequestRefused(
                404, "model_not_found", f"there is no mix `{name}`; GET /v1/models lists those"
            )

    async def close(self) -> None:
        """Give back what the providers hold, and write what is to be written."""
        await self.runtime.close()
        await self.accounts.close()
