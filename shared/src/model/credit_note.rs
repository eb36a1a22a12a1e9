//! Credit notes: the ledger of what an account owes its customers.
//!
//! A note never changes and is never deleted. The balance of a customer in a currency is the sum of
//! its notes; it is kept on the customer, changes in the transaction that writes the note, and is
//! never below zero.
//!
//! Credit for an invoice also counts on that invoice, where refunds count too: together they never
//! exceed what was paid (`invoice/returned.rs`). It has a number after the invoice's, and keeps what it
//! gives back of each line, so that there are documents of it (`invoice/credited.rs`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{CreditNoteId, CustomerId, InvoiceId, kind},
        input::{Faults, Location, Text, choice, input},
        metadata::Metadata,
        money::{Atoms, Currency},
    },
    model::{
        account::Account,
        customer::Customer,
        einvoice::Profile,
        entity::{Entity, Representation, recorded},
        event_type::CreditNoteEvent,
        expansion::{Expansion, Reference},
        invoice::{Credited, CreditedItem, Invoice, ReturnedPart, file_named},
        list::List,
        record::Record,
        words::Locale,
    },
};

const NOUN: &str = "credit note";

choice! {
    /// Why a balance changed.
    pub enum CreditReason {
        /// Somebody gave the customer credit.
        Issued = "issued",
        /// Somebody took credit back.
        Voided = "voided",
        /// Credit paid an invoice.
        Applied = "applied",
        /// An invoice that credit had paid was voided.
        Returned = "returned",
        /// An invoice gave back more than it charged.
        Surplus = "surplus",
    }
}

/// One change of a customer's credit balance.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreditNote {
    #[serde(flatten)]
    record: Record<kind::CreditNote>,
    /// Whose balance.
    customer_id: CustomerId,
    /// In which currency.
    currency: Currency,
    /// What was added to the balance; negative where it was used or taken back.
    amount_atom: Atoms,
    /// The balance after it.
    balance_atom: Atoms,
    /// Why the balance changed.
    reason: CreditReason,
    /// The invoice it is about.
    pub(crate) invoice_id: Option<InvoiceId>,
    /// Its number, where it gives back something of an invoice: the invoice's, and which of its credit notes
    /// it is, such as INV-0001-CN-01. Null of one that was stored before there were numbers.
    #[serde(default)]
    number: Option<String>,
    /// What it gives back of each line of the invoice; empty where it has no number.
    #[serde(default)]
    items: Vec<CreditedItem>,
    /// What a person should know about it.
    description: Option<String>,
    /// Free text by key.
    metadata: Metadata,
}

input! {
    /// What a client sends to give a customer credit.
    pub struct NewCreditNote {
        /// In which currency.
        currency: Currency,
        /// How much, in the currency's smallest unit; more than 0.
        amount_atom: Atoms,
        /// The invoice that the credit makes good. What is credited and refunded of an invoice is
        /// together never more than what was paid.
        pub(crate) invoice_id: Option<InvoiceId>,
        /// Whether it makes good that the invoice billed more usage than there was, as a credit note does
        /// that was proposed for it: then it gives back of the lines of usage alone, and what it gives back
        /// of them counts as not billed. When left out, it counts so as far as they bill too much by now;
        /// when false, not at all.
        pub(crate) corrects_usage: Option<bool>,
        /// What a person should know about it.
        description: Option<Text<0, 500>>,
        /// Free text by key.
        metadata: Metadata,
    }
    example {"currency": "usd", "amount_atom": 500, "description": "An apology"}
}

input! {
    /// What a client sends to set a credit balance.
    pub struct CreditTarget {
        /// In which currency.
        currency: Currency,
        /// The balance there shall be, in the currency's smallest unit; 0 or more.
        amount_atom: Atoms,
        /// What a person should know about the difference.
        description: Option<Text<0, 500>>,
    }
    example {"currency": "usd", "amount_atom": 500, "description": "Agreed on the phone"}
}

