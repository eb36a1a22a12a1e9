//! Processors, what is paid by, and where one pays.

use serde_json::{Value, json};

use crate::client::{Answer, Client};

impl Client {
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
}
