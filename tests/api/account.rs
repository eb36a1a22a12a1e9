//! The account: made by the operator, read and changed by its own tokens.

use local::Outcome;
use serde_json::{Value, json};

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
    // In staging, payments can be tried at once.
    assert_eq!(account["default_processor_id"], Value::Null);
    let staging = api.client_of(&api.account("stg").await);
    let chosen = staging.get_account().await.ok().body["default_processor_id"].clone();
    let processor = staging.get_processor(chosen.as_str().unwrap()).await.ok().body;
    assert_eq!((&processor["type"], &processor["active"]), (&json!("test"), &json!(true)));
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

/// What an operator's function answers to `event`.
async fn operate(api: &Api, function: &str, event: Value) -> Result<Value, String> {
    match api.stack.invoke(function, event.to_string()).await.unwrap() {
        Outcome::Answer(answer) => Ok(serde_json::from_slice(&answer).unwrap()),
        Outcome::Error(error) => Err(String::from_utf8(error.to_vec()).unwrap()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_that_has_lost_its_tokens_is_given_one_by_the_operator() {
    let api = Api::start().await;
    for environment in ["prod", "stg"] {
        let account = api.account(environment).await;
        let lost = api.client_of(&account);
        let stands = environment == "stg";
        if stands {
            lost.stop_clock("2030-01-31T00:00:00Z").await.ok();
        }
        for token in lost.list_tokens("").await.ok().items() {
            lost.revoke_token(token["id"].as_str().unwrap()).await;
        }
        api.stack.kill("account-get").await;
        lost.get_account().await.refused(401);

        let event = json!({"account_id": account.id, "kind": "secret", "name": "found again"});
        let made = operate(&api, "operator-create-token", event).await.unwrap();
        assert_eq!(made["account_id"], account.id);
        let found = api.client_with(made["token"].as_str().unwrap(), &account.id);
        let id = made["token_id"].as_str().unwrap();
        let shown = found.get_token(id).await.ok().body;
        assert_eq!((&shown["name"], &shown["revoked_at"]), (&json!("found again"), &Value::Null));
        // It is made at the account's time.
        let created = shown["created_at"].as_str().unwrap();
        assert_eq!(created == "2030-01-31T00:00:00.000Z", stands, "{created}");
        // It can do all that the first could, as often, and the account's history has it.
        let event = &found.list_events("?limit=1").await.ok().items()[0].clone();
        assert_eq!(
            (&event["type"], &event["data"]["object"]["id"]),
            (&json!("token.created"), &json!(id))
        );
        let answer = found.create_token(json!({"kind": "secret"})).await.ok();
        assert!(answer.headers["ratelimit-policy"].to_str().unwrap().contains("q=1000000"));
    }
    api.audit().await;
}

#[tokio::test]
async fn an_operator_s_token_is_of_an_account_that_exists_and_may_be_narrow() {
    let api = Api::start().await;
    let account = api.account("prod").await;
    let create = |more: Value| {
        let mut event = json!({"account_id": account.id, "kind": "secret"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        operate(&api, "operator-create-token", event)
    };
    let nobody = json!({"account_id": "acc_prod_0000000000000000"});
    assert!(create(nobody).await.unwrap_err().contains("NotFound"));
    let gone = json!({"expires_at": "2020-01-01T00:00:00Z"});
    assert!(create(gone).await.unwrap_err().contains("must be in the future"));
    // Whoever means to narrow it and errs in a word is told so, and has none that may do everything.
    let meant = create(json!({"scope": ["customers:read"]})).await.unwrap_err();
    assert!(meant.contains("did you mean scopes?"), "{meant}");
    let made = create(json!({"scopes": ["customers:read"]})).await.unwrap();
    let narrow = api.client_with(made["token"].as_str().unwrap(), &account.id);
    narrow.list_customers("").await.ok();
    narrow.create_customer(json!({"email": "jane@example.com"})).await.refused(403);
    assert_eq!(api.client_of(&account).list_tokens("").await.ok().body["total"], 3);
}

#[tokio::test]
async fn an_account_says_what_it_is_in_the_register_and_to_tax_offices() {
    let api = Api::start().await;
    let client = api.client().await;
    let account = client.get_account().await.ok().body;
    for empty in ["legal_name", "legal_id", "address", "phone"] {
        assert_eq!(account[empty], Value::Null, "{empty}");
    }
    assert_eq!(account["tax_ids"], json!([]));
    let patch = json!({
        "legal_name": "Acme Ltd", "legal_id": "01234567", "phone": "+44 20 7946 0000",
        "address": {"line1": "1 High Street", "city": "London", "country": "UK"},
        "tax_ids": [{"type": "gb_vat", "value": "GB 980 7806 84"}],
    });
    let account = client.update_account(patch).await.ok().body;
    assert_eq!(account["address"]["country"], "GB");
    let account = client.update_account(json!({"address": {"city": null}})).await.ok().body;
    let address = &account["address"];
    assert_eq!((&address["line1"], &address["city"]), (&json!("1 High Street"), &Value::Null));
    let wrong = json!({
        "address": {"country": "gb"}, "tax_ids": [{"type": "gb_vat", "value": "980780684"}],
    });
    let refused = client.update_account(wrong).await.refused(422);
    assert_eq!(
        refused.faults(),
        ["/address/country unknown_country", "/tax_ids/0/value invalid_tax_id"]
    );
    let cleared = json!({"legal_name": null, "address": null, "tax_ids": []});
    let cleared = client.update_account(cleared).await.ok().body;
    assert_eq!((&cleared["address"], &cleared["legal_id"]), (&Value::Null, &json!("01234567")));
}
