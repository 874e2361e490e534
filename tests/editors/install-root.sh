#!/usr/bin/env bash
# A Debian with nothing but its base system and Python, to be entered with bubblewrap.
#   install-root.sh FOLDER -> FOLDER/tree, without python3-venv, and FOLDER/python: the library with it
# Exit code 75, with the reason on stderr, where that cannot be had. The mirror is the one that this
# machine's apt uses.
set -euo pipefail
SUITE=${SUITE:-bookworm}
FOLDER=$(mkdir -p "$1" && cd "$1" && pwd)

unavailable() { echo "$*" >&2; exit 75; }

exec 9>"$FOLDER/../.lock-root" && flock 9 # tests run side by side
[ -f "$FOLDER/.ready" ] && exit 0
command -v debootstrap >/dev/null || unavailable "debootstrap is not installed"
[ "$(id -u)" = 0 ] || unavailable "debootstrap wants to be root"
bwrap --bind / / true 2>/dev/null || unavailable "bubblewrap does not work here"
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$' || true)}
[ -n "$MIRROR" ] || unavailable "apt knows no mirror of Debian"

rm -rf "$FOLDER/tree" "$FOLDER/python"
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$SUITE" "$FOLDER/tree" "$MIRROR" >&2 \
  || unavailable "the mirror of Debian cannot be reached"
rm -rf "$FOLDER"/tree/var/cache/apt/archives/*.deb
touch "$FOLDER"/tree/etc/{hosts,resolv.conf,pip.conf} # to be mounted over
cp -al "$FOLDER"/tree/usr/lib/python3.* "$FOLDER/python"
rm -r "$FOLDER"/tree/usr/lib/python3.*/ensurepip
touch "$FOLDER/.ready"
