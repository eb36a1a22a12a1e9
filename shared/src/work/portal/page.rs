//! What a customer sees: gathered from what the account keeps of them.

use super::is_open;
use crate::{
    base::{
        error::Error,
        id::{CreditNoteId, InvoiceId},
        page::PageRequest,
    },
    model::{
        account::Account,
        credit_note::CreditNote,
        customer::Customer,
        hosted::{Hosted, HostedPage, Looked},
        invoice::{Invoice, InvoiceState, html, of_customer, of_customer_in},
        payment_intent::{PaymentIntent, PaymentIntentState},
        payment_method::PaymentMethod,
        portal::{
            Costs, Payable, Portal, PortalSession, Renewal, Shown, Told, Wish, closed,
            credit_note_file, invoice_file,
        },
        processor::{Processor, ProcessorType},
        subscription::{self, Subscription},
    },
    store::Page,
    work::Work,
};

/// How many invoices are shown at a time.
const INVOICES: usize = 24;
/// How many of everything else: those that are to be paid in each state, cards, subscriptions.
const MOST: usize = 50;
/// How many entries of a customer's ledger are looked at for credit notes.
const ENTRIES: usize = 100;
/// In which states an invoice is to be paid, the most pressing first.
const TO_PAY: [InvoiceState; 3] =
    [InvoiceState::PastDue, InvoiceState::PartiallyPaid, InvoiceState::Open];

/// A document as a page.
fn shown(html::Page { text, policy }: html::Page) -> Hosted {
    Hosted::Page(HostedPage { status: 200, text, policy, again: false })
}

impl Work {
    /// The portal as a customer sees it; or one of their invoices.
    pub async fn portal_page(
        &self,
        session: PortalSession,
        looked: Looked,
    ) -> Result<Hosted, Error> {
        let account: Account = self.own_account().await?;
        if !is_open(&session) {
            return Ok(Hosted::Page(closed(&session, &account, looked.locale)?));
        }
        let customer: Customer = self.find(session.customer_id()).await?;
        if let Some(id) = &looked.invoice {
            return self.invoice_shown(id, (&account, &customer), &looked).await;
        }
        if let Some(id) = &looked.credit_note {
            return self.credit_note_shown(id, (&account, &customer), &looked).await;
        }
        let told = looked.said.as_deref().and_then(Told::named);
        let shown = Shown { told, ..Shown::default() };
        self.portal_shown(&session, (&account, &customer), &looked, shown).await
    }

    /// One invoice, as a page or as a file.
    async fn invoice_shown(
        &self,
        id: &str,
        (account, customer): (&Account, &Customer),
        looked: &Looked,
    ) -> Result<Hosted, Error> {
        let id: InvoiceId = id.parse().map_err(|_| Error::NotFound)?;
        let invoice = self.invoice_of_customer(&id, customer).await?;
        if looked.as_file {
            let bytes = invoice.pdf(account, Some(customer), looked.locale)?;
            return Ok(Hosted::Pdf(bytes, invoice.file_name()?));
        }
        let file = invoice_file(&looked.query, &invoice);
        let page = invoice.page_with(file, account, Some(customer), looked.locale)?;
        Ok(shown(page))
    }

    /// One credit note, as a page or as a file. What has no document is not there.
    async fn credit_note_shown(
        &self,
        id: &str,
        (account, customer): (&Account, &Customer),
        looked: &Looked,
    ) -> Result<Hosted, Error> {
        let id: CreditNoteId = id.parse().map_err(|_| Error::NotFound)?;
        let note: CreditNote = self.find(&id).await?;
        if note.customer_id() != customer.id() {
            return Err(Error::NotFound);
        }
        let invoice = note.corrects().map_err(|_| Error::NotFound)?;
        let invoice = self.invoice_of_customer(invoice, customer).await?;
        let credited = note.on_paper(&invoice)?;
        if looked.as_file {
            let bytes = invoice.credit_pdf(&credited, account, Some(customer), looked.locale)?;
            return Ok(Hosted::Pdf(bytes, credited.file_name()));
        }
        let file = credit_note_file(&looked.query, &note);
        let around = (account, Some(customer));
        let page = invoice.credit_page(&credited, file, around, looked.locale)?;
        Ok(shown(page))
    }

