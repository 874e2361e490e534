"""S11: hundreds of invalid files, made by rule; each ends in problems with a place."""

import copy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.config import files
from moa_lsp.config.catalog import bundled_folder
from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.problems import inspect, located
from moa_lsp.config.registry import BUILTIN, overlaid
from moa_lsp.config.settings import Settings
from moa_lsp.config.strict_yaml import dump, load
from moa_lsp.errors import ConfigError

MIX = {
    "name": "m",
    "description": "words",
    "proposers": [
        {
            "model": "openai/a", "id": "a", "samples": 1, "weight": 1.0, "system": "words",
            "temperature": 0.5, "max_tokens": 10, "timeout": 5.0, "fallbacks": ["openai/b"],
            "sees": "task",
        }
    ],
    "aggregator": [
        {"agree": 1.0},
        {"verify": ["parse"]},
        {
            "model": "openai/c", "system": "words", "temperature": 0.1, "max_tokens": 10,
            "timeout": 5.0, "fallbacks": ["openai/d"],
        },
        {"select": "prior"},
    ],
    "quorum": {"min": 1, "grace": 1.0},
    "deadline": 10.0,
    "budget": {"usd": 0.5},
    "cache": True,
    "overrides": [{"when": {"language": "c", "action": "fix"}, "deadline": 5.0}],
}  # fmt: skip


class Raw(str):
    """A scalar that is to stand in the file exactly as it is."""

    __slots__ = ()


WRONG = [
    Raw("[]"), Raw("{}"), Raw("[[1]]"), Raw("{a: 1}"), Raw('""'), Raw('"  "'), Raw("-1"),
    Raw("99999999999"), Raw("1e300"), Raw(".nan"), Raw(".inf"), Raw("1e999"), Raw("nonsense!"),
    Raw("yes"), Raw("True"), Raw("017"), Raw("0x1f"), Raw("1:30"), Raw("2024-01-31"), Raw("1_0"),
    Raw('"5"'), Raw("!!str x"), Raw("&a x"), Raw("*a"), Raw('"a\\0b"'), Raw("<<"),
]  # fmt: skip

# What a field does accept of the above; everything else must be refused.
TAKES = {
    "description": {"nonsense!", "yes", "2024-01-31", '"5"', "<<"},
    "system": {"nonsense!", "yes", "2024-01-31", '"5"', "<<"},
    "language": {"nonsense!", "yes", "2024-01-31", '"5"', "<<"},
    "action": {"yes", "2024-01-31", '"5"'},
    "name": {"yes", "2024-01-31", '"5"'},
    "id": {"yes", "2024-01-31", '"5"'},
    "fallbacks": {"[]"},
    "overrides": {"[]"},
    "when": {"{}"},
    "quorum": {"{}"},
}


def leaves(value, keys=()):
    """Give the place of every value of a mix."""
    if keys:
        yield keys
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list):
            yield from leaves(item, (*keys, key))
        else:
            yield (*keys, key)


def holder_of(data, keys):
    for key in keys[:-1]:
        data = data[key]
    return data


def written(data):
    """Write a mix as YAML with its raw scalars in place."""
    raws = {}

    def plain(value):
        if isinstance(value, Raw):
            raws[f"raw{len(raws)}x"] = value
            return f"raw{len(raws) - 1}x"
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value

    text = dump(plain(data))
    for mark, raw in raws.items():
        text = text.replace(mark, raw)
    return text


def values_replaced():
    for keys, wrong in product(leaves(MIX), WRONG):
        if wrong in TAKES.get(keys[-1], ()):
            continue
        data = copy.deepcopy(MIX)
        holder_of(data, keys)[keys[-1]] = wrong
        yield f"{'.'.join(map(str, keys))} = {wrong}", written(data)


