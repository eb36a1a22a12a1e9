//! What a customer is told on the portal, in the customer's language. Sentences that the page of a
//! checkout has too are not here again.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;
mod nl;
mod pt;

use super::{Locale, of_language};

impl Locale {
    /// The sentences of the portal.
    pub(crate) fn portal_words(self) -> &'static PortalWords {
        of_language!(self)
    }
}

/// Every sentence.
#[derive(Debug)]
pub(crate) struct PortalWords {
    pub(crate) your_account: &'static str,
    pub(crate) to_pay: &'static str,
    pub(crate) invoices: &'static str,
    pub(crate) no_invoices: &'static str,
    pub(crate) invoice: &'static str,
    pub(crate) older: &'static str,
    pub(crate) pay_by: &'static str,
    pub(crate) methods: &'static str,
    pub(crate) no_methods: &'static str,
    pub(crate) card: &'static str,
    pub(crate) is_default: &'static str,
    pub(crate) make_default: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) add: &'static str,
    pub(crate) subscriptions: &'static str,
    pub(crate) no_subscriptions: &'static str,
    pub(crate) next_charge: &'static str,
    pub(crate) next_on: &'static str,
    pub(crate) ends: &'static str,
    pub(crate) ended: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) cancel_note: &'static str,
    pub(crate) keep: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) look: &'static str,
    pub(crate) change: &'static str,
    pub(crate) change_now: &'static str,
    pub(crate) change_free: &'static str,
    pub(crate) change_later: &'static str,
    pub(crate) change_next: &'static str,
    pub(crate) changes_on: &'static str,
    pub(crate) changes_once_paid: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) pause: &'static str,
    pub(crate) pause_note: &'static str,
    pub(crate) pauses: &'static str,
    pub(crate) unpause: &'static str,
    pub(crate) resume: &'static str,
    pub(crate) resume_note: &'static str,
    pub(crate) tax_id: &'static str,
    pub(crate) tax_type: &'static str,
    pub(crate) done_planned: &'static str,
    pub(crate) done_waits: &'static str,
    pub(crate) details: &'static str,
    pub(crate) name: &'static str,
    pub(crate) line1: &'static str,
    pub(crate) line2: &'static str,
    pub(crate) city: &'static str,
    pub(crate) region: &'static str,
    pub(crate) postal_code: &'static str,
    pub(crate) country: &'static str,
    pub(crate) save: &'static str,
    pub(crate) done_paid: &'static str,
    pub(crate) done_saved: &'static str,
    pub(crate) done_removed: &'static str,
    pub(crate) done_cancelled: &'static str,
    pub(crate) done_kept: &'static str,
    pub(crate) not_now: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) open_too_long: &'static str,
    /// In the order of the states of an invoice.
    pub(crate) invoice_states: [&'static str; 7],
    /// In the order of the states of a subscription.
    pub(crate) states: [&'static str; 7],
}

#[cfg(test)]
mod tests {
    use super::super::tests::same_names;
    use super::*;

    #[test]
    fn every_language_names_the_same_things_in_its_sentences() {
        let english = format!("{:?}", Locale::En.portal_words());
        for locale in Locale::ALL {
            same_names(&english, &format!("{:?}", locale.portal_words()), *locale);
        }
    }
}
