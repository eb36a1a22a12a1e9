//! Countries, by ISO 3166-1.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    fault::{Faults, Location},
    json::Json,
    reader::Input,
};

/// A country by its two letters of ISO 3166-1, such as `DE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Country(String);

/// Every officially assigned code, in the order of the alphabet.
const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE \
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM \
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC \
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// What tax offices write, and the code that it stands for.
const ALSO: [(&str, &str); 2] = [("EL", "GR"), ("UK", "GB")];

impl Country {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(text: &str) -> Option<Self> {
        let code = ALSO.iter().find(|(also, _)| *also == text).map_or(text, |(_, code)| code);
        CODES.split(' ').any(|known| known == code).then(|| Self(code.to_owned()))
    }
}

impl Input for Country {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let country = Self::of(value.text(at, faults)?);
        if country.is_none() {
            let hint = "must be two letters of ISO 3166-1, such as DE, GR or GB";
            faults.not_valid(at, "unknown_country", hint);
        }
        country
    }
}

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let also = ALSO.iter().map(|(also, _)| *also);
        let known: Vec<&str> = CODES.split(' ').chain(also).collect();
        json_schema!({"type": "string", "enum": known})
    }
}

/// The country of an address as it is kept: a code, or what was written there when any text was taken.
///
/// What is stored is read as the code that it stands for: `EL` as GR, `uk` as GB. Other text stays as
/// it was written, and is no code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct StoredCountry(String);

impl StoredCountry {
    /// The two letters, or what was written in their place.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country, where its code is known.
    pub fn code(&self) -> Option<Country> {
        Country::of(&self.0)
    }
}

impl From<Country> for StoredCountry {
    fn from(country: Country) -> Self {
        Self(country.0)
    }
}

impl<'de> Deserialize<'de> for StoredCountry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let country = Country::of(&text.trim().to_ascii_uppercase());
        Ok(country.map_or(Self(text), Self::from))
    }
}

impl JsonSchema for StoredCountry {
    fn schema_name() -> Cow<'static, str> {
        "StoredCountry".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 100, "examples": ["DE"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_letters_of_iso_3166() {
        let of = |text| Country::of(text).map(|country| country.as_str().to_owned());
        assert_eq!(of("DE").as_deref(), Some("DE"));
        assert_eq!(of("EL").as_deref(), Some("GR"));
        assert_eq!(of("UK").as_deref(), Some("GB"));
        for text in ["", "de", "DEU", "XK", "Germany", "A", "AD AE"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(CODES.split(' ').count(), 249);
        assert!(CODES.split(' ').is_sorted());
    }

    #[test]
    fn what_was_stored_is_read_as_the_code_it_stands_for_or_stays() {
        let read = |text: &str| serde_json::from_value::<StoredCountry>(text.into()).unwrap();
        let table = [
            ("EL", "GR", true),
            ("uk", "GB", true),
            (" de ", "DE", true),
            ("FR", "FR", true),
            ("Germany", "Germany", false),
            ("XK", "XK", false),
            ("", "", false),
        ];
        for (stored, shown, known) in table {
            let country = read(stored);
            assert_eq!((country.as_str(), country.code().is_some()), (shown, known), "{stored}");
            assert_eq!(serde_json::to_value(&country).unwrap(), shown);
        }
    }
}
