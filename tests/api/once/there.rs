//! What an account's processor has on record, whichever it is.

use std::collections::BTreeMap;

use shared::model::processor::{Entry, EntryKind};

use crate::{
    client::{Account, Api},
    payments::work_of,
};

/// The processor of an account.
pub(super) struct There<'a> {
    pub(super) api: &'a Api,
    pub(super) account: &'a Account,
    /// Whether that is Stripe; otherwise it is the test processor.
    pub(super) stripe: bool,
}

impl There<'_> {
    /// The charges at Stripe that are the account's, and their states.
    pub(super) fn charges(&self) -> Vec<(String, String)> {
        let charges = self.api.stack.stripe().charges().into_iter();
        let ours = charges.filter(|charge| charge.key.starts_with(&self.account.id));
        ours.map(|charge| (charge.id, charge.status)).collect()
    }

    /// The names of the refunds at Stripe that are the account's.
    pub(super) fn refunds(&self) -> Vec<String> {
        let charges = self.charges();
        let refunds = self.api.stack.stripe().refunds().into_iter();
        let ours = refunds.filter(|refund| charges.iter().any(|(id, _)| *id == refund.intent));
        ours.map(|refund| refund.id).collect()
    }

    /// How many charges of each invoice succeeded.
    pub(super) async fn taken(&self) -> BTreeMap<String, usize> {
        let keys: Vec<String> = match self.stripe {
            true => {
                let charges = self.api.stack.stripe().charges().into_iter();
                let taken = charges.filter(|charge| charge.status == "succeeded");
                taken.map(|charge| charge.key).collect()
            }
            false => {
                let work = work_of(self.api, self.account);
                let entries = work.store().test_processor_entries(work.account()).await.unwrap();
                let is_taken = |entry: &Entry| entry.succeeded && entry.kind == EntryKind::Charge;
                let taken = entries.into_iter().filter(is_taken);
                taken.map(|entry| entry.idempotency_key).collect()
            }
        };
        let mut taken = BTreeMap::new();
        let prefix = format!("{}:", self.account.id);
        for key in keys.iter().filter_map(|key| key.strip_prefix(&prefix)) {
            let invoice = key.split(':').next().unwrap_or_default();
            *taken.entry(invoice.to_owned()).or_default() += 1;
        }
        taken
    }
}
