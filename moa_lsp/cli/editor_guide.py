"""``moa-lsp doctor --editor NAME``: what to paste for one editor, and what of it is there already.

The texts are the files of ``editors/``, which the documentation shows and the tests start editors
with; here the program's and the plugin's real paths are put in.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from moa_lsp.cli import limits, output
from moa_lsp.cli.provider_probe import BAD, GOOD, NONE, Row

MAX_EDITOR_FILES = 200
"""Files of one editor's configuration that `moa-lsp doctor --editor` looks into."""

MAX_EDITOR_FILE_BYTES = 1_000_000
"""How far it reads in each: settings are small, and a log put there by mistake is not."""


PROGRAM = "moa-lsp"

PLUGIN = "/path/to/moa-lsp/editors/neovim"
"""Stands in the file for the folder of the plugin."""


@dataclass(frozen=True, slots=True)
class EditorGuide:
    """An editor, and how it is made to start the server.

    Attributes:
        title: as it calls itself.
        programs: names it may have.
        file: what to paste, in the folder of editors.
        places: where that belongs, below the home folder; the first is shown.
        steps: what to do before and after; the pasting is a step of its own between them.
        tried: whether the file is held by a test in that editor.
    """

    title: str
    programs: tuple[str, ...]
    file: str
    places: tuple[str, ...]
    steps: tuple[str, str]
    tried: bool = False


EDITORS: Mapping[str, EditorGuide] = {
    "vscode": EditorGuide(
        "VS Code",
        ("code", "codium", "code-server"),
        "snippets/vscode.json",
        (".config/Code/User/settings.json", "Library/Application Support/Code/User/settings.json"),
        (
            "install the extension: make vscode, code --install-extension dist/moa-lsp-*.vsix",
            "open a file, select lines, and press Ctrl+.",
        ),
        tried=True,
    ),
    "neovim": EditorGuide(
        "Neovim",
        ("nvim",),
        "neovim/init.lua",
        (".config/nvim/init.lua", ".config/nvim/lua"),
        ("", "open a file, select lines, and type :Moa refactor"),
        tried=True,
    ),
    "emacs": EditorGuide(
        "Emacs",
        ("emacs",),
        "emacs/init.el",
        (".emacs.d/init.el", ".config/emacs/init.el", ".emacs"),
        ("", "open a file, M-x eglot, mark a region, M-x eglot-code-actions"),
        tried=True,
    ),
    "helix": EditorGuide(
        "Helix",
        ("hx", "helix"),
        "helix/languages.toml",
        (".config/helix/languages.toml",),
        ("", "open a file, select a line with x, and press space a"),
        tried=True,
    ),
    "zed": EditorGuide(
        "Zed",
        ("zed", "zeditor"),
        "snippets/zed.json",
        (".config/zed/settings.json",),
        (
            "Zed starts only servers that it knows: this one takes the place of pylsp",
            "open a Python file, select lines, and open the code actions",
        ),
    ),
    "sublime": EditorGuide(
        "Sublime Text",
        ("subl",),
        "snippets/sublime.json",
        (
            ".config/sublime-text/Packages/User/LSP.sublime-settings",
            "Library/Application Support/Sublime Text/Packages/User/LSP.sublime-settings",
        ),
        (
            "install the package LSP with Package Control",
            "open a file, select lines, and choose LSP: Code Action",
        ),
    ),
    "kate": EditorGuide(
        "Kate",
        ("kate",),
        "snippets/kate.json",
        (".config/kate/lspclient/settings.json",),
        (
            "switch the plugin LSP Client on",
            "open a file, select lines, and choose Code Action of the LSP Client menu",
        ),
    ),
    "vim-lsp": EditorGuide(
        "Vim with vim-lsp",
        ("vim",),
        "snippets/vim-lsp.vim",
        (".vimrc", ".vim/vimrc"),
        ("install vim-lsp", "open a file, select lines, and type :LspCodeAction"),
    ),
    "coc": EditorGuide(
        "Vim or Neovim with coc.nvim",
        ("vim", "nvim"),
        "snippets/coc.json",
        (".vim/coc-settings.json", ".config/nvim/coc-settings.json"),
        (
            "install coc.nvim",
            "open a file, select lines, and call the mapping <Plug>(coc-codeaction-selected)",
        ),
    ),
}


