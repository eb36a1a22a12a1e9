//! Least privilege: what a function does to the table is what its policy in template.yaml lets it do,
//! no less and no more.
//!
//! Every operation is driven through all it can do to the table, with the calls recorded: as it should
//! be used, expanded, filtered, repeated with its `Idempotency-Key`, refused by a rule and by
//! `If-Match` after its key was used, and with every answer to its transactions lost. No local engine
//! enforces policies, so an action that is missing there would be found out in production.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use local::{
    Outcome, Template,
    template::{Function, Statement},
    wire::{Call, Fault, Touch},
};
use serde_json::{Value, json};

use super::world::{Ask, Operation, World};
use crate::{
    client::exchange,
    hosted_page::sent,
    passkeys::{self, soft::Soft},
    webhooks::{Reaction, Receiver},
};
use reqwest::Method;

#[tokio::test]
async fn a_function_may_do_to_the_table_what_it_does_and_nothing_else() {
    let mut options = local::Options::default();
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
    let lost = Arc::new(|call: &Call, _: u64| match call.action.as_str() {
        "TransactWriteItems" => Fault::ResetAfter,
        _ => Fault::Pass,
    });
    let right = world.fresh(operation, &operation.path).await;
    world.api.stack.wire().set_fault(Some(lost));
    world.expect(200, operation, &right, "to change, with every answer lost").await;
    world.api.stack.wire().set_fault(None);
    let Some(sample) = operation.sample() else { return };
    let key = ("Idempotency-Key", "more");
    for body in sample.refused.iter().chain(&sample.more) {
        let body = world.referring(world.account_of(operation), body.clone()).await;
        let ask = world.fresh(operation, &operation.path).await.json(&body);
        expanded(world, operation, ask.header(key.0, key.1)).await;
    }
}

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
    let lost = Arc::new(|call: &Call, _: u64| match call.action.as_str() {
        "TransactWriteItems" => Fault::ResetAfter,
        _ => Fault::Pass,
    });
    world.api.stack.wire().set_fault(Some(lost));
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
    for _ in 0..2 {
        let outcome = world.api.stack.invoke("workers-deliver", "{}").await.unwrap();
        world.check(matches!(outcome, Outcome::Answer(_)), || format!("deliver: {outcome:?}"));
    }
    world.check(!receiver.received().is_empty(), || "nothing was told".to_owned());
}

/// Somebody who signs in, where nobody has drawn a challenge before, with every answer lost.
async fn what_signs_in(world: &World) {
    let client = world.api.client_of(&world.stg);
    let mut soft = Soft::es256();
    passkeys::register(&world.api, &client, &mut soft).await.ok();
    let key = json!({"PK": {"S": "CHAL#key"}, "SK": {"S": "key"}});
    world.api.dynamodb("DeleteItem", json!({"Key": key})).await;
    let challenge = passkeys::door(&world.api).await;
    let lost = Arc::new(|call: &Call, _: u64| match call.action.as_str() {
        "TransactWriteItems" => Fault::ResetAfter,
        _ => Fault::Pass,
    });
    world.api.stack.wire().set_fault(Some(lost));
    let answer = soft.signs_in(&challenge, &world.api.stack.base_url());
    passkeys::enter(&world.api, &answer).await.ok();
    world.api.stack.wire().set_fault(None);
}

