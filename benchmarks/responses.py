"""From ``moa.run`` to a model's first byte and to the edit, from ``moa.cancel`` to closed sockets.

    python -m benchmarks.responses [--quick] [--rounds N]

A real ``serve`` with a user's configuration, accounts and all, a model server on loopback, and the
cheapest editor between. Every round asks for something new, so that nothing comes from the cache.
Times are taken on the monotonic clock that the three processes share.
"""

import argparse
import json
import os
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import facts, median, quantile, table
from benchmarks.model_server import REGION
from benchmarks.overhead import model_server
from benchmarks.protocol import Editor

TEXT = f"import os\n\n\n{REGION}\n"

URI = "file:///bench/size.py"

WARM_UP = 3
"""Rounds that are not counted."""

AGENTS = 3

FRESH = 5
"""Servers whose first run is measured."""

IDLE_S = 2.0
"""From ``initialized`` to the first run of a fresh server: a person looks at the file first."""

MODEL_MS = 100
"""What each model takes where the edit is waited for: the critical path is twice as much."""

OPEN_S = 5.0
"""How long is waited for a run's requests to be open before it is cancelled."""

ABLE: Mapping[str, Any] = {"workspace": {"applyEdit": True}}
"""What the editor says it can do."""

NO_MIXES: Mapping[str, str] = {}


def config(folder: Path, url: str) -> Path:
    """A user's configuration with one provider and three mixes; the path of its file."""
    path = folder / "config.yaml"
    path.write_text(
        f'mix_dirs: [mixes]\nproviders:\n  lab: {{api: openai, base_url: "{url}/v1", '
        "api_key_env: LAB_KEY}\n"
    )
    (folder / "mixes").mkdir()
    models = ", ".join(f"{{model: lab/drip-20, id: {agent}}}" for agent in "abc"[:AGENTS])
    (folder / "mixes" / "drip.yaml").write_text(f"name: drip\nproposers: [{models}]\n")
    for name, wait in (("quick", 0), ("edit", MODEL_MS), ("slow", 600_000)):
        agents = ", ".join(f"{{model: lab/{agent}-{wait}}}" for agent in "abc"[:AGENTS])
        text = f"name: {name}\nproposers: [{agents}]\naggregator: [{{model: lab/z-{wait}}}]\n"
        (folder / "mixes" / f"{name}.yaml").write_text(text)
    return path


@contextmanager
def editor(
    folder: Path,
    url: str,
    able: Mapping[str, Any] = ABLE,
    mixes: Mapping[str, str] = NO_MIXES,
) -> Iterator[Editor]:
    """An editor of a server with an open document and that configuration, and further mixes."""
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    environ = {**homes, "MOA_LSP_CONFIG": str(config(folder, url)), "LAB_KEY": "k"}
    for name, text in mixes.items():
        (folder / "mixes" / f"{name}.yaml").write_text(text)
    os.environ.update(environ)  # what the server inherits
    made = Editor(("-m", "moa_lsp", "serve"))
    try:
        made.ask("initialize", {"processId": None, "rootUri": None, "capabilities": able})
        made.write(made.message("initialized", {}, request=False))
        item = {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}
        params = {"textDocument": item}
        made.write(made.message("textDocument/didOpen", params, request=False))
        yield made
        made.close()
    finally:
        made.process.kill()


def seen(url: str, *, keep: bool = False) -> list[dict[str, Any]]:
    """What came to the model server since the last time."""
    with urllib.request.urlopen(f"{url}/seen{'?keep' if keep else ''}") as response:
        return json.loads(response.read())


def begin(at: Editor, mix: str, number: int) -> tuple[float, str]:
    """When a run was asked for, and its name."""
    span = {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 100}}
    action_request = {
        "action": "refactor",
        "uri": URI,
        "range": span,
        "mix": mix,
        "instruction": f"Make it shorter ({number})",
    }
    sent = time.monotonic()
    answer = command(at, "moa.run", action_request)
    return sent, answer["run"]


