//! The sheet that the page is drawn on: what stands on it, its style, and what a browser may load for it.

use askama::Template;
use ring::digest::{SHA256, digest};

use super::asked::AskedField;
use crate::{
    base::{error::Error, money::Currency},
    model::{
        brand::Logo,
        words::{Locale, Words},
    },
};

const STYLE: &str = include_str!("../../../templates/checkout.css");
const NO_COLOR: &str = "#1d2330";

/// Shows Stripe's element, and puts what it makes of a card into the form.
pub(super) const SCRIPT: &str = include_str!("../../../templates/checkout.js");

/// A page, what a browser may load for it, and how it is answered.
#[derive(Debug)]
pub struct HostedPage {
    /// The status of the answer.
    pub status: u16,
    /// The page.
    pub text: String,
    /// What a browser may load for it.
    pub policy: String,
    /// Whether a browser should ask again in a few seconds.
    pub again: bool,
}

#[derive(Template)]
#[template(path = "checkout.html")]
pub(super) struct Sheet<'a> {
    pub(super) locale: Locale,
    pub(super) title: String,
    pub(super) style: String,
    pub(super) seller: &'a str,
    pub(super) logo: Option<&'a str>,
    pub(super) heading: String,
    pub(super) text: Option<String>,
    pub(super) words: &'a Words,
    pub(super) lines: Vec<Line>,
    pub(super) totals: Vec<(&'a str, String)>,
    pub(super) due_now: Option<String>,
    pub(super) follows: Vec<String>,
    pub(super) code: Option<CodeForm<'a>>,
    pub(super) form: Option<Form<'a>>,
    /// The page's own script, which shows the processor's element.
    pub(super) script: Option<&'static str>,
    pub(super) problem: Option<String>,
    pub(super) bank: Option<BankDoor<'a>>,
    pub(super) links: Vec<(String, String)>,
    pub(super) support: Option<String>,
}

/// Where a promotion code is typed in, or taken back.
pub(super) struct CodeForm<'a> {
    /// The one that counts.
    pub(super) used: Option<&'a str>,
    /// What was typed in that does not.
    pub(super) typed: &'a str,
    pub(super) wrong: bool,
}

/// Where a payment is confirmed that waits for it.
pub(super) struct BankDoor<'a> {
    /// Elsewhere; the test processor's bank has no address, and stands on the page.
    pub(super) url: Option<&'a str>,
    /// Whether it is still to be said what this is about.
    pub(super) explained: bool,
}

pub(super) struct Line {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) note: String,
    pub(super) amount: String,
}

pub(super) struct Form<'a> {
    pub(super) fields: Vec<AskedField<'a>>,
    pub(super) email: Option<&'a str>,
    pub(super) known_email: Option<&'a str>,
    pub(super) email_wrong: bool,
    /// What is asked of whoever buys for a company; none, where nobody is asked.
    pub(super) business: Option<BusinessFields<'a>>,
    /// In atoms: sent along, so that nothing else is charged.
    pub(super) total: i64,
    pub(super) button: String,
    pub(super) consent: Option<String>,
    pub(super) cards: Cards<'a>,
}

/// What is asked of whoever buys for a company.
pub(super) struct BusinessFields<'a> {
    /// Whether anything was said.
    pub(super) open: bool,
    pub(super) name: &'a str,
    /// The kinds of tax ids, with how each is written, and whether it is chosen.
    pub(super) kinds: Vec<(&'static str, String, bool)>,
    pub(super) tax_id: &'a str,
    pub(super) wrong: bool,
    /// Of the kind, and of the id.
    pub(super) labels: (&'static str, &'static str),
}

/// How a card is presented.
pub(super) enum Cards<'a> {
    /// The test processor's cards, each a button: the token, and what it is called.
    Test(Vec<(&'a str, &'a str)>),
    /// In the processor's own element, which is a page of the processor's within this one.
    Element(CardElement<'a>),
}

/// What the processor's element is begun with.
pub(super) struct CardElement<'a> {
    pub(super) key: &'a str,
    pub(super) currency: Currency,
}

/// The page where there is no session to show, or nothing can be said of it.
pub fn unknown_page(locale: Locale, status: u16) -> Result<HostedPage, Error> {
    let words = locale.words();
    match status {
        404 => notice(locale, status, (words.unknown, words.unknown_text), Vec::new()),
        429 => notice(locale, status, (words.pending, words.too_often), Vec::new()),
        _ => notice(locale, status, (words.pending, words.failed), Vec::new()),
    }
}

/// The page of a link that was switched off, or offers what cannot be sold any more.
pub(crate) fn closed_page(locale: Locale) -> Result<HostedPage, Error> {
    let words = locale.words();
    notice(locale, 422, (words.closed, words.closed_text), Vec::new())
}

/// A page that says one thing, of nobody in particular, and where to go.
pub(crate) fn notice(
    locale: Locale,
    status: u16,
    (heading, text): (&str, &str),
    links: Vec<(String, String)>,
) -> Result<HostedPage, Error> {
    let words = locale.words();
    let sheet = Sheet {
        locale,
        title: heading.to_owned(),
        style: styled(None),
        seller: "",
        logo: None,
        heading: heading.to_owned(),
        text: Some(text.to_owned()),
        words,
        lines: Vec::new(),
        totals: Vec::new(),
        due_now: None,
        follows: Vec::new(),
        code: None,
        form: None,
        script: None,
        problem: None,
        bank: None,
        links,
        support: None,
    };
    let policy = policy(&sheet.style, None, None);
    let text = sheet.render().map_err(|error| Error::Internal(format!("a page: {error}")))?;
    Ok(HostedPage { status, text, policy, again: false })
}

/// The same of a page with Stripe's element: what Stripe says that it needs, and this one script of ours.
pub(super) fn policy_with_element(
    style: &str,
    logo: Option<&Logo<'_>>,
    leads_to: Option<&str>,
    script: &str,
) -> String {
    let hash = hash(script);
    format!(
        "{}; script-src 'sha256-{hash}' https://js.stripe.com https://*.js.stripe.com; frame-src \
         https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com; connect-src \
         https://api.stripe.com",
        policy(style, logo, leads_to)
    )
}

fn hash(text: &str) -> String {
    data_encoding::BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

pub(crate) fn styled(color: Option<&str>) -> String {
    format!(":root{{--brand:{}}}\n{STYLE}", color.unwrap_or(NO_COLOR))
}

/// What a browser may do with the page: show it, in this style, with this logo, and send its form here,
/// from where a payment leads on. Browsers hold every further redirect to this too, and the seller's
/// address may lead to another one of the seller's: so it is any that is as safe.
pub(crate) fn policy(style: &str, logo: Option<&Logo<'_>>, leads_to: Option<&str>) -> String {
    let hash = hash(style);
    let images = logo.map_or("'none'", |logo| logo.origin);
    let leads_to = match leads_to {
        Some(url) if url.starts_with("http:") => " https: http:",
        Some(_) => " https:",
        None => "",
    };
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src {images}; base-uri 'none'; \
         form-action 'self'{leads_to}; frame-ancestors 'none'"
    )
}