/// What a payer does, on a page and with a publishable token.
async fn what_a_payer_does(world: &World) {
    let client = world.api.client_of(&world.stg);
    let price = world.referring(&world.stg, json!("<POST /api/prices>")).await;
    let processor = world.referring(&world.stg, json!("<POST /api/processors>")).await;
    let stripe = json!({"name": "x", "type": "stripe", "secret_key": "sk_test_1"});
    let stripe = json!(client.create_processor(stripe).await.ok().id());
    let browser = world.api.client_with(&world.stg.publishable, &world.stg.id);
    for (default, tokens) in [
        (&stripe, ["test_decline_soft", "test_success"]),
        (&processor, ["test_decline_soft", "test_success"]),
        (&processor, ["test_timeout_after_charge", "test_success"]),
    ] {
        client.update_account(json!({"default_processor_id": default})).await.ok();
        let session = client
            .create_session(json!({
                "success_url": "https://example.com/", "return_url": "https://example.com/",
                "line_items": [{"price_id": price}],
            }))
            .await
            .ok();
        let url = session.body["url"].as_str().unwrap();
        let path = &url[url.find("/checkout/").unwrap()..];
        let secret = session.body["secure_token"].as_str().unwrap();
        for token in tokens {
            exchange(world.api.raw(Method::GET, path)).await;
            let form = [("email", "payer@example.com"), ("token", token)];
            exchange(sent(world.api.raw(Method::POST, path), &form)).await;
            let own = format!("/api/checkout-sessions/{}?secure_token={secret}", session.id());
            browser.get(&own).await.ok();
        }
    }
}

/// What a requested cancellation would come to.
async fn what_an_end_would_give_back(world: &World) {
    let client = world.api.client_of(&world.stg);
    let subscription = world.referring(&world.stg, json!("<NEW /api/subscriptions>")).await;
    let end = json!({"cancellation": {"refund_option": "prorated"}});
    let request = json!({"subscription_id": subscription, "changes": end});
    let request = client.create_change_request(request).await.ok().id();
    client.preview_change_request(&request).await.ok();
}

/// What a customer sees and does on the portal, with answers lost too.
async fn what_a_customer_does(world: &World) {
    let client = world.api.client_of(&world.stg);
    let (price, processor) = price_and_processor(world).await;
    let customer = client.create_customer(json!({"email": "portal@example.com"})).await.ok().id();
    let card = |token: &str| json!({"token": token, "processor_id": processor});
    let own = client.add_payment_method(&customer, card("test_success")).await.ok().id();
    let asks = client.add_payment_method(&customer, card("test_requires_action")).await.ok().id();
    let begun = json!({
        "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
        "default_payment_method_id": own,
    });
    let subscription = client.create_subscription(begun).await.ok().id();
    let bill = json!({
        "customer_id": customer, "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Work", "amount_atom": 1000}],
    });
    let bill = client.create_invoice(bill).await.ok().id();
    client.finalize_invoice(&bill).await.ok();
    let new = json!({"customer_id": customer, "return_url": "https://example.com/"});
    let session = client.create_portal_session(new).await.ok();
    let url = session.body["url"].as_str().unwrap();
    let path = &url[url.find("/portal/").unwrap()..];
    for form in [
        vec![("act", "pay"), ("invoice", &*bill), ("method", &*asks)],
        vec![("act", "confirm"), ("invoice", &*bill)],
        vec![("act", "default"), ("method", &*asks)],
        vec![("act", "cancel"), ("subscription", &*subscription)],
        vec![("act", "keep"), ("subscription", &*subscription)],
        vec![("act", "details"), ("email", "jane@example.com"), ("name", "Jane")],
        vec![("act", "remove"), ("method", &*own)],
        vec![("act", "add")],
    ] {
        let sent = exchange(sent(world.api.raw(Method::POST, path), &form)).await;
        world.check(sent.status == 303, || format!("{form:?}: {}", sent.body));
        let looked = exchange(world.api.raw(Method::GET, path)).await;
        world.check(looked.status == 200, || format!("{path}: {}", looked.body));
    }
    let wrong = [("act", "details"), ("email", "nobody")];
    let wrong = exchange(sent(world.api.raw(Method::POST, path), &wrong)).await;
    world.check(wrong.status == 422, || format!("a wrong address: {}", wrong.body));
    let invoice = format!("{path}&invoice={bill}");
    exchange(world.api.raw(Method::GET, &invoice)).await.ok();
}

