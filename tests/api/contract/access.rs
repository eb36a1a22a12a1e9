//! Least privilege: what a function does to the table is what its policy in template.yaml lets it do,
//! no less and no more.
//!
//! Every operation is driven through all it can do to the table, with the calls recorded: as it should
//! be used, expanded, filtered, repeated with its `Idempotency-Key`, refused by a rule and by
//! `If-Match` after its key was used, and with every answer to its transactions lost. No local engine
//! enforces policies, so an action that is missing there would be found out in production.

mod due;
mod patterns;
mod people;
mod policy;

use std::sync::Arc;

use local::{
    Outcome,
    wire::{Call, Fault, Touch},
};
use serde_json::{Value, json};

use self::{
    due::what_is_due,
    people::{what_a_customer_does, what_a_link_leads_to, what_a_payer_does, what_signs_in},
    policy::compared,
};
use super::world::{Ask, Operation, World};
use crate::books;
use crate::webhooks::{Reaction, Receiver};

#[tokio::test]
async fn a_function_may_do_to_the_table_what_it_does_and_nothing_else() {
    let bucket = local::s3::StandIn::start().await.unwrap();
    let mut options = books::bucket::options(&bucket, "");
    // So that there are events to be counted at the end.
    options.environment.insert("EVENTS_SETTLE_MS".to_owned(), "20000".to_owned());
    let world = World::start_with(options).await;
    let operations = world.operations.clone();
    for account in [&world.own, &world.stg] {
        let client = world.api.client_of(account);
        client.update_account(json!({"request_logging": true})).await.ok();
    }
    for operation in &operations {
        read_or_change(&world, operation).await;
    }
    operate(&world).await;
    world.api.client_of(&world.own).revenue("").await.ok();
    let calls = world.api.stack.wire().take();
    for function in world.api.stack.template().functions() {
        let of_this = calls.iter().filter(|call| call.function == function.bin);
        let touches: Vec<&Touch> = of_this.flat_map(|call: &Call| &call.touches).collect();
        for wrong in compared(function, &touches) {
            world.check(false, || format!("{}: {wrong}", function.logical_id));
        }
    }
    for wrong in patterns::differences(&calls) {
        world.check(false, || format!("docs/data-model.md: {wrong}"));
    }
    world.report();
}

/// Takes an operation through everything that it can do to the table.
async fn read_or_change(world: &World, operation: &Operation) {
    let right = world.fresh(operation, &operation.path).await;
    if !operation.changes() {
        world.expect(200, operation, &right, "to read").await;
        return expanded(world, operation, right).await;
    }
    let keyed = right.header("Idempotency-Key", "repeated");
    world.expect(200, operation, &keyed, "to change").await;
    let again = world.expect(200, operation, &keyed, "to repeat the change").await;
    world.check(again.header("idempotent-replayed") == Some("true"), || {
        format!("{}: the repeated request was not replayed", operation.route())
    });
    let right = world.fresh(operation, &operation.path).await;
    expanded(world, operation, right).await;
    if operation.changes_existing() {
        let stale = world.fresh(operation, &operation.path).await.header("If-Match", "\"999\"");
        world.expect(412, operation, &stale.header("Idempotency-Key", "stale"), "stale").await;
    }
    loses_every_answer(world, operation).await;
    let Some(sample) = operation.sample() else { return };
    let key = ("Idempotency-Key", "more");
    for body in sample.refused.iter().chain(&sample.more) {
        let body = world.referring(world.account_of(operation), body.clone()).await;
        let ask = world.fresh(operation, &operation.path).await.json(&body);
        expanded(world, operation, ask.header(key.0, key.1)).await;
    }
}

/// Makes a change while the answer to each of its transactions is lost: each is repeated, and then its proof
/// is read. A busy machine may take longer for that than the function has; then another change is made.
async fn loses_every_answer(world: &World, operation: &Operation) {
    for left in (0..MOST_SENT).rev() {
        let right = world.fresh(operation, &operation.path).await;
        world.api.stack.wire().set_fault(Some(Arc::new(loses_transactions)));
        let answer = world.send(operation, &right).await;
        world.api.stack.wire().set_fault(None);
        if answer.status == 503 && left > 0 {
            continue;
        }
        return world.check(answer.status == 200, || {
            format!("{}, with every answer lost: {answer:?}", operation.route())
        });
    }
}

fn loses_transactions(call: &Call, _: u64) -> Fault {
    match call.action.as_str() {
        "TransactWriteItems" => Fault::ResetAfter,
        _ => Fault::Pass,
    }
}

/// How often a request is sent that is told to come back.
const MOST_SENT: usize = 5;

/// What has custom fields, where it stands beside something else.
const HOLDERS: [&str; 5] = ["customer", "invoice", "price", "product", "subscription"];

