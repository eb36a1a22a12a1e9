//! The request log: what an account's tokens asked, for whoever wants to know, and at nobody's cost.

use std::sync::{Arc, Mutex};

use local::wire::{Call, Fault, Gate};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Api, Client, eventually, exchange},
    passkeys::{door, read, register, soft::Soft},
};

/// An account that keeps its requests.
async fn logging(api: &Api) -> Client {
    let client = api.client().await;
    let account = client.update_account(json!({"request_logging": true})).await.ok().body;
    assert_eq!(account["request_logging"], true);
    client
}

fn is_of_log(call: &Call) -> bool {
    call.keys().any(|key| key.contains("#RL#"))
}

/// The log, once there are so many requests in it: each is written a moment after it was answered.
async fn logged(client: &Client, query: &str, count: usize) -> Vec<Value> {
    eventually(async || {
        let page = client.list_request_logs(query).await.ok();
        (page.items().len() >= count).then(|| page.items().to_vec())
    })
    .await
}

async fn refused_email(client: &Client) -> Answer {
    client.create_customer(json!({"email": "nobody", "currency": "dollars"})).await.refused(422)
}

#[tokio::test]
async fn an_account_that_keeps_no_log_pays_nothing_for_it_and_one_that_does_a_write_after_the_answer()
 {
    let api = Api::start().await;
    let (quiet, talks) = (api.client().await, logging(&api).await);
    let body = json!({"email": "jane@example.com"});
    let counted = async |client: &Client| {
        client.create_customer(body.clone()).await.ok();
        api.stack.wire().take();
        client.create_customer(body.clone()).await.ok();
        // What comes next to the process comes once it has written.
        client.create_customer(body.clone()).await.ok();
        api.stack.wire().take()
    };
    let (without, with) = (counted(&quiet).await, counted(&talks).await);
    assert!(!without.iter().any(is_of_log));
    let (of_log, rest): (Vec<Call>, Vec<Call>) = with.into_iter().partition(is_of_log);
    // That before the two may be among them, and that of the last not yet.
    assert!((1..=3).contains(&of_log.len()), "{of_log:?}");
    for call in &of_log {
        assert_eq!((call.action.as_str(), call.write_units), ("UpdateItem", 1.0));
    }
    let beside = |calls: Vec<Call>| {
        // A token is looked up anew now and then.
        let aside = |key: &str| ["RATE#", "TOK#", "COMPACT"].iter().any(|one| key.starts_with(one));
        let other = |call: &Call| !call.keys().all(aside);
        calls.into_iter().filter(other).map(|call| call.action).collect::<Vec<_>>()
    };
    assert_eq!(beside(rest), beside(without), "nothing else costs more");
}

#[tokio::test]
async fn a_request_is_in_the_log_with_what_was_wrong_and_nothing_of_what_was_sent() {
    let api = Api::start().await;
    let client = logging(&api).await;
    let refused = refused_email(&client).await;
    let made = client.create_customer(json!({"email": "secret@example.com"})).await.ok();
    client.get(&format!("/api/customers/{}?expand=account", made.id())).await.ok();
    client.get("/api/customers/external/4242424242424242").await.refused(404);
    let items = logged(&client, "", 4).await;
    let of = |route: &str, status: u16| {
        let is = |one: &&Value| one["route"] == route && one["status"] == status;
        items.iter().find(is).unwrap_or_else(|| panic!("{route} {status} in {items:#?}")).clone()
    };
    let first = of("POST /api/customers", 422);
    assert_eq!(first["id"], refused.body["request_id"]);
    assert_eq!((&first["code"], &first["actor"]), (&json!("invalid_email"), &json!("token")));
    let told = refused.body["errors"].as_array().unwrap().iter();
    let faults: Vec<Value> =
        told.map(|one| json!({"pointer": one["pointer"], "code": one["code"]})).collect();
    assert_eq!(first["errors"], json!(faults));
    let tokens = client.get("/api/tokens").await.ok();
    assert!(tokens.items().iter().any(|token| token["id"] == first["token_id"]));
    let second = of("POST /api/customers", 200);
    assert_eq!((&second["code"], &second["errors"]), (&Value::Null, &json!([])));
    assert!(second["capacity_units"].as_f64().unwrap() > 0.0 && second["duration_ms"].is_i64());
    let read = of("GET /api/customers/{id}", 200);
    assert_eq!(read["path"], format!("/api/customers/{}", made.id()));
    assert_eq!(
        of("GET /api/customers/external/{external_id}", 404)["path"],
        "/api/customers/external/…"
    );
    let text = json!(items).to_string();
    for kept in
        ["secret@example.com", "nobody", "dollars", "expand", "4242424242424242", client.token()]
    {
        assert!(!text.contains(kept), "{kept} in {text}");
    }
    // Reading the log is not in it.
    assert!(!text.contains("request-logs"), "{text}");
    api.audit().await;
}

