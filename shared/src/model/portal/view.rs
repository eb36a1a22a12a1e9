//! What is on the portal's page. It has no script: each button sends a form to the page's own address.
//! As on the page of a checkout, the template escapes what others wrote, and a policy lets a browser
//! load nothing but the logo.

use askama::Template;
use jiff::tz::TimeZone;

use super::{
    Choice, Costs, Planned, PortalFlow, PortalForm, PortalSession, Told, Wish,
    form::ADDRESS,
    sheet::{Billed, Credited, Field, Method, Sheet, TaxField, ToPay},
};
use crate::{
    base::{error::Error, money::Atoms, time::Timestamp},
    model::{
        account::Account,
        brand::Logo,
        checkout::public::Seller,
        credit_note::CreditNote,
        customer::Customer,
        hosted::{HostedPage, notice, policy, styled},
        invoice::{Invoice, InvoiceState},
        payment_method::PaymentMethod,
        subscription::Subscription,
        tax_id::{TaxId, choices},
        words::{Locale, said},
    },
};

const STYLE: &str = include_str!("../../../templates/portal.css");

/// An invoice that is to be paid.
pub(crate) struct Payable {
    pub(crate) invoice: Invoice,
    /// Whether a payment of it waits at the test processor's bank.
    pub(crate) at_bank: bool,
    /// Where a payment of it waits otherwise.
    pub(crate) bank: Option<String>,
    /// Whether nobody knows yet what became of a payment of it.
    pub(crate) is_pending: bool,
}

/// A subscription, and what it is charged next.
pub(crate) struct Renewal {
    pub(crate) subscription: Subscription,
    /// What is subscribed to.
    pub(crate) name: String,
    /// What is charged next; none, where nothing is by itself.
    pub(crate) next_charge: Option<NextCharge>,
    /// What the customer may change about it.
    pub(crate) choices: Vec<Choice>,
    /// What waits to change about it.
    pub(crate) planned: Option<Planned>,
    /// What the customer has asked about, and what that would come to.
    pub(crate) asked: Option<(Wish, Costs)>,
}

/// A charge that comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NextCharge {
    pub(crate) at: Timestamp,
    /// What it comes to with tax, before credit; none, where that is not known yet.
    pub(crate) amount: Option<Atoms>,
}

/// What a customer sees.
pub(crate) struct Portal<'a> {
    pub(crate) session: &'a PortalSession,
    pub(crate) locale: Locale,
    /// The query of the page's address, without what was said there.
    pub(crate) query: &'a str,
    pub(crate) account: &'a Account,
    pub(crate) customer: &'a Customer,
    pub(crate) payable: Vec<Payable>,
    pub(crate) methods: Vec<PaymentMethod>,
    pub(crate) subscriptions: Vec<Renewal>,
    pub(crate) invoices: Vec<Invoice>,
    /// The credit notes for them.
    pub(crate) credit_notes: Vec<CreditNote>,
    /// How many invoices come before the next ones; none, where there are no more.
    pub(crate) older: Option<usize>,
    pub(crate) shown: Shown<'a>,
}

/// How the page is shown after something was sent.
#[derive(Clone, Default)]
pub(crate) struct Shown<'a> {
    pub(crate) told: Option<Told>,
    /// What was sent and could not be saved.
    pub(crate) sent: Option<&'a PortalForm>,
    /// A change that is looked at, and what it would come to.
    pub(crate) asked: Option<(Wish, Costs)>,
}

