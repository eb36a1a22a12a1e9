//! All objects of the table, whoever's they are: for the backfill alone.

use serde_json::json;

use super::{Store, key::Key};
use crate::{base::error::Error, model::entity::Item};

/// Where a scan goes on: after the item under this key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanPlace(Key);

/// A part of all objects.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The objects among the items that were read. Whichever copy of each was at hand.
    pub items: Vec<Item>,
    /// How many items were read.
    pub read: usize,
    /// Where to go on.
    pub next: Option<ScanPlace>,
}

impl ScanPlace {
    /// As one word, to go on from later.
    pub fn text(&self) -> String {
        let key = json!([self.0.pk(), self.0.sk()]).to_string();
        data_encoding::BASE64URL_NOPAD.encode(key.as_bytes())
    }

    /// Reads what [`Self::text`] wrote.
    pub fn read(text: &str) -> Result<Self, Error> {
        let decoded = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let key = decoded.and_then(|key| serde_json::from_slice::<(String, String)>(&key).ok());
        let key = key.ok_or_else(|| Error::Internal("after is no answer of a backfill".into()))?;
        Ok(Self(Key::from_parts(key.0, key.1)))
    }
}

impl Store {
    /// The objects among the next `limit` items of the table after a place, events not among them:
    /// none is in a list that came later.
    pub async fn scan_objects(
        &self,
        after: Option<&ScanPlace>,
        limit: i32,
    ) -> Result<Scanned, Error> {
        let (items, read, next) = self.table.scan(after.map(|place| &place.0), limit).await?;
        Ok(Scanned { items, read, next: next.map(ScanPlace) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_text() {
        let place = ScanPlace(Key::from_parts("acc#ME#m#a/b #c".to_owned(), "é/x".to_owned()));
        assert_eq!(ScanPlace::read(&place.text()).unwrap(), place);
        assert!(ScanPlace::read("nonsense!").is_err() && ScanPlace::read("e30").is_err());
    }
}
