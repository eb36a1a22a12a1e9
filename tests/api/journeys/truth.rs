//! Whether what clients were told was so: each object that an answer showed is, at that version, the
//! object that an event of its account shows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::insist::Insistent;

/// What an answer shows and no event does, because it is a secret or depends on who asks and when.
const IN_NO_EVENT: [&str; 5] = ["token", "last_used_at", "is_expired", "secure_token", "url"];

/// Holds everything that `clients` were told against the events of their account.
pub(super) async fn was_told<'a>(
    account: &Insistent,
    clients: impl Iterator<Item = &'a Insistent>,
) {
    let mut shown: BTreeMap<(String, u64), Value> = BTreeMap::new();
    let mut offset = 0;
    loop {
        let page = account.read(&format!("/api/events?limit=100&offset={offset}")).await;
        for event in page["items"].as_array().unwrap() {
            let object = &event["data"]["object"];
            if let Some(of) = version_of(object) {
                shown.insert(of, object.clone());
            }
        }
        if page["has_more"] == false {
            break;
        }
        offset += 100;
    }
    let mut compared = 0;
    for client in clients {
        for told in client.told() {
            let page = told["items"].as_array().filter(|_| told["has_more"].is_boolean());
            for object in page.map_or(std::slice::from_ref(&told), Vec::as_slice) {
                let Some(of) = version_of(object).filter(|(id, _)| !id.starts_with("evt_")) else {
                    continue;
                };
                let event = shown.get(&of).unwrap_or_else(|| panic!("no event of {object}"));
                for (name, value) in object.as_object().unwrap() {
                    let secret = IN_NO_EVENT.contains(&name.as_str());
                    assert!(secret || event[name] == *value, "{name}: {object}, but {event}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 4, "only {compared} objects were told of");
}

fn version_of(object: &Value) -> Option<(String, u64)> {
    Some((object["id"].as_str()?.to_owned(), object["version"].as_u64()?))
}
