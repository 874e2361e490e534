"""Whether a word looks like a key or a password: such a word is neither learnt nor written.

Rather one word too many: a suggestion that is not made costs nothing.
"""

import re
from itertools import pairwise

_KNOWN = re.compile(
    r"(?:sk|pk|rk)[-_](?:live|test|ant|proj|or)|sk-[A-Za-z0-9]{8}|gh[opsur]_|github_pat_|glpat-"
    r"|xox[abprs]-|AKIA|ASIA|AIza|ya29\.|eyJ[\w-]{8}|npm_[A-Za-z0-9]{8}|hf_[A-Za-z]{8}"
    r"|-----BEGIN|[a-z]+://[^/\s:@]*:[^/\s@]+@"
)
_RUN = re.compile(r"[A-Za-z0-9+/_=.-]{16,}")
_LEAST_MIXED = 3


def looks_secret(word: str) -> bool:
    """Say whether a string, a number or a name looks like a secret."""
    if len(word) < _SHORTEST:
        return False
    return _KNOWN.search(word) is not None or any(map(_random, _RUN.findall(word)))


_SHORTEST = 8


def _random(run: str) -> bool:
    """Whether letters and digits alternate as they do in no name."""
    kinds = [
        "d" if each.isdigit() else "u" if each.isupper() else "l" for each in run if each.isalnum()
    ]
    digits = kinds.count("d")
    if digits == len(kinds):
        return False
    if all(each in "0123456789abcdefABCDEF-" for each in run):
        return digits >= _LEAST_MIXED
    turns = sum((one == "d") != (other == "d") for one, other in pairwise(kinds))
    return digits >= _LEAST_MIXED and turns > _LEAST_MIXED
