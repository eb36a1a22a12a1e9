//! Credit: a balance that is the sum of its notes, and never more of it than was paid.

use serde_json::{Value, json};

use crate::{
    billing::{Shop, fields},
    client::{Answer, Client, all},
};

impl Shop {
    /// A finalized invoice of one line, which the customer is sent.
    async fn billed_for(&self, currency: &str, amount: i64) -> Value {
        let id = self.drafted(currency, amount, "send_invoice").await;
        self.client.finalize_invoice(&id).await.ok().body
    }

    /// An invoice of one line that is paid by the customer's payment method.
    async fn charged(&self, amount: i64) -> Value {
        let id = self.drafted("usd", amount, "charge_automatically").await;
        let invoice = self.client.finalize_invoice(&id).await.ok().body;
        assert_eq!(invoice["state"], "paid", "{invoice}");
        invoice
    }

    async fn drafted(&self, currency: &str, amount: i64, method: &str) -> String {
        let body = json!({
            "customer_id": self.customer, "currency": currency, "collection_method": method,
            "items": [{"name": "Consulting", "amount_atom": amount}],
        });
        self.client.create_invoice(body).await.ok().id()
    }

    async fn give(&self, currency: &str, amount: i64) {
        let body = json!({"currency": currency, "amount_atom": amount});
        self.client.create_credit_note(&self.customer, body).await.ok();
    }

    /// The customer's notes, the newest first, and their audit.
    async fn notes(&self) -> Vec<Value> {
        notes_of(&self.client, &self.customer).await
    }

    /// The customer's balance in a currency.
    async fn balance(&self, currency: &str) -> i64 {
        let customer = self.client.get_customer(&self.customer).await.ok().body;
        balance(&customer, currency)
    }
}

fn balance(customer: &Value, currency: &str) -> i64 {
    let balances = customer["credit_balances"].as_array().unwrap();
    let found = balances.iter().find(|one| one["currency"] == currency);
    found.map_or(0, |one| one["amount_atom"].as_i64().unwrap())
}

