//! What an id says, and that ids of one process rise.

use proptest::prelude::*;

use super::*;

fn source() -> IdSource {
    IdSource::new(Clock)
}

#[test]
fn prefixes_are_alphabetical_and_unique() {
    assert!(PREFIXES.windows(2).all(|pair| pair[0] < pair[1]), "{PREFIXES:?}");
}

#[test]
fn an_id_reads_prefix_environment_and_sixteen_characters() {
    let at = Timestamp::from_millis(1_767_225_600_000).unwrap();
    let id = CustomerId::new(Environment::Stg, at, &source());
    assert!(id.as_str().starts_with("cus_stg_0mjuohs00"), "{id}");
    assert_eq!(id.as_str().len(), "cus_stg_".len() + 16);
    assert_eq!(id.environment(), Environment::Stg);
}

#[test]
fn ids_made_within_one_millisecond_sort_in_the_order_they_were_made() {
    let (ids, at) = (source(), Timestamp::from_millis(1_767_225_600_000).unwrap());
    let made: Vec<_> = (0..2000).map(|_| CustomerId::new(Environment::Prod, at, &ids)).collect();
    assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn ids_made_while_time_stands_still_sort_by_real_time_in_whichever_process() {
    let (now, at) = (Clock.now(), Timestamp::from_millis(1_767_225_600_000).unwrap());
    let made_after = |millis: i64| {
        let stopped = Moment::stopped(at, Timestamp::from_millis(now.millis() - millis).unwrap());
        CustomerId::new(Environment::Stg, stopped, &source())
    };
    let made: Vec<_> = [0, 100, 60_000, 86_400_000, 50 * 86_400_000].map(made_after).into();
    assert!(made.windows(2).all(|pair| pair[0] < pair[1]), "{made:?}");
    assert!(made.iter().all(|id| id.as_str().starts_with("cus_stg_0mjuohs00")));
}

#[test]
fn accounts_whose_times_stand_at_one_instant_are_ordered_each_by_its_own() {
    let (now, at) = (Clock.now(), Timestamp::from_millis(1_767_225_600_000).unwrap());
    let stopped =
        |millis: i64| Moment::stopped(at, Timestamp::from_millis(now.millis() - millis).unwrap());
    // One process has just made an id of an account that has stood there for a day.
    let (busy, other) = (source(), source());
    CustomerId::new(Environment::Stg, stopped(86_400_000), &busy);
    let first = CustomerId::new(Environment::Stg, stopped(0), &busy);
    let second = CustomerId::new(Environment::Stg, stopped(60_000), &other);
    assert!(first < second, "{first} {second}");
}

#[test]
fn a_derived_id_is_always_the_same_and_sorts_like_what_it_begins_with() {
    let event = "evt_stg_0mjuohs00abcdefg";
    let id = |parts: &[&str]| derived::<kind::Delivery>(Environment::Stg, Some(event), parts);
    assert_eq!(id(&[event, "we_1"]), id(&[event, "we_1"]));
    assert_ne!(id(&[event, "we_1"]), id(&[event, "we_2"]));
    assert!(id(&[event]).as_str().starts_with("dlv_stg_0mjuohs00"));
    assert!(id(&[event]).as_str().parse::<DeliveryId>().is_ok());
}

#[test]
fn an_id_of_another_kind_is_refused() {
    let id = CustomerId::new(Environment::Prod, Clock.now(), &source());
    assert!(id.as_str().parse::<TokenId>().is_err());
    for text in ["", "cus", "cus_prod_", "cus_prod_ABCDEFGHIJKLMNOP", "cus_dev_0000000000000000"] {
        assert_eq!(text.parse::<CustomerId>(), Err(NotAnId), "{text}");
    }
}

proptest! {
    #[test]
    fn ids_sort_by_creation_time(a in 0_i64..4_000_000_000_000, b in 0_i64..4_000_000_000_000) {
        let ids = source();
        let [first, second] = [a, b].map(|millis| {
            CustomerId::new(Environment::Prod, Timestamp::from_millis(millis).unwrap(), &ids)
        });
        if a != b {
            prop_assert_eq!(a < b, first < second);
        }
        let at = Timestamp::from_millis(a).unwrap();
        prop_assert!(CustomerId::lowest(Environment::Prod, at).as_str() <= first.as_str());
    }

    #[test]
    fn an_id_survives_its_text(millis in 0_i64..4_000_000_000_000) {
        let at = Timestamp::from_millis(millis).unwrap();
        let id = CustomerId::new(Environment::Prod, at, &source());
        prop_assert_eq!(id.as_str().parse::<CustomerId>().unwrap(), id);
    }
}