/// A change of a balance that is to be made.
#[derive(Clone, Debug)]
pub struct Credit {
    /// In which currency.
    pub currency: Currency,
    /// By how much.
    pub amount: Atoms,
    /// Why the balance changed.
    pub reason: CreditReason,
    /// The invoice it is about.
    pub invoice_id: Option<InvoiceId>,
    /// Its number, where it gives back something of the invoice.
    pub number: Option<String>,
    /// What it gives back of each line of the invoice.
    pub items: Vec<CreditedItem>,
    /// What a person should know about it.
    pub description: Option<String>,
    /// Free text by key.
    pub metadata: Metadata,
}

impl Credit {
    /// A change that the program makes because of an invoice.
    pub fn of_invoice(invoice: &Invoice, amount: Atoms, reason: CreditReason) -> Self {
        Self {
            currency: invoice.currency(),
            amount,
            reason,
            invoice_id: Some(invoice.id().clone()),
            number: None,
            items: Vec::new(),
            description: None,
            metadata: Metadata::default(),
        }
    }

    /// The credit with its number, and with what `parts` are of the lines of `invoice`, which counts it
    /// already.
    pub fn giving_back(self, invoice: &Invoice, parts: &[ReturnedPart]) -> Result<Self, Error> {
        let items = invoice.credited_items(parts)?;
        Ok(Self { number: invoice.credit_note_number(), items, ..self })
    }
}

impl CreditNote {
    pub(crate) fn new(
        record: Record<kind::CreditNote>,
        customer: &Customer,
        credit: Credit,
    ) -> Self {
        Self {
            record,
            customer_id: customer.record().id.clone(),
            currency: credit.currency,
            amount_atom: credit.amount,
            balance_atom: customer.credit(credit.currency),
            reason: credit.reason,
            invoice_id: credit.invoice_id,
            number: credit.number,
            items: credit.items,
            description: credit.description,
            metadata: credit.metadata,
        }
    }

    /// The credit notes of a customer.
    pub fn of_customer(customer: &CustomerId) -> List {
        List::filtered(Self::RESOURCE, "customer_id", customer.as_str())
    }

    /// By how much the balance changed.
    pub fn amount(&self) -> Atoms {
        self.amount_atom
    }

    /// The invoice that it corrects; or why there is no document of it.
    pub(crate) fn corrects(&self) -> Result<&InvoiceId, Error> {
        let (code, why) = match (&self.invoice_id, self.reason) {
            (Some(id), CreditReason::Issued) if self.number.is_some() => return Ok(id),
            (Some(_), CreditReason::Issued) => (
                "not_itemized",
                "was issued before credit notes kept what they give back of each line",
            ),
            (None, CreditReason::Issued) => (
                "no_invoice",
                "is for no invoice, so there is nothing that a document would correct",
            ),
            (_, CreditReason::Surplus) => {
                ("no_document", "is what an invoice gave back: its own document says it")
            }
            (_, CreditReason::Voided | CreditReason::Applied | CreditReason::Returned) => {
                ("no_document", "is an entry of the ledger that gives nothing back of an invoice")
            }
        };
        Err(Error::not_now(NOUN, code, why))
    }

    /// What its documents say, given its invoice.
    pub(crate) fn on_paper(&self, invoice: &Invoice) -> Result<Credited<'_>, Error> {
        Ok(Credited {
            number: self.number.as_deref().unwrap_or_default(),
            at: self.record.created_at,
            amount: self.amount_atom,
            description: self.description.as_deref(),
            items: invoice.lines_credited(&self.items)?,
        })
    }

    /// The text of its page, in the language of `Locale::En`, for whoever reads again what stands on it.
    ///
    /// # Errors
    /// When there is no document of it.
    pub fn page_text(&self, invoice: &Invoice, account: &Account) -> Result<String, Error> {
        let credited = self.on_paper(invoice)?;
        let page = invoice.credit_page(&credited, None, (account, None), Locale::En)?;
        Ok(page.text)
    }

    /// It as an electronic credit note for its invoice.
    ///
    /// # Errors
    /// When there is no document of it; what is missing, field by field; what the norm cannot say.
    pub fn ubl(
        &self,
        invoice: &Invoice,
        account: &Account,
        profile: Profile,
    ) -> Result<String, Error> {
        invoice.credit_ubl(&self.on_paper(invoice)?, account, None, profile)
    }

    /// Its id.
    pub(crate) fn id(&self) -> &CreditNoteId {
        &self.record.id
    }

    /// Its number, where it gives back something of an invoice.
    pub(crate) fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// In which currency.
    pub(crate) fn currency(&self) -> Currency {
        self.currency
    }

    /// What its file is called, where there is one.
    pub(crate) fn file_name(&self) -> Option<String> {
        self.number().filter(|_| self.corrects().is_ok()).map(file_named)
    }

    /// Whose balance.
    pub(crate) fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }
}

