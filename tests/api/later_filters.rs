//! Filters that came when there were objects already: those that were stored before leave no list that
//! they never entered, and the backfill has them enter. And what a list does with an operation that is
//! not in its place.

use local::Outcome;
use serde_json::{Value, json};

use crate::{
    billing::Shop,
    client::{Api, Client},
};

/// Makes all objects such as an earlier program stored them, to whom these filters were unknown.
pub(crate) async fn forget(api: &Api, fields: &[&str]) {
    let items = api.dynamodb("Scan", json!({})).await;
    for item in items["Items"].as_array().unwrap() {
        let key = json!({"Key": {"PK": item["PK"], "SK": item["SK"]}});
        let list = item["PK"]["S"].as_str().unwrap().split('#').nth(2).unwrap_or_default();
        let of_field = |field: &&str| {
            [format!("?{field}"), format!("&{field}")].iter().any(|name| list.contains(name))
        };
        if fields.iter().any(of_field) {
            api.dynamodb("DeleteItem", key).await;
        } else if item.get("entered").is_some() {
            let mut without = item.clone();
            without.as_object_mut().unwrap().remove("entered");
            api.dynamodb("PutItem", json!({"Item": without})).await;
        }
    }
}

const LATER: [&str; 4] = ["search", "number", "due_date", "amount_atom"];

/// Runs the backfill to its end: how many objects entered their lists, and how many could not.
pub(crate) async fn backfill(api: &Api) -> (u64, u64) {
    let (mut entered, mut left, mut event) = (0, 0, json!({}));
    loop {
        let outcome = api.stack.invoke("operator-backfill", event.to_string()).await.unwrap();
        let Outcome::Answer(answer) = outcome else { panic!("{outcome:?}") };
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        entered += answer["entered"].as_u64().unwrap();
        left += answer["left"].as_u64().unwrap();
        match &answer["after"] {
            Value::Null => return (entered, left),
            after => event = json!({"after": after}),
        }
    }
}

pub(crate) async fn findings(api: &Api) -> String {
    let (url, table) = (api.stack.dynamodb_url(), api.stack.table_name());
    local::audit::audit(url, table, |_| {}).await.unwrap().to_string()
}

async fn total(client: &Client, query: &str) -> Value {
    client.list_customers(query).await.ok().body["total"].clone()
}

#[tokio::test]
async fn what_was_stored_before_a_filter_enters_it_by_the_backfill_or_by_changing() {
    let shop = Shop::open().await;
    let (api, client) = (&shop.api, &shop.client);
    let named = |name: &str| json!({"email": format!("{name}@example.com"), "name": name});
    let made = client.create_customer(named("Walter")).await.ok();
    let changes = client.create_customer(named("Wanda")).await.ok().id();
    let leaves = client.create_customer(named("Waldo")).await.ok().id();
    let price = shop.monthly(1000).await;
    shop.subscribe(&price, json!({})).await.ok();
    let draft = json!({
        "customer_id": shop.customer, "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Consulting", "amount": "6.00"}], "due_date": "2030-02-01T00:00:00Z",
    });
    let draft = client.create_invoice(draft).await.ok().id();
    let sent = client.finalize_invoice(&draft).await.ok().body;
    assert_eq!(total(client, "?search=wa").await, 3);
    api.audit().await;

    forget(api, &LATER).await;
    assert_eq!(total(client, "?search=wa").await, 0, "none has entered");
    let found = findings(api).await;
    assert!(found.contains("run the backfill"), "{found}");
    // One that leaves what it never entered, and one that changes: neither leaves a trace there.
    client.delete_customer(&leaves).await.ok();
    client.update_customer(&changes, json!({"name": "Wilma"})).await.ok();
    assert_eq!(total(client, "?search=waldo").await, 0);
    assert_eq!(total(client, "?search=wilma").await, 1);

    let (entered, left) = backfill(api).await;
    assert!(entered >= 5 && left == 0, "{entered} {left}");
    assert_eq!(backfill(api).await, (0, 0), "what is done is found done");
    api.audit().await;
    let found = client.list_customers("?search=walter").await.ok().body;
    assert_eq!(found["items"], json!([made.body]), "no version, no event, no change");
    let path = format!("/api/invoices?number={}", sent["number"].as_str().unwrap());
    assert_eq!(client.get(&path).await.ok().items()[0]["id"], draft);
    let due = client.get("/api/invoices?due_date[lte]=2030-02-01T00:00:00Z&state=open").await.ok();
    assert_eq!(due.items()[0]["id"], draft);
    let paid = client.get("/api/payments/intents?amount_atom=1000").await.ok();
    assert_eq!(paid.body["total"], 1);
}

