//! Every sort of key is pinned: what is stored is found by it.

use super::*;
use crate::base::{
    id::{CustomerId, MeterId},
    time::Timestamp,
};

fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}

#[test]
fn the_keys_are_pinned() {
    let acme = account("acc_prod_0000000000000001");
    let customer: CustomerId = "cus_prod_0000000000000002".parse().unwrap();
    let token: TokenId = "tok_prod_0000000000000003".parse().unwrap();
    let processor: ProcessorId = "proc_prod_0000000000000006".parse().unwrap();
    let meter: MeterId = "mtr_prod_0000000000000007".parse().unwrap();
    let whose = UsageOf { account: &acme, meter: &meter, customer: &customer };
    let digest = serde_json::from_str::<HashedToken>("\"ab12\"").unwrap();
    let by_email = List::filtered("customers", "email", "a#b@example.com");
    let at: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    let table = [
        (
            Key::object(&acme, &customer),
            "acc_prod_0000000000000001#cus_prod_0000000000000002/object",
        ),
        (Key::mark(&acme, &customer), "acc_prod_0000000000000001#cus_prod_0000000000000002/mark"),
        (
            Key::gate(&acme, &List::filtered("customers", "email", "a@b")),
            "acc_prod_0000000000000001#G#customers?email=a%40b/gate",
        ),
        (
            Key::list_head(&acme, &List::all("customers")),
            "acc_prod_0000000000000001#L#customers#0/~",
        ),
        (Key::list_node(&acme, "Xy-_"), "acc_prod_0000000000000001#N#Xy-_/node"),
        (
            Key::compaction(&acme, &List::all("customers"), "read"),
            "COMPACT/acc_prod_0000000000000001#customers#read",
        ),
        (
            Key::list_place(&acme, &by_email, 3, "cus_prod_0000000000000002#000000001"),
            "acc_prod_0000000000000001#L#customers?email=a%23b%40example%2Ecom#3/\
             cus_prod_0000000000000002#000000001",
        ),
        (
            Key::unique(&acme, "custom-field-definitions?entity_type=customer", "tier"),
            "acc_prod_0000000000000001#U#custom-field-definitions?entity_type=customer/tier",
        ),
        (
            Key::due(&acme, at, "sub_prod_0000000000000004"),
            "DUE#b/2026-01-31T09:30:00.000Z#acc_prod_0000000000000001#\
             sub_prod_0000000000000004",
        ),
        (
            Key::due(&account("acc_stg_0000000000000001"), at, "sub_stg_0000000000000004"),
            "acc_stg_0000000000000001#DUE/2026-01-31T09:30:00.000Z#\
             acc_stg_0000000000000001#sub_stg_0000000000000004",
        ),
        (
            Key::delivery_due(&acme, at, "lane_prod_0000000000000004"),
            "DUE#w0/2026-01-31T09:30:00.000Z#acc_prod_0000000000000001#\
             lane_prod_0000000000000004",
        ),
        (
            Key::health(&acme, &"we_prod_0000000000000005".parse().unwrap()),
            "acc_prod_0000000000000001#we_prod_0000000000000005/health",
        ),
        (Key::sequence(&acme, "invoice"), "acc_prod_0000000000000001#SEQ/invoice"),
        (Key::test_processor(&acme, "ch_1"), "acc_prod_0000000000000001#TESTPROC#8/ch_1"),
        (Key::staging(&account("acc_stg_0000000000000001")), "DUE#stg/acc_stg_0000000000000001"),
        (
            Key::wake(&account("acc_stg_0000000000000001"), at, "next"),
            "DUE#s2/2026-01-31T09:30:00.000Z#acc_stg_0000000000000001#next",
        ),
        (Key::round(), "DUE#round/staging"),
        (
            Key::usage_event(&acme, &meter, "a#b"),
            "acc_prod_0000000000000001#ME#mtr_prod_0000000000000007#a#b/event",
        ),
        (Key::usage_batch(&acme, "Xy-_"), "acc_prod_0000000000000001#MB#Xy-_/batch"),
        (
            Key::usage_counter(&whose, "2026-01-31", 38),
            "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002#2/2026-01-31#38",
        ),
        (
            Key::usage_value(&whose, ("2026-01", "a#b"), 38),
            "acc_prod_0000000000000001#MV#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002#2/2026-01#38#a#b",
        ),
        (
            Key::usage_value(&whose, ("2026-01", "a#b"), 0).in_usage_lane(38).unwrap().0,
            "acc_prod_0000000000000001#MV#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002#2/2026-01#38#a#b",
        ),
        (
            Key::usage_value(&whose, ("2026-01", "a#b"), 0).in_usage_lane(38).unwrap().1,
            "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002/spread",
        ),
        (
            Key::usage_log(&whose, "2026-01-31T09", "Xy-_"),
            "acc_prod_0000000000000001#MX#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002#0/2026-01-31T09#Xy-_",
        ),
        (
            Key::usage_corrections(&whose, "2026-01-31"),
            "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002#0/fix#2026-01-31",
        ),
        (
            Key::usage_spread(&whose),
            "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
             cus_prod_0000000000000002/spread",
        ),
        (Key::figures(&acme, 1, "2026-01-31"), "acc_prod_0000000000000001#AN/000001#2026-01-31"),
        (Key::standing(&acme), "acc_prod_0000000000000001#AN/standing"),
        (
            Key::logged_request(&acme, true, "2026-01-31T09:30:00.000Z#req_1"),
            "acc_prod_0000000000000001#RL#failed/2026-01-31T09:30:00.000Z#req_1",
        ),
        (Key::logged_request(&acme, false, "x"), "acc_prod_0000000000000001#RL#done/x"),
        (Key::clock(&acme), "acc_prod_0000000000000001#CLOCK/clock"),
        (Key::idempotency(&acme, "cd34"), "acc_prod_0000000000000001#IDEM#cd34/record"),
        (Key::token(&digest), "TOK#ab12/token"),
        (Key::processor(&processor), "PROC#proc_prod_0000000000000006/processor"),
        (Key::rate_limit(&token, "read"), "RATE#tok_prod_0000000000000003#read/bucket"),
        (Key::challenge_key(), "CHAL#key/key"),
    ];
    for (key, text) in table {
        assert_eq!(key.to_string(), text);
    }
}

#[test]
fn a_key_of_another_account_is_not_open() {
    let [acme, other] = ["acc_prod_0000000000000001", "acc_prod_0000000000000002"].map(account);
    let customer: CustomerId = "cus_prod_0000000000000002".parse().unwrap();
    assert!(Key::object(&acme, &customer).is_open_to(&acme));
    assert!(!Key::object(&acme, &customer).is_open_to(&other));
    assert!(!belongs("acc_prod_00000000000000011#x", &acme));
    let at: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
    assert!(Key::due(&acme, at, customer.as_str()).is_open_to(&acme));
    assert!(!Key::due(&acme, at, customer.as_str()).is_open_to(&other));
    let asked = Key::compaction(&acme, &List::all("customers"), "read");
    assert!(asked.is_open_to(&acme) && !asked.is_open_to(&other));
    let wake = Key::wake(&acme, at, "next");
    assert!(wake.is_open_to(&acme) && !wake.is_open_to(&other));
    let operation = Key::list_place(&acme, &List::all("customers"), 3, "cus_1#000000001");
    assert_eq!(operation.list(), Some((acme.clone(), List::all("customers"))));
    assert_eq!(Key::list_head(&acme, &List::all("customers")).list(), None);
    assert!(Key::staging(&acme).is_open_to(&acme) && !Key::staging(&acme).is_open_to(&other));
}