def keys_changed():
    def renamed(change):
        for keys in leaves(MIX):
            if not isinstance(keys[-1], str) or keys[-1].isdigit():
                continue
            data = copy.deepcopy(MIX)
            holder = holder_of(data, keys)
            holder[change(keys[-1])] = holder.pop(keys[-1])
            yield f"{'.'.join(map(str, keys))} -> {change(keys[-1])!r}", dump(data)

    yield from renamed(lambda key: key + "x")
    yield from renamed(lambda key: key[0] + key)
    yield from renamed(str.upper)
    yield from renamed(lambda key: f"{key} ")
    for keys in [("name",), ("proposers",), ("proposers", 0, "model"), ("aggregator", 2, "model"),
                 ("overrides", 0, "when"), ("budget", "usd")]:  # fmt: skip
        data = copy.deepcopy(MIX)
        del holder_of(data, keys)[keys[-1]]
        yield f"without {keys}", dump(data)


def duplicated():
    lines = dump(MIX).splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.lstrip(" -")[:1].isalpha() and ":" in line and not line.lstrip().startswith("- "):
            doubled = [*lines[:number], line, *lines[number:]]
            if line.rstrip().endswith(":"):
                doubled[number] = line.rstrip() + " 1\n"
            yield f"line {number + 1} twice", "".join(doubled)


VARIANTS = [*values_replaced(), *keys_changed(), *duplicated()]


def attempt(read, *given):
    """Give what a reader gives, and what it tells when it refuses."""
    try:
        return read(*given), []
    except ConfigError as error:
        return None, list(error.problems)


def problems_of(text, path="m.yaml"):
    """Everything that is told about a mix file."""
    loaded, problems = attempt(load, text, path)
    if loaded is None:
        return problems
    return compose([MixSource(loaded, "user")], BUILTIN).problems


def test_s11_the_file_that_all_variants_come_from_is_valid():
    assert problems_of(dump(MIX)) == []
    assert len(VARIANTS) >= 300


@pytest.mark.heavy
def test_s11_every_invalid_variant_ends_in_problems_with_a_place():
    for name, text in VARIANTS:
        problems = problems_of(text)
        assert problems, name
        lines = text.split("\n")
        for problem in problems:
            assert 1 <= problem.line <= len(lines), name
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, name
            assert problem.message
            assert len(problem.message) < 300, name


@pytest.mark.heavy
@pytest.mark.parametrize("path", [*bundled_folder().glob("*.yaml")], ids=lambda path: path.name)
def test_s11_s12_cut_off_at_every_byte(path):
    content = path.read_bytes()
    assert problems_of(content.decode()) == []
    for end in range(len(content)):
        text, problems = attempt(files.decoded, content[:end], "m.yaml")
        assert (text is None) is bool(problems)
        for problem in problems if text is None else problems_of(text):
            assert problem.line >= 1
            assert problem.column >= 1


def test_crlf_changes_nothing():
    text = dump(MIX)
    one = compose([MixSource(load(text, "f"), "user")], BUILTIN).mixes
    other = compose([MixSource(load(text.replace("\n", "\r\n"), "f"), "user")], BUILTIN).mixes
    assert one == other


PIECES = st.sampled_from(
    ["a", "name", "proposers", "model", "extends", ": ", ":", "- ", "\n", "\n  ", "[", "]", "{",
     "}", ",", "'", '"', "|", ">", "&a ", "*a", "!t ", "<<", "? ", "#", "%", "---\n", "...\n", "1",
     "017", ".nan", "true", "~", "\t", "\0", "\ufeff", "\u2028", "é", "🎉", "\\x", "providers",
     "routes", "@", "`"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_a_value_or_problems(text):
    loaded, problems = attempt(load, text, "f")
    assert (loaded is None) is bool(problems)
    if loaded is None:
        return
    compose([MixSource(loaded, "user")], BUILTIN)
    settings, faults = inspect(Settings, loaded.value)
    assert (settings is None) is bool(faults)
    located(faults, loaded)
    if settings:
        overlaid(settings)


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_one_problem(content):
    text, problems = attempt(files.decoded, content, "f")
    assert len(problems) == (1 if text is None else 0)
    assert text is None or text.encode() == content


SCALARS = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(
    st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff",
                  exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=20
)  # fmt: skip


@given(st.dictionaries(st.text("abcxyz", min_size=2, max_size=5), SCALARS, max_size=5))
def test_what_is_dumped_is_read_back(value):
    assert load(dump(value), "f").value == value
