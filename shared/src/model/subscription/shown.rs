//! What is shown beside a subscription, and an example of one.

use serde_json::Value;

use super::Subscription;
use crate::model::{
    entity::Representation,
    entity_type::EntityType,
    expansion::{Expansion, Reference},
};

impl Representation for Subscription {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::custom_fields(EntityType::Subscription),
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("latest_invoice", "latest_invoice_id", Reference::Invoice),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "sub_prod_0mkz6k3cm3n4o5p6",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:01.000Z",
            "version": 2,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "state": "active",
            "currency": "usd",
            "collection_method": "charge_automatically",
            "net_d": null,
            "processor_id": null,
            "default_payment_method_id": null,
            "items": [{
                "id": "si_prod_0mkz6k3c9i8t7e6m",
                "price_id": "price_prod_0mkz6k3ca9b8c7d6",
                "quantity": 1,
                "meter_id": null,
            }],
            "billing_interval": "month",
            "billing_interval_count": 1,
            "billing_anchor": "2026-01-31T09:30:00.000Z",
            "current_period_start": "2026-01-31T09:30:00.000Z",
            "current_period_end": "2026-02-28T09:30:00.000Z",
            "trial_start": null,
            "trial_end": null,
            "cancel_at": null,
            "cancel_at_period_end": false,
            "cancelled_at": null,
            "contract_length": null,
            "auto_renew": true,
            "pause": null,
            "pending_change": null,
            "change_request": null,
            "cancellation": null,
            "usage_threshold_reached": null,
            "discount": null,
            "latest_invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
            "description": null,
            "change_reason": null,
            "external_id": null,
            "metadata": {},
            "status": "active",
        })
    }
}
