use proptest::prelude::*;

use super::*;

fn levy(rate: &str, contained: Option<&str>) -> Levy {
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    Levy { rate: decimal(rate), contained: contained.map(decimal) }
}

fn shares(levy: Levy, lines: &[i64]) -> Vec<i64> {
    let lines: Vec<Base> = lines.iter().map(|line| Base::Open(Atoms::new(*line))).collect();
    levy.shares(&lines).unwrap().into_iter().map(Atoms::get).collect()
}

fn added(lines: &[i64], rate: &str) -> Vec<i64> {
    shares(levy(rate, None), lines)
}

fn contained(lines: &[i64], rate: &str) -> Vec<i64> {
    shares(levy(rate, Some(rate)), lines)
}

#[test]
fn tax_is_added_to_a_net_amount_and_contained_in_a_gross_one() {
    assert_eq!(added(&[1000], "19"), [190]);
    assert_eq!(contained(&[1190], "19"), [190]);
    assert_eq!(contained(&[1000], "19"), [160]);
    assert_eq!(added(&[1000], "8.875"), [89]);
    assert_eq!(added(&[1000], "0"), [0]);
    assert_eq!(contained(&[1000], "100"), [500]);
}

#[test]
fn two_lines_of_105_yen_at_10_percent_are_taxed_21() {
    assert_eq!(added(&[105, 105], "10"), [10, 11]);
}

#[test]
fn what_rounding_leaves_over_goes_to_the_last_line_that_is_not_zero() {
    assert_eq!(added(&[5, 5, 5, 0], "10"), [0, 0, 2, 0]);
    assert_eq!(added(&[-5, -5, -5], "10"), [0, 0, -2]);
    assert_eq!(added(&[0, 0], "10"), [0, 0]);
    assert_eq!(added(&[], "10"), Vec::<i64>::new());
}

#[test]
fn a_half_goes_away_from_zero() {
    assert_eq!(added(&[25], "10"), [3]);
    assert_eq!(added(&[-25], "10"), [-3]);
    assert_eq!(added(&[24], "10"), [2]);
}

#[test]
fn several_rates_that_are_in_a_price_leave_one_net_amount() {
    // 112.00 with 5 % and 7 % in it is 100.00 and both of them.
    assert_eq!(shares(levy("5", Some("12")), &[11_200]), [500]);
    assert_eq!(shares(levy("7", Some("12")), &[11_200]), [700]);
}

#[test]
fn a_settled_tax_stays_and_a_closed_line_takes_no_rest() {
    let of = |amount| Atoms::new(amount);
    let lines = [Base::Settled(of(15), of(2)), Base::Open(of(15)), Base::Closed(of(15))];
    assert_eq!(levy("10", None).shares(&lines), Ok(vec![of(2), of(2), of(1)]));
    let lines = [Base::Closed(of(15)), Base::Closed(of(15))];
    assert_eq!(levy("10", None).shares(&lines), Ok(vec![of(1), of(2)]));
}

#[test]
fn credits_that_give_a_line_back_whole_give_back_its_tax() {
    let of = Atoms::new;
    // Two changes that waited, each taken back whole: the first in two parts.
    let lines = [
        Base::Closed(of(734)),
        Base::Credit(of(-647), 0),
        Base::Closed(of(2288)),
        Base::Credit(of(-87), 0),
        Base::Credit(of(-2288), 2),
    ];
    let shares: Vec<i64> =
        levy("21", None).shares(&lines).unwrap().into_iter().map(Atoms::get).collect();
    assert_eq!(shares, [154, -135, 480, -19, -480]);
    // What is left of a line takes the rest, and not what is gone.
    let lines = [Base::Closed(of(15)), Base::Closed(of(15)), Base::Credit(of(-15), 1)];
    assert_eq!(levy("10", None).shares(&lines), Ok(vec![of(2), of(1), of(-1)]));
}

#[test]
fn a_tax_that_does_not_fit_is_an_error() {
    let most = [Base::Open(Atoms::new(i64::MAX))];
    assert_eq!(levy("100", None).shares(&most), Ok(vec![Atoms::new(i64::MAX)]));
    assert_eq!(levy("100.000001", None).shares(&most), Err(Overflow));
    assert_eq!(levy("9223372036854775807", None).shares(&most), Err(Overflow));
    assert_eq!(levy("1", Some("-100")).shares(&[Base::Open(Atoms::new(1))]), Err(Overflow));
}

