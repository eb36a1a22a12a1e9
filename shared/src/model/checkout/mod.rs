//! Checkout sessions: something is offered to somebody, who accepts it once or not at all.
//!
//! | file | what |
//! |---|---|
//! | `offer` | prices and quantities, and what they come to |
//! | `create` | what a client may ask for |
//! | `life` | what a session becomes: pure |
//! | `begin` | the subscription and the invoice that an offer stands for, made and undone |
//! | `complete` | step by step from an open session to a completed one |
//! | `pay` | the steps that take the money |
//! | `expire` | the end of a session that nobody completed |
//! | `public` | what a payer's browser may know of a session |
//! | `shown` | a session as whoever asks may see it |
//! | `obstacle` | why a payment does not go on, in words for a payer |
//! | `settings` | free objects for the page that shows it |
//!
//! What completion makes is written before any money moves, and linked to the session while that is
//! still open. The payment of that invoice and the completion of the session are one transaction, in
//! whichever process it comes about: so whatever races or dies, there is one subscription, one charge
//! and one completion, or none of the three.

pub mod begin;
pub mod complete;
pub mod create;
pub mod life;
pub mod obstacle;
pub mod offer;
pub mod public;
pub mod settings;
pub mod shown;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::life::{Attempt, Presented};
pub use self::{
    complete::{Completion, Means},
    create::{NewCheckoutSession, NewParams},
    life::{CheckoutMode, CheckoutState},
    offer::{CascadeStatus, CascadeTier, LineItem, NewCascadeTier, NewLineItem, TierState, Totals},
    public::PublicCheckoutSession,
    settings::Settings,
    shown::{Audience, ShownCheckoutSession},
};
use crate::{
    base::{
        id::{
            CheckoutSessionId, CouponId, CustomerId, InvoiceId, PaymentIntentId, PaymentLinkId,
            PaymentMethodId, ProcessorRouteId, SubscriptionId, kind,
        },
        input::{Email, WebAddress, choice},
        metadata::Metadata,
        money::{Atoms, Currency},
        time::Timestamp,
    },
    model::{
        custom_field::{FieldValues, lists_of_values},
        entity::{Entity, Item, Representation, Secured, recorded},
        entity_type::EntityType,
        event_type::CheckoutSessionEvent,
        expansion::{Expansion, Reference},
        filter::{Filter, filter},
        list::List,
        promotion_code::Code,
        record::Record,
    },
};

choice! {
    /// How a card reaches its processor.
    pub enum TokenizationMode {
        /// From the page to the processor's client-side library, which returns a token.
        Direct = "direct",
    }
}

choice! {
    /// Whether what a session sold is paid.
    pub enum SessionPayment {
        /// It is.
        Paid = "paid",
        /// It is not, or not yet.
        Unpaid = "unpaid",
        /// There is nothing to be paid.
        NoPaymentRequired = "no_payment_required",
    }
}

/// What completion passes on to the subscription.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ParamsForSub {
    /// Values of custom fields, by key, as they were sent.
    pub(crate) custom_fields: Settings,
}

