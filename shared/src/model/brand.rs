//! What a page may show of a brand: a colour and a logo that are safe to write into it.

/// A brand's logo: where it is, and the origin it is loaded from.
#[derive(Debug, PartialEq, Eq)]
pub struct Logo<'a> {
    pub(crate) url: &'a str,
    pub(crate) origin: &'a str,
}

impl<'a> Logo<'a> {
    /// The logo, if its address is one that a page may load: https, and an origin that cannot be
    /// mistaken for anything else in a policy.
    pub(crate) fn of(url: &'a str) -> Option<Self> {
        let rest = url.strip_prefix("https://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        if host.is_empty() || !host.bytes().all(plain) || url.chars().any(char::is_whitespace) {
            return None;
        }
        let origin = url.get(..url.len().saturating_sub(rest.len()).saturating_add(host.len()))?;
        Some(Self { url, origin })
    }
}

/// Whether a text is a colour such as #1a2b3c or #abc.
pub(crate) fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is an address that a page may load a logo from.
pub(crate) fn is_logo(url: &str) -> bool {
    Logo::of(url).is_some()
}
