//! A new payment link: what suits its mode, and the session that opening it would make.

use super::{LinkMode, NOUN, NewPaymentLink, session_of};
use crate::{
    base::{
        id::PriceId,
        input::{Faults, Location},
    },
    model::{
        checkout::{LineItem, NewCheckoutSession},
        price::Price,
        priced::Priced,
    },
};

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
