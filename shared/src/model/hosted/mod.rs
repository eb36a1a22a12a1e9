//! The page on which a checkout session is paid, drawn on the server.
//!
//! It shows what a publishable token may read of the session (`checkout/public.rs`) and nothing more. It
//! works without a script: a form goes to the page's own address, and a payment leads on by a redirect.
//! A card is never typed in here. The test processor's cards are buttons of ours; those of a processor
//! with a client-side library of its own need that library. As on the page of an invoice, the template
//! escapes what others wrote, and a policy lets a browser load nothing but the logo.

mod asked;
mod business;
mod sheet;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use self::asked::Wrong;
pub use self::business::Business;
pub use self::sheet::{HostedPage, unknown_page};
pub(crate) use self::sheet::{closed_page, notice, policy, styled};
pub(crate) use self::view::Occasion;
use crate::{
    base::{
        error::Error,
        id::ProcessorId,
        input::{Faults, Input, Json, Location, WebAddress},
        money::Atoms,
    },
    model::{checkout::Completion, payment_link::OpenedLink, words::Locale},
};
use serde_json::{Map, Value, json};

/// What a request to the page comes to.
#[derive(Debug)]
pub enum Hosted {
    /// A page.
    Page(HostedPage),
    /// A PDF to print and to keep, by its name.
    Pdf(Vec<u8>, String),
    /// Another address.
    Redirect(String),
    /// The same address again, to be read: whoever then loads the page anew sends nothing anew. The
    /// word is what is said there of what was sent.
    Again(Option<&'static str>),
    /// What a program asked for that opened a link.
    Json(Box<OpenedLink>),
}

/// How a page is asked for.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The query of its address, without what differs from one look to the next.
    pub query: String,
    /// The word for what came of what was sent before.
    pub said: Option<String>,
    /// One invoice, on the portal.
    pub invoice: Option<String>,
    /// One credit note, there too.
    pub credit_note: Option<String>,
    /// Whether either is asked for as a file.
    pub as_file: bool,
    /// How many invoices come before the first that is shown, on the portal.
    pub older: Option<usize>,
    /// The language.
    pub locale: Locale,
}

/// What a payer sends.
#[derive(Clone, Debug, Default)]
pub struct PaymentForm {
    email: String,
    token: String,
    bank: Option<Bank>,
    code: Option<String>,
    total: Option<Atoms>,
    /// What was typed into custom fields, by their keys.
    fields: Vec<(String, String)>,
    /// The company that it is bought for, where that was asked for.
    business: Option<Business>,
}

/// What a payer says who was to confirm a payment at a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bank {
    /// That it is done.
    Done,
    /// At the test processor's bank, which has no page of its own: that it is confirmed.
    Confirms,
    /// There too: that it is not.
    Refuses,
}

impl PaymentForm {
    /// Reads a form as browsers send it; what is not known in it is left out.
    pub fn read(body: &str) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
            match name.as_ref() {
                "email" => value.trim().clone_into(&mut form.email),
                "total" => form.total = value.parse().ok().map(Atoms::new),
                "code" => form.code = Some(value.trim().to_owned()),
                "token" => value.trim().clone_into(&mut form.token),
                "business_name" | "tax_type" | "tax_id" => {
                    let business = form.business.get_or_insert_default();
                    let field = match name.as_ref() {
                        "business_name" => &mut business.name,
                        "tax_type" => &mut business.kind,
                        _ => &mut business.tax_id,
                    };
                    value.trim().clone_into(field);
                }
                "bank" => {
                    form.bank = match value.as_ref() {
                        "done" => Some(Bank::Done),
                        "confirms" => Some(Bank::Confirms),
                        "refuses" => Some(Bank::Refuses),
                        _ => None,
                    }
                }
                other => {
                    if let Some(key) = other.strip_prefix(asked::PREFIX) {
                        form.fields.push((key.to_owned(), value.into_owned()));
                    }
                }
            }
        }
        form
    }

    /// Whether it presents a card, beside which the custom fields stand.
    pub(crate) fn presents(&self) -> bool {
        self.bank.is_none() && self.code.is_none()
    }

    /// Whether it presents a card, or says what was done at a bank: what must not be sent twice.
    pub(crate) fn acts(&self) -> bool {
        !self.token.is_empty() || self.bank.is_some()
    }

    /// The company that it is bought for, as it was typed in.
    pub(crate) fn business(&self) -> Option<&Business> {
        self.business.as_ref()
    }

    /// What the page has shown that it comes to.
    pub(crate) fn total(&self) -> Option<Atoms> {
        self.total
    }

    /// The promotion code that is sent, where one is, or is taken back: then it is empty.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What the payer says of the bank.
    pub(crate) fn bank(&self) -> Option<Bank> {
        self.bank
    }

    /// How it completes a session, of which the payer may say the address or not, by a card of
    /// `processor`, or else of the one that is next. Without a card it completes nothing, unless the
    /// payer comes back from a bank: then what was charged is asked about.
    pub(crate) fn completion(
        &self,
        takes_address: bool,
        processor: Option<&ProcessorId>,
    ) -> Result<Completion, Error> {
        let mut body = Map::new();
        if takes_address && !self.email.is_empty() {
            body.insert("customer_email".to_owned(), self.email.as_str().into());
        }
        if self.bank.is_none() {
            let method = match processor {
                Some(id) => json!({"token": self.token, "processor_id": id}),
                None => json!({"token": self.token}),
            };
            body.insert("payment_method".to_owned(), method);
        }
        let json =
            Json::parse(&Value::Object(body).to_string()).map_err(|why| Error::NotJson(why.0))?;
        let mut faults = Faults::default();
        let read = Completion::read(&json, &Location::body("checkout session"), &mut faults);
        faults.settled()?;
        read.ok_or(Error::Internal("a fault was not noted".to_owned()))
    }
}

/// The address as it can stand in a header: what is not ASCII is encoded. None, where its host is not.
pub(crate) fn in_a_header(address: &WebAddress) -> Option<String> {
    origin(address)?;
    let encoded = address.as_str().chars().map(|c| match c.is_ascii() {
        true => c.to_string(),
        false => percent_encoding::utf8_percent_encode(
            c.encode_utf8(&mut [0; 4]),
            percent_encoding::NON_ALPHANUMERIC,
        )
        .to_string(),
    });
    Some(encoded.collect())
}

/// The origin of an address, as a policy names it: none, where it is not ASCII.
pub(crate) fn origin(address: &WebAddress) -> Option<&str> {
    let text = address.as_str();
    let start = text.find("://")?.saturating_add(3);
    let rest = text.get(start..)?;
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    text.get(..start.saturating_add(host)).filter(|origin| origin.is_ascii())
}
