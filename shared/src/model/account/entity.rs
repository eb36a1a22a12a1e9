//! An account, as it is stored and shown.

use serde_json::Value;

use super::Account;
use crate::{
    base::{
        error::Error,
        id::{Environment, kind},
    },
    model::{
        entity::{Companion, Entity, Item, Place, Representation, recorded},
        event_type::{AccountEvent, created_or_updated},
        list::List,
    },
};

impl Representation for Account {
    fn example() -> Value {
        serde_json::json!({
            "id": "acc_prod_0mjuvda0a1b2c3d4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Acme",
            "legal_name": "Acme GmbH",
            "legal_id": "HRB 123456 B",
            "address": {
                "line1": "Torstraße 1", "line2": null, "city": "Berlin", "state": null,
                "postal_code": "10119", "country": "DE",
            },
            "phone": null,
            "tax_ids": [{"type": "eu_vat", "value": "DE136695976", "status": "unverified"}],
            "environment": "prod",
            "default_currency": "usd",
            "timezone": "UTC",
            "invoice_prefix": "INV",
            "payment_terms_days": 30,
            "finalization_delay_hours": 1,
            "default_processor_id": null,
            "default_tax_rate_ids": [],
            "dunning": {
                "window_days": 30,
                "subscription": "cancel",
                "invoice": "mark_uncollectible",
            },
            "brand": {
                "display_name": null,
                "logo_url": null,
                "primary_color": "#1a2b3c",
                "support_email": null,
            },
            "allowed_origins": [],
            "request_logging": false,
            "portal": {"pause": false, "change_quantity": false, "plan_price_ids": []},
        })
    }
}

impl Entity for Account {
    recorded!(kind::Account);
    type Event = AccountEvent;
    const RESOURCE: &'static str = "account";
    const HIDDEN: &'static [&'static str] = &["rate_limits", "has_tax_rates"];

    /// An account is found by its id alone.
    fn lists(&self) -> Vec<List> {
        Vec::new()
    }

    /// A staging account is known to the sweeper, because its due dates are in a partition of their
    /// own.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        Ok(match self.environment {
            Environment::Prod => Vec::new(),
            Environment::Stg => {
                vec![Companion { place: Place::Staging, item: Item::new(), claims: None }]
            }
        })
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<AccountEvent> {
        created_or_updated(before)
    }
}
