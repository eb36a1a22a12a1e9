//! Attributes that are kept packed: JSON, deflated with a dictionary of what is typical for it, as text.
//!
//! DynamoDB charges a write by the KB, and most of an event is what every event of its kind says. The
//! table has `1:` and the base64 of raw deflate (RFC 1951) with the dictionary of that number, in place
//! of the value. What would be no shorter, or too long to be read again, is kept as it is: a map. Both
//! are read, the maps of before there was this too.
//!
//! A dictionary is never changed, because whatever was kept needs it: a better one is number 2, and what
//! is written from then on begins with `2:`.

use std::{fmt, io, marker::PhantomData};

use data_encoding::BASE64;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use serde::{
    Deserializer, Serialize,
    de::{self, DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Value, ser::Formatter};

use crate::model::entity::size;

#[cfg(test)]
mod tests;

/// The number of the dictionary that is written with.
const NEWEST: &str = "1";

/// The first dictionary: objects as events show them, without what differs, the most frequent last.
const FIRST: &[u8] = include_bytes!("packed/1.txt");

/// How long the JSON of a value may be, in bytes. It is six times as large as its value at most, where all
/// of its text is escaped.
const MOST_UNPACKED: usize = 8 * size::MOST_KEPT;

fn dictionary(number: &str) -> Option<&'static [u8]> {
    (number == NEWEST).then_some(FIRST)
}

/// A value as the text that is kept of it; none, where that is not shorter than the value.
pub fn pack(value: &Value) -> Option<String> {
    let mut text = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, AsTheTable)).ok()?;
    if text.len() >= MOST_UNPACKED {
        return None;
    }
    let mut packer = Compress::new(Compression::new(6), false);
    packer.set_dictionary(dictionary(NEWEST)?).ok()?;
    // More than a text that deflate cannot make shorter is written as.
    let mut packed = Vec::with_capacity(text.len() + text.len() / 1000 + 64);
    match packer.compress_vec(&text, &mut packed, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => {}
        _ => return None,
    }
    let kept = format!("{NEWEST}:{}", BASE64.encode(&packed));
    (kept.len() < size::of_value(value)).then_some(kept)
}

/// The JSON that was packed.
///
/// # Errors
///
/// It is no such text, or packed with a dictionary that is not known here: by a later program.
pub fn unpack(kept: &str) -> Result<Vec<u8>, String> {
    let (number, packed) = kept.split_once(':').ok_or("a packed text without a dictionary")?;
    let dictionary = dictionary(number).ok_or_else(|| {
        format!("a text packed with dictionary {number}, which is not known here")
    })?;
    let packed = BASE64.decode(packed.as_bytes());
    let packed = packed.map_err(|error| format!("a packed text that is no base64: {error}"))?;
    inflated(&packed, dictionary).ok_or_else(|| "a packed text that is damaged".to_owned())
}

fn inflated(packed: &[u8], dictionary: &[u8]) -> Option<Vec<u8>> {
    let mut unpacker = Decompress::new(false);
    unpacker.set_dictionary(dictionary).ok()?;
    let mut text = Vec::with_capacity(packed.len().saturating_mul(8).clamp(1024, MOST_UNPACKED));
    loop {
        let read = usize::try_from(unpacker.total_in()).ok()?;
        let (rest, before) = (packed.get(read..)?, text.len());
        let status = unpacker.decompress_vec(rest, &mut text, FlushDecompress::None).ok()?;
        if status == Status::StreamEnd {
            let all = usize::try_from(unpacker.total_in()).ok()? == packed.len();
            return all.then_some(text);
        }
        if text.len() >= MOST_UNPACKED || (text.len() == before && text.capacity() > before) {
            return None;
        }
        text.reserve(text.len().min(MOST_UNPACKED - text.len()));
    }
}

/// A value as it was before it was packed; one that is not packed as it is.
///
/// # Errors
///
/// It is a text, and none that was packed here.
pub fn plain(kept: Value) -> Result<Value, String> {
    match &kept {
        Value::String(text) => from_json(&unpack(text)?),
        _ => Ok(kept),
    }
}

/// Reads a field that is kept packed or as a map: `#[serde(deserialize_with = "packed::read")]`.
///
/// # Errors
///
/// It is neither, or holds something else.
pub fn read<'de, T: DeserializeOwned, D: Deserializer<'de>>(kept: D) -> Result<T, D::Error> {
    kept.deserialize_any(Kept(PhantomData))
}

struct Kept<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Kept<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map, or a packed text")
    }

    fn visit_str<E: de::Error>(self, kept: &str) -> Result<T, E> {
        unpack(kept).and_then(|text| from_json(&text)).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    serde_json::from_slice(text).map_err(|error| format!("what was packed: {error}"))
}

/// JSON whose numbers are those that the table would give back: it has no 5.0, which is 5 there.
struct AsTheTable;

impl Formatter for AsTheTable {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, number: f64) -> io::Result<()> {
        write!(writer, "{number}")
    }
}
