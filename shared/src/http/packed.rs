//! Files as they go over the wire: packed, where whoever asks can unpack them. The gateway packs nothing.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::request::Request;

/// The text, packed; none, where it is not asked for so.
pub(super) fn packed(request: &Request, text: &str) -> Option<Vec<u8>> {
    let sent = request.header("accept-encoding")?;
    let named = |one: &str| one.split(';').next().map(str::trim) == Some("gzip");
    if text.is_empty() || !sent.split(',').any(named) {
        return None;
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes()).ok()?;
    packed.finish().ok()
}
