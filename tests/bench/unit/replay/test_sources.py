"""Real providers as the bench asks them."""

import pytest

from moa_bench.replay.sources import sources_of
from moa_lsp.errors import RateLimited
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
