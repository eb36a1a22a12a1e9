//! Invoices over the API: drafts, numbers, payments by hand, and their ends.

use serde_json::{Value, json};

use crate::billing::{Shop, fields};

impl Shop {
    /// A draft for the customer, with `rest` in place of or beside what it has.
    async fn penned(&self, rest: Value) -> Value {
        let mut body = json!({
            "customer_id": self.customer, "currency": "usd",
            "items": [{"name": "Consulting", "quantity": 2, "unit_amount": "6.00"}],
        });
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.client.create_invoice(body).await.ok().body
    }

    /// An invoice that is sent, and final.
    async fn sent_by_hand(&self) -> Value {
        let draft = self.penned(json!({"collection_method": "send_invoice"})).await;
        self.client.finalize_invoice(id(&draft)).await.ok().body
    }
}

fn id(invoice: &Value) -> &str {
    invoice["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_line_is_written_in_decimals_in_atoms_or_by_a_price() {
    let shop = Shop::open().await;
    let decimal = json!({"unit_amount_decimal": "0.125"});
    let decimal = shop.price(decimal).await;
    let items = json!([
        {"name": "a", "amount": "12.50"},
        {"name": "b", "amount": 12.5},
        {"name": "c", "unit_amount": "0.005", "quantity": 3},
        {"name": "d", "unit_amount_atom": 7, "quantity": 3},
        {"name": "e", "amount_atom": -100},
        {"price_id": decimal, "quantity": 20},
    ]);
    let draft = shop.penned(json!({"items": items})).await;
    assert_eq!(
        fields(draft["items"].as_array().unwrap(), &["name", "amount_atom", "unit_amount_atom"]),
        [
            json!(["a", 1250, null]),
            json!(["b", 1250, null]),
            json!(["c", 1, null]),
            json!(["d", 21, 7]),
            json!(["e", -100, null]),
            // A half goes toward minus infinity.
            json!(["Team", 2, null]),
        ]
    );
    assert_eq!((&draft["total_amount_atom"], &draft["state"]), (&json!(2424), &json!("draft")));
    assert_eq!(draft["number"], Value::Null);
}

#[tokio::test]
async fn amounts_that_are_none_are_all_named_and_nothing_is_made() {
    let shop = Shop::open().await;
    let with =
        |items: Value| json!({"customer_id": shop.customer, "currency": "jpy", "items": items});
    let unreadable = with(json!([{"name": "a", "amount": "1e3"}, {"name": "b", "amount": true}]));
    assert_eq!(
        shop.client.create_invoice(unreadable).await.refused(400).faults(),
        ["/items/0/amount invalid_decimal", "/items/1/amount wrong_type"]
    );
    let items = json!([
        {"name": "a", "amount": "12.5"},
        {"name": "c", "amount_atom": 1, "amount": "1"},
        {"amount_atom": 1},
        {"name": "e"},
        {"name": "f", "unit_amount_atom": i64::MAX, "quantity": 2},
        {"price_id": "price_stg_0000000000000000"},
    ]);
    assert_eq!(
        shop.client.create_invoice(with(items)).await.refused(400).faults(),
        [
            "/items/0/amount too_many_decimals",
            "/items/1 required",
            "/items/2/name required",
            "/items/3 required",
            "/items/4/unit_amount_atom amount_too_large",
            "/items/5/price_id no_such_object",
        ]
    );
    assert_eq!(shop.client.list_invoices("").await.ok().body["total"], 0);
}

#[tokio::test]
async fn a_draft_can_be_changed_and_deleted_and_a_final_invoice_cannot() {
    let shop = Shop::open().await;
    let draft = shop.penned(json!({})).await;
    let patch = json!({"description": "January", "items": [{"name": "x", "amount_atom": 500}]});
    let changed = shop.client.update_invoice(id(&draft), patch).await.ok().body;
    assert_eq!((&changed["total_amount_atom"], &changed["version"]), (&json!(500), &json!(2)));
    let last = shop.client.finalize_invoice(id(&draft)).await.ok().body;
    assert_eq!((&last["number"], &last["state"]), (&json!("INV-0001"), &json!("paid")));
    let patch = json!({"description": "February"});
    shop.client.update_invoice(id(&draft), patch).await.refused(422);
    shop.client.delete_invoice(id(&draft)).await.refused(422);
    shop.client.finalize_invoice(id(&draft)).await.refused(422);
    let other = shop.penned(json!({})).await;
    shop.client.delete_invoice(id(&other)).await.ok();
    shop.client.get_invoice(id(&other)).await.refused(404);
    let empty = shop.penned(json!({"items": []})).await;
    let refused = shop.client.finalize_invoice(id(&empty)).await.refused(422);
    assert!(refused.body["detail"].as_str().unwrap().contains("no items"), "{}", refused.body);
    // A draft that is deleted or refused takes no number.
    assert_eq!(shop.sent_by_hand().await["number"], "INV-0002");
}

#[tokio::test]
async fn an_invoice_is_paid_in_parts_by_hand_and_never_more_than_is_due() {
    let shop = Shop::open().await;
    let sent = shop.sent_by_hand().await;
    assert_eq!(
        (&sent["state"], &sent["due_date"]),
        (&json!("open"), &json!("2026-03-02T10:00:00.000Z"))
    );
    let pay = async |body: Value| shop.client.pay_invoice(id(&sent), body).await;
    pay(json!({"paid_out_of_band": true, "amount_atom": 1201})).await.refused(422);
    pay(json!({"amount_atom": 0})).await.refused(422);
    pay(json!({"payment_method_id": "pm_stg_0000000000000000"})).await.refused(422);
    let part = pay(json!({"paid_out_of_band": true, "amount_atom": 200})).await.ok().body;
    assert_eq!(
        fields(&[part], &["state", "paid_amount_atom", "due_amount_atom", "paid_out_of_band"]),
        [json!(["partially_paid", 200, 1000, true])]
    );
    shop.client.void_invoice(id(&sent)).await.refused(422);
    let rest = pay(json!({})).await.ok().body;
    assert_eq!((&rest["state"], &rest["attempt_count"]), (&json!("paid"), &json!(1)));
    pay(json!({})).await.refused(422);
    let intents = shop.client.get("/api/payments/intents").await.ok();
    assert_eq!(fields(intents.items(), &["amount_atom", "state"]), [json!([1000, "succeeded"])]);
}

#[tokio::test]
async fn an_invoice_that_is_not_paid_in_time_is_past_due_and_in_the_end_written_off() {
    let shop = Shop::open().await;
    let sent = shop.sent_by_hand().await;
    shop.advance("2026-03-02T10:00:00Z").await;
    let late = shop.client.get_invoice(id(&sent)).await.ok().body;
    assert_eq!(late["state"], "past_due");
    shop.advance("2026-04-02T10:00:00Z").await;
    let lost = shop.client.get_invoice(id(&sent)).await.ok().body;
    assert_eq!(lost["state"], "uncollectible");
    let paid = shop.client.pay_invoice(id(&sent), json!({"paid_out_of_band": true})).await.ok();
    assert_eq!(paid.body["state"], "paid");
    assert_eq!(
        shop.events(id(&sent)).await,
        [
            "invoice.created",
            "invoice.finalized",
            "invoice.past_due",
            "customer.state_changed",
            "invoice.marked_uncollectible",
            "customer.state_changed",
            "invoice.paid"
        ]
    );
}

#[tokio::test]
async fn a_void_invoice_is_void_for_good_and_a_written_off_one_can_be_voided() {
    let shop = Shop::open().await;
    let (one, two) = (shop.sent_by_hand().await, shop.sent_by_hand().await);
    assert_eq!(shop.client.void_invoice(id(&one)).await.ok().body["state"], "void");
    shop.client.pay_invoice(id(&one), json!({"paid_out_of_band": true})).await.refused(422);
    shop.client.write_off_invoice(id(&one)).await.refused(422);
    let off = shop.client.write_off_invoice(id(&two)).await.ok().body;
    assert_eq!(off["state"], "uncollectible");
    assert_eq!(shop.client.void_invoice(id(&two)).await.ok().body["state"], "void");
    let draft = shop.penned(json!({})).await;
    shop.client.void_invoice(id(&draft)).await.refused(422);
    shop.client.pay_invoice(id(&draft), json!({})).await.refused(422);
}

#[tokio::test]
async fn a_declined_payment_by_hand_says_why_and_leaves_the_invoice_open() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "test_decline_hard").await;
    let sent = shop.sent_by_hand().await;
    let refused = shop.client.pay_invoice(id(&sent), json!({})).await.refused(422);
    assert_eq!(refused.faults(), [" stolen_card"]);
    let open = shop.client.get_invoice(id(&sent)).await.ok().body;
    assert_eq!((&open["state"], &open["due_amount_atom"]), (&json!("open"), &json!(1200)));
    assert_eq!(open["last_payment_error"]["code"], "stolen_card");
    assert_eq!(open["next_payment_attempt_at"], Value::Null);
}

