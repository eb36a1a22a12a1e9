//! Where a webhook may be sent: the one file that decides, of an address as text and of the address of a
//! machine that its name was resolved to.
//!
//! What a client writes is judged when it is written (`Target::parse`), and what its name stands for each
//! time that it is connected to (`Target::allows`): a name may stand for another machine by then. Refused
//! is whatever is not a public address of the internet, so that nobody reaches our own network through us.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A place that a webhook is sent to, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether the connection is encrypted: always, but on this very machine in development.
    pub is_secure: bool,
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, as they are asked for.
    pub path: String,
    loopback: bool,
}

/// Why an address is refused: a code and a hint.
pub type Refusal = (&'static str, &'static str);

const LONGEST_NAME: usize = 253;

impl Target {
    /// Reads an address; `loopback` says whether this deployment sends to its own machine, too.
    pub fn parse(text: &str, loopback: bool) -> Result<Self, Refusal> {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '#' || c == '\\';
        if text.chars().any(odd) {
            return Err(("invalid_url", "cannot have blanks, backslashes or a fragment"));
        }
        if !text.is_ascii() {
            return Err(("invalid_url", "must be written in ASCII: %C3%A9 for é"));
        }
        let invalid = ("invalid_url", "must be an address such as https://example.com/webhooks");
        let uri: ::http::Uri = text.parse().map_err(|_| invalid)?;
        let authority = uri.authority().ok_or(invalid)?;
        if authority.as_str().contains('@') {
            return Err(("user_info", "cannot hold a user name or a password"));
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let is_secure = uri.scheme_str() == Some("https");
        let here = loopback && is_loopback(&host);
        let is_plain = here && uri.scheme_str() == Some("http");
        if !(is_secure || is_plain) {
            return Err(("not_https", "must begin with https://"));
        }
        let after_host = authority.as_str().rsplit_once(']').map_or(authority.as_str(), |(_, r)| r);
        let named = after_host.contains(':');
        let port = match (authority.port_u16(), named) {
            (Some(port), _) => port,
            (None, true) => return Err(invalid),
            (None, false) if is_secure => 443,
            (None, false) => 80,
        };
        if port != 443 && port < 1024 {
            return Err(("invalid_port", "must be on port 443, or on one from 1024 up"));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let target = Self { is_secure, host, port, path, loopback };
        target.check_host().map(|()| target)
    }

    fn check_host(&self) -> Result<(), Refusal> {
        let refused = ("not_public", "must be a public address of the internet");
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return if self.allows(address) { Ok(()) } else { Err(refused) };
        }
        if self.loopback && is_loopback(&self.host) {
            return Ok(());
        }
        let label = |label: &str| {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            (1..=63).contains(&label.len()) && label.bytes().all(letters)
        };
        let name = self.host.strip_suffix('.').unwrap_or(&self.host);
        // A last part that is a number makes the whole a way to write an IPv4 address: 127.1, 0x7f000001.
        let last = name.rsplit('.').next().unwrap_or_default();
        let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
        let known = name.len() <= LONGEST_NAME && name.split('.').all(label) && !number;
        let own = ["localhost", "local", "internal", "home", "lan", "arpa", "onion"];
        match known && name.contains('.') && !own.contains(&last) {
            true => Ok(()),
            false => Err(refused),
        }
    }

    /// Whether a connection to this machine may be made.
    pub fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || (self.loopback && is_loopback_address(address))
    }

    /// Of the machines that a name stands for those that may be connected to.
    pub fn allowed(&self, resolved: impl IntoIterator<Item = IpAddr>) -> Vec<SocketAddr> {
        let allowed = resolved.into_iter().filter(|address| self.allows(*address));
        allowed.map(|address| SocketAddr::new(address, self.port)).collect()
    }

    /// `host:port`, as a request names it; without the port where it goes without saying.
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.is_secure, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(is_loopback_address)
}

fn is_loopback_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address == Ipv6Addr::LOCALHOST,
    }
}

