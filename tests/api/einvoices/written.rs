//! Invoices of all kinds, as electronic ones.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::JANUARY;
use crate::{billing::Shop, client::Answer};

/// Whoever sends them.
pub(super) struct Seller {
    pub(super) shop: Shop,
}

impl Seller {
    /// A company in Berlin with a customer in Munich, and 19 % of tax on everything.
    pub(super) async fn german(now: &str) -> Self {
        let seller = Self { shop: Shop::open_at(now, "test_success").await };
        let rate = seller.rate("19").await;
        let account = json!({
            "legal_name": "Acme Analytics GmbH", "legal_id": "HRB 123456 B", "phone": "+49 30 123456",
            "address": {
                "line1": "Torstraße 1", "city": "Berlin", "postal_code": "10119", "country": "DE",
            },
            "tax_ids": [{"type": "eu_vat", "value": "DE136695976"}],
            "brand": {"display_name": "Acme", "support_email": "billing@acme.example"},
            "default_tax_rate_ids": [rate],
        });
        seller.shop.client.update_account(account).await.ok();
        seller
            .customer(json!({
                "name": "Jane Smith", "business_name": "Smith & Daughters GmbH",
                "buyer_reference": "04011000-12345-03",
                "address": {
                    "line1": "Ludwigstraße 2", "line2": "Hof", "city": "München", "state": "Bayern",
                    "postal_code": "80539", "country": "DE",
                },
                "tax_ids": [{"type": "eu_vat", "value": "DE 129274202", "status": "verified"}],
            }))
            .await;
        seller
    }

    pub(super) async fn customer(&self, patch: Value) {
        self.shop.client.update_customer(&self.shop.customer, patch).await.ok();
    }

    pub(super) async fn rate(&self, percentage: &str) -> String {
        let body = json!({"display_name": "VAT", "percentage": percentage, "inclusive": false});
        self.shop.client.create_tax_rate(body).await.ok().id()
    }

    /// A final invoice of these lines.
    pub(super) async fn billed(&self, currency: &str, items: Value) -> Value {
        let body = json!({
            "customer_id": self.shop.customer, "currency": currency, "items": items,
            "collection_method": "send_invoice", "description": "Thank you.\nUntil soon.",
        });
        let draft = self.shop.client.create_invoice(body).await.ok().id();
        self.shop.client.finalize_invoice(&draft).await.ok().body
    }

    /// One for a company in the Netherlands, which accounts for the tax.
    pub(super) async fn reverse_charged(&self) -> Value {
        self.customer(json!({
            "tax_exempt": "reverse", "address": {"city": "Utrecht", "country": "NL"},
            "tax_ids": [{"type": "eu_vat", "value": "NL004495445B01"}],
        }))
        .await;
        self.billed("eur", json!([{"name": "Use", "amount": "100.00"}])).await
    }

    /// Credit of `amount` for an invoice, which is paid before.
    pub(super) async fn credited(&self, invoice: &Value, amount: i64) -> Value {
        let id = invoice["id"].as_str().unwrap();
        if self.shop.client.get_invoice(id).await.ok().body["state"] != "paid" {
            let by_hand = json!({"paid_out_of_band": true});
            self.shop.client.pay_invoice(id, by_hand).await.ok();
        }
        let note = json!({
            "currency": invoice["currency"], "amount_atom": amount, "invoice_id": id,
            "description": "Too much was counted.",
        });
        self.shop.client.create_credit_note(&self.shop.customer, note).await.ok().body
    }

    pub(super) async fn credit_ubl(&self, note: &Value, query: &str) -> Answer {
        self.shop.client.show_credit_note_ubl(note["id"].as_str().unwrap(), query).await
    }

    pub(super) async fn ubl(&self, invoice: &Value, query: &str) -> Answer {
        self.shop.client.show_invoice_ubl(invoice["id"].as_str().unwrap(), query).await
    }

    async fn subscribed(&self, price: Value, rest: Value) -> Value {
        let mut price = price;
        price["currency"] = "eur".into();
        let price = self.shop.price(price).await;
        self.shop.subscribe(&price, rest).await.ok().body
    }

    /// Changes what is subscribed to, now.
    async fn changed(&self, subscription: &Value, amount: i64) -> Value {
        let price = json!({
            "unit_amount_atom": amount, "billing_interval": "month", "currency": "eur",
        });
        let item = &subscription["items"][0]["id"];
        let edit = json!({
            "action": "update", "subscription_item_id": item, "quantity": 3,
            "price_id": self.shop.price(price).await,
        });
        let change = json!({"proration_behavior": "always_invoice", "items": [edit]});
        let id = subscription["id"].as_str().unwrap();
        self.shop.client.change_items(id, change).await.ok();
        self.newest(subscription).await
    }

    async fn newest(&self, subscription: &Value) -> Value {
        self.shop.invoices(subscription["id"].as_str().unwrap()).await.pop().unwrap()
    }
}