/// A link that is opened by a browser and by a program, and with every answer lost.
async fn what_a_link_leads_to(world: &World) {
    let client = world.api.client_of(&world.stg);
    let refer = async |text: &str| world.referring(&world.stg, json!(text)).await;
    let link = client.create_payment_link(json!({
        "name": "Team plan", "mode": "subscription", "free_trial_days": 7,
        "line_items": [{"price_id": refer("<POST /api/prices>").await}],
        "customer_id": refer("<POST /api/customers>").await,
        "coupon_id": refer("<POST /api/coupons>").await,
        "success_url": "https://example.com/", "return_url": "https://example.com/",
    }));
    let link = link.await.ok();
    let url = link.body["url"].as_str().unwrap();
    let path = &url[url.find("/pay/").unwrap()..];
    opened(world, path).await;
    let lost = Arc::new(|call: &Call, _: u64| match call.action.as_str() {
        "TransactWriteItems" => Fault::ResetAfter,
        _ => Fault::Pass,
    });
    world.api.stack.wire().set_fault(Some(lost));
    opened(world, path).await;
    world.api.stack.wire().set_fault(None);
}

/// Opens a link as a browser does, and as a program.
async fn opened(world: &World, path: &str) {
    for (accept, status) in [("text/html", 303), ("application/json", 200)] {
        let opened = exchange(world.api.raw(Method::GET, path).header("accept", accept)).await;
        world.check(opened.status == status, || format!("{path}: {}", opened.body));
    }
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

/// What happens by itself, on the way of a clock and in a sweep.
async fn what_is_due(world: &World) {
    let client = world.api.client_of(&world.stg);
    client.release_clock().await.ok();
    client.stop_clock("2030-01-01T00:00:00Z").await.ok();
    // What is given up on leaves its subscription as it is.
    let kept = json!({"subscription": "keep_past_due", "invoice": "leave_open"});
    client.update_account(json!({"dunning": kept})).await.ok();
    for way in ["2030-05-01T00:00:00Z", "2030-12-01T00:00:00Z"] {
        let processor = client.post("/api/processors", json!({"name": "x", "type": "test"})).await;
        let processor = processor.ok().id();
        let price = world.referring(&world.stg, json!("<POST /api/prices>")).await;
        for (token, method) in [
            ("test_success", "charge_automatically"),
            ("test_decline_soft", "charge_automatically"),
            ("test_timeout_after_charge", "charge_automatically"),
            ("test_success", "send_invoice"),
        ] {
            let customer =
                client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
            let path = format!("/api/customers/{customer}/payment-methods");
            client.post(&path, json!({"processor_id": processor, "token": token})).await;
            let subscription = json!({
                "customer_id": customer, "items": [{"price_id": price}], "trial_period_days": 7,
                "collection_method": method, "processor_id": processor,
            });
            client.post("/api/subscriptions", subscription).await.ok();
        }
        // The second way is gone by the sweeper.
        if way.contains("12") {
            crate::test_clock::die_on_the_way(&world.api, 2);
        }
        client.advance_clock(way).await;
    }
    world.api.stack.wire().set_fault(None);
    // A sweep ends in time, and the next goes on.
    let mut clock = client.test_clock().await.ok();
    while clock.body["status"] == "advancing" {
        let before = clock.body["now"].clone();
        world.api.sweep().await;
        clock = client.test_clock().await.ok();
        if clock.body["now"] == before {
            break;
        }
    }
    world.check(clock.body["status"] == "ready", || format!("the clock: {}", clock.body));
    let of = price_and_processor(world).await;
    meets_what_was_made(world, &of).await;
    meets_a_payment(world, &of).await;
}

/// A preview beside a change that waits for a payment which the processor declined for good, while
/// whoever asked for it died before it was written down.
async fn meets_a_payment(world: &World, (price, processor): &(Value, Value)) {
    let client = world.api.client_of(&world.stg);
    let customer = client.create_customer(json!({"email": "lost@example.com"})).await.ok().id();
    let method = |token: &str| json!({"processor_id": processor, "token": token});
    client.add_payment_method(&customer, method("test_success")).await.ok();
    let begun = json!({
        "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
    });
    let begun = client.create_subscription(begun).await.ok();
    let mut declined = method("test_decline_hard");
    declined["make_default"] = true.into();
    client.add_payment_method(&customer, declined).await.ok();
    let edit = json!({"action": "update", "quantity": 3,
        "subscription_item_id": begun.body["items"][0]["id"]});
    let change = json!({
        "proration_behavior": "always_invoice", "pay_before_change": true, "items": [edit],
    });
    let asked = AtomicBool::new(false);
    let dies = move |call: &Call, _: u64| {
        let of_charge =
            |touch: &Touch| touch.sort_key.as_deref().is_some_and(|key| key.starts_with("ch_"));
        let before = asked.load(Ordering::Relaxed);
        if call.is_write() && call.touches.iter().any(of_charge) {
            asked.store(true, Ordering::Relaxed);
        }
        match before && call.action == "TransactWriteItems" {
            true => Fault::exception(400, "ValidationException", "injected"),
            false => Fault::Pass,
        }
    };
    world.api.stack.wire().set_fault(Some(Arc::new(dies)));
    client.change_items(&begun.id(), change).await;
    world.api.stack.wire().set_fault(None);
    client.preview_items(&begun.id(), json!({"items": [edit]})).await.ok();
}

/// A price and a processor of the staging account.
async fn price_and_processor(world: &World) -> (Value, Value) {
    let refer = |text: &str| world.referring(&world.stg, json!(text));
    (refer("<POST /api/prices>").await, refer("<POST /api/processors>").await)
}

/// What a client does to objects that time has made: renewals that are drafts, invoices that wait for
/// a way to pay them.
async fn meets_what_was_made(world: &World, (price, processor): &(Value, Value)) {
    let client = world.api.client_of(&world.stg);
    let coupon = world.referring(&world.stg, json!("<NEW /api/coupons>")).await;
    for renewal in 0..2 {
        let customer = json!({"email": "late@example.com"});
        let customer = client.create_customer(customer).await.ok().id();
        let begun = json!({
            "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
            "period_start": "2030-11-01T00:00:00Z", "net_d": 60,
            "collection_method": "send_invoice",
        });
        let subscription = client.create_subscription(begun).await.ok().id();
        client.advance_clock(&format!("2030-12-01T00:0{}:00Z", renewal + 1)).await.ok();
        let draft = format!("?customer_id={customer}&state=draft");
        let draft = client.list_invoices(&draft).await.ok().items()[0]["id"].clone();
        if renewal == 0 {
            let coupon = json!({"coupon_id": coupon});
            client.update_subscription(&subscription, coupon).await.ok();
            client.finalize_invoice(draft.as_str().unwrap()).await.ok();
        } else {
            let unpaid = json!({"refund_option": "cancel_unpaid"});
            client.cancel_subscription(&subscription, unpaid).await.ok();
        }
    }
    let named = |id: &str| json!({"email": "broke@example.com", "external_id": id});
    let customer = client.create_customer(named("broke")).await.ok().id();
    let begun = json!({
        "customer_id": customer, "items": [{"price_id": price}], "processor_id": processor,
    });
    client.create_subscription(begun).await.ok();
    let method = json!({"processor_id": processor, "token": "test_success"});
    // The first is the default already.
    client.add_payment_method(&customer, method.clone()).await.ok();
    let other = client.add_payment_method(&customer, method.clone()).await.ok().id();
    let third = client.add_payment_method(&customer, method).await.ok().id();
    let default = |method: &str| json!({"default_payment_method_id": method});
    client.update_customer(&customer, default(&other)).await.ok();
    client.update_customer_externally("broke", default(&third)).await.ok();
    // Whose only draft is gone again.
    for id in ["free", "free again"] {
        let customer = client.create_customer(named(id)).await.ok().id();
        let draft = json!({"customer_id": customer, "currency": "usd", "items": [
            {"name": "Work", "amount_atom": 100},
        ]});
        let draft = client.create_invoice(draft).await.ok().id();
        client.delete(&format!("/api/invoices/{draft}")).await.ok();
        match id {
            "free" => client.delete_customer(&customer).await.ok(),
            id => client.delete_customer_externally(id).await.ok(),
        };
    }
}

/// Where `touches` and the policy of `function` differ.
fn compared(function: &Function, touches: &[&Touch]) -> Vec<String> {
    // The narrowest statement that allows an action is the one that it takes.
    let mut statements: Vec<&Statement> = function.statements.iter().collect();
    statements.sort_by_key(|statement| statement.leading_keys.is_empty());
    let mut unused: Vec<(usize, &str)> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        unused.extend(statement.actions.iter().map(|action| (index, action.as_str())));
    }
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    for touch in touches {
        match statements.iter().position(|statement| allows(statement, touch)) {
            Some(index) => unused.retain(|one| *one != (index, touch.permission.as_str())),
            None => {
                let example = format!("{} / {:?}", touch.partition_key, touch.sort_key);
                refused.entry(touch.permission.clone()).or_insert(example);
            }
        }
    }
    let refused = refused
        .iter()
        .map(|(action, example)| format!("uses {action} and may not, for example on {example}"));
    let unused =
        unused.iter().map(|(index, action)| match statements[*index].leading_keys.as_slice() {
            [] => format!("may use {action} and does not"),
            keys => format!("may use {action} on {} and does not", keys.join(", ")),
        });
    refused.chain(unused).collect()
}

