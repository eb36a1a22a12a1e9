//! A method for each operation: what a test calls instead of a path.

mod billing;
mod catalog;
mod payments;
mod webhooks;

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

    pub(crate) async fn list_request_logs(&self, query: &str) -> Answer {
        self.get(&format!("/api/request-logs{query}")).await
    }

    pub(crate) async fn group_request_logs(&self, query: &str) -> Answer {
        self.get(&format!("/api/request-logs/groups{query}")).await
    }
}
