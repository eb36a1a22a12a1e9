//! What is sold, and what is counted of it.

use serde_json::Value;

use crate::client::{Answer, Client};

impl Client {
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
}
