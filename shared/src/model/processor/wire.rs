//! What goes to a processor and comes back: documents that could be bodies of HTTP requests.
//!
//! They hold what any card processor needs to know and nothing of ours: no id but the merchant's and the
//! one printed on a statement, no name, no address. Another processor is a translation of these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{
    input::choice,
    money::{Atoms, Currency},
    time::Timestamp,
};

/// A request, and who asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// The name under which the processor knows the account.
    pub merchant: String,
    /// What is asked.
    #[serde(flatten)]
    pub request: Request,
}

/// What may be asked of a processor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Request {
    /// What a token of its client-side library stands for, to be charged from now on.
    Attach(Attachment),
    /// Never charge what was attached again.
    Detach {
        /// What `Attach` was answered with.
        source: String,
    },
    /// Know the payer no more, and charge nothing that was attached to them.
    Forget {
        /// Who pays, by the processor's name.
        payer: String,
    },
    /// Prepare a charge, which moves nothing yet: the first of two steps.
    Open(Order),
    /// Whether the account's key works.
    Check,
    /// Take money: the only step, or the second one.
    Charge(Order),
    /// Take no money for this charge any more.
    Cancel(Order),
    /// Give money back.
    Refund {
        /// The same for one refund, however often it is asked for.
        idempotency_key: String,
        /// The charge, by the processor's name for it.
        charge: String,
        /// How much.
        amount: Atoms,
        /// The currency of the amount.
        currency: Currency,
    },
    /// What became of a charge.
    FindCharge(Order),
    /// What became of a refund.
    FindRefund {
        /// The key.
        idempotency_key: String,
        /// The charge, by the processor's name for it.
        charge: String,
    },
    /// What has become of a card that was to be charged from now on, and that its payer confirmed later.
    FindSetup {
        /// The processor's name for that.
        reference: String,
        /// Who pays, by ours.
        payer_key: String,
    },
    /// What has become of a card that was attached.
    FindMethod {
        /// What `Attach` was answered with.
        source: String,
    },
    /// Which charges of ours have been disputed: for what no event has told of.
    FindDisputes {
        /// Since when, in seconds since 1970.
        since: i64,
    },
    /// What has become of a dispute.
    FindDispute {
        /// The processor's name for it.
        reference: String,
    },
}

/// A card that is to be charged from now on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// What its client-side library returned for the card.
    pub token: String,
    /// Who pays, by the processor's name, where the payer has one there.
    pub payer: Option<String>,
    /// Who pays, by ours: the same for one payer, however often it is sent.
    pub payer_key: String,
    /// Whether it is the payer's from now on, whoever hears of it; otherwise it is only presented to pay
    /// something.
    #[serde(default)]
    pub keeps: bool,
    /// Where the payer comes back to who has to confirm it, where somebody is there.
    #[serde(default)]
    pub return_url: Option<String>,
}

/// A charge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The same for one charge, however often it is asked for.
    pub idempotency_key: String,
    /// How much.
    pub amount: Atoms,
    /// The currency of the amount.
    pub currency: Currency,
    /// From where: what `Attach` was answered with.
    pub source: String,
    /// Who pays, by the processor's name.
    #[serde(default)]
    pub payer: Option<String>,
    /// What the payer's statement refers to.
    pub statement: String,
    /// What `Open` was answered with.
    #[serde(default)]
    pub reference: Option<String>,
    /// Whether it was perhaps sent before.
    #[serde(default)]
    pub again: bool,
    /// Where the payer comes back to, where there is a payer to send somewhere: none means that the
    /// charge is made without one.
    #[serde(default)]
    pub return_url: Option<String>,
}

/// What a processor answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Response {
    /// The token is good.
    Attached {
        /// The processor's name for what can be charged.
        source: String,
        /// The processor's name for who pays.
        #[serde(default)]
        payer: Option<String>,
        /// What a person may see of it.
        card: Card,
    },
    /// It will not be charged again.
    Detached,
    /// The account's key works.
    Ready,
    /// The charge is prepared; nothing was taken.
    Opened {
        /// The processor's name for it.
        reference: String,
    },
    /// The money has moved.
    Succeeded {
        /// The processor's name for the charge or refund.
        reference: String,
        /// How much of what was taken, where the processor says so.
        #[serde(default)]
        taken: Option<Taken>,
    },
    /// It has not, and will not.
    Declined(Failure),
    /// Nothing was done, and nobody was asked who could have declined.
    Rejected(Rejection),
    /// It has not until the payer did something.
    ActionNeeded(Action),
    /// It will be known later.
    Pending {
        /// The processor's name for the charge or refund.
        reference: String,
    },
    /// No money will be taken for the charge any more.
    Cancelled,
    /// A charge is disputed, or was.
    Disputed(Box<Disputed>),
    /// Disputes, by the processor's names for them.
    Disputes {
        /// The names.
        references: Vec<String>,
    },
    /// There is no such thing.
    NotFound,
    /// The request makes no sense to the processor; nothing was done because of it.
    Invalid {
        /// Why.
        message: String,
    },
}

