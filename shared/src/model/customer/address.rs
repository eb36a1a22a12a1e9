//! Where a customer is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    input::{Country, StoredCountry, Text, input},
    patch::Patch,
};

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Street and number.
    line1: Option<Text<0, 200>>,
    /// What else is needed to find the door.
    line2: Option<Text<0, 200>>,
    /// The city.
    city: Option<Text<0, 100>>,
    /// The state or province.
    state: Option<Text<0, 100>>,
    /// The postal code.
    postal_code: Option<Text<0, 20>>,
    /// The country by its two letters of ISO 3166-1; what was written there before that was asked for, if
    /// it is not known by them.
    country: Option<StoredCountry>,
}

input! {
    /// An address as a client sends it. In a PATCH, parts left out stay as they are.
    pub struct AddressPatch {
        /// Street and number.
        line1: Patch<Text<0, 200>>,
        /// What else is needed to find the door.
        line2: Patch<Text<0, 200>>,
        /// The city.
        city: Patch<Text<0, 100>>,
        /// The state or province.
        state: Patch<Text<0, 100>>,
        /// The postal code.
        postal_code: Patch<Text<0, 20>>,
        /// The country, by its two letters of ISO 3166-1; `EL` is taken as GR, and `UK` as GB.
        country: Patch<Country>,
    }
}

impl Address {
    /// What stands in one part, by its name.
    pub(crate) fn part(&self, name: &str) -> &str {
        fn text<const MAX: usize>(part: Option<&Text<0, MAX>>) -> Option<&str> {
            part.map(Text::as_str)
        }
        let part = match name {
            "line1" => text(self.line1.as_ref()),
            "line2" => text(self.line2.as_ref()),
            "city" => text(self.city.as_ref()),
            "state" => text(self.state.as_ref()),
            "postal_code" => text(self.postal_code.as_ref()),
            "country" => self.country.as_ref().map(StoredCountry::as_str),
            _ => None,
        };
        part.unwrap_or_default()
    }

    /// The country, where its code is known.
    pub(crate) fn country(&self) -> Option<Country> {
        self.country.as_ref().and_then(StoredCountry::code)
    }

    /// Whether the other one says all that this one says, and perhaps more. Text that names no country by
    /// its code says nothing.
    pub(crate) fn is_part_of(&self, other: &Self) -> bool {
        let same = |name: &str| self.part(name).is_empty() || self.part(name) == other.part(name);
        let parts = ["line1", "line2", "city", "state", "postal_code"];
        let country =
            self.country().is_none_or(|own| other.country().is_some_and(|one| one == own));
        parts.into_iter().all(same) && country
    }

    /// The address with the changes a client asks for.
    pub(crate) fn patched(self, patch: AddressPatch) -> Self {
        Self {
            line1: patch.line1.apply(self.line1),
            line2: patch.line2.apply(self.line2),
            city: patch.city.apply(self.city),
            state: patch.state.apply(self.state),
            postal_code: patch.postal_code.apply(self.postal_code),
            country: patch.country.map(StoredCountry::from).apply(self.country),
        }
    }
}
