//! Events by their type, their object and their customer: exact, however many there are, whatever of
//! them is compacted, and of those that were written before anybody asked.

use futures_util::{StreamExt, stream};
use local::{Options, Outcome};
use serde_json::{Value, json};

use crate::client::{Answer, Api, Client, attribute, eventually};

/// All events, newest first.
async fn all(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let page = page(client, &format!("?limit=100&offset={}", all.len())).await;
        all.extend(page.items().to_vec());
        if page.body["has_more"] == false {
            return all;
        }
    }
}

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["id"].as_str().unwrap()).collect()
}

/// Whether an event is one that this filter asks for.
fn is_meant(event: &Value, field: &str, value: &str) -> bool {
    let object = &event["data"]["object"];
    match field {
        "type" => event["type"] == value,
        "object_id" => object["id"] == value,
        _ => object["customer_id"] == value || object["id"] == value,
    }
}

/// A page, asked for again while the answer is to ask again.
async fn page(client: &Client, query: &str) -> Answer {
    eventually(async || {
        let answer = client.list_events(query).await;
        (answer.status != 503).then_some(answer)
    })
    .await
    .ok()
}

/// That a filter finds those of `all` that it means, on each page.
async fn is_exact(client: &Client, all: &[Value], (field, value): (&str, &str)) -> usize {
    let meant: Vec<Value> =
        all.iter().filter(|event| is_meant(event, field, value)).cloned().collect();
    for (offset, limit) in [(0, 7), (meant.len().saturating_sub(3).min(400), 20)] {
        let query = format!("?{field}={value}&offset={offset}&limit={limit}");
        let found = page(client, &query).await;
        let expected: Vec<Value> = meant.iter().skip(offset).take(limit).cloned().collect();
        assert_eq!(ids(found.items()), ids(&expected), "{query}");
        assert_eq!(found.body["total"], meant.len(), "{query}");
        assert_eq!(found.body["has_more"], offset + limit < meant.len(), "{query}");
    }
    meant.len()
}

/// Has the list of events compacted, and whatever was asked for of it.
async fn compact(api: &Api, client: &Client) {
    let request = format!("{}#events#test", client.account);
    api.put_items(&[json!({"PK": {"S": "COMPACT"}, "SK": {"S": request}})]).await;
    let outcome = api.compact().await;
    assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
}

#[tokio::test]
async fn events_are_found_by_type_object_and_customer() {
    let shop = crate::billing::Shop::open().await;
    let (api, client) = (&shop.api, &shop.client);
    let price = shop.monthly(1000).await;
    shop.subscribe(&price, json!({})).await.ok();
    let gone = client.create_customer(json!({"email": "gone@example.com"})).await.ok().id();
    client.update_customer(&gone, json!({"name": "Gone"})).await.ok();
    client.delete_customer(&gone).await.ok();
    let all = all(client).await;
    assert_eq!(is_exact(client, &all, ("object_id", &gone)).await, 3);
    assert_eq!(is_exact(client, &all, ("customer_id", &gone)).await, 3);
    assert!(is_exact(client, &all, ("customer_id", &shop.customer)).await > 5);
    assert_eq!(is_exact(client, &all, ("type", "invoice.paid")).await, 1);
    assert_eq!(is_exact(client, &all, ("type", "invoice.voided")).await, 0);
    assert_eq!(is_exact(client, &all, ("object_id", "in_prod_0000000000000000")).await, 0);
    // A range of time is counted as exactly.
    let at = all.iter().find(|event| event["type"] == "invoice.paid").unwrap();
    let at = at["created_at"].as_str().unwrap();
    for (bound, total) in [("gte", 1), ("gt", 0)] {
        let query = format!("?type=invoice.paid&created_at[{bound}]={at}");
        assert_eq!(client.list_events(&query).await.ok().body["total"], total, "{query}");
    }
    // Nobody sees another's.
    let other = api.client().await;
    let found = other.list_events(&format!("?customer_id={}", shop.customer)).await.ok();
    assert_eq!(found.body["total"], 0);
}

