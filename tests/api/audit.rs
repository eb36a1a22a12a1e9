//! The auditor itself: it finds nothing in a table that only the functions wrote, and everything in one
//! that somebody damaged.

use serde_json::{Map, Value, json};
use shared::model::packed;

use crate::{
    client::{Api, attribute},
    renewals::{OPENED, Shop},
};

/// An item as DynamoDB has it.
type Typed = Map<String, Value>;

fn text<'a>(item: &'a Typed, name: &str) -> &'a str {
    item.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default()
}

/// The item whose keys contain these texts and of whose attributes `is` holds.
fn found(items: &[Typed], pk: &str, sk: &str, is: impl Fn(&Typed) -> bool) -> Typed {
    let matches =
        |item: &&Typed| text(item, "PK").contains(pk) && text(item, "SK").contains(sk) && is(item);
    let item = items.iter().find(matches);
    item.unwrap_or_else(|| panic!("no item {pk}/{sk}")).clone()
}

/// What is done to an item.
enum Damage {
    /// It goes.
    Gone,
    /// An attribute becomes another.
    Set(&'static str, Value),
    /// There is another, under another sort key, with an attribute changed.
    Doubled(&'static str, &'static str, Value),
}

use Damage::{Doubled, Gone, Set};

fn number(value: i64) -> Value {
    json!({"N": value.to_string()})
}

fn word(value: &str) -> Value {
    json!({"S": value})
}

/// A damage of each sort, and the check that finds it.
fn damages(items: &[Typed]) -> Vec<(&'static str, Typed, Damage)> {
    let any = |_: &Typed| true;
    let state = |state: &'static str| move |item: &Typed| text(item, "state") == state;
    let object = |pk: &str, is: &dyn Fn(&Typed) -> bool| found(items, pk, "object", is);
    let paid = || {
        object("#in_", &|item| {
            text(item, "state") == "paid" && text(item, "billing_reason") == "subscription_cycle"
        })
    };
    let charged = object("#pi_", &|item| item["refunded_amount_atom"] == number(0));
    // A declined charge says already that it did not succeed.
    let made = |item: &Typed| item["succeeded"] == json!({"BOOL": true});
    let entry = |sk: &str| found(items, "#TESTPROC#", sk, made);
    let event = |name: &'static str| {
        found(items, "#evt_", "object", move |item| text(item, "type") == name)
    };
    // One is damaged as it was kept before it was packed, the other as it is kept now.
    let shown = |item: &Typed, name: &str, value: Value| {
        let mut data = packed::plain(item["data"]["S"].clone()).unwrap();
        data["object"][name] = value;
        data
    };
    let repacked = |data: Value| word(&packed::pack(&data).unwrap());
    let subscription = object("#sub_", &state("active"));
    let claim = found(items, "#U#billed-periods/", "", any);
    let updated = event("customer.subscription.updated");
    let finalized = event("invoice.finalized");
    // Credit paid it when it was finalized: two events of one version.
    let settled = found(items, "#evt_", "object", |item| {
        let credit =
            || shown(item, "x", Value::Null)["object"]["credit_applied_amount_atom"].clone();
        text(item, "type") == "invoice.paid" && credit() != 0
    });
    let later = word("2026-07-01T00:00:00.000Z");
    let mut miscounted = paid()["items"].clone();
    miscounted["L"][0]["M"]["calculation"]["M"]["quantity"] = word("7");
    let credited =
        object("#cus_", &|item| !item["credit_balances"]["L"].as_array().unwrap().is_empty());
    let noted = || object("#cn_", &|item| text(item, "number").contains("-CN-"));
    vec![
        ("items", subscription.clone(), Set("state", word("asleep"))),
        ("items", found(items, "#L#", "", any), Doubled("nobody", "d", number(1))),
        ("totals", paid(), Set("total_amount_atom", number(999))),
        ("totals", paid(), Set("items", json!({"L": []}))),
        ("documents", paid(), Set("total_amount_atom", number(999))),
        ("documents", noted(), Set("items", json!({"L": []}))),
        ("documents", noted(), Set("amount_atom", number(119))),
        ("documents", noted(), Set("number", word("INV-9999-CN-01"))),
        ("balances", paid(), Set("due_amount_atom", number(1))),
        ("balances", paid(), Set("paid_amount_atom", number(-1))),
        ("balances", paid(), Set("state", word("past_due"))),
        ("explained", paid(), Set("subtotal_amount_atom", number(1))),
        ("explained", paid(), Set("items", miscounted)),
        ("numbers", paid(), Set("number", word("INV-0001"))),
        ("numbers", found(items, "#SEQ", "invoice", any), Set("version", number(99))),
        ("credit", credited, Set("credit_balances", json!({"L": []}))),
        ("credit", object("#cn_", &any), Set("amount_atom", number(1))),
        ("credit", object("#cn_", &any), Gone),
        ("payments", paid(), Set("attempt_count", number(7))),
        ("payments", charged.clone(), Set("captured_amount_atom", number(1))),
        ("payments", charged.clone(), Set("state", word("unknown"))),
        ("refunds", charged.clone(), Set("refunded_amount_atom", number(1))),
        ("refunds", object("#re_", &any), Set("amount_atom", number(100_000))),
        ("double entry", object("#cn_", &any), Gone),
        ("double entry", charged.clone(), Set("captured_amount_atom", number(1))),
        ("double entry", paid(), Set("due_amount_atom", number(1))),
        ("charges", entry("ch_"), Gone),
        ("charges", entry("ch_"), Set("succeeded", json!({"BOOL": false}))),
        ("charges", entry("ch_"), Set("amount", number(1))),
        ("charges", entry("ch_"), Doubled("ch_2", "reference", word("ch_2"))),
        ("repayments", entry("re_"), Gone),
        ("repayments", entry("re_"), Set("amount", number(1))),
        ("repayments", entry("re_"), Doubled("re_2", "idempotency_key", word("k"))),
        ("periods", claim.clone(), Gone),
        ("periods", claim.clone(), Set("owned_by", word("in_stg_0000000000000000"))),
        ("periods", paid(), Set("period_start", word(OPENED))),
        ("tiling", paid(), Set("period_end", later.clone())),
        ("tiling", subscription.clone(), Set("current_period_start", later)),
        ("lists", found(items, "#L#customers#", "cus_", any), Gone),
        ("lists", found(items, "#L#invoices#", "in_", any), Set("d", number(-1))),
        ("lists", found(items, "#L#invoices#", "in_", any), Set("subsets", word("+state=void"))),
        ("lists", paid(), Set("customer_id", word("cus_stg_0000000000000000"))),
        ("due", found(items, "#DUE", "#sub_", any), Gone),
        ("due", found(items, "#DUE", "#sub_", any), Doubled("2026-01-01#x", "d", number(1))),
        ("claims", claim, Set("owned_by", word("in_stg_0000000000000000"))),
        ("claims", found(items, "TOK#", "token", any), Gone),
        ("claims", found(items, "#prod_", "mark", any), Doubled("mark", "x", number(1))),
        ("events", updated.clone(), Gone),
        ("events", settled, Set("type", word("invoice.finalized"))),
        (
            "events",
            updated.clone(),
            Set("data", attribute(&shown(&updated, "version", 9999.into()))),
        ),
        ("usage", found(items, "#ME#", "event", any), Set("value", word("7"))),
        ("usage", found(items, "#ME#", "event", any), Gone),
        ("usage", found(items, "#MB#", "batch", any), Gone),
        ("usage", found(items, "#MU#", "#", any), Set("n13", number(5))),
        ("usage values", found(items, "#MV#", "#ann", any), Set("n1013", number(5))),
        ("usage values", found(items, "#MV#", "#ann", any), Gone),
        ("newest", subscription, Set("description", word("another"))),
        (
            "states",
            finalized.clone(),
            Set("data", repacked(shown(&finalized, "state", "void".into()))),
        ),
        ("items", finalized, Set("data", word("2:AAAA"))),
    ]
}