/// Ranges of IPv4 that are no public addresses: IANA's registry of special-purpose addresses, and what is
/// above unicast.
const RESERVED_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // shared by a carrier's customers
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, and every cloud's metadata
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // relays of 6to4
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// Ranges within 2000::/3 that are no public addresses. All else of IPv6 is refused: what is mapped
/// (::ffff:0:0/96), translated (64:ff9b::/96, 64:ff9b:1::/48), local (fc00::/7, fe80::/10, ::1).
const RESERVED_V6: [([u16; 8], u32); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, Teredo
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4, which holds an IPv4 address
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let within = |(start, length): &([u8; 4], u32)| {
                let start = Ipv4Addr::from(*start).to_bits();
                (bits ^ start).checked_shr(32 - length) == Some(0)
            };
            !RESERVED_V4.iter().any(within)
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let within = |(start, length): &([u16; 8], u32)| {
                let start = Ipv6Addr::from(*start).to_bits();
                (bits ^ start).checked_shr(128 - length) == Some(0)
            };
            bits >> 125 == 1 && !RESERVED_V6.iter().any(within)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> &'static str {
        Target::parse(text, false).err().map_or("accepted", |(code, _)| code)
    }

    #[test]
    fn an_address_is_public_and_encrypted() {
        let target = Target::parse("https://Hooks.Example.com/in?x=1", false).unwrap();
        assert_eq!((target.host.as_str(), target.port), ("hooks.example.com", 443));
        assert_eq!(
            (target.path.as_str(), target.authority().as_str()),
            ("/in?x=1", "hooks.example.com")
        );
        assert_eq!(Target::parse("https://example.com:8443", false).unwrap().path, "/");
        assert!(Target::parse("https://[2606:4700::1111]/", false).is_ok());
        for (text, code) in [
            ("http://example.com/", "not_https"),
            ("ftp://example.com/", "not_https"),
            ("https://user:secret@example.com/", "user_info"),
            ("https://example.com:80/", "invalid_port"),
            ("https://example.com:22/", "invalid_port"),
            ("https://example.com:/", "invalid_url"),
            ("https://example.com/#x", "invalid_url"),
            ("https://example.com/a b", "invalid_url"),
            ("https:///x", "invalid_url"),
            ("example.com", "not_https"),
            ("https://127.0.0.1/", "not_public"),
            ("https://127.1/", "not_public"),
            ("https://2130706433/", "not_public"),
            ("https://0x7f000001/", "not_public"),
            ("https://localhost/", "not_public"),
            ("https://billing.internal/", "not_public"),
            ("https://intranet/", "not_public"),
            ("https://169.254.169.254/latest/meta-data", "not_public"),
            ("https://[::1]/", "not_public"),
            ("https://[::ffff:10.0.0.1]/", "not_public"),
            ("https://[64:ff9b::a00:1]/", "not_public"),
            ("https://[fd00:ec2::254]/", "not_public"),
            ("https://[2001:db8::1]/", "not_public"),
        ] {
            assert_eq!(refusal(text), code, "{text}");
        }
    }

    #[test]
    fn only_a_deployment_that_says_so_sends_to_its_own_machine() {
        for text in ["http://127.0.0.1:8080/", "http://localhost:8080/", "https://[::1]:8443/"] {
            assert!(Target::parse(text, true).is_ok(), "{text}");
            assert!(Target::parse(text, false).is_err(), "{text}");
        }
        let here = Target::parse("http://127.0.0.1:8080/", true).unwrap();
        assert!(!here.allows("10.0.0.1".parse().unwrap()));
        assert!(Target::parse("http://example.com:8080/", true).is_err());
        assert!(Target::parse("https://10.0.0.1/", true).is_err());
    }

    #[test]
    fn a_name_is_connected_to_at_the_addresses_that_were_checked() {
        let target = Target::parse("https://example.com/", false).unwrap();
        let resolved = ["10.0.0.1", "93.184.216.34", "::1"].map(|text| text.parse().unwrap());
        assert_eq!(target.allowed(resolved), ["93.184.216.34:443".parse().unwrap()]);
    }

    proptest! {
        /// An IPv4 address that is refused is refused in each form in which IPv6 can hold it.
        #[test]
        fn no_form_of_an_address_is_less_refused(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = address.octets();
            let own = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!(own && is_public(IpAddr::V4(address))));
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for held in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, high, low),
            ] {
                prop_assert!(!is_public(IpAddr::V6(held)), "{held}");
            }
        }

        #[test]
        fn no_local_address_of_ipv6_is_public(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            let public = is_public(IpAddr::V6(address));
            prop_assert!(!public || (0x2000..0x4000).contains(&address.segments()[0]));
            prop_assert!(!is_public(IpAddr::V6(Ipv6Addr::from_bits((bits >> 7) | (0xfc_u128 << 120)))));
            prop_assert!(!is_public(IpAddr::V6(Ipv6Addr::from_bits((bits >> 10) | (0xfe80_u128 << 112)))));
        }

        /// Whatever is accepted is encrypted, and what it is connected to is public.
        #[test]
        fn whatever_is_written_nothing_local_is_reached(text in "[a-z0-9.:/@#\\[\\]-]{0,40}", bits: u32) {
            if let Ok(target) = Target::parse(&format!("https://{text}"), false) {
                prop_assert!(target.is_secure && (target.port == 443 || target.port >= 1024));
                let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
                prop_assert_eq!(target.allowed([address]).is_empty(), !is_public(address));
                if let Ok(literal) = target.host.parse::<IpAddr>() {
                    prop_assert!(is_public(literal));
                }
            }
        }
    }
}