#[tokio::test]
async fn the_backfill_runs_while_everything_changes() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut ids = Vec::new();
    for number in 0..40 {
        let body = json!({"email": format!("jane{number}@example.com"), "name": "Jane"});
        ids.push(client.create_customer(body).await.ok().id());
    }
    forget(&api, &LATER).await;
    let change = async {
        for (number, id) in ids.iter().enumerate() {
            let name = ["Walter", "Wanda", "Jane"][number % 3];
            client.update_customer(id, json!({"name": name})).await.ok();
            if number % 5 == 0 {
                client.delete_customer(id).await.ok();
            }
        }
    };
    let fill = async {
        for _ in 0..3 {
            backfill(&api).await;
        }
    };
    futures_util::future::join(change, fill).await;
    assert_eq!(backfill(&api).await.1, 0);
    api.audit().await;
    let kept = |name: usize| (0..40).filter(|n| n % 3 == name && n % 5 != 0).count();
    assert_eq!(total(&client, "?search=walt").await, json!(kept(0)));
    assert_eq!(total(&client, "?search=wan").await, json!(kept(1)));
    // By name or by address.
    assert_eq!(total(&client, "?search=jane").await, json!(32));
}

/// The change is written after it was read and before the backfill came between.
#[tokio::test]
async fn what_is_changed_while_the_backfill_passes_is_not_entered_twice() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"email": "jane@example.com", "name": "Jane"});
    let id = client.create_customer(body).await.ok().id();
    forget(&api, &LATER).await;
    let changing = client.clone();
    let path = id.clone();
    let change = async move { changing.update_customer(&path, json!({"name": "Wanda"})).await };
    let pass = async {
        assert_eq!(backfill(&api).await, (1, 0));
    };
    api.while_held(("customers-update", "TransactWriteItems"), change, pass).await.ok();
    assert_eq!(total(&client, "?search=wanda").await, 1);
    assert_eq!(total(&client, "?search=jane").await, 1, "by the address");
    api.audit().await;
}

#[tokio::test]
async fn an_operation_that_is_not_in_its_place_spoils_no_list() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"email": "jane@example.com"});
    let id = client.create_customer(body).await.ok().id();
    // One leaves that never came, one comes that is there.
    let stray = |id: &str, version: &str, delta: &str| {
        let partition = format!("{}#L#customers#0", client.account);
        json!({"Item": {
            "PK": {"S": partition}, "SK": {"S": format!("{id}#{version}")}, "d": {"N": delta},
        }})
    };
    let other = format!("{}0", &id[..id.len() - 1]);
    api.dynamodb("PutItem", stray(&other, "000000007", "-1")).await;
    api.dynamodb("PutItem", stray(&id, "000000003", "1")).await;
    let found = findings(&api).await;
    assert!(found.contains(&other) && found.contains("went unseen"), "{found}");
    let listed = client.list_customers("").await.ok();
    assert_eq!((&listed.body["total"], listed.items().len()), (&json!(1), 1));
    // The reader has asked for it to be mended.
    let outcome = api.compact().await;
    assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
    api.audit().await;
    assert_eq!(client.list_customers("").await.ok().body["total"], 1);
    client.delete_customer(&id).await.ok();
    assert_eq!(client.list_customers("").await.ok().body["total"], 0);
    api.audit().await;
}
