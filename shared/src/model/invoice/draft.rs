//! Drafts: invoices that can still be changed.

use super::{
    BillingReason, Collection, CollectionMethod, Invoice, InvoiceItem, InvoiceState,
    NewInvoiceItems,
};
use crate::{
    base::{
        error::Error,
        id::{CustomerId, DiscountId, InvoiceId, SubscriptionId, kind},
        input::{Text, input},
        metadata::Metadata,
        money::{Atoms, Currency},
        patch::{Change, Patch},
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, discount},
        custom_field::{FieldChanges, FieldValues, ResolvedChanges},
        entity::size,
        external_id::ExternalId,
        record::Record,
        tax_rate::TaxExempt,
    },
};

input! {
    /// What a client sends to create a draft.
    pub struct NewInvoice {
        /// Who owes it.
        pub(crate) customer_id: CustomerId,
        /// The currency of all its amounts.
        pub(crate) currency: Currency,
        /// The date on it; that of finalization, when left out.
        issued_at: Option<Timestamp>,
        /// Until when it is to be paid; when left out, the account's payment terms say.
        due_date: Option<Timestamp>,
        /// What the customer reads about it.
        description: Option<Text<0, 500>>,
        /// How it gets paid; charge_automatically, when left out.
        collection_method: Option<CollectionMethod>,
        /// Its lines.
        pub(crate) items: Option<NewInvoiceItems>,
        /// What the caller's own books call it: unique among the account's invoices.
        external_id: Option<ExternalId>,
        /// Free text by key.
        metadata: Metadata,
        /// Values of the custom fields that are defined for invoices.
        pub(crate) custom_fields: FieldChanges,
    }
    example {
        "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
        "currency": "usd",
        "items": [{"name": "Consulting", "quantity": 2, "unit_amount": "150.00"}],
    }
}

input! {
    /// What a client sends to change a draft.
    pub struct InvoicePatch {
        /// The date on it.
        issued_at: Patch<Timestamp>,
        /// Until when it is to be paid.
        due_date: Patch<Timestamp>,
        /// What the customer reads about it.
        description: Patch<Text<0, 500>>,
        /// How it gets paid.
        collection_method: Change<CollectionMethod>,
        /// Its lines: replaces all of them.
        pub(crate) items: Change<NewInvoiceItems>,
        /// What the caller's own books call it: unique among the account's invoices.
        external_id: Patch<ExternalId>,
        /// Free text by key: replaces all of it.
        metadata: Change<Metadata>,
        /// Values of custom fields; those left out stay, null deletes one.
        pub(crate) custom_fields: FieldChanges,
    }
    example {"description": "January", "items": [{"name": "Consulting", "amount": "320.00"}]}
}

/// What a draft is made of that the program makes for a subscription.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Who owes it.
    pub customer_id: CustomerId,
    /// The subscription it bills.
    pub subscription_id: SubscriptionId,
    /// Why.
    pub reason: BillingReason,
    /// How it gets paid.
    pub collection_method: CollectionMethod,
    /// Days until it is due, where it is sent.
    pub net_days: Option<i64>,
    /// The currency.
    pub currency: Currency,
    /// The period it bills.
    pub period: Period,
    /// What the customer reads about it.
    pub description: Option<String>,
    /// Its lines.
    pub items: Vec<InvoiceItem>,
    /// The discounts of the subscription that reduce it.
    pub discounts: Vec<DiscountId>,
    /// When it is finalized.
    pub finalize_at: Timestamp,
}

impl Invoice {
    /// A draft that a client makes.
    pub(crate) fn manual(
        record: Record<kind::Invoice>,
        new: NewInvoice,
        items: Vec<InvoiceItem>,
        fields: ResolvedChanges,
    ) -> Result<Self, Error> {
        let mut invoice = Self::empty(record, new.customer_id, new.currency);
        invoice.collection_method =
            new.collection_method.unwrap_or(CollectionMethod::ChargeAutomatically);
        invoice.description = new.description.map(|text| text.as_str().to_owned());
        invoice.issued_at = new.issued_at;
        invoice.due_date = new.due_date;
        invoice.items = items;
        invoice.external_id = new.external_id;
        invoice.metadata = new.metadata;
        invoice.custom_fields = fields.apply(FieldValues::new());
        size::written(invoice.totalled()?)
    }