/// An account with two customers with subscriptions, a downgrade that gives credit, a refund, usage, and
/// a few months.
pub(crate) async fn lived_in(api: &Api) -> Shop {
    let shop = Shop::open(api, OPENED).await;
    let dear = shop.priced(3000, "month").await;
    let customer = shop.customer("test_success").await;
    let rest = json!({"items": [{"price_id": dear}]});
    let subscription = shop.subscribe(&customer, rest).await.ok();
    let item = &subscription.body["items"][0]["id"];
    let change = json!({
        "proration_behavior": "always_invoice",
        "items": [{"action": "update", "subscription_item_id": item, "price_id": shop.price}],
    });
    shop.client.post(&format!("/api/subscriptions/{}/items", subscription.id()), change).await.ok();
    let other = shop.customer("test_fail_once_then_succeed").await;
    let failing = shop.subscribe(&other, json!({})).await.ok().id();
    shop.advance("2026-03-10T00:00:00.000Z").await;
    let invoices = shop.invoices(&failing).await;
    let payments = shop.payments(invoices[1]["id"].as_str().unwrap()).await;
    let intent = payments.iter().find(|one| one["state"] == "succeeded").unwrap();
    let refund = json!({"payment_intent_id": intent["id"], "amount_atom": 250});
    shop.client.post("/api/payments/refunds", refund).await.ok();
    let credit = json!({"currency": "usd", "amount_atom": 120, "invoice_id": invoices[1]["id"]});
    shop.client.create_credit_note(&other, credit).await.ok();
    let meter = json!({
        "display_name": "Calls", "event_name": "call", "aggregation_formula": "sum",
    });
    shop.client.create_meter(meter).await.ok();
    let events: Vec<Value> = ["1", "2", "1"]
        .map(|identifier| {
            let payload = json!({"customer_id": customer, "value": "0.5"});
            json!({"event_name": "call", "identifier": identifier, "payload": payload})
        })
        .into();
    shop.client.record_usage(json!({"events": events})).await.ok();
    let users = json!({
        "display_name": "Users", "event_name": "seen", "aggregation_formula": "unique",
    });
    shop.client.create_meter(users).await.ok();
    let payload = json!({"customer_id": customer, "value": "ann"});
    let seen = json!({"event_name": "seen", "identifier": "1", "payload": payload});
    shop.client.record_usage(seen).await.ok();
    let draft = shop.draft(&customer, "send_invoice").await;
    shop.client.delete(&format!("/api/invoices/{draft}")).await.ok();
    shop
}

