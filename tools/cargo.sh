#!/bin/sh
# Puts the programs of tools/cargo.txt into .tools/bin. One that is on the PATH in that very version is
# linked; the others are built, unoptimized: they run for a second or two, and optimizing them would take
# minutes.
set -eu
cd "$(dirname "$0")/.."

mkdir -p .tools/bin
set --
while IFS=@ read -r name version; do
    found=$(command -v "$name" || true)
    known=$([ -z "$found" ] || "$found" --version 2>/dev/null || true)
    if [ "${known##* }" = "$version" ]; then
        ln -sf "$found" ".tools/bin/$name"
    else
        set -- "$@" "$name@$version"
    fi
done <tools/cargo.txt
[ $# -eq 0 ] || CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --root .tools "$@"
