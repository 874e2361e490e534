#!/usr/bin/env bash
# bubblewrap from the distribution that this machine's package manager knows.
# Never fails: where it cannot be had, it says why, and the tests that need it are skipped.
set -uo pipefail

missing() { echo "bubblewrap is not installed, its tests are skipped: $*" >&2; exit 0; }

command -v bwrap >/dev/null && exit 0
[ "$(uname -s)" = Linux ] || missing "it is for Linux alone"
command -v apt-get >/dev/null || missing "there is no apt here; install the package bubblewrap"
[ "$(id -u)" = 0 ] || missing "only root can; run: apt-get install bubblewrap"
OPTIONS=(-qq -y -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=60)
export DEBIAN_FRONTEND=noninteractive
apt-get "${OPTIONS[@]}" install --no-install-recommends bubblewrap >/dev/null 2>&1 && exit 0
apt-get "${OPTIONS[@]}" update >/dev/null 2>&1 || missing "the mirror cannot be reached"
apt-get "${OPTIONS[@]}" install --no-install-recommends bubblewrap >/dev/null 2>&1 || missing "apt-get cannot install it"
