#!/bin/sh
# rusty-money 0.5.1: `Money::from_str("1.234", iso::EUR)` is 1234 euros, and the same text in dollars is 1.234
# dollars. "10.50" is an error in euros. Each currency has a way of writing numbers of its own, and the euro
# has the one with a comma for the cents, whoever wrote the text.
#
# One would expect a text of an amount, in a program, to be read alike for every currency, as `Decimal` reads
# it, and as APIs write it: with a point. So a price of three decimals, of a call or a kilowatt hour, becomes
# a thousand times as much, without an error, while the usual two decimals show the error at once. It does not
# read back its own `amount()` either. `Money::from_decimal` takes a number that was read elsewhere.
#
# Seen:
#   1.234 EUR 1234.00, USD 1.234
#   10.50 EUR InvalidAmount, USD 10.50
#   10,50 EUR 10.50, USD InvalidAmount
# Exits with an error if that changes. Needs cargo.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cd "$folder"
cat >Cargo.toml <<'TOML'
[package]
name = "reads"
version = "0.1.0"
edition = "2021"

[dependencies]
rusty-money = "=0.5.1"

[workspace]
TOML
cat >src/main.rs <<'RUST'
use rusty_money::{iso, iso::Currency, Money};

fn told(text: &str, currency: &'static Currency) -> String {
    match Money::from_str(text, currency) {
        Ok(money) => money.amount().to_string(),
        Err(error) => format!("{error:?}"),
    }
}

fn main() {
    for text in ["1.234", "10.50", "10,50"] {
        println!("{text} EUR {}, USD {}", told(text, iso::EUR), told(text, iso::USD));
    }
}
RUST
cargo run --quiet | tee seen
cat >wanted <<'TEXT'
1.234 EUR 1234.00, USD 1.234
10.50 EUR InvalidAmount, USD 10.50
10,50 EUR 10.50, USD InvalidAmount
TEXT
cmp seen wanted
