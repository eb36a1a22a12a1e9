use proptest::prelude::*;

use super::*;
use crate::model::invoice::CreditedLine;

fn id(number: usize) -> InvoiceItemId {
    format!("ii_stg_{number:016}").parse().unwrap()
}

fn rate(number: usize, percentage: &str, inclusive: bool) -> LineTax {
    let id = format!("txr_stg_{number:016}").parse().unwrap();
    LineTax::new(id, "VAT".to_owned(), percentage.parse().unwrap(), inclusive)
}

fn line(number: usize, amount: i64, taxes: &[LineTax]) -> InvoiceItem {
    InvoiceItem::new(id(number), "Team plan".to_owned(), 1, Atoms::new(amount)).taxed(taxes)
}

fn assessed(mut items: Vec<InvoiceItem>) -> Vec<InvoiceItem> {
    assess(&mut items).unwrap();
    let again = items.clone();
    assess(&mut items).unwrap();
    assert_eq!(items, again, "done again, it changes nothing");
    items
}

fn taxes(items: &[InvoiceItem]) -> Vec<i64> {
    items.iter().map(|item| item.tax_amount_atom.get()).collect()
}

fn totals(items: &[InvoiceItem]) -> Vec<i64> {
    items.iter().map(|item| item.total().unwrap().get()).collect()
}

#[test]
fn a_rate_is_computed_on_the_sum_of_its_lines() {
    let ten = [rate(1, "10", false)];
    let items = assessed(vec![line(1, 105, &ten), line(2, 105, &ten), line(3, 50, &[])]);
    assert_eq!(taxes(&items), [10, 11, 0]);
    let rates = by_rate(&items).unwrap();
    let of = (rates[0].taxable_amount_atom.get(), rates[0].amount_atom.get());
    assert_eq!((rates.len(), of), (1, (210, 21)));
}

#[test]
fn two_taxes_are_each_on_the_amount_without_any() {
    let canada = [rate(1, "5", false), rate(2, "7", false)];
    let items = assessed(vec![line(1, 1999, &canada)]);
    let of: Vec<_> = items[0].taxes.iter().map(|tax| tax.amount_atom.get()).collect();
    assert_eq!((of, totals(&items)), (vec![100, 140], vec![2239]));
}

#[test]
fn a_tax_that_is_contained_adds_nothing_and_a_discount_lowers_it() {
    let mut item = line(1, 12_100, &[rate(1, "21", true)]);
    item.discount_amount_atom = Atoms::new(1_210);
    let items = assessed(vec![item]);
    assert_eq!((taxes(&items), totals(&items)), (vec![1890], vec![10_890]));
    assert_eq!(items[0].taxes[0].taxable_amount_atom, Atoms::new(9000));
}

#[test]
fn a_line_of_which_something_is_gone_keeps_its_tax() {
    let ten = [rate(1, "10", false)];
    let mut items = assessed(vec![line(1, 105, &ten), line(2, 105, &ten)]);
    items[1].reduced_amount_atom = Atoms::new(116);
    items.push(line(3, 4, &ten));
    assert_eq!(taxes(&assessed(items)), [10, 11, 0]);
}

#[test]
fn a_credit_of_a_line_beside_it_is_taxed_with_it() {
    let vat = [rate(1, "19", false)];
    let mut credit = line(2, -250, &vat);
    credit.credit_of = Some(CreditedLine { invoice_id: None, invoice_item_id: id(1) });
    let mut charged = line(1, 500, &vat);
    charged.given_back_amount_atom = Atoms::new(250);
    let items = assessed(vec![charged, credit]);
    // 19 % of 2.50 is 0.475.
    assert_eq!(taxes(&items).iter().sum::<i64>(), 48);
    assert_eq!(items[0].given_back_amount_atom, items[1].total().unwrap().negated().unwrap());
    let waiting = waiting(items).unwrap();
    assert_eq!(totals(&waiting), [500, -250]);
    assert_eq!(waiting[0].given_back_amount_atom, Atoms::new(250));
}

#[test]
fn a_line_that_says_where_a_credit_went_has_no_tax() {
    let mut settles = line(2, 1190, &[]);
    settles.settles = true;
    let items = assessed(vec![line(1, 1000, &[rate(1, "19", false)]), settles]);
    assert_eq!(totals(&items), [1190, 1190]);
}

fn any_rates() -> impl Strategy<Value = Vec<LineTax>> {
    let list = (prop::collection::vec(0_i64..300_000, 0..3), any::<bool>());
    list.prop_map(|(rates, inclusive)| {
        let text = |rate: &i64| format!("{}.{:04}", rate / 10_000, rate % 10_000);
        rates.iter().enumerate().map(|(n, one)| rate(n, &text(one), inclusive)).collect()
    })
}

proptest! {
    #[test]
    fn credits_in_parts_give_back_what_was_charged_and_no_more(
        net in 0_i64..1_000_000, rates in any_rates(),
        parts in prop::collection::vec(1_i64..50, 1..6),
    ) {
        let charged = assessed(vec![line(1, net, &rates)]).remove(0);
        let whole = charged.total().unwrap();
        let sum: i64 = parts.iter().sum();
        let (mut gone, mut net_back) = (0, 0);
        let mut back = vec![0; rates.len()];
        for (index, weight) in parts.iter().enumerate() {
            let last = index + 1 == parts.len();
            let amount = if last { whole.get() - gone } else { whole.get() / sum * weight };
            let of = (Atoms::new(gone), Atoms::new(amount));
            let credit = line(2, 0, &[]).crediting(&charged.taxes, whole, of).unwrap();
            prop_assert_eq!(credit.total().unwrap().get(), -amount);
            gone += amount;
            net_back += credit.net().unwrap().get();
            for (sum, tax) in back.iter_mut().zip(&credit.taxes) {
                *sum += tax.amount_atom.get();
            }
        }
        prop_assert_eq!(net_back, -net);
        let all: Vec<i64> = charged.taxes.iter().map(|tax| -tax.amount_atom.get()).collect();
        prop_assert_eq!(back, all);
    }

    #[test]
    fn taxes_by_rate_are_those_of_the_lines(
        amounts in prop::collection::vec(-1000_i64..100_000, 1..12), rates in any_rates(),
    ) {
        let lines = amounts.iter().enumerate().map(|(n, amount)| line(n, *amount, &rates));
        let items = assessed(lines.collect());
        let of_rates: i64 = by_rate(&items).unwrap().iter().map(|tax| tax.amount_atom.get()).sum();
        prop_assert_eq!(of_rates, taxes(&items).iter().sum::<i64>());
        let total: i64 = totals(&items).iter().sum();
        let added: i64 = items.iter().map(|item| item.added_tax().unwrap().get()).sum();
        prop_assert_eq!(total, amounts.iter().sum::<i64>() + added);
    }
}