    /// A draft for a subscription. The discount of each line is already in it.
    pub fn drafted(record: Record<kind::Invoice>, draft: Draft) -> Result<Self, Error> {
        let mut invoice = Self::empty(record, draft.customer_id, draft.currency);
        invoice.subscription_id = Some(draft.subscription_id);
        invoice.billing_reason = draft.reason;
        invoice.collection_method = draft.collection_method;
        invoice.period_start = Some(draft.period.start);
        invoice.period_end = Some(draft.period.end);
        invoice.description = draft.description;
        invoice.items = draft.items;
        invoice.collection = Collection {
            finalize_at: Some(draft.finalize_at),
            net_days: draft.net_days,
            discounts: draft.discounts,
            ..Collection::default()
        };
        Ok(invoice.totalled()?)
    }

    pub(super) fn empty(
        record: Record<kind::Invoice>,
        customer_id: CustomerId,
        currency: Currency,
    ) -> Self {
        Self {
            record,
            customer_id,
            subscription_id: None,
            state: InvoiceState::Draft,
            number: None,
            billing_reason: BillingReason::Manual,
            collection_method: CollectionMethod::ChargeAutomatically,
            currency,
            description: None,
            issued_at: None,
            due_date: None,
            period_start: None,
            period_end: None,
            items: Vec::new(),
            subtotal_amount_atom: Atoms::ZERO,
            discount_amount_atom: Atoms::ZERO,
            tax_amount_atom: Atoms::ZERO,
            taxes: None,
            tax_exempt: TaxExempt::None,
            seller: None,
            billed_to: None,
            total_amount_atom: Atoms::ZERO,
            credit_applied_amount_atom: Atoms::ZERO,
            reduced_amount_atom: Atoms::ZERO,
            paid_amount_atom: Atoms::ZERO,
            refunded_amount_atom: Atoms::ZERO,
            credited_amount_atom: Atoms::ZERO,
            due_amount_atom: Atoms::ZERO,
            finalized_at: None,
            paid_at: None,
            paid_out_of_band: false,
            voided_at: None,
            marked_uncollectible_at: None,
            payment_intent_id: None,
            attempt_count: 0,
            next_payment_attempt_at: None,
            last_payment_error: None,
            external_id: None,
            metadata: Metadata::default(),
            custom_fields: FieldValues::new(),
            collection: Collection::default(),
            credit_notes: None,
        }
    }

    /// The draft with the changes a client asks for.
    pub(crate) fn patched(
        &self,
        patch: InvoicePatch,
        items: Option<Vec<InvoiceItem>>,
        fields: ResolvedChanges,
    ) -> Result<Self, Error> {
        let current = self.clone();
        let text = |text: &Text<0, 500>| text.as_str().to_owned();
        let patched = Self {
            issued_at: patch.issued_at.apply(current.issued_at),
            due_date: patch.due_date.apply(current.due_date),
            description: match &patch.description {
                Patch::Keep => current.description,
                Patch::Clear => None,
                Patch::Set(value) => Some(text(value)),
            },
            collection_method: patch.collection_method.apply(current.collection_method),
            items: items.unwrap_or(current.items),
            external_id: patch.external_id.apply(current.external_id),
            metadata: patch.metadata.apply(current.metadata),
            custom_fields: fields.apply(current.custom_fields),
            ..self.clone()
        };
        size::written(patched.totalled()?)
    }

    /// The draft, whose lines were made for a customer with this exemption from tax: it stays why they
    /// have none.
    pub(crate) fn made_for(self, tax_exempt: TaxExempt) -> Self {
        Self { tax_exempt, ..self }
    }

    /// The draft of a period, behind the invoice of the one before: where both are due, it gets its number
    /// after that one.
    pub(crate) fn behind(mut self, earlier: Option<InvoiceId>) -> Self {
        self.collection.behind = earlier;
        self
    }