fn allows(statement: &Statement, touch: &Touch) -> bool {
    let of_table = |arn: &String| arn.ends_with(&format!(":table/{}", touch.table));
    statement.effect == "Allow"
        && statement.actions.contains(&touch.permission)
        && statement.resources.iter().any(of_table)
        && (statement.leading_keys.is_empty()
            || statement.leading_keys.iter().any(|key| is_like(key, &touch.partition_key)))
}

/// Whether `text` is like `pattern`, in which `*` stands for any text: IAM's `StringLike`.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| (0..=text.len()).any(|at| is_like(rest, &text[at..]))),
    }
}

#[test]
fn a_pattern_of_a_policy_may_have_its_star_anywhere() {
    let pattern = "acc_stg_*#CLOCK";
    assert!(is_like(pattern, "acc_stg_0000000000000001#CLOCK"));
    assert!(!is_like(pattern, "acc_prod_0000000000000001#CLOCK"));
    assert!(!is_like(pattern, "acc_stg_0000000000000001#CLOCK#x"));
    assert!(is_like("TOK#*", "TOK#") && !is_like("TOK#*", "TOK") && is_like("a*b*c", "abbc"));
    assert!(is_like("x", "x") && !is_like("x", "xx"));
}

#[test]
fn no_policy_has_a_wildcard() {
    let template = Template::load(crate::client::root().join("template.yaml")).unwrap();
    for function in template.functions() {
        for statement in &function.statements {
            let mut words = statement.actions.iter().chain(&statement.resources);
            assert!(words.all(|word| !word.contains('*')), "{}", function.logical_id);
        }
    }
}

