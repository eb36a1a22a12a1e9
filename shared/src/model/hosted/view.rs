//! What stands on the page, state by state.

use askama::Template;
use jiff::tz::TimeZone;

use super::{
    Business, PaymentForm, Wrong,
    asked::AskedField,
    sheet::{
        BankDoor, BusinessFields, CardElement, Cards, CodeForm, Form, HostedPage, Line, SCRIPT,
        Sheet, policy, policy_with_element, styled,
    },
};
use crate::{
    base::{
        error::Error,
        money::{Atoms, Currency},
        time::{TimeZoneName, Timestamp},
    },
    model::{
        billing::cycle::IntervalUnit,
        brand::Logo,
        checkout::{
            CheckoutMode, CheckoutState, PublicCheckoutSession, obstacle::Obstacle,
            public::PublicLine,
        },
        promotion_code::Code,
        tax_id::choices,
        words::{Words, said},
    },
};

/// The test processor's cards, in the order of `Words::test_cards`.
const TEST_CARDS: [&str; 6] = [
    "test_success",
    "test_decline_soft",
    "test_decline_hard",
    "test_requires_action",
    "test_timeout_after_charge",
    "test_timeout_before_charge",
];

/// What the page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Form,
    Completed,
    Expired,
    Pending,
    NotReady,
}

impl Stage {
    /// Whether nothing can be paid here any more.
    fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Expired)
    }
}

/// How a page is asked for.
#[derive(Default)]
pub(crate) struct Occasion<'a> {
    /// What came of what the payer did last.
    pub(crate) problem: Option<Obstacle>,
    /// What is wrong with what was typed into custom fields.
    pub(crate) wrong: &'a [Wrong],
    /// What was sent, where this is the answer to it.
    pub(crate) sent: Option<&'a PaymentForm>,
    /// Whether nobody knows yet what became of a payment.
    pub(crate) pending: bool,
    /// Whether the payer may say another address than the session has.
    pub(crate) takes_address: bool,
    /// The company that it is bought for, where that is asked for.
    pub(crate) business: Option<Business>,
    /// Whether what was said of that cannot be right.
    pub(crate) business_wrong: bool,
    /// An origin that completion may lead to.
    pub(crate) leads_to: Option<&'a str>,
}

impl HostedPage {
    /// The page of a session.
    pub(crate) fn new(
        session: &PublicCheckoutSession,
        zone: &TimeZoneName,
        occasion: &Occasion<'_>,
    ) -> Result<Self, Error> {
        let &Occasion { problem, leads_to, .. } = occasion;
        let view = View { session, zone: zone.zone(), words: session.locale.words() };
        let stage = view.stage(occasion.pending || problem == Some(Obstacle::Pending));
        let sheet = view.sheet(stage, occasion);
        let logo = sheet.logo.and_then(Logo::of);
        let policy = match sheet.script {
            Some(script) => policy_with_element(&sheet.style, logo.as_ref(), leads_to, script),
            None => policy(&sheet.style, logo.as_ref(), leads_to),
        };
        let text = sheet.render().map_err(|error| Error::Internal(format!("a page: {error}")))?;
        let status = match problem.filter(|_| occasion.sent.is_some()) {
            Some(Obstacle::Failed) => 503,
            Some(Obstacle::Pending) | None => 200,
            Some(_) => 422,
        };
        Ok(Self { status, text, policy, again: stage == Stage::Pending })
    }
}

struct View<'a> {
    session: &'a PublicCheckoutSession,
    zone: Option<TimeZone>,
    words: &'static Words,
}

impl<'a> View<'a> {
    fn stage(&self, pending: bool) -> Stage {
        match self.session.state {
            CheckoutState::Completed => Stage::Completed,
            CheckoutState::Open if pending => Stage::Pending,
            CheckoutState::Expired => Stage::Expired,
            CheckoutState::Open if self.cards().is_none() && self.session.next_action.is_none() => {
                Stage::NotReady
            }
            CheckoutState::Open => Stage::Form,
        }
    }

