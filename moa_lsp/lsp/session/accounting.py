"""The accounts of a server's runs, made when they are first asked for.

A server that runs nothing opens no database, and its start imports none of this.
"""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.lsp.session.user_messages import UserMessages
    from moa_lsp.runs.accounting import RunAccounting

_made: "WeakKeyDictionary[Server, RunAccounting]" = WeakKeyDictionary()


def totals_of(server: "Server") -> dict[str, float]:
    """What the runs of a server cost so far: ``{usd, input, output}``; opens nothing."""
    made = _made.get(server)
    if made is None:
        return {"usd": 0.0, "input": 0, "output": 0}
    sums = made.session
    return {"usd": round(sums.cost_usd, 9), "input": sums.input, "output": sums.output}


def accounts_of(server: "Server", show: "UserMessages") -> "RunAccounting":
    """The accounts of a server, closed when its connection ends.

    Args:
        server: whose.
        show: tells the user, once, what keeps the accounts from being kept.
    """
    found = _made.get(server)
    if found is None:
        from moa_lsp.runs.accounting import RunAccounting

        found = RunAccounting.of_user(lambda sentence: show.sentence(sentence, failed=True))
        _made[server] = found
        server.on_close.append(found.close)
    return found
