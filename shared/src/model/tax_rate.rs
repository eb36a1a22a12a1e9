//! Tax rates: what share of an amount is tax, where, and from when on.
//!
//! What a rate comes to never changes once it is made, because invoices were computed by it: another
//! percentage is another rate. It is never deleted; archived, or before its `effective_from`, it is not
//! put on new lines.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    base::{
        id::{TaxRateId, kind},
        input::{Country, Faults, Input, Json, Location, Text, choice},
        metadata::Metadata,
        money::Decimal,
        time::Timestamp,
    },
    model::{
        billing::levied::LineTax,
        entity::{Entity, Representation, entity, recorded},
        event_type::{TaxRateEvent, created_or_updated},
        filter::{Filter, filter},
        list::List,
        record::Record,
    },
};

/// How many rates a line has at most.
const MOST_RATES: usize = 5;
/// How many digits may follow the point of a percentage.
const DECIMALS: u32 = 4;

choice! {
    /// Whether a customer is taxed.
    #[derive(Default)]
    pub enum TaxExempt {
        /// As everybody.
        #[default]
        None = "none",
        /// Not at all.
        Exempt = "exempt",
        /// Not by the seller: the customer accounts for the tax, and the invoice says so.
        Reverse = "reverse",
    }
}

impl TaxExempt {
    /// Whether lines are made with tax.
    pub fn is_taxed(self) -> bool {
        self == Self::None
    }
}

/// A percentage from 0 to 100 with at most four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percentage(Decimal);

impl Input for Percentage {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        // As text alone: a number would have been rounded by whoever sent it.
        value.text(at, faults)?;
        let number = Decimal::read(value, at, faults)?;
        let finest = Decimal::SCALE / 10_i128.pow(DECIMALS);
        if number.scaled() % finest != 0 {
            let hint = "has more than four digits after the point";
            faults.not_valid(at, "too_many_decimals", hint);
            return None;
        }
        if number.is_negative() || number.scaled() > 100 * Decimal::SCALE {
            faults.not_valid(at, "out_of_range", "must be from 0 to 100");
            return None;
        }
        Some(Self(number))
    }
}

impl JsonSchema for Percentage {
    fn schema_name() -> Cow<'static, str> {
        "Percentage".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)$",
            "examples": ["8.1"],
        })
    }
}

/// Which rates: at most five, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxRateIds(Vec<TaxRateId>);

impl TaxRateIds {
    /// The ids.
    pub fn ids(&self) -> &[TaxRateId] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Input for TaxRateIds {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let ids: Vec<TaxRateId> = Vec::read(value, at, faults)?;
        if ids.len() > MOST_RATES {
            faults.not_valid(at, "too_many", &format!("names more than {MOST_RATES} tax rates"));
            return None;
        }
        for (index, id) in ids.iter().enumerate() {
            if ids.iter().take(index).any(|earlier| earlier == id) {
                faults.not_valid(&at.index(index), "duplicate", "names a tax rate twice");
                return None;
            }
        }
        Some(Self(ids))
    }
}

impl JsonSchema for TaxRateIds {
    fn schema_name() -> Cow<'static, str> {
        "TaxRateIds".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<TaxRateId>();
        json_schema!({"type": "array", "items": id, "maxItems": MOST_RATES, "uniqueItems": true})
    }
}

entity! {
    /// What share of an amount is tax.
    pub struct TaxRate of kind::TaxRate;

    /// What a client sends to create a tax rate.
    new NewTaxRate
    example {"display_name": "VAT", "percentage": "19", "inclusive": false, "country": "DE"}

    /// What a client sends to change a tax rate. Its percentage, `inclusive` and country never change.
    patch TaxRatePatch
    example {"active": false}

    fields {
        /// What customers read on an invoice, such as VAT.
        display_name: required Text<1, 50>,
        /// In percent, with at most four decimals.
        percentage: required Percentage {
            /// In percent, from 0 to 100, with at most four decimals: `"8.1"`.
            new,
        },
        /// Whether amounts have the tax in them; else it is added.
        inclusive: required bool { new },
        /// Where it counts, by ISO 3166-1.
        country: optional Country {
            /// Where it counts, by ISO 3166-1; `EL` is taken as GR, and `UK` as GB.
            new,
        },
        /// The state, province or other part of the country where it counts.
        region: optional Text<0, 100>,
        /// From when on it is put on new lines.
        effective_from: optional Timestamp {
            /// From when on it is put on new lines; at once, when left out.
            new,
            patch,
        },
        /// Whether it is put on new lines. What is on a line stays there.
        active: default(true) bool {
            /// Whether it is put on new lines; true, when left out.
            new,
            /// Whether it is put on new lines: false archives it.
            patch,
        },
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
    }
}

