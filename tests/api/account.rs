//! The account: made by the operator, read and changed by its own tokens.

use serde_json::json;

use crate::client::Api;

#[tokio::test]
async fn an_account_begins_with_the_documented_settings() {
    let api = Api::start().await;
    let client = api.client().await;
    let account = client.get_account().await.ok().body;
    assert_eq!(account["id"], json!(client.account));
    assert_eq!(account["account_id"], account["id"]);
    assert_eq!(account["environment"], "prod");
    assert_eq!(account["invoice_prefix"], "INV");
    assert_eq!(account["timezone"], "UTC");
    assert_eq!(account["dunning"]["subscription"], "cancel");
    assert_eq!(account["dunning"]["invoice"], "mark_uncollectible");
    assert!(account.get("rate_limits").is_none());
}

#[tokio::test]
async fn settings_that_are_left_out_stay_as_they_are() {
    let api = Api::start().await;
    let client = api.client().await;
    let patch = json!({
        "timezone": "europe/berlin", "default_currency": "EUR",
        "dunning": {"window_days": 14}, "brand": {"primary_color": "#123456"},
    });
    let account = client.update_account(patch).await.ok().body;
    assert_eq!(account["timezone"], "Europe/Berlin");
    assert_eq!(account["default_currency"], "eur");
    let dunning =
        json!({"window_days": 14, "subscription": "cancel", "invoice": "mark_uncollectible"});
    assert_eq!(account["dunning"], dunning);
    let cleared = client.update_account(json!({"brand": {"primary_color": null}})).await.ok().body;
    assert_eq!(cleared["brand"]["primary_color"], json!(null));
    assert_eq!((&cleared["name"], &cleared["version"]), (&json!("Acme"), &json!(3)));
}

#[tokio::test]
async fn what_always_has_a_value_cannot_be_cleared() {
    let api = Api::start().await;
    let client = api.client().await;
    let refused = client.update_account(json!({"name": null, "timezone": null})).await.refused(400);
    assert_eq!(refused.faults(), ["/name required", "/timezone required"]);
    let no_such = json!({"default_processor_id": "proc_prod_0000000000000000"});
    let refused = client.update_account(no_such).await.refused(422);
    assert_eq!(refused.faults(), ["/default_processor_id no_such_object"]);
    assert_eq!(client.get_account().await.ok().body["version"], 1);
}

#[tokio::test]
async fn an_operator_hears_everything_that_is_wrong() {
    let api = Api::start().await;
    let event = json!({"environment": "dev", "nmae": "x"}).to_string();
    let local::Outcome::Error(error) =
        api.stack.invoke("operator-create-account", event).await.unwrap()
    else {
        panic!("refused")
    };
    let error = String::from_utf8(error.to_vec()).unwrap();
    for part in ["must be one of prod, stg", "name is required", "did you mean name?"] {
        assert!(error.contains(part), "{error}");
    }
}
