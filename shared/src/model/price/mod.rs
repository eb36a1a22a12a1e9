//! Prices: what a product costs, in one currency, once or per interval.
//!
//! An amount never changes: whoever subscribed to a price goes on paying it. A new amount is a new
//! price, and the old one is archived. So what a client may change is what it is called and whether it
//! is for sale. Which amounts go together is in `terms`; what a quantity costs is in `billing/price`.

pub mod terms;

#[cfg(test)]
mod tests;

use crate::model::entity::Place;
use serde_json::{Value, json};

pub use self::terms::{
    Divisor, IntervalCount, NewTier, PriceTier, TiersMode, UnitAmount, UsageType,
};
use crate::{
    base::{
        error::Error,
        id::{MeterId, PriceId, ProductId, kind},
        input::{Faults, Text, rule},
        metadata::Metadata,
        money::{Atoms, Currency, Decimal, Overflow},
    },
    model::{
        billing::{
            bounds::{Bound, Bounds, Part},
            cycle::{Interval, IntervalUnit},
            price::Pricing,
            proration::Fraction,
            tax::TaxBehavior,
        },
        custom_field::{FieldChanges, FieldValues, ResolvedChanges, lists_of_values},
        entity::{Companion, Entity, Item, Representation, entity, recorded},
        entity_type::EntityType,
        event_type::{PriceEvent, created_or_updated},
        expansion::{Expansion, Reference},
        external_id::{ExternalId, claim},
        filter::{Filter, filter},
        list::List,
        record::Record,
    },
};

pub(crate) const NOUN: &str = "price";

entity! {
    /// What a product costs.
    pub struct Price of kind::Price;

    /// What a client sends to create a price. Its amount is one of `unit_amount_atom`,
    /// `unit_amount_decimal`, or `tiers_mode` with `tiers`.
    new NewPrice
    rules [
        rule::one_of([
            rule::all_of([
                rule::given(&["unit_amount_atom"]),
                rule::absent(&["unit_amount_decimal", "tiers_mode", "tiers"]),
            ]),
            rule::all_of([
                rule::given(&["unit_amount_decimal"]),
                rule::absent(&["unit_amount_atom", "tiers_mode", "tiers"]),
            ]),
            rule::all_of([
                rule::given(&["tiers_mode", "tiers"]),
                rule::absent(&["unit_amount_atom", "unit_amount_decimal", "quantity_divisor"]),
            ]),
        ]),
        rule::requires("billing_interval_count", &["billing_interval"]),
        rule::one_of([
            rule::all_of([
                rule::says("usage_type", &["metered"]),
                rule::given(&["meter_id", "billing_interval"]),
            ]),
            rule::all_of([
                rule::says_not("usage_type", &["metered"]),
                rule::absent(&["meter_id", "minimum_amount_atom", "maximum_amount_atom"]),
            ]),
        ]),
    ]
    example {
        "product_id": "prod_prod_0mkz6k3cu5v6w7x8",
        "currency": "usd",
        "unit_amount_atom": 1200,
        "billing_interval": "month",
        "nickname": "Team plan, monthly",
    }

    /// What a client sends to change a price. An amount never changes: make a new price.
    patch PricePatch
    example {"active": false}

    fields {
        /// What is sold at this price.
        product_id: pub(crate) required ProductId { new },
        /// Whether it is for sale. What was sold at an archived price goes on at it.
        active: default(true) bool {
            /// Whether it is for sale; true, when left out.
            new,
            /// Whether it is for sale: false archives it.
            patch,
        },
        /// What it is called on invoices; where null, they show the product's name.
        nickname: optional Text<0, 200> {
            /// What it is called on invoices; where left out, they show the product's name.
            new,
            patch,
        },
        /// The currency of its amounts.
        currency: required Currency { new },
        /// Whether a quantity is agreed beforehand or measured.
        usage_type: default(UsageType::Licensed) UsageType {
            /// Whether a quantity is agreed beforehand or measured; licensed, when left out. What is measured
            /// is billed when the period is over, and needs a `meter_id` and a `billing_interval`.
            new,
        },
        /// What a unit, or each begun package of units, costs in the currency's smallest unit; null where
        /// that has a fraction, or is said by tiers.
        unit_amount_atom: kept(None) Option<Atoms> as Option<UnitAmount> {
            /// What a unit costs, in the currency's smallest unit.
            new,
        },
        /// The same as decimal text; null where tiers say it.
        unit_amount_decimal: optional Decimal {
            /// The same with up to 12 decimals: `0.015` is a hundredth and a half of the smallest unit.
            new,
        },
        /// How tiers are applied.
        tiers_mode: optional TiersMode {
            /// How tiers are applied: each unit at the price of its own tier (graduated), or all at the
            /// price of the tier that the whole quantity is in (volume).
            new,
        },
        /// What the units of each range cost.
        tiers: kept(None) Option<Vec<PriceTier>> as Option<Vec<NewTier>> {
            /// What the units of each range cost. Ascending; the last has no end.
            new,
        },
        /// How many units a package has. A begun package is charged whole.
        quantity_divisor: default(Divisor::clamped(1)) Divisor {
            /// How many units cost `unit_amount_…` together; 1, when left out. A begun package is
            /// charged whole.
            new,
        },
        /// What the time between two bills is counted in; null for a price that is paid once.
        billing_interval: optional IntervalUnit {
            /// What the time between two bills is counted in; null, or left out, for a price that is
            /// paid once.
            new,
        },
        /// How many of these are between two bills.
        billing_interval_count: optional IntervalCount {
            /// How many of these are between two bills, at most three years; 1, when left out.
            new,
        },
        /// What measures the quantity of metered usage.
        meter_id: pub(crate) optional MeterId { new },
        /// The least that the usage of a whole period costs, before discount and tax.
        minimum_amount_atom: kept(None) Option<Atoms> as Option<UnitAmount> {
            /// The least that the usage of a whole period costs, in the currency's smallest unit; of metered
            /// prices alone.
            new,
        },
        /// The most that the usage of a whole period costs, before discount and tax.
        maximum_amount_atom: kept(None) Option<Atoms> as Option<UnitAmount> {
            /// The most that the usage of a whole period costs; of metered prices alone. What is included is
            /// a first tier that costs nothing.
            new,
        },
        /// Whether the price has the tax in it.
        tax_behavior: default(TaxBehavior::Exclusive) TaxBehavior {
            /// Whether the price has the tax in it; exclusive, when left out.
            new,
        },
        /// A name of its own for the price, unique within the account.
        lookup_key: optional Text<1, 200> { new },
        /// What the caller's own books call it: unique among the account's prices.
        external_id: optional ExternalId,
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
        #[serde(default)]
        #[schemars(skip)]
        custom_fields: pub kept(FieldValues::new()) FieldValues as FieldChanges {
            /// Values of the custom fields that are defined for prices.
            new,
            /// Values of custom fields; those left out stay, null deletes one.
            patch,
        },
    }
}