/// The second opinion: by counting up in fractions of 10,000ths, with no division at all.
fn is_the_tax(tax: i64, sum: i64, ten_thousandths: i64, inside: bool) -> bool {
    let base = 1_000_000 + if inside { i128::from(ten_thousandths) } else { 0 };
    let exact = i128::from(sum) * i128::from(ten_thousandths);
    let off = (exact - i128::from(tax) * base) * 2;
    // Nearer than a half; or a half, and then away from zero.
    off.abs() < base || (off.abs() == base && i128::from(tax).abs() * base > exact.abs())
}

fn percent(ten_thousandths: i64) -> String {
    format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000)
}

fn any_lines() -> impl Strategy<Value = Vec<i64>> {
    let line = prop_oneof![-20_i64..20, -1_000_000_000_i64..1_000_000_000];
    prop::collection::vec(line, 1..20)
}

proptest! {
    #[test]
    fn shares_are_the_tax_of_the_sum(
        lines in any_lines(), rate in 0_i64..=1_000_000, inside: bool,
    ) {
        let text = percent(rate);
        let shares = if inside { contained(&lines, &text) } else { added(&lines, &text) };
        let (sum, tax) = (lines.iter().sum(), shares.iter().sum());
        prop_assert!(lines.iter().all(|line| *line == 0) || is_the_tax(tax, sum, rate, inside));
        // All but one of them are less than one off.
        let base = 1_000_000 + if inside { i128::from(rate) } else { 0 };
        let off = lines.iter().zip(&shares).filter(|(line, share)| {
            let exact = i128::from(**line) * i128::from(rate);
            (exact - i128::from(**share) * base).abs() >= base
        });
        prop_assert!(off.count() <= 1);
    }

    #[test]
    fn the_tax_of_a_credit_is_the_credit_of_the_tax(
        lines in any_lines(), rate in 0_i64..=1_000_000, inside: bool,
    ) {
        let (text, credits): (_, Vec<i64>) = (percent(rate), lines.iter().map(|line| -line).collect());
        let of = |lines: &[i64]| if inside { contained(lines, &text) } else { added(lines, &text) };
        let back: Vec<i64> = of(&credits).iter().map(|tax| -tax).collect();
        prop_assert_eq!(of(&lines), back);
    }

    #[test]
    fn what_is_taken_back_whole_costs_nothing(
        lines in prop::collection::vec((1_i64..10_000, prop::collection::vec(1_i64..10, 1..4)), 1..6),
        rate in 0_i64..=1_000_000,
    ) {
        let mut bases = Vec::new();
        for (amount, weights) in &lines {
            let (place, sum) = (bases.len(), weights.iter().sum::<i64>());
            bases.push(Base::Closed(Atoms::new(*amount)));
            let mut left = *amount;
            for (index, weight) in weights.iter().enumerate() {
                let part = if index + 1 == weights.len() { left } else { amount * weight / sum };
                left -= part;
                bases.push(Base::Credit(Atoms::new(-part), place));
            }
        }
        let shares = levy(&percent(rate), None).shares(&bases).unwrap();
        for (place, base) in bases.iter().enumerate() {
            let Base::Closed(_) = base else { continue };
            let back = bases.iter().zip(&shares).filter(|(base, _)| {
                matches!(base, Base::Credit(_, of) if *of == place)
            });
            let back: i64 = back.map(|(_, share)| share.get()).sum();
            prop_assert_eq!(back, -shares[place].get());
        }
    }

    #[test]
    fn a_gross_amount_contains_less_tax_than_itself(
        gross in 0_i64..1_000_000_000_000, rate in 0_i64..1_000_000,
    ) {
        let inside = contained(&[gross], &percent(rate))[0];
        prop_assert!((0..=gross).contains(&inside));
        // The tax on what is left of it is the same, to the atom that two roundings may differ by.
        let again = added(&[gross - inside], &percent(rate))[0];
        prop_assert!((again - inside).abs() <= 1);
    }

    #[test]
    fn parts_of_a_line_take_its_tax_and_no_more(
        net in 0_i64..1_000_000_000, rate in 0_i64..1_000_000, parts in prop::collection::vec(0_i64..100, 1..9),
    ) {
        let tax = added(&[net], &percent(rate))[0];
        let (whole, weights) = (net + tax, parts.iter().sum::<i64>().max(1));
        let (mut taken, mut sum) = (0, 0);
        for (index, weight) in parts.iter().enumerate() {
            let last = index + 1 == parts.len();
            let amount = if last { whole - taken } else { whole / weights * weight };
            let of = part(Atoms::new(tax), Atoms::new(whole), Atoms::new(taken), Atoms::new(amount));
            let of = of.unwrap().get();
            prop_assert!((0..=amount).contains(&of));
            (taken, sum) = (taken + amount, sum + of);
        }
        prop_assert_eq!(sum, tax);
    }
}
