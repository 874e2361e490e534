"""Names of a mix's agents: each its own, whatever the file leaves out. Pure."""

from collections import Counter
from collections.abc import Sequence


def agent_ids(agents: Sequence[tuple[str, str]]) -> list[str]:
    """Name every agent: its own id, else its model's last part, numbered when that repeats.

    Args:
        agents: of each its id, ``""`` for none, and its model.
    """
    bare = [own or model.rpartition("/")[2] for own, model in agents]
    taken = {own for own, _ in agents if own}
    repeats = Counter(name for (own, _), name in zip(agents, bare, strict=True) if not own)
    ids: list[str] = []
    for (own, _), name in zip(agents, bare, strict=True):
        if own:
            ids.append(name)
            continue
        unique, number = name, 1
        while unique in taken or (number == 1 and repeats[name] > 1):
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique)
        ids.append(unique)
    return ids
