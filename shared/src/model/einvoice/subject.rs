//! What becomes a document: an invoice, or a credit note for one.

use jiff::tz::TimeZone;

use super::{
    Document, Kind, Profile, day, lines,
    trader::{self, Trader},
};
use crate::{
    base::{
        error::Error,
        input::Faults,
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::{
        billing::cycle::Period,
        invoice::{CollectionMethod, Credited, Invoice, InvoiceItem, party::Party},
        tax_rate::TaxExempt,
    },
};

/// What is to be written down, as it is said here.
pub(super) struct Subject<'a> {
    invoice: &'a Invoice,
    /// Where it is a credit note for the invoice: that.
    credit: Option<&'a Credited<'a>>,
}

impl<'a> Subject<'a> {
    pub(super) fn invoice(invoice: &'a Invoice) -> Self {
        Self { invoice, credit: None }
    }

    pub(super) fn credit_note(invoice: &'a Invoice, note: &'a Credited<'a>) -> Self {
        Self { invoice, credit: Some(note) }
    }

    /// What a fault of it is about.
    pub(super) fn noun(&self) -> &'static str {
        if self.credit.is_some() { "credit note" } else { "invoice" }
    }

    pub(super) fn items(&self) -> &'a [InvoiceItem] {
        self.credit.map_or(self.invoice.items(), |note| note.items.as_slice())
    }

    pub(super) fn currency(&self) -> Currency {
        self.invoice.currency()
    }

    pub(super) fn exempt(&self) -> TaxExempt {
        self.invoice.tax_exempt()
    }

    /// What is to be paid: of a credit note all of it, and not by the buyer.
    pub(super) fn payable(&self) -> Result<Atoms, Error> {
        match self.credit {
            Some(note) => Ok(note.amount),
            None => Ok(self.invoice.total().minus(self.invoice.credit_applied())?),
        }
    }

    fn issued_at(&self) -> Option<Timestamp> {
        self.credit.map_or(self.invoice.issued_at(), |note| Some(note.at))
    }

    fn period(&self) -> Option<Period> {
        self.invoice.period().filter(|_| self.credit.is_none())
    }

    fn note(&self) -> Option<&str> {
        self.credit.map_or(self.invoice.description(), |note| note.description)
    }

    fn kind(&self, zone: &TimeZone) -> Kind {
        let issued = |at: Option<Timestamp>| at.map(|at| day(at, zone)).unwrap_or_default();
        match self.credit {
            None => {
                let due = self.invoice.due_date().or(self.invoice.issued_at());
                Kind::Invoice { due: issued(due) }
            }
            Some(_) => Kind::CreditNote {
                of: self.invoice.number().unwrap_or_default().to_owned(),
                issued: issued(self.invoice.issued_at()),
            },
        }
    }

    /// How it gets paid, by UNTDID 4461. Some countries take certain codes alone.
    fn means(&self, seller: &Trader, buyer: &Trader) -> &'static str {
        match (seller.country(), buyer.country(), self.credit, self.invoice.collection_method) {
            // A standing agreement.
            ("NL", "NL", ..) => "57",
            // What two owe one another is settled together: the next invoice uses it.
            (.., Some(_), _) => "97",
            // Not defined.
            ("DK", ..) | (.., CollectionMethod::SendInvoice) => "1",
            // An online payment service.
            (.., CollectionMethod::ChargeAutomatically) => "68",
        }
    }

    pub(super) fn document(
        &self,
        profile: Profile,
        seller: &Party,
        buyer: &Party,
    ) -> Result<Document, Error> {
        let zone = buyer.timezone.zone().unwrap_or(TimeZone::UTC);
        let mut faults = Faults::default();
        let (seller, mut buyer_trader) = trader::both(profile, seller, buyer, &mut faults);
        let taken = lines::taken(self, seller.is_taxable(), &zone)?;
        lines::check(self, &taken, &mut faults)?;
        trader::check_taxes(&taken.taxes, &seller, &buyer_trader, &mut faults);
        faults.settled()?;
        if taken.is_beyond_tax() {
            buyer_trader.vat = None;
        }
        let number = self.credit.map_or(self.invoice.number(), |note| Some(note.number));
        let own_id = || self.invoice.customer_id().to_string();
        Ok(Document {
            profile,
            kind: self.kind(&zone),
            number: number.unwrap_or_default().to_owned(),
            issued: self.issued_at().map(|at| day(at, &zone)).unwrap_or_default(),
            note: self.note().map(str::to_owned),
            currency: self.currency(),
            buyer_reference: buyer.buyer_reference.clone().unwrap_or_else(own_id),
            period: taken.period(self.period(), &zone),
            means: self.means(&seller, &buyer_trader),
            seller,
            buyer: buyer_trader,
            taxes: taken.taxes,
            sums: taken.sums,
            lines: taken.lines,
        })
    }
}
