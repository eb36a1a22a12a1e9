#!/bin/sh
# rust_decimal 1.43.0: `format!("{:.2}", amount)` cuts the digits off. 19.999 is written as 19.99, and 2.7 with
# `{:.0}` as 2.
#
# One would expect it to be rounded: Rust's own f64 is, and so is a BigDecimal (bigdecimal 0.4.11), and the crate's
# `round_dp(2)` gives 20.00. Its documentation says nothing of the format, and has `trunc_with_scale` for cutting.
# The text of an invoice is a cent less than the sum that was charged, wherever the sum was rounded by `round_dp`
# and the text by the format; and a list of thirds of a price loses up to a cent in each line.
#
# Seen:
#   19.999 text 19.99 rounded 20.00 f64 20.00 BigDecimal 20.00
#   1.239 text 1.23 rounded 1.24 f64 1.24 BigDecimal 1.24
#   -1.239 text -1.23 rounded -1.24 f64 -1.24 BigDecimal -1.24
#   2.7 text without digits 2
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
rust_decimal = "=1.43.0"
bigdecimal = "=0.4.11"

[workspace]
TOML
cat >src/main.rs <<'RUST'
use bigdecimal::BigDecimal;
use rust_decimal::Decimal;

fn main() {
    for text in ["19.999", "1.239", "-1.239"] {
        let amount: Decimal = text.parse().unwrap();
        let float: f64 = text.parse().unwrap();
        let big: BigDecimal = text.parse().unwrap();
        println!("{text} text {amount:.2} rounded {} f64 {float:.2} BigDecimal {big:.2}", amount.round_dp(2));
    }
    let amount: Decimal = "2.7".parse().unwrap();
    println!("2.7 text without digits {amount:.0}");
}
RUST
cargo run --quiet | tee seen
cat >wanted <<'TEXT'
19.999 text 19.99 rounded 20.00 f64 20.00 BigDecimal 20.00
1.239 text 1.23 rounded 1.24 f64 1.24 BigDecimal 1.24
-1.239 text -1.23 rounded -1.24 f64 -1.24 BigDecimal -1.24
2.7 text without digits 2
TEXT
cmp seen wanted
