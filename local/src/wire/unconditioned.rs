//! A write without its conditions: what a program would do that forgot them. With it a test of a
//! property shows that it would find such a program.

use serde_json::{Map, Value};

/// The body of a writing call, carried out whatever is there.
pub(super) fn unconditioned(mut body: Value) -> Value {
    if let Some(items) = body.get_mut("TransactItems").and_then(Value::as_array_mut) {
        items.retain(|item| item.get("ConditionCheck").is_none());
        for write in items.iter_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            strip(write);
        }
    } else {
        strip(&mut body);
    }
    body
}

/// Takes out the condition, and the names and values that nothing else in `write` uses: DynamoDB
/// refuses a request that has more of them than it needs.
fn strip(write: &mut Value) {
    let Some(write) = write.as_object_mut() else { return };
    write.remove("ConditionExpression");
    let update = write.get("UpdateExpression").and_then(Value::as_str).unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let used: Vec<String> =
        update.split(|c: char| !is_word(c) && c != '#' && c != ':').map(str::to_owned).collect();
    for names in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        if let Some(map) = write.get_mut(names).and_then(Value::as_object_mut) {
            map.retain(|name, _| used.contains(name));
        }
        if write.get(names).and_then(Value::as_object).is_some_and(Map::is_empty) {
            write.remove(names);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_condition_alone_used_is_taken_out_with_it() {
        let update = json!({
            "Key": {"PK": {"S": "a"}},
            "UpdateExpression": "SET #a = :a, b = if_not_exists(b, :zero)",
            "ConditionExpression": "#v = :v",
            "ExpressionAttributeNames": {"#a": "a", "#v": "version"},
            "ExpressionAttributeValues": {":a": {"N": "1"}, ":zero": {"N": "0"}, ":v": {"N": "2"}},
        });
        let put = json!({
            "Item": {"PK": {"S": "b"}},
            "ConditionExpression": "attribute_not_exists(#PK)",
            "ExpressionAttributeNames": {"#PK": "PK"},
        });
        let check = json!({"ConditionCheck": {"ConditionExpression": "attribute_exists(PK)"}});
        let body = json!({"TransactItems": [{"Update": update}, check, {"Put": put}]});
        assert_eq!(
            unconditioned(body),
            json!({"TransactItems": [
                {"Update": {
                    "Key": {"PK": {"S": "a"}},
                    "UpdateExpression": "SET #a = :a, b = if_not_exists(b, :zero)",
                    "ExpressionAttributeNames": {"#a": "a"},
                    "ExpressionAttributeValues": {":a": {"N": "1"}, ":zero": {"N": "0"}},
                }},
                {"Put": {"Item": {"PK": {"S": "b"}}}},
            ]})
        );
    }
}
