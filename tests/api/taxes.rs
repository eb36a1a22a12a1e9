//! Taxes: which rates are on a line, what they come to, and that what is returned is what was charged.
//! `docs/guides/taxes.md` shows these numbers.

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
async fn a_customer_across_the_border_a_consumer_there_and_one_who_is_exempt() {
    let shop = shop().await;
    let german = shop.rate("VAT", "19", json!({"country": "DE"})).await;
    let dutch = shop.rate("BTW", "21", json!({"country": "NL"})).await;
    shop.taxed_by(&[&german]).await;
    // A business in another member state accounts for the tax itself.
    shop.treats_customer(json!({"tax_exempt": "reverse"})).await;
    let draft = shop.wrote("eur", consulting("100.00")).await.ok().body;
    assert!(shop.page_of(&draft).await.contains(SENTENCE));
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 0, 10000], vec![]));
    assert_eq!(invoice["tax_exempt"], "reverse");
    // What is final says what it said, whatever becomes of the customer.
    shop.treats_customer(json!({"tax_exempt": "none", "tax_rate_ids": [dutch]})).await;
    assert!(shop.page_of(&invoice).await.contains(SENTENCE));
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 2100, 12100], vec![[10000, 2100]]));
    assert_eq!(invoice["taxes"][0]["tax_rate_id"], dutch);
    let page = shop.page_of(&invoice).await;
    assert!(page.contains("BTW 21 % on EUR 100.00") && page.contains("EUR 21.00"), "{page}");
    assert!(!page.contains(SENTENCE));
    shop.treats_customer(json!({"tax_exempt": "exempt"})).await;
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), &invoice["tax_exempt"]), ([0, 0, 10000], &json!("exempt")));
    assert!(!shop.page_of(&invoice).await.contains(SENTENCE));
    shop.api.audit().await;
}

#[tokio::test]
async fn a_draft_keeps_why_it_has_no_tax() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    shop.treats_customer(json!({"tax_exempt": "reverse"})).await;
    let draft = || async { shop.wrote("eur", consulting("100.00")).await.ok().body };
    let (kept, anew) = (draft().await, draft().await);
    assert_eq!(kept["tax_exempt"], "reverse");
    shop.advance("2026-02-01T00:30:00Z").await;
    shop.treats_customer(json!({"tax_exempt": "none"})).await;
    // Its lines were made without tax, so it goes on saying who accounts for it.
    assert!(shop.page_of(&kept).await.contains(SENTENCE));
    let kept = shop.client.finalize_invoice(id(&kept)).await.ok().body;
    assert_eq!((sums(&kept), &kept["tax_exempt"]), ([0, 0, 10000], &json!("reverse")));
    assert!(shop.page_of(&kept).await.contains(SENTENCE));
    // Lines that are made anew are made for the customer as it is.
    let items = json!({"items": consulting("100.00")});
    let anew = shop.client.update_invoice(id(&anew), items).await.ok().body;
    assert_eq!((sums(&anew), &anew["tax_exempt"]), ([0, 1900, 11900], &json!("none")));
    assert!(!shop.page_of(&anew).await.contains(SENTENCE));
    // A renewal's draft likewise, and the next one is taxed again.
    shop.advance("2026-02-01T02:00:00Z").await;
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), &renewal["tax_exempt"]), ([0, 0, 1000], &json!("reverse")));
    shop.advance("2026-03-01T02:00:00Z").await;
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), &renewal["tax_exempt"]), ([0, 190, 1190], &json!("none")));
    shop.api.audit().await;
}

