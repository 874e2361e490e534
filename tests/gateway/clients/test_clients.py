"""Programs of the field that take an OpenAI-compatible model, each with a mix as its model.

The gateway is real and so is the program; only the models behind the mix are scripted. What a
program asks of other places ends at a port on which nobody listens.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.fakes.faulty_server import DONE, USAGE, chunked, delta, healthy
from tests.gateway.clients.installed import installed
from tests.gateways.process import Server, free_port

pytestmark = pytest.mark.slow

PATIENCE_S = 300.0
"""For one program; Aider alone takes half a minute of processor time to start."""

NOWHERE = "http://127.0.0.1:9"
"""The port of the discard service, which no machine runs any more."""

WRONG = "def add(a, b):\n    return a - b\n"
RIGHT = "def add(a, b):\n    return a + b\n"
SUBJECT = "fix: add instead of subtracting"

LITELLM = os.environ.get("MOA_LITELLM", "")
needs_litellm = pytest.mark.skipif(
    not LITELLM, reason="no LiteLLM: `make test-gateway-clients` installs and names it"
)


def call(name, **arguments):
    """A model's answer that calls a tool."""
    made = {"id": "call_1", "type": "function", "index": 0,
            "function": {"name": name, "arguments": json.dumps(arguments)}}  # fmt: skip
    return chunked(delta(None, tool_calls=[made]), delta(None, "tool_calls"), USAGE, DONE)


@pytest.fixture
def base(running):
    return f"http://127.0.0.1:{running.port}/v1"


@pytest.fixture
def script(upstreams):
    """Set what the aggregator of ``trio`` says, a request each."""
    servers = upstreams.servers

    def begin(*scripts):
        servers["z"].scripts[:] = scripts

    yield begin
    assert servers["z"].scripts == [], "not all was asked for"


@pytest.fixture
def repository(tmp_path):
    """A small one, with a bug."""
    made = tmp_path / "repository"
    made.mkdir()
    (made / "calc.py").write_text(WRONG)
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        git(made, *command)
    return made


WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "Test"), ("EMAIL", "test@example.org"))}  # fmt: skip


