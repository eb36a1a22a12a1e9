//! Instants and time zones.

use shared::base::{
    input::Json,
    time::{TimeZoneName, Timestamp},
};

use crate::read;

/// Texts, one to a line: each as an instant and as a time zone, each beside the one before.
pub fn instants(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut before: Option<Timestamp> = None;
    for text in text.lines().take(8) {
        zone(text);
        let Some(instant) = instant(text) else { continue };
        if let Some(before) = before.replace(instant) {
            ordered(before, instant);
        }
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let instant = read::<Timestamp>(&Json::Text(text.to_owned())).0?;
    let written = instant.to_string();
    assert_eq!(written.parse().ok(), Some(instant), "{text} is {written}");
    assert_eq!(Timestamp::from_millis(instant.millis()), Some(instant), "{text}");
    assert_eq!(
        instant.seconds(),
        instant.millis().div_euclid(1000)
            + i64::from(instant.millis() < 0 && instant.millis() % 1000 != 0),
        "{text}"
    );
    assert!(written.ends_with('Z') && written.is_ascii(), "{text} is {written}");
    // A year with four digits is as long as any other, so that text order is time order.
    assert_eq!(written.len(), if written.starts_with('-') { 27 } else { 24 }, "{written}");
    // Moved, it is on the side it was moved to, or at the end of time.
    for much in [i64::MIN, -1, 0, 1, i64::MAX] {
        let days = instant.plus_days(much);
        for moved in
            [instant.plus_millis(much), instant.plus_seconds(much), instant.plus_hours(much), days]
        {
            let side = moved.cmp(&instant);
            assert!(side.is_eq() || side == much.cmp(&0), "{text} and {much} is {moved}");
        }
    }
    Some(instant)
}

fn ordered(one: Timestamp, other: Timestamp) {
    let texts = [one.to_string(), other.to_string()];
    if texts.iter().all(|text| !text.starts_with('-')) {
        assert_eq!(texts[0].cmp(&texts[1]), one.cmp(&other), "{texts:?}");
    }
    assert_eq!(one.minus(other).signum() <= 0, one.millis() - other.millis() < 1000, "{texts:?}");
}

/// A zone is spelled as the database spells it.
fn zone(text: &str) {
    let Some(zone) = read::<TimeZoneName>(&Json::Text(text.to_owned())).0 else { return };
    let stored = serde_json::to_value(&zone).unwrap();
    let name = stored.as_str().expect("a text");
    assert!(name.eq_ignore_ascii_case(text), "{text} is {name}");
    assert_eq!(read::<TimeZoneName>(&Json::Text(name.to_owned())).0.as_ref(), Some(&zone));
    assert!(zone.zone().is_some(), "{name} has no rules");
}
