//! How a customer is shown, listed and found.

use serde_json::Value;

use super::Customer;
use crate::{
    base::{error::Error, id::kind, input::Email},
    model::{
        custom_field::lists_of_values,
        entity::{Companion, Entity, Item, Representation, recorded},
        entity_type::EntityType,
        event_type::{CustomerEvent, created_or_updated},
        expansion::Expansion,
        external_id::{ExternalId, ExternallyNamed, claim},
        filter::{Filter, filter},
        list::List,
        search::{self, Search},
    },
};

impl Representation for Customer {
    const EXPANSIONS: &'static [Expansion] =
        &[Expansion::account(), Expansion::custom_fields(EntityType::Customer)];

    fn example() -> Value {
        serde_json::json!({
            "id": "cus_prod_0mkz6k3cx9y8z7w6",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "email": "jane@example.com",
            "name": "Jane Smith",
            "first_name": null,
            "last_name": null,
            "business_name": null,
            "phone": null,
            "address": null,
            "currency": "usd",
            "timezone": "Europe/Berlin",
            "locale": null,
            "default_payment_method_id": null,
            "tax_rate_ids": [],
            "tax_exempt": "none",
            "tax_ids": [],
            "buyer_reference": null,
            "credit_balances": [],
            "external_id": null,
            "metadata": {"order": "6735"},
        })
    }
}

impl ExternallyNamed for Customer {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }
}

impl Entity for Customer {
    recorded!(kind::Customer);
    type Event = CustomerEvent;
    const RESOURCE: &'static str = "customers";
    const HIDDEN: &'static [&'static str] = &["custom_fields", "had_payment_method"];
    const LATER: &'static [&'static str] = &["search"];

    fn lists(&self) -> Vec<List> {
        let mut lists = CustomerFilter::lists(self);
        lists.extend(lists_of_values(&self.custom_fields));
        let names =
            [self.display_name(), self.business_name.as_ref().map(|name| name.as_str().to_owned())];
        let names = names.iter().flatten().map(String::as_str);
        lists.extend(search::lists(Self::RESOURCE, names, Some(self.email.as_str())));
        lists
    }

    fn companions(&self) -> Result<Vec<Companion>, Error> {
        let claim = claim("customer", Self::RESOURCE, self.external_id.as_ref());
        Ok(claim.into_iter().collect())
    }

    fn complete(&self, object: &mut Item) {
        object.insert("name".to_owned(), self.display_name().map_or(Value::Null, Value::from));
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<CustomerEvent> {
        created_or_updated(before)
    }
}

filter! {
    /// Which customers to list.
    pub struct CustomerFilter of Customer {
        /// Only those with exactly this e-mail address.
        email: Email,
        /// Only the one with this id of the caller's own.
        external_id: ExternalId,
        /// Only those of whose name, business name or e-mail address a word begins with this, whatever
        /// the case, in the order of these words: `smi` and `jane smi` find Jane Smith. Two letters at
        /// least. Of those that are found the first 500 can be listed, and `total` counts all. Not
        /// together with `created_at`.
        search: Search,
    }
    together [email]
    together [external_id]
    words search
}
