//! The tests of changes.

use serde_json::Value;

use super::{commit::refusal, event::differing, *};
use crate::{
    base::{
        id::{CustomerId, InvoiceId, kind},
        time::Clock,
    },
    model::{
        entity::{Representation, decode},
        event::{Actor, ActorType, Event, EventData},
        event_type::CustomerEvent,
        invoice::Invoice,
        list::List,
        record::Record,
    },
};

fn refused(rules: &[Rule], places: &[usize]) -> Result<Commit, Error> {
    refusal(rules, places.iter().map(|place| (*place, None)).collect())
}

/// What a refusal means, in the words of the table at the head of this file.
fn meaning(rules: &[Rule], places: &[usize]) -> &'static str {
    match refused(rules, places) {
        Ok(Commit::Repeated(_)) => "replay",
        Err(Error::Unauthorized) => "401",
        Err(Error::Faulty(_)) => "422",
        Err(Error::Stale) => "stale",
        Err(Error::Conflict(_)) => "conflict",
        other => panic!("{other:?}"),
    }
}

/// The rules of the table's rows about conditions, in its order.
const ROWS: &[(Rule, &str)] = &[
    (Rule::Once, "replay"),
    (Rule::Token, "401"),
    (Rule::Challenge, "422"),
    (Rule::Unchanged, "stale"),
    (Rule::New, "stale"),
    (Rule::Claim("customer", "email"), "conflict"),
];

#[test]
fn of_two_conditions_that_fail_the_upper_row_decides() {
    for (place, (rule, meant)) in ROWS.iter().enumerate() {
        assert_eq!(meaning(&[*rule], &[0]), *meant, "{rule:?}");
        for (lower, _) in ROWS.iter().skip(place) {
            assert_eq!(meaning(&[*rule, *lower], &[0, 1]), *meant, "{rule:?} {lower:?}");
            assert_eq!(meaning(&[*lower, *rule], &[0, 1]), *meant, "{lower:?} {rule:?}");
        }
    }
    let all: Vec<Rule> = ROWS.iter().rev().map(|(rule, _)| *rule).collect();
    assert_eq!(meaning(&all, &[0, 1, 2, 3, 4, 5]), "replay");
    assert_eq!(meaning(&all, &[1, 2]), "stale");
}

#[test]
fn a_conflict_is_told_at_the_field_that_claims() {
    let rules = [Rule::None, Rule::Claim("price", "lookup_key")];
    let Err(error) = refused(&rules, &[1]) else { panic!("refused") };
    let problem = serde_json::to_value(error.problem("/", "req_1")).unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "/lookup_key");
    assert!(matches!(refused(&rules, &[0]), Err(Error::Internal(_))));
}

fn tx() -> Tx {
    let account = "acc_stg_0000000000000001".parse().unwrap();
    let ids = Arc::new(IdSource::new(Clock));
    let actor = Actor::nameless(ActorType::Schedule);
    let cause = Cause { request_id: "req_1".to_owned(), actor };
    Tx::new(account, Clock.now().into(), ids, cause, Target::default())
}

/// Of several guards of one item each is a condition; where the item is written too, its write has it.
#[test]
fn what_is_written_is_written_on_the_condition_that_guards_it() {
    let gate = |last: Option<&str>| Nobody {
        gate: Key::gate(&tx().account, &List::all("coupons")),
        last: last.map(str::to_owned),
    };
    for (last, expected) in
        [(None, Condition::Absent), (Some("cpn_1#1"), Condition::OwnedBy("cpn_1#1".to_owned()))]
    {
        let mut alone = tx();
        alone.while_none_in(gate(last));
        alone.checked();
        let check = Write::Check(gate(last).gate, expected.clone());
        assert_eq!(format!("{:?}", alone.planned), format!("{:?}", [(check, Rule::Unchanged)]));
        // The first of a list: nobody is in it, and it enters.
        let mut entering = tx();
        entering.plan(Write::Put(Put::new(gate(last).gate, Item::new())), Rule::None);
        entering.while_none_in(gate(last));
        entering.checked();
        let put = Write::Put(Put::guarded(gate(last).gate, Item::new(), expected));
        assert_eq!(format!("{:?}", entering.planned), format!("{:?}", [(put, Rule::Unchanged)]));
    }
}