def show_editor(name: str) -> int:
    """Print what to paste for an editor, and what of it is found; always 0."""
    editor = EDITORS[name]
    where = output.console()
    home, program = Path.home(), installed_program()
    output.show_table(where, ("what", "state", "detail"), list(_found(editor, home, program)))
    before, after = editor.steps
    place = _place(home, editor.places[0])
    steps = [step for step in (before, f"put this into {place}:", after) if step]
    numbered = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    at = steps.index(f"put this into {place}:") + 1
    output.say(where, "\n" + "\n".join(numbered[:at]) + "\n")
    where.file.write(f"{snippet(editor, program)}\n")  # to the letter: it is to be copied
    output.say(where, "\n".join(numbered[at:]))
    if not editor.tried:
        output.say(where, "\nThis one is untried: tell us if it does not work.")
    return 0


def snippet(editor: EditorGuide, program: str) -> str:
    """The text to paste, with the path of the program and of the plugin in it."""
    text = (editors_folder() / editor.file).read_text("utf-8")
    plugin = str(editors_folder() / "neovim")
    text = text.replace(f'"{PROGRAM}"', json.dumps(program, ensure_ascii=False))
    for old, new in ((PROGRAM, program), (PLUGIN, plugin)):
        text = text.replace(f"'{old}'", _quoted(new))
    return text


def _quoted(text: str) -> str:
    r"""A Lua string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def editors_folder() -> Path:
    """The folder of configurations: in the wheel, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "bundled_editors"
    return shipped if shipped.is_dir() else package.parent / "editors"


def installed_program() -> str:
    """The path of this installation's program, its bare name if there is none."""
    beside = shutil.which(PROGRAM, path=str(Path(sys.executable).parent))
    return beside or shutil.which(PROGRAM) or PROGRAM


def _found(editor: EditorGuide, home: Path, program: str) -> Iterator[Row]:
    if Path(program).is_absolute():
        yield PROGRAM, Text("ok", GOOD), program
    else:
        yield PROGRAM, Text("missing", BAD), "no program of this name beside Python or on the PATH"
    path = next(filter(None, map(shutil.which, editor.programs)), None)
    if path is None:
        yield editor.title, Text("not found", NONE), f"looked for {', '.join(editor.programs)}"
    else:
        version = asyncio.run(_version(path))
        yield editor.title, Text("found", GOOD), f"{path}: {version or 'says no version'}"
    naming = next(filter(_names_us, _files(editor, home)), None)
    if naming is None:
        yield "its configuration", Text("not yet", NONE), f"nothing names {PROGRAM}"
    else:
        yield "its configuration", Text("ok", GOOD), f"{naming} names {PROGRAM}"


def _place(home: Path, place: str) -> Path:
    """Where a file is, with the user's own folder of configurations if there is one."""
    own = os.environ.get("XDG_CONFIG_HOME")
    if own and place.startswith(".config/"):
        return Path(own) / place.removeprefix(".config/")
    return home / place


def _files(editor: EditorGuide, home: Path) -> Iterator[Path]:
    """The files that may hold its configuration; a folder stands for the Lua files in it."""
    for place in editor.places:
        path = _place(home, place)
        if path.is_dir():
            yield from sorted(path.rglob("*.lua"))[:MAX_EDITOR_FILES]
        elif path.is_file():
            yield path


def _names_us(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return PROGRAM.encode() in file.read(MAX_EDITOR_FILE_BYTES)
    except OSError:
        return False


async def _version(path: str) -> str:
    """The first line of what an editor says of its version; empty when it says nothing in time."""
    process = await asyncio.create_subprocess_exec(
        path,
        "--version",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        async with asyncio.timeout(limits.DOCTOR_REPLY_S):
            told, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told.decode("utf-8", "replace").partition("\n")[0].strip()