#[tokio::test]
async fn the_auditor_finds_each_damage_and_nothing_else() {
    let api = Api::start().await;
    lived_in(&api).await;
    api.audit().await;
    let page = api.dynamodb("Scan", json!({})).await;
    assert_eq!(page.get("LastEvaluatedKey"), None, "more than a page of items");
    let items: Vec<Typed> = page["Items"].as_array().unwrap().iter().map(typed).collect();
    let mut unseen = Vec::new();
    for (check, item, damage) in damages(&items) {
        let key = |sk: &Value| json!({"PK": item["PK"], "SK": sk});
        let mut damaged = item.clone();
        let told = match &damage {
            Gone => format!("{} gone", item["SK"]),
            Set(name, value) => format!("{name} = {value}"),
            Doubled(sk, ..) => format!("doubled as {sk}"),
        };
        match damage {
            Gone => {
                api.dynamodb("DeleteItem", json!({"Key": key(&item["SK"])})).await;
            }
            Set(name, value) => {
                damaged.insert(name.to_owned(), value);
                api.dynamodb("PutItem", json!({"Item": damaged})).await;
            }
            Doubled(sk, name, value) => {
                damaged.insert("SK".to_owned(), word(sk));
                if sk == "mark" {
                    damaged.insert("PK".to_owned(), word("acc_stg_1#prod_stg_1"));
                }
                damaged.insert(name.to_owned(), value);
                api.dynamodb("PutItem", json!({"Item": damaged})).await;
            }
        }
        let (url, table) = (api.stack.dynamodb_url(), api.stack.table_name());
        let findings = local::audit::audit(url, table, |_| {}).await.unwrap().findings();
        if !findings.iter().any(|finding| finding.starts_with(&format!("{check}: "))) {
            unseen.push(format!("{check}: {told}: {findings:?}"));
        }
        let gone = json!({"Key": {"PK": damaged["PK"], "SK": damaged["SK"]}});
        api.dynamodb("DeleteItem", gone).await;
        api.dynamodb("PutItem", json!({"Item": item})).await;
    }
    assert!(unseen.is_empty(), "not seen:\n{}", unseen.join("\n"));
    api.audit().await;
}

fn typed(item: &Value) -> Typed {
    item.as_object().unwrap().clone()
}
