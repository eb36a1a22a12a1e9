//! The language that somebody reads, as a client writes it: `de`, `de-AT`, `pt_BR`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::Locale;
use crate::base::input::{Faults, Input, Json, Location};

/// The longest tag.
const MOST_CHARACTERS: usize = 35;
/// The longest part of one.
const MOST_OF_A_PART: usize = 8;

/// A language tag (BCP 47) whose language is one of ours, kept as it was sent. Its parts are joined by `-`,
/// or by `_` as many programs do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LanguageTag(String);

impl LanguageTag {
    /// The language; none, where it was read of an object that another version stored.
    pub fn locale(&self) -> Option<Locale> {
        let first = self.0.split(['-', '_']).next()?.to_ascii_lowercase();
        Locale::ALL.iter().copied().find(|locale| locale.as_str() == first)
    }

    fn is_well_formed(&self) -> bool {
        let is_part = |part: &str| {
            (1..=MOST_OF_A_PART).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        self.0.len() <= MOST_CHARACTERS && self.0.split(['-', '_']).all(is_part)
    }
}

fn names() -> String {
    let names: Vec<&str> = Locale::ALL.iter().map(|locale| locale.as_str()).collect();
    names.join(", ")
}

impl Input for LanguageTag {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let tag = Self(value.text(at, faults)?.to_owned());
        let found = tag.locale().filter(|_| tag.is_well_formed());
        if found.is_none() {
            let hint =
                format!("must be one of these languages, with or without a region: {}", names());
            faults.not_valid(at, "unknown_value", &hint);
        }
        found.map(|_| tag)
    }
}

impl JsonSchema for LanguageTag {
    fn schema_name() -> Cow<'static, str> {
        "LanguageTag".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let either = |letter: char| format!("[{}{letter}]", letter.to_ascii_uppercase());
        let one = |locale: &Locale| locale.as_str().chars().map(either).collect::<String>();
        let languages = Locale::ALL.iter().map(one).collect::<Vec<_>>().join("|");
        let pattern = format!("^({languages})([-_][A-Za-z0-9]{{1,{MOST_OF_A_PART}}})*$");
        json_schema!({
            "type": "string",
            "pattern": pattern,
            "maxLength": MOST_CHARACTERS,
            "examples": ["de-AT"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LanguageTag, String> {
        let mut faults = Faults::default();
        let at = Location::body("customer");
        let read =
            LanguageTag::read(&Json::Text(text.to_owned()), &at.field("locale"), &mut faults);
        read.ok_or_else(|| faults.iter().map(|fault| fault.detail.clone()).collect())
    }

    #[test]
    fn a_region_is_understood_and_kept() {
        for (text, locale) in [
            ("de", Locale::De),
            ("de-DE", Locale::De),
            ("pt-BR", Locale::Pt),
            ("en_US", Locale::En),
            ("EN-gb", Locale::En),
            ("ja-Jpan-JP", Locale::Ja),
            ("es-419", Locale::Es),
        ] {
            let tag = read(text).unwrap();
            assert_eq!((tag.locale(), tag.0.as_str()), (Some(locale), text));
        }
    }

    #[test]
    fn what_is_no_language_of_ours_is_refused_by_their_names() {
        let long = format!("de{}", "-abcdefgh".repeat(4));
        for text in [
            "",
            "tlh",
            "tlh-DE",
            "deu",
            "de-",
            "-de",
            "de--AT",
            "de AT",
            "de-é",
            "de-abcdefghi",
            &long,
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains("en, de, fr, es, nl, it, pt, ja"), "{text}: {told}");
        }
    }
}