impl NewCreditNote {
    /// The credit that a client gives `customer`, for `invoice` if it names one that exists.
    pub(crate) fn checked(
        self,
        customer: &Customer,
        invoice: Option<&Invoice>,
    ) -> Result<Credit, Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        if !self.amount_atom.is_positive() {
            faults.not_valid(&body.field("amount_atom"), "out_of_range", "must be more than 0");
        }
        let at = body.field("invoice_id");
        match invoice.filter(|invoice| invoice.customer_id() == customer.id()) {
            None if self.invoice_id.is_some() => {
                let hint = "names an invoice that the customer does not have";
                faults.not_valid(&at, "no_such_object", hint);
            }
            Some(invoice) if invoice.currency() != self.currency => {
                let hint = format!("must be {}, like the invoice's", invoice.currency());
                faults.not_valid(&body.field("currency"), "other_currency", &hint);
            }
            None if self.corrects_usage == Some(true) => {
                let hint = "needs invoice_id: the invoice that billed the usage";
                faults.not_valid(&body.field("corrects_usage"), "no_invoice", hint);
            }
            None | Some(_) => {}
        }
        faults.settled()?;
        Ok(Credit {
            currency: self.currency,
            amount: self.amount_atom,
            reason: CreditReason::Issued,
            invoice_id: self.invoice_id,
            number: None,
            items: Vec::new(),
            description: self.description.map(|text| text.as_str().to_owned()),
            metadata: self.metadata,
        })
    }
}

impl CreditTarget {
    /// What brings the balance of `customer` there.
    pub(crate) fn difference(self, customer: &Customer) -> Result<Credit, Error> {
        if self.amount_atom.is_negative() {
            let hint = "must be 0 or more: a balance is never below zero";
            return Err(Error::rule("credit balance", "amount_atom", "out_of_range", hint));
        }
        let amount = self.amount_atom.minus(customer.credit(self.currency))?;
        let reason = if amount.is_negative() { CreditReason::Voided } else { CreditReason::Issued };
        Ok(Credit {
            currency: self.currency,
            amount,
            reason,
            invoice_id: None,
            number: None,
            items: Vec::new(),
            description: self.description.map(|text| text.as_str().to_owned()),
            metadata: Metadata::default(),
        })
    }
}

impl Entity for CreditNote {
    recorded!(kind::CreditNote);
    type Event = CreditNoteEvent;
    const RESOURCE: &'static str = "credit-notes";

    fn lists(&self) -> Vec<List> {
        vec![Self::of_customer(&self.customer_id)]
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<CreditNoteEvent> {
        before.is_none().then_some(CreditNoteEvent::Created).into_iter().collect()
    }
}

impl Representation for CreditNote {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("invoice", "invoice_id", Reference::Invoice),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "cn_prod_0mkz6k3cc1n2o3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "currency": "usd",
            "amount_atom": 500,
            "balance_atom": 500,
            "reason": "issued",
            "invoice_id": "in_prod_0mkz6k3cq1r2s3t4",
            "number": "INV-0001-CN-01",
            "items": [{
                "invoice_item_id": "ii_prod_0mkz6k3c1a2b3c4d", "amount_atom": 500,
                "tax_amount_atom": 0, "taxes": [],
            }],
            "description": "An apology",
            "metadata": {},
        })
    }
}