#[test]
fn a_difference_is_found_in_both_directions() {
    let template = Template::parse(
        "Resources:
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: target/lambda/reader/
      Policies:
        - Statement:
            - {Effect: Allow, Action: dynamodb:GetItem, Resource: 'arn:x:table/t'}
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:UpdateItem]
              Resource: 'arn:x:table/t'
              Condition: {'ForAllValues:StringLike': {dynamodb:LeadingKeys: ['TOK#*']}}",
    )
    .unwrap();
    let touch = |permission: &str, partition_key: &str| Touch {
        permission: format!("dynamodb:{permission}"),
        table: "t".to_owned(),
        partition_key: partition_key.to_owned(),
        sort_key: None,
    };
    let found = |used: &[(&str, &str)]| {
        let touches: Vec<Touch> = used.iter().map(|(name, key)| touch(name, key)).collect();
        compared(template.function("reader").unwrap(), &touches.iter().collect::<Vec<_>>())
    };
    let used = [("GetItem", "TOK#1"), ("UpdateItem", "TOK#1"), ("GetItem", "acc#1")];
    assert!(found(&used).is_empty());
    assert_eq!(found(&used[..2]), ["may use dynamodb:GetItem and does not"]);
    assert_eq!(found(&used[1..]), ["may use dynamodb:GetItem on TOK#* and does not"]);
    let more = [used.as_slice(), &[("UpdateItem", "acc#1")]].concat();
    assert_eq!(found(&more), ["uses dynamodb:UpdateItem and may not, for example on acc#1 / None"]);
}
