"""The clients that ``overhead`` compares, each in a process of its own.

    python -m benchmarks.callers moa-lsp|httpx|moa-llm URL

Reads a line ``{"proposers": [MODEL, …], "aggregator": MODEL}``, makes that one call and writes
``{"wall_ms": …, "cpu_ms": …, "text": …}``; processor time is that of all threads. Nothing but the
standard library is imported before the client is known: ``moa-llm`` runs in another environment.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

Case = dict[str, Any]
Call = Callable[[Case], Awaitable[str]]

PROMPT = "Rewrite this function.\n" + "def size(path):\n    return os.stat(path).st_size\n" * 8


def moa_lsp(url: str) -> Call:
    """The engine with providers over HTTP, as a run of the server has them."""
    from moa_lsp.actions.definition import builtin
    from moa_lsp.config.mixes import MixFile, build
    from moa_lsp.config.registry import ProviderEntry
    from moa_lsp.config.values import frozen
    from moa_lsp.mix.engine import Run
    from moa_lsp.providers.build import build as build_provider
    from tests.fakes.runs import task

    entry = ProviderEntry(name="lab", api="openai", base_url=f"{url}/v1", api_key_env="LAB_KEY")
    providers = {"lab": build_provider("lab", entry, {"LAB_KEY": "k"})}
    action, about = builtin()["refactor"], task()

    async def call(case: Case) -> str:
        file = MixFile.model_validate(
            frozen(
                {
                    "name": "bench",
                    "proposers": [{"model": f"lab/{each}"} for each in case["proposers"]],
                    "aggregator": [
                        {"agree": 1.0},
                        {"verify": ["parse"]},
                        {"model": f"lab/{case['aggregator']}"},
                    ],
                }
            )
        )
        run = Run(build(file), action, about, providers, lambda _: None, lambda _m, _u: None)
        outcome = await run.go()
        by = outcome.aggregation and outcome.aggregation.by
        if by != "model":
            raise RuntimeError(f"settled by {by}: {outcome.reason} {run.proposals}")
        return outcome.text or ""

    return call


def httpx_alone(url: str) -> Call:
    """What a careful hand would write: one shared client, ``gather``, the aggregator."""
    import httpx

    client = httpx.AsyncClient(
        base_url=url, timeout=60, trust_env=False, headers={"authorization": "Bearer k"}
    )

    async def ask(model: str, prompt: str) -> str:
        messages = [{"role": "user", "content": prompt}]
        body = {"model": model, "messages": messages, "max_tokens": 4096, "temperature": 0.7}
        response = await client.post("/v1/chat/completions", json=body)
        response.raise_for_status()
        return response.json()["choices"][0]["message"]["content"]

    async def call(case: Case) -> str:
        texts = await asyncio.gather(*(ask(model, PROMPT) for model in case["proposers"]))
        return await ask(case["aggregator"], "\n\n".join((PROMPT, *texts)))

    return call


def moa_llm(url: str) -> Call:
    """The package, with objects that are made once a case and kept."""
    os.environ |= {"PROVIDER_API_KEY": "k", "BASE_URL": f"{url}/v1", "LOG_RESULTS": "false"}
    from moa_llm import AggregationLayer, Layer, LLMNeuron, MixtureOfAgents

    kept: dict[str, Any] = {}

    async def call(case: Case) -> str:
        name = json.dumps(case)
        if name not in kept:
            neurons = [LLMNeuron(model, base_url=f"{url}/v1") for model in case["proposers"]]
            last = AggregationLayer(LLMNeuron(case["aggregator"], base_url=f"{url}/v1"))
            kept[name] = MixtureOfAgents([Layer(neurons)], last)
        return str(await kept[name].process(PROMPT))

    return call


CALLERS: dict[str, Callable[[str], Call]] = {
    "moa-lsp": moa_lsp,
    "httpx": httpx_alone,
    "moa-llm": moa_llm,
}


async def _serve(call: Call) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        case = json.loads(line)
        wall, cpu = time.perf_counter(), time.process_time()
        text = await call(case)
        numbers = {
            "wall_ms": (time.perf_counter() - wall) * 1000,
            "cpu_ms": (time.process_time() - cpu) * 1000,
            "text": text,
        }
        print(json.dumps(numbers), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(CALLERS[sys.argv[1]](sys.argv[2])))
