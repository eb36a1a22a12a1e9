#!/bin/sh
# rusty-money 0.5.1: `Money::from_minor(123450, iso::HUF)` is 123450 forint; by ISO 4217, which gives the forint
# two decimals, it is 1234.50. The ouguiya is counted in tenths, and has two decimals in the standard as well.
#
# One would expect "minor" to mean ISO 4217's minor unit, in a module that is called `iso`; iso_currency 0.7.1
# has 2 for both. (That nobody pays with hundredths of a forint, and CLDR writes none, is another matter: amounts
# are counted in them.) What `to_minor_units` gives for 1234.50 forint is a hundredth of what is to be charged.
#
# Seen:
#   HUF from_minor(123450) 123450, 1234.50 to_minor_units 1234, decimals 0, by iso_currency 2
#   MRU from_minor(123450) 12345.0, 1234.50 to_minor_units 12345, decimals 1, by iso_currency 2
#   USD from_minor(123450) 1234.50, 1234.50 to_minor_units 123450, decimals 2, by iso_currency 2
# Exits with an error if that changes. Needs cargo.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cd "$folder"
cat >Cargo.toml <<'TOML'
[package]
name = "minor"
version = "0.1.0"
edition = "2021"

[dependencies]
iso_currency = "=0.7.1"
rust_decimal = "=1.43.0"
rusty-money = "=0.5.1"

[workspace]
TOML
cat >src/main.rs <<'RUST'
use iso_currency::Currency;
use rust_decimal::Decimal;
use rusty_money::{iso, Money};

fn main() {
    for (ours, theirs) in [(iso::HUF, Currency::HUF), (iso::MRU, Currency::MRU), (iso::USD, Currency::USD)] {
        let counted = Money::from_minor(123_450, ours);
        let told = Money::from_decimal(Decimal::new(123_450, 2), ours);
        println!(
            "{} from_minor(123450) {}, {} to_minor_units {}, decimals {}, by iso_currency {}",
            ours.iso_alpha_code, counted.amount(), told.amount(), told.to_minor_units(), ours.exponent,
            theirs.exponent().unwrap(),
        );
    }
}
RUST
cargo run --quiet | tee seen
cat >wanted <<'TEXT'
HUF from_minor(123450) 123450, 1234.50 to_minor_units 1234, decimals 0, by iso_currency 2
MRU from_minor(123450) 12345.0, 1234.50 to_minor_units 12345, decimals 1, by iso_currency 2
USD from_minor(123450) 1234.50, 1234.50 to_minor_units 123450, decimals 2, by iso_currency 2
TEXT
cmp seen wanted
