//! A method for each operation: what a test calls instead of a path.

use serde_json::{Value, json};

use super::{Answer, Client};

/// Where the customer is with this external id, whatever characters it has.
pub(crate) fn external_path(id: &str) -> String {
    let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/api/customers/external/{encoded}")
}

impl Client {
    pub(crate) async fn create_customer(&self, body: Value) -> Answer {
        self.post("/api/customers", body).await
    }

    pub(crate) async fn get_customer(&self, id: &str) -> Answer {
        self.get(&format!("/api/customers/{id}")).await
    }

    pub(crate) async fn get_customer_state(&self, id: &str) -> Answer {
        self.get(&format!("/api/customers/{id}/state")).await
    }

    pub(crate) async fn list_customers(&self, query: &str) -> Answer {
        self.get(&format!("/api/customers{query}")).await
    }

    pub(crate) async fn update_customer(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/customers/{id}"), body).await
    }

    pub(crate) async fn delete_customer(&self, id: &str) -> Answer {
        self.delete(&format!("/api/customers/{id}")).await
    }

    pub(crate) async fn get_customer_externally(&self, id: &str) -> Answer {
        self.get(&external_path(id)).await
    }

    pub(crate) async fn update_customer_externally(&self, id: &str, body: Value) -> Answer {
        self.patch(&external_path(id), body).await
    }

    pub(crate) async fn delete_customer_externally(&self, id: &str) -> Answer {
        self.delete(&external_path(id)).await
    }

    pub(crate) async fn list_currencies(&self, query: &str) -> Answer {
        self.get(&format!("/api/currencies{query}")).await
    }

    pub(crate) async fn create_token(&self, body: Value) -> Answer {
        self.post("/api/tokens", body).await
    }

    pub(crate) async fn sign_in(&self, body: Value) -> Answer {
        self.post("/api/sessions", body).await
    }

    pub(crate) async fn passkey_challenge(&self) -> Answer {
        self.get("/api/passkeys/new/challenge").await
    }

    pub(crate) async fn register_passkey(&self, body: Value) -> Answer {
        self.post("/api/passkeys", body).await
    }

    pub(crate) async fn list_passkeys(&self, query: &str) -> Answer {
        self.get(&format!("/api/passkeys{query}")).await
    }

    pub(crate) async fn remove_passkey(&self, id: &str) -> Answer {
        self.delete(&format!("/api/passkeys/{id}")).await
    }

    pub(crate) async fn get_token(&self, id: &str) -> Answer {
        self.get(&format!("/api/tokens/{id}")).await
    }

    pub(crate) async fn list_tokens(&self, query: &str) -> Answer {
        self.get(&format!("/api/tokens{query}")).await
    }

    pub(crate) async fn revoke_token(&self, id: &str) -> Answer {
        self.delete(&format!("/api/tokens/{id}")).await
    }

    pub(crate) async fn roll_token(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/tokens/{id}/roll"), body).await
    }

    pub(crate) async fn get_account(&self) -> Answer {
        self.get("/api/account").await
    }

    pub(crate) async fn update_account(&self, body: Value) -> Answer {
        self.patch("/api/account", body).await
    }

    pub(crate) async fn define_field(&self, body: Value) -> Answer {
        self.post("/api/custom-field-definitions", body).await
    }

    pub(crate) async fn get_field(&self, id: &str) -> Answer {
        self.get(&format!("/api/custom-field-definitions/{id}")).await
    }

    pub(crate) async fn list_fields(&self, query: &str) -> Answer {
        self.get(&format!("/api/custom-field-definitions{query}")).await
    }

    pub(crate) async fn update_field(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/custom-field-definitions/{id}"), body).await
    }

    pub(crate) async fn delete_field(&self, id: &str) -> Answer {
        self.delete(&format!("/api/custom-field-definitions/{id}")).await
    }

    pub(crate) async fn create_product(&self, body: Value) -> Answer {
        self.post("/api/products", body).await
    }

    pub(crate) async fn get_product(&self, id: &str) -> Answer {
        self.get(&format!("/api/products/{id}")).await
    }

    pub(crate) async fn list_products(&self, query: &str) -> Answer {
        self.get(&format!("/api/products{query}")).await
    }

