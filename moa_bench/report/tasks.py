"""The part of the page on single tasks: verdicts, and the texts behind them."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from moa_bench.report import formatting
from moa_bench.report.board import Table
from moa_bench.report.markup import Child, node
from moa_bench.report.task_details import TaskReport, TaskReports, TaskVerdict, TextPiece

STATES = {"failed": "failed", "no_answer": "no answer", "missing": "missing"}


def tasks(at: int, table: Table, drilled: TaskReports) -> ET.Element:
    """Every task that some mix did not pass, closed until it is opened.

    Args:
        at: number of the table on the page.
        table: whose tasks they are.
        drilled: what is shown of them.
    """
    field = node(
        "p",
        node("label", "Show tasks with ", for_=f"filter-{at}"),
        node(
            "input",
            id=f"filter-{at}",
            type="search",
            data_filters=f"#tasks-{at} > details",
            placeholder="words of a task's name or a mix that failed",
        ),
        class_="tools",
    )
    return node(
        "div",
        node("h3", "Tasks"),
        *(node("p", said, class_="dim") for said in _said(table, drilled)),
        field,
        node(
            "div",
            *(_task(f"{at}-{number}", each) for number, each in enumerate(drilled.tasks)),
            id=f"tasks-{at}",
        ),
    )


def _said(table: Table, drilled: TaskReports) -> Iterator[str]:
    yield (
        "Those on which mixes differ come first. Numbers are those of the ranking; a text that "
        "several mixes share is shown once."
    )
    if any(row.samples > 1 for row in table.rows):
        yield "Of each mix the first sample of a task is shown."
    if drilled.solved:
        yield f"Passed by every mix ({len(drilled.solved)}): {', '.join(drilled.solved)}"
    if drilled.shortened:
        yield (
            f"Of {drilled.shortened} tasks the verdicts are shown without prompt, proposals and "
            "answers, to keep the page small: the files of results have them."
        )
    if drilled.left_out:
        yield (
            f"Left out, to keep the page small ({len(drilled.left_out)}): "
            + ", ".join(drilled.left_out)
        )


def _task(name: str, task: TaskReport) -> ET.Element:
    passed = f"{len(task.passed)} of {task.asked} pass"
    cluster = f" · {task.cluster}" if task.cluster != task.task else ""
    failed = " ".join(each.label for each in task.verdicts)
    return node(
        "details",
        node("summary", node("span", task.task, class_="id"), f" · {passed}", cluster),
        node("p", f"passed by {_numbers(task.passed)}", class_="dim") if task.passed else None,
        _verdicts(name, task.verdicts),
        *_pieces(name, "Prompt", "prompt", task.prompts),
        *_pieces(name, "Proposal", "proposal", task.proposals),
        *_pieces(name, "Answer", "answer", task.answers),
        class_="task",
        data_text=f"{task.task} {task.cluster} {failed}",
    )


def _verdicts(name: str, verdicts: Sequence[TaskVerdict]) -> ET.Element:
    heads = ("nr", "mix", "verdict", "why", "seconds", "USD", "proposals", "answer")
    left = {"mix", "verdict", "why"}
    return node(
        "div",
        node(
            "table",
            node(
                "thead",
                node(
                    "tr",
                    *(
                        node("th", head, scope="col", class_="left" if head in left else None)
                        for head in heads
                    ),
                ),
            ),
            node("tbody", *(_verdict(name, each) for each in verdicts)),
        ),
        class_="scroll",
    )


def _verdict(name: str, of: TaskVerdict) -> ET.Element:
    state = "timeout" if of.timed_out else STATES.get(of.state, of.state)
    proposals: list[Child] = []
    for place in of.proposals:
        proposals += [_link(name, "proposal", place), " "]
    return node(
        "tr",
        node("td", str(of.row)),
        node("th", of.label, scope="row", class_="name"),
        node("td", state, class_="left " + ("warn" if of.state == "missing" else "bad")),
        node("td", of.detail, class_="why"),
        node("td", formatting.seconds(of.seconds)),
        node("td", formatting.usd(of.usd)),
        node("td", *proposals),
        node("td", formatting.NONE if of.answer is None else _link(name, "answer", of.answer)),
    )


def _link(name: str, kind: str, place: int) -> ET.Element:
    return node("a", str(place + 1), href=f"#{kind}-{name}-{place}")


def _pieces(name: str, title: str, kind: str, pieces: Sequence[TextPiece]) -> Iterator[ET.Element]:
    for place, piece in enumerate(pieces):
        yield node(
            "details",
            node(
                "summary",
                f"{title} {place + 1}",
                f" of {piece.who}" if piece.who else "",
                node("span", " ✓ right", class_="good") if piece.right else None,
                node("span", " ✗ wrong", class_="bad") if piece.right is False else None,
                node("span", f" · in {_numbers(piece.rows)}", class_="dim"),
            ),
            node("pre", piece.text, id=f"{kind}-{name}-{place}", class_=kind, tabindex="0"),
        )


def _numbers(numbers: Sequence[int]) -> str:
    """Numbers of rows, runs of them shortened: ``1-4, 7``."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
