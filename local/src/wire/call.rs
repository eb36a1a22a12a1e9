//! One call to DynamoDB as the wire proxy saw it: who made it, which items it touched, its cost.

use serde_json::Value;
use std::time::Duration;

/// One call to DynamoDB.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The binary of the function that made it: `customers-create`. Empty for a caller that is no
    /// function of the stack.
    pub function: String,
    /// The process that made it: `customers-create.3`.
    pub process: String,
    /// `TransactWriteItems`, `Query`, …
    pub action: String,
    /// Every item or partition it named, in the order of the request.
    pub touches: Vec<Touch>,
    /// Read units consumed, when the caller asked for them.
    pub read_units: f64,
    /// Write units consumed, when the caller asked for them.
    pub write_units: f64,
    /// Size of the request's body.
    pub request_bytes: usize,
    /// Size of the answer's body.
    pub response_bytes: usize,
    /// The answer's status; 0 when there was none.
    pub status: u16,
    /// DynamoDB's name for the failure: `TransactionCanceledException`.
    pub error: Option<String>,
    /// Why a transaction was cancelled: `ConditionalCheckFailed`, `TransactionConflict`, … for each of
    /// its items that was in the way.
    pub reasons: Vec<String>,
    /// How long the engine took.
    pub engine_time: Duration,
    /// What [`Wire::set_fault`](super::Wire::set_fault) did to it.
    pub fault: Option<&'static str>,
}

/// One item or partition that a call named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The permission it takes: `dynamodb:PutItem`, also inside a transaction.
    pub permission: String,
    /// The table.
    pub table: String,
    /// The partition key's value, which `dynamodb:LeadingKeys` is about.
    pub partition_key: String,
    /// The sort key's value, where the call names one item.
    pub sort_key: Option<String>,
}

/// The names of the key attributes, which tell what an item's key is.
#[derive(Debug, Clone)]
pub(super) struct KeyNames {
    pub(super) partition: String,
    pub(super) sort: Option<String>,
}

impl Call {
    /// The partition keys it named, in the order of the request.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.touches.iter().map(|touch| touch.partition_key.as_str())
    }

    /// Read and write units together.
    pub fn capacity_units(&self) -> f64 {
        [self.read_units, self.write_units].into_iter().sum()
    }

    /// Whether it can change the table.
    pub fn is_write(&self) -> bool {
        !matches!(
            self.action.as_str(),
            "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan" | "DescribeTable"
        )
    }

    /// Fills in what the answer says.
    pub(super) fn note_answer(&mut self, body: &Value) {
        let consumed = body.get("ConsumedCapacity");
        let entries: Vec<_> = match consumed {
            Some(Value::Array(entries)) => entries.iter().collect(),
            other => other.into_iter().collect(),
        };
        for entry in entries {
            let units = |name: &str| entry.get(name).and_then(Value::as_f64);
            let (read, write) = match (units("ReadCapacityUnits"), units("WriteCapacityUnits")) {
                (None, None) => {
                    let all = units("CapacityUnits").unwrap_or_default();
                    if self.is_write() { (0.0, all) } else { (all, 0.0) }
                }
                (read, write) => (read.unwrap_or_default(), write.unwrap_or_default()),
            };
            self.read_units = [self.read_units, read].into_iter().sum();
            self.write_units = [self.write_units, write].into_iter().sum();
        }
        let kind = body.get("__type").and_then(Value::as_str);
        self.error = kind.map(|kind| kind.rsplit('#').next().unwrap_or(kind).to_owned());
        let reasons = array(body.get("CancellationReasons"));
        let codes = reasons.filter_map(|reason| reason.get("Code").and_then(Value::as_str));
        self.reasons = codes.filter(|code| *code != "None").map(str::to_owned).collect();
    }
}

/// What the request of an action touches.
pub(super) fn touches(action: &str, body: &Value, names: &KeyNames) -> Vec<Touch> {
    let mut found = Vec::new();
    let mut add = |permission: &str, table: Option<&Value>, key: Option<&Value>| {
        if let Some(key) = key {
            found.push(Touch {
                permission: format!("dynamodb:{permission}"),
                table: table.and_then(Value::as_str).unwrap_or_default().to_owned(),
                partition_key: attribute(key, &names.partition).unwrap_or_default(),
                sort_key: names.sort.as_ref().and_then(|name| attribute(key, name)),
            });
        }
    };
    match action {
        "TransactWriteItems" | "TransactGetItems" => {
            for (kind, one) in entries(body.get("TransactItems")) {
                let permission = match kind {
                    "Put" => "PutItem",
                    "Update" => "UpdateItem",
                    "Delete" => "DeleteItem",
                    "Get" => "GetItem",
                    _ => "ConditionCheckItem",
                };
                add(permission, one.get("TableName"), one.get("Key").or_else(|| one.get("Item")));
            }
        }
        "BatchGetItem" => {
            for (table, one) in object(body.get("RequestItems")) {
                for key in array(one.get("Keys")) {
                    add(action, Some(&Value::from(table)), Some(key));
                }
            }
        }
        "BatchWriteItem" => {
            for (table, requests) in object(body.get("RequestItems")) {
                for (_, one) in entries(Some(requests)) {
                    let key = one.get("Item").or_else(|| one.get("Key"));
                    add(action, Some(&Value::from(table)), key);
                }
            }
        }
        "Query" => {
            let key = queried(body).unwrap_or(Value::Null);
            let key = serde_json::json!({ names.partition.as_str(): key });
            add(action, body.get("TableName"), Some(&key));
        }
        // Of the whole table, and of no key.
        "Scan" => add(action, body.get("TableName"), Some(&Value::Null)),
        _ => add(action, body.get("TableName"), body.get("Key").or_else(|| body.get("Item"))),
    }
    found
}

