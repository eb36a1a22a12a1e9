//! Invoices: what a customer owes, line by line, and whether it is paid.
//!
//! | file | what |
//! |---|---|
//! | `state` | the states and which may follow which |
//! | `item` | the lines, and how a client writes them |
//! | `draft` | making and changing a draft; the totals |
//! | `finalize` | the number, the credit that is applied, and from then on nothing changes |
//! | `collection` | when to take the money, and when to give up: pure |
//! | `party` | who sold it and who is billed, as they were when it became final |
//! | `payer` | an attempt that waits for the payer: pure |
//! | `collect` | taking the money: an attempt is written before the processor is asked |
//! | `settle` | payment by hand, voiding, writing off |
//! | `calculation` | the numbers that a line's amount follows from |
//! | `explain` | every amount as a sum that a person can follow: pure |
//! | `html` | the page to print or to send |
//! | `pdf` | the same as a file |
//! | `metering` | the lines of usage, written anew until it is final |
//! | `ledger` | what of each line was paid and given back |
//! | `returned` | refunds and credit for it: never more than was paid |
//! | `credited` | a credit note for it, as its documents say it |
//! | `simulated` | what is shown of one that is only imagined |
//! | `sale` | what is different for the invoice of a checkout session |
//! | `taxes` | the taxes of the lines, each rate on the sum of those that have it |
//!
//! Amounts follow one order: lines → discounts → tax on the discounted net → credit balance → due.
//! Each of them is the sum of stored numbers, so an invoice adds up however it is read.

pub mod calculation;
pub mod collect;
pub mod collection;
pub(crate) mod corrected;
pub(crate) mod credited;
pub mod draft;
mod entity;
pub mod explain;
pub mod finalize;
pub mod html;
pub mod item;
pub mod ledger;
pub mod metering;
pub(crate) mod party;
pub mod payer;
mod pdf;
pub mod returned;
pub mod sale;
pub mod settle;
mod simulated;
pub mod state;
pub(crate) mod taxes;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    calculation::{Calculation, LineDiscount, Part, Rounding, TierPart},
    collection::{Candidates, Collection, PaymentError},
    credited::CreditedItem,
    draft::{Draft, InvoicePatch, NewInvoice, discounted},
    entity::{InvoiceFilter, of_customer, of_customer_in, of_subscription},
    item::{CreditedLine, InvoiceItem, NewInvoiceItem, NewInvoiceItems, Quantity},
    party::Party,
    returned::{ReturnedPart, SupersededCredit, UnmetCredit},
    sale::Sale,
    settle::Payment,
    simulated::SimulatedInvoice,
    state::InvoiceState,
};
pub(crate) use self::{
    corrected::{CorrectedLine, NoteCounted},
    credited::Credited,
    metering::LATE,
    pdf::file_named,
};
use crate::{
    base::{
        error::Error,
        id::{CustomerId, InvoiceId, PaymentIntentId, SubscriptionId, kind},
        input::choice,
        metadata::Metadata,
        money::{Atoms, Currency, Overflow},
        time::Timestamp,
    },
    model::{
        billing::{cycle::Period, levied::LineTax},
        custom_field::FieldValues,
        external_id::ExternalId,
        record::Record,
        tax_rate::TaxExempt,
    },
};

choice! {
    /// Why there is an invoice.
    pub enum BillingReason {
        /// A subscription began.
        SubscriptionCreate = "subscription_create",
        /// A new period of a subscription began.
        SubscriptionCycle = "subscription_cycle",
        /// A subscription was changed.
        SubscriptionUpdate = "subscription_update",
        /// Somebody made it.
        Manual = "manual",
    }
}

choice! {
    /// How an invoice gets paid.
    pub enum CollectionMethod {
        /// The customer's payment method is charged.
        ChargeAutomatically = "charge_automatically",
        /// The customer gets the invoice and pays until it is due.
        SendInvoice = "send_invoice",
    }
}

