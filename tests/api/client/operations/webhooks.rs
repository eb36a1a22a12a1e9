//! Events, and who is told of them.

use serde_json::Value;

use crate::client::{Answer, Client};

impl Client {
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