/// Documents by the names of their files.
pub(super) struct All(pub(super) BTreeMap<String, String>);

impl All {
    pub(super) async fn written() -> Self {
        let mut all = Self(BTreeMap::new());
        all.by_hand().await;
        all.of_subscriptions().await;
        all.elsewhere().await;
        all.credit_notes().await;
        all
    }

    /// By Peppol's rules, and by those of German authorities where `german`.
    async fn add(&mut self, seller: &Seller, name: &str, invoice: &Value, german: bool) {
        let xml = seller.ubl(invoice, "").await.ok().body;
        self.0.insert(format!("{name}.xml"), xml.as_str().unwrap().to_owned());
        if german {
            let xml = seller.ubl(invoice, "?profile=xrechnung").await.ok().body;
            self.0.insert(format!("{name}-xrechnung.xml"), xml.as_str().unwrap().to_owned());
        }
    }

    async fn by_hand(&mut self) {
        let seller = Seller::german(JANUARY).await;
        let plain = json!([{"name": "Use", "quantity": 2, "unit_amount": "50.00"}]);
        self.add(&seller, "plain", &seller.billed("eur", plain).await, true).await;
        let (seven, zero) = (seller.rate("7").await, seller.rate("0").await);
        let several = json!([
            {"name": "Use", "amount": "100.01"}, {"name": "More use", "amount": "0.99"},
            {"name": "Books", "amount": "33.33", "tax_rate_ids": [seven]},
            {"name": "Exports", "amount": "10.00", "tax_rate_ids": [zero]},
            {"name": "Insurance", "amount": "5.00", "tax_rate_ids": []},
            {"name": "Credit", "quantity": 3, "unit_amount": "-2.50"},
            {"name": "In part", "quantity": 3, "amount": "-65.69"},
        ]);
        self.add(&seller, "several-rates", &seller.billed("eur", several).await, true).await;
        let finest = json!({
            "unit_amount_atom": 199, "quantity_divisor": 1000, "currency": "eur",
        });
        let finest = seller.shop.price(finest).await;
        let by_package = json!([{"price_id": finest, "quantity": 1500}]);
        self.add(&seller, "by-package", &seller.billed("eur", by_package).await, true).await;
        let yen = seller.rate("10").await;
        let yen = json!([
            {"name": "A", "amount": "105", "tax_rate_ids": [yen]},
            {"name": "B", "amount": "105", "tax_rate_ids": [yen]},
        ]);
        self.add(&seller, "yen", &seller.billed("jpy", yen).await, false).await;
        let dinars = json!([{"name": "Use", "amount": "10.000"}]);
        self.add(&seller, "dinars", &seller.billed("kwd", dinars).await, false).await;
        let credit = json!({"currency": "eur", "amount_atom": 2000});
        seller.shop.client.create_credit_note(&seller.shop.customer, credit).await.ok();
        let prepaid = json!([{"name": "Use", "amount": "100.00"}]);
        self.add(&seller, "from-credit", &seller.billed("eur", prepaid).await, true).await;
        let negative = json!([{"name": "Back", "amount": "-100.00"}]);
        self.add(&seller, "below-zero", &seller.billed("eur", negative).await, true).await;
        self.add(&seller, "reverse", &seller.reverse_charged().await, false).await;
        seller.shop.api.audit().await;
    }

    async fn of_subscriptions(&mut self) {
        let seller = Seller::german(JANUARY).await;
        let monthly = json!({"unit_amount_atom": 3333, "billing_interval": "month"});
        let trial = json!({"trial_period_days": 14});
        let trial = seller.subscribed(monthly.clone(), trial).await;
        self.add(&seller, "zero", &seller.newest(&trial).await, true).await;
        let coupon = json!({"discount_type": "percentage", "percent_off": 10});
        let coupon = seller.shop.client.create_coupon(coupon).await.ok().id();
        let inclusive = json!({
            "unit_amount_atom": 11_900, "billing_interval": "month", "tax_behavior": "inclusive",
        });
        let discounted = json!({"coupon_id": coupon});
        let sold = seller.subscribed(inclusive, discounted.clone()).await;
        self.add(&seller, "inclusive-discount", &seller.newest(&sold).await, true).await;
        let sold = seller.subscribed(monthly, discounted).await;
        self.add(&seller, "discount", &seller.newest(&sold).await, true).await;
        seller.shop.advance("2026-01-11T07:00:00Z").await;
        let more = seller.changed(&sold, 5000).await;
        self.add(&seller, "change", &more, true).await;
        let less = seller.changed(&sold, 1000).await;
        assert!(less["items"].as_array().unwrap().iter().any(|line| line["settles"] == true));
        self.add(&seller, "to-the-balance", &less, true).await;
        seller.shop.advance("2026-02-02T00:00:00Z").await;
        self.add(&seller, "renewal", &seller.newest(&sold).await, true).await;
        seller.shop.api.audit().await;
    }

