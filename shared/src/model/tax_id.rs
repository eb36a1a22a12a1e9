//! Tax ids: what tax offices call an account and its customers.
//!
//! A value is checked by its form alone, not by its check digits: offices give out new ranges before
//! libraries know them. Whether the office knows it is said by hand, in `status`.
//!
//! The words for types are Stripe's. The forms of `eu_vat` are those of the European Commission ("VAT
//! identification numbers", VIES); the others are those of the examples in Stripe's list of types, and
//! of the office that gives them out.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use self::forms::{Form, TYPES};
use crate::base::input::{Faults, Input, Json, Location, Text, choice, input};

mod forms;

/// How many tax ids somebody has at most.
const MOST: usize = 10;

choice! {
    /// What is known of a tax id. Whoever writes it says so: nothing here asks an office.
    #[derive(Default)]
    pub enum TaxIdStatus {
        /// Nobody has asked.
        #[default]
        Unverified = "unverified",
        /// The office knows it.
        Verified = "verified",
        /// The office does not know it: it is on no document.
        Invalid = "invalid",
    }
}

/// What kind of tax id: a word such as `eu_vat`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxIdType(String);

impl TaxIdType {
    fn forms(&self) -> &'static [Form] {
        TYPES.iter().find(|known| known.word == self.0).map_or(&[], |known| known.forms)
    }
}

impl Input for TaxIdType {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let word = value.text(at, faults)?;
        if TYPES.iter().any(|known| known.word == word) {
            return Some(Self(word.to_owned()));
        }
        let hint = "is no type of tax id that is known here, such as eu_vat, gb_vat or us_ein";
        faults.not_valid(at, "unknown_value", hint);
        None
    }
}

impl JsonSchema for TaxIdType {
    fn schema_name() -> Cow<'static, str> {
        "TaxIdType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = TYPES.iter().map(|known| known.word).collect();
        json_schema!({"type": "string", "enum": words})
    }
}

/// What a tax office calls somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaxId {
    /// What kind it is.
    r#type: TaxIdType,
    /// The id, as it was written.
    value: String,
    /// What is known of it.
    #[serde(default)]
    status: TaxIdStatus,
}

input! {
    /// A tax id as a client writes it.
    pub struct NewTaxId {
        /// What kind it is.
        r#type: TaxIdType,
        /// The id, in the form of its type; spaces, dots, dashes and slashes in it do not matter.
        value: Text<1, 40>,
        /// What is known of it; unverified, when left out.
        status: Option<TaxIdStatus>,
    }
    example {"type": "eu_vat", "value": "DE136695976"}
}

impl TaxId {
    /// The id without what is written between its letters and digits.
    pub(crate) fn compact(&self) -> String {
        compact(&self.value)
    }

    /// The id, as it was written.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// What is known of it.
    pub fn status(&self) -> TaxIdStatus {
        self.status
    }

    /// Whether it may stand on a document.
    pub(crate) fn is_usable(&self) -> bool {
        self.status != TaxIdStatus::Invalid
    }

    /// The word for its kind.
    pub(crate) fn kind(&self) -> &str {
        &self.r#type.0
    }

    /// The id as European documents write it, if it is one of value-added or sales tax: after the two
    /// letters of its country, which are `EL` in Greece.
    pub(crate) fn vat(&self) -> Option<String> {
        let known = TYPES.iter().find(|known| known.word == self.r#type.0)?;
        let (compact, country) = (self.compact(), known.vat?);
        Some(match compact.strip_prefix("GR") {
            Some(rest) if country == "EU" => format!("EL{rest}"),
            _ if country == "EU" || compact.starts_with(country) => compact,
            _ => format!("{country}{compact}"),
        })
    }

    /// The id as a person reads it on a document.
    pub(crate) fn line(&self) -> String {
        let kind = match self.vat() {
            Some(_) => "VAT",
            None => "Tax ID",
        };
        format!("{kind} {}", self.value.trim())
    }
}

/// Upper case, without what is written between letters and digits.
fn compact(value: &str) -> String {
    let between = |c: &char| !matches!(c, ' ' | '.' | '-' | '/');
    value.trim().chars().filter(between).flat_map(char::to_uppercase).collect()
}

/// Tax ids: at most ten, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxIds(Vec<TaxId>);

/// The kind of tax id that stands there for whoever has none.
const USUAL: &str = "eu_vat";

/// All types there are, as somebody chooses from them: each with how it is written, and whether it is chosen.
pub(crate) fn choices(chosen: &str) -> Vec<(&'static str, String, bool)> {
    let chosen = if chosen.is_empty() { USUAL } else { chosen };
    let choice = |word: &'static str| (word, word.replace('_', " ").to_uppercase(), word == chosen);
    TYPES.iter().map(|known| choice(known.word)).collect()
}

impl TaxIds {
    /// All of them, in the order in which they were written.
    pub(crate) fn all(&self) -> &[TaxId] {
        &self.0
    }