#[tokio::test]
async fn the_log_is_filtered_grouped_and_paged() {
    let api = Api::start().await;
    let client = logging(&api).await;
    for _ in 0..3 {
        refused_email(&client).await;
    }
    client.create_customer(json!({})).await.refused(400);
    client.get_customer("cus_prod_0000000000000000").await.refused(404);
    client.create_customer(json!({"email": "jane@example.com"})).await.ok();
    logged(&client, "?failed=true", 5).await;
    logged(&client, "?failed=false", 1).await;
    let counts =
        async |query: &str| client.list_request_logs(query).await.ok().body["total"].clone();
    assert_eq!(counts("?failed=true").await, 5);
    assert_eq!(counts("?status=422").await, 3);
    assert_eq!(counts("?code=required").await, 1);
    assert_eq!(counts("?route=POST%20/api/customers").await, 5);
    assert_eq!(counts("?route=POST%20/api/customers&status=200").await, 1);
    assert_eq!(counts("?to=2020-01-01T00:00:00Z").await, 0);
    let page = client.list_request_logs("?failed=true&limit=2&offset=4").await.ok().body;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["has_more"]), (1, &json!(false)));
    let groups = client.group_request_logs("?failed=true").await.ok();
    let shown: Vec<Value> = groups
        .items()
        .iter()
        .map(|one| json!([one["route"], one["status"], one["code"], one["count"]]))
        .collect();
    assert_eq!(
        shown,
        [
            json!(["GET /api/customers/{id}", 404, null, 1]),
            json!(["POST /api/customers", 400, "required", 1]),
            json!(["POST /api/customers", 422, "invalid_email", 3]),
        ]
    );
    for (query, fault) in [
        ("?offset=951", "?offset too_large"),
        ("?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?to not_after_from"),
        ("?nonsense=1", "?nonsense unknown_parameter"),
    ] {
        assert_eq!(client.list_request_logs(query).await.refused(400).faults(), [fault], "{query}");
    }
    // Another account's log is another account's.
    let other = api.client().await;
    assert_eq!(other.list_request_logs("").await.ok().body["total"], 0);
    assert_eq!(other.group_request_logs("").await.ok().body["total"], 0);
    let narrow = json!({"kind": "secret", "scopes": ["request_logs:read"]});
    let narrow = client.create_token(narrow).await.ok().body["token"].clone();
    let narrow = api.client_with(narrow.as_str().unwrap(), &client.account);
    narrow.list_request_logs("").await.ok();
    narrow.get_account().await.refused(403);
}

#[tokio::test]
async fn whoever_asks_waits_for_no_log_and_is_not_told_that_it_cannot_be_written() {
    let api = Api::start().await;
    let client = logging(&api).await;
    // The write is held back; the answer is not.
    let (held, gate) = (Arc::new(Mutex::new(0)), Gate::default());
    let (seen, closed) = (Arc::clone(&held), gate.clone());
    api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _: u64| {
        if !is_of_log(call) {
            return Fault::Pass;
        }
        *seen.lock().unwrap() += 1;
        Fault::Hold(closed.clone())
    })));
    client.create_customer(json!({"email": "first@example.com"})).await.ok();
    eventually(async || (*held.lock().unwrap() > 0).then_some(())).await;
    gate.open();
    client.create_customer(json!({"email": "next@example.com"})).await.ok();
    logged(&client, "?route=POST%20/api/customers", 1).await;
    // It cannot be written at all.
    let broken = |call: &Call, _: u64| match is_of_log(call) {
        true => Fault::exception(400, "ProvisionedThroughputExceededException", "injected"),
        false => Fault::Pass,
    };
    api.stack.wire().set_fault(Some(Arc::new(broken)));
    for email in ["second@example.com", "third@example.com"] {
        client.create_customer(json!({"email": email})).await.ok();
    }
    api.stack.wire().set_fault(None);
    client.create_customer(json!({"email": "fourth@example.com"})).await.ok();
    logged(&client, "?route=POST%20/api/customers", 2).await;
}