#[tokio::test]
async fn switzerland_canada_and_japan() {
    let shop = shop().await;
    let swiss = shop.rate("MWST", "8.1", json!({"country": "CH"})).await;
    let (gst, pst) = (
        shop.rate("GST", "5", json!({"country": "CA"})).await,
        shop.rate("PST", "7", json!({"country": "CA", "region": "BC"})).await,
    );
    let japan = shop.rate("消費税", "10", json!({"country": "JP"})).await;
    shop.taxed_by(&[&swiss]).await;
    let invoice = shop.billed("chf", consulting("99.95")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 810, 10805], vec![[9995, 810]]));
    shop.taxed_by(&[&gst, &pst]).await;
    let invoice = shop.billed("cad", consulting("19.99")).await;
    assert_eq!(sums(&invoice), [0, 240, 2239]);
    assert_eq!(taxes(&invoice), [[1999, 100], [1999, 140]]);
    shop.taxed_by(&[&japan]).await;
    let tea = json!({"name": "お茶", "amount": "105"});
    let invoice = shop.billed("jpy", json!([tea, tea])).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 21, 231], vec![[210, 21]]));
    assert_eq!(
        invoice["items"].as_array().unwrap().iter().map(taxes).collect::<Vec<_>>(),
        [[[105, 10]], [[105, 11]]]
    );
    shop.api.audit().await;
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
async fn a_renewal_is_taxed_and_a_full_cancellation_returns_the_tax() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    assert_eq!(sums(&shop.newest_of(&sold).await), [0, 190, 1190]);
    let preview = json!({"items": [{"action": "update", "quantity": 2,
        "subscription_item_id": sold["items"][0]["id"]}]});
    let preview = shop.client.preview_items(id(&sold), preview).await.ok().body;
    assert_eq!(number(&preview, "next_renewal_amount_atom"), 2000);
    assert_eq!(number(&preview, "next_renewal_tax_amount_atom"), 380);
    shop.advance("2026-02-01T02:00:00Z").await;
    let renewal = shop.newest_of(&sold).await;
    assert_eq!((sums(&renewal), &renewal["state"]), ([0, 190, 1190], &json!("paid")));
    assert_eq!(shop.kept().await, [2380, 0, 0]);
    let request = json!({"refund_option": "full"});
    shop.client.cancel_subscription(id(&sold), request).await.ok();
    assert_eq!(shop.kept().await, [2380, 1190, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_cancellation_in_the_middle_returns_the_tax_of_the_time_that_is_left() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    shop.advance(HALF).await;
    let request = json!({"refund_option": "prorated"});
    shop.client.cancel_subscription(id(&sold), request).await.ok();
    assert_eq!(shop.kept().await, [1190, 595, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_upgrade_and_back_is_taxed_to_the_cent() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(2000).await);
    let sold = shop.subscribe(&small, json!({})).await.ok().body;
    shop.advance(HALF).await;
    let item = &sold["items"][0]["id"];
    let edit = json!({"action": "update", "subscription_item_id": item, "price_id": large});
    let preview = shop.client.preview_items(id(&sold), json!({"items": [edit]})).await.ok().body;
    let shown =
        ["proration_amount_atom", "proration_tax_amount_atom"].map(|name| number(&preview, name));
    assert_eq!(shown, [500, 95]);
    shop.change(&sold, "always_invoice", &large).await;
    let up = shop.newest_of(&sold).await;
    assert_eq!((sums(&up), taxes(&up)), ([0, 95, 595], vec![[500, 95]]));
    for (shown, billed) in
        preview["items"].as_array().unwrap().iter().zip(up["items"].as_array().unwrap())
    {
        assert_eq!((&shown["amount_atom"], taxes(shown)), (&billed["amount_atom"], taxes(billed)));
    }
    assert_eq!(shop.kept().await, [1785, 0, 0]);
    shop.change(&sold, "always_invoice", &small).await;
    let down = shop.newest_of(&sold).await;
    assert_eq!(taxes(&down), [[-500, -95]]);
    assert_eq!(shop.kept().await, [1785, 0, 595]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_change_that_waits_is_taxed_with_the_renewal_once() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let (small, large, most) =
        (shop.monthly(1000).await, shop.monthly(2000).await, shop.monthly(3000).await);
    let sold = shop.subscribe(&small, json!({})).await.ok().body;
    shop.advance(HALF).await;
    shop.change(&sold, "create_prorations", &large).await;
    shop.advance(THREE_QUARTERS).await;
    shop.change(&sold, "create_prorations", &most).await;
    shop.advance("2026-02-01T02:00:00Z").await;
    // −5.00 of the first line with its 0.95; 10.00 − 5.00 + 7.50 + 30.00 are taxed as one.
    let renewal = shop.newest_of(&sold).await;
    assert_eq!(sums(&renewal), [0, 808 - 95, 4250 - 500 + 808 - 95]);
    shop.api.audit().await;
    // In the hour before a renewal is final it is credited too.
    shop.client.cancel_subscription(id(&sold), json!({"refund_option": "full"})).await.ok();
    shop.api.audit().await;
}

#[tokio::test]
async fn a_subscription_that_ends_while_lines_wait_returns_their_tax() {
    for option in ["full", "prorated", "none"] {
        let shop = shop().await;
        let canada =
            [shop.rate("GST", "5", json!({})).await, shop.rate("QST", "9.975", json!({})).await];
        shop.taxed_by(&[&canada[0], &canada[1]]).await;
        let (small, large) = (shop.monthly(999).await, shop.monthly(1999).await);
        let sold = shop.subscribe(&small, json!({})).await.ok().body;
        shop.advance(HALF).await;
        shop.change(&sold, "create_prorations", &large).await;
        shop.advance(THREE_QUARTERS).await;
        shop.client.cancel_subscription(id(&sold), json!({"refund_option": option})).await.ok();
        shop.api.audit().await;
        let [captured, refunded, balance] = shop.kept().await;
        if option == "full" {
            assert_eq!((captured - refunded - balance, balance), (0, 0));
        }
    }
}

#[tokio::test]
async fn two_changes_that_wait_are_taken_back_to_the_atom() {
    for (percentage, first, second, third) in
        [("21", 4060, 825, 2918), ("8.1", 3050, 1233, 3194), ("33.3333", 1999, 1342, 4385)]
    {
        let shop = Shop::open_at("2026-01-31T10:07:03Z", "test_success").await;
        let rate = shop.rate("VAT", percentage, json!({})).await;
        shop.taxed_by(&[&rate]).await;
        let price = shop.monthly(first).await;
        let sold = shop.subscribe(&price, json!({})).await.ok().body;
        for (at, amount) in [("2026-02-03T12:03:16Z", second), ("2026-02-06T11:05:41Z", third)] {
            shop.advance(at).await;
            let price = shop.monthly(amount).await;
            shop.change(&sold, "create_prorations", &price).await;
        }
        shop.advance("2026-02-14T06:07:02Z").await;
        let full = json!({"refund_option": "full"});
        shop.client.cancel_subscription(id(&sold), full).await.ok();
        let [captured, refunded, balance] = shop.kept().await;
        assert_eq!((captured - refunded, balance), (0, 0), "{percentage}");
        let last = shop.newest_of(&sold).await;
        for line in last["items"].as_array().unwrap() {
            let billed = number(line, "amount_atom") + number(line, "tax_amount_atom");
            assert!(number(line, "given_back_amount_atom") <= billed.max(0), "{line}");
        }
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn a_rate_that_is_archived_stays_on_what_it_is_on_and_is_returned_as_it_was_charged() {
    let shop = shop().await;
    let (old, new) =
        (shop.rate("VAT", "19", json!({})).await, shop.rate("VAT", "20", json!({})).await);
    shop.taxed_by(&[&old]).await;
    let draft = shop.wrote("usd", consulting("100.00")).await.ok().body;
    let (small, large) = (shop.monthly(1000).await, shop.monthly(2000).await);
    let sold = shop.subscribe(&small, json!({})).await.ok().body;
    shop.client.update_tax_rate(&old, json!({"active": false})).await.ok();
    shop.taxed_by(&[&new]).await;
    let kept = json!({"description": "As agreed"});
    let draft = shop.client.update_invoice(id(&draft), kept).await.ok().body;
    assert_eq!(sums(&draft), [0, 1900, 11900]);
    let written = json!({"items": consulting("100.00")});
    let again = shop.wrote("usd", consulting("1.00")).await.ok().body;
    let again = shop.client.update_invoice(id(&again), written).await.ok().body;
    assert_eq!(sums(&again), [0, 2000, 12000]);
    assert_eq!(sums(&shop.client.finalize_invoice(id(&draft)).await.ok().body), [0, 1900, 11900]);
    shop.advance(HALF).await;
    shop.change(&sold, "always_invoice", &large).await;
    let change = shop.newest_of(&sold).await;
    assert_eq!(taxes(&change), [[-500, -95], [1000, 200]]);
    assert_eq!(sums(&change), [0, 105, 605]);
    shop.api.audit().await;
}

#[tokio::test]
async fn refunds_and_notes_return_what_was_charged_and_no_more() {
    let shop = shop().await;
    shop.taxed_by(&[&shop.rate("VAT", "19", json!({})).await]).await;
    let sold = shop.subscribe(&shop.monthly(1000).await, json!({})).await.ok().body;
    let invoice = shop.newest_of(&sold).await;
    let note =
        |amount| json!({"currency": "usd", "amount_atom": amount, "invoice_id": invoice["id"]});
    shop.client.create_credit_note(&shop.customer, note(400)).await.ok();
    shop.client.create_credit_note(&shop.customer, note(791)).await.refused(422);
    shop.client.create_credit_note(&shop.customer, note(790)).await.ok();
    assert_eq!(shop.kept().await, [1190, 0, 1190]);
    shop.api.audit().await;
}

/// Whatever an invoice is given back in: the taxes of the parts come to what was charged, at any rate, added or
/// contained, with a discount or without.
#[tokio::test]
async fn partial_credit_notes_sum_to_the_whole() {
    let shop = shop().await;
    for (percentage, inclusive) in [("19", false), ("8.1", false), ("21", true), ("5.5", true)] {
        let rate = shop.rate("VAT", percentage, json!({"inclusive": inclusive})).await;
        shop.taxed_by(&[&rate]).await;
        let items = json!([
            {"name": CONSULTING, "amount_atom": 9999}, {"name": "Travel", "amount_atom": 777},
            {"name": "Taken back", "amount_atom": -101},
        ]);
        let customer = shop.client.create_customer(json!({"email": "parts@example.com"})).await;
        let customer = customer.ok().id();
        let body = json!({
            "customer_id": customer, "currency": "eur", "items": items,
            "collection_method": "send_invoice",
        });
        let invoice = shop.client.create_invoice(body).await.ok().id();
        let invoice = shop.client.finalize_invoice(&invoice).await.ok().body;
        let paid = json!({"paid_out_of_band": true});
        shop.client.pay_invoice(id(&invoice), paid).await.ok();
        let whole = number(&invoice, "total_amount_atom");
        let note = |amount: i64| {
            let about =
                json!({"currency": "eur", "amount_atom": amount, "invoice_id": invoice["id"]});
            shop.client.create_credit_note(&customer, about)
        };
        let (mut left, mut tax) = (whole, 0);
        for amount in [1, 333, whole / 2, whole - 334 - whole / 2] {
            let made = note(amount).await.ok().body;
            let parts = made["items"].as_array().unwrap();
            let sum = |name| parts.iter().map(|one| number(one, name)).sum::<i64>();
            assert_eq!(sum("amount_atom"), amount);
            tax += sum("tax_amount_atom");
            left -= amount;
        }
        assert_eq!((left, tax), (0, number(&invoice, "tax_amount_atom")), "{percentage}");
        note(1).await.refused(422);
    }
    shop.api.audit().await;
}

#[tokio::test]
async fn britain_and_a_small_business_that_charges_no_tax() {
    let shop = shop().await;
    let rate = shop.rate("VAT", "20", json!({"country": "UK"})).await;
    shop.taxed_by(&[&rate]).await;
    let invoice = shop.billed("gbp", consulting("99.99")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 2000, 11999], vec![[9999, 2000]]));
    // A small business is known to the tax office, and has no rates: nothing is taxed, nothing says so on a
    // line, and the electronic invoice gives the reason.
    let seller = json!({
        "default_tax_rate_ids": [], "legal_name": "Kleine GmbH", "legal_id": "HRB 1",
        "address": {"line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE"},
        "tax_ids": [{"type": "de_stn", "value": "21/815/08150"}], "phone": "+49 30 1",
        "brand": {"support_email": "small@example.com"},
    });
    shop.client.update_account(seller).await.ok();
    let address =
        json!({"line1": "Weg 1", "city": "Bonn", "postal_code": "53111", "country": "DE"});
    shop.treats_customer(json!({"address": address})).await;
    let invoice = shop.billed("eur", consulting("100.00")).await;
    assert_eq!((sums(&invoice), taxes(&invoice)), ([0, 0, 10000], vec![]));
    let ubl = shop.client.show_invoice_ubl(id(&invoice), "?profile=xrechnung").await.ok().body;
    let ubl = ubl.as_str().unwrap();
    let category = ubl.split_once("<cac:TaxCategory>").unwrap().1;
    assert!(category.starts_with("<cbc:ID>E</cbc:ID>"), "{category}");
    assert!(category.contains("<cbc:TaxExemptionReason>"), "{category}");
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
