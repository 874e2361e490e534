"""A LiteLLM proxy with models that it plays itself, and others behind it.

It takes 700 MB and half a minute to start, so it is met by ``make test-gateways`` only, which
installs it and names its program in ``MOA_LITELLM``; one process serves all tests.
"""

import json
import os
from pathlib import Path

import pytest

from tests.chaos.expectation import CANARY
from tests.gateways.process import Server, free_port

PROGRAM = os.environ.get("MOA_LITELLM", "")

needed = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PROGRAM, reason="no LiteLLM: `make test-gateways` installs and names it"
    ),
]

ANSWER = "def f(x):\n    return x + 1\n"
UPSTREAM_KEY = "sk-upstream-2b7e151628ae"
START_S = 240.0

PLAYED = {
    "played": ANSWER,
    "limited": "litellm.RateLimitError",
    "failing": "litellm.InternalServerError",
}

ROUTES = {
    # the name of no known model: only what the upstream says can be passed on
    "behind": ("openai/m", "/v1"),
    "instruct": ("text-completion-openai/m", "/v1"),
    "raw": ("hosted_vllm/qwen2.5-coder", "/v1"),
    "codestral": ("text-completion-codestral/codestral-latest", "/v1/fim/completions"),
    "known": ("openai/gpt-4o-mini", "/v1"),
    "far": ("deepseek/deepseek-chat", "/beta"),
    "claude": ("anthropic/claude-3-5-haiku-20241022", ""),
    "qwen2.5-coder": ("ollama/qwen2.5-coder", ""),
}
"""Models behind it: route, and where it begins on the upstream's server."""

DROPPING = "dropping"
"""As ``known``, but fields that its API does not have are dropped."""

TINY = "tiny-qwen2.5-coder"
"""llama.cpp's server behind it."""


def names() -> set[str]:
    """Of all models."""
    return {*PLAYED, *ROUTES, DROPPING, TINY}


def _configuration(upstream: int, tiny: int) -> str:
    """JSON is YAML."""

    def model(name: str, route: str, base: str, key: str = UPSTREAM_KEY, **how: object):
        params = {"model": route, "api_base": base, "api_key": key, **how}
        return {"model_name": name, "litellm_params": params}

    url = f"http://127.0.0.1:{upstream}"
    models = [
        model(name, "openai/gpt-4o-mini", url, mock_response=said) for name, said in PLAYED.items()
    ]
    models += [model(name, route, url + path) for name, (route, path) in ROUTES.items()]
    models += [
        model(DROPPING, "openai/gpt-4o-mini", f"{url}/v1", drop_params=True),
        model(TINY, "openai/tiny", f"http://127.0.0.1:{tiny}/v1", CANARY),
    ]
    return json.dumps(
        {
            "model_list": models,
            "litellm_settings": {"num_retries": 0, "telemetry": False},
            "router_settings": {"num_retries": 0, "disable_cooldowns": True},
            "general_settings": {"master_key": CANARY},
        }
    )


def litellm(folder: Path, upstream: int, tiny: int) -> Server:
    """A proxy, not yet started.

    Args:
        folder: for its configuration and its log.
        upstream: port on which tests play the server behind it.
        tiny: port of llama.cpp's server.
    """
    path = folder / "config.yaml"
    path.write_text(_configuration(upstream, tiny))
    port = free_port()
    command = [Path(PROGRAM).absolute(), "--config", path, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", "1"]
    environ = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    return Server(
        command,
        port,
        folder / "log",
        ready="/health/liveliness",
        patience=START_S,
        environ=environ,
    )
