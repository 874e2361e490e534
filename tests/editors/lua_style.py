"""Check our Lua with luacheck and StyLua, from the package registries: ``make luacheck stylua``.

Both are programs for people who change the plugin; nothing of ours depends on them. One that
cannot be had here is left out with a line that says why. ``--write`` formats instead.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.editors.installed import CACHE, ROOT, Unavailable, install

PLACES = ("editors/neovim", "tests/editors")
STYLUA = "@johnnymorganz/stylua@2.5.2"
"""StyLua as WebAssembly: its other packages fetch a program while they are installed."""

FORMAT = """
const stylua = require('@johnnymorganz/stylua');
const fs = require('node:fs');
let wrong = 0;
for (const path of process.argv.slice(2)) {
  const text = fs.readFileSync(path, 'utf8');
  const config = stylua.Config.new(); // each call uses its own up
  config.column_width = 100;
  config.indent_width = 2;
  config.indent_type = stylua.IndentType.Spaces;
  config.quote_style = stylua.QuoteStyle.AutoPreferSingle;
  const made = stylua.formatCode(text, config, undefined, stylua.OutputVerification.Full);
  if (made !== text) {
    if (process.argv[1] === 'write') fs.writeFileSync(path, made);
    else { wrong += 1; console.log(`${path} is not as StyLua writes it`); }
  }
}
process.exit(wrong ? 1 : 0);
"""


def luacheck(paths: list[str]) -> int:
    """Run luacheck with its own Lua; its exit code."""
    home = install("luacheck", "lua-check", "lua5.1").parents[1]
    share, shared = home / "share/lua/5.1", home / "lib/x86_64-linux-gnu/lua/5.1"
    lua = {"LUA_PATH": f"{share}/?.lua;{share}/?/init.lua", "LUA_CPATH": f"{shared}/?.so"}
    flags = ("--std", "luajit", "--globals", "vim", "--max-line-length", "100", "--quiet")
    argv = (home / "bin/lua5.1", home / "bin/luacheck", *flags, *paths)
    return subprocess.run(argv, cwd=ROOT, env={**os.environ, **lua}, check=False).returncode


def stylua(paths: list[str], *, write: bool) -> int:
    """Compare with, or write, what StyLua makes of each file; an exit code."""
    place = CACHE / "stylua"
    if not shutil.which("npm"):
        raise Unavailable("StyLua: there is no npm here")
    if not (place / "node_modules").is_dir():
        flags = ("--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries", "0")
        flags = (*flags, "--prefix", str(place))
        if subprocess.run(("npm", "install", *flags, STYLUA), check=False).returncode:
            raise Unavailable("StyLua: npm cannot install it")
    found = {**os.environ, "NODE_PATH": str(place / "node_modules")}
    mode = "write" if write else "check"
    argv = ("node", "-e", FORMAT, mode, *paths)
    return subprocess.run(argv, cwd=ROOT, env=found, check=False).returncode


def main(words: list[str]) -> int:
    """Check by the tools that are named, by both if none is; 1 when something is wrong."""
    files = [path for place in PLACES for path in sorted((ROOT / place).rglob("*.lua"))]
    paths = [Path(path).relative_to(ROOT).as_posix() for path in files]
    checks = {
        "stylua": lambda: stylua(paths, write="--write" in words),
        "luacheck": lambda: luacheck(paths),
    }
    code = 0
    for name in [name for name in checks if name in words] or checks:
        try:
            code |= checks[name]()
        except Unavailable as error:
            print(f"left out: {error}")
    return min(code, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