/// Which row each write of a change stands in.
#[test]
fn what_a_change_relies_on_is_a_row_of_the_table() {
    let id: CustomerId = "cus_stg_0000000000000001".parse().unwrap();
    let by: InvoiceId = "in_stg_0000000000000001".parse().unwrap();
    let mut tx = tx();
    tx.while_exists(&id);
    tx.unmark(&id, None);
    tx.unmark(&id, Some(Mark(by.to_string())));
    let rules: Vec<Rule> = tx.checks.iter().chain(&tx.planned).map(|(_, rule)| *rule).collect();
    assert_eq!(rules, [Rule::Unchanged; 3]);
    assert_eq!(Rule::of_claim(Some(("customer", "email"))), Rule::Claim("customer", "email"));
    assert_eq!(Rule::of_claim(None), Rule::New);
}

#[test]
fn previous_attributes_are_those_that_changed() {
    let object = |json: Value| match json {
        Value::Object(object) => object,
        _ => panic!("an object"),
    };
    let before = object(serde_json::json!({"name": "a", "email": "x", "phone": null}));
    let after = object(serde_json::json!({"name": "b", "email": "x", "phone": "1"}));
    let expected = object(serde_json::json!({"name": "a", "phone": null}));
    assert_eq!(differing(before, &after), expected);
}

#[test]
fn if_match_guards_the_object_that_the_path_names() {
    let target = Target { id: Some("cus_1".into()), if_match: Some(vec!["\"3\"".into()]) };
    assert!(target.allows("cus_1", 3) && !target.allows("cus_1", 4));
    assert!(target.allows("cus_2", 9) && Target::default().allows("cus_1", 4));
}

/// An invoice at its first version.
fn invoice(state: &str, rest: Value) -> Invoice {
    let mut example = Invoice::example();
    example["version"] = 1.into();
    example["state"] = state.into();
    // The list by number came later: whoever has one enters it when they are changed.
    example["number"] = Value::Null;
    for (name, value) in rest.as_object().into_iter().flatten() {
        example[name] = value.clone();
    }
    serde_json::from_value(example).unwrap()
}

/// What a change writes, without what is beside its events and what one list operation in 128 asks for: `-`
/// removes, `!` demands that there is none. Of an operation, what it says of the list and of its subsets.
fn writes(tx: &Tx) -> Vec<String> {
    let told = |(write, _): &(Write, Rule)| {
        let key = write.key().to_string().replace("acc_prod_0mjuvda0a1b2c3d4#", "");
        match write {
            Write::Delete(..) => format!("-{key}"),
            Write::Put(put) if put.parts().2 == Some(&Condition::Absent) => format!("!{key}"),
            Write::Put(put) if put.parts().0.list().is_some() => {
                let item = put.parts().1;
                let delta = item.get("d").and_then(Value::as_i64).unwrap_or_default();
                let subsets = item.get("subsets").and_then(Value::as_str).unwrap_or_default();
                format!("{key} {delta} {subsets}").trim().to_owned()
            }
            _ => key,
        }
    };
    let all = tx.planned.iter().map(told);
    let own = all.filter(|key| !key.contains("evt_") && !key.starts_with("COMPACT"));
    own.map(|key| key.replace("_prod_0mkz6k3c", "")).collect()
}