impl Price {
    /// A new price; what is wrong with its terms is reported together with `faults`.
    pub fn new(
        record: Record<kind::Price>,
        new: NewPrice,
        fields: ResolvedChanges,
        mut faults: Faults,
    ) -> Result<Self, Error> {
        let terms = new.terms(&mut faults);
        faults.settled().map(|()| Self {
            unit_amount_atom: terms.unit_amount.and_then(Decimal::atoms),
            unit_amount_decimal: terms.unit_amount,
            tiers: terms.tiers,
            billing_interval_count: terms.interval_count,
            minimum_amount_atom: new.minimum_amount_atom.map(terms::atoms),
            maximum_amount_atom: new.maximum_amount_atom.map(terms::atoms),
            custom_fields: fields.apply(FieldValues::new()),
            ..Self::from_new(record, new)
        })
    }

    /// The price with the changes a client asks for.
    pub fn patched(&self, patch: PricePatch, fields: ResolvedChanges) -> Self {
        let custom_fields = fields.apply(self.custom_fields.clone());
        Self { custom_fields, ..self.with_patch(patch) }
    }

    /// What a unit costs, where that is one amount.
    pub fn unit_amount_decimal(&self) -> Option<Decimal> {
        self.unit_amount_decimal
    }

    /// The price's id.
    pub fn id(&self) -> &PriceId {
        &self.record.id
    }

    /// What is sold at this price.
    pub fn product_id(&self) -> &ProductId {
        &self.product_id
    }

    /// Whether it is for sale.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// The currency of its amounts.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether it has the tax in it.
    pub fn tax_behavior(&self) -> TaxBehavior {
        self.tax_behavior
    }

    /// From one bill to the next; none for a price that is paid once.
    pub fn interval(&self) -> Option<Interval> {
        let count = self.billing_interval_count.unwrap_or(IntervalCount::clamped(1));
        self.billing_interval.map(|unit| Interval { unit, count })
    }