    /// How a card is presented on the page; nothing, where no processor takes any here.
    fn cards(&self) -> Option<Cards<'a>> {
        let method = self.session.payment_methods.iter().find(|method| method.is_drawn())?;
        Some(match &method.publishable_key {
            Some(key) => Cards::Element(CardElement {
                key,
                currency: self.session.currency.unwrap_or(Currency::USD),
            }),
            None => Cards::Test(TEST_CARDS.into_iter().zip(self.words.test_cards).collect()),
        })
    }

    /// Whether payments are confirmed on the page itself: those of the test processor are.
    fn has_test_cards(&self) -> bool {
        matches!(self.cards(), Some(Cards::Test(_)))
    }

    fn sheet(&self, stage: Stage, occasion: &'a Occasion<'a>) -> Sheet<'a> {
        let (session, words) = (self.session, self.words);
        let seller = &session.seller;
        let shown = occasion.problem.filter(|problem| *problem != Obstacle::Pending);
        let form = self.cards().filter(|_| stage == Stage::Form);
        let form = form.map(|cards| self.form(cards, shown, occasion));
        let element = form.as_ref().is_some_and(|form| matches!(form.cards, Cards::Element(_)));
        let (heading, text) = self.heading(stage);
        Sheet {
            locale: session.locale,
            title: self.seller_says(words.pay_seller),
            style: styled(seller.primary_color.as_deref()),
            seller: &seller.name,
            logo: seller.logo_url.as_deref(),
            heading,
            text,
            words,
            lines: session.line_items.iter().map(|line| self.line(line)).collect(),
            totals: self.totals(),
            due_now: session
                .currency
                .filter(|_| !stage.is_over())
                .map(|_| self.amount(session.amount_total_atom)),
            follows: if stage == Stage::Expired { Vec::new() } else { self.follows() },
            code: self.code(stage, shown, occasion),
            form,
            script: element.then_some(SCRIPT),
            problem: shown.filter(|_| stage == Stage::Form).map(|one| one.said(words, seller)),
            bank: session.next_action.as_ref().filter(|_| stage == Stage::Form).map(|action| {
                let url = action.url.as_deref().filter(|_| !self.has_test_cards());
                BankDoor { url, explained: shown.is_some() }
            }),
            links: self.links(stage),
            support: seller
                .support_email
                .as_ref()
                .map(|email| said(words.questions, &[("email", email)])),
        }
    }

    fn heading(&self, stage: Stage) -> (String, Option<String>) {
        let words = self.words;
        let setup = self.session.mode == CheckoutMode::Setup;
        let (heading, text) = match stage {
            Stage::Form if setup => (words.save_for_seller, None),
            Stage::Form => (words.pay_seller, None),
            Stage::Completed if setup => (words.saved, Some(words.saved_text)),
            Stage::Completed if self.session.amount_total_atom.is_positive() => {
                (words.paid, Some(words.paid_text))
            }
            Stage::Completed => (words.paid, Some(words.ordered_text)),
            Stage::Expired => (words.expired, Some(words.expired_text)),
            Stage::Pending => (words.pending, Some(words.pending_text)),
            Stage::NotReady => (words.pay_seller, Some(words.not_ready)),
        };
        (self.seller_says(heading), text.map(|text| self.seller_says(text)))
    }

    fn code(
        &self,
        stage: Stage,
        problem: Option<Obstacle>,
        occasion: &Occasion<'a>,
    ) -> Option<CodeForm<'a>> {
        let session = self.session;
        (stage == Stage::Form && session.allow_promotion_codes).then(|| CodeForm {
            used: session.promotion_code.as_ref().map(Code::as_str),
            typed: occasion.sent.and_then(PaymentForm::code).unwrap_or_default(),
            wrong: problem == Some(Obstacle::CodeRefused),
        })
    }

    fn form(
        &self,
        cards: Cards<'a>,
        problem: Option<Obstacle>,
        occasion: &'a Occasion<'a>,
    ) -> Form<'a> {
        let known = self.session.customer_email.as_deref();
        let typed = occasion.sent.map(|sent| sent.email.as_str()).or(known).unwrap_or_default();
        let typed_in = occasion.sent.filter(|sent| sent.presents());
        let asked = self.session.custom_fields.iter().filter(|one| one.at_checkout.is_asked());
        let field = |one| AskedField::of(one, typed_in, occasion.wrong, self.words);
        Form {
            fields: asked.map(field).collect(),
            email: occasion.takes_address.then_some(typed),
            known_email: known.filter(|_| !occasion.takes_address),
            email_wrong: problem == Some(Obstacle::EmailNeeded),
            business: occasion.business.as_ref().map(|business| {
                let words = self.session.locale.portal_words();
                BusinessFields {
                    open: !business.is_empty(),
                    name: &business.name,
                    kinds: choices(&business.kind),
                    tax_id: &business.tax_id,
                    wrong: occasion.business_wrong,
                    labels: (words.tax_type, words.tax_id),
                }
            }),
            total: self.session.amount_total_atom.get(),
            button: self.button(),
            consent: self.consent(),
            cards,
        }
    }

    fn button(&self) -> String {
        let (session, words) = (self.session, self.words);
        let sentence = match (session.mode, &session.trial_ends_at, &session.next_charge) {
            (CheckoutMode::Setup, ..) => words.save_card,
            (_, Some(_), Some(_)) => words.start_trial,
            (_, None, Some(_)) => words.subscribe,
            (_, _, None) => words.pay,
        };
        said(sentence, &[("amount", &self.amount(session.amount_total_atom))])
    }

    /// What is agreed to: how much, how often, from when, and how it ends.
    fn consent(&self) -> Option<String> {
        self.next(self.words.consent)
    }

    fn follows(&self) -> Vec<String> {
        let trial = self
            .session
            .trial_ends_at
            .map(|end| said(self.words.trial, &[("date", &self.day(end))]));
        trial.into_iter().chain(self.next(self.words.then)).collect()
    }

    /// A sentence about what is charged next; behind the amount, for how long, where another follows.
    fn next(&self, sentence: &str) -> Option<String> {
        let next = self.session.next_charge.as_ref()?;
        let every = self.every(next.billing_interval, next.billing_interval_count);
        let filled = |sentence: &str, amount, at| {
            let (amount, date) = (self.amount(amount), self.day(at));
            let seller = self.session.seller.name.as_str();
            let filled =
                [("amount", &*amount), ("every", &*every), ("date", &*date), ("seller", seller)];
            said(sentence, &filled)
        };
        let Some((amount, at)) = next.then.map(|then| (then.amount_atom, then.at)) else {
            return Some(filled(sentence, next.amount_atom, next.at));
        };
        let last = ["{amount}", "{every}", "{date}"]
            .into_iter()
            .filter_map(|name| sentence.rfind(name).map(|place| place + name.len()));
        let (before, after) = sentence.split_at(last.max()?);
        let now = filled(before, next.amount_atom, next.at);
        let later = filled(&beginning_small(self.words.then), amount, at);
        Some(format!("{now} ({later}){}", filled(after, next.amount_atom, next.at)))
    }

    fn totals(&self) -> Vec<(&'a str, String)> {
        let (session, words) = (self.session, self.words);
        let (discount, tax) = (session.amount_discount_atom, session.amount_tax_atom);
        if discount.is_zero() && tax.is_zero() {
            return Vec::new();
        }
        let taken_off = discount.negated().unwrap_or(Atoms::ZERO);
        let between = [(words.discount, taken_off), (words.tax, tax)];
        let between = between.into_iter().filter(|(_, amount)| !amount.is_zero());
        let all = [(words.subtotal, session.amount_subtotal_atom)].into_iter().chain(between);
        all.map(|(name, amount)| (name, self.amount(amount))).collect()
    }

    fn line(&self, line: &PublicLine) -> Line {
        let mut notes = Vec::new();
        if line.quantity != 1 {
            let unit = line.unit.as_deref().unwrap_or_default();
            notes.push(format!("{} {unit}", line.quantity).trim_end().to_owned());
        }
        if let Some(atoms) = line.unit_amount_decimal.and_then(|one| one.atoms())
            && line.quantity != 1
        {
            notes.push(said(self.words.each, &[("amount", &self.amount(atoms))]));
        }
        if let Some((unit, count)) = line.billing_interval.zip(line.billing_interval_count) {
            notes.push(self.every(unit, count));
        }
        Line {
            name: line.name.clone(),
            description: line.description.clone(),
            note: notes.join(" · "),
            amount: self.amount(line.amount_atom),
        }
    }

    fn every(&self, unit: IntervalUnit, count: i64) -> String {
        let [day, week, month, year] = self.words.every;
        let (one, several) = match unit {
            IntervalUnit::Day => day,
            IntervalUnit::Week => week,
            IntervalUnit::Month => month,
            IntervalUnit::Year => year,
        };
        match count {
            1 => one.to_owned(),
            count => said(several, &[("count", &count.to_string())]),
        }
    }

    fn links(&self, stage: Stage) -> Vec<(String, String)> {
        let (session, words) = (self.session, self.words);
        let back = (session.return_url.as_str().to_owned(), self.seller_says(words.back));
        match (stage, &session.success_url) {
            (Stage::Completed, Some(url)) => {
                vec![(url.as_str().to_owned(), self.seller_says(words.go_on))]
            }
            (Stage::Pending, _) => vec![(String::new(), words.look_again.to_owned())],
            _ => vec![back],
        }
    }

    fn seller_says(&self, sentence: &str) -> String {
        said(sentence, &[("seller", &self.session.seller.name)])
    }

    fn amount(&self, amount: Atoms) -> String {
        self.session.locale.amount(amount, self.session.currency.unwrap_or(Currency::USD))
    }

    fn day(&self, at: Timestamp) -> String {
        self.session.locale.day(at, self.zone.as_ref().unwrap_or(&TimeZone::UTC))
    }
}

/// A sentence as it stands within another one.
fn beginning_small(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}
