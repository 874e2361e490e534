"""The accounts of a server's runs, made when they are first asked for.

A server that runs nothing opens no database, and its start imports none of this.
"""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from moa_lsp.actions.accounts import Accounts
    from moa_lsp.lsp.server import Server
    from moa_lsp.lsp.show import Shower

_made: "WeakKeyDictionary[Server, Accounts]" = WeakKeyDictionary()


def totals_of(server: "Server") -> dict[str, float]:
    """What the runs of a server cost so far: ``{usd, input, output}``; opens nothing."""
    made = _made.get(server)
    if made is None:
        return {"usd": 0.0, "input": 0, "output": 0}
    sums = made.session
    return {"usd": round(sums.cost_usd, 9), "input": sums.input, "output": sums.output}


def accounts_of(server: "Server", show: "Shower") -> "Accounts":
    """The accounts of a server, closed when its connection ends.

    Args:
        server: whose.
        show: tells the user, once, what keeps the accounts from being kept.
    """
    found = _made.get(server)
    if found is None:
        from moa_lsp.actions.accounts import Accounts

        found = Accounts.of_user(lambda sentence: show.sentence(sentence, failed=True))
        _made[server] = found
        server.on_close.append(found.close)
    return found
