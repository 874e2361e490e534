#!/usr/bin/env bash
# install-llama-server.sh DIR: put a prebuilt llama-server into DIR, for tests against a real model server.
#
# Needs Linux on x86-64 with Debian's apt, no root, and some 50 MB: nothing is installed system-wide. The packages come
# from a newer suite than the machine's, by the archive that its own apt is set up for, so they bring their C library
# along and run through its loader. Exits with 3 and a reason where that cannot be had; DIR is whole or absent.
set -euo pipefail

SUITE=${SUITE:-forky} # the oldest that has llama.cpp; it floats, so the tests print the version they meet
PACKAGES=(llama.cpp-tools libllama0 libggml0 libc6 libstdc++6 libgcc-s1 libgomp1 libssl3t64 zlib1g libzstd1)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

cannot() {
    echo "no llama-server: $*" >&2
    exit 3
}

target=$(realpath -m "${1:?usage: install-llama-server.sh DIR}")
[ -x "$target/llama-server" ] && exit 0
[ "$(uname -sm)" = "Linux x86_64" ] || cannot "the packages are for Linux on x86-64"
for program in apt-get dpkg-deb; do
    command -v "$program" >/dev/null || cannot "$program is not on the PATH"
done
[ -r "$KEYRING" ] || cannot "$KEYRING is missing"
archive=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$') || cannot "apt knows no Debian archive"

mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/lists/partial "$work"/cache/archives/partial "$work"/whole
echo "deb [signed-by=$KEYRING] $archive $SUITE main" >"$work/sources.list"
apt=(apt-get -qq
    -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache"
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none)
"${apt[@]}" update || cannot "the archive gives no index of $SUITE"
(cd "$work" && "${apt[@]}" download "${PACKAGES[@]}") || cannot "$SUITE does not have all packages"
for package in "$work"/*.deb; do
    dpkg-deb --extract "$package" "$work/whole"
done

cat >"$work/whole/llama-server" <<'START'
#!/bin/sh
# The backends are looked for in /usr/lib, where they are not.
here=$(cd "$(dirname "$0")" && pwd)
lib=$here/usr/lib/x86_64-linux-gnu
export GGML_BACKEND_PATH="$lib/ggml/backends0/libggml-cpu-x64.so"
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$lib/llama:$lib/ggml:$lib/ggml/backends0" \
    "$here/usr/bin/llama-server" "$@"
START
chmod +x "$work/whole/llama-server"
"$work/whole/llama-server" --version >/dev/null 2>&1 || cannot "the server does not run on this machine"
rm -rf "$target"
mv "$work/whole" "$target"