/// The value a query gives its partition key: the operand of the first equality.
fn queried(body: &Value) -> Option<Value> {
    let expression = body.get("KeyConditionExpression")?.as_str()?;
    let (_, after) = expression.split_once('=')?;
    let name: String = after
        .trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, ':' | '_' | '#' | '.'))
        .collect();
    body.get("ExpressionAttributeValues")?.get(name).cloned()
}

/// The text of a string, number or binary attribute.
fn attribute(item: &Value, name: &str) -> Option<String> {
    let typed = item.get(name)?.as_object()?;
    typed.values().next()?.as_str().map(str::to_owned)
}

fn array(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn object(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(key, one)| (key.as_str(), one))
}

/// The entries of a list of one-entry objects: `[{"Put": {…}}, …]`.
fn entries(list: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    array(list).flat_map(|one| object(Some(one)))
}

#[cfg(test)]
mod tests {
    use super::{Call, KeyNames, touches};
    use serde_json::{Value, json};

    fn keys(action: &str, body: &Value) -> Vec<(String, String, Option<String>)> {
        let names = KeyNames { partition: "PK".to_owned(), sort: Some("SK".to_owned()) };
        touches(action, body, &names)
            .into_iter()
            .map(|touch| (touch.permission, touch.partition_key, touch.sort_key))
            .collect()
    }

    #[test]
    fn every_item_of_a_call_is_found() {
        let key = |pk: &str| json!({"PK": {"S": pk}, "SK": {"S": "s"}});
        let touched = |permission: &str, pk: &str| {
            (format!("dynamodb:{permission}"), pk.to_owned(), Some("s".to_owned()))
        };
        let transaction = json!({"TransactItems": [
            {"Put": {"TableName": "t", "Item": key("a")}},
            {"Update": {"TableName": "t", "Key": key("b")}},
            {"Delete": {"TableName": "t", "Key": key("c")}},
            {"ConditionCheck": {"TableName": "t", "Key": key("d")}},
        ]});
        assert_eq!(
            keys("TransactWriteItems", &transaction),
            [
                touched("PutItem", "a"),
                touched("UpdateItem", "b"),
                touched("DeleteItem", "c"),
                touched("ConditionCheckItem", "d"),
            ]
        );
        let batch = json!({"RequestItems": {"t": {"Keys": [key("a"), key("b")]}}});
        assert_eq!(
            keys("BatchGetItem", &batch),
            [touched("BatchGetItem", "a"), touched("BatchGetItem", "b")]
        );
        let writes = json!({"RequestItems": {"t": [
            {"PutRequest": {"Item": key("a")}}, {"DeleteRequest": {"Key": key("b")}},
        ]}});
        assert_eq!(
            keys("BatchWriteItem", &writes),
            [touched("BatchWriteItem", "a"), touched("BatchWriteItem", "b")]
        );
        let query = json!({
            "TableName": "t",
            "KeyConditionExpression": "#pk = :pk AND begins_with(SK, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": "a"}, ":sk": {"S": "x"}},
        });
        assert_eq!(keys("Query", &query), [("dynamodb:Query".to_owned(), "a".to_owned(), None)]);
    }

    #[test]
    fn capacity_is_read_or_written() {
        let mut call = Call { action: "GetItem".to_owned(), ..Call::default() };
        call.note_answer(&json!({"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5}}));
        assert_eq!((call.read_units, call.write_units), (0.5, 0.0));
        let mut call = Call { action: "TransactWriteItems".to_owned(), ..Call::default() };
        call.note_answer(&json!({"ConsumedCapacity": [
            {"TableName": "t", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0},
        ]}));
        assert_eq!((call.read_units, call.write_units), (0.0, 4.0));
        call.note_answer(&json!({"__type": "com.amazonaws.dynamodb.v20120810#SomeException"}));
        assert_eq!(call.error.as_deref(), Some("SomeException"));
        call.note_answer(&json!({"CancellationReasons": [
            {"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"},
        ]}));
        assert_eq!(call.reasons, ["ConditionalCheckFailed"]);
    }
}
