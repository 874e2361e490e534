"""Real providers as the bench asks them."""

import pytest

from moa_bench.replay.sources import sources_of
from moa_lsp.errors import AuthRejected, ProviderOverloaded, RateLimited, Unreachable
from moa_lsp.providers.http import HttpProvider
from moa_lsp.runs.runtime_config import load_runtime_config

CONFIG = """
providers:
  lab: {api: openai, base_url: "https://lab.example/v1", max_concurrency: 3}
models:
  lab/m: {fim: qwen}
"""


@pytest.fixture
def runtime(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    return load_runtime_config(config=config, environ={})


def test_a_provider_keeps_its_places_and_leaves_retries_to_the_bench(runtime):
    (source,) = sources_of(runtime, ["lab", "lab", "nobody"]).values()
    assert isinstance(source.provider, HttpProvider)
    assert source.most == 3
    assert not source.by_task
    assert not source.unmetered
    assert source.origin == ["openai", "https://lab.example/v1", {"lab/m": "qwen"}]
    assert source.provider.backoff.pause(RateLimited("later"), 1, 60.0, 0.5) is None


def test_tools_answer_tasks_and_cost_nothing(runtime):
    (source,) = sources_of(runtime, ["embedded"]).values()
    assert source.by_task
    assert source.unmetered


def test_no_outage_closes_a_provider_to_the_bench(runtime):
    """An open breaker would make the rest of a sweep missing; a rejected key is told once."""
    (source,) = sources_of(runtime, ["lab"]).values()
    breaker = source.provider.breaker()
    for at in range(100):
        breaker.failed(Unreachable("nobody there"), float(at))
        breaker.failed(ProviderOverloaded("busy"), float(at))
    breaker.admit(100.0, "lab/m")
    breaker.failed(AuthRejected("the key is wrong"), 100.0, run="one")
    with pytest.raises(AuthRejected):
        breaker.admit(101.0, "lab/m", run="one")
