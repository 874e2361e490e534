"""What is kept, found again, and let go."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moa_lsp.store import cache as caches
from moa_lsp.store.cache import CachedResult, ResultCache, key

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

KEPT = CachedResult("x = 1\n\ud83d", "model", "lab/big", ("look",))


class Wall:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
async def cache(tmp_path):
    told = []
    made = ResultCache(tmp_path / "own" / "results.db", told.append, Wall())
    made.file = tmp_path / "own" / "results.db"
    yield made
    await made.close()
    assert told == []


async def test_a_result_is_found_as_it_was(cache):
    await cache.put("k", KEPT, 7)
    assert await cache.get("k", 7) == KEPT
    assert await cache.get("other", 7) is None
    await cache.put("k", CachedResult("y", "agree"), 7)
    assert await cache.get("k", 7) == CachedResult("y", "agree")


@pytest.mark.parametrize(
    ("days", "found"), [(6, True), (7, True), (8, False), (-1, True), (-6, True), (-8, False)]
)
async def test_S07_age_counts_either_way_of_the_clock(cache, days, found):
    await cache.put("k", KEPT, 7)
    cache._clock.now += timedelta(days=days)
    assert (await cache.get("k", 7) is not None) is found


async def test_the_oldest_goes_when_there_is_too_much(cache, monkeypatch):
    monkeypatch.setattr("moa_lsp.store.cache.MAX_CACHE_BYTES", 4 * (4096 + 1100))
    for number in range(10):
        cache._clock.now += timedelta(seconds=1)
        await cache.put(f"k{number}", CachedResult("x" * 1000, "agree"), 7)
    found = [number for number in range(10) if await cache.get(f"k{number}", 7)]
    assert found == [6, 7, 8, 9]


@pytest.mark.parametrize("chars", [10, 1300, 2100, 3900, 4100, 9000])
async def test_S02_the_bound_is_kept_before_the_file_is_full(cache, monkeypatch, chars):
    monkeypatch.setattr("moa_lsp.store.cache.MAX_CACHE_BYTES", 2**20)
    database = cache._database
    database._schema = replace(database._schema, max_bytes=2**20 * 5 // 4)
    for number in range(300):
        await cache.put(f"k{number}", CachedResult("x" * chars, "agree"), 7)
    assert not database.in_memory
    assert await cache.get("k299", 7) is not None


async def test_old_ones_are_deleted(cache):
    await cache.put("old", KEPT, 7)
    cache._clock.now += timedelta(days=8)
    await cache.put("new", KEPT, 7)
    with sqlite3.connect(cache.file) as found:
        assert found.execute("SELECT key FROM results").fetchall() == [("new",)]
    found.close()


async def test_what_is_too_large_is_not_kept(cache, monkeypatch):
    monkeypatch.setattr("moa_lsp.store.cache.MAX_CACHED_BYTES", 100)
    await cache.put("k", CachedResult("x" * 100, "agree"), 7)
    assert await cache.get("k", 7) is None


VALUES = [
    b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"text": 1, "by": "x"}',
    b'{"text":"a","by":"b","model":5,"warnings":[]}', b'{"text":"a","by":"b","model":null}',
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
async def test_A23_values_of_another_shape_are_not_there(cache, value):
    import hashlib

    await cache.put("k", KEPT, 7)
    with sqlite3.connect(cache.file) as file:
        digest = hashlib.sha256(value).digest()
        file.execute("UPDATE results SET value = ?, digest = ?", (value, digest))
    file.close()
    assert await cache.get("k", 7) is None


async def test_S03_a_flipped_bit_is_a_miss(cache):
    await cache.put("k", KEPT, 7)
    with sqlite3.connect(cache.file) as file:
        (value,) = file.execute("SELECT value FROM results").fetchone()
        file.execute("UPDATE results SET value = ?", (value.replace(b"x = 1", b"x = 3"),))
    file.close()
    assert await cache.get("k", 7) is None


def test_a_key_is_of_every_part_and_of_the_code(monkeypatch):
    parts = {"mix": "m", "task": {"text": "a\ud83d", "span": [1, 2]}}
    same = {"task": {"span": [1, 2], "text": "a\ud83d"}, "mix": "m"}
    assert key(parts) == key(same)
    assert len(key(parts)) == 64
    assert key(parts) != key({**parts, "mix": "n"})
    assert key({"a": "bc"}) != key({"ab": "c"})
    before = key(parts)
    monkeypatch.setattr(caches, "__version__", "9.9.9")
    assert key(parts) != before
