use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::entity::{Representation, decode};

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn period() -> Period {
    Period { start: id("2026-01-31T09:30:00Z"), end: id("2026-02-28T09:30:00Z") }
}

pub(in crate::model::subscription) fn time(start: &str, end: &str) -> MeteredSpan {
    let item = SubscriptionItem {
        id: id("si_stg_0000000000000001"),
        price_id: id("price_stg_0000000000000001"),
        quantity: None,
        meter_id: Some(id("mtr_stg_0000000000000001")),
    };
    let span = MeteredSpan::of(&item, id(start), period()).unwrap();
    MeteredSpan { end: Some(id(end)), ..span }
}

fn span() -> MeteredSpan {
    time("2026-01-31T09:30:00Z", "2026-02-28T09:30:00Z")
}

/// Three times of a period: the second follows at once, the third after a pause.
pub(in crate::model::subscription) fn three_times() -> Vec<MeteredSpan> {
    let cuts = ["2026-01-31T09:30:00Z", "2026-02-07T09:30:00Z", "2026-02-14T00:00:00Z"];
    let last = time("2026-02-20T00:00:00Z", "2026-02-28T09:30:00Z");
    vec![time(cuts[0], cuts[1]), time(cuts[1], cuts[2]), last]
}

pub(in crate::model::subscription) fn reading_at(
    used: i128,
    mode: &str,
    terms: &serde_json::Value,
) -> Reading {
    let mut price = Price::example();
    for (name, value) in [
        ("unit_amount_atom", json!(null)),
        ("unit_amount_decimal", json!(null)),
        ("tiers_mode", json!(mode)),
        ("usage_type", json!("metered")),
        ("meter_id", json!("mtr_stg_0000000000000001")),
        (
            "tiers",
            json!([
                {"up_to": 10, "unit_amount_decimal": "0.5", "flat_amount_atom": 7},
                {"up_to": null, "unit_amount_decimal": "1.25", "flat_amount_atom": 0},
            ]),
        ),
    ] {
        price[name] = value;
    }
    let mut price = price.as_object().unwrap().clone();
    price.extend(terms.as_object().unwrap().clone());
    let used = Decimal::from_scaled(used * (Decimal::SCALE / 100));
    Reading {
        used,
        tally: Tally::one(used),
        meter: decode(Meter::example().as_object().unwrap().clone().into_iter().collect()).unwrap(),
        price: decode(price.into_iter().collect()).unwrap(),
        name: "Traffic".to_owned(),
        taxes: Vec::new(),
        exempt: TaxExempt::None,
        thresholds: UsageThresholds::default(),
        at: id("2026-02-28T09:30:00Z"),
    }
}

fn reading(used: i128) -> Reading {
    reading_at(used, "graduated", &json!({}))
}

/// The lines by which an invoice bills spans, as they are read.
pub(in crate::model::subscription) fn bill(
    spans: &mut [MeteredSpan],
    invoice: &str,
    read: &[Reading],
) -> Vec<InvoiceItem> {
    let keys = spans.iter().map(MeteredSpan::key);
    let readings: Readings = keys.zip(read.iter().cloned()).collect();
    let mut lines = Vec::new();
    for (place, reading) in read.iter().enumerate() {
        let whole = Together::up_to(place, spans, &readings).unwrap().unwrap();
        let line = || id("ii_stg_0000000000000001");
        lines.extend(spans[place].bill(&id(invoice), (reading, whole), line).unwrap());
    }
    lines
}

proptest! {
    /// Whatever is read on the way, and however often: in the end all of it is billed, once.
    #[test]
    fn lines_come_to_what_was_used(more in proptest::collection::vec(0_i128..700, 1..8)) {
        let (mut spans, mut used, mut lines) = ([span()], 0, Vec::new());
        for (n, more) in more.into_iter().enumerate() {
            used += more;
            let line = bill(&mut spans, &format!("in_stg_{n:016}"), &[reading(used)]);
            // The first invoice has a line in any case, a later one where there is more.
            prop_assert_eq!(line.len(), usize::from(n == 0 || more > 0));
            lines.extend(line);
        }
        let billed: i128 = lines.iter().map(|one| one.quantity_decimal.unwrap().scaled()).sum();
        let amount: i64 = lines.iter().map(|line| line.amount_atom.get()).sum();
        let all = reading(used);
        prop_assert_eq!(billed, all.used.scaled());
        prop_assert_eq!(amount, all.price.amount_used(all.used, &[]).unwrap().0.get());
        prop_assert_eq!((spans[0].used, spans[0].amount.get()), (all.used, amount));
    }

    /// In however many times a period is measured: they cost what all that was used costs.
    #[test]
    fn times_of_a_period_come_to_one_price(
        more in proptest::collection::vec((0_usize..3, 0_i128..700), 1..8),
        least in 0_i64..30, room in 0_i64..40,
    ) {
        let terms = json!({"minimum_amount_atom": least, "maximum_amount_atom": least + room});
        let of = |used| reading_at(used, "graduated", &terms);
        let (mut spans, mut used, mut amount) = (three_times(), [0; 3], 0);
        for (n, (place, more)) in more.into_iter().enumerate() {
            used[place] += more;
            let lines = bill(&mut spans, &format!("in_stg_{n:016}"), &used.map(of));
            prop_assert_eq!(lines.len(), if n == 0 { 3 } else { usize::from(more > 0) });
            amount += lines.iter().map(|line| line.amount_atom.get()).sum::<i64>();
        }
        let parts: Vec<Part> = spans.iter().filter_map(MeteredSpan::part).collect();
        let all = of(used.iter().sum());
        prop_assert_eq!(amount, all.price.amount_used(all.used, &parts).unwrap().0.get());
    }
}

