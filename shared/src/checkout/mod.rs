//! Checkout sessions: something is offered to somebody, who accepts it once or not at all.
//!
//! | file | what |
//! |---|---|
//! | `offer` | prices and quantities, and what they come to |
//! | `create` | what a client may ask for |
//! | `life` | what a session becomes: pure |
//! | `begin` | the subscription and the invoice that an offer stands for, made and undone |
//! | `complete` | step by step from an open session to a completed one |
//! | `expire` | the end of a session that nobody completed |
//! | `settings` | free objects for the page that shows it |
//!
//! What completion makes is written before any money moves, and linked to the session while that is
//! still open. The payment of that invoice and the completion of the session are one transaction, in
//! whichever process it comes about: so whatever races or dies, there is one subscription, one charge
//! and one completion, or none of the three.

mod begin;
mod complete;
mod create;
mod expire;
mod life;
mod offer;
mod settings;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::life::{Attempt, Presented};
pub use self::{
    complete::{Completion, Means},
    create::{NewCheckoutSession, NewParams},
    life::{CheckoutMode, CheckoutState},
    offer::{CascadeStatus, CascadeTier, LineItem, NewCascadeTier, NewLineItem, TierState, Totals},
    settings::Settings,
};
use crate::{
    auth::Scope,
    custom_field::{EntityType, FieldValues, held},
    customer::Customer,
    event::Verb,
    http::{Filter, Secured},
    id::{
        CheckoutSessionId, CouponId, CustomerId, InvoiceId, PaymentIntentId, PaymentMethodId,
        ProcessorRouteId, SubscriptionId, kind,
    },
    input::{Email, WebAddress, choice, input},
    invoice::Invoice,
    metadata::Metadata,
    money::{Atoms, Currency},
    promotion_code::Code,
    record::Record,
    store::{Entity, Expansion, Item, List, Load, Representation, Shape},
    subscription::Subscription,
    time::Timestamp,
};

choice! {
    /// How a card reaches its processor.
    pub enum TokenizationMode {
        /// From the page to the processor's client-side library, which returns a token.
        Direct = "direct",
    }
}

/// What completion passes on to the subscription.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ParamsForSub {
    /// Values of custom fields, by key, as they were sent.
    custom_fields: Settings,
}

/// Something that is offered to somebody.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = crate::record::status_like_state)]
pub struct CheckoutSession {
    #[serde(flatten)]
    record: Record<kind::CheckoutSession>,
    /// What completing it does.
    mode: CheckoutMode,
    /// Where it is in its life.
    state: CheckoutState,
    /// Whether it was completed.
    #[serde(skip_deserializing)]
    #[schemars(with = "bool")]
    completed: Option<bool>,
    /// Whether the time to complete it is over.
    #[serde(skip_deserializing)]
    #[schemars(with = "bool")]
    is_expired: Option<bool>,
    /// What opens the session to a publishable token.
    secure_token: String,
    /// How many hours there are to complete it.
    expires_in_hours: i64,
    /// When they are over.
    expires_at: Timestamp,
    /// The address of a hosted page. Null: this deployment hosts none; show your own with the id and
    /// the `secure_token`.
    url: Option<WebAddress>,
    /// Where the customer goes after completion; `{CHECKOUT_SESSION_ID}` in it was replaced.
    success_url: WebAddress,
    /// Where the customer goes otherwise.
    return_url: WebAddress,
    /// Who buys; known at the latest when it is completed.
    customer_id: Option<CustomerId>,
    /// Their e-mail address.
    customer_email: Option<Email>,
    /// The currency of all its amounts.
    currency: Option<Currency>,
    /// What is offered.
    line_items: Vec<LineItem>,
    /// What is charged now, before the coupon.
    amount_subtotal_atom: Atoms,
    /// What the coupon takes off it.
    amount_discount_atom: Atoms,
    /// What is left to be paid now.
    amount_total_atom: Atoms,
    /// The coupon that is redeemed.
    coupon_id: Option<CouponId>,
    /// The code of the coupon that is redeemed.
    promotion_code: Option<Code>,
    /// How a card reaches its processor.
    card_tokenization_mode: TokenizationMode,
    /// Settings of the page, kept as they were sent.
    card_checkout_settings: Option<Settings>,
    /// The processors to try, in their order; the account's default, when null.
    processor_route_id: Option<ProcessorRouteId>,
    /// Which of several offers is next; null where there is one.
    cascade_status: Option<CascadeStatus>,
    /// What is offered when the line items are declined, in this order.
    cascade_tiers: Option<Vec<CascadeTier>>,
    /// Settings of the page, kept as they were sent.
    setup_preferences: Option<Settings>,
    /// What completion passes on to the subscription.
    params_for_sub: Option<ParamsForSub>,
    /// The subscription that completion made.
    subscription_id: Option<SubscriptionId>,
    /// The invoice that completion made.
    invoice_id: Option<InvoiceId>,
    /// The payment of that invoice.
    payment_intent_id: Option<PaymentIntentId>,
    /// What was set up, or charged where completion named it.
    payment_method_id: Option<PaymentMethodId>,
    /// When it was completed.
    completed_at: Option<Timestamp>,
    /// Free text by key.
    metadata: Metadata,
    #[serde(default)]
    #[schemars(skip)]
    custom_fields: FieldValues,
    #[serde(default)]
    #[schemars(skip)]
    subscription_fields: FieldValues,
    /// What was made and is not yet paid.
    #[schemars(skip)]
    attempt: Option<Attempt>,
    /// The newest card that somebody presented.
    #[schemars(skip)]
    presented: Option<Presented>,
    /// Until when its end waits for a processor's answer.
    #[schemars(skip)]
    waits_until: Option<Timestamp>,
}