/// Something that is offered to somebody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::model::status::document)]
pub struct CheckoutSession {
    #[serde(flatten)]
    pub(crate) record: Record<kind::CheckoutSession>,
    /// What completing it does.
    pub(crate) mode: CheckoutMode,
    /// Where it is in its life.
    pub(crate) state: CheckoutState,
    /// Whether it was completed.
    #[serde(skip_deserializing)]
    #[schemars(with = "bool")]
    pub(crate) completed: Option<bool>,
    /// Whether the time to complete it is over.
    #[serde(skip_deserializing)]
    #[schemars(with = "bool")]
    pub(crate) is_expired: Option<bool>,
    /// Whether what it sold is paid.
    #[serde(skip_deserializing)]
    #[schemars(with = "SessionPayment")]
    pub(crate) payment_status: Option<SessionPayment>,
    /// What opens the session to a publishable token: shown to tokens that may write sessions, and null
    /// to others and in events.
    #[schemars(with = "Option<String>")]
    pub(crate) secure_token: String,
    /// How many hours there are to complete it.
    pub(crate) expires_in_hours: i64,
    /// When they are over.
    pub(crate) expires_at: Timestamp,
    /// The address of a page on which it is paid, for the payer alone: the `secure_token` is in it, and
    /// it is shown to the same tokens. Null in sessions that were made before there were such pages.
    pub(crate) url: Option<WebAddress>,
    /// Where the customer goes after completion; `{CHECKOUT_SESSION_ID}` in it was replaced.
    pub(crate) success_url: WebAddress,
    /// Where the customer goes otherwise.
    pub(crate) return_url: WebAddress,
    /// Who buys; known at the latest when it is completed.
    pub(crate) customer_id: Option<CustomerId>,
    /// Their e-mail address.
    pub(crate) customer_email: Option<Email>,
    /// The currency of all its amounts.
    pub(crate) currency: Option<Currency>,
    /// What is offered.
    pub(crate) line_items: Vec<LineItem>,
    /// What is charged now, before the coupon.
    pub(crate) amount_subtotal_atom: Atoms,
    /// What the coupon takes off it.
    pub(crate) amount_discount_atom: Atoms,
    /// The tax that is added to it.
    #[serde(default)]
    pub(crate) amount_tax_atom: Atoms,
    /// What is left to be paid now, with tax.
    pub(crate) amount_total_atom: Atoms,
    /// The coupon that is redeemed.
    pub(crate) coupon_id: Option<CouponId>,
    /// The code of the coupon that is redeemed.
    pub(crate) promotion_code: Option<Code>,
    /// Whether the payer may type one in on the hosted page.
    #[serde(default)]
    pub(crate) allow_promotion_codes: bool,
    /// How a card reaches its processor.
    pub(crate) card_tokenization_mode: TokenizationMode,
    /// Settings of the page, kept as they were sent.
    pub(crate) card_checkout_settings: Option<Settings>,
    /// The processors to try, in their order; the account's default, when null.
    pub(crate) processor_route_id: Option<ProcessorRouteId>,
    /// Which of several offers is next; null where there is one.
    pub(crate) cascade_status: Option<CascadeStatus>,
    /// What is offered when the line items are declined, in this order.
    pub(crate) cascade_tiers: Option<Vec<CascadeTier>>,
    /// Settings of the page, kept as they were sent.
    pub(crate) setup_preferences: Option<Settings>,
    /// What completion passes on to the subscription.
    pub(crate) params_for_sub: Option<ParamsForSub>,
    /// The subscription that completion made.
    pub(crate) subscription_id: Option<SubscriptionId>,
    /// The invoice that completion made.
    pub(crate) invoice_id: Option<InvoiceId>,
    /// The payment of that invoice.
    pub(crate) payment_intent_id: Option<PaymentIntentId>,
    /// What was set up, or charged where completion named it.
    pub(crate) payment_method_id: Option<PaymentMethodId>,
    /// The payment link that it was made by.
    #[serde(default)]
    pub(crate) payment_link_id: Option<PaymentLinkId>,
    /// For how many days the subscription costs nothing at first, as the link says.
    #[serde(default)]
    pub(crate) free_trial_days: Option<i64>,
    /// When it was completed.
    pub(crate) completed_at: Option<Timestamp>,
    /// Free text by key.
    pub(crate) metadata: Metadata,
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) custom_fields: FieldValues,
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) subscription_fields: FieldValues,
    /// What was made and is not yet paid.
    #[schemars(skip)]
    pub(crate) attempt: Option<Attempt>,
    /// The newest card that somebody presented.
    #[schemars(skip)]
    pub(crate) presented: Option<Presented>,
    /// Until when its end waits for a processor's answer.
    #[schemars(skip)]
    pub(crate) waits_until: Option<Timestamp>,
    /// How many payments of it were declined.
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) declines: u32,
    /// Whether the invoice that it made is paid.
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) is_paid: bool,
    /// Whether its customer is nobody but whoever pays it, and was made of what they typed in.
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) introduced: bool,
}

impl CheckoutSession {
    /// The id.
    pub fn id(&self) -> &CheckoutSessionId {
        &self.record.id
    }

    /// Whether what it sold is paid. A session that was completed before this was kept is paid if it
    /// names its payment.
    fn payment_status(&self) -> SessionPayment {
        if self.mode == CheckoutMode::Setup || self.amount_total_atom.is_zero() {
            SessionPayment::NoPaymentRequired
        } else if self.is_paid || self.payment_intent_id.is_some() {
            SessionPayment::Paid
        } else {
            SessionPayment::Unpaid
        }
    }

    /// The session with its page, where the deployment was reached at `origin`.
    pub fn hosted_at(self, origin: Option<String>) -> Self {
        let (account, id) = (&self.record.account_id, self.id());
        let url = origin.map(|origin| {
            let secret = &self.secure_token;
            WebAddress::of(format!("{origin}/checkout/{account}/{id}?secure_token={secret}"))
        });
        Self { url, ..self }
    }

