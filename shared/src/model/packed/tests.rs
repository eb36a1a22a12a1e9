use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    base::time::Clock,
    model::{event::EventData, event_type::ALL, webhook::example_of},
};

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// What the data of an event shows: an object, and what of it was before.
fn data(object: &Value) -> Value {
    let item = object.as_object().unwrap();
    serde_json::to_value(EventData::new(item.clone(), Some(item.clone()))).unwrap()
}

/// What has been kept with it cannot be read with another. If this fails, take the dictionary back as it
/// was: one that is better is number 2, beside it.
#[test]
fn the_first_dictionary_is_what_it_was_when_events_were_packed_with_it() {
    assert_eq!((FIRST.len(), crc32fast::hash(FIRST)), (9643, 0x5f38_2a0a));
}

#[test]
fn an_event_of_each_type_comes_back_as_it_was_in_half_of_its_size() {
    let id = "evt_prod_0mkz6k3ce1v2e3n4".parse().unwrap();
    for (name, _) in ALL {
        let (_, object) = example_of(&id, name, Clock.now()).unwrap();
        let data = data(&object);
        let kept = pack(&data).unwrap_or_else(|| panic!("{name}"));
        // The order of the keys and the digits of numbers included.
        assert_eq!(unpack(&kept).unwrap(), bytes(&data), "{name}");
        assert_eq!(bytes(&plain(kept.clone().into()).unwrap()), bytes(&data), "{name}");
        assert!(kept.len() * 2 < size::of_value(&data), "{name}: {} bytes", kept.len());
    }
}

#[test]
fn numbers_are_those_of_the_table() {
    let data = data(&json!({
        "id": "cus_1", "whole": 5.0, "negative": -3.0, "part": 0.1, "small": 1e-9,
        "large": 999_999_999_999_999.0, "least": i64::MIN, "most": u64::MAX,
    }));
    let text = String::from_utf8(unpack(&pack(&data).unwrap()).unwrap()).unwrap();
    let expected = r#""whole":5,"negative":-3,"part":0.1,"small":0.000000001,"large":999999999999999,"least":-9223372036854775808,"most":18446744073709551615"#;
    assert!(text.contains(expected), "{text}");
    let back = plain(pack(&data).unwrap().into()).unwrap();
    assert_eq!(back["object"]["whole"], json!(5));
    assert_eq!(back["object"]["small"], json!(1e-9));
}

#[test]
fn what_would_be_no_shorter_is_not_packed() {
    assert_eq!(pack(&json!({})), None);
    assert_eq!(pack(&json!({"a": 1})), None);
    let mut random = fastrand::Rng::with_seed(1);
    let noise: String = std::iter::repeat_with(|| random.char('!'..='~')).take(20_000).collect();
    assert_eq!(pack(&json!({"noise": noise})), None);
    // It would be short, and could not be read again.
    assert_eq!(pack(&json!({"zeros": "0".repeat(MOST_UNPACKED)})), None);
    // As large as an event can be: all of it is escaped.
    let escaped = json!({"controls": "\u{1}".repeat(400_000)});
    assert_eq!(plain(pack(&escaped).unwrap().into()), Ok(escaped));
}

#[test]
fn what_was_not_packed_here_is_told() {
    let told = |kept: &str| unpack(kept).unwrap_err();
    assert_eq!(told("{}"), "a packed text without a dictionary");
    assert_eq!(told("2:AAAA"), "a text packed with dictionary 2, which is not known here");
    assert!(told("1:A!").starts_with("a packed text that is no base64: "));
    for damaged in ["1:", "1:AAAA", "1://///w=="] {
        assert_eq!(told(damaged), "a packed text that is damaged", "{damaged}");
    }
    let kept = pack(&data(&json!({"id": "cus_1", "name": "Jane"}))).unwrap();
    let packed = BASE64.decode(&kept.as_bytes()[2..]).unwrap();
    let written = |packed: &[u8]| format!("1:{}", BASE64.encode(packed));
    for length in 0..packed.len() {
        assert!(unpack(&written(&packed[..length])).is_err(), "{length}");
    }
    assert!(unpack(&written(&[&packed[..], &[0]].concat())).is_err());
    assert_eq!(plain(json!({"a": 1})), Ok(json!({"a": 1})));
}

#[test]
fn nothing_is_unpacked_that_is_larger_than_anything_packed() {
    let mut packer = Compress::new(Compression::new(6), false);
    packer.set_dictionary(FIRST).unwrap();
    let mut packed = Vec::with_capacity(100_000);
    let zeros = vec![b' '; 4 * MOST_UNPACKED];
    let status = packer.compress_vec(&zeros, &mut packed, FlushCompress::Finish).unwrap();
    assert_eq!(status, Status::StreamEnd);
    let told = unpack(&format!("1:{}", BASE64.encode(&packed)));
    assert_eq!(told, Err("a packed text that is damaged".to_owned()));
}

/// Packed by another program, Python's `zlib`: what is kept can be read by any.
#[test]
fn what_another_program_packed_is_read() {
    let kept = ["1:w0jv8BRmiJYQ", "SZwCwRzdo8ylAA=="].concat();
    let expected = json!({
        "object": {
            "id": "cus_prod_1", "version": 2, "email": "jane@example.com", "name": "Jane Smith",
            "amount_atom": -1000,
        },
        "previous_attributes": null,
        "previous_attributes_omitted": [],
    });
    assert_eq!(plain(kept.into()), Ok(expected));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "(?s).{0,40}".prop_map(Value::from),
        "(cus|in|sub)_prod_[a-z0-9]{16}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 100, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,12}", inner), 0..8)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_packed_comes_back(value in any_value()) {
        if let Some(kept) = pack(&value) {
            prop_assert!(kept.len() < size::of_value(&value));
            prop_assert_eq!(unpack(&kept).unwrap(), bytes(&value));
        }
    }

    #[test]
    fn whatever_is_read_is_read_or_told(packed in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = unpack(&format!("1:{}", BASE64.encode(&packed)));
    }
}