#[test]
fn times_of_other_periods_are_other_quantities() {
    let (own, mut other) = (span(), time("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"));
    assert!(own.is_priced_with(&other));
    other.period = Some(Period { start: period().end, end: id("2026-03-31T09:30:00Z") });
    assert!(!own.is_priced_with(&other));
    // Of those whose period is not known, each is one by itself.
    let mut unknown = own.clone();
    (unknown.period, other.period) = (None, None);
    assert!(!unknown.is_priced_with(&other));
    assert!(unknown.is_priced_with(&unknown.clone()));
}

#[test]
fn an_invoice_bills_what_is_new_and_what_came_late_of_the_time_before_its_period() {
    let mut draft = Invoice::example();
    draft["period_start"] = json!("2026-02-28T09:30:00Z");
    let draft: Invoice = serde_json::from_value(draft).unwrap();
    let mut span = span();
    assert!(span.is_unbilled() && span.is_billed_by(&draft));
    span.invoice = Some(id("in_stg_0000000000000001"));
    assert!(!span.is_unbilled() && span.is_billed_by(&draft));
    span.end = Some(id("2026-02-28T09:30:00.001Z"));
    assert!(!span.is_billed_by(&draft));
}

#[test]
fn what_costs_less_in_all_costs_that_in_parts() {
    let tiers = json!({"tiers": [
        {"up_to": 10, "unit_amount_decimal": "5", "flat_amount_atom": 0},
        {"up_to": null, "unit_amount_decimal": "2", "flat_amount_atom": 0},
    ]});
    let read = [1000, 100, 0].map(|used| reading_at(used, "volume", &tiers));
    let lines = bill(&mut three_times(), "in_stg_0000000000000001", &read);
    let amounts: Vec<i64> = lines.iter().map(|line| line.amount_atom.get()).collect();
    assert_eq!(amounts, [22, 0, 0]);
    // An other price for a while is an other quantity.
    let mut spans = three_times();
    spans[1].price = id("price_stg_0000000000000002");
    let lines = bill(&mut spans, "in_stg_0000000000000001", &[1000, 0, 0].map(reading));
    let amounts: Vec<i64> = lines.iter().map(|line| line.amount_atom.get()).collect();
    assert_eq!(amounts, [12, 7, 0]);
}

#[test]
fn what_becomes_less_is_not_given_back_and_not_billed_again() {
    let mut spans = [span()];
    let mut billed = |invoice: &str, used| {
        let line = bill(&mut spans, invoice, &[reading(used)]).pop();
        line.map(|line| line.quantity_decimal.unwrap().to_string())
    };
    assert_eq!(billed("in_stg_0000000000000001", 1500), Some("15".to_owned()));
    assert_eq!(billed("in_stg_0000000000000002", 1200), None);
    assert_eq!(billed("in_stg_0000000000000003", 1550), Some("0.5".to_owned()));
}

#[test]
fn what_became_less_and_is_as_much_again_is_billed_with_what_another_time_used_for_nothing() {
    let (mut spans, mut amounts) = (three_times(), Vec::new());
    let used = [[10_000, 0, 0], [0, 9_000, 0], [10_000, 9_000, 0]];
    for (n, used) in used.into_iter().enumerate() {
        let lines = bill(&mut spans, &format!("in_stg_{n:016}"), &used.map(reading));
        amounts.push(lines.iter().map(|line| line.amount_atom.get()).sum::<i64>());
    }
    let all = reading(19_000);
    let owed = all.price.amount_used(all.used, &[]).unwrap().0.get();
    let first = reading(10_000);
    let paid = first.price.amount_used(first.used, &[]).unwrap().0.get();
    assert_eq!(amounts, [paid, 0, owed - paid]);
}