#[tokio::test]
async fn every_token_that_works_is_told_and_later_ones_are_made_so() {
    let api = Api::start().await;
    let client = api.client().await;
    let token = async |name: &str| {
        let made = client.create_token(json!({"kind": "secret", "name": name})).await.ok();
        (made.id(), api.client_with(made.body["token"].as_str().unwrap(), &client.account))
    };
    let (_, earlier) = token("earlier").await;
    let (gone, _) = token("gone").await;
    client.delete(&format!("/api/tokens/{gone}")).await.ok();
    client.update_account(json!({"request_logging": true})).await.ok();
    let (later_id, later) = token("later").await;
    let rolled = client.post(&format!("/api/tokens/{later_id}/roll"), json!({})).await.ok();
    let rolled = api.client_with(rolled.body["token"].as_str().unwrap(), &client.account);
    later.get_account().await.refused(401);
    for client in [&earlier, &rolled] {
        client.get("/api/products").await.ok();
    }
    logged(&client, "?route=GET%20/api/products", 2).await;
    // A revoked token does not come back by it.
    let look_ups = api
        .dynamodb(
            "Scan",
            json!({"FilterExpression": "begins_with(PK, :tok) AND owned_by = :id",
        "ExpressionAttributeValues": {":tok": {"S": "TOK#"}, ":id": {"S": gone}}}),
        )
        .await;
    assert_eq!(look_ups["Count"], 0);
    // Off again: nothing more is kept by whoever hears of it.
    client.update_account(json!({"request_logging": false})).await.ok();
    let (_, quiet) = token("quiet").await;
    quiet.get("/api/products").await.ok();
    quiet.get("/api/products").await.ok();
    assert_eq!(client.list_request_logs("?route=GET%20/api/products").await.ok().body["total"], 2);
    api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_made_while_the_log_is_switched_on_is_told_too() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut soft = Soft::es256();
    register(&api, &client, &mut soft).await.ok();
    let body = soft.signs_in(&door(&api).await, &api.stack.base_url());
    let request = api.raw(Method::POST, "/dashboard/sign-in").header("paymentkit-session", "1");
    let entering = exchange(request.json(&body));
    let switch = async |on: bool| {
        client.update_account(json!({"request_logging": on})).await.ok();
    };
    let held = ("dashboard-sign-in", "TransactWriteItems");
    let session = api.while_held(held, entering, switch(true)).await.ok();
    read(&api, &session, "/api/products").await.ok();
    let of_session = logged(&client, "?route=GET%20/api/products", 1).await;
    assert_eq!(of_session[0]["token_id"], session.body["id"]);
    // One that takes another's place.
    switch(false).await;
    let token = client.create_token(json!({"kind": "secret"})).await.ok().id();
    let rolling = {
        let client = client.clone();
        async move { client.roll_token(&token, json!({})).await }
    };
    let held = ("tokens-roll", "TransactWriteItems");
    let rolled = api.while_held(held, rolling, switch(true)).await.ok();
    let rolled = api.client_with(rolled.body["token"].as_str().unwrap(), &client.account);
    rolled.get("/api/prices").await.ok();
    logged(&client, "?route=GET%20/api/prices", 1).await;
    api.audit().await;
}

#[tokio::test]
async fn what_is_older_than_a_week_is_not_shown_though_the_table_has_it() {
    let api = Api::start().await;
    let client = logging(&api).await;
    refused_email(&client).await;
    let kept = logged(&client, "", 1).await[0].clone();
    let mut old = kept.clone();
    old["created_at"] = "2020-01-01T00:00:00.000Z".into();
    let key = format!("2020-01-01T00:00:00.000Z#{}", kept["id"].as_str().unwrap());
    api.put_items(&[json!({
        "PK": {"S": format!("{}#RL#failed", client.account)}, "SK": {"S": key},
        "kept": {"S": old.to_string()}, "expires_at": {"N": "1578441600"},
    })])
    .await;
    assert_eq!(client.list_request_logs("?from=2019-01-01T00:00:00Z").await.ok().body["total"], 1);
    let publishable = api.client_with(&api.account("prod").await.publishable, "");
    exchange(publishable.request(Method::GET, "/api/request-logs")).await.refused(403);
}
