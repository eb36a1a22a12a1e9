//! The customer portal: what a customer sees there and does, and that it is their own alone.

mod buyer;
mod next_charge;

use reqwest::Method;
use serde_json::{Value, json};

pub(crate) use self::buyer::{Buyer, bought, opened, path_of, says, text};
use crate::{billing::Shop, client::exchange};

#[tokio::test]
async fn a_customer_sees_what_they_have_in_their_language_without_a_script() {
    let buyer = bought().await;
    let page = buyer.look("en").await.ok();
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self';"));
    for said in [
        "Your account with Acme Analytics",
        "Next charge: $12.00 on 28 February 2026",
        "ending in",
        "Used for payments",
        "Cancel subscription",
        "help@acme.example",
        "Back to Acme Analytics",
    ] {
        says(&page, said);
    }
    assert!(!text(&page).contains("<script") && !text(&page).contains("To be paid"));
    for (language, said) in [
        ("de", "Ihr Konto bei Acme Analytics"),
        ("fr", "Votre compte chez Acme Analytics"),
        ("es", "Su cuenta con Acme Analytics"),
        ("nl", "Uw account bij Acme Analytics"),
        ("it", "Il tuo account con Acme Analytics"),
        ("pt", "A sua conta com Acme Analytics"),
        ("ja", "Acme Analyticsのアカウント"),
    ] {
        let page = buyer.look(language).await.ok();
        says(&page, said);
        says(&page, &format!("<html lang=\"{language}\">"));
    }
    // What they came for stands first.
    let flow = json!({"flow": "details"});
    let session = opened(&buyer.shop, &buyer.shop.customer.clone(), flow).await;
    let page = buyer.at(&path_of(&session.body["url"]), "en").await.ok();
    let (first, rest) = text(&page).split_once("Your details").unwrap();
    assert!(!first.contains("Cancel subscription") && rest.contains("Cancel subscription"));
}

#[tokio::test]
async fn an_open_invoice_is_paid_by_a_card_that_is_chosen_once_however_often_it_is_sent() {
    let buyer = bought().await;
    let declined = buyer.method("test_decline_soft").await;
    let good = buyer.method("test_success").await;
    let invoice = buyer.bill().await;
    let page = buyer.look("en").await.ok();
    says(&page, "To be paid");
    says(&page, "Pay $30.00");
    let pay = |method: &str| {
        vec![("act", "pay".to_owned()), ("invoice", invoice.clone()), ("method", method.to_owned())]
    };
    let pay = async |method: &str| {
        let form = pay(method);
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
        buyer.act(&form).await
    };
    says(&pay(&declined).await, "not enough money");
    for _ in 0..2 {
        says(&pay(&good).await, "Your payment has been received");
    }
    let paid = buyer.shop.client.get_invoice(&invoice).await.ok().body;
    assert_eq!(paid["state"], "paid");
    let intents = format!("?invoice_id={invoice}&state=succeeded");
    assert_eq!(buyer.shop.client.list_payment_intents(&intents).await.ok().body["total"], 1);
    // The invoice is a file, and says where on the portal and on its own page.
    let as_file = format!("{}&invoice={invoice}&as=pdf", buyer.path);
    let file = buyer.at(&as_file, "en").await.ok();
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    let name = format!("{}.pdf", paid["number"].as_str().unwrap());
    let kept = format!("inline; filename=\"{name}\"");
    assert_eq!(file.header("content-disposition"), Some(&*kept));
    assert!(file.body.as_str().unwrap().starts_with("%PDF-"));
    for path in [buyer.path.clone(), format!("{}&invoice={invoice}", buyer.path)] {
        says(
            &buyer.at(&path, "en").await.ok(),
            &format!("&#38;invoice={invoice}&#38;as=pdf\">{name}</a>"),
        );
    }
    // The invoice is a page too, and has its own policy.
    let page = buyer.at(&format!("{}&invoice={invoice}", buyer.path), "en").await.ok();
    says(&page, "Amount due");
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'none'"));
    buyer.shop.api.audit().await;
}

