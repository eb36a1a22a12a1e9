//! What would be, by the flows that do it: none of it is written, and no processor hears of it.
//!
//! The flows of this floor reach the world in four places, and each of them asks whether it is only
//! imagined: a change is made (`Work::write`), a list is read (`every`), an invoice is finalized and
//! collected (`invoices`), a processor is asked (`processors/boundary`). All else is the same code. What
//! is assumed is that each invoice is paid as soon as it is final.

use std::collections::BTreeMap;

use crate::{
    base::{error::Error, id::InvoiceId},
    model::{
        entity::{Entity, decode, encode},
        invoice::{Invoice, InvoiceState},
        list::List,
    },
    store::Known,
    work::Work,
};

impl Work {
    /// The objects of a list as it would be, the newest first, up to the first that is `wanted`.
    pub(super) async fn imagined_of<E: Entity>(
        &self,
        known: &Known,
        list: &List,
        wanted: impl Fn(&E) -> bool,
    ) -> Result<Vec<E>, Error> {
        let there = match known.list(list) {
            Some(items) => items,
            None => self.as_it_is::<E>(known, list).await?,
        };
        let mut all: BTreeMap<String, E> = BTreeMap::new();
        for item in there {
            let one: E = decode(item)?;
            all.insert(one.record().id.to_string(), one);
        }
        for (id, item) in known.all_of::<E::Kind>() {
            let one: Option<E> = item.map(decode).transpose()?;
            match one.filter(|one| one.lists().contains(list)) {
                Some(one) => all.insert(id, one),
                None => all.remove(&id),
            };
        }
        let mut found = Vec::new();
        for one in all.into_values().rev() {
            let last = wanted(&one);
            found.push(one);
            if last {
                break;
            }
        }
        Ok(found)
    }

    /// The objects of a list as the table has them, which are remembered.
    async fn as_it_is<E: Entity>(
        &self,
        known: &Known,
        list: &List,
    ) -> Result<Vec<crate::model::entity::Item>, Error> {
        let real = Self { known: None, ..self.clone() };
        // In a box: of what is real, nothing is imagined.
        let all: Vec<E> = Box::pin(real.every(list)).await?;
        let items: Vec<_> = all.iter().map(encode).collect::<Result<_, _>>()?;
        known.keep_list(list, items.clone());
        Ok(items)
    }

    /// A draft that becomes final.
    pub(super) async fn finalized_in_imagination(&self, draft: &Invoice) -> Result<Invoice, Error> {
        let mut tx = self.begin();
        let invoice = self.finalization(&mut tx, draft).await?;
        self.commit(tx).await?;
        Ok(invoice)
    }

    /// What is left to be paid of an invoice is paid.
    pub(super) async fn paid_in_imagination(&self, id: &InvoiceId) -> Result<Invoice, Error> {
        let before: Invoice = self.find(id).await?;
        let owed = before.state().is_collected() && before.open_attempt().is_none();
        if !owed || before.state() == InvoiceState::PastDue {
            return Ok(before);
        }
        let mut tx = self.begin();
        let invoice = tx.update(&before, before.received(before.due(), self.now())?);
        self.followed(&mut tx, &invoice).await?;
        self.commit(tx).await?;
        Ok(invoice)
    }
}