    /// Where it is in its life.
    pub fn state(&self) -> CheckoutState {
        self.state
    }
}

impl Entity for CheckoutSession {
    recorded!(kind::CheckoutSession);
    type Event = CheckoutSessionEvent;
    const RESOURCE: &'static str = "checkout-sessions";
    const HIDDEN: &'static [&'static str] = &[
        "secure_token",
        "url",
        "custom_fields",
        "subscription_fields",
        "attempt",
        "presented",
        "waits_until",
        "declines",
        "is_paid",
        "introduced",
    ];
    const SECRET: &'static [&'static str] = &["secure_token", "url"];

    fn lists(&self) -> Vec<List> {
        let mut lists = CheckoutSessionFilter::lists(self);
        lists.extend(lists_of_values(&self.custom_fields));
        lists
    }

    fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            CheckoutState::Open => Some(self.waits_until.unwrap_or(self.expires_at)),
            CheckoutState::Completed | CheckoutState::Expired => None,
        }
    }

    fn events(before: Option<&Self>, after: &Self) -> Vec<CheckoutSessionEvent> {
        vec![match before {
            None => CheckoutSessionEvent::Created,
            Some(before) if before.state == after.state => CheckoutSessionEvent::Updated,
            Some(_) => match after.state {
                CheckoutState::Completed => CheckoutSessionEvent::Completed,
                CheckoutState::Expired => CheckoutSessionEvent::Expired,
                CheckoutState::Open => CheckoutSessionEvent::Updated,
            },
        }]
    }

    fn complete(&self, object: &mut Item) {
        let completed = self.state == CheckoutState::Completed;
        object.insert("completed".to_owned(), completed.into());
        // The secret is in the address too.
        object.insert("secure_token".to_owned(), Value::Null);
        object.insert("url".to_owned(), Value::Null);
        object.insert("payment_status".to_owned(), self.payment_status().as_str().into());
    }

    fn complete_at(&self, object: &mut Item, now: Timestamp) {
        object.insert("is_expired".to_owned(), self.is_expired(now).into());
    }
}

impl Secured for CheckoutSession {
    fn secret(&self) -> &str {
        &self.secure_token
    }
}

impl Representation for CheckoutSession {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::custom_fields(EntityType::CheckoutSession),
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("subscription", "subscription_id", Reference::Subscription),
        Expansion::reference("invoice", "invoice_id", Reference::Invoice),
    ];

    fn example() -> Value {
        json!({
            "id": "cs_prod_0mkz6k3cs1e2s3s4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "mode": "payment",
            "state": "open",
            "completed": false,
            "is_expired": false,
            "payment_status": "unpaid",
            "secure_token": "cs_prod_0mkz6k3cs1e2s3s4_secret_6f1c0e5d9b7a48f2a3c4d5e6f708192a",
            "expires_in_hours": 24,
            "expires_at": "2026-02-01T09:30:00.000Z",
            "url": "https://billing.example.com/checkout/acc_prod_0mjuvda0a1b2c3d4/cs_prod_0mkz6k3cs1e2s3s4?secure_token=cs_prod_0mkz6k3cs1e2s3s4_secret_6f1c0e5d9b7a48f2a3c4d5e6f708192a",
            "success_url": "https://example.com/thanks?session=cs_prod_0mkz6k3cs1e2s3s4",
            "return_url": "https://example.com/cart",
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "customer_email": "jane@example.com",
            "currency": "usd",
            "line_items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
            "amount_subtotal_atom": 1200,
            "amount_discount_atom": 0,
            "amount_tax_atom": 0,
            "amount_total_atom": 1200,
            "coupon_id": null,
            "promotion_code": null,
            "allow_promotion_codes": false,
            "card_tokenization_mode": "direct",
            "card_checkout_settings": null,
            "processor_route_id": null,
            "cascade_status": null,
            "cascade_tiers": null,
            "setup_preferences": null,
            "params_for_sub": null,
            "subscription_id": null,
            "invoice_id": null,
            "payment_intent_id": null,
            "payment_method_id": null,
            "payment_link_id": null,
            "free_trial_days": null,
            "completed_at": null,
            "metadata": {},
            "status": "open",
        })
    }
}

filter! {
    /// Which sessions to list.
    pub struct CheckoutSessionFilter of CheckoutSession {
        /// Only those of this customer.
        customer_id: CustomerId,
        /// Only those in this state.
        state: CheckoutState,
        /// The same as `state`.
        status: CheckoutState,
    }
    same status = state
    together [customer_id, state]
}