#[test]
fn what_is_made_and_changed_by_one_change_is_written_as_it_is_in_the_end() {
    let draft = invoice(
        "draft",
        serde_json::json!({
            "external_id": "a", "collection": {"finalize_at": "2026-02-01T00:00:00.000Z"},
        }),
    );
    let open = invoice("open", serde_json::json!({"external_id": "b"}));
    let mut tx = tx();
    tx.insert(&draft);
    assert!(draft.due_at().is_some());
    let open = tx.update(&draft, open);
    assert_eq!(open.record().version, 2);
    assert!(tx.fault.is_none(), "{:?}", tx.fault);
    assert_eq!(
        writes(&tx),
        [
            "!inq1r2s3t4/object",
            "L#invoices#0/inq1r2s3t4#000000001 1 +state=open",
            "L#invoices?customer_id=cus%5Fprod%5F0mkz6k3cx9y8z7w6#0/inq1r2s3t4#000000001 1 +state=open",
            "U#invoices?external_id/b",
            "L#invoices?external_id=b#0/inq1r2s3t4#000000002 1",
        ]
    );
    // Each of its versions has its events.
    let version = |(write, _): &(Write, Rule)| match write {
        Write::Put(put) if write.key().to_string().contains("#evt_") => {
            let data = packed::plain(put.parts().1["data"].clone()).unwrap();
            data["object"]["version"].as_u64()
        }
        _ => None,
    };
    let mut versions: Vec<u64> = tx.planned.iter().filter_map(version).collect();
    versions.dedup();
    assert_eq!(versions, [1, 2]);
}

#[test]
fn what_is_changed_twice_by_one_change_leaves_what_it_comes_back_to() {
    let open = |external: &str| invoice("open", serde_json::json!({"external_id": external}));
    let mut tx = tx();
    let late = tx.update(&open("a"), invoice("past_due", serde_json::json!({"external_id": "b"})));
    let again = tx.update(&late, open("a"));
    assert_eq!(again.record().version, 3);
    assert!(tx.fault.is_none(), "{:?}", tx.fault);
    // The claim that it never had is removed, which does no harm: it may have had it.
    assert_eq!(
        writes(&tx),
        ["inq1r2s3t4/object", "-U#invoices?external_id/b", "U#invoices?external_id/a"]
    );
    // Not as somebody who has read another version would change it.
    tx.update(&late, open("c"));
    assert!(matches!(tx.fault, Some(Error::Internal(_))));
}

#[test]
fn what_only_subsets_change_is_one_operation_in_the_log_of_the_whole() {
    let (open, paid) = (invoice("open", Value::Null), invoice("paid", Value::Null));
    let mut tx = tx();
    tx.update(&open, paid);
    let said = "#0/inq1r2s3t4#000000002 0 -state=open +state=paid";
    let customer = "L#invoices?customer_id=cus%5Fprod%5F0mkz6k3cx9y8z7w6";
    assert_eq!(
        writes(&tx),
        ["inq1r2s3t4/object".to_owned(), format!("L#invoices{said}"), format!("{customer}{said}")]
    );
}

/// An invoice of another id.
fn other(id: &str) -> Invoice {
    invoice("draft", serde_json::json!({"id": id, "external_id": id}))
}

fn inserting(invoice: &Invoice) -> Tx {
    let mut tx = tx();
    tx.insert(invoice);
    assert!(tx.fault.is_none(), "{:?}", tx.fault);
    tx
}

#[test]
fn two_changes_are_made_as_one_where_they_do_not_meet() {
    let (one, two) = (other("in_stg_0000000000000001"), other("in_stg_0000000000000002"));
    let (mut both, alone) = (inserting(&one), inserting(&two));
    let (first, second) = (writes(&both), writes(&alone));
    assert!(both.together(alone).is_none());
    assert_eq!(writes(&both), [first, second].concat());
    assert!(both.has_events && both.proof.is_some());
    // One item is written once in a transaction, and looked at once.
    let mut meets = tx();
    meets.checks.push((Write::Check(key_of(&two), Condition::Version(1)), Rule::Unchanged));
    assert!(both.together(meets).is_some());
    assert!(both.together(inserting(&one)).is_some());
}

