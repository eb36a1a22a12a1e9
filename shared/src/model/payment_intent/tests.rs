use proptest::prelude::*;

use super::*;
use crate::model::{
    entity::Shown,
    processor::{Action, Blame, DeclineKind, Outcome, Rejection},
    record::tests::record,
};

pub(crate) fn intent(amount: i64) -> PaymentIntent {
    let new = NewIntent {
        customer_id: "cus_stg_0000000000000001".parse().unwrap(),
        invoice_id: "in_stg_0000000000000001".parse().ok(),
        checkout_session_id: None,
        amount: Atoms::new(amount),
        currency: Currency::USD,
        payment_method_id: "pm_stg_0000000000000001".parse().unwrap(),
        processor_id: "proc_stg_0000000000000001".parse().unwrap(),
        attempt: 1,
        key: "acc_stg_0000000000000001:in_stg_0000000000000001:1".to_owned(),
        return_url: None,
    };
    PaymentIntent::new(record(), new)
}

pub(crate) fn succeeded(amount: i64) -> PaymentIntent {
    intent(amount).settled(&outcomes()[0])
}

/// One of each.
pub(crate) fn outcomes() -> [Outcome; 7] {
    let (code, message, blame) = ("too_small".to_owned(), "no".to_owned(), Blame::Request);
    let (r#type, url) = (ActionType::Redirect, Some("https://example.com".to_owned()));
    [
        Outcome::Succeeded { reference: "ch_1".to_owned(), taken: None },
        Outcome::Declined(Failure::new("insufficient_funds", "no", DeclineKind::Soft)),
        Outcome::Rejected(Rejection { code, message, blame }),
        Outcome::ActionNeeded(Action { r#type, url, reference: None }),
        Outcome::Pending { reference: "ch_1".to_owned() },
        Outcome::Cancelled,
        Outcome::Unknown("time-out".to_owned()),
    ]
}

#[test]
fn an_intent_goes_only_where_the_table_says() {
    use PaymentIntentState::{Failed, Processing, RequiresAction, Succeeded, Unknown};
    let legal = [
        (Processing, Succeeded),
        (Processing, Failed),
        (Processing, RequiresAction),
        (Processing, Unknown),
        (Unknown, Succeeded),
        (Unknown, Failed),
        (Unknown, RequiresAction),
        (Unknown, Processing),
        (RequiresAction, Succeeded),
        (RequiresAction, Failed),
        (RequiresAction, Processing),
    ];
    for from in PaymentIntentState::ALL {
        for to in PaymentIntentState::ALL {
            assert_eq!(from.can_become(*to), legal.contains(&(*from, *to)), "{from} {to}");
        }
        let ends = PaymentIntentState::ALL.iter().all(|to| !from.can_become(*to));
        assert_eq!(from.is_final(), ends, "{from}");
    }
}

#[test]
fn what_is_final_is_not_settled_again() {
    for first in outcomes() {
        let once = intent(100).settled(&first);
        for second in outcomes() {
            let twice = once.settled(&second);
            assert!(once.state == twice.state || once.state.can_become(twice.state));
            assert_eq!(twice.captured() == Atoms::new(100), twice.state.as_str() == "succeeded");
        }
    }
}

#[test]
fn the_key_is_hidden_and_the_status_is_the_state() {
    let shown = Shown::of(&succeeded(100)).unwrap();
    assert!(!shown.object.contains_key("idempotency_key"));
    assert_eq!(shown.object.get("status"), shown.object.get("state"));
}

#[test]
fn only_what_was_taken_can_be_refunded() {
    assert_eq!(intent(100).with_refund_reserved(Atoms::new(1)).unwrap_err().status(), 422);
    let paid = succeeded(100);
    for amount in [0, -1, 101, i64::MAX, i64::MIN] {
        assert_eq!(paid.with_refund_reserved(Atoms::new(amount)).unwrap_err().status(), 422);
    }
    let half = paid.with_refund_reserved(Atoms::new(60)).unwrap();
    assert_eq!(half.refundable(), Atoms::new(40));
    assert!(half.with_refund_reserved(Atoms::new(41)).is_err());
    let full = half.with_refund_reserved(Atoms::new(40)).unwrap();
    assert!(full.with_refund_reserved(Atoms::new(1)).is_err());
    assert_eq!(full.with_refund_released(Atoms::new(40)).unwrap().refundable(), Atoms::new(40));
    assert!(half.with_refund_released(Atoms::new(61)).is_err());
}

proptest! {
    #[test]
    fn refunds_never_exceed_what_was_captured(
        captured in 1_i64..1000,
        steps in prop::collection::vec((any::<bool>(), -10_i64..1200), 0..40),
    ) {
        let (mut intent, mut reserved) = (succeeded(captured), Vec::new());
        for (reserve, amount) in steps {
            if reserve {
                if let Ok(next) = intent.with_refund_reserved(Atoms::new(amount)) {
                    reserved.push(amount);
                    intent = next;
                }
            } else if let Some(amount) = reserved.pop() {
                intent = intent.with_refund_released(Atoms::new(amount)).unwrap();
            }
            prop_assert_eq!(intent.refunded().get(), reserved.iter().sum::<i64>());
            prop_assert!(intent.refunded() <= intent.captured());
            prop_assert!(!intent.refundable().is_negative());
        }
    }
}