impl CheckoutSession {
    /// The id.
    pub fn id(&self) -> &CheckoutSessionId {
        &self.record.id
    }

    /// Where it is in its life.
    pub fn state(&self) -> CheckoutState {
        self.state
    }
}

impl Entity for CheckoutSession {
    type Kind = kind::CheckoutSession;
    const EVENT: &'static str = "checkout_session";
    const RESOURCE: &'static str = "checkout-sessions";
    const HIDDEN: &'static [&'static str] =
        &["custom_fields", "subscription_fields", "attempt", "presented", "waits_until"];

    fn record(&self) -> &Record<kind::CheckoutSession> {
        &self.record
    }

    fn record_mut(&mut self) -> &mut Record<kind::CheckoutSession> {
        &mut self.record
    }

    fn lists(&self) -> Vec<List> {
        let state = ("state", self.state.as_str());
        let mut lists = match &self.customer_id {
            Some(customer) => {
                List::combinations(Self::RESOURCE, &[("customer_id", customer.as_str()), state])
            }
            None => List::combinations(Self::RESOURCE, &[state]),
        };
        lists.extend(held(&self.custom_fields));
        lists
    }

    fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            CheckoutState::Open => Some(self.waits_until.unwrap_or(self.expires_at)),
            CheckoutState::Completed | CheckoutState::Expired => None,
        }
    }

    fn verbs(before: Option<&Self>, after: &Self) -> Vec<Verb> {
        vec![match before {
            None => Verb::Created,
            Some(before) if before.state == after.state => Verb::Updated,
            Some(_) => match after.state {
                CheckoutState::Completed => Verb::Completed,
                CheckoutState::Expired => Verb::Expired,
                CheckoutState::Open => Verb::Updated,
            },
        }]
    }

    fn complete(&self, object: &mut Item) {
        object.insert("status".to_owned(), self.state.as_str().into());
        let completed = self.state == CheckoutState::Completed;
        object.insert("completed".to_owned(), completed.into());
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
        Expansion { name: "custom_fields", load: Load::CustomFields(EntityType::CheckoutSession) },
        Expansion {
            name: "customer",
            load: Load::Reference {
                field: "customer_id",
                shape: Shape::of::<Customer>,
                scope: Scope::CustomersRead,
            },
        },
        Expansion {
            name: "subscription",
            load: Load::Reference {
                field: "subscription_id",
                shape: Shape::of::<Subscription>,
                scope: Scope::SubscriptionsRead,
            },
        },
        Expansion {
            name: "invoice",
            load: Load::Reference {
                field: "invoice_id",
                shape: Shape::of::<Invoice>,
                scope: Scope::InvoicesRead,
            },
        },
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
            "secure_token": "6f1c0e5d9b7a48f2a3c4d5e6f708192a",
            "expires_in_hours": 24,
            "expires_at": "2026-02-01T09:30:00.000Z",
            "url": null,
            "success_url": "https://example.com/thanks?session=cs_prod_0mkz6k3cs1e2s3s4",
            "return_url": "https://example.com/cart",
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "customer_email": "jane@example.com",
            "currency": "usd",
            "line_items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
            "amount_subtotal_atom": 1200,
            "amount_discount_atom": 0,
            "amount_total_atom": 1200,
            "coupon_id": null,
            "promotion_code": null,
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
            "completed_at": null,
            "metadata": {},
            "status": "open",
        })
    }
}

input! {
    /// Which sessions to list.
    pub struct CheckoutSessionFilter {
        /// Only those of this customer.
        customer_id: Option<CustomerId>,
        /// Only those in this state.
        state: Option<CheckoutState>,
        /// The same as `state`.
        status: Option<CheckoutState>,
    }
}

impl Filter for CheckoutSessionFilter {
    type Entity = CheckoutSession;

    fn list(&self) -> List {
        let customer = self.customer_id.as_ref().map(|id| id.as_str());
        let state = self.state.or(self.status).map(CheckoutState::as_str);
        let named = [("customer_id", customer), ("state", state)];
        List::combination(CheckoutSession::RESOURCE, &named)
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        match self.state.is_some() && self.status.is_some() && self.state != self.status {
            true => Err(("status", "is another than state; send one of the two")),
            false => Ok(()),
        }
    }
}