impl Portal<'_> {
    /// The page.
    pub(crate) fn page(&self) -> Result<HostedPage, Error> {
        let seller = Seller::of(self.account);
        let (common, words) = (self.locale.words(), self.locale.portal_words());
        let style = format!("{}\n{STYLE}", styled(seller.primary_color.as_deref()));
        let told = self.shown.told.map(|told| (told, told.said(self.locale, &seller)));
        let named = [("seller", &*seller.name)];
        let sheet = Sheet {
            locale: self.locale,
            title: said(words.your_account, &named),
            seller: &seller.name,
            logo: seller.logo_url.as_deref(),
            common,
            words,
            problem: told.clone().filter(|one| !one.0.is_done()).map(|one| one.1),
            done: told.filter(|one| one.0.is_done()).map(|one| one.1),
            payable: self.payable.iter().map(|one| self.to_pay(one)).collect(),
            parts: self.parts(),
            subscriptions: self.subscriptions.iter().map(|one| self.subscribed(one)).collect(),
            methods: self.methods.iter().map(|one| self.method(one)).collect(),
            invoices: self.invoices.iter().map(|one| self.billed(one)).collect(),
            older: self.older.map(|count| self.link("older", &count.to_string())),
            fields: self.fields(),
            tax_id: self.tax_id(),
            back: (self.session.return_url().as_str(), said(common.back, &named)),
            support: seller
                .support_email
                .as_ref()
                .map(|email| said(common.questions, &[("email", email)])),
            style,
        };
        let policy = policy(&sheet.style, sheet.logo.and_then(Logo::of).as_ref(), None);
        let text = sheet.render().map_err(|error| Error::Internal(format!("a page: {error}")))?;
        let status = if self.shown.sent.is_some() { 422 } else { 200 };
        Ok(HostedPage { status, text, policy, again: false })
    }

    /// The parts of the page, with what the customer came for first.
    fn parts(&self) -> Vec<PortalFlow> {
        let all = [
            PortalFlow::Subscriptions,
            PortalFlow::PaymentMethods,
            PortalFlow::Invoices,
            PortalFlow::Details,
        ];
        let first = self.session.flow();
        let rest = all.into_iter().filter(|part| Some(*part) != first);
        first.into_iter().chain(rest).collect()
    }

    fn to_pay<'p>(&self, one: &'p Payable) -> ToPay<'p> {
        let invoice = &one.invoice;
        let due = self.locale.amount(invoice.due(), invoice.currency());
        ToPay {
            id: invoice.id().as_str(),
            url: self.link("invoice", invoice.id().as_str()),
            name: self.named(invoice),
            state: self.state_of(invoice),
            button: said(self.locale.words().pay, &[("amount", &due)]),
            due,
            at_bank: one.at_bank,
            bank: one.bank.as_deref(),
            is_pending: one.is_pending,
        }
    }

    fn named(&self, invoice: &Invoice) -> String {
        let number = [("number", invoice.number().unwrap_or_default())];
        said(self.locale.portal_words().invoice, &number)
    }

    fn state_of(&self, invoice: &Invoice) -> &'static str {
        let [draft, open, partially, paid, past_due, void, uncollectible] =
            self.locale.portal_words().invoice_states;
        match invoice.state() {
            InvoiceState::Draft => draft,
            InvoiceState::Open => open,
            InvoiceState::PartiallyPaid => partially,
            InvoiceState::Paid => paid,
            InvoiceState::PastDue => past_due,
            InvoiceState::Void => void,
            InvoiceState::Uncollectible => uncollectible,
        }
    }

    fn method<'p>(&self, one: &'p PaymentMethod) -> Method<'p> {
        let card = one.card();
        let (month, year) = (format!("{:02}", card.exp_month), card.exp_year.to_string());
        let filled = [
            ("brand", &*capitalized(&card.brand)),
            ("digits", &card.last_four),
            ("month", &month),
            ("year", &year),
        ];
        Method {
            id: one.id().as_str(),
            name: said(self.locale.portal_words().card, &filled),
            is_default: self.customer.default_payment_method_id() == Some(one.id()),
        }
    }

    fn billed(&self, invoice: &Invoice) -> Billed {
        Billed {
            url: self.link("invoice", invoice.id().as_str()),
            file: invoice_file(self.query, invoice),
            name: self.named(invoice),
            state: self.state_of(invoice),
            day: invoice.issued_at().map(|at| self.day(at)).unwrap_or_default(),
            total: self.locale.amount(invoice.total(), invoice.currency()),
            credits: {
                let own = self
                    .credit_notes
                    .iter()
                    .filter(|one| one.corrects().ok() == Some(invoice.id()));
                own.map(|one| self.credited(one)).collect()
            },
        }
    }

    fn credited(&self, note: &CreditNote) -> Credited {
        let number = note.number().unwrap_or_default();
        Credited {
            url: self.link("credit_note", note.id().as_str()),
            name: format!("{} {number}", self.locale.invoice_words().credit_note),
            file: credit_note_file(self.query, note),
            amount: self.locale.amount(note.amount(), note.currency()),
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let words = self.locale.portal_words();
        let value = |name: &str, known| self.typed(name).unwrap_or(known);
        let field = |name, label, autocomplete, known| Field {
            name,
            label,
            autocomplete,
            value: value(name, known),
        };
        let whose = [
            field("email", self.locale.words().email, "email", self.customer.email().as_str()),
            field("name", words.name, "name", self.customer.own_name()),
        ];
        let labels = [
            (words.line1, "address-line1"),
            (words.line2, "address-line2"),
            (words.postal_code, "postal-code"),
            (words.city, "address-level2"),
            (words.region, "address-level1"),
            (words.country, "country"),
        ];
        let address = ADDRESS.into_iter().zip(labels).map(|(part, (label, autocomplete))| {
            field(part, label, autocomplete, self.customer.address_part(part))
        });
        whose.into_iter().chain(address).collect()
    }

    /// What was typed in and could not be saved.
    fn typed(&self, name: &str) -> Option<&str> {
        self.shown.sent.and_then(|sent| sent.sent(name))
    }

    /// The first of the customer's tax ids: what kind it is, of all there are, and the id.
    fn tax_id(&self) -> TaxField<'_> {
        let (_, _, known, _) = self.customer.as_a_party();
        let first = known.all().first();
        let kind = self.typed("tax_type").or(first.map(TaxId::kind)).unwrap_or_default();
        TaxField {
            kinds: choices(kind),
            value: self.typed("tax_id").or(first.map(TaxId::value)).unwrap_or_default(),
        }
    }

    /// The page's own address with something more in it.
    fn link(&self, name: &str, value: &str) -> String {
        format!("?{}&{name}={value}", self.query)
    }

    pub(super) fn day(&self, at: Timestamp) -> String {
        let zone = self.customer.timezone().unwrap_or(self.account.timezone()).zone();
        self.locale.day(at, zone.as_ref().unwrap_or(&TimeZone::UTC))
    }
}

/// Where an invoice is a file, and what that is called: on a portal whose address has this query.
pub(crate) fn invoice_file(query: &str, invoice: &Invoice) -> Option<(String, String)> {
    let name = invoice.file_name().ok()?;
    Some((format!("?{query}&invoice={}&as=pdf", invoice.id()), name))
}

/// The same of a credit note.
pub(crate) fn credit_note_file(query: &str, note: &CreditNote) -> Option<(String, String)> {
    let name = note.file_name()?;
    Some((format!("?{query}&credit_note={}&as=pdf", note.id()), name))
}

/// A brand as it is written: Visa.
fn capitalized(brand: &str) -> String {
    let mut letters = brand.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// What is shown of a session whose hour is over: where to go for another one.
pub(crate) fn closed(
    session: &PortalSession,
    account: &Account,
    locale: Locale,
) -> Result<HostedPage, Error> {
    let seller = Seller::of(account);
    let (common, words) = (locale.words(), locale.portal_words());
    let named = [("seller", &*seller.name)];
    let text = said(words.open_too_long, &named);
    let back = (session.return_url().as_str().to_owned(), said(common.back, &named));
    notice(locale, 403, (common.expired, &text), vec![back])
}
