//! Text with bounds.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{
    fault::{Faults, Location},
    json::Json,
    reader::Input,
};

/// Text of `MIN` to `MAX` characters without control characters (line breaks and tabs are allowed).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Text that the program itself chose.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> Input for Text<MIN, MAX> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        let forbidden = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        let fault = if text.trim().chars().count() < MIN {
            Some(("too_short", "cannot be empty".to_owned()))
        } else if text.chars().count() > MAX {
            Some(("too_long", format!("is longer than {MAX} characters")))
        } else if text.chars().any(forbidden) {
            Some(("invalid_characters", "contains control characters".to_owned()))
        } else {
            None
        };
        match fault {
            Some((code, hint)) => {
                faults.not_valid(at, code, &hint);
                None
            }
            None => Some(Self(text.to_owned())),
        }
    }
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Text<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "string", "maxLength": MAX});
        if MIN > 0 {
            schema.insert("minLength".into(), MIN.into());
        }
        schema
    }
}

/// 1 to `MAX` letters, digits, `_` or `-`: what ends up in numbers, keys and addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word<const MAX: usize>(String);

impl<const MAX: usize> Word<MAX> {
    /// A word that the program itself chose.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Input for Word<MAX> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=MAX).contains(&text.len()) && text.bytes().all(allowed) {
            return Some(Self(text.to_owned()));
        }
        let hint = format!("must be 1 to {MAX} letters, digits, '_' or '-'");
        faults.not_valid(at, "invalid_characters", &hint);
        None
    }
}

impl<const MAX: usize> JsonSchema for Word<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Word{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": format!("^[A-Za-z0-9_-]{{1,{MAX}}}$")})
    }
}

/// An e-mail address, at most 254 characters (RFC 5321), kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Input for Email {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        let valid = email_address::EmailAddress::parse_with_options(text, options).is_ok();
        if valid && text.len() <= 254 {
            return Some(Self(text.to_owned()));
        }
        faults.not_valid(at, "invalid_email", "is not an e-mail address");
        None
    }
}

impl JsonSchema for Email {
    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "email", "maxLength": 254})
    }
}