/// Sends a request with everything expanded that can be, and the custom fields of that.
async fn expanded(world: &World, operation: &Operation, ask: Ask) {
    let mut names: Vec<String> = operation
        .expansions
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let holders: Vec<_> =
        HOLDERS.iter().filter(|holder| names.iter().any(|n| n == *holder)).collect();
    names.extend(holders.into_iter().map(|holder| format!("{holder}.custom_fields")));
    let query = match names.is_empty() {
        true => String::new(),
        false => format!("?expand={}", names.join(",")),
    };
    world.send(operation, &ask.at(format!("{}{query}", ask.path))).await;
}

/// The functions that have no route.
async fn operate(world: &World) {
    let event = json!({"environment": "stg", "name": "Acme"}).to_string();
    world.api.stack.wire().set_fault(Some(Arc::new(loses_transactions)));
    world.api.stack.invoke("operator-create-account", event).await.unwrap();
    let event = json!({"account_id": world.stg.id, "kind": "secret"}).to_string();
    world.api.stack.invoke("operator-create-token", event).await.unwrap();
    world.api.stack.wire().set_fault(None);
    what_signs_in(world).await;
    what_a_payer_does(world).await;
    what_a_link_leads_to(world).await;
    what_an_end_would_give_back(world).await;
    what_a_customer_does(world).await;
    what_a_processor_tells(world).await;
    what_is_due(world).await;
    what_is_told(world).await;
    what_is_long(world).await;
    what_came_later(world).await;
    what_is_used(world).await;
    what_is_entered_in_books(world).await;
}

/// Books, which are not written: in this world there are payments of invoices that nobody has, which were
/// made past the API. All has been read before that is said.
async fn what_is_entered_in_books(world: &World) {
    let event = json!({"account_id": world.own.id}).to_string();
    let outcome = world.api.stack.invoke("workers-books", event).await.unwrap();
    let said = match &outcome {
        Outcome::Error(said) => String::from_utf8_lossy(said).contains("which does not exist"),
        _ => false,
    };
    world.check(said, || format!("books: {outcome:?}"));
}

/// What is measured now is in what a customer has; and one event is found by its identifier.
async fn what_is_used(world: &World) {
    let client = world.api.client_of(&world.own);
    let customer = client.create_customer(json!({"email": "used@example.com"})).await.ok().id();
    let meter =
        json!({"display_name": "Used", "event_name": "used", "aggregation_formula": "count"});
    let meter = client.create_meter(meter).await.ok().id();
    let product = client.create_product(json!({"name": "Used"})).await.ok().id();
    let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1,
        "billing_interval": "month", "usage_type": "metered", "meter_id": meter});
    let price = client.create_price(price).await.ok().id();
    let sold = json!({"customer_id": customer, "collection_method": "send_invoice",
        "items": [{"price_id": price}]});
    client.create_subscription(sold).await.ok();
    client.get(&format!("/api/customers/{customer}/state")).await.ok();
    client.get(&format!("/api/meter-events?meter_id={meter}&identifier=none")).await.ok();
    let users =
        json!({"display_name": "Users", "event_name": "users", "aggregation_formula": "unique"});
    client.create_meter(users).await.ok();
    let event = json!({"event_name": "users", "identifier": "users_1",
        "payload": {"customer_id": customer, "value": "jane"}});
    client.record_usage(event).await.ok();
}

/// An object that is noted to have entered no list, and has: it is read again, and left as it is.
async fn what_came_later(world: &World) {
    let client = world.api.client_of(&world.own);
    let id = client.create_customer(json!({"email": "later@example.com"})).await.ok().id();
    let key = json!({"PK": {"S": format!("{}#{id}", world.own.id)}, "SK": {"S": "object"}});
    let stored = world.api.dynamodb("GetItem", json!({"Key": key})).await;
    let mut item = stored["Item"].clone();
    item.as_object_mut().unwrap().remove("entered");
    world.api.dynamodb("PutItem", json!({"Item": item})).await;
    let mut event = json!({});
    loop {
        let outcome = world.api.stack.invoke("operator-backfill", event.to_string()).await.unwrap();
        let Outcome::Answer(answer) = outcome else { panic!("{outcome:?}") };
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        match &answer["after"] {
            Value::Null => break,
            after => event = json!({"after": after}),
        }
    }
}

