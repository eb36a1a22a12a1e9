//! Subscriptions, invoices, and what changes them.

use serde_json::{Value, json};

use crate::client::{Answer, Client};

impl Client {
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
}
