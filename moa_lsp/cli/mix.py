"""``moa-lsp mix``: what mixes there are, what they are made of, whether they are right."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from moa_lsp.actions.definition import load_action
from moa_lsp.cli import output
from moa_lsp.cli.mix_state import configured
from moa_lsp.cli.price_notes import lines_to_paste, refusal, unpriced
from moa_lsp.config import files
from moa_lsp.config.catalog import YAML, bundled_folder, load_catalog, user_config
from moa_lsp.config.check import check_paths
from moa_lsp.config.estimate import worst_case
from moa_lsp.config.resolve import Catalog, ResolvedMix, choose, find, summaries
from moa_lsp.config.show import as_yaml
from moa_lsp.config.strict_yaml import load
from moa_lsp.config.time_of_tests import time_of_tests
from moa_lsp.errors import ConfigError, Problem, UsageError
from moa_lsp.providers.local import listens
from moa_lsp.providers.reasoning import cannot
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.text.sanitize import escape

MISUSED = 2

REASONS = {
    "route": "a route in config.yaml says so",
    "settings": "`mix:` in config.yaml says so",
    "auto": "the first ready mix of `auto_order` in config.yaml",
}


def list_mixes(config: Path | None) -> int:
    """Print every mix, ready or not, and which one runs use; the exit code."""
    runtime = load_runtime_config(config=config)
    catalog = runtime.catalog
    chosen = used(catalog)
    rows = []
    for each in summaries(catalog):
        state = configured(catalog, catalog.mixes[each.name].mix, listens)
        mark = "*" if chosen and each.name == chosen.name else ""
        what = "; ".join(state.reasons) or each.description
        rows.append((mark, each.name, Text(state.word, state.style), what))
    where = output.console()
    output.show_table(where, ("", "mix", "state", "what it is, or what it lacks"), rows)
    if chosen:
        reason = REASONS[chosen.by]
        output.say(where, f"\n* runs use {chosen.name}: {reason}; --mix NAME takes another")
    for warning in catalog.warnings:
        sys.stderr.write(f"moa-lsp: {escape(warning)}\n")
    if catalog.problems:
        raise ConfigError(catalog.problems)
    return 0


def used(catalog: Catalog) -> ResolvedMix | None:
    """The mix of a run that nothing narrows, ``None`` when the configured one cannot be used."""
    try:
        return choose(catalog, action="refactor", language="python", path="")
    except UsageError:
        return None


def show_mix(name: str, action: str, language: str, config: Path | None) -> int:
    """Print one mix whole, with its worst case; the exit code."""
    runtime = load_runtime_config(config=config)
    catalog = runtime.catalog
    if name in catalog.broken:
        place = catalog.broken[name].path
        raise ConfigError([each for each in catalog.problems if each.path == place])
    if action not in runtime.actions:
        names = ", ".join(sorted(runtime.actions))
        raise UsageError(f"there is no action `{action}`; choose one of {names}")
    entry = find(catalog, name)
    resolved = choose(catalog, action=action, language=language, path="", requested=name)
    sys.stdout.write(as_yaml(entry))
    cost = worst_case(resolved.mix, catalog.settings, catalog.providers)
    notes = [
        f"from {entry.origin}",
        f"hash {resolved.hash[:16]} for {action} on {language}",
        f"worst case of one run: {cost}",
    ]
    tested = time_of_tests(resolved.mix, catalog.settings, language)
    notes += [] if tested is None else [tested]
    models = unpriced(resolved.mix, catalog)
    if models:
        if resolved.mix.budget is not None:
            notes.append(refusal(resolved.mix, models))
        notes += lines_to_paste(models, str(user_config(os.environ, config))).rstrip().split("\n")
    elif cost.unknown:
        notes.append(
            f"set max_tokens, or max_output under `models:`, of {', '.join(cost.unknown)}"
        )
    state = configured(catalog, resolved.mix, listens)
    notes.append(f"{state.word}: {'; '.join(state.reasons)}" if state.reasons else state.word)
    sys.stdout.write("".join(f"# {note}\n" for note in notes))
    return 0


def check_mixes(paths: Sequence[Path], config: Path | None) -> int:
    """Print one line for every mistake; the exit code."""
    asked = list(paths)
    if not asked:
        place = user_config(os.environ, config)
        catalog = load_catalog(config=config, environ=os.environ)
        folders = {Path(source).parent for source in catalog.sources if Path(source) != place}
        asked = [bundled_folder(), *sorted(folders - {bundled_folder()})]
        asked += [place] if place.is_file() else []
    problems = check_paths(
        asked,
        environ=os.environ,
        load_action=load_action,
        config=config,
        reasoning=cannot,
    )
    catalog = load_catalog(config=config, environ=os.environ)
    refused, models = _unpriced(asked, catalog, config)
    problems = sorted([*problems, *refused])
    for problem in problems:
        sys.stdout.write(f"{escape(str(problem))}\n")
    if not problems:
        sys.stderr.write("no mistake found\n")
    if models:
        if not refused:
            sys.stderr.write(f"no budget can hold back what {', '.join(models)} can cost\n")
        sys.stderr.write(lines_to_paste(models, str(user_config(os.environ, config))))
    return MISUSED if problems else 0


def _unpriced(
    paths: Sequence[Path], catalog: Catalog, config: Path | None
) -> tuple[list[Problem], tuple[str, ...]]:
    """The budgets of mixes in files that cannot be held, and the models without a price."""
    known = {Path(entry.origin).resolve(): entry for entry in catalog.mixes.values()}
    problems: list[Problem] = []
    models: list[str] = []
    for path in (one for each in paths for one in _mix_files(each)):
        entry = known.get(path.resolve())
        if entry is None:  # not in a folder of the user's
            one = load_catalog(config=config, environ=os.environ, mix_file=path)
            entry = next((each for each in one.mixes.values() if each.origin == str(path)), None)
        found = unpriced(entry.mix, catalog) if entry else ()
        models += found
        if entry and found and entry.mix.budget is not None:
            problems.append(load(files.read(path), str(path)).problem(
                ("budget",), refusal(entry.mix, found)
            ))  # fmt: skip
    return problems, tuple(dict.fromkeys(models))


def _mix_files(path: Path) -> list[Path]:
    if path.is_dir():
        return files.members(path, YAML)[0]
    return [path] if path.suffix in YAML and path.stem != "config" else []
