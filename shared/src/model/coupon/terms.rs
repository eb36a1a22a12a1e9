//! What a coupon can give, and which fields go together.

use super::{NOUN, NewCoupon};
use crate::base::{
    input::{Faults, Integer, Location, choice},
    time::Timestamp,
};

choice! {
    /// What a coupon gives.
    pub enum DiscountType {
        /// A part of every line: `percent_off`.
        Percentage = "percentage",
        /// An amount of the invoice: `amount_off_atom`.
        FixedAmount = "fixed_amount",
        /// More days of trial: `trial_extension_days`.
        TrialExtension = "trial_extension",
    }
}

choice! {
    /// How long a redeemed coupon takes something off.
    pub enum CouponDuration {
        /// One invoice.
        Once = "once",
        /// The invoices of the months that follow: `duration_in_months`.
        Repeating = "repeating",
        /// Every invoice.
        Forever = "forever",
    }
}

/// Hundredths of a price.
pub type Percent = Integer<1, 100>;
/// An amount that takes something off.
pub type AmountOff = Integer<1, { i64::MAX }>;
/// How many days a trial can be longer.
pub type TrialDays = Integer<1, 730>;
/// For how many months a coupon can count.
pub type Months = Integer<1, 120>;
/// How often something can be redeemed.
pub type Redemptions = Integer<1, 1_000_000_000>;

impl NewCoupon {
    /// The rules between its parts.
    pub(super) fn check(&self, faults: &mut Faults) {
        let body = Location::body(NOUN);
        let of = self.discount_type;
        let parts = [
            ("percent_off", self.percent_off.is_some(), DiscountType::Percentage),
            ("amount_off_atom", self.amount_off_atom.is_some(), DiscountType::FixedAmount),
            ("currency", self.currency.is_some(), DiscountType::FixedAmount),
            (
                "trial_extension_days",
                self.trial_extension_days.is_some(),
                DiscountType::TrialExtension,
            ),
        ];
        for (field, given, belongs_to) in parts {
            let field = body.field(field);
            match (given, belongs_to == of) {
                (false, true) => {
                    let hint = format!("is required with a discount_type of {of}");
                    faults.not_valid(&field, "required", &hint);
                }
                (true, false) => {
                    let hint = format!("belongs to a discount_type of {belongs_to}");
                    faults.not_valid(&field, "not_allowed", &hint);
                }
                (true, true) | (false, false) => {}
            }
        }
        self.check_duration(&body, faults);
    }

    fn check_duration(&self, body: &Location<'_>, faults: &mut Faults) {
        let duration = self.duration.unwrap_or(CouponDuration::Once);
        if self.discount_type == DiscountType::TrialExtension && duration != CouponDuration::Once {
            let hint = "must be once: a trial is extended once";
            faults.not_valid(&body.field("duration"), "not_allowed", hint);
        }
        let months = body.field("duration_in_months");
        match (duration == CouponDuration::Repeating, self.duration_in_months.is_some()) {
            (true, false) => {
                faults.not_valid(&months, "required", "is required with a duration of repeating");
            }
            (false, true) => {
                faults.not_valid(&months, "not_allowed", "belongs to a duration of repeating");
            }
            (true, true) | (false, false) => {}
        }
    }
}

/// Notes an end that is not in the future.
pub(crate) fn check_end(
    noun: &str,
    field: &str,
    end: Option<Timestamp>,
    now: Timestamp,
    faults: &mut Faults,
) {
    if end.is_some_and(|end| end <= now) {
        let hint = format!("must be in the future: it is {now} now; active false ends it at once");
        faults.not_valid(&Location::body(noun).field(field), "not_in_the_future", &hint);
    }
}
