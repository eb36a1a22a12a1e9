//! Taxes: which rates are on a line, what they come to, and that what is returned is what was charged.
//! `docs/guides/taxes.md` shows these numbers.

mod abroad;
mod returned;
mod subscribed;

use serde_json::{Value, json};

use crate::{billing::Shop, client::Answer};

const JANUARY: &str = "2026-01-01T00:00:00Z";
const HALF: &str = "2026-01-16T12:00:00Z";
const THREE_QUARTERS: &str = "2026-01-24T06:00:00Z";

async fn shop() -> Shop {
    Shop::open_at(JANUARY, "test_success").await
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

fn number(object: &Value, name: &str) -> i64 {
    object[name].as_i64().unwrap()
}

/// Discount, tax, total.
fn sums(invoice: &Value) -> [i64; 3] {
    ["discount_amount_atom", "tax_amount_atom", "total_amount_atom"]
        .map(|name| number(invoice, name))
}

/// Of each line or rate: what is taxed, and the tax.
fn taxes(of: &Value) -> Vec<[i64; 2]> {
    let all = of["taxes"].as_array().unwrap();
    all.iter()
        .map(|tax| ["taxable_amount_atom", "amount_atom"].map(|name| number(tax, name)))
        .collect()
}

impl Shop {
    async fn rate(&self, name: &str, percentage: &str, rest: Value) -> String {
        let mut body = json!({"display_name": name, "percentage": percentage, "inclusive": false});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_tax_rate(body).await.ok().id()
    }

    /// What is billed without anything else is taxed at these rates.
    async fn taxed_by(&self, rates: &[&str]) {
        self.client.update_account(json!({"default_tax_rate_ids": rates})).await.ok();
    }

    async fn treats_customer(&self, patch: Value) {
        self.client.update_customer(&self.customer, patch).await.ok();
    }

    async fn wrote(&self, currency: &str, items: Value) -> Answer {
        let body = json!({
            "customer_id": self.customer, "currency": currency, "items": items,
            "collection_method": "send_invoice",
        });
        self.client.create_invoice(body).await
    }

    /// A final invoice of these lines.
    async fn billed(&self, currency: &str, items: Value) -> Value {
        let draft = self.wrote(currency, items).await.ok().body;
        let invoice = self.client.finalize_invoice(id(&draft)).await.ok().body;
        assert_eq!((sums(&draft), &draft["taxes"]), (sums(&invoice), &invoice["taxes"]));
        invoice
    }

    async fn page_of(&self, invoice: &Value) -> String {
        let page = self.client.show_invoice(id(invoice)).await.ok();
        page.body.as_str().unwrap().to_owned()
    }

    async fn change(&self, subscription: &Value, behavior: &str, price: &str) -> Value {
        let item = &subscription["items"][0]["id"];
        let edit = json!({"action": "update", "subscription_item_id": item, "price_id": price});
        let change = json!({"proration_behavior": behavior, "items": [edit]});
        self.client.change_items(id(subscription), change).await.ok().body
    }

    async fn newest_of(&self, subscription: &Value) -> Value {
        self.invoices(id(subscription)).await.pop().unwrap()
    }

    /// What was captured, refunded, and is on the customer's balance.
    async fn kept(&self) -> [i64; 3] {
        let of = format!("?customer_id={}&limit=100", self.customer);
        let sum = |items: &[Value], name| items.iter().map(|one| number(one, name)).sum::<i64>();
        let intents = self.client.list_payment_intents(&of).await.ok();
        let refunds = self.client.list_refunds(&of).await.ok();
        let customer = self.client.get_customer(&self.customer).await.ok().body;
        let balance = customer["credit_balances"][0]["amount_atom"].as_i64().unwrap_or(0);
        [sum(intents.items(), "captured_amount_atom"), sum(refunds.items(), "amount_atom"), balance]
    }
}

const CONSULTING: &str = "Consulting";

fn consulting(amount: &str) -> Value {
    json!([{"name": CONSULTING, "amount": amount}])
}

const SENTENCE: &str = "Reverse charge: the customer accounts for the tax.";

#[tokio::test]
async fn a_rate_says_what_it_is_and_what_it_comes_to_never_changes() {
    let shop = shop().await;
    let rate = json!({
        "display_name": "VAT", "percentage": "8.1", "inclusive": false, "country": "EL",
        "region": "Crete", "effective_from": "2026-02-01T00:00:00Z", "metadata": {"a": "b"},
    });
    let made = shop.client.create_tax_rate(rate).await.ok();
    assert!(made.id().starts_with("txr_stg_"));
    assert_eq!((&made.body["percentage"], &made.body["country"]), (&json!("8.1"), &json!("GR")));
    assert_eq!(shop.client.get_tax_rate(&made.id()).await.ok().body, made.body);
    let british = shop.rate("VAT", "20", json!({"country": "UK"})).await;
    assert_eq!(shop.client.get_tax_rate(&british).await.ok().body["country"], "GB");
    for (field, value) in
        [("percentage", json!("9")), ("inclusive", json!(true)), ("country", json!("GR"))]
    {
        let patch = json!({field: value});
        let refused = shop.client.update_tax_rate(&made.id(), patch).await.refused(400);
        assert_eq!(refused.faults(), [format!("/{field} unknown_field")]);
    }
    for (field, value, code) in [
        ("country", json!("XK"), "unknown_country"),
        ("country", json!("de"), "unknown_country"),
        ("percentage", json!("19.00001"), "too_many_decimals"),
        ("percentage", json!("-1"), "out_of_range"),
        ("percentage", json!("100.0001"), "out_of_range"),
    ] {
        let mut body = json!({"display_name": "VAT", "percentage": "19", "inclusive": false});
        body[field] = value;
        let refused = shop.client.create_tax_rate(body).await.refused(422);
        assert_eq!(refused.faults(), [format!("/{field} {code}")]);
    }
    shop.client.update_tax_rate(&british, json!({"active": false})).await.ok();
    let active = shop.client.list_tax_rates("?active=true").await.ok();
    assert_eq!((active.items().len(), &active.items()[0]["id"]), (1, &made.body["id"]));
    assert_eq!(shop.client.list_tax_rates("").await.ok().body["total"], 2);
}

#[tokio::test]
async fn a_line_takes_its_own_rates_else_the_products_else_the_customers_else_the_accounts() {
    let shop = shop().await;
    let mut rates = Vec::new();
    for percentage in ["1", "2", "3", "4"] {
        rates.push(shop.rate("VAT", percentage, json!({})).await);
    }
    let price = shop.price(json!({"unit_amount_atom": 10000})).await;
    let lines = json!([
        {"price_id": price}, {"price_id": price, "tax_rate_ids": [rates[3]]},
        {"name": CONSULTING, "amount": "100"},
        {"name": CONSULTING, "amount": "100", "tax_rate_ids": []},
    ]);
    let of_lines = async |lines: Value| {
        let draft = shop.wrote("usd", lines).await.ok().body;
        let items = draft["items"].as_array().unwrap();
        items.iter().map(|line| number(line, "tax_amount_atom")).collect::<Vec<_>>()
    };
    assert_eq!(of_lines(lines.clone()).await, [0, 400, 0, 0]);
    shop.taxed_by(&[&rates[0]]).await;
    assert_eq!(of_lines(lines.clone()).await, [100, 400, 100, 0]);
    shop.treats_customer(json!({"tax_rate_ids": [rates[1]]})).await;
    assert_eq!(of_lines(lines.clone()).await, [200, 400, 200, 0]);
    let of_product = json!({"tax_rate_ids": [rates[2]]});
    shop.client.update_product(&shop.product, of_product).await.ok();
    assert_eq!(of_lines(lines.clone()).await, [300, 400, 200, 0]);
    // Archived, or not yet in force, it is not put on new lines.
    shop.client.update_tax_rate(&rates[2], json!({"active": false})).await.ok();
    let later = json!({"effective_from": "2026-01-01T00:00:01Z"});
    shop.client.update_tax_rate(&rates[1], later).await.ok();
    assert_eq!(of_lines(json!([lines[0], lines[2]])).await, [0, 0]);
    shop.advance("2026-01-01T00:00:01Z").await;
    assert_eq!(of_lines(json!([lines[0], lines[2]])).await, [0, 200]);
    let archived = json!([{"name": "x", "amount": "1", "tax_rate_ids": [rates[2]]}]);
    let refused = shop.wrote("usd", archived).await.refused(422);
    assert_eq!(refused.faults(), ["/items/0/tax_rate_ids inactive"]);
}

#[tokio::test]
async fn rates_that_do_not_exist_or_do_not_go_together_are_refused() {
    let shop = shop().await;
    let added = shop.rate("VAT", "19", json!({})).await;
    let inside = shop.rate("VAT", "7", json!({"inclusive": true})).await;
    let both = json!({"tax_rate_ids": [added, inside]});
    let unknown = json!({"tax_rate_ids": ["txr_stg_0000000000000000"]});
    for (body, fault) in [
        (both, "/tax_rate_ids not_combinable"),
        (unknown, "/tax_rate_ids/0 no_such_object"),
        (json!({"tax_rate_ids": [added, added]}), "/tax_rate_ids/1 duplicate"),
    ] {
        let refused = shop.client.update_customer(&shop.customer, body.clone()).await.refused(422);
        assert_eq!(refused.faults(), [fault]);
        let refused = shop.client.update_product(&shop.product, body.clone()).await.refused(422);
        assert_eq!(refused.faults(), [fault]);
        let of_account = json!({"default_tax_rate_ids": body["tax_rate_ids"]});
        let refused = shop.client.update_account(of_account).await.refused(422);
        assert_eq!(refused.faults(), [fault.replace("/tax_rate_ids", "/default_tax_rate_ids")]);
        let line = json!([{"name": "x", "amount": "1", "tax_rate_ids": body["tax_rate_ids"]}]);
        let refused = shop.wrote("usd", line).await.refused(422);
        assert_eq!(refused.faults(), [format!("/items/0{fault}")]);
    }
}

#[tokio::test]
async fn a_price_with_the_tax_in_it_does_not_grow_and_a_discount_lowers_its_tax() {
    let shop = shop().await;
    let rate = shop.rate("BTW", "21", json!({"inclusive": true})).await;
    shop.taxed_by(&[&rate]).await;
    let coupon = json!({"discount_type": "percentage", "percent_off": 10});
    let coupon = shop.client.create_coupon(coupon).await.ok().id();
    let price = shop.monthly(12100).await;
    let sold = shop.subscribe(&price, json!({"coupon_id": coupon})).await.ok().body;
    let invoice = shop.newest_of(&sold).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([1210, 1890, 10890], vec![[9000, 1890]]));
    assert!(shop.page_of(&invoice).await.contains("BTW 21 % on USD 90.00, in the amounts"));
    // Half of it back, and half of its tax.
    shop.advance(HALF).await;
    let cheaper = shop.monthly(0).await;
    shop.change(&sold, "always_invoice", &cheaper).await;
    let change = shop.newest_of(&sold).await;
    assert_eq!(taxes(&change["items"][0]), [[-4500, -945]]);
    assert_eq!(shop.kept().await, [10890, 0, 5445]);
    // A price that says so has the tax in it, whatever the rate says.
    let added = shop.rate("VAT", "19", json!({})).await;
    shop.taxed_by(&[&added]).await;
    let price = shop.price(json!({"unit_amount_atom": 11900, "tax_behavior": "inclusive"})).await;
    let invoice = shop.billed("usd", json!([{"price_id": price}])).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 1900, 11900], vec![[10000, 1900]]));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_checkout_shows_the_tax_that_it_charges() {
    let shop = shop().await;
    let rate = shop.rate("VAT", "19", json!({})).await;
    shop.taxed_by(&[&rate]).await;
    let (monthly, once) =
        (shop.monthly(1000).await, shop.price(json!({"unit_amount_atom": 505})).await);
    let body = json!({
        "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
        "customer_id": shop.customer, "line_items": [{"price_id": monthly}, {"price_id": once}],
    });
    let open = shop.client.create_session(body.clone()).await.ok().body;
    let stale = shop.client.create_session(body).await.ok().body;
    assert_eq!(number(&open, "amount_tax_atom"), 286);
    assert_eq!(number(&open, "amount_total_atom"), 1791);
    let card = json!({"payment_method": {"token": "test_success"}});
    let done = shop.client.complete_session(id(&open), card.clone()).await.ok().body;
    let invoice = done["invoice_id"].as_str().unwrap();
    let invoice = shop.client.get_invoice(invoice).await.ok().body;
    assert_eq!((sums(&invoice), &invoice["state"]), ([0, 286, 1791], &json!("paid")));
    // What was shown is charged, or nothing is.
    shop.client.update_tax_rate(&rate, json!({"active": false})).await.ok();
    let refused = shop.client.complete_session(id(&stale), card).await.refused(422);
    assert_eq!(refused.body["errors"][0]["code"], "amount_changed", "{}", refused.body);
    shop.api.audit().await;
}

