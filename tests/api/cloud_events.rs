//! Usage that is sent as CloudEvents.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, exchange},
    meters::Metered,
};

const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json; charset=utf-8";

impl Metered {
    /// Sends a body of this media type, with an `Idempotency-Key`.
    async fn sends_as(&self, media: &str, key: &str, body: &Value) -> Answer {
        let request = self.client.request(Method::POST, "/api/meter-events");
        let request = request.header("Content-Type", media).header("Idempotency-Key", key);
        exchange(request.body(body.to_string())).await
    }

    /// An event of the customer, with `rest` in place of or beside what it has.
    fn cloud_event(&self, id: &str, rest: Value) -> Value {
        let mut event = json!({
            "specversion": "1.0", "type": "api_call", "source": "/gateway", "id": id,
            "subject": self.customer, "data": {"value": "0.1"}, "traceparent": "00-1",
        });
        event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        event
    }
}

fn result(identifier: &str, status: &str) -> Value {
    json!([{"identifier": identifier, "status": status, "errors": []}])
}

#[tokio::test]
async fn a_cloud_event_is_counted_once_for_each_source() {
    let m = Metered::start().await;
    let event = m.cloud_event("1", json!({}));
    let first = m.sends_as(ONE, "a", &event).await.ok();
    assert_eq!(first.body["results"], result("/gateway 1", "accepted"));
    let replayed = m.sends_as(ONE, "a", &event).await.ok();
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(replayed.body, first.body);
    let again = m.sends_as(ONE, "b", &event).await.ok();
    assert_eq!(again.body["results"], result("/gateway 1", "duplicate"));
    // The same in our own words is the same event.
    let own = json!({
        "event_name": "api_call", "identifier": "/gateway 1",
        "payload": {"customer_id": m.customer, "value": 5},
    });
    let own = m.sends_as("application/json", "c", &own).await.ok();
    assert_eq!(own.body["results"], result("/gateway 1", "duplicate"));
    let other = m.cloud_event("1", json!({"source": "/other", "time": null}));
    let other = m.sends_as(ONE, "d", &other).await.ok();
    assert_eq!(other.body["results"], result("/other 1", "accepted"));
    assert_eq!(m.used().await, ("0.2".to_owned(), 2));
    m.api.audit().await;
}

#[tokio::test]
async fn the_data_names_the_customer_before_the_subject_does() {
    let m = Metered::start().await;
    let data = json!({"customer_id": m.customer, "value": 2, "path": "/v1"});
    let event = m.cloud_event("1", json!({"subject": "cus_prod_0000000000000000", "data": data}));
    m.sends_as(ONE, "a", &event).await.ok();
    assert_eq!(m.used().await, ("2".to_owned(), 1));
    let stranger = m.cloud_event("2", json!({"subject": "cus_prod_0000000000000000"}));
    let refused = m.sends_as(ONE, "b", &stranger).await.refused(422);
    assert_eq!(refused.faults(), ["/subject no_such_object"]);
    let nobody = m.cloud_event("3", json!({"subject": null}));
    let refused = m.sends_as(ONE, "c", &nobody).await.refused(400);
    assert_eq!(refused.faults(), ["/data/customer_id required"]);
    assert_eq!(m.used().await, ("2".to_owned(), 1));
    m.api.audit().await;
}

#[tokio::test]
async fn each_cloud_event_of_a_batch_has_a_verdict_of_its_own() {
    let m = Metered::start().await;
    let batch = json!([
        m.cloud_event("1", json!({})),
        m.cloud_event("1", json!({})),
        m.cloud_event("2", json!({"data": {"value": -1}})),
        m.cloud_event("3", json!({"subject": "cus_prod_0000000000000000"})),
        m.cloud_event("4", json!({"time": "2020-01-01T00:00:00Z"})),
        m.cloud_event("5", json!({"type": "nothing"})),
        m.cloud_event("6", json!({"data": {"value": [1]}, "data_base64": "AA=="})),
        {"specversion": "1.0"},
        7,
        m.cloud_event("7", json!({"data": null})),
        m.cloud_event("8", json!({"data": {"value": 3}})),
    ]);
    let answer = m.sends_as(BATCH, "a", &batch).await.ok();
    let results = answer.body["results"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let told: Vec<String> = (results.iter())
        .map(|result| {
            let mut told = format!("{}: {}", text(&result["identifier"]), text(&result["status"]));
            for fault in result["errors"].as_array().unwrap() {
                told += &format!(", {} {}", text(&fault["pointer"]), text(&fault["code"]));
            }
            told
        })
        .collect();
    assert_eq!(
        told,
        [
            "/gateway 1: accepted",
            "/gateway 1: duplicate",
            "/gateway 2: refused, /2/data/value out_of_range",
            "/gateway 3: refused, /3/subject no_such_object",
            "/gateway 4: refused, /4/time too_old",
            "/gateway 5: refused, /5/type no_such_object",
            "/gateway 6: refused, /6/data_base64 unknown_field, /6/data/value wrong_type",
            "null: refused, /7/type required, /7/source required, /7/id required",
            "null: refused, /8 wrong_type",
            "/gateway 7: refused, /9/data/value required",
            "/gateway 8: accepted",
        ]
    );
    assert_eq!(m.used().await, ("3.1".to_owned(), 2));
    assert_eq!(m.sends_as(BATCH, "b", &json!([])).await.ok().body, json!({"results": []}));
    let many: Vec<Value> = (0..101).map(|n| m.cloud_event(&n.to_string(), json!({}))).collect();
    let refused = m.sends_as(BATCH, "c", &json!(many)).await.refused(422);
    assert_eq!(refused.faults(), [" too_many"]);
    m.api.audit().await;
}

#[tokio::test]
async fn what_is_sent_is_what_its_type_says_it_is() {
    let m = Metered::start().await;
    let event = m.cloud_event("1", json!({}));
    assert_eq!(m.sends_as(BATCH, "a", &event).await.refused(400).faults(), [" wrong_type"]);
    assert_eq!(m.sends_as(ONE, "b", &json!([event])).await.refused(400).faults(), [" wrong_type"]);
    m.sends_as("application/json", "c", &event).await.refused(400);
    m.sends_as("application/cloudevents+xml", "d", &event).await.refused(415);
    // Nothing else takes them.
    let request = m.client.request(Method::POST, "/api/customers").header("Content-Type", ONE);
    exchange(request.header("Idempotency-Key", "e").body(r#"{"email": "a@example.com"}"#))
        .await
        .refused(415);
    assert_eq!(m.used().await, ("0".to_owned(), 0));
}