#[tokio::test]
async fn what_cannot_be_asked_of_events_is_refused() {
    let api = Api::start().await;
    let client = api.client().await;
    for (query, fault) in [
        ("?type=invoice.payed", "?type unknown_value"),
        ("?type=invoice.*", "?type unknown_value"),
        ("?object_id=invoice", "?object_id no_such_object"),
        ("?object_id=in_prod_1", "?object_id no_such_object"),
        ("?customer_id=in_prod_0000000000000000", "?customer_id no_such_object"),
        ("?type=invoice.paid&object_id=in_prod_0000000000000000", "?object_id not_combinable"),
        (
            "?object_id=in_prod_0000000000000000&customer_id=cus_prod_0000000000000000",
            "?customer_id not_combinable",
        ),
        ("?type=invoice.paid&offset=490&limit=20", "?offset too_large"),
        ("?type=invoice.paid&after=evt_prod_0000000000000000&offset=1", "?offset not_combinable"),
    ] {
        let refused = client.list_events(query).await.refused(400);
        assert_eq!(refused.faults(), [fault], "{query}");
    }
}

/// Makes customers, sixteen at a time.
async fn make(client: &Client, count: usize) {
    let make = |number: usize| async move {
        let body = json!({"email": format!("jane{number}@example.com")});
        client.create_customer(body).await.ok();
    };
    stream::iter(0..count).map(make).buffer_unordered(16).count().await;
}

/// The head of the list of events.
async fn head(api: &Api, client: &Client) -> Value {
    let key = json!({"PK": {"S": format!("{}#L#events#0", client.account)}, "SK": {"S": "~"}});
    api.dynamodb("GetItem", json!({"Key": key})).await["Item"].clone()
}

#[tokio::test]
async fn an_index_begins_also_while_there_is_little_to_look_through() {
    let api = Api::start().await;
    let client = api.client().await;
    let jane = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let asked = async || is_exact(&client, &all(&client).await, ("customer_id", &jane)).await;
    assert_eq!(asked().await, 1);
    compact(&api, &client).await;
    assert!(head(&api, &client).await["state"]["M"].get("index").is_some());
    client.update_customer(&jane, json!({"name": "Jane"})).await.ok();
    assert_eq!(asked().await, 2);
    api.audit().await;
}

#[tokio::test]
async fn an_index_begins_when_somebody_asks_and_goes_on_and_may_be_forgotten() {
    let api = Api::start().await;
    let client = api.client().await;
    let jane = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    make(&client, 600).await;
    client.update_customer(&jane, json!({"name": "Jane"})).await.ok();
    let exact = async || {
        let all = all(&client).await;
        is_exact(&client, &all, ("object_id", &jane)).await;
        is_exact(&client, &all, ("type", "customer.created")).await;
        api.audit().await;
    };
    compact(&api, &client).await;
    assert_eq!(head(&api, &client).await["state"]["M"].get("index"), None, "nobody asked");
    exact().await;
    // Now somebody has.
    compact(&api, &client).await;
    let index = |head: &Value| head["state"]["M"].get("index").cloned();
    let segments = |head: &Value| {
        index(head).map(|index| index["M"]["segments"]["L"].as_array().unwrap().len())
    };
    assert_eq!(segments(&head(&api, &client).await), Some(1));
    exact().await;
    client.update_customer(&jane, json!({"name": "Janet"})).await.ok();
    make(&client, 560).await;
    compact(&api, &client).await;
    assert_eq!(segments(&head(&api, &client).await), Some(2));
    exact().await;
    // A function of an earlier deployment writes the head as it knows it.
    let mut forgetful = head(&api, &client).await;
    forgetful["state"]["M"].as_object_mut().unwrap().remove("index");
    api.dynamodb("PutItem", json!({"Item": forgetful})).await;
    exact().await;
    compact(&api, &client).await;
    assert_eq!(segments(&head(&api, &client).await), Some(1));
    exact().await;
    // The auditor counts again: a segment that says one too many is seen.
    let mut wrong = head(&api, &client).await;
    let segment = &mut wrong["state"]["M"]["index"]["M"]["segments"]["L"][0]["S"];
    let (members, rest) = segment.as_str().unwrap().split_once(' ').unwrap();
    let more = members.parse::<u64>().unwrap() + 1;
    *segment = format!("{more} {rest}").into();
    api.dynamodb("PutItem", json!({"Item": wrong})).await;
    let (url, table) = (api.stack.dynamodb_url(), api.stack.table_name());
    let report = local::audit::audit(url, table, |_| {}).await.unwrap().to_string();
    assert!(report.contains("are in a segment of"), "{report}");
}

