//! The one call that says whether a feature is open to a customer.

use local::wire::Call;
use serde_json::{Value, json};

use crate::{billing::Shop, client::Api, metered::Metered};

/// The calls to the table since the last look, beside those for a token and its limit.
fn calls(api: &Api) -> Vec<Call> {
    let ours = |call: &Call| {
        let partition = call.keys().next().unwrap_or_default();
        call.function == "customers-state"
            && !partition.starts_with("RATE#")
            && !partition.starts_with("TOK#")
            && !partition.ends_with("#CLOCK")
    };
    api.stack.wire().take().into_iter().filter(ours).collect()
}

fn fields(object: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| object[*name].clone()).collect()
}

#[tokio::test]
async fn a_customer_s_state_is_what_runs_and_what_is_owed_in_two_waits() {
    let shop = Shop::open().await;
    let (client, customer) = (&shop.client, shop.customer.as_str());
    let state = async || client.get_customer_state(customer).await.ok().body;
    let nothing = state().await;
    assert_eq!(fields(&nothing, &["subscriptions", "past_due_invoices"]), json!([[], []]));
    let price = shop.monthly(1000).await;
    let paid = shop.subscribe(&price, json!({})).await.ok().id();
    let over = shop.subscribe(&price, json!({})).await.ok().id();
    client.post(&format!("/api/subscriptions/{over}/cancel"), json!({})).await.ok();
    let trial = json!({"trial_period_days": 14, "external_id": "seat-1"});
    let trial = shop.subscribe(&price, trial).await.ok().id();
    let credit = json!({"currency": "usd", "balance_atom": 500});
    client.patch(&format!("/api/customers/{customer}/credit-balance"), credit).await;
    state().await;
    api_is_quiet(&shop.api);
    let shown = state().await;
    let calls = calls(&shop.api);
    // Queries, which are made at once, and then all objects together.
    let actions: Vec<&str> = calls.iter().map(|call| call.action.as_str()).collect();
    assert_eq!(actions, ["Query", "Query", "Query", "BatchGetItem"], "{calls:#?}");
    let units: f64 = calls.iter().map(Call::capacity_units).sum();
    println!("{} calls, {units} units", calls.len());
    let running = shown["subscriptions"].as_array().unwrap();
    let names = ["id", "state", "external_id"];
    let running: Vec<Value> = running.iter().map(|one| fields(one, &names)).collect();
    assert_eq!(running, [json!([trial, "trialing", "seat-1"]), json!([paid, "active", null])]);
    let item = &shown["subscriptions"][1]["items"][0];
    assert_eq!(fields(item, &["price_id", "quantity", "usage"]), json!([price, 1, null]));
    let whole = client.get_customer(customer).await.ok().body;
    assert_eq!(shown["credit_balances"], whole["credit_balances"]);
    assert_eq!((&shown["customer_id"], &shown["has_more"]), (&json!(customer), &json!(false)));
    shop.api.audit().await;
}

/// What was asked for before is not counted.
fn api_is_quiet(api: &Api) {
    api.stack.wire().take();
}

