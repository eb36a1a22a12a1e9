//! A draft that a person writes: its lines, and what they refer to.

use crate::work::Work;
use crate::{
    base::{
        error::Error,
        id::CustomerId,
        input::{Faults, Location},
        money::Currency,
        patch::{Change, Patch},
    },
    model::{
        entity_type::EntityType,
        invoice::{
            BillingReason, Invoice, InvoiceItem, NewInvoiceItems,
            draft::{InvoicePatch, NewInvoice},
        },
        tax_rate::TaxExempt,
    },
    store::Tx,
};

impl Work {
    /// A new draft, with what it refers to checked.
    pub async fn new_invoice(&self, mut new: NewInvoice) -> Result<Invoice, Error> {
        let (body, mut faults) = (Location::body("invoice"), Faults::default());
        let customer = Patch::Set(new.customer_id.clone());
        self.refers_to(&customer, &body.field("customer_id"), &mut faults).await?;
        let items = new.items.take().unwrap_or(NewInvoiceItems(Vec::new()));
        let terms = (&new.customer_id, new.currency);
        let (items, exempt) = self.invoice_items(items, terms, &body, &mut faults).await?;
        let changes = std::mem::take(&mut new.custom_fields);
        let fields = self.custom_fields(EntityType::Invoice, &changes, &mut faults).await?;
        faults.settled()?;
        Ok(Invoice::manual(self.record(), new, items, fields)?.made_for(exempt))
    }

    /// Begins to write a new draft.
    pub async fn begin_invoice(&self, invoice: &Invoice) -> Result<Tx, Error> {
        let mut tx = self.begin_asked();
        self.bills(&mut tx, &invoice.customer_id, invoice.id()).await?;
        Ok(tx)
    }

    /// The draft with the changes a client asks for, with what they refer to checked.
    pub async fn changed_invoice(
        &self,
        invoice: &Invoice,
        mut patch: InvoicePatch,
    ) -> Result<Invoice, Error> {
        invoice.must_be_draft("changed")?;
        let (body, mut faults) = (Location::body("invoice"), Faults::default());
        let items = match std::mem::replace(&mut patch.items, Change::Keep).into_value() {
            Some(_) if invoice.billing_reason != BillingReason::Manual => {
                let hint = "of an invoice that bills a subscription cannot be changed";
                faults.not_valid(&body.field("items"), "illegal_state", hint);
                None
            }
            Some(items) => {
                let terms = (&invoice.customer_id, invoice.currency);
                Some(self.invoice_items(items, terms, &body, &mut faults).await?)
            }
            None => None,
        };
        let changes = std::mem::take(&mut patch.custom_fields);
        let fields = self.custom_fields(EntityType::Invoice, &changes, &mut faults).await?;
        faults.settled()?;
        let (items, exempt) = items.unzip();
        let patched = invoice.patched(patch, items, fields)?;
        Ok(match exempt {
            Some(exempt) => patched.made_for(exempt),
            None => patched,
        })
    }

    /// Lines as they are asked for, and why they have no tax, where the customer is why.
    async fn invoice_items(
        &self,
        items: NewInvoiceItems,
        (customer, currency): (&CustomerId, Currency),
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<(Vec<InvoiceItem>, TaxExempt), Error> {
        let (at, mut named) = (body.field("items"), Vec::new());
        for (index, ids) in items.tax_rates() {
            let of_line = at.index(index);
            let at = of_line.field("tax_rate_ids");
            let rates = self.named_tax_rates(Some(ids), &at, faults).await?;
            if rates.iter().any(|rate| !rate.counts(self.now())) {
                let hint = "names a tax rate that is archived, or not effective yet";
                faults.not_valid(&at, "inactive", hint);
            }
            named.extend(rates);
        }
        let prices = self.billable_with(Some(customer), &items.price_ids(), &named).await?;
        let lines = items.priced(currency, &prices, &body.field("items"), || self.id(), faults);
        Ok((lines, prices.exempt()))
    }
}