/// Writes events as if there had been so many changes of one customer, each with its place in the list.
async fn stored_before(api: &Api, client: &Client, count: usize) {
    stored(api, client, 1..count, |_| None).await;
}

/// The same, with these numbers, each of the customer that is named for it.
async fn stored(
    api: &Api,
    client: &Client,
    numbers: std::ops::Range<usize>,
    of: impl Fn(usize) -> Option<String>,
) {
    let like = client.create_customer(json!({"email": "many@example.com"})).await.ok().id();
    let event = all(client).await.remove(0);
    let key = |id: &str| format!("{}#{id}", client.account);
    let id = event["id"].as_str().unwrap();
    let stored = json!({"Key": {"PK": {"S": key(id)}, "SK": {"S": "object"}}});
    let stored = api.dynamodb("GetItem", stored).await["Item"].clone();
    // As maps, which is how events were kept before they were packed.
    let data = Api::data_of(&stored);
    assert_eq!(data["object"]["id"], like);
    let mut items = Vec::new();
    for number in numbers {
        // Older than the one that is there.
        let old = format!("evt_prod_0mkz6k3c{number:08}");
        let mut item = stored.clone();
        item["PK"] = json!({"S": key(&old)});
        item["id"] = json!({"S": old});
        item["data"] = attribute(&data);
        if let Some(other) = of(number) {
            item["data"]["M"]["object"]["M"]["id"]["S"] = json!(other);
        }
        items.push(item);
        let list = format!("{}#L#events#0", client.account);
        let sk = format!("{old}#000000001");
        items.push(json!({"PK": {"S": list}, "SK": {"S": sk}, "d": {"N": "1"}}));
    }
    api.put_items(&items).await;
}

#[tokio::test]
async fn events_of_before_anybody_asked_are_found_however_many() {
    let api = Api::start().await;
    let client = api.client().await;
    stored_before(&api, &client, 8_300).await;
    // Too many to be looked through: they are made ready, which the worker does.
    client.list_events("?type=customer.created").await.refused(503);
    eventually(async || {
        let outcome = api.compact().await;
        assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
        let answer = client.list_events("?type=customer.created&limit=1").await;
        (answer.status == 200).then_some(())
    })
    .await;
    let all = all(&client).await;
    assert!(is_exact(&client, &all, ("type", "customer.created")).await >= 8_300);
    let of = all[0]["data"]["object"]["id"].as_str().unwrap().to_owned();
    assert_eq!(is_exact(&client, &all, ("customer_id", &of)).await, 8_300);
    // Page by page from the oldest, by time, as far as anybody wants.
    let (mut seen, mut after) = (Vec::new(), "evt_prod_0000000000000000".to_owned());
    while seen.len() < 8_299 {
        let query = format!("?object_id={of}&limit=100&after={after}");
        let page = page(&client, &query).await;
        assert_eq!(page.body["total"], 8_299 - seen.len());
        seen.extend(page.items().to_vec());
        after = seen.last().unwrap()["id"].as_str().unwrap().to_owned();
    }
    let meant = all.iter().filter(|one| is_meant(one, "object_id", &of));
    let mut expected: Vec<Value> = meant.cloned().collect();
    expected.reverse();
    assert_eq!(ids(&seen), ids(&expected)[..8_299]);
}