    /// The portal, with what is said of what the customer did, and what they sent where that could not
    /// be saved.
    pub(super) async fn portal_shown(
        &self,
        session: &PortalSession,
        (account, customer): (&Account, &Customer),
        looked: &Looked,
        shown: Shown<'_>,
    ) -> Result<Hosted, Error> {
        let methods = PaymentMethod::of_customer(customer.id());
        let methods: Page<PaymentMethod> = self.page(&methods, PageRequest::first(MOST)).await?;
        let mut methods = methods.items;
        // What is charged anyway stands first.
        methods.sort_by_key(|one| Some(one.id()) != customer.default_payment_method_id());
        let skipped = looked.older.unwrap_or(0);
        let all = of_customer(customer.id());
        let invoices: Page<Invoice> =
            self.page(&all, PageRequest::after(skipped, INVOICES)).await?;
        let credit_notes = self.credit_notes_for(&invoices.items, customer).await?;
        let portal = Portal {
            session,
            locale: looked.locale,
            query: &looked.query,
            account,
            customer,
            payable: self.payable_by(customer).await?,
            methods,
            subscriptions: self.renewals_of((account, customer), shown.asked.as_ref()).await?,
            older: invoices.has_more.then(|| skipped.saturating_add(INVOICES)),
            invoices: invoices
                .items
                .into_iter()
                .filter(|one| one.state() != InvoiceState::Draft)
                .collect(),
            credit_notes,
            shown,
        };
        Ok(Hosted::Page(portal.page()?))
    }

    /// The credit notes that there are documents of, for one of `invoices`: as far back as the ledger is read.
    async fn credit_notes_for(
        &self,
        invoices: &[Invoice],
        customer: &Customer,
    ) -> Result<Vec<CreditNote>, Error> {
        if invoices.iter().all(|one| one.credited_back().is_zero()) {
            return Ok(Vec::new());
        }
        let ledger = CreditNote::of_customer(customer.id());
        let ledger: Page<CreditNote> = self.page(&ledger, PageRequest::first(ENTRIES)).await?;
        Ok(ledger.items.into_iter().filter(|one| one.corrects().is_ok()).collect())
    }

    /// An invoice of a customer, once it is one: a draft is the seller's alone.
    pub(super) async fn invoice_of_customer(
        &self,
        id: &InvoiceId,
        customer: &Customer,
    ) -> Result<Invoice, Error> {
        let invoice: Invoice = self.find(id).await?;
        let shown =
            invoice.customer_id() == customer.id() && invoice.state() != InvoiceState::Draft;
        if shown { Ok(invoice) } else { Err(Error::NotFound) }
    }

    /// The subscriptions of a customer, the newest first.
    pub(super) async fn subscriptions_of(
        &self,
        customer: &Customer,
    ) -> Result<Vec<Subscription>, Error> {
        let list = subscription::of_customer(customer.id());
        let page: Page<Subscription> = self.page(&list, PageRequest::first(MOST)).await?;
        Ok(page.items)
    }

    async fn payable_by(&self, customer: &Customer) -> Result<Vec<Payable>, Error> {
        let mut payable = Vec::new();
        for state in TO_PAY {
            let list = of_customer_in(customer.id(), state);
            let page: Page<Invoice> = self.page(&list, PageRequest::first(MOST)).await?;
            // What a checkout holds is paid there.
            for invoice in page.items.into_iter().filter(|one| !one.is_held()) {
                payable.push(self.payable(invoice).await?);
            }
        }
        Ok(payable)
    }

    /// An invoice, and where a payment of it is that has begun.
    async fn payable(&self, invoice: Invoice) -> Result<Payable, Error> {
        let open: Option<PaymentIntent> = match invoice.open_attempt() {
            Some(id) => self.look_for(id).await?,
            None => None,
        };
        let Some(intent) = open else {
            return Ok(Payable { invoice, at_bank: false, bank: None, is_pending: false });
        };
        let waits = intent.state() == PaymentIntentState::RequiresAction;
        let processor: Option<Processor> = self.look_for(intent.processor_id()).await?;
        let at_bank = waits && processor.is_some_and(|one| one.r#type == ProcessorType::Test);
        let bank = intent.next_action().and_then(|action| action.url.clone());
        let bank = bank.filter(|_| waits && !at_bank);
        Ok(Payable { invoice, at_bank, bank, is_pending: !waits })
    }

    async fn renewals_of(
        &self,
        (account, customer): (&Account, &Customer),
        asked: Option<&(Wish, Costs)>,
    ) -> Result<Vec<Renewal>, Error> {
        let mut renewals = Vec::new();
        for subscription in self.subscriptions_of(customer).await? {
            let asked = asked.filter(|(wish, _)| wish.subscription == *subscription.id());
            renewals.push(Renewal {
                name: self.called(&subscription, subscription.items()).await?,
                next_charge: self.charged_next(&subscription).await?,
                choices: self.choices(account, &subscription).await?,
                planned: self.waiting_change(account, &subscription).await?,
                asked: asked.cloned(),
                subscription,
            });
        }
        Ok(renewals)
    }
}
