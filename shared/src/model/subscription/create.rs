//! A new subscription: what a client may ask for, and how it begins.
//!
//! One transaction writes the subscription, its first invoice and the coupon's redemption. The invoice
//! is then finalized and its money taken; if the process dies before that, both are due.

use super::{NewSubscriptionItem, Subscription};
use crate::{
    base::{
        error::Error,
        id::{CouponId, CustomerId, PaymentMethodId, ProcessorId},
        input::{Faults, Integer, Location, Several, Text, input, rule},
        metadata::Metadata,
        money::Currency,
        time::{TimeZoneName, Timestamp},
    },
    model::{
        billing::cycle::{Interval, IntervalUnit, days_after},
        custom_field::FieldChanges,
        external_id::ExternalId,
        invoice::{CollectionMethod, Invoice},
        priced::Priced,
        promotion_code::Code,
        redemption::Redemption,
    },
};

/// How many items a subscription has at most.
pub(crate) const MOST_ITEMS: usize = 20;

input! {
    /// What a client sends to create a subscription.
    pub struct NewSubscription {
        /// Who is billed.
        pub customer_id: CustomerId,
        /// The currency of its prices; that of its first price, when left out.
        pub currency: Option<Currency>,
        /// When it begins: later, or up to five years ago, from where it catches up: every period since
        /// then is billed. Now, when left out.
        pub period_start: Option<Timestamp>,
        /// What periods are counted in; what its prices say, when left out.
        pub billing_interval: Option<IntervalUnit>,
        /// How many of them a period is long; what its prices say, when left out.
        pub billing_interval_count: Option<Integer<1, 1000>>,
        /// How its invoices get paid; charge_automatically, when left out.
        pub collection_method: Option<CollectionMethod>,
        /// Days until an invoice that is sent is due; the account's payment terms, when left out.
        pub net_d: Option<Integer<0, 365>>,
        /// The processor whose payment methods are charged; the account's default, when left out.
        pub processor_id: Option<ProcessorId>,
        /// What is subscribed to: 1 to 20 prices of one currency and interval.
        pub items: Several<NewSubscriptionItem>,
        /// When its trial ends. Not together with `trial_period_days`.
        pub trial_end: Option<Timestamp>,
        /// How many days its trial takes.
        pub trial_period_days: Option<Integer<1, 730>>,
        /// A coupon. Not together with `promotion_code`.
        pub coupon_id: Option<CouponId>,
        /// The code of a coupon, as a customer types it in.
        pub promotion_code: Option<Code>,
        /// What its invoices say about it.
        pub description: Option<Text<0, 500>>,
        /// What is charged; the customer's default, when left out.
        pub default_payment_method_id: Option<PaymentMethodId>,
        /// How many periods the contract runs.
        pub contract_length: Option<Integer<1, 1200>>,
        /// Whether another contract follows; true, when left out.
        pub auto_renew: Option<bool>,
        /// What the caller's own books call it: unique among the account's subscriptions.
        pub external_id: Option<ExternalId>,
        /// Free text by key.
        pub metadata: Metadata,
        /// Values of the custom fields that are defined for subscriptions.
        pub custom_fields: FieldChanges,
    }
    rules [
        rule::not_together(&["trial_end", "trial_period_days"]),
        rule::not_together(&["coupon_id", "promotion_code"]),
    ]
    example {
        "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
        "items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
    }
}

/// A subscription that begins, before it is written.
#[derive(Clone)]
pub struct Begun {
    /// The subscription.
    pub subscription: Subscription,
    /// Its first invoice, unless it begins later.
    pub invoice: Option<Invoice>,
    pub(crate) redemption: Option<Redemption>,
}

/// The end of the trial that is asked for, with what a coupon adds to it: in calendar days.
pub(crate) fn trial_end(
    new: &NewSubscription,
    redemption: Option<&Redemption>,
    start: Timestamp,
    zone: &TimeZoneName,
) -> Result<Option<Timestamp>, Error> {
    let after = |start, days| days_after(start, days, zone);
    let days = new.trial_period_days.map(|days| after(start, days.get())).transpose()?;
    let asked = new.trial_end.or(days);
    let coupon = redemption.map(Redemption::coupon);
    match coupon.and_then(|coupon| coupon.trial_extension_days()) {
        Some(days) => Ok(Some(after(asked.unwrap_or(start), days)?)),
        None => Ok(asked),
    }
}

/// Notes a price that cannot be billed in `currency` every `interval`.
pub(crate) fn check_recurring(
    price_id: &crate::base::id::PriceId,
    prices: &Priced,
    (currency, interval): (Currency, Option<Interval>),
    at: &Location<'_>,
    faults: &mut Faults,
) {
    let Some((price, _)) = prices.usable(price_id, currency, at, faults) else { return };
    let hint = match price.interval() {
        None => "is a one-time price; a subscription needs recurring ones".to_owned(),
        Some(own) if Some(own) != interval => {
            format!("is billed every {} {}, unlike the subscription", own.count.get(), own.unit)
        }
        Some(_) => return,
    };
    faults.not_valid(at, "interval_mismatch", &hint);
}

/// Notes a quantity of what a meter measures.
pub(crate) fn check_quantity(
    price_id: &crate::base::id::PriceId,
    given: bool,
    prices: &Priced,
    at: &Location<'_>,
    faults: &mut Faults,
) {
    let metered = prices.get(price_id).is_some_and(|(price, _)| price.meter_id().is_some());
    if given && metered {
        let hint = "cannot be given for a metered price: its meter measures the quantity";
        faults.not_valid(at, "not_allowed", hint);
    }
}