/// The whole ledger of a customer: each note goes on where the one before it ended, no balance is ever
/// below zero, and the last one is the customer's.
async fn notes_of(client: &Client, customer: &str) -> Vec<Value> {
    let page = client.list_credit_notes(customer, "?limit=100").await.ok();
    let notes = page.items().to_vec();
    assert_eq!(page.body["total"], notes.len());
    let customer = client.get_customer(customer).await.ok().body;
    let mut currencies: Vec<&str> =
        notes.iter().map(|note| note["currency"].as_str().unwrap()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    for currency in currencies {
        let of_currency = notes.iter().filter(|note| note["currency"] == currency);
        // The sum does not depend on the order: of two notes of one instant the list knows none.
        let sum: i64 = of_currency.clone().map(|note| note["amount_atom"].as_i64().unwrap()).sum();
        assert_eq!(sum, balance(&customer, currency), "{notes:?}");
        for note in of_currency {
            let (amount, after) = (&note["amount_atom"], note["balance_atom"].as_i64().unwrap());
            assert!(after >= 0 && after >= amount.as_i64().unwrap(), "{note}");
        }
    }
    notes
}

#[tokio::test]
async fn a_balance_is_what_it_is_set_to_and_its_notes_say_how() {
    let shop = Shop::open().await;
    let (client, id) = (&shop.client, &shop.customer);
    let mut versions = Vec::new();
    for amount in [500, 200, 200, 0, 700] {
        let target = json!({"currency": "USD", "amount_atom": amount, "description": "Agreed"});
        let customer = client.set_credit_balance(id, target).await.ok();
        assert_eq!(balance(&customer.body, "usd"), amount);
        versions.push(customer.body["version"].as_u64().unwrap());
    }
    // Where it is there already, nothing changes.
    assert_eq!((versions[2], versions[3]), (versions[1], versions[1] + 1));
    let notes = shop.notes().await;
    assert_eq!(
        fields(&notes, &["amount_atom", "balance_atom", "reason", "description"]),
        [
            json!([700, 700, "issued", "Agreed"]),
            json!([-200, 0, "voided", "Agreed"]),
            json!([-300, 200, "voided", "Agreed"]),
            json!([500, 500, "issued", "Agreed"]),
        ]
    );
    // One currency knows nothing of another.
    let euros = json!({"currency": "eur", "amount_atom": 100});
    let customer = client.set_credit_balance(id, euros).await.ok().body;
    let balances =
        json!([{"currency": "eur", "amount_atom": 100}, {"currency": "usd", "amount_atom": 700}]);
    assert_eq!(customer["credit_balances"], balances);
    let note = notes[0]["id"].as_str().unwrap();
    assert_eq!(shop.events(note).await, ["credit_note.created"]);
}

#[tokio::test]
async fn every_fault_of_a_credit_is_told() {
    let shop = Shop::open().await;
    let (client, id) = (&shop.client, &shop.customer);
    let refused = |answer: Answer, status, faults: &[&str]| {
        assert_eq!(answer.refused(status).faults(), faults);
    };
    let below = json!({"currency": "usd", "amount_atom": -1});
    refused(client.set_credit_balance(id, below).await, 422, &["/amount_atom out_of_range"]);
    let nothing = client.set_credit_balance(id, json!({})).await;
    refused(nothing, 400, &["/currency required", "/amount_atom required"]);
    for amount in [0, -1] {
        let body = json!({"currency": "usd", "amount_atom": amount});
        let answer = client.create_credit_note(id, body).await;
        refused(answer, 422, &["/amount_atom out_of_range"]);
    }
    let most = json!({"currency": "usd", "amount_atom": i64::MAX});
    client.create_credit_note(id, most.clone()).await.ok();
    client.create_credit_note(id, most).await.refused(422);
    // Another customer's invoice, in another currency, and none at all.
    let other = client.create_customer(json!({"email": "joe@example.com"})).await.ok().id();
    let invoice = shop.charged(1000).await["id"].clone();
    let body = json!({"currency": "eur", "amount_atom": 0, "invoice_id": invoice});
    let answer = client.create_credit_note(&other, body.clone()).await;
    refused(answer, 422, &["/amount_atom out_of_range", "/invoice_id no_such_object"]);
    let answer = client.create_credit_note(id, body).await;
    refused(answer, 422, &["/amount_atom out_of_range", "/currency other_currency"]);
    let gone = json!({
        "currency": "usd", "amount_atom": 1, "invoice_id": "in_stg_0000000000000000",
    });
    refused(client.create_credit_note(id, gone).await, 422, &["/invoice_id no_such_object"]);
    assert_eq!(client.list_credit_notes(&other, "").await.ok().body["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_who_set_a_balance_at_once_leave_a_ledger_that_sums_to_it() {
    let shop = Shop::open().await;
    let answers = all((0..16_i64).map(|index| {
        let (client, id) = (shop.client.clone(), shop.customer.clone());
        async move {
            let target = json!({"currency": "usd", "amount_atom": (index * 37) % 16 * 100});
            loop {
                // Who never gets a turn is told to come again.
                let answer = client.set_credit_balance(&id, target.clone()).await;
                if answer.status != 409 {
                    return answer.ok();
                }
            }
        }
    }))
    .await;
    let notes = shop.notes().await;
    let last = shop.balance("usd").await;
    let mut by_version: Vec<_> = answers
        .iter()
        .map(|answer| (answer.body["version"].as_u64().unwrap(), balance(&answer.body, "usd")))
        .collect();
    by_version.sort_unstable();
    // Each saw the balance of the one before it, and the last one left what there is.
    assert_eq!(by_version.last().map(|(_, balance)| *balance), Some(last));
    by_version.dedup();
    let mut expected = Vec::new();
    let mut before = 0;
    for (_, after) in by_version {
        expected.extend((after != before).then_some((after - before, after)));
        before = after;
    }
    let pair = |note: &Value| {
        (note["amount_atom"].as_i64().unwrap(), note["balance_atom"].as_i64().unwrap())
    };
    let mut found: Vec<_> = notes.iter().map(pair).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn credit_pays_the_next_invoice_of_its_currency_as_far_as_it_goes() {
    let shop = Shop::open().await;
    shop.give("usd", 500).await;
    let amounts = ["total_amount_atom", "credit_applied_amount_atom", "due_amount_atom", "state"];
    // Another currency is another balance.
    let euros = shop.billed_for("eur", 1200).await;
    assert_eq!(fields(&[euros], &amounts), [json!([1200, 0, 1200, "open"])]);
    let first = shop.billed_for("usd", 1200).await;
    assert_eq!(fields(std::slice::from_ref(&first), &amounts), [json!([1200, 500, 700, "open"])]);
    assert_eq!(shop.balance("usd").await, 0);
    let notes = shop.notes().await;
    assert_eq!(
        fields(&notes[..1], &["amount_atom", "balance_atom", "reason", "invoice_id"]),
        [json!([-500, 0, "applied", first["id"]])]
    );
    // Voiding gives it back, and more than an invoice comes to pays it whole.
    let void = shop.client.void_invoice(first["id"].as_str().unwrap()).await.ok();
    assert_eq!(void.body["state"], "void");
    assert_eq!(shop.balance("usd").await, 500);
    assert_eq!(
        fields(&shop.notes().await[..1], &["amount_atom", "reason", "invoice_id"]),
        [json!([500, "returned", first["id"]])]
    );
    let small = shop.billed_for("usd", 300).await;
    assert_eq!(fields(&[small], &amounts), [json!([300, 300, 0, "paid"])]);
    assert_eq!(shop.balance("usd").await, 200);
    shop.notes().await;
}

#[tokio::test]
async fn what_is_credited_and_refunded_of_an_invoice_is_never_more_than_was_paid() {
    let shop = Shop::open().await;
    let invoice = shop.charged(1000).await;
    let (id, intent) = (invoice["id"].clone(), invoice["payment_intent_id"].clone());
    let credit = |amount: i64| {
        let body = json!({"currency": "usd", "amount_atom": amount, "invoice_id": id});
        shop.client.create_credit_note(&shop.customer, body)
    };
    let refund = |amount: i64| {
        shop.client.create_refund(json!({"payment_intent_id": intent, "amount_atom": amount}))
    };
    credit(400).await.ok();
    let faults = refund(601).await.refused(422).faults();
    assert_eq!(faults, ["/amount_atom more_than_paid"]);
    refund(500).await.ok();
    assert_eq!(credit(101).await.refused(422).faults(), ["/amount_atom more_than_paid"]);
    // What is left, where no amount is named.
    let rest = shop.client.create_refund(json!({"payment_intent_id": intent})).await.ok();
    assert_eq!(rest.body["amount_atom"], 100);
    for answer in [refund(1).await, credit(1).await] {
        assert_eq!(answer.refused(422).faults(), ["/amount_atom more_than_paid"]);
    }
    let invoice = shop.client.get_invoice(id.as_str().unwrap()).await.ok().body;
    assert_eq!(
        fields(
            &[invoice],
            &["state", "paid_amount_atom", "refunded_amount_atom", "credited_amount_atom"]
        ),
        [json!(["paid", 1000, 600, 400])]
    );
    // Of an invoice that is still open, no more than what the balance paid of it.
    let open = shop.billed_for("usd", 5000).await;
    let body = json!({"currency": "usd", "amount_atom": 401, "invoice_id": open["id"]});
    let faults = shop.client.create_credit_note(&shop.customer, body).await.refused(422).faults();
    assert_eq!(faults, ["/amount_atom more_than_paid"]);
    shop.notes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_of_refunds_and_credit_notes_gives_back_what_was_paid_and_no_more() {
    let shop = Shop::open().await;
    let invoice = shop.charged(1000).await;
    let id = invoice["id"].as_str().unwrap().to_owned();
    let intent = invoice["payment_intent_id"].clone();
    let answers = all((0..16).map(|index| {
        let (client, customer) = (shop.client.clone(), shop.customer.clone());
        let (invoice, intent) = (id.clone(), intent.clone());
        async move {
            loop {
                let answer = match index % 2 {
                    0 => {
                        let body = json!({
                            "currency": "usd", "amount_atom": 130, "invoice_id": invoice,
                        });
                        client.create_credit_note(&customer, body).await
                    }
                    _ => {
                        let body = json!({"payment_intent_id": intent, "amount_atom": 130});
                        client.create_refund(body).await
                    }
                };
                if answer.status != 409 {
                    return answer;
                }
            }
        }
    }))
    .await;
    let (given, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((given.len(), refused.len()), (7, 9));
    for answer in refused {
        assert_eq!(answer.refused(422).faults(), ["/amount_atom more_than_paid"]);
    }
    let sum =
        |items: &[Value]| items.iter().map(|one| one["amount_atom"].as_i64().unwrap()).sum::<i64>();
    let refunds = shop.client.list_refunds("?limit=100").await.ok();
    let (refunded, credited) = (sum(refunds.items()), sum(&shop.notes().await));
    assert_eq!(refunded + credited, 910);
    let invoice = shop.client.get_invoice(&id).await.ok().body;
    assert_eq!(
        fields(&[invoice], &["refunded_amount_atom", "credited_amount_atom"]),
        [json!([refunded, credited])]
    );
}

#[tokio::test]
async fn a_refund_that_fails_leaves_its_amount_to_be_credited() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "test_refund_declined").await;
    let invoice = shop.charged(1000).await;
    let body = json!({"payment_intent_id": invoice["payment_intent_id"]});
    let refund = shop.client.create_refund(body).await.ok();
    assert_eq!(refund.body["state"], "failed");
    let body = json!({"currency": "usd", "amount_atom": 1000, "invoice_id": invoice["id"]});
    shop.client.create_credit_note(&shop.customer, body).await.ok();
    let invoice = shop.client.get_invoice(invoice["id"].as_str().unwrap()).await.ok().body;
    assert_eq!(
        fields(&[invoice], &["refunded_amount_atom", "credited_amount_atom"]),
        [json!([0, 1000])]
    );
}

#[tokio::test]
async fn a_cancellation_refunds_what_was_not_credited() {
    let shop = Shop::open().await;
    let price = shop.monthly(1000).await;
    let subscription = shop.subscribe(&price, json!({})).await.ok();
    let invoice = shop.invoices(&subscription.id()).await.remove(0);
    let body = json!({"currency": "usd", "amount_atom": 300, "invoice_id": invoice["id"]});
    shop.client.create_credit_note(&shop.customer, body).await.ok();
    let full = json!({"refund_option": "full"});
    shop.client.cancel_subscription(&subscription.id(), full).await.ok();
    let refunds = shop.client.list_refunds("").await.ok();
    assert_eq!(fields(refunds.items(), &["amount_atom", "state"]), [json!([700, "succeeded"])]);
}