/// What a customer owes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct Invoice {
    #[serde(flatten)]
    record: Record<kind::Invoice>,
    /// Who owes it.
    pub(crate) customer_id: CustomerId,
    /// The subscription it bills.
    subscription_id: Option<SubscriptionId>,
    /// Where it is in its life.
    state: InvoiceState,
    /// Its number, such as INV-0001: without gaps in the account, from finalization on.
    number: Option<String>,
    /// Why there is an invoice.
    pub(crate) billing_reason: BillingReason,
    /// How it gets paid.
    pub(crate) collection_method: CollectionMethod,
    /// The currency of all its amounts.
    pub(crate) currency: Currency,
    /// What the customer reads about it.
    description: Option<String>,
    /// The date on it.
    issued_at: Option<Timestamp>,
    /// Until when it is to be paid.
    due_date: Option<Timestamp>,
    /// When what it bills begins.
    pub(crate) period_start: Option<Timestamp>,
    /// When what it bills ends.
    pub(crate) period_end: Option<Timestamp>,
    /// Its lines.
    items: Vec<InvoiceItem>,
    /// The sum of its lines.
    subtotal_amount_atom: Atoms,
    /// What discounts take off.
    discount_amount_atom: Atoms,
    /// The tax: what is added to lines, and what lines have in them.
    tax_amount_atom: Atoms,
    /// The same by rate: sums of the lines' `taxes`.
    #[serde(default)]
    #[schemars(with = "Vec<LineTax>")]
    taxes: Option<Vec<LineTax>>,
    /// Why no line of it has tax, where its customer's exemption is why: as that was when the lines were
    /// made, else when it became final. With `reverse` the invoice says that the customer accounts for the
    /// tax.
    #[serde(default)]
    tax_exempt: TaxExempt,
    /// Who sold it, as the account was when it became final; null on a draft.
    #[serde(default)]
    seller: Option<Box<Party>>,
    /// Who is billed, as the customer was when it became final; null on a draft.
    #[serde(default)]
    billed_to: Option<Box<Party>>,
    /// Lines − discounts + tax, without the tax that lines have in them (`inclusive` in `taxes`).
    total_amount_atom: Atoms,
    /// What the customer's credit balance paid of it.
    pub(crate) credit_applied_amount_atom: Atoms,
    /// What credits for unused time took off it before it was paid.
    #[serde(default)]
    pub(crate) reduced_amount_atom: Atoms,
    /// What was paid.
    paid_amount_atom: Atoms,
    /// What of that was refunded, or is about to be.
    #[serde(default)]
    refunded_amount_atom: Atoms,
    /// What of that was given back as credit, by credit notes for this invoice.
    #[serde(default)]
    credited_amount_atom: Atoms,
    /// What is left to be paid.
    due_amount_atom: Atoms,
    /// When it got its number.
    finalized_at: Option<Timestamp>,
    /// When nothing was left to be paid.
    paid_at: Option<Timestamp>,
    /// Whether a payment was recorded that no processor made.
    pub(crate) paid_out_of_band: bool,
    /// When it was voided.
    voided_at: Option<Timestamp>,
    /// When it was written off.
    marked_uncollectible_at: Option<Timestamp>,
    /// The newest payment of it.
    payment_intent_id: Option<PaymentIntentId>,
    /// How often a payment of it was tried.
    attempt_count: i64,
    /// When its payment is tried next.
    next_payment_attempt_at: Option<Timestamp>,
    /// Why the last payment failed.
    last_payment_error: Option<PaymentError>,
    /// What the caller's own books call it: unique among the account's invoices.
    external_id: Option<ExternalId>,
    /// Free text by key.
    metadata: Metadata,
    #[serde(default)]
    #[schemars(skip)]
    custom_fields: FieldValues,
    #[serde(default)]
    #[schemars(skip)]
    collection: Collection,
    /// How many credit notes there are for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    credit_notes: Option<u32>,
}

impl Invoice {
    /// Its id.
    pub fn id(&self) -> &InvoiceId {
        &self.record.id
    }

    /// Who owes it.
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// The subscription it bills.
    pub fn subscription_id(&self) -> Option<&SubscriptionId> {
        self.subscription_id.as_ref()
    }