def run(program, *arguments, home, cwd=None, **environ) -> str:
    """What a program prints; it must succeed, and gets nothing of the user's."""
    home.mkdir(exist_ok=True)
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    alone = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", **WHO, **proxies,
             "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
             "LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # fmt: skip
    done = subprocess.run(
        [str(program), *arguments],
        cwd=cwd or home,
        env={**alone, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def git(folder, *arguments):
    return run("git", *arguments, home=folder.parent / "git-home", cwd=folder).strip()


EDITS = {
    "whole": f"Addition it is.\n\ncalc.py\n```python\n{RIGHT}```\n",
    "diff": (
        "Addition it is.\n\ncalc.py\n```python\n<<<<<<< SEARCH\n    return a - b\n"
        "=======\n    return a + b\n>>>>>>> REPLACE\n```\n"
    ),
}
"""Answers in Aider's edit formats."""


@pytest.mark.parametrize("form", EDITS)
def test_aider_makes_an_edit_and_commits_it(
    running, upstreams, base, script, repository, tmp_path, form
):
    aider = installed("Aider")
    script(healthy("openai", EDITS[form]), healthy("openai", SUBJECT))
    run(
        aider, "--model", "openai/trio", "--edit-format", form, "--yes-always",
        "--no-show-model-warnings", "--no-check-update", "--no-analytics", "--no-gitignore",
        "--no-show-release-notes", "--message", f"add must add ({form})", "calc.py",
        home=tmp_path / "home", cwd=repository,
        OPENAI_API_BASE=base, OPENAI_API_KEY=running.token,
    )  # fmt: skip
    assert (repository / "calc.py").read_text() == RIGHT
    assert git(repository, "log", "--format=%s") == f"{SUBJECT}\nfirst"
    assert git(repository, "diff", "HEAD", "--", "calc.py") == ""
    edit, subject = upstreams.asked("a")
    assert WRONG in "\n".join(message["content"] for message in edit.json["messages"])
    assert "+    return a + b" in subject.json["messages"][-1]["content"]


@pytest.fixture
def llm(running, base, tmp_path):
    """Runs `llm` with the lines of docs/gateway.md."""
    program, home = installed("`llm`"), tmp_path / "home"
    folder = home / "llm"
    folder.mkdir(parents=True)
    model = {"model_id": "moa", "model_name": "trio", "api_base": base, "api_key_name": "moa",
             "supports_tools": True}  # fmt: skip
    (folder / "extra-openai-models.yaml").write_text(json.dumps([model]))  # JSON is YAML

    def ask(*arguments):
        return run(program, *arguments, home=home, LLM_USER_PATH=str(folder))

    ask("keys", "set", "moa", "--value", running.token)
    return ask


@pytest.mark.parametrize("how", [(), ("--no-stream",)], ids=["streamed", "whole"])
def test_llm_prints_the_answer(llm, how):
    assert llm("-m", "moa", *how, f"How, {how}?").strip() == "from z"
    (logged,) = json.loads(llm("logs", "-n", "1", "--json"))
    assert (logged["input_tokens"], logged["output_tokens"]) == (33, 9)


def test_llm_runs_a_tool_that_the_aggregator_calls(llm, upstreams, script):
    script(call("add", a=1, b=2), healthy("openai", "It is 3."))
    tool = "def add(a: int, b: int) -> int:\n    return a + b\n"
    assert "It is 3." in llm("-m", "moa", "--functions", tool, "How much is 1 + 2?")
    result = upstreams.asked("z")[1].json["messages"][3]
    assert result == {"role": "tool", "content": "3", "tool_call_id": "call_1"}


LITELLM_SCRIPT = """
import asyncio, json, sys, litellm
place = {"model": "openai/trio", "api_base": sys.argv[1], "api_key": sys.argv[2]}
tool = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
def turns(text):
    return [{"role": "user", "content": text}]
whole = litellm.completion(messages=turns("Whole."), **place)
pieces = litellm.completion(messages=turns("Streamed."), stream=True, **place)
said = "".join(each.choices[0].delta.content or "" for each in pieces)
later = asyncio.run(litellm.acompletion(messages=turns("Later."), **place))
called = litellm.completion(messages=turns("Read."), tools=[tool], **place)
try:
    litellm.completion(messages=turns("Whole."), **{**place, "api_key": "wrong"})
except litellm.AuthenticationError as error:
    refused = error.status_code
print(json.dumps({
    "said": [whole.choices[0].message.content, said, later.choices[0].message.content],
    "tokens": whole.usage.total_tokens,
    "called": called.choices[0].message.tool_calls[0].function.name,
    "refused": refused,
}))
"""


@needs_litellm
def test_litellms_sdk_asks_whole_streamed_later_and_with_tools(running, base, script, tmp_path):
    script(*[healthy("openai", "from z")] * 3, call("read"))
    python = Path(LITELLM).absolute().with_name("python")
    printed = run(python, "-c", LITELLM_SCRIPT, base, running.token, home=tmp_path / "home")
    assert json.loads(printed.strip().split("\n")[-1]) == {
        "said": ["from z", "from z", "from z"],
        "tokens": 42,
        "called": "read",
        "refused": 401,
    }


@pytest.fixture
def litellm_proxy(running, base, tmp_path):
    """A LiteLLM proxy in front of the gateway, as docs/gateway.md has it."""
    params = {"model": "openai/trio", "api_base": base, "api_key": running.token}
    config = {
        "model_list": [{"model_name": "moa", "litellm_params": params}],
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "general_settings": {"master_key": "sk-master"},
    }
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    command = [Path(LITELLM).absolute(), "--config", path, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", "1"]
    environ = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    how = {"ready": "/health/liveliness", "patience": PATIENCE_S, "environ": environ}
    with Server(command, port, tmp_path / "log", **how):
        yield port


@needs_litellm
def test_a_litellm_proxy_in_front_passes_answers_streams_and_calls_on(
    running, litellm_proxy, upstreams, script
):
    front = {"host": f"127.0.0.1:{litellm_proxy}", "authorization": "Bearer sk-master"}
    behind, running.port = running.port, litellm_proxy
    try:
        script(healthy("openai", "from z"), healthy("openai", "from z"), call("read"))
        turns = [{"role": "user", "content": "By a proxy, whole."}]  # no other test's: it is kept
        tool = {"type": "function", "function": {"name": "read", "parameters": {}}}
        chat = "/v1/chat/completions"
        whole = running.ask(chat, {"model": "moa", "messages": turns}, **front)
        assert whole.json["choices"][0]["message"]["content"] == "from z"
        assert whole.json["usage"]["total_tokens"] == 42
        turns = [{"role": "user", "content": "By a proxy, streamed."}]
        body = {"model": "moa", "messages": turns, "stream": True}
        assert running.ask(chat, body, **front).said == "from z"
        called = running.ask(chat, {"model": "moa", "messages": turns, "tools": [tool]}, **front)
        (made,) = called.json["choices"][0]["message"]["tool_calls"]
        assert made["function"]["name"] == "read"
        assert len(upstreams.asked("a")) == 3
    finally:
        running.port = behind


def test_opencode_writes_a_file(running, base, upstreams, script, repository, tmp_path):
    opencode = installed("opencode")
    script(call("write", filePath=str(repository / "calc.py"), content=RIGHT),
           healthy("openai", "It adds."))  # fmt: skip
    options = {"baseURL": base, "apiKey": running.token}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": options,
                "models": {"trio": {}, "chosen": {}}}  # fmt: skip
    config = {"autoupdate": False, "model": "moa/trio", "small_model": "moa/chosen",
              "provider": {"moa": provider}}  # fmt: skip
    printed = run(
        opencode, "run", "add must add",
        home=tmp_path / "home", cwd=repository, OPENCODE_CONFIG_CONTENT=json.dumps(config),
    )  # fmt: skip
    assert (repository / "calc.py").read_text() == RIGHT
    assert "It adds." in printed
    assert upstreams.asked("z")[1].json["messages"][-2]["role"] == "tool"


def test_continue_writes_a_file(running, base, upstreams, script, repository, tmp_path):
    continue_ = installed("Continue")
    script(call("Write", filepath=str(repository / "calc.py"), content=RIGHT),
           healthy("openai", "It adds."))  # fmt: skip
    model = {"name": "Moa", "provider": "openai", "model": "trio", "apiBase": base,
             "apiKey": running.token}  # fmt: skip
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps(
        {"name": "Moa", "version": "1.0.0", "schema": "v1", "models": [model]}
    ))  # fmt: skip
    printed = run(
        continue_, "-p", "add must add", "--auto", "--config", str(config),
        home=tmp_path / "home", cwd=repository, CONTINUE_TELEMETRY_ENABLED="0",
    )  # fmt: skip
    assert (repository / "calc.py").read_text() == RIGHT
    assert "It adds." in printed
    assert upstreams.asked("z")[1].json["messages"][-2]["role"] == "tool"