#[tokio::test]
async fn what_an_invoice_gave_back_stands_below_it_as_a_page_and_as_a_file() {
    let buyer = bought().await;
    let (client, customer) = (&buyer.shop.client, &buyer.shop.customer);
    let invoice = buyer.bill().await;
    client.pay_invoice(&invoice, json!({"paid_out_of_band": true})).await.ok();
    assert!(!text(&buyer.look("en").await.ok()).contains("Credit note"));
    let credit = async |rest: Value| {
        let mut body = json!({"currency": "usd", "amount_atom": 500});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        client.create_credit_note(customer, body).await.ok()
    };
    // A gift is no correction of anything.
    let gift = credit(json!({})).await.id();
    let note = credit(json!({"invoice_id": invoice, "description": "<b>Sorry</b>"})).await;
    let (id, number) = (note.id(), note.body["number"].as_str().unwrap().to_owned());
    let page = buyer.look("en").await.ok();
    says(&page, &format!("&#38;credit_note={id}\">Credit note {number}</a> · $5.00"));
    says(&page, &format!("&#38;credit_note={id}&#38;as=pdf\">{number}.pdf</a>"));
    assert!(!text(&page).contains(&gift));
    says(&buyer.look("de").await.ok(), &format!("Rechnungskorrektur {number}</a>"));
    let own = format!("{}&credit_note={id}", buyer.path);
    let page = buyer.at(&own, "fr").await.ok();
    for said in ["<html lang=\"fr\">", "<h1>Avoir</h1>", &number, "&#60;b&#62;Sorry&#60;/b&#62;"] {
        says(&page, said);
    }
    says(&page, &format!("&#38;credit_note={id}&#38;as=pdf\">{number}.pdf</a>"));
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'none'"));
    let file = buyer.at(&format!("{own}&as=pdf"), "en").await.ok();
    let kept = format!("inline; filename=\"{number}.pdf\"");
    assert_eq!(file.header("content-disposition"), Some(&*kept));
    assert!(file.body.as_str().unwrap().starts_with("%PDF-"));
    // What is no document, another's, or nothing, is not there.
    let joe = client.create_customer(json!({"email": "joe@example.com"})).await.ok().id();
    let theirs = path_of(&opened(&buyer.shop, &joe, json!({})).await.body["url"]);
    for path in [
        format!("{theirs}&credit_note={id}"),
        format!("{}&credit_note={gift}", buyer.path),
        format!("{}&credit_note=cn_stg_0000000000000000", buyer.path),
        format!("{}&credit_note=nonsense&as=pdf", buyer.path),
    ] {
        let answer = buyer.at(&path, "en").await;
        assert_eq!(answer.status, 404, "{path}");
        says(&answer, "There is nothing here");
    }
    buyer.shop.api.audit().await;
}

#[tokio::test]
async fn a_payment_that_its_bank_wants_confirmed_is_confirmed_or_refused_on_the_page() {
    let buyer = bought().await;
    let asks = buyer.method("test_requires_action").await;
    for (act, said) in [("refuse", "The card was declined"), ("confirm", "has been received")] {
        let invoice = buyer.bill().await;
        let form = [("act", "pay"), ("invoice", &*invoice), ("method", &*asks)];
        let waits = buyer.act(&form).await;
        says(&waits, "Your bank wants you to confirm");
        says(&waits, "value=\"confirm\"");
        says(&buyer.act(&[("act", act), ("invoice", &invoice)]).await, said);
    }
    buyer.shop.api.audit().await;
}

