"""Runs the checks of a recorded chat task on code that was taken from an answer.

In processes of their own: a child for each program in Python, a context for each in JavaScript
(needs ``node``), both with a time limit. That keeps accidents away, not attacks: the programs are
recorded answers to harmless tasks. Only this benchmark does so; the server never runs code.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moa_lsp.syntax.tree import parse

SECONDS = 2.0
"""For one program. The tasks are done in milliseconds; what takes longer does not end."""

WHOLE_SECONDS = 900
"""For all programs of one call."""

Row = dict[str, Any]

_PYTHON = r"""
import json, math, os, resource, select, signal, sys
SECONDS = float(sys.argv[1])
for line in sys.stdin:
    job = json.loads(line)
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS) + 1,) * 2)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30,) * 2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        values = []
        try:
            scope = {"__name__": "answer", "math": math}
            exec(compile(job["code"], "answer", "exec"), scope)
            for arguments in job["calls"]:
                try:
                    said = scope[job["name"]](*arguments)
                    if hasattr(said, "__next__"):
                        said = list(said)
                    values.append(json.loads(json.dumps(said)))
                except Exception:
                    values.append({"no": "value"})
        except BaseException:
            values = None
        with os.fdopen(writes, "w") as out:
            json.dump(values, out)
        os._exit(0)
    os.close(writes)
    data = b""
    while select.select([reads], [], [], SECONDS)[0]:
        part = os.read(reads, 1 << 16)
        if not part:
            break
        data += part
    os.close(reads)
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    os.waitpid(child, 0)
    print(data.decode() or "null", flush=True)
"""

_NODE = r"""
const vm = require("vm");
const timeout = Number(process.argv[1]) * 1000;
const text = require("fs").readFileSync(0, "utf8");
for (const line of text.split("\n").filter(Boolean)) {
  const job = JSON.parse(line);
  let values = null;
  try {
    const quiet = { log() {}, error() {}, warn() {} };
    const globals = { console: quiet, module: {}, exports: {}, require: () => ({}) };
    const context = vm.createContext(globals);
    vm.runInContext(job.code, context, { timeout });
    values = job.calls.map((args) => {
      try {
        const call = `JSON.stringify(${job.name}(...${JSON.stringify(args)}))`;
        const said = vm.runInContext(call, context, { timeout });
        return said === undefined ? { no: "value" } : JSON.parse(said);
      } catch (error) {
        return { no: "value" };
      }
    });
  } catch (error) {}
  process.stdout.write(JSON.stringify(values) + "\n");
}
"""


@dataclass(frozen=True, slots=True)
class Program:
    """Code to check, and the task that it answers."""

    task: str
    code: str

    @property
    def language(self) -> str:
        """``python`` or ``javascript``."""
        return self.task.rpartition("/")[2]


def name_of(task: Row) -> str:
    """The function that a task asks for."""
    return str(task["signature"]).partition("(")[0]


def passing(programs: Iterable[Program], tasks: Mapping[str, Row]) -> dict[Program, bool | None]:
    """Which programs pass all checks of their task; ``None`` where they cannot be run here."""
    found: dict[Program, bool | None] = {}
    distinct = list(dict.fromkeys(programs))
    for language, command in _commands().items():
        mine = [each for each in distinct if each.language == language]
        if command is None:
            found |= dict.fromkeys(mine)
            continue
        jobs = [_job(each, tasks[each.task]) for each in mine]
        for program, job, values in zip(mine, jobs, _run(command, jobs), strict=True):
            found[program] = _verdict(tasks[program.task], job, values)
    return found


def _commands() -> dict[str, list[str] | None]:
    node = shutil.which("node")
    return {
        "python": [sys.executable, "-I", "-S", "-c", _PYTHON, str(SECONDS)],
        "javascript": [node, "-e", _NODE, "--", str(SECONDS)] if node else None,
    }


def _run(command: Sequence[str], jobs: Sequence[Row]) -> list[Any]:
    given = "".join(json.dumps(job) + "\n" for job in jobs)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, cwd=folder, env={},
            timeout=WHOLE_SECONDS, check=True,
        )  # fmt: skip
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def _job(program: Program, task: Row) -> Row:
    name, arguments = _function(program, name_of(task))
    calls = [call for check in task["checks"] if (call := _call(check["assert"])) is not None]
    return {"code": program.code, "name": name, "args": arguments, "calls": calls}


def _verdict(task: Row, job: Row, values: Sequence[Any] | None) -> bool:
    if values is None or not job["name"]:
        return False
    left = iter(values)
    for check in task["checks"]:
        called = [next(left)] if _call(check["assert"]) is not None else []
        try:
            got = eval(check["assert"], {"f": _Function(job["name"], job["args"], called)})
        except Exception:
            return False
        if got not in check.get("eq-any", [check.get("eq")]):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str


class _Function:
    """What the checks call ``f``: its calls were made elsewhere."""

    def __init__(self, name: str, arguments: Sequence[str], values: Sequence[Any]) -> None:
        self.name = name
        self.args = [_Argument(each) for each in arguments]
        self._values = values

    def call(self, *_arguments: Any) -> Any:
        return self._values[0]


def _call(check: str) -> list[Any] | None:
    """The arguments with which a check calls the function, if it does."""
    for node in ast.walk(ast.parse(check.strip(), mode="eval")):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "f.call":
            return [ast.literal_eval(each) for each in node.args]
    return None


def _function(program: Program, wanted: str) -> tuple[str, list[str]]:
    """Name and parameters of the wanted function, else of the first."""
    found = _python(program.code) if program.language == "python" else _javascript(program.code)
    return next((each for each in found if each[0] == wanted), (found or [("", [])])[0])


def _python(code: str) -> list[tuple[str, list[str]]]:
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [
        (each.name, [one.arg for one in (*each.args.posonlyargs, *each.args.args)])
        for each in body
        if isinstance(each, ast.FunctionDef)
    ]


def _javascript(code: str) -> list[tuple[str, list[str]]]:
    tree = parse(code, "javascript")
    found: list[tuple[str, list[str]]] = []
    for node in tree.root.children if tree else []:
        named = node
        if node.type in ("lexical_declaration", "variable_declaration"):
            named = next(
                (each for each in node.named_children if each.type == "variable_declarator"), node
            )
            value = named.child_by_field_name("value")
            if value is None or value.type not in ("arrow_function", "function_expression"):
                continue
            parameters = value.child_by_field_name("parameters") or value.child_by_field_name(
                "parameter"
            )
        elif node.type == "function_declaration":
            parameters = node.child_by_field_name("parameters")
        else:
            continue
        name = named.child_by_field_name("name")
        texts = (
            re.findall(r"[\w$]+", tree.source(parameters).partition("=")[0]) if parameters else []
        )
        found.append((tree.source(name), texts))
    return found
