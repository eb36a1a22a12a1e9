//! The states of an invoice, and which may follow which.
//!
//! | from | to |
//! |---|---|
//! | draft | open |
//! | open | partially_paid, paid, past_due, void, uncollectible |
//! | partially_paid | paid, past_due, void, uncollectible |
//! | past_due | paid, void, uncollectible |
//! | uncollectible | paid, void |
//! | paid, void | nothing |
//!
//! A draft may also be deleted. Money that was received is never voided with its invoice: what was
//! paid is first refunded or credited.

use crate::base::input::choice;

choice! {
    /// Where an invoice is in its life.
    pub enum InvoiceState {
        /// It can still be changed and has no number.
        Draft = "draft",
        /// It is to be paid.
        Open = "open",
        /// A part of it is paid.
        PartiallyPaid = "partially_paid",
        /// Nothing is left to be paid.
        Paid = "paid",
        /// It was not paid in time, or its automatic payment failed.
        PastDue = "past_due",
        /// It counts no longer.
        Void = "void",
        /// Nobody expects it to be paid.
        Uncollectible = "uncollectible",
    }
}

impl InvoiceState {
    /// Whether an invoice in this state may be in the state `next` after a change.
    pub const fn can_become(self, next: Self) -> bool {
        use InvoiceState::{Draft, Open, Paid, PartiallyPaid, PastDue, Uncollectible, Void};
        match self {
            Draft => matches!(next, Open),
            Open => matches!(next, PartiallyPaid | Paid | PastDue | Void | Uncollectible),
            PartiallyPaid => matches!(next, Paid | PastDue | Void | Uncollectible),
            PastDue => matches!(next, Paid | Void | Uncollectible),
            Uncollectible => matches!(next, Paid | Void),
            Paid | Void => false,
        }
    }

    /// Whether money for it may still be taken.
    pub const fn is_payable(self) -> bool {
        self.can_become(Self::Paid)
    }

    /// Whether it is paid for automatically while it is in this state.
    pub const fn is_collected(self) -> bool {
        matches!(self, Self::Open | Self::PartiallyPaid | Self::PastDue)
    }

    /// How a person says it: "past due".
    pub fn described(self) -> String {
        self.as_str().replace('_', " ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_exactly_this() {
        let allowed: Vec<String> = InvoiceState::ALL
            .iter()
            .flat_map(|from| InvoiceState::ALL.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| from.can_become(*to))
            .map(|(from, to)| format!("{from} {to}"))
            .collect();
        assert_eq!(
            allowed,
            [
                "draft open",
                "open partially_paid",
                "open paid",
                "open past_due",
                "open void",
                "open uncollectible",
                "partially_paid paid",
                "partially_paid past_due",
                "partially_paid void",
                "partially_paid uncollectible",
                "past_due paid",
                "past_due void",
                "past_due uncollectible",
                "uncollectible paid",
                "uncollectible void",
            ]
        );
    }
}