    pub(crate) async fn update_product(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/products/{id}"), body).await
    }

    pub(crate) async fn delete_product(&self, id: &str) -> Answer {
        self.delete(&format!("/api/products/{id}")).await
    }

    pub(crate) async fn create_price(&self, body: Value) -> Answer {
        self.post("/api/prices", body).await
    }

    pub(crate) async fn get_price(&self, id: &str) -> Answer {
        self.get(&format!("/api/prices/{id}")).await
    }

    pub(crate) async fn list_prices(&self, query: &str) -> Answer {
        self.get(&format!("/api/prices{query}")).await
    }

    pub(crate) async fn update_price(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/prices/{id}"), body).await
    }

    pub(crate) async fn create_meter(&self, body: Value) -> Answer {
        self.post("/api/meters", body).await
    }

    pub(crate) async fn get_meter(&self, id: &str) -> Answer {
        self.get(&format!("/api/meters/{id}")).await
    }

    pub(crate) async fn list_meters(&self, query: &str) -> Answer {
        self.get(&format!("/api/meters{query}")).await
    }

    pub(crate) async fn update_meter(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/meters/{id}"), body).await
    }

    pub(crate) async fn create_tax_rate(&self, body: Value) -> Answer {
        self.post("/api/tax-rates", body).await
    }

    pub(crate) async fn get_tax_rate(&self, id: &str) -> Answer {
        self.get(&format!("/api/tax-rates/{id}")).await
    }

    pub(crate) async fn list_tax_rates(&self, query: &str) -> Answer {
        self.get(&format!("/api/tax-rates{query}")).await
    }

    pub(crate) async fn update_tax_rate(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/tax-rates/{id}"), body).await
    }

    pub(crate) async fn record_usage(&self, body: Value) -> Answer {
        self.post("/api/meter-events", body).await
    }

    /// The `identifier` of `body` goes into the path.
    pub(crate) async fn void_usage(&self, body: Value) -> Answer {
        self.correct_usage("void", body).await
    }

    /// Likewise.
    pub(crate) async fn amend_usage(&self, body: Value) -> Answer {
        self.correct_usage("amend", body).await
    }

    async fn correct_usage(&self, how: &str, mut body: Value) -> Answer {
        let identifier = body.as_object_mut().unwrap().remove("identifier").unwrap();
        let bytes = identifier.as_str().unwrap().bytes();
        let encoded: String = bytes.map(|byte| format!("%{byte:02X}")).collect();
        self.post(&format!("/api/meter-events/{encoded}/{how}"), body).await
    }

    pub(crate) async fn list_usage_events(&self, query: &str) -> Answer {
        self.get(&format!("/api/meter-events{query}")).await
    }

    pub(crate) async fn get_usage(&self, customer: &str, query: &str) -> Answer {
        self.get(&format!("/api/customers/{customer}/usage{query}")).await
    }

    pub(crate) async fn create_coupon(&self, body: Value) -> Answer {
        self.post("/api/coupons", body).await
    }

    pub(crate) async fn get_coupon(&self, id: &str) -> Answer {
        self.get(&format!("/api/coupons/{id}")).await
    }

    pub(crate) async fn list_coupons(&self, query: &str) -> Answer {
        self.get(&format!("/api/coupons{query}")).await
    }

    pub(crate) async fn update_coupon(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/coupons/{id}"), body).await
    }

    pub(crate) async fn delete_coupon(&self, id: &str) -> Answer {
        self.delete(&format!("/api/coupons/{id}")).await
    }

    pub(crate) async fn create_promotion_code(&self, body: Value) -> Answer {
        self.post("/api/promotion-codes", body).await
    }

    pub(crate) async fn get_promotion_code(&self, id: &str) -> Answer {
        self.get(&format!("/api/promotion-codes/{id}")).await
    }

    pub(crate) async fn list_promotion_codes(&self, query: &str) -> Answer {
        self.get(&format!("/api/promotion-codes{query}")).await
    }

    pub(crate) async fn update_promotion_code(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/promotion-codes/{id}"), body).await
    }

    pub(crate) async fn delete_promotion_code(&self, id: &str) -> Answer {
        self.delete(&format!("/api/promotion-codes/{id}")).await
    }