def command(at: Editor, name: str, argument: dict[str, Any]) -> Any:
    """What a command answers."""
    answer = at.ask("workspace/executeCommand", {"command": name, "arguments": [argument]})
    if "error" in answer:
        raise RuntimeError(f"{name}: {answer['error']['message']}")
    return answer["result"]


def ended(at: Editor, run: str) -> Any:
    """The record of a run that has ended."""
    return command(at, "moa.result", {"run": run, "wait": 30})


def first_request(at: Editor, url: str, number: int) -> float:
    """Milliseconds from the command to the first byte of the first question."""
    sent, run = begin(at, "quick", number)
    record = ended(at, run)
    came = [each["first"] for each in seen(url)]
    if record["aggregation"] is None or len(came) != AGENTS + 1:
        raise RuntimeError(f"{len(came)} questions came: {record}")
    return (min(came) - sent) * 1000


def edited(at: Editor, number: int) -> float:
    """Milliseconds from the command to the edit, over what the models take."""
    sent, run = begin(at, "edit", number)
    while (message := at.read()).get("method") != "workspace/applyEdit":
        if "method" in message and "id" in message:
            at.answer(message, None)
    came = time.monotonic()
    at.answer(message, {"applied": False})
    ended(at, run)
    return (came - sent) * 1000 - 2 * MODEL_MS


def fresh(url: str) -> float:
    """As ``edited``, of a server's first run."""
    with tempfile.TemporaryDirectory() as folder, editor(Path(folder), url) as at:
        at.ask("no/such", {})
        time.sleep(IDLE_S)
        taken = edited(at, 0)
        seen(url)
        return taken


def cancelled(at: Editor, url: str, number: int) -> list[float]:
    """Milliseconds from the cancellation to the end of each of a run's sockets."""
    _, run = begin(at, "slow", number)
    patience = time.monotonic() + OPEN_S
    while len(seen(url, keep=True)) < AGENTS:
        if time.monotonic() > patience:
            raise RuntimeError(f"the questions never came: {seen(url)}")
        time.sleep(0.02)
    sent = time.monotonic()
    command(at, "moa.cancel", {"run": run})
    while not all(each["left"] for each in seen(url, keep=True)):
        if time.monotonic() > patience + OPEN_S:
            raise RuntimeError(f"sockets stay open: {seen(url)}")
        time.sleep(0.02)
    return [(each["left"] - sent) * 1000 for each in seen(url)]


def measure(rounds: int) -> dict[str, list[float]]:
    """Milliseconds by what was measured, which takes turns."""
    names = ("fresh", "cold", "new", "kept", "edit", "cancel")
    found: dict[str, list[float]] = {name: [] for name in names}
    with (
        model_server() as url,
        tempfile.TemporaryDirectory() as folder,
        editor(Path(folder), url) as at,
    ):
        found["fresh"] += (fresh(url) for _ in range(min(rounds, FRESH)))
        for number in range(-WARM_UP, rounds):
            new = first_request(at, url, 2 * number)
            kept = first_request(at, url, 2 * number + 1)
            edit = edited(at, number)
            seen(url)
            left = cancelled(at, url, number)  # closes the kept connections
            if number == -WARM_UP:
                found["cold"].append(new)
            if number >= 0:
                found["new"].append(new)
                found["kept"].append(kept)
                found["edit"].append(edit)
                found["cancel"] += left
    return found


def report(found: dict[str, list[float]]) -> str:
    """The table."""
    rows = []
    for name, told in (
        ("fresh", f"moa.run to the edit over the critical path, first run, {IDLE_S:g} s idle"),
        ("edit", "the same later, over kept connections"),
        ("cold", "moa.run to the first byte at a model, the server's first run"),
        ("new", "the same later, over new connections"),
        ("kept", "the same later, over kept connections"),
        ("cancel", f"moa.cancel to the end of each of {AGENTS} sockets"),
    ):
        values = found[name]
        numbers = (median(values), quantile(values, 0.95), max(values))
        rows.append((told, len(values), *(f"{each:.1f}" for each in numbers)))
    return table(("ms", "n", "median", "p95", "max"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two rounds")
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    print(f"responses: {facts()}", flush=True)
    print(report(measure(2 if given.quick else given.rounds)))


if __name__ == "__main__":
    main()
