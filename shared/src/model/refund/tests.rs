use super::*;
use crate::{
    base::time::Clock,
    model::{
        payment_intent::tests::{outcomes, succeeded},
        record::tests::record,
    },
};

fn refund() -> Refund {
    let repayment = Repayment { intent: succeeded(100), amount: Atoms::new(60) };
    Refund::new(record(), &repayment, Vec::new(), (None, Metadata::default()))
}

#[test]
fn a_refund_ends_once() {
    use RefundState::{Failed, Pending, Succeeded};
    let legal = [(Pending, Succeeded), (Pending, Failed), (Succeeded, Failed)];
    for from in RefundState::ALL {
        for to in RefundState::ALL {
            assert_eq!(from.can_become(*to), legal.contains(&(*from, *to)), "{from} {to}");
        }
    }
    for first in outcomes() {
        let once = refund().settled(&first, Clock.now());
        for second in outcomes() {
            let twice = once.settled(&second, Clock.now());
            assert!(once.state == twice.state || once.state.can_become(twice.state));
        }
    }
}

#[test]
fn a_refund_is_due_while_it_is_pending_and_each_time_later() {
    let mut refund = refund();
    let now = refund.record.created_at;
    assert_eq!(refund.due_at(), Some(now.plus_seconds(60)));
    let mut minutes = Vec::new();
    for _ in 0..8 {
        refund = refund.settled(&Outcome::Unknown(String::new()), now);
        minutes.push(refund.due_at().unwrap().minus(now) / 60);
    }
    assert_eq!(minutes, [2, 4, 8, 16, 32, 64, 64, 64]);
    assert_eq!(refund.settled(&outcomes()[0], now).due_at(), None);
    assert_eq!(refund.settled(&outcomes()[1], now).due_at(), None);
}
