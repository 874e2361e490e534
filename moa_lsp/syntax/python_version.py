"""The lowest Python that a project supports, by its manifests. Pure.

Sources: the core metadata field Requires-Python and PEP 440 for its clauses; Poetry's own for `^`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping

_CLAUSE = re.compile(r"(?P<sign>>=|~=|===?|\^|>|~|)\s*(?P<major>3)\.(?P<minor>\d{1,2})")
_LINE = re.compile(r"python_requires\s*=\s*[\"']?(?P<clauses>[^\"'\n]{1,60})")


def lowest(manifests: Mapping[str, str]) -> tuple[int, int] | None:
    """The lowest Python of the nearest manifest that names one.

    Args:
        manifests: texts by ``folder/name``, the nearest first.
    """
    for path, text in manifests.items():
        name = path.rpartition("/")[2]
        for clauses in _requirements(name, text):
            found = _lowest(clauses)
            if found is not None:
                return found
    return None


def _requirements(name: str, text: str) -> Iterator[str]:
    if name == "pyproject.toml":
        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError):
            return
        project, tool = values.get("project"), values.get("tool")
        poetry = tool.get("poetry") if isinstance(tool, dict) else None
        needed = poetry.get("dependencies") if isinstance(poetry, dict) else None
        for table, key in ((project, "requires-python"), (needed, "python")):
            value = table.get(key) if isinstance(table, dict) else None
            if isinstance(value, str):
                yield value
    elif name in ("setup.cfg", "setup.py"):
        found = _LINE.search(text)
        if found is not None:
            yield found["clauses"]


def _lowest(clauses: str) -> tuple[int, int] | None:
    """The highest lower bound of a list of clauses."""
    bounds = []
    for clause in re.split(r"[,|\s]+(?=[<>=~^!\d])", clauses.strip()):
        found = _CLAUSE.match(clause)
        if found is not None:
            # `>3.8` still allows 3.8.1.
            bounds.append((int(found["major"]), int(found["minor"])))
    return max(bounds, default=None)