/// An event that is sent once more, and a replay: by the worker, when they are due.
async fn what_is_told(world: &World) {
    let client = world.api.client_of(&world.own);
    let receiver = Receiver::start(|_, _| Reaction::Answer(200)).await;
    let endpoint = json!({"url": receiver.url, "events": ["customer.created"]});
    let endpoint = client.create_webhook_endpoint(endpoint).await.ok().id();
    client.create_customer(json!({"email": "told@example.com"})).await.ok();
    let event = client.list_events("?limit=1").await.ok().items()[0]["id"].clone();
    let to = json!({"endpoint_id": endpoint});
    client.resend_event(event.as_str().unwrap(), to).await.ok();
    let replay = json!({"since": "2020-01-01T00:00:00Z", "only": "all"});
    client.replay_events(&endpoint, replay).await.ok();
    // What the database takes too long to say of an endpoint is left for the next time.
    for time in 0..MOST_DELIVERIES {
        if time >= 2 && !receiver.received().is_empty() {
            break;
        }
        let outcome = world.api.stack.invoke("workers-deliver", "{}").await.unwrap();
        world.check(matches!(outcome, Outcome::Answer(_)), || format!("deliver: {outcome:?}"));
    }
    world.check(!receiver.received().is_empty(), || "nothing was told".to_owned());
}

/// How often the worker is asked to deliver what is due.
const MOST_DELIVERIES: usize = 50;

/// What a requested cancellation would come to.
async fn what_an_end_would_give_back(world: &World) {
    let client = world.api.client_of(&world.stg);
    let subscription = world.referring(&world.stg, json!("<NEW /api/subscriptions>")).await;
    let end = json!({"cancellation": {"refund_option": "prorated"}});
    let request = json!({"subscription_id": subscription, "changes": end});
    let request = client.create_change_request(request).await.ok().id();
    client.preview_change_request(&request).await.ok();
}

/// What a processor tells of payments and refunds that waited: made, and not made.
async fn what_a_processor_tells(world: &World) {
    let client = world.api.client_of(&world.stg);
    let stripe = world.api.stack.stripe();
    let new = json!({
        "name": "x", "type": "stripe", "secret_key": "sk_test_1", "webhook_secrets": ["whsec_1"],
    });
    let processor = client.create_processor(new).await.ok().id();
    let url = format!("{}/api/processor-events/{processor}", world.api.stack.base_url());
    stripe.listens(&url, "whsec_1");
    let price = world.referring(&world.stg, json!("<POST /api/prices>")).await;
    let card = |token: &str| json!({"token": token, "processor_id": processor});
    for succeeds in [true, false] {
        let customer = client.create_customer(json!({"email": "told@example.com"})).await.ok().id();
        client.add_payment_method(&customer, card("pm_card_pendingRefund")).await.ok();
        let session = json!({
            "success_url": "https://example.com/", "return_url": "https://example.com/",
            "customer_id": customer, "line_items": [{"price_id": price}],
        });
        let session = client.create_session(session).await.ok().id();
        let asks = json!({"payment_method": card("pm_card_threeDSecure2Required")});
        let asked = client.complete_session(&session, asks).await.refused(422);
        let charge = asked.body["next_action"]["processor_reference"].as_str().unwrap();
        stripe.act(charge, succeeds);
        let bill = json!({
            "customer_id": customer, "currency": "usd", "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        let bill = client.create_invoice(bill).await.ok().id();
        let paid = client.finalize_invoice(&bill).await.ok();
        let refund = json!({"payment_intent_id": paid.body["payment_intent_id"]});
        let refund = client.create_refund(refund).await.ok();
        let reference = refund.body["processor_reference"].as_str().unwrap();
        stripe.change_refund(reference, if succeeds { "succeeded" } else { "failed" });
        stripe.all_told().await;
        let known = client.get_refund(&refund.id()).await.ok();
        world.check(known.body["state"] != "pending", || "a refund was not told of".to_owned());
    }
}

/// A list that is compacted twice, so that there are nodes to read; then by two at once, of which one
/// waits before it reads its nodes until they have been replaced.
async fn what_is_long(world: &World) {
    let account = &world.stg.id;
    for round in 0..3 {
        let operation = |number: u32| {
            let sk = format!("zzz_stg_{round}{number:015}#000000001");
            json!({
                "PK": {"S": format!("{account}#L#zzz#0")}, "SK": {"S": sk}, "d": {"N": "1"},
            })
        };
        let mut items: Vec<Value> = (0..520).map(operation).collect();
        items.push(json!({"PK": {"S": "COMPACT"}, "SK": {"S": format!("{account}#zzz#read")}}));
        world.api.put_items(&items).await;
        let slow = match round {
            2 => Some(world.api.hold(("workers-compact", "BatchGetItem"))),
            _ => None,
        };
        let first = world.api.compact();
        let second = async {
            if let Some((mut reached, gate)) = slow {
                reached.recv().await.unwrap();
                world.api.compact().await;
                gate.open();
            }
        };
        let (outcome, ()) = futures_util::future::join(first, second).await;
        world.check(matches!(outcome, Outcome::Answer(_)), || format!("compact: {outcome:?}"));
    }
    world.api.stack.wire().set_fault(None);
}