    /// Where it is in its life.
    pub fn state(&self) -> InvoiceState {
        self.state
    }

    /// Why there is an invoice.
    pub fn billing_reason(&self) -> BillingReason {
        self.billing_reason
    }

    /// The currency of all its amounts.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// When it is due, where it is sent.
    pub fn due_date(&self) -> Option<Timestamp> {
        self.due_date
    }

    /// How much is still to be paid of it.
    pub fn due_amount(&self) -> Atoms {
        self.due_amount_atom
    }

    /// Its number, once it is finalized.
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Its lines.
    pub fn items(&self) -> &[InvoiceItem] {
        &self.items
    }

    /// What is left to be paid.
    pub fn due(&self) -> Atoms {
        self.due_amount_atom
    }

    /// What it comes to.
    pub fn total(&self) -> Atoms {
        self.total_amount_atom
    }

    /// The sum of its lines, and what discounts take off it.
    pub fn subtotal_and_discount(&self) -> (Atoms, Atoms) {
        (self.subtotal_amount_atom, self.discount_amount_atom)
    }

    /// Its tax.
    pub fn tax(&self) -> Atoms {
        self.tax_amount_atom
    }

    /// What was paid.
    pub fn paid(&self) -> Atoms {
        self.paid_amount_atom
    }

    /// When nothing was left to be paid.
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.paid_at
    }

    /// The newest payment of it.
    pub fn payment_intent_id(&self) -> Option<&PaymentIntentId> {
        self.payment_intent_id.as_ref()
    }

    /// Why the last payment failed.
    pub fn last_payment_error(&self) -> Option<&PaymentError> {
        self.last_payment_error.as_ref()
    }

    /// The period it bills.
    pub fn period(&self) -> Option<Period> {
        self.period_start.zip(self.period_end).map(|(start, end)| Period { start, end })
    }

    /// What the customer reads about it.
    pub(crate) fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Why no line of it has tax, where its customer's exemption is why.
    pub(crate) fn tax_exempt(&self) -> TaxExempt {
        self.tax_exempt
    }

    /// The date on it.
    pub(crate) fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// The start of the period it bills.
    pub fn period_start(&self) -> Option<Timestamp> {
        self.period_start
    }

    /// The invoice in the state `next`, or why it cannot be `done` ("paid", "voided") now.
    fn moved(&self, next: InvoiceState, done: &str) -> Result<Self, Error> {
        match self.state.can_become(next) {
            true => Ok(Self { state: next, ..self.clone() }),
            false => {
                let hint = format!("is {} and cannot be {done}", self.state.described());
                Err(Error::not_now("invoice", "illegal_state", &hint))
            }
        }
    }

    /// The invoice with the sums of what is in it.
    fn totalled(mut self) -> Result<Self, Overflow> {
        if self.state == InvoiceState::Draft {
            taxes::assess(&mut self.items)?;
        }
        let sum = |of: fn(&InvoiceItem) -> Atoms| Atoms::sum(self.items.iter().map(of));
        let subtotal = sum(|item| item.amount_atom)?;
        let discount = sum(|item| item.discount_amount_atom)?;
        let tax = sum(|item| item.tax_amount_atom)?;
        let added = self.items.iter().map(InvoiceItem::added_tax).collect::<Result<Vec<_>, _>>()?;
        let total = subtotal.minus(discount)?.plus(Atoms::sum(added)?)?;
        let reduced = sum(|item| item.reduced_amount_atom)?;
        let settled = self.credit_applied_amount_atom.plus(self.paid_amount_atom)?.plus(reduced)?;
        let due = match self.state {
            InvoiceState::Void => Atoms::ZERO,
            _ => total.minus(settled)?.max(Atoms::ZERO),
        };
        self.subtotal_amount_atom = subtotal;
        self.discount_amount_atom = discount;
        self.tax_amount_atom = tax;
        self.total_amount_atom = total;
        self.reduced_amount_atom = reduced;
        self.due_amount_atom = due;
        Ok(self)
    }
}