    /// The same of a credit note.
    async fn add_credit(&mut self, seller: &Seller, name: &str, note: &Value, german: bool) {
        let xml = seller.credit_ubl(note, "").await.ok().body;
        self.0.insert(format!("{name}.xml"), xml.as_str().unwrap().to_owned());
        if german {
            let xml = seller.credit_ubl(note, "?profile=xrechnung").await.ok().body;
            self.0.insert(format!("{name}-xrechnung.xml"), xml.as_str().unwrap().to_owned());
        }
    }

    /// Credit for all of an invoice and for parts of it, with two rates, none, and in yen.
    async fn credit_notes(&mut self) {
        let seller = Seller::german(JANUARY).await;
        let plain = json!([{"name": "Use", "quantity": 2, "unit_amount": "50.00"}]);
        let invoice = seller.billed("eur", plain).await;
        for (name, amount) in [("credit-part", 3333), ("credit-rest", 11_900 - 3333)] {
            let note = seller.credited(&invoice, amount).await;
            self.add_credit(&seller, name, &note, true).await;
        }
        let seven = seller.rate("7").await;
        let two = json!([
            {"name": "Use", "amount": "100.01"}, {"name": "More use", "amount": "0.99"},
            {"name": "Books", "amount": "33.33", "tax_rate_ids": [seven]},
            {"name": "Insurance", "amount": "5.00", "tax_rate_ids": []},
        ]);
        let invoice = seller.billed("eur", two.clone()).await;
        let whole = invoice["total_amount_atom"].as_i64().unwrap();
        let note = seller.credited(&invoice, whole).await;
        self.add_credit(&seller, "credit-two-rates", &note, true).await;
        let note = seller.credited(&seller.billed("eur", two).await, 4711).await;
        self.add_credit(&seller, "credit-two-rates-in-part", &note, true).await;
        let ten = seller.rate("10").await;
        let yen = json!([
            {"name": "A", "amount": "105", "tax_rate_ids": [ten]},
            {"name": "B", "amount": "105", "tax_rate_ids": [ten]},
        ]);
        let invoice = seller.billed("jpy", yen).await;
        for (name, amount) in [("credit-yen", 100), ("credit-yen-rest", 131)] {
            let note = seller.credited(&invoice, amount).await;
            self.add_credit(&seller, name, &note, false).await;
        }
        let dinars = json!([{"name": "Use", "amount": "10.000"}]);
        let note = seller.credited(&seller.billed("kwd", dinars).await, 5950).await;
        self.add_credit(&seller, "credit-dinars", &note, false).await;
        let reverse = seller.reverse_charged().await;
        let note = seller.credited(&reverse, 2500).await;
        self.add_credit(&seller, "credit-reverse", &note, false).await;
        seller.shop.api.audit().await;
    }

    /// Sellers elsewhere: one whom no office knows, one in Britain, and one whose country has more rules.
    async fn elsewhere(&mut self) {
        let seller = Seller::german(JANUARY).await;
        let untaxed = json!({
            "address": {"line1": "1 Main St", "city": "Austin", "state": "TX", "country": "US"},
            "legal_id": "0801234567", "tax_ids": [{"type": "us_ein", "value": "12-3456789"}],
            "default_tax_rate_ids": [],
        });
        seller.shop.client.update_account(untaxed).await.ok();
        let items = json!([{"name": "Use", "quantity": 3, "unit_amount": "0.33"}]);
        self.add(&seller, "untaxed", &seller.billed("usd", items.clone()).await, false).await;
        let british = json!({
            "address": {"city": "London", "state": null, "country": "UK"},
            "tax_ids": [{"type": "gb_vat", "value": "GB 980 7806 84"}], "legal_id": null,
            "default_tax_rate_ids": [seller.rate("20").await],
        });
        seller.shop.client.update_account(british).await.ok();
        seller
            .customer(json!({
                "address": {"country": "EL"}, "tax_ids": [{"type": "eu_vat", "value": "EL094259216"}],
            }))
            .await;
        self.add(&seller, "british", &seller.billed("gbp", items.clone()).await, false).await;
        let address = json!({
            "line1": "Oudegracht 1", "city": "Utrecht", "postal_code": "3511 AA", "country": "NL",
        });
        let dutch = json!({
            "address": address, "legal_id": "12345678",
            "tax_ids": [{"type": "eu_vat", "value": "NL004495445B01"}],
        });
        seller.shop.client.update_account(dutch).await.ok();
        let ids = json!([{"type": "eu_vat", "value": "NL 0044 9544 5B01"}]);
        seller.customer(json!({"address": address, "tax_ids": ids})).await;
        self.add(&seller, "dutch", &seller.billed("eur", items).await, false).await;
    }
}
