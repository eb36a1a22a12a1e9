//! Why a coupon or a promotion code cannot be redeemed.

use crate::base::error::Error;
use crate::model::coupon::Timestamp;

/// Why something cannot be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What, for a program.
    pub code: &'static str,
    /// What, for a person; continues "Request coupon_id …".
    pub hint: String,
}

impl Refusal {
    /// Why a `noun` that is `active` or not, ends, and was redeemed some of the times it may be,
    /// cannot be redeemed at `now`.
    pub(crate) fn of(
        noun: &str,
        active: bool,
        end: Option<Timestamp>,
        (times, most): (i64, Option<i64>),
        now: Timestamp,
    ) -> Option<Self> {
        if !active {
            let hint = format!("names a {noun} that is not active");
            return Some(Self { code: "not_active", hint });
        }
        if let Some(end) = end.filter(|end| *end <= now) {
            let hint = format!("names a {noun} that could be redeemed until {end}");
            return Some(Self { code: "expired", hint });
        }
        let most = most.filter(|most| times >= *most)?;
        let hint = format!("names a {noun} that was redeemed as often as it may be: {most} times");
        Some(Self { code: "used_up", hint })
    }

    /// A code that was made for somebody else.
    pub(crate) fn of_another() -> Self {
        let hint = "names a promotion code that was made for another customer".to_owned();
        Self { code: "other_customer", hint }
    }

    /// What there is not.
    pub(crate) fn of_nothing() -> Self {
        let hint = "names nothing that can be redeemed".to_owned();
        Self { code: "no_such_object", hint }
    }

    /// The refusal of a whole request, for its field `field`.
    pub(crate) fn into_error(self, field: &'static str) -> Error {
        Error::rule("request", field, self.code, &self.hint)
    }
}