#[tokio::test]
async fn usage_is_taxed_with_what_is_beside_it() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let meter =
        json!({"display_name": "Calls", "event_name": "call", "aggregation_formula": "count"});
    let meter = shop.client.create_meter(meter).await.ok().id();
    let used = json!({
        "unit_amount_atom": 5, "billing_interval": "month", "usage_type": "metered",
        "meter_id": meter,
    });
    let (fixed, used) = (shop.monthly(1000).await, shop.price(used).await);
    let items = json!([{"price_id": fixed}, {"price_id": used}]);
    let body = json!({"customer_id": shop.customer, "items": items});
    let sold = shop.client.create_subscription(body).await.ok().body;
    for call in 0..3 {
        let event = json!({
            "event_name": "call", "identifier": format!("call-{call}"),
            "timestamp": "2026-01-01T00:00:00Z", "payload": {"customer_id": shop.customer},
        });
        shop.client.record_usage(event).await.ok();
    }
    shop.advance("2026-02-01T02:00:00Z").await;
    // 19 % of 10.15 is 1.9285.
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), taxes(&renewal)), ([0, 193, 1208], vec![[1015, 193]]));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_rate_that_counts_by_the_next_renewal_is_in_all_that_is_said_of_it() {
    let shop = shop().await;
    let later = json!({"effective_from": "2026-02-01T00:00:00Z"});
    shop.taxed_by(&[&shop.rate("VAT", "10", later).await]).await;
    let price = shop.monthly(1000).await;
    let sold = shop.subscribe(&price, json!({})).await.ok().body;
    assert_eq!(sums(&shop.newest_of(&sold).await), [0, 0, 1000]);
    let edit = json!({"action": "update", "quantity": 1,
        "subscription_item_id": sold["items"][0]["id"]});
    let preview = shop.client.preview_items(id(&sold), json!({"items": [edit]})).await.ok().body;
    assert_eq!(number(&preview, "next_renewal_tax_amount_atom"), 100);
    let request = json!({"subscription_id": sold["id"], "changes": {"items": [
        {"action": "update", "quantity": 2, "subscription_item_id": sold["items"][0]["id"]}]}});
    let request = shop.client.create_change_request(request).await.ok().id();
    let preview = shop.client.preview_change_request(&request).await.ok().body;
    assert_eq!(number(&preview, "next_renewal_tax_amount_atom"), 200);
    assert_eq!(number(&preview, "proration_tax_amount_atom"), 0);
    shop.client.cancel_change_request(&request).await.ok();
    let session = crate::hosted_page::offered(&shop, json!({"line_items": [{"price_id": price}]}));
    let page = crate::hosted_page::page_of(&session.await);
    let page = crate::hosted_page::look(&shop, &page, "en").await.ok();
    let page = crate::hosted_page::text(&page);
    assert!(page.contains("charge $11.00 per month from 1 February 2026"), "{page}");
    let portal = json!({"customer_id": shop.customer, "return_url": "https://example.com/"});
    let portal = shop.client.create_portal_session(portal).await.ok();
    let page = crate::hosted_page::page_of(&portal);
    let page = crate::hosted_page::look(&shop, &page, "en").await.ok();
    assert!(crate::hosted_page::text(&page).contains("Next charge: $11.00 on 1 February 2026"));
    shop.advance("2026-02-01T02:00:00Z").await;
    assert_eq!(sums(&shop.newest_of(&sold).await), [0, 100, 1100]);
}
