//! A new payment link, and changes of one: what a client may ask for.

use super::{LinkMode, NOUN, TrialDays, session_of};
use crate::{
    base::{
        id::{CouponId, CustomerId, PriceId},
        input::{Faults, Integer, Location, Several, Text, WebAddress, input, rule},
        metadata::Metadata,
        patch::Change,
    },
    model::{
        checkout::{LineItem, NewCheckoutSession, NewLineItem},
        price::Price,
        priced::Priced,
    },
};

input! {
    /// What a client sends to create a payment link.
    pub struct NewPaymentLink {
        /// What a person calls it.
        pub(super) name: Text<1, 255>,
        /// What its sessions do; payment, when left out.
        pub(super) mode: Option<LinkMode>,
        /// What its sessions offer: one-time prices; for a subscription at least one recurring.
        pub(super) line_items: Option<Several<NewLineItem>>,
        /// Who buys; when left out, whoever pays says.
        pub(super) customer_id: Option<CustomerId>,
        /// The coupon that its sessions redeem.
        pub(super) coupon_id: Option<CouponId>,
        /// Whether whoever pays may type a promotion code in on the hosted page; false, when left out. Not
        /// together with a coupon.
        pub(super) allow_promotion_codes: Option<bool>,
        /// For how many days the subscription costs nothing at first; in the mode subscription only.
        pub(super) free_trial_days: Option<TrialDays>,
        /// Where the customer goes after completion; `{CHECKOUT_SESSION_ID}` in it is replaced.
        pub(super) success_url: WebAddress,
        /// Where the customer goes otherwise.
        pub(super) return_url: WebAddress,
        /// How many hours there are to complete a session, from the opening on; 24, when left out.
        pub(super) expires_in_hours: Option<Integer<1, 720>>,
        /// Whether it can be opened; true, when left out. Once false, it stays so.
        pub(super) is_active: Option<bool>,
        /// Free text by key.
        pub(super) metadata: Metadata,
    }
    rules [rule::one_of([
        rule::all_of([
            rule::says("mode", &["setup"]),
            rule::absent(&["line_items", "coupon_id", "free_trial_days"]),
        ]),
        rule::all_of([rule::says("mode", &["subscription"]), rule::given(&["line_items"])]),
        rule::all_of([
            rule::says_not("mode", &["setup", "subscription"]),
            rule::given(&["line_items"]),
            rule::absent(&["free_trial_days"]),
        ]),
    ])]
    example {
        "name": "Team plan, monthly",
        "mode": "subscription",
        "line_items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
        "free_trial_days": 14,
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/pricing",
    }
}

input! {
    /// What a client sends to change a payment link. What it sells stays: for something else, make
    /// another link.
    pub struct PaymentLinkPatch {
        /// What a person calls it.
        pub(super) name: Change<Text<1, 255>>,
        /// Where the customer goes after completion.
        pub(super) success_url: Change<WebAddress>,
        /// Where the customer goes otherwise.
        pub(super) return_url: Change<WebAddress>,
        /// How many hours there are to complete a session, from the opening on.
        pub(super) expires_in_hours: Change<Integer<1, 720>>,
        /// Whether it can be opened. Once false, it stays so.
        pub(super) is_active: Change<bool>,
        /// Free text by key: replaces all of it.
        pub(super) metadata: Change<Metadata>,
    }
    example {"is_active": false}
}

impl NewPaymentLink {
    /// The prices that it names.
    pub(crate) fn price_ids(&self) -> Vec<PriceId> {
        let lines = self.line_items.clone().into_iter().flatten();
        lines.map(|line| LineItem::from(line).price_id).collect()
    }

    /// Notes what does not suit its mode. Once is sold in the mode payment, and again and again in the
    /// mode subscription. A price that is not in `prices` is noted by whoever looks for it.
    pub(crate) fn check(&self, prices: &Priced, faults: &mut Faults) {
        let body = Location::body(NOUN);
        let mode = self.mode.unwrap_or(LinkMode::Payment);
        if self.free_trial_days.is_some() && mode != LinkMode::Subscription {
            let hint = "belongs to the mode subscription; nothing else begins with a trial";
            faults.not_valid(&body.field("free_trial_days"), "not_allowed", hint);
        }
        let named = self.price_ids();
        let found: Vec<&Price> = named.iter().filter_map(|id| Some(prices.get(id)?.0)).collect();
        let recurs = found.iter().any(|price| price.interval().is_some());
        let all_known = !found.is_empty() && found.len() == named.len();
        let hint = match mode {
            LinkMode::Payment if recurs => {
                "has a recurring price, which is sold in the mode subscription"
            }
            LinkMode::Subscription if all_known && !recurs => {
                "has no recurring price, without which there is no subscription"
            }
            LinkMode::Payment | LinkMode::Subscription | LinkMode::Setup => return,
        };
        faults.not_valid(&body.field("line_items"), "mode_mismatch", hint);
    }

    /// The session that opening it would make.
    pub(crate) fn session(&self) -> NewCheckoutSession {
        let urls = (self.success_url.clone(), self.return_url.clone(), self.expires_in_hours);
        let mode = self.mode.unwrap_or(LinkMode::Payment);
        let codes = self.allow_promotion_codes == Some(true);
        let referred = (&self.customer_id, &self.coupon_id, codes);
        session_of(mode, self.line_items.clone(), referred, urls)
    }
}
