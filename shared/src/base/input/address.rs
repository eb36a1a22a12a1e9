//! Addresses of web pages.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{
    fault::{Faults, Location},
    json::Json,
    reader::Input,
};

/// The address of a web page: `http` or `https`, at most 2048 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebAddress(String);

const LONGEST: usize = 2048;

impl WebAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address that the program itself put together.
    pub(crate) fn of(text: String) -> Self {
        Self(text)
    }

    /// The address with each `placeholder` in it replaced.
    pub fn with(&self, placeholder: &str, value: &str) -> Self {
        Self(self.0.replace(placeholder, value))
    }
}

impl Input for WebAddress {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let text = value.text(at, faults)?;
        if text.chars().count() > LONGEST {
            let hint = format!("is longer than {LONGEST} characters");
            faults.not_valid(at, "too_long", &hint);
            return None;
        }
        if is_web_address(text) {
            return Some(Self(text.to_owned()));
        }
        let hint = "must be the address of a web page, such as https://example.com/thanks";
        faults.not_valid(at, "invalid_url", hint);
        None
    }
}

/// Whether a browser can be sent there: a host, and nothing that would end the address early. The
/// path is not looked into, because it may hold placeholders.
fn is_web_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let known = ["http", "https"].iter().any(|one| scheme.eq_ignore_ascii_case(one));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let hosted = host.chars().any(char::is_alphanumeric) && host.chars().all(allowed);
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>');
    known && hosted && !rest.chars().any(forbidden)
}

impl JsonSchema for WebAddress {
    fn schema_name() -> Cow<'static, str> {
        "WebAddress".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": LONGEST,
            "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9]",
            "examples": ["https://example.com/thanks"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for address in [
            "https://example.com",
            "HTTP://localhost:3000/thanks?session={CHECKOUT_SESSION_ID}#top",
            "https://[::1]:8080/",
            "https://bücher.example/",
        ] {
            assert!(is_web_address(address), "{address}");
        }
        for text in [
            "",
            "example.com",
            "ftp://example.com",
            "javascript://example.com/%0aalert(1)",
            "https://",
            "https:///thanks",
            "https://user@example.com/",
            "https://example.com/a b",
            "https://example.com/\"><script>",
        ] {
            assert!(!is_web_address(text), "{text}");
        }
    }
}
