//! Events as they are kept: packed, and of a small shop each in one unit of a write.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::model::{entity::size, packed};

use crate::{audit::lived_in, client::Api};

/// How many bytes DynamoDB writes for a unit, of which a write in a transaction takes two.
const UNIT: usize = 1024;

/// Without DynamoDB's words for types.
fn plain(typed: &Value) -> Value {
    let (word, value) = typed.as_object().unwrap().iter().next().unwrap();
    match word.as_str() {
        "N" => serde_json::from_str(value.as_str().unwrap()).unwrap(),
        "M" => item(value).into(),
        _ => value.clone(),
    }
}

fn item(typed: &Value) -> serde_json::Map<String, Value> {
    typed.as_object().unwrap().iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

#[tokio::test]
async fn every_event_of_a_small_shop_is_kept_packed_in_a_kilobyte() {
    let api = Api::start().await;
    let shop = lived_in(&api).await;
    let mut shown = BTreeMap::new();
    loop {
        let page = format!("?limit=100&offset={}", shown.len());
        let page = shop.client.list_events(&page).await.ok();
        for event in page.items() {
            shown.insert(event["id"].as_str().unwrap().to_owned(), event.clone());
        }
        if page.body["has_more"] == false {
            break;
        }
    }
    let page = api.dynamodb("Scan", json!({})).await;
    let all = page["Items"].as_array().unwrap().iter();
    let events = all.filter(|item| item["PK"]["S"].as_str().unwrap().contains("#evt_"));
    let mut sizes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut seen = 0;
    for stored in events {
        let mut stored = item(stored);
        let text = |name: &str| stored[name].as_str().unwrap().to_owned();
        let (id, name) = (text("id"), text("type"));
        let kept = size::of(&stored);
        assert!(kept <= UNIT, "{name} of {kept} bytes");
        assert!(text("data").starts_with("1:"), "{name}");
        let data = packed::plain(stored["data"].take()).unwrap();
        if let Some(shown) = shown.get(&id) {
            assert_eq!(shown["data"], data, "{name}");
            seen += 1;
        }
        stored["data"] = data;
        let (before, after) = sizes.entry(name).or_default();
        (*before, *after) = ((*before).max(size::of(&stored)), (*after).max(kept));
    }
    assert!(seen > 60 && seen == shown.len(), "{seen} of {}", shown.len());
    // The largest of each type, as the decision has them.
    sizes.iter().for_each(|(name, (before, after))| println!("| `{name}` | {before} | {after} |"));
    assert!(sizes["invoice.finalized"].0 > 2 * UNIT);
}