    /// The invoice that gets its number before this one does.
    pub(crate) fn is_behind(&self) -> Option<&InvoiceId> {
        self.collection.behind.as_ref()
    }

    /// The draft with another discount on what it bills.
    pub fn rediscounted(&self, reduction: Option<&discount::Reduction>) -> Result<Self, Error> {
        let mut items = self.items.clone();
        for item in items.iter_mut().filter(|item| item.takes_discount()) {
            item.discount_amount_atom = Atoms::ZERO;
            item.discount = None;
        }
        let draft = Self { items: discounted(items, reduction)?, ..self.clone() };
        Ok(draft.totalled()?.remetered(reduction))
    }

    /// The draft, reduced by these discounts of its subscription.
    pub(crate) fn reduced_by(mut self, discounts: Vec<DiscountId>) -> Self {
        self.collection.discounts = discounts;
        self
    }

    /// The discounts of its subscription that reduce it; an invoice of before this was written down
    /// says none.
    pub(crate) fn discounts(&self) -> &[DiscountId] {
        &self.collection.discounts
    }

    /// The draft, whose discount is divided anew over what it bills by now. What of an amount off was
    /// on lines that a change has credited since stays there.
    pub(super) fn redivided(&self) -> Result<Self, Error> {
        let whole = self.metered_reduction();
        let own = self.items.iter().filter(|item| !item.proration && !item.takes_discount());
        let kept = Atoms::sum(own.map(|item| item.discount_amount_atom))?;
        let left = match whole {
            Some(discount::Reduction::Fixed(amount)) => {
                Some(discount::Reduction::Fixed(amount.minus(kept)?.max(Atoms::ZERO)))
            }
            other => other,
        };
        Ok(self.rediscounted(left.as_ref())?.remetered(whole.as_ref()))
    }

    /// The draft, finalized by itself at `at`, or by nobody.
    pub fn finalized_at_last(&self, at: Option<Timestamp>) -> Self {
        let collection = Collection { finalize_at: at, ..self.collection.clone() };
        Self { collection, ..self.clone() }
    }

    pub(crate) fn must_be_draft(&self, done: &str) -> Result<(), Error> {
        match self.state {
            InvoiceState::Draft => Ok(()),
            state => {
                let hint = format!("is {} and cannot be {done}", state.described());
                Err(Error::not_now("invoice", "illegal_state", &hint))
            }
        }
    }

    /// Whether it may be deleted: a draft that somebody made. What bills a subscription's period is the
    /// only invoice that ever will.
    pub fn deletable(&self) -> Result<(), Error> {
        self.must_be_draft("deleted; void it")?;
        match self.billing_reason {
            BillingReason::Manual => Ok(()),
            _ => {
                let hint =
                    "bills a subscription and cannot be deleted; void it once it is finalized";
                Err(Error::not_now("invoice", "illegal_state", hint))
            }
        }
    }
}

impl InvoiceItem {
    /// Whether the line takes part in the discount of a period: it charges for that, and no change has
    /// credited anything of it, which was counted with the discount that it has.
    pub(crate) fn takes_discount(&self) -> bool {
        !self.proration
            && self.reduced_amount_atom.is_zero()
            && self.given_back_amount_atom.is_zero()
    }
}

/// Takes a discount off those lines that charge for a period. Lines of changes carry their own.
pub fn discounted(
    mut items: Vec<InvoiceItem>,
    reduction: Option<&discount::Reduction>,
) -> Result<Vec<InvoiceItem>, Error> {
    let Some(reduction) = reduction else { return Ok(items) };
    let amounts: Vec<Atoms> =
        items.iter().filter(|item| item.takes_discount()).map(|item| item.amount_atom).collect();
    let shares = discount::shares(reduction, &amounts)?;
    let whole = Atoms::sum(shares.iter().copied())?;
    let of =
        Atoms::sum(items.iter().filter(|item| item.takes_discount()).map(InvoiceItem::charged))?;
    for (item, share) in items.iter_mut().filter(|item| item.takes_discount()).zip(shares) {
        item.discount_amount_atom = share;
        item.discount = (!share.is_zero()).then(|| reduction.of_lines(of, whole));
    }
    Ok(items)
}