    /// Those that may stand on a document, in the order in which they were written.
    pub(crate) fn usable(&self) -> impl Iterator<Item = &TaxId> {
        self.0.iter().filter(|id| id.is_usable())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Input for TaxIds {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let new: Vec<NewTaxId> = Vec::read(value, at, faults)?;
        if new.len() > MOST {
            faults.not_valid(at, "too_many", &format!("has more than {MOST} tax ids"));
            return None;
        }
        let mut ids: Vec<TaxId> = Vec::new();
        let before = faults.count();
        for (index, new) in new.into_iter().enumerate() {
            let (place, status) = (at.index(index), new.status.unwrap_or_default());
            let id = TaxId { r#type: new.r#type, value: new.value.as_str().to_owned(), status };
            let (written, forms) = (id.compact(), id.r#type.forms());
            if !forms.iter().any(|form| form.fits(&written)) {
                let example = forms.first().map(Form::example).unwrap_or_default();
                let hint = format!("has not the form of {}, such as {example}", id.kind());
                faults.not_valid(&place.field("value"), "invalid_tax_id", &hint);
            }
            if ids.iter().any(|one| one.r#type == id.r#type && one.compact() == written) {
                faults.not_valid(&place, "duplicate", "is there twice");
            }
            ids.push(id);
        }
        (faults.count() == before).then_some(Self(ids))
    }
}

impl JsonSchema for TaxIds {
    fn schema_name() -> Cow<'static, str> {
        "NewTaxIds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<NewTaxId>();
        json_schema!({"type": "array", "items": id, "maxItems": MOST})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TaxIds, String> {
        let mut faults = Faults::default();
        let json = Json::parse(text).unwrap();
        let body = Location::body("customer");
        let read = TaxIds::read(&json, &body.field("tax_ids"), &mut faults);
        read.ok_or_else(|| {
            let said = faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code));
            said.collect::<Vec<_>>().join(", ")
        })
    }

    fn vat(kind: &str, value: &str) -> Option<String> {
        let ids = read(&format!(r#"[{{"type": "{kind}", "value": "{value}"}}]"#)).ok()?;
        ids.0.first().and_then(TaxId::vat)
    }

    #[test]
    fn a_value_has_the_form_of_its_type() {
        let table = [
            ("eu_vat", "DE 136 695 976", "DE136695976"),
            ("eu_vat", "atu13585627", "ATU13585627"),
            ("eu_vat", "DK 13585628", "DK13585628"),
            ("eu_vat", "BE1000000001", "BE1000000001"),
            ("eu_vat", "FR83404833048", "FR83404833048"),
            ("eu_vat", "IE6433435OA", "IE6433435OA"),
            ("eu_vat", "ES B58378431", "ESB58378431"),
            ("eu_vat", "NL004495445B01", "NL004495445B01"),
            ("eu_vat", "RO18547290", "RO18547290"),
            ("eu_vat", "EL094259216", "EL094259216"),
            ("eu_vat", "GR094259216", "EL094259216"),
            ("eu_vat", "XI980780684", "XI980780684"),
            ("gb_vat", "GB 980 7806 84", "GB980780684"),
            ("ch_vat", "CHE-107.787.577 IVA", "CHE107787577IVA"),
            ("no_vat", "995 525 828 MVA", "NO995525828MVA"),
            ("jp_trn", "T1234567891234", "JPT1234567891234"),
            ("au_abn", "83 914 571 673", "AU83914571673"),
        ];
        for (kind, value, written) in table {
            assert_eq!(vat(kind, value).as_deref(), Some(written), "{kind} {value}");
        }
        assert!(read(r#"[{"type": "us_ein", "value": "12-3456789"}]"#).is_ok());
        assert_eq!(vat("us_ein", "12-3456789"), None);
        let refused = [
            ("eu_vat", "136695976"),
            ("eu_vat", "DE13669597"),
            ("eu_vat", "GB980780684"),
            ("eu_vat", "DE13669597X"),
            ("gb_vat", "GB98078068"),
            ("us_ein", "12-345678"),
            ("us_ein", "١٢٣٤٥٦٧٨٩"),
        ];
        for (kind, value) in refused {
            let body = format!(r#"[{{"type": "{kind}", "value": "{value}"}}]"#);
            assert_eq!(read(&body), Err("/tax_ids/0/value invalid_tax_id".to_owned()), "{value}");
        }
    }

    #[test]
    fn a_tax_id_is_there_once_and_of_a_known_type() {
        let twice = r#"[{"type": "eu_vat", "value": "DE136695976"},
            {"type": "eu_vat", "value": "DE 136695976", "status": "verified"}]"#;
        assert_eq!(read(twice), Err("/tax_ids/1 duplicate".to_owned()));
        let unknown = r#"[{"type": "vat", "value": "DE136695976"}]"#;
        assert_eq!(read(unknown), Err("/tax_ids/0/type unknown_value".to_owned()));
    }

    #[test]
    fn every_type_has_forms_and_an_example_that_fits_the_first() {
        let words: Vec<&str> = TYPES.iter().map(|known| known.word).collect();
        assert!(words.is_sorted_by(|a, b| a < b), "in the order of the alphabet, each once");
        for known in TYPES {
            let form = known.forms.first().unwrap();
            assert!(form.fits(&compact(&form.example())), "{}", known.word);
        }
    }
}
