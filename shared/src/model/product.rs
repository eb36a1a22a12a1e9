//! Products: what an account sells. What it costs is the business of its prices.
//!
//! A product that has a price is never deleted, because subscriptions and invoices reach it through
//! its prices; it is archived instead. Nor can a price be made of a product that is being deleted: the
//! first price of a product leaves a mark, and whoever deletes a product counts on there being none
//! (`store/tx.rs`). Prices are never deleted, so the mark stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{ProductId, kind},
        input::{Text, input},
        metadata::Metadata,
        patch::{Change, Patch},
    },
    model::{
        custom_field::{FieldChanges, FieldValues, ResolvedChanges, held},
        entity::{Companion, Entity, Representation, recorded},
        entity_type::EntityType,
        event_type::{ProductEvent, created_or_updated},
        expansion::Expansion,
        external_id::{ExternalId, claim},
        filter::{Filter, filter},
        list::List,
        record::Record,
        tax_rate::TaxRateIds,
    },
};

/// Something an account sells.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    #[serde(flatten)]
    record: Record<kind::Product>,
    /// What customers know it by.
    name: Text<1, 200>,
    /// What it is.
    description: Option<Text<0, 1000>>,
    /// What one unit of it is called: seat, GB, hour.
    unit_label: Option<Text<0, 50>>,
    /// Whether it is for sale. An archived product is not, and its subscriptions go on.
    active: bool,
    /// The tax rates of what is billed for it, where the line names none; the customer's, else the
    /// account's, where there are none.
    #[serde(default)]
    tax_rate_ids: TaxRateIds,
    /// What the caller's own books call it: unique among the account's products.
    external_id: Option<ExternalId>,
    /// Free text by key.
    metadata: Metadata,
    #[serde(default)]
    #[schemars(skip)]
    custom_fields: FieldValues,
}

input! {
    /// What a client sends to create a product.
    pub struct NewProduct {
        /// What customers know it by.
        name: Text<1, 200>,
        /// What it is.
        description: Option<Text<0, 1000>>,
        /// What one unit of it is called: seat, GB, hour.
        unit_label: Option<Text<0, 50>>,
        /// Whether it is for sale; true, when left out.
        active: Option<bool>,
        /// The tax rates of what is billed for it, where the line names none; the customer's, else the
        /// account's, where there are none.
        pub tax_rate_ids: Option<TaxRateIds>,
        /// What the caller's own books call it: unique among the account's products.
        external_id: Option<ExternalId>,
        /// Free text by key.
        metadata: Metadata,
        /// Values of the custom fields that are defined for products.
        pub custom_fields: FieldChanges,
    }
    example {"name": "Team plan", "description": "For up to 50 people", "unit_label": "seat"}
}

input! {
    /// What a client sends to change a product.
    pub struct ProductPatch {
        /// What customers know it by.
        name: Change<Text<1, 200>>,
        /// What it is.
        description: Patch<Text<0, 1000>>,
        /// What one unit of it is called: seat, GB, hour.
        unit_label: Patch<Text<0, 50>>,
        /// Whether it is for sale: false archives it.
        active: Change<bool>,
        /// The tax rates of what is billed for it from now on: replaces all of them.
        pub tax_rate_ids: Change<TaxRateIds>,
        /// What the caller's own books call it: unique among the account's products.
        external_id: Patch<ExternalId>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
        /// Values of custom fields; those left out stay, null deletes one.
        pub custom_fields: FieldChanges,
    }
    example {"active": false}
}

impl Product {
    /// A new product.
    pub fn new(record: Record<kind::Product>, new: NewProduct, fields: ResolvedChanges) -> Self {
        Self {
            record,
            name: new.name,
            description: new.description,
            unit_label: new.unit_label,
            active: new.active.unwrap_or(true),
            tax_rate_ids: new.tax_rate_ids.unwrap_or_default(),
            external_id: new.external_id,
            metadata: new.metadata,
            custom_fields: fields.apply(FieldValues::new()),
        }
    }

    /// The product with the changes a client asks for.
    pub fn patched(&self, patch: ProductPatch, fields: ResolvedChanges) -> Self {
        let current = self.clone();
        Self {
            record: current.record,
            name: patch.name.apply(current.name),
            description: patch.description.apply(current.description),
            unit_label: patch.unit_label.apply(current.unit_label),
            active: patch.active.apply(current.active),
            tax_rate_ids: patch.tax_rate_ids.apply(current.tax_rate_ids),
            external_id: patch.external_id.apply(current.external_id),
            metadata: patch.metadata.apply(current.metadata),
            custom_fields: fields.apply(current.custom_fields),
        }
    }

    /// What it is, and what one unit of it is called.
    pub fn about(&self) -> (Option<&str>, Option<&str>) {
        let filled = |text: &&str| !text.is_empty();
        let about = self.description.as_ref().map(Text::as_str).filter(filled);
        (about, self.unit_label.as_ref().map(Text::as_str).filter(filled))
    }

    /// The product's id.
    pub fn id(&self) -> &ProductId {
        &self.record.id
    }

    /// What customers know it by.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The tax rates of what is billed for it.
    pub fn tax_rate_ids(&self) -> &TaxRateIds {
        &self.tax_rate_ids
    }

    /// Whether it is for sale.
    pub fn is_active(&self) -> bool {
        self.active
    }
}

impl Representation for Product {
    const EXPANSIONS: &'static [Expansion] = &[Expansion::custom_fields(EntityType::Product)];

    fn example() -> Value {
        serde_json::json!({
            "id": "prod_prod_0mkz6k3cu5v6w7x8",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Team plan",
            "description": "For up to 50 people",
            "unit_label": "seat",
            "active": true,
            "tax_rate_ids": [],
            "external_id": null,
            "metadata": {},
        })
    }
}

impl Entity for Product {
    recorded!(kind::Product);
    type Event = ProductEvent;
    const RESOURCE: &'static str = "products";
    const HIDDEN: &'static [&'static str] = &["custom_fields"];

    fn lists(&self) -> Vec<List> {
        let mut lists = ProductFilter::lists(self);
        lists.extend(held(&self.custom_fields));
        lists
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let claim = claim("product", Self::RESOURCE, self.external_id.as_ref());
        Ok(claim.into_iter().collect())
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<ProductEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which products to list.
    pub struct ProductFilter of Product {
        /// Only those that are for sale, or only those that are archived.
        active: bool,
        /// Only the one with this id of the caller's own.
        external_id: ExternalId,
    }
    together [active]
    together [external_id]
}