    pub(crate) async fn test_clock(&self) -> Answer {
        self.get("/api/test-clock").await
    }

    pub(crate) async fn stop_clock(&self, now: &str) -> Answer {
        self.post("/api/test-clock", json!({"now": now})).await
    }

    pub(crate) async fn advance_clock(&self, to: &str) -> Answer {
        self.post("/api/test-clock/advance", json!({"to": to})).await
    }

    pub(crate) async fn release_clock(&self) -> Answer {
        self.delete("/api/test-clock").await
    }

    pub(crate) async fn create_processor(&self, body: Value) -> Answer {
        self.post("/api/processors", body).await
    }

    pub(crate) async fn get_processor(&self, id: &str) -> Answer {
        self.get(&format!("/api/processors/{id}")).await
    }

    pub(crate) async fn list_processors(&self, query: &str) -> Answer {
        self.get(&format!("/api/processors{query}")).await
    }

    pub(crate) async fn update_processor(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/processors/{id}"), body).await
    }

    pub(crate) async fn delete_processor(&self, id: &str) -> Answer {
        self.delete(&format!("/api/processors/{id}")).await
    }

    pub(crate) async fn create_processor_route(&self, body: Value) -> Answer {
        self.post("/api/processor-routes", body).await
    }

    pub(crate) async fn get_processor_route(&self, id: &str) -> Answer {
        self.get(&format!("/api/processor-routes/{id}")).await
    }

    pub(crate) async fn update_processor_route(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/processor-routes/{id}"), body).await
    }

    pub(crate) async fn delete_processor_route(&self, id: &str) -> Answer {
        self.delete(&format!("/api/processor-routes/{id}")).await
    }

    pub(crate) async fn add_payment_method(&self, customer: &str, body: Value) -> Answer {
        self.post(&format!("/api/customers/{customer}/payment-methods"), body).await
    }

    pub(crate) async fn list_payment_methods(&self, customer: &str, query: &str) -> Answer {
        self.get(&format!("/api/customers/{customer}/payment-methods{query}")).await
    }

    pub(crate) async fn delete_payment_method(&self, customer: &str, id: &str) -> Answer {
        self.delete(&format!("/api/customers/{customer}/payment-methods/{id}")).await
    }

    pub(crate) async fn get_payment_intent(&self, id: &str) -> Answer {
        self.get(&format!("/api/payments/intents/{id}")).await
    }

    pub(crate) async fn list_payment_intents(&self, query: &str) -> Answer {
        self.get(&format!("/api/payments/intents{query}")).await
    }

    pub(crate) async fn get_dispute(&self, id: &str) -> Answer {
        self.get(&format!("/api/disputes/{id}")).await
    }

    pub(crate) async fn list_disputes(&self, query: &str) -> Answer {
        self.get(&format!("/api/disputes{query}")).await
    }

    pub(crate) async fn create_refund(&self, body: Value) -> Answer {
        self.post("/api/payments/refunds", body).await
    }

    pub(crate) async fn get_refund(&self, id: &str) -> Answer {
        self.get(&format!("/api/payments/refunds/{id}")).await
    }

    pub(crate) async fn list_refunds(&self, query: &str) -> Answer {
        self.get(&format!("/api/payments/refunds{query}")).await
    }

    pub(crate) async fn create_change_request(&self, body: Value) -> Answer {
        self.post("/api/change-requests", body).await
    }

    pub(crate) async fn get_change_request(&self, id: &str) -> Answer {
        self.get(&format!("/api/change-requests/{id}")).await
    }

    pub(crate) async fn list_change_requests(&self, query: &str) -> Answer {
        self.get(&format!("/api/change-requests{query}")).await
    }

    pub(crate) async fn add_changes(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/change-requests/{id}/changes"), body).await
    }

    pub(crate) async fn preview_change_request(&self, id: &str) -> Answer {
        self.post(&format!("/api/change-requests/{id}/preview"), json!({})).await
    }

    pub(crate) async fn apply_change_request(&self, id: &str) -> Answer {
        self.post(&format!("/api/change-requests/{id}/apply"), json!({})).await
    }

