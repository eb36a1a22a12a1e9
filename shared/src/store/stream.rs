//! What the table's stream says: an event that was written, or an entry of the due index of deliveries.

use serde_json::{Map, Value};

use crate::{
    base::error::Error,
    model::{
        entity::{Item, decode},
        event::Event,
    },
    store::Due,
};

/// Something that arrived.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// An event.
    Event(Box<Event>),
    /// Something that is due of a delivery.
    Due(Due),
}

impl Arrival {
    /// What the records of an invocation by the stream say, in their order: nothing, where it was invoked
    /// by something else. A record that cannot be read is an error in its place.
    pub fn all(invocation: &Value) -> Option<Vec<Result<Self, Error>>> {
        let records = invocation.get("Records")?.as_array()?;
        Some(records.iter().map(Self::read).collect())
    }

    fn read(record: &Value) -> Result<Self, Error> {
        let damaged = |what: &str| Error::Internal(format!("a record of the stream: {what}"));
        let key = |name: &str| {
            record.pointer(&format!("/dynamodb/Keys/{name}/S")).and_then(Value::as_str)
        };
        let (pk, sk) = (key("PK").unwrap_or_default(), key("SK").unwrap_or_default());
        if pk.starts_with("DUE#") {
            return Due::parse(sk).map(Self::Due).ok_or_else(|| damaged(sk));
        }
        let image = record.pointer("/dynamodb/NewImage").and_then(Value::as_object);
        let item: Item = image.and_then(attributes).ok_or_else(|| damaged(pk))?;
        decode(item).map(|event| Self::Event(Box::new(event)))
    }
}

fn attributes(typed: &Map<String, Value>) -> Option<Item> {
    typed.iter().map(|(name, value)| Some((name.clone(), plain(value)?))).collect()
}

/// A value without DynamoDB's word for its type.
fn plain(typed: &Value) -> Option<Value> {
    let (kind, value) = typed.as_object()?.iter().next()?;
    match kind.as_str() {
        "S" | "BOOL" => Some(value.clone()),
        "N" => serde_json::from_str(value.as_str()?).ok(),
        "NULL" => Some(Value::Null),
        "L" => value.as_array()?.iter().map(plain).collect(),
        "M" => attributes(value.as_object()?).map(Value::Object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_an_event_or_a_due_delivery() {
        let event = json!({"dynamodb": {
            "Keys": {"PK": {"S": "acc_stg_0000000000000001#evt_stg_0000000000000001"}, "SK": {"S": "object"}},
            "NewImage": {
                "id": {"S": "evt_stg_0000000000000001"},
                "account_id": {"S": "acc_stg_0000000000000001"},
                "created_at": {"S": "2026-01-31T09:30:00.000Z"},
                "updated_at": {"S": "2026-01-31T09:30:00.000Z"},
                "version": {"N": "1"}, "object": {"S": "event"}, "type": {"S": "customer.created"},
                "created": {"N": "1769851800"}, "livemode": {"BOOL": false},
                "data": {"M": {"object": {"M": {
                    "id": {"S": "cus_stg_0000000000000001"}, "version": {"N": "3"},
                    "none": {"NULL": true}, "list": {"L": [{"N": "1"}]},
                }}}},
                "request_id": {"S": "req_1"},
            },
        }});
        let due = json!({"dynamodb": {"Keys": {
            "PK": {"S": "DUE#w0"},
            "SK": {"S": "2026-01-31T09:30:00.000Z#acc_stg_0000000000000001#lane_stg_0000000000000001"},
        }}});
        // As it is kept since: packed.
        let mut packed = event.clone();
        let data = json!({"object": {"id": "cus_stg_0000000000000001", "version": 4, "name": "Jane"},
            "previous_attributes": null, "previous_attributes_omitted": []});
        packed["dynamodb"]["NewImage"]["data"] = json!({"S": crate::model::packed::pack(&data)});
        let all = Arrival::all(&json!({"Records": [event, due, {}, packed]})).unwrap();
        assert!(matches!(&all[3], Ok(Arrival::Event(event)) if event.object_version() == 4));
        assert!(matches!(&all[0], Ok(Arrival::Event(event)) if event.object_version() == 3));
        assert!(matches!(&all[1], Ok(Arrival::Due(due)) if due.id == "lane_stg_0000000000000001"));
        assert!(all[2].is_err() && Arrival::all(&json!({"time": 1})).is_none());
    }
}
