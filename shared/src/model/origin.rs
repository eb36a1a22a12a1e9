//! The origins of web pages on which an account lets a checkout be embedded.
//!
//! A browser says of each request by a script of which origin the page is, and no script can say otherwise.
//! A program that is no browser may say anything, or nothing: to it the list is no wall, and need not be one,
//! because what a publishable token may do with a session's secret is to pay that session.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::base::input::{Faults, Input, Json, Location};

/// How many origins an account has at most.
const MOST: usize = 50;
/// How long one is at most: a name of the internet has 253 characters.
const LONGEST: usize = 270;
/// Where a page may be without encryption: on the machine of whoever writes it.
const OWN_MACHINE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The origin of a page, as a browser writes it: `https://shop.example`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Origin(String);

impl Origin {
    /// Reads an origin in any case, with a slash at its end or the port that goes without saying.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let (scheme, rest) = text.split_once("://")?;
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().ok()?)),
            _ => (rest, None),
        };
        let own = match scheme {
            "https" => 443,
            "http" if OWN_MACHINE.contains(&host) => 80,
            _ => return None,
        };
        if text.len() > LONGEST || !(is_name(host) || OWN_MACHINE.contains(&host)) {
            return None;
        }
        let port = port.filter(|port| *port != own).map(|port| format!(":{port}"));
        Some(Self(format!("{scheme}://{host}{}", port.unwrap_or_default())))
    }
}

/// Whether it is a name of the internet, or a number of it, as browsers write it in an origin.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(inner)
    };
    host.split('.').all(is_label)
}

/// The origins of pages on which a checkout may be embedded; any page, where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// Whether a page may embed a checkout of which a browser says that its origin is this.
    pub(crate) fn allow(&self, origin: &str) -> bool {
        self.0.is_empty() || Origin::parse(origin).is_some_and(|page| self.0.contains(&page))
    }
}

impl Input for Origins {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Array(written) = value else {
            return faults.wrong_type(at, "an array", value);
        };
        if written.len() > MOST {
            faults.not_valid(at, "too_many", &format!("has more than {MOST} origins"));
            return None;
        }
        let (before, mut origins) = (faults.count(), Vec::new());
        for (index, one) in written.iter().enumerate() {
            let place = at.index(index);
            let Some(text) = one.text(&place, faults) else { continue };
            let hint = "must be the origin of a page, such as https://shop.example: no path, and http only \
                        for localhost";
            match Origin::parse(text) {
                None => faults.not_valid(&place, "invalid_origin", hint),
                Some(origin) if origins.contains(&origin) => {
                    faults.not_valid(&place, "duplicate", "is there twice");
                }
                Some(origin) => origins.push(origin),
            }
        }
        (faults.count() == before).then_some(Self(origins))
    }
}

impl JsonSchema for Origins {
    fn schema_name() -> Cow<'static, str> {
        "Origins".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "maxItems": MOST,
            "uniqueItems": true,
            "items": {
                "type": "string",
                "maxLength": LONGEST,
                "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9_.\\[\\]:-]+/?$",
                "examples": ["https://shop.example"],
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Origins, Vec<String>> {
        let (json, mut faults) = (Json::parse(json).unwrap(), Faults::default());
        let body = Location::body("account");
        let read = Origins::read(&json, &body.field("allowed_origins"), &mut faults);
        let told = faults.iter().map(|one| format!("{} {}", one.pointer, one.code)).collect();
        read.ok_or(told)
    }

    #[test]
    fn an_origin_is_what_a_browser_writes_however_it_was_typed_in() {
        for (typed, written) in [
            ("https://shop.example", "https://shop.example"),
            ("HTTPS://Shop.Example:443/", "https://shop.example"),
            ("https://shop.example:8443", "https://shop.example:8443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(Origin::parse(typed), Some(Origin(written.to_owned())), "{typed}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_where_it_stands() {
        for typed in [
            "",
            "null",
            "shop.example",
            "https://",
            "http://shop.example",
            "https://shop.example/pay",
            "https://*.shop.example",
            "https://user@shop.example",
            "https://shop.example:port",
            "https://shop.example:99999",
            "https://bücher.example",
            "ftp://shop.example",
            "https://shop..example",
        ] {
            let one = format!(r#"["https://a.example", {typed:?}]"#);
            assert_eq!(read(&one).unwrap_err(), ["/allowed_origins/1 invalid_origin"], "{typed}");
        }
        let twice = r#"["https://a.example", "https://A.example/"]"#;
        assert_eq!(read(twice).unwrap_err(), ["/allowed_origins/1 duplicate"]);
        let many: Vec<String> = (0..51).map(|n| format!("\"https://a{n}.example\"")).collect();
        let many = format!("[{}]", many.join(","));
        assert_eq!(read(&many).unwrap_err(), ["/allowed_origins too_many"]);
    }

    #[test]
    fn a_page_is_allowed_that_is_listed_and_any_where_none_is() {
        let listed = read(r#"["https://shop.example", "http://localhost:3000"]"#).unwrap();
        assert!(listed.allow("https://shop.example") && listed.allow("http://localhost:3000"));
        for strange in [
            "https://evil.example",
            "https://shop.example.evil.example",
            "https://www.shop.example",
            "http://shop.example",
            "https://shop.example:8443",
            "http://localhost",
            "null",
            "",
        ] {
            assert!(!listed.allow(strange), "{strange}");
            assert!(Origins::default().allow(strange), "{strange}");
        }
    }
}