#[test]
fn what_is_made_as_one_is_made_by_the_time_of_the_earliest() {
    let at = |moment: Moment| Tx { moment, ..tx() };
    let now = Clock.now();
    let (early, late) = (Moment::from(now), Moment::from(now.plus_millis(1)));
    let still = Moment::stopped(now.plus_millis(-1), now);
    for (one, two, expected) in [
        (early, late, early),
        (late, early, early),
        (late, still, late),
        (still, late, late),
        (still, still, still),
    ] {
        let mut both = at(one);
        assert!(both.together(at(two)).is_none());
        assert_eq!(both.moment, expected);
    }
}

#[test]
fn as_many_changes_are_one_as_a_transaction_has_room_for() {
    let mut all = inserting(&other("in_stg_0000000000000000"));
    let each = all.planned.len();
    let mut made = 1;
    for number in 1..100 {
        if all.together(inserting(&other(&format!("in_stg_{number:016}")))).is_some() {
            break;
        }
        made += 1;
    }
    // With the sequence, and what has the sweeper look.
    assert!(all.planned.len() + 2 <= commit::MAX_WRITES, "{}", all.planned.len());
    assert!(made >= (commit::MAX_WRITES - 2) / (each + 3), "{made} of {each} writes each");
}

fn event_of(object: Value, before: Option<Value>) -> Event {
    let item = |value: Value| value.as_object().unwrap().clone();
    let record: Record<kind::Event> = serde_json::from_value(Event::example()).unwrap();
    let data = EventData::new(item(object), before.map(item));
    let cause = Cause { request_id: "req_1".to_owned(), actor: Actor::nameless(ActorType::Payer) };
    Event::new(record, CustomerEvent::Updated, data, cause)
}

#[test]
fn an_event_is_kept_packed_and_reads_the_same_as_one_that_is_not() {
    let customer = crate::model::customer::Customer::example();
    let event = event_of(customer.clone(), Some(customer));
    let kept = kept(&event).unwrap();
    assert!(kept["data"].as_str().unwrap().starts_with("1:"), "{kept:?}");
    let as_it_was = encode(&event).unwrap();
    assert!(as_it_was["data"].is_object() && size::of(&kept) < size::of(&as_it_was) / 2);
    let [of_kept, of_map] = [kept, as_it_was].map(|item| {
        let event: Event = decode(item).unwrap();
        serde_json::to_string(&event).unwrap()
    });
    assert_eq!(of_kept, of_map);
    assert_eq!(of_kept, serde_json::to_string(&event).unwrap());
}

/// Text that deflate makes no shorter than base64 makes it longer.
fn noise(length: usize) -> String {
    let mut random = fastrand::Rng::with_seed(65);
    std::iter::repeat_with(|| random.char('!'..='~')).take(length).collect()
}

#[test]
fn what_would_be_larger_packed_is_kept_as_it_is() {
    let event = event_of(serde_json::json!({"id": "cus_1", "name": noise(300_000)}), None);
    let item = kept(&event).unwrap();
    assert!(item["data"].is_object());
    assert_eq!(item, encode(&event).unwrap());
}

/// An item of the table has at most 400 KB, its key included.
#[test]
fn an_event_of_the_largest_object_with_as_much_of_before_as_fits_is_kept() {
    let object = serde_json::json!({"id": "in_1", "items": noise(335_000)});
    let before = serde_json::json!({"metadata": noise(55_000), "items": noise(300_000)});
    let event = event_of(object, Some(before));
    let item = kept(&event).unwrap();
    let kept = size::of(&item);
    assert!(kept > 390_000 && kept < 400 * 1024 - 2_000, "{kept}");
    let data = packed::plain(item["data"].clone()).unwrap();
    assert_eq!(data["previous_attributes_omitted"], serde_json::json!(["items"]));
}