    pub(crate) async fn cancel_change_request(&self, id: &str) -> Answer {
        self.post(&format!("/api/change-requests/{id}/cancel"), json!({})).await
    }

    pub(crate) async fn create_subscription(&self, body: Value) -> Answer {
        self.post("/api/subscriptions", body).await
    }

    pub(crate) async fn get_subscription(&self, id: &str) -> Answer {
        self.get(&format!("/api/subscriptions/{id}")).await
    }

    pub(crate) async fn list_subscriptions(&self, query: &str) -> Answer {
        self.get(&format!("/api/subscriptions{query}")).await
    }

    pub(crate) async fn update_subscription(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/subscriptions/{id}"), body).await
    }

    pub(crate) async fn change_items(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/items"), body).await
    }

    pub(crate) async fn preview_items(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/preview"), body).await
    }

    pub(crate) async fn revenue(&self, query: &str) -> Answer {
        self.get(&format!("/api/analytics/revenue{query}")).await
    }

    pub(crate) async fn list_request_logs(&self, query: &str) -> Answer {
        self.get(&format!("/api/request-logs{query}")).await
    }

    pub(crate) async fn group_request_logs(&self, query: &str) -> Answer {
        self.get(&format!("/api/request-logs/groups{query}")).await
    }

    pub(crate) async fn simulate(&self, body: Value) -> Answer {
        self.post("/api/simulate", body).await
    }

    pub(crate) async fn change_plan(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/change-plan"), body).await
    }

    pub(crate) async fn pause_subscription(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/pause"), body).await
    }

    pub(crate) async fn remove_pending_change(&self, id: &str) -> Answer {
        self.delete(&format!("/api/subscriptions/{id}/pending-change")).await
    }

    pub(crate) async fn remove_scheduled_pause(&self, id: &str) -> Answer {
        self.delete(&format!("/api/subscriptions/{id}/scheduled-pause")).await
    }

