//! How lines are explained, in words and in numbers.

use serde_json::{Value, json};

use super::*;
use crate::model::{
    billing::{
        discount::Reduction,
        price::{Pricing, Tier},
        proration::Fraction,
    },
    entity::Representation,
    invoice::{Calculation, InvoiceItem, discounted},
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn line(amount: i64) -> InvoiceItem {
    let id = "ii_prod_0mkz6k3c1a2b3c4d".parse().unwrap();
    InvoiceItem::new(id, "Team plan".to_owned(), 3, Atoms::new(amount))
}

fn words(item: &InvoiceItem) -> Vec<String> {
    let explained = item.explained("usd".parse().unwrap()).unwrap();
    explained.sums.into_iter().map(|sum| sum.text).collect()
}

fn days(left: i64, whole: i64) -> Fraction {
    let start: crate::base::time::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let end = start.plus_days(whole);
    let period = crate::model::billing::cycle::Period { start, end };
    Fraction::remaining(period, end.plus_days(-left))
}

#[test]
fn a_quantity_at_a_price_for_a_part_of_a_period_less_a_discount() {
    let pricing = Pricing::PerUnit { unit_amount: decimal("2000"), quantity_divisor: 1 };
    let calculation = Calculation::of(&pricing, decimal("3"), Atoms::new(6000));
    let item = line(2323).calculated(calculation.for_part(days(12, 31)));
    let reduction = Reduction::Percent(20);
    let item = discounted(vec![item], Some(&reduction)).unwrap().remove(0);
    assert_eq!(
        words(&item),
        [
            "3 × USD 20.00 = USD 60.00, to the nearest, a half down",
            "USD 60.00 × 1036800 / 2678400 seconds = USD 23.23, to the nearest, a half down",
            "USD 23.23 × 20 % = USD 4.65, to the nearest, a half down",
            "USD 4.65 × USD 23.23 / USD 23.23 = USD 4.65, rounded down",
            "USD 4.65",
        ]
    );
}

#[test]
fn tiers_packages_and_prices_below_a_cent_are_broken_down() {
    let tier = |up_to, unit: &str, flat| Tier {
        up_to,
        unit_amount: decimal(unit),
        flat_amount: Atoms::new(flat),
    };
    let tiers = vec![tier(Some(10), "0.25", 100), tier(None, "0.2", 0)];
    let calculation = |pricing: &Pricing, quantity: &str| {
        let quantity = decimal(quantity);
        let full = pricing.amount_used(quantity).unwrap();
        line(full.get()).calculated(Calculation::of(pricing, quantity, full))
    };
    let first = |item: InvoiceItem| words(&item).remove(0);
    assert_eq!(
        first(calculation(&Pricing::Graduated(tiers.clone()), "12.5")),
        "10 × USD 0.0025 + USD 1.00 + 2.5 × USD 0.002 = USD 1.03, to the nearest, a half down"
    );
    assert_eq!(
        first(calculation(&Pricing::Volume(tiers), "12.5")),
        "12.5 × USD 0.002 = USD 0.02, to the nearest, a half down"
    );
    let packages = Pricing::PerUnit { unit_amount: decimal("4"), quantity_divisor: 100 };
    let item = calculation(&packages, "15001");
    assert_eq!(
        words(&item)[..2],
        ["15001 / 100 = 151, rounded up", "151 × USD 0.04 = USD 6.04, to the nearest, a half down",]
    );
}

#[test]
fn what_an_older_line_cannot_say_is_only_stated() {
    let mut item = line(-667);
    item.price_id = "price_prod_0mkz6k3ca9b8c7d6".parse().ok();
    let explained = item.explained("usd".parse().unwrap()).unwrap();
    assert!(!explained.complete);
    assert_eq!(words(&item), ["USD -6.67"]);
    // So many at one amount is what an older line says by itself.
    item.unit_amount_atom = Some(Atoms::new(2000));
    item.amount_atom = Atoms::new(6000);
    assert!(item.explained("usd".parse().unwrap()).unwrap().complete);
    assert_eq!(words(&item), ["3 × USD 20.00 = USD 60.00"]);
    item.discount_amount_atom = Atoms::new(1);
    assert!(!item.explained("usd".parse().unwrap()).unwrap().complete);
}

#[test]
fn more_tiers_than_are_kept_are_said_to_be_left_out() {
    let tiers: Vec<Tier> = (1..=30)
        .map(|place| Tier {
            up_to: (place < 30).then_some(place),
            unit_amount: decimal("1"),
            flat_amount: Atoms::ZERO,
        })
        .collect();
    let (pricing, quantity) = (Pricing::Graduated(tiers), decimal("25"));
    let item = line(25).calculated(Calculation::of(&pricing, quantity, Atoms::new(25)));
    assert!(!item.explained("usd".parse().unwrap()).unwrap().complete);
}

#[test]
fn an_invoice_is_explained_down_to_what_is_due() {
    let invoice: Invoice = serde_json::from_value(Invoice::example()).unwrap();
    let value = serde_json::to_value(invoice.explained().unwrap()).unwrap();
    assert_eq!(value["complete"], true);
    let sums = value["sums"].as_array().unwrap();
    let of: Vec<&Value> = sums.iter().map(|sum| &sum["of"]).collect();
    assert_eq!(
        of,
        [&json!("subtotal"), &json!("discount"), &json!("tax"), &json!("total"), &json!("due")]
    );
    assert_eq!(
        sums.last().unwrap()["text"],
        "USD 300.00 − USD 300.00, at least USD 0.00 = USD 0.00"
    );
}
