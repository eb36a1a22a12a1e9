#!/bin/sh
# Hot reload: a table, and cargo-lambda, which rebuilds a function when its source changes.
# For editing. `make dev` is the faithful one: cargo-lambda routes from a list of its own in
# Cargo.toml, does not decode path parameters, and stops for good under load.
# Usage: LOCAL=<path of the local binary> PORT=<port> tools/watch.sh
set -eu
cd "$(dirname "$0")/.."