/// A dispute, as its processor tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    /// The charge, by the processor's name for it.
    pub charge: String,
    /// The key that the charge was asked for with.
    pub key: String,
    /// How much of it is disputed.
    pub amount: Atoms,
    /// The currency of the amount.
    pub currency: Currency,
    /// Its state, as the processor says.
    pub state: DisputeState,
    /// Why, in the processor's word.
    pub reason: String,
    /// Until when evidence is taken.
    pub evidence_due_by: Option<Timestamp>,
    /// Whether a refund still settles it.
    pub refundable: bool,
}

choice! {
    /// The state of a dispute.
    pub enum DisputeState {
        /// The bank asks, and has not taken the money back; evidence may keep it from doing so.
        WarningNeedsResponse = "warning_needs_response",
        /// The bank looks at the answer to what it asked.
        WarningUnderReview = "warning_under_review",
        /// The bank asked, and took nothing.
        WarningClosed = "warning_closed",
        /// The bank took the money back; evidence may bring it back again.
        NeedsResponse = "needs_response",
        /// The bank looks at the evidence.
        UnderReview = "under_review",
        /// The seller has the money.
        Won = "won",
        /// The payer has the money.
        Lost = "lost",
        /// It was settled before it became one.
        Prevented = "prevented",
    }
}

impl DisputeState {
    /// Whether the bank has decided. A processor may open it again all the same.
    pub const fn is_closed(self) -> bool {
        match self {
            Self::WarningClosed | Self::Won | Self::Lost | Self::Prevented => true,
            Self::WarningNeedsResponse
            | Self::WarningUnderReview
            | Self::NeedsResponse
            | Self::UnderReview => false,
        }
    }
}

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// How much.
    pub amount: Atoms,
    /// The currency of the amount.
    pub currency: Currency,
}

choice! {
    /// How a payer does what a payment needs.
    pub enum ActionType {
        /// At an address of the processor's or of the card's bank, which leads back afterwards.
        Redirect = "redirect",
        /// In the page, by the processor's client-side library.
        InPage = "in_page",
    }
}

fn redirect() -> ActionType {
    ActionType::Redirect
}

/// What the payer has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// How.
    #[serde(default = "redirect")]
    pub r#type: ActionType,
    /// Where, if it is an address.
    pub url: Option<String>,
    /// The processor's name for the charge.
    #[serde(default)]
    pub reference: Option<String>,
}

choice! {
    /// What a rejection is about.
    pub enum Blame {
        /// The account's agreement with the processor: a key that is wrong, revoked, or may not do this.
        Account = "account",
        /// What is asked for: too little, a currency that is not taken.
        Request = "request",
        /// The payment method: it is gone there.
        Method = "method",
    }
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// For a program.
    pub code: String,
    /// The same in words for a person.
    pub message: String,
    /// What it is about.
    pub blame: Blame,
}

impl Rejection {
    /// Why no money moved, as a payment says it: whoever pays learns nothing of the account's keys.
    pub fn failure(&self) -> Failure {
        match self.blame {
            Blame::Account => {
                let message = format!("The processor refuses this account: {}", self.message);
                Failure {
                    raw_code: Some(self.code.clone()),
                    ..Failure::new("processor_unavailable", &message, DeclineKind::Soft)
                }
            }
            Blame::Request => Failure::new(&self.code, &self.message, DeclineKind::Soft),
            Blame::Method => Failure::new(&self.code, &self.message, DeclineKind::Hard),
        }
    }
}

/// What a person may see of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Card {
    /// Whose: `visa`, `mastercard`, …
    pub brand: String,
    /// The last four digits.
    pub last_four: String,
    /// The month it expires in, 1 to 12.
    pub exp_month: u8,
    /// The year it expires in.
    pub exp_year: u16,
}

choice! {
    /// Whether trying again may help.
    pub enum DeclineKind {
        /// It may, later.
        Soft = "soft",
        /// It will not, with this payment method.
        Hard = "hard",
    }
}

/// Why no money moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Failure {
    /// For a program: `insufficient_funds`, `stolen_card`, …
    pub code: String,
    /// The same in words for a person.
    pub message: String,
    /// Whether trying again may help.
    pub kind: DeclineKind,
    /// What to do about it.
    pub advice: Option<Advice>,
    /// What the processor called it, word for word, where that is more than `code` says. Not for the
    /// payer.
    pub raw_code: Option<String>,
}

impl Failure {
    /// Whether the method will not pay whatever it is charged for.
    pub(crate) fn is_for_good(&self) -> bool {
        let by_payer = matches!(self.advice, Some(Advice::PayerMustAct | Advice::CorrectDetails));
        self.kind == DeclineKind::Hard && !by_payer
    }
}

choice! {
    /// What to do about a decline.
    pub enum Advice {
        /// The same may succeed later.
        TryLater = "try_later",
        /// This payment method will not pay; another may.
        UseAnotherMethod = "use_another_method",
        /// The payer has to confirm the payment.
        PayerMustAct = "payer_must_act",
        /// The payer has to correct what was typed in.
        CorrectDetails = "correct_details",
    }
}

impl Failure {
    /// A decline with this code, for which there is no more to say.
    pub fn new(code: &str, message: &str, kind: DeclineKind) -> Self {
        let (code, message) = (code.to_owned(), message.to_owned());
        Self { code, message, kind, advice: None, raw_code: None }
    }
}