    pub(crate) async fn resume_subscription(&self, id: &str) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/resume"), json!({})).await
    }

    pub(crate) async fn cancel_subscription(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/cancel"), body).await
    }

    pub(crate) async fn schedule_cancellation(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/subscriptions/{id}/schedule-cancellation"), body).await
    }

    pub(crate) async fn create_invoice(&self, body: Value) -> Answer {
        self.post("/api/invoices", body).await
    }

    pub(crate) async fn create_session(&self, body: Value) -> Answer {
        self.post("/api/checkout-sessions", body).await
    }

    pub(crate) async fn get_session(&self, id: &str) -> Answer {
        self.get(&format!("/api/checkout-sessions/{id}")).await
    }

    pub(crate) async fn list_sessions(&self, query: &str) -> Answer {
        self.get(&format!("/api/checkout-sessions{query}")).await
    }

    pub(crate) async fn complete_session(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/checkout-sessions/{id}/complete"), body).await
    }

    pub(crate) async fn expire_session(&self, id: &str) -> Answer {
        self.post(&format!("/api/checkout-sessions/{id}/expire"), json!({})).await
    }

    pub(crate) async fn create_portal_session(&self, body: Value) -> Answer {
        self.post("/api/portal-sessions", body).await
    }

    pub(crate) async fn create_payment_link(&self, body: Value) -> Answer {
        self.post("/api/payment-links", body).await
    }

    pub(crate) async fn get_payment_link(&self, id: &str) -> Answer {
        self.get(&format!("/api/payment-links/{id}")).await
    }

    pub(crate) async fn list_payment_links(&self, query: &str) -> Answer {
        self.get(&format!("/api/payment-links{query}")).await
    }

    pub(crate) async fn update_payment_link(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/payment-links/{id}"), body).await
    }

    pub(crate) async fn get_invoice(&self, id: &str) -> Answer {
        self.get(&format!("/api/invoices/{id}")).await
    }

    pub(crate) async fn list_invoices(&self, query: &str) -> Answer {
        self.get(&format!("/api/invoices{query}")).await
    }

    pub(crate) async fn update_invoice(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/invoices/{id}"), body).await
    }

    pub(crate) async fn delete_invoice(&self, id: &str) -> Answer {
        self.delete(&format!("/api/invoices/{id}")).await
    }

    pub(crate) async fn finalize_invoice(&self, id: &str) -> Answer {
        self.post(&format!("/api/invoices/{id}/finalize"), json!({})).await
    }

    pub(crate) async fn pay_invoice(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/invoices/{id}/pay"), body).await
    }

    pub(crate) async fn void_invoice(&self, id: &str) -> Answer {
        self.post(&format!("/api/invoices/{id}/void"), json!({})).await
    }

    pub(crate) async fn write_off_invoice(&self, id: &str) -> Answer {
        self.post(&format!("/api/invoices/{id}/mark-uncollectible"), json!({})).await
    }

    pub(crate) async fn show_invoice(&self, id: &str) -> Answer {
        self.get(&format!("/api/invoices/{id}/html")).await
    }

    pub(crate) async fn show_invoice_ubl(&self, id: &str, query: &str) -> Answer {
        self.get(&format!("/api/invoices/{id}/ubl{query}")).await
    }

    pub(crate) async fn draw_invoice(&self, id: &str) -> Answer {
        self.get(&format!("/api/invoices/{id}/pdf")).await
    }

    pub(crate) async fn set_credit_balance(&self, customer: &str, body: Value) -> Answer {
        self.patch(&format!("/api/customers/{customer}/credit-balance"), body).await
    }

    pub(crate) async fn create_credit_note(&self, customer: &str, body: Value) -> Answer {
        self.post(&format!("/api/customers/{customer}/credit-notes"), body).await
    }

    pub(crate) async fn show_credit_note(&self, id: &str) -> Answer {
        self.get(&format!("/api/credit-notes/{id}/html")).await
    }

    pub(crate) async fn draw_credit_note(&self, id: &str) -> Answer {
        self.get(&format!("/api/credit-notes/{id}/pdf")).await
    }

    pub(crate) async fn show_credit_note_ubl(&self, id: &str, query: &str) -> Answer {
        self.get(&format!("/api/credit-notes/{id}/ubl{query}")).await
    }

    pub(crate) async fn list_credit_notes(&self, customer: &str, query: &str) -> Answer {
        self.get(&format!("/api/customers/{customer}/credit-notes{query}")).await
    }

    pub(crate) async fn get_event(&self, id: &str) -> Answer {
        self.get(&format!("/api/events/{id}")).await
    }

    pub(crate) async fn list_events(&self, query: &str) -> Answer {
        self.get(&format!("/api/events{query}")).await
    }

    pub(crate) async fn create_webhook_endpoint(&self, body: Value) -> Answer {
        self.post("/api/webhook-endpoints", body).await
    }

    pub(crate) async fn get_webhook_endpoint(&self, id: &str) -> Answer {
        self.get(&format!("/api/webhook-endpoints/{id}")).await
    }

    pub(crate) async fn list_webhook_endpoints(&self, query: &str) -> Answer {
        self.get(&format!("/api/webhook-endpoints{query}")).await
    }

    pub(crate) async fn update_webhook_endpoint(&self, id: &str, body: Value) -> Answer {
        self.patch(&format!("/api/webhook-endpoints/{id}"), body).await
    }

    pub(crate) async fn delete_webhook_endpoint(&self, id: &str) -> Answer {
        self.delete(&format!("/api/webhook-endpoints/{id}")).await
    }

    pub(crate) async fn rotate_webhook_secret(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/webhook-endpoints/{id}/rotate-secret"), body).await
    }

    pub(crate) async fn test_webhook_endpoint(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/webhook-endpoints/{id}/test"), body).await
    }

    pub(crate) async fn replay_events(&self, id: &str, body: Value) -> Answer {
        self.post(&format!("/api/webhook-endpoints/{id}/replay"), body).await
    }

    pub(crate) async fn list_deliveries(&self, endpoint: &str, query: &str) -> Answer {
        self.get(&format!("/api/webhook-endpoints/{endpoint}/deliveries{query}")).await
    }

    pub(crate) async fn list_event_deliveries(&self, event: &str, query: &str) -> Answer {
        self.get(&format!("/api/events/{event}/deliveries{query}")).await
    }

    pub(crate) async fn resend_event(&self, event: &str, body: Value) -> Answer {
        self.post(&format!("/api/events/{event}/resend"), body).await
    }
}