#[tokio::test]
async fn a_customer_who_is_billed_cannot_be_deleted() {
    let shop = Shop::open().await;
    let other = shop.client.create_customer(json!({"email": "b@example.com"})).await.ok().id();
    shop.client.delete_customer(&other).await.ok();
    shop.penned(json!({})).await;
    let refused = shop.client.delete_customer(&shop.customer).await.refused(422);
    assert!(refused.body["detail"].as_str().unwrap().contains("invoices"), "{}", refused.body);
}

#[tokio::test]
async fn an_invoice_is_found_by_its_number_and_by_when_it_is_due() {
    let shop = Shop::open_at("2030-01-01T00:00:00Z", "test_success").await;
    let list = async |query: &str| {
        let page = shop.client.list_invoices(&format!("?{query}")).await.ok();
        let ids = page.items().iter().map(|one| id(one).to_owned()).collect::<Vec<_>>();
        assert_eq!(page.body["total"], ids.len());
        ids
    };
    let mut made = Vec::new();
    for day in ["20", "10", "30"] {
        let due = format!("2030-01-{day}T00:00:00Z");
        let draft =
            shop.penned(json!({"collection_method": "send_invoice", "due_date": due})).await;
        made.push(id(&draft).to_owned());
    }
    let [twentieth, tenth, thirtieth] = [0, 1, 2].map(|place: usize| made[place].clone());
    let sent = shop.client.finalize_invoice(&twentieth).await.ok().body;
    let number = sent["number"].as_str().unwrap();
    assert_eq!(list(&format!("number={number}")).await, std::slice::from_ref(&twentieth));
    assert!(list("number=INV-9999").await.is_empty());
    // The one that is due last comes first.
    let all = [thirtieth.clone(), twentieth.clone(), tenth.clone()];
    assert_eq!(list("due_date[gte]=2030-01-10T00:00:00Z").await, all);
    assert_eq!(list("due_date[gt]=2030-01-10T00:00:00Z").await, all[..2]);
    assert_eq!(list("due_date[lte]=2030-01-20T00:00:00Z").await, all[1..]);
    assert_eq!(list("due_date[lt]=2030-01-20T00:00:00Z").await, all[2..]);
    assert_eq!(
        list("due_date[lt]=2030-02-01T00:00:00Z&state=open").await,
        std::slice::from_ref(&twentieth)
    );
    let within = "due_date[gte]=2030-01-11T00:00:00Z&due_date[lt]=2030-01-30T00:00:00Z";
    assert_eq!(list(within).await, std::slice::from_ref(&twentieth));
    // It moves with the date.
    let later = json!({"due_date": "2030-03-01T00:00:00Z"});
    shop.client.update_invoice(&tenth, later).await.ok();
    assert_eq!(list("due_date[gt]=2030-02-01T00:00:00Z").await, std::slice::from_ref(&tenth));
    assert_eq!(list("due_date[lte]=2030-01-10T00:00:00Z").await.len(), 0);
    for (query, pointer) in [
        ("due_date[lt]=2030-02-01T00:00:00Z&customer_id=cus_stg_0000000000000001", "?due_date"),
        ("due_date[lt]=2030-02-01T00:00:00Z&created_at[gt]=2030-01-01T00:00:00Z", "?due_date"),
        ("due_date=2030-02-01T00:00:00Z", "?due_date"),
        ("due_date[eq]=2030-02-01T00:00:00Z", "?due_date[eq]"),
        ("number=INV-0001&state=open", "?number"),
    ] {
        let refused = shop.client.list_invoices(&format!("?{query}")).await.refused(400);
        assert!(refused.faults()[0].starts_with(pointer), "{query}: {:?}", refused.faults());
    }
    shop.api.audit().await;
}
