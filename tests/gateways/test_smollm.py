"""A real small model behind llama.cpp: poor answers, each ends in an edit or in a reason.

Its answers are a corpus of what real models write where they do not understand: they go through
every action, and what is applied parses, stays inside its target, and is code.
"""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache

import pytest

from moa_lsp.actions.definition import builtin
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import BadReply
from moa_lsp.providers.base import Infill
from moa_lsp.providers.build import build
from moa_lsp.syntax.gates import stands_alone
from moa_lsp.task import Message
from tests.chaos.expectation import CANARY, ask, baseline, request
from tests.fakes.runs import mix, ran, task
from tests.fakes.scripted import Line
from tests.gateways.llama import llama
from tests.gateways.process import ROOT, Server
from tests.gateways.smollm import NAME, smollm

pytestmark = pytest.mark.slow

WITHIN = 120.0
RUN_S = 300.0
"""Of a whole run: a prompt of a thousand tokens, read and answered twice by one busy core."""
ANSWERS = int(os.environ.get("MOA_SMOLLM_ANSWERS", "200"))
"""Of the corpus; half a minute for ten on one slow core."""

MOST = 0.9
"""Share of requests that end in an answer; the rest end in a reason."""

TOKENS = 120
"""Of one answer: a short function, and words behind it."""

SOURCE = '''\
import os


def size(path):
    """How many bytes a file has."""
    total = os.stat(path)
    return total.st_size


def main():
    print(size("a"))
'''
REGION = SOURCE[SOURCE.index("def size") : SOURCE.index("\n\n\ndef main")]
WISHES = (
    "Refactor this function and give it back in one fenced block",
    "Fix this function",
    "Add a docstring to this function",
    "Write a test for this function",
    "Explain this function",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    log = tmp_path_factory.mktemp("smollm") / "log"
    with llama(log, "--jinja", file=smollm(), name=NAME) as made:
        yield made


def to(server: Server, api: str, **more):
    path = {"openai": "/v1", "anthropic": "/v1", "llamacpp": ""}[api]
    entry = ProviderEntry("lab", api, server.url + path, "LAB_KEY")
    return build("lab", entry, {"LAB_KEY": CANARY}, **more)


@pytest.mark.parametrize("api", ["openai", "anthropic", "llamacpp"])
async def test_a_chat_is_an_answer(server, api):
    async with baseline():
        lab = to(server, api)
        outcome = await ask(lab, request(NAME, max_tokens=30), WITHIN)
        await lab.close()
    assert outcome.reply is not None, outcome.error
    assert outcome.reply.text
    assert outcome.reply.usage is not None


async def test_a_gap_by_a_template_is_an_answer(server):
    """Over the completions of the server, with markers that the model was never taught."""
    gap = Infill("def add(a, b):\n    return ", "\n")
    async with baseline():
        lab = to(server, "llamacpp", fim={NAME: "qwen"})
        outcome = await ask(lab, request(NAME, max_tokens=16, infill=gap), WITHIN)
        await lab.close()
    assert outcome.reply is not None, outcome.error


def test_a_run_with_two_samples_ends_in_an_answer_or_a_reason(server, tmp_path):
    (tmp_path / "mixes").mkdir()
    (tmp_path / "mixes" / "small.yaml").write_text(
        f"name: small\nproposers:\n  - {{model: lab/{NAME}, samples: 2, max_tokens: {TOKENS}, "
        "timeout: 240}\ndeadline: 250\n"
    )
    (tmp_path / "config.yaml").write_text(
        "mix: small\nmix_dirs: [mixes]\nproviders:\n"
        f"  lab: {{api: llamacpp, base_url: '{server.url}', api_key_env: LAB_KEY}}\n"
    )
    (tmp_path / "sizes.py").write_text(SOURCE)
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    environ = {**os.environ, **homes, "LAB_KEY": CANARY, "PYTHONPATH": str(ROOT)}
    environ |= {"MOA_LSP_CONFIG": str(tmp_path / "config.yaml"), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-m", "moa_lsp", "run", "refactor", "sizes.py:4-7", "--json"],
        cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=RUN_S, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    record = json.loads(done.stdout)
    assert record["state"] in ("done", "failed")
    assert len(record["proposals"]) == 2
    for proposal in record["proposals"]:
        assert proposal["state"] in ("ok", "rejected", "declined", "cancelled"), proposal
        assert proposal["state"] == "ok" or proposal["reason"]
    assert record["state"] == "done" or record["reason"]
    assert (tmp_path / "sizes.py").read_text() == SOURCE


@dataclass(frozen=True)
class Answer:
    """What the model wrote, and why it ended."""

    text: str
    finish: str


@pytest.fixture(scope="module")
def corpus(server) -> list[Answer]:
    """Its answers, by wish, temperature and seed, so that each server gives the same."""

    @cache
    def question(wish: str) -> tuple[Message, ...]:
        return (Message("user", f"{wish}:\n\n```python\n{REGION}\n```"),)

    async def collect() -> list[Answer]:
        lab = to(server, "llamacpp")
        found = []
        for number in range(ANSWERS):
            asked = replace(
                request(NAME, max_tokens=TOKENS, temperature=(0.2, 0.7, 1.0)[number % 3]),
                messages=question(WISHES[number % len(WISHES)]),
                extra={"seed": number},
            )
            outcome = await ask(lab, asked, WITHIN)
            if outcome.reply is None:  # a reason, as for one that writes a word without end
                assert isinstance(outcome.error, BadReply), outcome.error
                continue
            found.append(Answer(outcome.reply.text, outcome.reply.finish))
        await lab.close()
        assert len(found) >= MOST * ANSWERS
        return found

    return asyncio.run(collect())


@pytest.mark.parametrize("action", builtin())
def test_nothing_wrong_is_applied(corpus, action):
    """By each action: an edit of the target alone, that parses and holds no word of a chat."""
    about = task(SOURCE, end=REGION[-20:], action=action, output=builtin()[action].output)
    for answer in corpus:
        line = Line(answer.text, finish=answer.finish)
        found = ran(mix("a"), {"a": line}, about=about)
        assert found.error is None, (answer, found.error)
        text = found.text
        if text is None:
            assert found.reasons["a"], answer
        elif about.output == "document":
            assert text.strip()
        else:
            placed = about.placed(text)
            assert "```" not in placed, answer
            whole = f"{about.before}{placed}{about.after}"
            assert stands_alone(whole, "python"), answer