#[tokio::test]
async fn a_subscription_is_cancelled_in_one_step_and_that_is_taken_back_in_one() {
    let buyer = bought().await;
    let of = [("subscription", buyer.subscription.as_str())];
    for _ in 0..2 {
        let page = buyer.act(&[("act", "cancel"), of[0]]).await;
        says(&page, "The subscription is cancelled");
        says(&page, "Ends on 28 February 2026");
    }
    assert_eq!(buyer.subscribed().await["cancel_at_period_end"], true);
    says(&buyer.act(&[("act", "keep"), of[0]]).await, "The subscription goes on");
    assert_eq!(buyer.subscribed().await["cancel_at_period_end"], false);
    // It works on when there is nothing left to cancel.
    buyer.act(&[("act", "cancel"), of[0]]).await;
    buyer.shop.advance("2026-03-05T10:00:00Z").await;
    let session = opened(&buyer.shop, &buyer.shop.customer.clone(), json!({})).await;
    let after = Buyer { path: path_of(&session.body["url"]), ..buyer };
    let page = after.look("en").await.ok();
    says(&page, "Ended on 28 February 2026");
    assert!(!text(&page).contains("Cancel subscription"));
    says(&after.act(&[("act", "cancel"), ("subscription", &after.subscription)]).await, "any more");
    says(&page, "Invoice INV-");
}

#[tokio::test]
async fn cards_are_chosen_and_removed_and_details_are_saved() {
    let buyer = bought().await;
    let other = buyer.method("test_success").await;
    says(&buyer.act(&[("act", "default"), ("method", &other)]).await, "Saved.");
    let customer = buyer.shop.client.get_customer(&buyer.shop.customer).await.ok().body;
    assert_eq!(customer["default_payment_method_id"], other.as_str());
    says(&buyer.act(&[("act", "remove"), ("method", &other)]).await, "The card was removed");
    let left = buyer.shop.client.list_payment_methods(&buyer.shop.customer, "").await.ok();
    assert!(left.items().iter().all(|one| one["id"] != other.as_str()));
    let added = buyer.send(&[("act", "add")]).await;
    assert!(added.status == 303 && added.header("location").unwrap().contains("/checkout/"));
    let form = [
        ("act", "details"),
        ("email", "new@example.com"),
        ("name", "Jane Doe"),
        ("line1", "1 High Street"),
        ("city", "London"),
        ("postal_code", ""),
        ("line2", ""),
        ("state", ""),
        ("country", "uk"),
    ];
    let page = buyer.act(&form).await;
    says(&page, "value=\"1 High Street\"");
    let customer = buyer.shop.client.get_customer(&buyer.shop.customer).await.ok().body;
    assert_eq!(customer["email"], "new@example.com");
    assert_eq!(customer["address"]["city"], "London");
    assert_eq!(customer["address"]["country"], "GB");
    // What cannot be saved is kept beside what is said of it, and changes nothing.
    let wrong = buyer.send(&[("act", "details"), ("email", "nobody"), ("name", "<b>x</b>")]).await;
    assert_eq!(wrong.status, 422);
    says(&wrong, "cannot be saved");
    says(&wrong, "value=\"nobody\"");
    assert!(!text(&wrong).contains("<b>"));
    let customer = buyer.shop.client.get_customer(&buyer.shop.customer).await.ok().body;
    assert_eq!(customer["email"], "new@example.com");
}

#[tokio::test]
async fn a_card_that_is_made_the_one_for_payments_pays_what_had_a_card_of_its_own() {
    let buyer = bought().await;
    let (own, other) = (buyer.method("test_success").await, buyer.method("test_success").await);
    let named = json!({"default_payment_method_id": own});
    buyer.shop.client.update_subscription(&buyer.subscription, named).await.ok();
    buyer.act(&[("act", "default"), ("method", &other)]).await;
    assert_eq!(buyer.subscribed().await["default_payment_method_id"], other.as_str());
}