#[tokio::test]
async fn what_is_past_due_is_said() {
    let shop = Shop::open_at("2030-01-01T00:00:00Z", "test_success").await;
    let (client, customer) = (&shop.client, shop.customer.as_str());
    let draft = json!({
        "customer_id": customer, "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Consulting", "amount": "6.00"}], "due_date": "2030-01-10T00:00:00Z",
    });
    let id = client.create_invoice(draft).await.ok().id();
    let number = client.finalize_invoice(&id).await.ok().body["number"].clone();
    shop.advance("2030-01-12T00:00:00Z").await;
    let state = client.get_customer_state(customer).await.ok().body;
    let names = ["id", "number", "due_amount_atom", "due_date"];
    let owed = fields(&state["past_due_invoices"][0], &names);
    assert_eq!(owed, json!([id, number, 600, "2030-01-10T00:00:00.000Z"]));
    let told = async || {
        let events = client.list_events("?type=customer.state_changed").await.ok();
        events.items().iter().map(|one| one["data"]["object"]["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(told().await, ["past_due"]);
    client.post(&format!("/api/invoices/{id}/void"), json!({})).await.ok();
    assert_eq!(told().await, ["void", "past_due"]);
    // Of another account there is no such customer.
    let other = shop.api.account("stg").await;
    let other = shop.api.client_of(&other).get_customer_state(customer).await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn what_is_measured_is_told_as_it_is_counted() {
    let metered = Metered::open().await;
    let price = metered.price(json!({"unit_amount_atom": 5})).await;
    let subscription = metered.subscribe(&[&price], json!({})).await;
    let usage = json!({
        "event_name": "gb", "identifier": "one",
        "payload": {"customer_id": metered.customer, "value": 2.5},
    });
    metered.shop.client.post("/api/meter-events", usage).await.ok();
    let state = metered.shop.client.get_customer_state(&metered.customer).await.ok().body;
    let item = &state["subscriptions"][0]["items"][0];
    assert_eq!(item["quantity"], Value::Null);
    let used = fields(&item["usage"], &["meter_id", "value", "events", "from"]);
    let from = &subscription["current_period_start"];
    assert_eq!(used, json!([metered.meter, "2.5", 1, from]));
}

/// What decides what is open to a customer is told of in the transaction that changes it. A new period decides
/// nothing, and costs no event.
#[tokio::test]
async fn a_change_of_what_is_open_has_an_event_and_a_renewal_has_none() {
    let shop = Shop::open().await;
    let (client, customer) = (&shop.client, shop.customer.as_str());
    let told = async || {
        let events = client.list_events("?type=customer.state_changed&limit=100").await.ok();
        let all = events.items().iter().rev();
        all.map(|one| one["data"].clone()).collect::<Vec<Value>>()
    };
    let price = shop.monthly(1000).await;
    assert!(told().await.is_empty());
    let id = shop.subscribe(&price, json!({})).await.ok().id();
    let path = format!("/api/subscriptions/{id}");
    let first = told().await;
    assert_eq!(first.len(), 1, "{first:#?}");
    let names = ["id", "customer_id", "state"];
    assert_eq!(fields(&first[0]["object"], &names), json!([id, customer, "active"]));

    client.patch(&path, json!({"metadata": {"a": "b"}})).await.ok();
    let before = shop.subscription(&id).await;
    shop.advance(before["current_period_end"].as_str().unwrap()).await;
    let renewed = shop.subscription(&id).await;
    assert_ne!(renewed["current_period_end"], before["current_period_end"]);
    assert_eq!(told().await.len(), 1);

    let item = &renewed["items"][0]["id"];
    let items = json!({"proration_behavior": "none", "items": [
        {"action": "update", "subscription_item_id": item, "quantity": 3}]});
    client.post(&format!("{path}/items"), items).await.ok();
    client.post(&format!("{path}/schedule-cancellation"), json!({})).await.ok();
    client.post(&format!("{path}/cancel"), json!({})).await.ok();
    let all = told().await;
    let shown: Vec<Value> = all
        .iter()
        .map(|one| fields(&one["object"], &["state", "cancel_at_period_end"]))
        .zip(all.iter().map(|one| one["object"]["items"][0]["quantity"].clone()))
        .map(|(shown, quantity)| json!([shown[0], shown[1], quantity]))
        .collect();
    let expected = [
        json!(["active", false, 1]),
        json!(["active", false, 3]),
        json!(["active", true, 3]),
        json!(["cancelled", true, 3]),
    ];
    assert_eq!(shown[..3], expected[..3]);
    assert_eq!(shown[3][0], "cancelled");
    let mine = client.list_events(&format!("?customer_id={customer}&limit=100")).await.ok();
    let count = mine.items().iter().filter(|one| one["type"] == "customer.state_changed").count();
    assert_eq!(count, 4);
    shop.api.audit().await;
}