/// What the worker that compacts was charged for compacting everything: read and write units.
#[expect(
    clippy::float_arithmetic,
    reason = "units are counted as floats, and no money is among them"
)]
async fn charged(api: &Api, client: &Client) -> [f64; 2] {
    api.stack.wire().take();
    compact(api, client).await;
    let calls = api.stack.wire().take();
    let ours = calls.iter().filter(|call| call.function == "workers-compact");
    ours.fold([0.0, 0.0], |[read, write], call| [read + call.read_units, write + call.write_units])
}

/// An index is of batches of 512, of which the seventeenth makes one of the sixteen before it.
const BATCHES: usize = 15 * 512;

/// The page says what an event costs that enters an index, and what it costs to be written again: each is
/// the difference of two accounts with equal events, of which one has asked.
#[tokio::test]
async fn the_page_of_costs_says_what_an_index_costs() {
    let api = Api::start().await;
    // Each of another customer, in no order: the places of equal ones would be shorter.
    let other = |number: usize| {
        let number = u64::try_from(number).unwrap() * 2_654_435_761;
        Some(format!("cus_prod_0mkz6k{:010}", number % 10_000_000_000))
    };
    let mut charges = Vec::new();
    for asks in [false, true] {
        let client = api.client().await;
        client.create_customer(json!({"email": "jane@example.com"})).await.ok();
        if asks {
            client.list_events("?type=customer.created").await.ok();
        }
        compact(&api, &client).await;
        stored(&api, &client, 1..BATCHES + 1, other).await;
        let entered = charged(&api, &client).await;
        stored(&api, &client, BATCHES + 1..BATCHES + 1_025, other).await;
        charges.push((entered, charged(&api, &client).await));
        assert_eq!(head(&api, &client).await["state"]["M"].get("index").is_some(), asks);
    }
    let [(plain, plainly), (entered, merged)] = charges[..] else { panic!("{charges:?}") };
    let of = |index: usize| {
        let events = f64::from(u32::try_from(BATCHES).unwrap());
        let first = (entered[index] - plain[index]) / events;
        let again = merged[index] - plainly[index] - 1_024.0 * first;
        (first, again / (events + 512.0))
    };
    let ((read, _), (write, write_again)) = (of(0), of(1));
    let page = std::fs::read_to_string(crate::client::root().join("docs/costs.md")).unwrap();
    let (reads, writes, again) = (0.5, 0.09, 0.18);
    let said = format!(
        "costs {reads} read units and {writes} write units then, and {again} write units each"
    );
    assert!(page.contains(&said), "{said}");
    for (counted, said) in [(read, reads), (write, writes), (write_again, again)] {
        assert!((counted - said).abs() < 0.02, "{counted} is counted, and not {said}");
    }
}

#[tokio::test]
async fn whoever_polls_for_one_type_misses_none() {
    let environment = [("EVENTS_SETTLE_MS", "9000")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let api = Api::start_with(Options { environment, ..Options::default() }).await;
    let client = api.client().await;
    let mut made = Vec::new();
    for number in 0..5 {
        let body = json!({"email": format!("jane{number}@example.com")});
        let id = client.create_customer(body).await.ok().id();
        client.update_customer(&id, json!({"name": "Jane"})).await.ok();
        made.push(id);
    }
    let begin = "?type=customer.updated&limit=2&after=";
    let first = format!("{begin}evt_prod_0000000000000000");
    assert_eq!(client.list_events(&first).await.ok().body["total"], 0, "none is settled");
    let page = eventually(async || {
        let page = client.list_events(&first).await.ok();
        (page.body["total"] == 5).then_some(page)
    })
    .await;
    let mut seen = page.items().to_vec();
    assert_eq!((seen.len(), &page.body["has_more"]), (2, &json!(true)));
    while seen.len() < 5 {
        let last = seen.last().unwrap()["id"].as_str().unwrap().to_owned();
        seen.extend(client.list_events(&format!("{begin}{last}")).await.ok().items().to_vec());
    }
    let objects: Vec<&Value> = seen.iter().map(|event| &event["data"]["object"]["id"]).collect();
    assert_eq!(objects, made.iter().collect::<Vec<_>>());
}
