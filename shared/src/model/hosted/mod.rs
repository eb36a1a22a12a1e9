//! The page on which a checkout session is paid, drawn on the server.
//!
//! It shows what a publishable token may read of the session (`checkout/public.rs`) and nothing more. It
//! works without a script: a form goes to the page's own address, and a payment leads on by a redirect.
//! A card is never typed in here. The test processor's cards are buttons of ours; those of a processor
//! with a client-side library of its own need that library. As on the page of an invoice, the template
//! escapes what others wrote, and a policy lets a browser load nothing but the logo.

mod sheet;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use self::sheet::closed_page;
pub use self::sheet::{HostedPage, unknown_page};
use crate::{
    base::{
        error::Error,
        input::{Faults, Input, Json, Location, WebAddress},
    },
    model::{checkout::Completion, payment_link::OpenedLink},
};
use serde_json::{Map, Value, json};

/// What a request to the page comes to.
#[derive(Debug)]
pub enum Hosted {
    /// A page.
    Page(HostedPage),
    /// Another address.
    Redirect(String),
    /// What a program asked for that opened a link.
    Json(Box<OpenedLink>),
}

/// What a payer sends.
#[derive(Clone, Debug, Default)]
pub struct PaymentForm {
    email: String,
    token: String,
    bank: Option<Bank>,
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
                "token" => value.trim().clone_into(&mut form.token),
                "bank" => {
                    form.bank = match value.as_ref() {
                        "done" => Some(Bank::Done),
                        "confirms" => Some(Bank::Confirms),
                        "refuses" => Some(Bank::Refuses),
                        _ => None,
                    }
                }
                _ => {}
            }
        }
        form
    }

    /// What the payer says of the bank.
    pub(crate) fn bank(&self) -> Option<Bank> {
        self.bank
    }

    /// How it completes a session, whose payer is known or not. Without a card it completes nothing,
    /// unless the payer comes back from a bank: then what was charged is asked about.
    pub(crate) fn completion(&self, known: bool) -> Result<Completion, Error> {
        let mut body = Map::new();
        if !known && !self.email.is_empty() {
            body.insert("customer_email".to_owned(), self.email.as_str().into());
        }
        if self.bank.is_none() {
            body.insert("payment_method".to_owned(), json!({"token": self.token}));
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
