//! What DynamoDB writes is read, and what it never writes is refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn read<T: for<'de> Deserialize<'de>>(item: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_str::<Stored<T>>(&item.to_string()).map(|Stored(read)| read)
}

#[test]
fn an_item_is_what_it_holds_without_the_words_for_types() {
    let item = json!({
        "text": {"S": "a \"quoted\" \u{e9}\n"}, "none": {"NULL": true}, "yes": {"BOOL": true},
        "whole": {"N": "-7"}, "most": {"N": "18446744073709551615"}, "part": {"N": "0.5"},
        "list": {"L": [{"N": "1"}, {"S": "two"}, {"L": []}, {"M": {}}]},
        "below": {"M": {"S": {"S": "mine"}, "deep": {"M": {"x": {"L": [{"NULL": true}]}}}}},
    });
    let plain = json!({
        "text": "a \"quoted\" \u{e9}\n", "none": null, "yes": true, "whole": -7,
        "most": u64::MAX, "part": 0.5, "list": [1, "two", [], {}],
        "below": {"S": "mine", "deep": {"x": [null]}},
    });
    assert_eq!(read::<Value>(&item).unwrap(), plain);
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Round,
    Square { side: i64 },
    Named(String),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Inside {
    Some { amount: i64 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(String);

#[derive(Debug, PartialEq, Deserialize)]
struct Whole {
    name: Wrapped,
    maybe: Option<i64>,
    #[serde(default)]
    absent: Option<i64>,
    nothing: Option<Shape>,
    shapes: Vec<Shape>,
    inside: Inside,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[test]
fn any_type_of_ours_can_be_read() {
    let item = json!({
        "name": {"S": "n"}, "maybe": {"N": "4"}, "nothing": {"NULL": true},
        "shapes": {"L": [
            {"S": "round"}, {"M": {"square": {"M": {"side": {"N": "3"}}}}},
            {"M": {"named": {"S": "x"}}},
        ]},
        "inside": {"M": {"amount": {"N": "9"}, "type": {"S": "some"}, "other": {"L": []}}},
        "more": {"M": {"a": {"N": "1"}}},
    });
    let whole = Whole {
        name: Wrapped("n".to_owned()),
        maybe: Some(4),
        absent: None,
        nothing: None,
        shapes: vec![Shape::Round, Shape::Square { side: 3 }, Shape::Named("x".to_owned())],
        inside: Inside::Some { amount: 9 },
        rest: BTreeMap::from([("more".to_owned(), json!({"a": 1}))]),
    };
    assert_eq!(read::<Whole>(&item).unwrap(), whole);
}

#[test]
fn what_no_item_of_ours_has_is_not_read() {
    for odd in [
        json!({"a": {}}),
        json!({"a": {"S": "x", "N": "1"}}),
        json!({"a": {"SS": ["x"]}}),
        json!({"a": {"N": "many"}}),
        json!({"a": {"N": 1}}),
        json!({"a": "x"}),
    ] {
        assert!(read::<Value>(&odd).is_err(), "{odd}");
    }
}

#[test]
fn a_counter_keeps_its_digits() {
    let most = "99999999999999999999999999999999999999";
    let item = json!({"SK": {"S": "day"}, "v00": {"N": most}, "b": {"BOOL": true}});
    let counted: Counted = serde_json::from_str(&item.to_string()).unwrap();
    assert_eq!(counted.sk, "day");
    assert_eq!(counted.numbers, [("v00".to_owned(), most.parse::<i128>().unwrap())]);
    let odd = json!({"v00": {"N": "1.5"}});
    assert!(serde_json::from_str::<Counted>(&odd.to_string()).is_err());
}
