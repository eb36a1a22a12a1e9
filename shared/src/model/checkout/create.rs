//! A new session: what a client may ask for, and what it refers to.

use super::{CheckoutMode, NewCascadeTier, NewLineItem, Settings};
use crate::{
    base::{
        id::{CouponId, CustomerId, ProcessorRouteId},
        input::{Faults, Integer, Location, Several, WebAddress, input, rule},
        metadata::Metadata,
    },
    model::{custom_field::FieldChanges, promotion_code::Code},
};

/// How many tiers a cascade has at most.
pub(crate) const MOST_TIERS: usize = 10;

input! {
    /// What completion passes on to the subscription.
    pub struct NewParams {
        /// Values of the custom fields that are defined for subscriptions.
        pub(crate) custom_fields: FieldChanges,
    }
}

input! {
    /// What a client sends to create a checkout session.
    pub struct NewCheckoutSession {
        /// Where the customer goes after completion; `{CHECKOUT_SESSION_ID}` in it is replaced.
        pub(crate) success_url: WebAddress,
        /// Where the customer goes otherwise.
        pub(crate) return_url: WebAddress,
        /// What completing it does; payment, when left out.
        pub(crate) mode: Option<CheckoutMode>,
        /// Who buys; when left out, completion says.
        pub(crate) customer_id: Option<CustomerId>,
        /// How many hours there are to complete it; 24, when left out.
        pub(crate) expires_in_hours: Option<Integer<1, 720>>,
        /// What is offered: required to sell something. One-time and recurring prices go together, in
        /// one currency; the recurring ones at one interval.
        pub(crate) line_items: Option<Several<NewLineItem>>,
        /// A coupon. Not together with `promotion_code`.
        pub(crate) coupon_id: Option<CouponId>,
        /// The code of a coupon, as a customer types it in.
        pub(crate) promotion_code: Option<Code>,
        /// Whether the payer may type a promotion code in on the hosted page; false, when left out. Not
        /// together with a coupon.
        pub(crate) allow_promotion_codes: Option<bool>,
        /// Settings of the page: any object of up to 4 KB, kept as it is.
        pub(crate) card_checkout_settings: Option<Settings>,
        /// The processors to try, in their order; the account's default, when left out.
        pub(crate) processor_route_id: Option<ProcessorRouteId>,
        /// What is offered when the line items are declined: up to 10 tiers, each tried when the one
        /// before is declined.
        pub(crate) cascade_line_items: Option<Vec<NewCascadeTier>>,
        /// Settings of the page: any object of up to 4 KB, kept as it is.
        pub(crate) setup_preferences: Option<Settings>,
        /// What completion passes on to the subscription.
        pub(crate) params_for_sub: Option<NewParams>,
        /// Free text by key.
        pub(crate) metadata: Metadata,
        /// Values of the custom fields that are defined for checkout sessions.
        pub(crate) custom_fields: FieldChanges,
    }
    rules [rule::one_of([
        rule::all_of([
            rule::says("mode", &["setup"]),
            rule::absent(&[
                "line_items",
                "coupon_id",
                "promotion_code",
                "cascade_line_items",
                "params_for_sub",
            ]),
        ]),
        rule::all_of([rule::says_not("mode", &["setup"]), rule::given(&["line_items"])]),
    ])]
    example {
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/cart",
        "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
        "line_items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
    }
}

impl NewCheckoutSession {
    pub(crate) fn sells(&self) -> bool {
        self.mode != Some(CheckoutMode::Setup)
    }

    /// The rules between its parts.
    pub(crate) fn check(&self, body: &Location<'_>, faults: &mut Faults) {
        let of_payment = [
            ("line_items", self.line_items.is_some()),
            ("coupon_id", self.coupon_id.is_some()),
            ("promotion_code", self.promotion_code.is_some()),
            ("cascade_line_items", self.cascade_line_items.is_some()),
            ("params_for_sub", self.params_for_sub.is_some()),
        ];
        for (field, given) in of_payment {
            if given && !self.sells() {
                let hint = "does not belong to the mode setup, which sells nothing";
                faults.not_valid(&body.field(field), "not_allowed", hint);
            }
        }
        let has_coupon = self.coupon_id.is_some() || self.promotion_code.is_some();
        if self.allow_promotion_codes == Some(true) && (has_coupon || !self.sells()) {
            let hint = "is for a session that sells something, and has no coupon by itself";
            faults.not_valid(&body.field("allow_promotion_codes"), "not_allowed", hint);
        }
        let tiers = self.cascade_line_items.as_ref().map_or(0, Vec::len);
        if tiers > MOST_TIERS {
            let hint = format!("has {tiers} tiers; at most {MOST_TIERS} are allowed");
            faults.not_valid(&body.field("cascade_line_items"), "too_many", &hint);
        }
    }
}