    /// How the price of a quantity is found.
    pub fn pricing(&self) -> Pricing {
        let tiers = || self.tiers.iter().flatten().map(PriceTier::priced).collect();
        match self.tiers_mode {
            Some(TiersMode::Graduated) => Pricing::Graduated(tiers()),
            Some(TiersMode::Volume) => Pricing::Volume(tiers()),
            None => Pricing::PerUnit {
                unit_amount: self.unit_amount_decimal.unwrap_or_default(),
                quantity_divisor: self.quantity_divisor.get(),
            },
        }
    }

    /// What one costs, where that is a whole number of the smallest unit.
    pub fn unit_amount_atom(&self) -> Option<Atoms> {
        self.unit_amount_decimal.and_then(Decimal::atoms)
    }

    /// What measures the quantity of what is sold at it; none, where that is agreed beforehand.
    pub fn meter_id(&self) -> Option<&MeterId> {
        self.meter_id.as_ref().filter(|_| self.usage_type == UsageType::Metered)
    }

    /// What was used in these parts of a period costs, rounded once, and held between the least and the
    /// most that it may; and which of these decides. Without parts it is a whole period.
    pub fn amount_used(
        &self,
        used: Decimal,
        parts: &[Part],
    ) -> Result<(Atoms, Option<Bound>), Overflow> {
        let bounds = Bounds { least: self.minimum_amount_atom, most: self.maximum_amount_atom };
        bounds.hold(self.pricing().amount_used(used)?, parts)
    }

    /// What a part of a period costs in which a whole one costs `quantity` less `off`, rounded once.
    pub fn amount_for(&self, quantity: i64, part: Fraction, off: Atoms) -> Result<Atoms, Overflow> {
        self.pricing().amount_for(quantity, part, off)
    }

    /// What `quantity` costs, rounded once.
    pub fn amount(&self, quantity: i64) -> Result<Atoms, Overflow> {
        self.pricing().amount(quantity)
    }

    /// What an invoice calls it: the nickname, else the name of its product.
    pub fn describe<'a>(&'a self, product_name: &'a str) -> &'a str {
        let nickname = self.nickname.as_ref().map(Text::as_str);
        nickname.filter(|nickname| !nickname.trim().is_empty()).unwrap_or(product_name)
    }
}

impl Representation for Price {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("product", "product_id", Reference::Product),
        Expansion::custom_fields(EntityType::Price),
    ];

    fn example() -> Value {
        json!({
            "id": "price_prod_0mkz6k3ca9b8c7d6",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "product_id": "prod_prod_0mkz6k3cu5v6w7x8",
            "active": true,
            "nickname": "Team plan, monthly",
            "currency": "usd",
            "usage_type": "licensed",
            "unit_amount_atom": 1200,
            "unit_amount_decimal": "1200",
            "tiers_mode": null,
            "tiers": null,
            "quantity_divisor": 1,
            "billing_interval": "month",
            "billing_interval_count": 1,
            "meter_id": null,
            "minimum_amount_atom": null,
            "maximum_amount_atom": null,
            "tax_behavior": "exclusive",
            "lookup_key": null,
            "external_id": null,
            "metadata": {},
        })
    }
}

impl Entity for Price {
    recorded!(kind::Price);
    type Event = PriceEvent;
    const RESOURCE: &'static str = "prices";
    const HIDDEN: &'static [&'static str] = &["custom_fields"];

    fn lists(&self) -> Vec<List> {
        let mut lists = PriceFilter::lists(self);
        lists.extend(lists_of_values(&self.custom_fields));
        lists
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let named = |key: &Text<1, 200>| Companion {
            place: Place::Unique {
                what: "prices?lookup_key".to_owned(),
                value: key.as_str().to_owned(),
            },
            item: Item::new(),
            claims: Some((NOUN, "lookup_key")),
        };
        let own = claim(NOUN, Self::RESOURCE, self.external_id.as_ref());
        Ok(self.lookup_key.iter().map(named).chain(own).collect())
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<PriceEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which prices to list.
    pub struct PriceFilter of Price {
        /// Only those of this product.
        product_id: ProductId,
        /// Only those that are for sale, or only those that are archived.
        active: bool,
        /// Only the one with this id of the caller's own.
        external_id: ExternalId,
    }
    together [product_id, active]
    together [external_id]
}