#[tokio::test]
async fn a_session_opens_its_own_customer_alone_and_its_secret_is_stored_nowhere() {
    let buyer = bought().await;
    let shop = &buyer.shop;
    let other = shop.client.create_customer(json!({"email": "other@example.com"})).await.ok().id();
    let card = json!({"token": "test_success"});
    let method = shop.client.add_payment_method(&other, card).await.ok().id();
    let price = shop.monthly(900).await;
    let begun = json!({"customer_id": other, "items": [{"price_id": price}]});
    let subscription = shop.client.create_subscription(begun).await.ok().id();
    let of_other = format!("?customer_id={other}");
    let invoices = shop.client.list_invoices(&of_other).await.ok();
    let invoice = invoices.items()[0]["id"].as_str().unwrap().to_owned();
    let own = buyer.method("test_success").await;
    let mut first: Option<Value> = None;
    for form in [
        vec![("act", "cancel"), ("subscription", &*subscription)],
        vec![("act", "keep"), ("subscription", &*subscription)],
        vec![("act", "default"), ("method", &*method)],
        vec![("act", "remove"), ("method", &*method)],
        vec![("act", "pay"), ("invoice", &*invoice), ("method", &*own)],
        vec![("act", "confirm"), ("invoice", &*invoice)],
        vec![("act", "nonsense")],
        vec![],
    ] {
        let answer = buyer.send(&form).await;
        assert_eq!(answer.status, 404, "{form:?}: {}", answer.body);
        let first = first.get_or_insert_with(|| answer.body.clone());
        assert_eq!(answer.body, *first);
    }
    let theirs = buyer.bill().await;
    let form = [("act", "pay"), ("invoice", &*theirs), ("method", &*method)];
    assert_eq!(buyer.send(&form).await.status, 404);
    for rest in ["", "&as=pdf"] {
        let theirs = format!("{}&invoice={invoice}{rest}", buyer.path);
        assert_eq!(buyer.at(&theirs, "en").await.status, 404);
    }
    // Without the secret there is nothing, whoever asks.
    let (bare, secret) = buyer.path.split_once("?secure_token=").unwrap();
    for path in [bare.to_owned(), format!("{bare}?secure_token=x"), format!("{bare}?secure_token=")]
    {
        assert_eq!(buyer.at(&path, "en").await.status, 404, "{path}");
    }
    let stored = shop.api.dynamodb("Scan", json!({})).await.to_string();
    assert!(stored.contains("portal_session.created") && !stored.contains(secret));
    let events = shop.client.list_events("?limit=100").await.ok();
    let opened = |one: &&Value| one["type"] == "portal_session.created";
    let opened = events.items().iter().find(opened).unwrap();
    assert_eq!(opened["data"]["object"]["url"], Value::Null);
    assert!(!events.body.to_string().contains(secret));
}

#[tokio::test]
async fn after_an_hour_the_page_says_where_to_go() {
    // Its hour is of real time; the account's clock stands still.
    let buyer = bought().await;
    let id = buyer.path.split('/').nth(3).unwrap().split('?').next().unwrap().to_owned();
    let key =
        json!({"PK": {"S": format!("{}#{id}", buyer.shop.account.id)}, "SK": {"S": "object"}});
    let past = json!({":past": {"S": "2020-01-01T00:00:00.000Z"}});
    let ages = json!({
        "Key": key, "UpdateExpression": "SET expires_at = :past",
        "ConditionExpression": "attribute_exists(PK)", "ExpressionAttributeValues": past,
    });
    buyer.shop.api.dynamodb("UpdateItem", ages).await;
    for page in [buyer.look("en").await, buyer.send(&[("act", "add")]).await] {
        assert_eq!(page.status, 403);
        says(&page, "This page has expired");
        says(&page, "https://example.com/account");
    }
}

#[tokio::test]
async fn a_repeated_request_opens_the_same_session_and_nobody_is_opened_who_is_not_there() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let body = json!({"customer_id": shop.customer, "return_url": "https://example.com/"});
    let ask = || {
        let request = shop.client.request(Method::POST, "/api/portal-sessions");
        exchange(request.header("Idempotency-Key", "portal").json(&body))
    };
    let (first, again) = (ask().await.ok(), ask().await.ok());
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.body["url"], again.body["url"]);
    let path = path_of(&first.body["url"]);
    exchange(shop.api.raw(Method::GET, &path)).await.ok();
    let other = shop.api.account("stg").await;
    let other = shop.api.client_of(&other);
    let other = other.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    let other = json!({"customer_id": other, "return_url": "https://example.com/"});
    let refused = shop.client.create_portal_session(other).await.refused(422);
    assert_eq!(refused.faults(), ["/customer_id no_such_object"]);
}
