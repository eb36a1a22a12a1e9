//! Products: what an account sells. What it costs is the business of its prices.
//!
//! A product that has a price is never deleted, because subscriptions and invoices reach it through
//! its prices; it is archived instead. Nor can a price be made of a product that is being deleted: the
//! first price of a product leaves a mark, and whoever deletes a product counts on there being none
//! (`store/tx.rs`). Prices are never deleted, so the mark stays.

use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{ProductId, kind},
        input::Text,
        metadata::Metadata,
    },
    model::{
        custom_field::{FieldChanges, FieldValues, ResolvedChanges, lists_of_values},
        entity::{Companion, Entity, Representation, entity, recorded},
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

entity! {
    /// Something an account sells.
    pub struct Product of kind::Product;

    /// What a client sends to create a product.
    new NewProduct
    example {"name": "Team plan", "description": "For up to 50 people", "unit_label": "seat"}

    /// What a client sends to change a product.
    patch ProductPatch
    example {"active": false}

    fields {
        /// What customers know it by.
        name: required Text<1, 200>,
        /// What it is.
        description: optional Text<0, 1000>,
        /// What one unit of it is called: seat, GB, hour.
        unit_label: optional Text<0, 50>,
        /// Whether it is for sale. An archived product is not, and its subscriptions go on.
        active: default(true) bool {
            /// Whether it is for sale; true, when left out.
            new,
            /// Whether it is for sale: false archives it.
            patch,
        },
        /// The tax rates of what is billed for it, where the line names none; the customer's, else the
        /// account's, where there are none.
        #[serde(default)]
        tax_rate_ids: pub default(TaxRateIds::default()) TaxRateIds {
            new,
            /// The tax rates of what is billed for it from now on: replaces all of them.
            patch,
        },
        /// What the caller's own books call it: unique among the account's products.
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
            /// Values of the custom fields that are defined for products.
            new,
            /// Values of custom fields; those left out stay, null deletes one.
            patch,
        },
    }
}

impl Product {
    /// A new product.
    pub fn new(record: Record<kind::Product>, new: NewProduct, fields: ResolvedChanges) -> Self {
        let custom_fields = fields.apply(FieldValues::new());
        Self { custom_fields, ..Self::from_new(record, new) }
    }

    /// The product with the changes a client asks for.
    pub fn patched(&self, patch: ProductPatch, fields: ResolvedChanges) -> Self {
        let custom_fields = fields.apply(self.custom_fields.clone());
        Self { custom_fields, ..self.with_patch(patch) }
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
        lists.extend(lists_of_values(&self.custom_fields));
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
