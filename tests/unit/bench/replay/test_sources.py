"""Real providers as the bench asks them."""

import pytest

from moa_lsp.actions.setup import load_setup
from moa_lsp.bench.replay.sources import sources_of
from moa_lsp.errors import RateLimited
from moa_lsp.providers.http import HttpProvider

CONFIG = """
providers:
  lab: {api: openai, base_url: "https://lab.example/v1", max_concurrency: 3}
models:
  lab/m: {fim: qwen}
"""


@pytest.fixture
def setup(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    return load_setup(config=config, environ={})


def test_a_provider_keeps_its_places_and_leaves_retries_to_the_bench(setup):
    (source,) = sources_of(setup, ["lab", "lab", "nobody"]).values()
    assert isinstance(source.provider, HttpProvider)
    assert source.most == 3
    assert not source.by_task
    assert not source.unmetered
    assert source.origin == ["openai", "https://lab.example/v1", {"lab/m": "qwen"}]
    assert source.provider.backoff.pause(RateLimited("later"), 1, 60.0, 0.5) is None


def test_tools_answer_tasks_and_cost_nothing(setup):
    (source,) = sources_of(setup, ["embedded"]).values()
    assert source.by_task
    assert source.unmetered
