//! The sheet that the portal is drawn on.

use askama::Template;

use super::PortalFlow;
use crate::model::words::{Locale, Words, portal::PortalWords};

#[derive(Template)]
#[template(path = "portal.html")]
pub(super) struct Sheet<'a> {
    pub(super) locale: Locale,
    pub(super) title: String,
    pub(super) style: String,
    pub(super) seller: &'a str,
    pub(super) logo: Option<&'a str>,
    pub(super) common: &'static Words,
    pub(super) words: &'static PortalWords,
    pub(super) problem: Option<String>,
    pub(super) done: Option<String>,
    pub(super) payable: Vec<ToPay<'a>>,
    pub(super) parts: Vec<PortalFlow>,
    pub(super) subscriptions: Vec<Subscribed<'a>>,
    pub(super) methods: Vec<Method<'a>>,
    pub(super) invoices: Vec<Billed>,
    pub(super) older: Option<String>,
    pub(super) fields: Vec<Field<'a>>,
    pub(super) tax_id: TaxField<'a>,
    pub(super) back: (&'a str, String),
    pub(super) support: Option<String>,
}

pub(super) struct ToPay<'a> {
    pub(super) id: &'a str,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) due: String,
    pub(super) button: String,
    pub(super) at_bank: bool,
    pub(super) bank: Option<&'a str>,
    pub(super) is_pending: bool,
}

pub(super) struct Subscribed<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) state: &'static str,
    pub(super) lines: Vec<String>,
    /// Whether it was cancelled at the end of its period, which can be taken back.
    pub(super) ends: bool,
    /// What is said beside the button that cancels; none, where there is nothing to cancel.
    pub(super) cancel_note: Option<String>,
    /// What pauses it, or has it go on; none, where customers may not.
    pub(super) pause: Option<Pausing>,
    /// Whether what waits to change can be taken back.
    pub(super) undo: bool,
    pub(super) choices: Vec<Changeable<'a>>,
    pub(super) asked: Option<Asked<'a>>,
}

pub(super) struct Pausing {
    pub(super) act: &'static str,
    pub(super) button: &'static str,
    pub(super) note: Option<String>,
}

/// An item of which something can be changed.
pub(super) struct Changeable<'a> {
    pub(super) item: &'a str,
    pub(super) name: &'a str,
    pub(super) quantity: Option<i64>,
    /// The one it has, first, and those it may get.
    pub(super) plans: Vec<(&'a str, String)>,
}

/// A change that is looked at.
pub(super) struct Asked<'a> {
    pub(super) item: &'a str,
    pub(super) price: Option<&'a str>,
    pub(super) quantity: Option<i64>,
    /// In atoms: sent along, so that no more is charged.
    pub(super) costs: i64,
    pub(super) lines: Vec<String>,
}

pub(super) struct TaxField<'a> {
    /// Each with how it is written, and whether it is chosen.
    pub(super) kinds: Vec<(&'static str, String, bool)>,
    pub(super) value: &'a str,
}

pub(super) struct Method<'a> {
    pub(super) id: &'a str,
    pub(super) name: String,
    pub(super) is_default: bool,
}

pub(super) struct Billed {
    pub(super) url: String,
    /// Where it is a file, and what that is called.
    pub(super) file: Option<(String, String)>,
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) day: String,
    pub(super) total: String,
    pub(super) credits: Vec<Credited>,
}

/// A credit note for an invoice.
pub(super) struct Credited {
    pub(super) url: String,
    pub(super) name: String,
    /// Where it is a file, and what that is called.
    pub(super) file: Option<(String, String)>,
    pub(super) amount: String,
}

pub(super) struct Field<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) value: &'a str,
}
