#!/bin/sh
# rusty-money 0.5.1: 10.009 dollars are written as $10.01, and are 1000 cents. `to_minor_units`, whose figure
# goes to a processor, drops what is below a cent; `Display`, whose text goes on the invoice, rounds it.
#
# One would expect the text and the number of one value to be the same sum. A price of a fraction of a cent
# times a quantity leaves such a rest everywhere. `round` before both makes them agree.
#
# Seen:
#   10.009 $10.01 1000
#   -10.009 -$10.01 -1000
#   10.015 $10.02 1001
#   10.009 rounded to 2 $10.01 1001
# Exits with an error if that changes. Needs cargo.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cd "$folder"
cat >Cargo.toml <<'TOML'
[package]
name = "sums"
version = "0.1.0"
edition = "2021"

[dependencies]
rusty-money = "=0.5.1"

[workspace]
TOML
cat >src/main.rs <<'RUST'
use rusty_money::{iso, Money, Round};

fn main() {
    for text in ["10.009", "-10.009", "10.015"] {
        let money = Money::from_str(text, iso::USD).unwrap();
        println!("{text} {money} {}", money.to_minor_units());
    }
    let money = Money::from_str("10.009", iso::USD).unwrap().round(2, Round::HalfEven);
    println!("10.009 rounded to 2 {money} {}", money.to_minor_units());
}
RUST
cargo run --quiet | tee seen
cat >wanted <<'TEXT'
10.009 $10.01 1000
-10.009 -$10.01 -1000
10.015 $10.02 1001
10.009 rounded to 2 $10.01 1001
TEXT
cmp seen wanted