impl TaxRate {
    /// A new tax rate.
    pub fn new(record: Record<kind::TaxRate>, new: NewTaxRate) -> Self {
        Self::from_new(record, new)
    }

    /// The tax rate with the changes a client asks for.
    pub fn patched(&self, patch: TaxRatePatch) -> Self {
        self.with_patch(patch)
    }

    /// Its id.
    pub fn id(&self) -> &TaxRateId {
        &self.record.id
    }

    /// Whether it is put on lines that are made at `now`.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.active && self.effective_from.is_none_or(|from| from <= now)
    }

    /// Whether amounts have the tax in them.
    pub fn is_inclusive(&self) -> bool {
        self.inclusive
    }

    /// The tax on a line, before it is computed. `contained` says that the line's price has its taxes
    /// in it, whatever the rate says.
    pub fn on_line(&self, contained: bool) -> LineTax {
        let inclusive = self.inclusive || contained;
        let name = self.display_name.as_str().to_owned();
        LineTax::new(self.id().clone(), name, self.percentage.0, inclusive)
    }
}

impl Representation for TaxRate {
    fn example() -> Value {
        json!({
            "id": "txr_prod_0mkz6k3ct1a2x3r4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "display_name": "VAT",
            "percentage": "19",
            "inclusive": false,
            "country": "DE",
            "region": null,
            "effective_from": null,
            "active": true,
            "metadata": {},
        })
    }
}

impl Entity for TaxRate {
    recorded!(kind::TaxRate);
    type Event = TaxRateEvent;
    const RESOURCE: &'static str = "tax-rates";

    fn lists(&self) -> Vec<List> {
        TaxRateFilter::lists(self)
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<TaxRateEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which tax rates to list.
    pub struct TaxRateFilter of TaxRate {
        /// Only those that are put on new lines, or only those that are archived.
        active: bool,
    }
    together [active]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Input>(text: &str) -> Result<T, String> {
        let mut faults = Faults::default();
        let json = Json::parse(text).unwrap();
        let read = T::read(&json, &Location::body("tax rate"), &mut faults);
        read.ok_or_else(|| faults.iter().map(|fault| fault.code.as_str()).collect())
    }

    #[test]
    fn a_percentage_has_four_decimals_and_is_within_a_hundred() {
        let of = |text: &str| read::<Percentage>(text).map(|one| one.0.to_string());
        assert_eq!(of("\"8.875\""), Ok("8.875".to_owned()));
        assert_eq!(of("\"100\""), Ok("100".to_owned()));
        assert_eq!(of("\"0\""), Ok("0".to_owned()));
        assert_eq!(of("0"), Err("wrong_type".to_owned()));
        assert_eq!(of("\"8.87505\""), Err("too_many_decimals".to_owned()));
        assert_eq!(of("\"100.0001\""), Err("out_of_range".to_owned()));
        assert_eq!(of("\"-1\""), Err("out_of_range".to_owned()));
    }

    #[test]
    fn a_rate_counts_while_it_is_active_and_from_its_date_on() {
        let rate: TaxRate = serde_json::from_value(TaxRate::example()).unwrap();
        let now: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
        assert!(rate.counts(now));
        assert!(!TaxRate { active: false, ..rate.clone() }.counts(now));
        let from = |at: Timestamp| TaxRate { effective_from: Some(at), ..rate.clone() };
        assert!(from(now).counts(now) && !from(now.plus_seconds(1)).counts(now));
    }
}
