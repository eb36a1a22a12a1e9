use super::*;
use crate::base::money::{Atoms, Currency};

#[test]
fn every_token_has_a_card_of_its_own() {
    let mut cards: Vec<_> = Token::ALL.iter().map(|token| token.card().last_four).collect();
    cards.sort_unstable();
    cards.dedup();
    assert_eq!(cards.len(), Token::ALL.len());
    for token in Token::ALL {
        assert_eq!(Token::named(token.as_str()), Some(*token));
        assert_eq!(Token::of_source(&token.source()), Some(*token));
    }
}

fn charge(amount: i64, refunded: i64) -> Entry {
    Entry {
        kind: EntryKind::Charge,
        reference: "ch_1".to_owned(),
        merchant: "proc_1".to_owned(),
        idempotency_key: "k".to_owned(),
        amount: Atoms::new(amount),
        currency: Currency::USD,
        of: "card_success".to_owned(),
        succeeded: true,
        refunded: Atoms::new(refunded),
        answer: succeeded("ch_1", Atoms::new(amount), Currency::USD),
        version: 4,
    }
}

fn refund_of(amount: i64, charge: &Entry) -> (Entry, Option<Entry>) {
    let asked = RefundAsked {
        merchant: "proc_1".to_owned(),
        key: "r".to_owned(),
        charge: "ch_1".to_owned(),
        amount: Atoms::new(amount),
    };
    refunded(charge, &asked, "re_1", Some(Token::Success))
}

#[test]
fn no_more_is_refunded_than_was_charged() {
    let (refund, after) = refund_of(60, &charge(100, 40));
    let after = after.unwrap();
    assert!(refund.succeeded && after.refunded == Atoms::new(100) && after.version == 5);
    for (amount, before) in [(61, 40), (0, 0), (-1, 0), (i64::MAX, 1)] {
        let (refund, after) = refund_of(amount, &charge(100, before));
        assert!(!refund.succeeded && after.is_none(), "{amount} after {before}");
    }
}

#[test]
fn a_key_that_stands_for_another_request_is_no_success() {
    let same = charge(100, 0).answer_again(Atoms::new(100), "card_success");
    assert!(matches!(same, Response::Succeeded { .. }));
    for (amount, source) in [(101, "card_success"), (100, "card_decline_hard")] {
        let other = charge(100, 0).answer_again(Atoms::new(amount), source);
        assert!(matches!(other, Response::Invalid { .. }));
    }
}
