//! What people do: who signs in, who pays, and who looks after their own subscriptions.

use std::sync::Arc;

use local::wire::{Call, Fault};
use reqwest::Method;
use serde_json::json;

use super::due::price_and_processor;
use crate::{
    client::exchange,
    contract::world::World,
    hosted_page::sent,
    passkeys::{self, soft::Soft},
};

/// Somebody who signs in, where nobody has drawn a challenge before, with every answer lost.
pub(super) async fn what_signs_in(world: &World) {
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
pub(super) async fn what_a_payer_does(world: &World) {
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

/// What a customer sees and does on the portal, with answers lost too.
pub(super) async fn what_a_customer_does(world: &World) {
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
pub(super) async fn what_a_link_leads_to(world: &World) {
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
pub(super) async fn opened(world: &World, path: &str) {
    for (accept, status) in [("text/html", 303), ("application/json", 200)] {
        let opened = exchange(world.api.raw(Method::GET, path).header("accept", accept)).await;
        world.check(opened.status == status, || format!("{path}: {}", opened.body));
    }
}
