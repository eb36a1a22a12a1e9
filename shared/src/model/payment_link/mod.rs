//! Payment links: an address that is shared with anybody, and makes a checkout session each time it is
//! opened.
//!
//! | `is_active` | meaning |
//! |---|---|
//! | true | whoever opens the address gets a session of their own |
//! | false | the address leads nowhere, for good; the sessions it made go on |

mod create;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    base::{
        error::Error,
        id::{CouponId, CustomerId, PaymentLinkId, kind},
        input::{Integer, Several, Text, WebAddress, choice, rule},
        metadata::Metadata,
        patch::Change,
    },
    model::{
        checkout::{
            CheckoutMode, CheckoutSession, LineItem, NewCheckoutSession, NewLineItem,
            PublicCheckoutSession,
        },
        custom_field::FieldChanges,
        entity::{Entity, Item, Representation, Secured, entity, recorded},
        event_type::{PaymentLinkEvent, created_or_updated},
        record::Record,
    },
};

pub(crate) const NOUN: &str = "payment link";

choice! {
    /// What the sessions of a link do.
    pub enum LinkMode {
        /// They sell something once.
        Payment = "payment",
        /// They begin a subscription, and may sell something once beside it.
        Subscription = "subscription",
        /// They add a payment method and charge nothing.
        Setup = "setup",
    }
}

/// For how many days a subscription costs nothing at first.
pub type TrialDays = Integer<1, 730>;

entity! {
    /// An address that makes a checkout session each time it is opened.
    pub struct PaymentLink of kind::PaymentLink;

    /// What a client sends to create a payment link.
    new NewPaymentLink
    rules [rule::one_of([
        rule::all_of([
            rule::says("mode", &["setup"]),
            rule::absent(&["line_items", "coupon_id", "free_trial_days"]),
        ]),
        rule::all_of([rule::says("mode", &["subscription"]), rule::given(&["line_items"])]),
        rule::all_of([
            rule::says_not("mode", &["setup", "subscription"]),
            rule::given(&["line_items"]),
            rule::absent(&["free_trial_days"]),
        ]),
    ])]
    example {
        "name": "Team plan, monthly",
        "mode": "subscription",
        "line_items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
        "free_trial_days": 14,
        "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
        "return_url": "https://example.com/pricing",
    }

    /// What a client sends to change a payment link. What it sells stays: for something else, make
    /// another link.
    patch PaymentLinkPatch
    example {"is_active": false}

    fields {
        /// What a person calls it.
        name: required Text<1, 255>,
        /// What its sessions do.
        mode: default(LinkMode::Payment) LinkMode {
            /// What its sessions do; payment, when left out.
            new,
        },
        /// What its sessions offer.
        line_items: kept(Vec::new()) Vec<LineItem> as Option<Several<NewLineItem>> {
            /// What its sessions offer: one-time prices; for a subscription at least one recurring.
            new,
        },
        /// Who buys; when null, whoever pays says.
        customer_id: optional CustomerId {
            /// Who buys; when left out, whoever pays says.
            new,
        },
        /// The coupon that its sessions redeem.
        coupon_id: optional CouponId { new },
        /// Whether whoever pays may type a promotion code in on the hosted page.
        #[serde(default)]
        allow_promotion_codes: default(false) bool {
            /// Whether whoever pays may type a promotion code in on the hosted page; false, when left out. Not
            /// together with a coupon.
            new,
        },
        /// For how many days the subscription costs nothing at first.
        free_trial_days: kept(None) Option<i64> as Option<TrialDays> {
            /// For how many days the subscription costs nothing at first; in the mode subscription only.
            new,
        },
        /// Where the customer goes after completion; `{CHECKOUT_SESSION_ID}` in it is replaced.
        success_url: required WebAddress {
            new,
            /// Where the customer goes after completion.
            patch,
        },
        /// Where the customer goes otherwise.
        return_url: required WebAddress,
        /// How many hours there are to complete a session, from the opening on.
        expires_in_hours: kept(HOURS) i64 as Option<Integer<1, 720>> | Change<Integer<1, 720>> {
            /// How many hours there are to complete a session, from the opening on; 24, when left out.
            new,
            patch,
        },
        /// Whether it can be opened. Once false, it stays so.
        is_active: default(true) bool {
            /// Whether it can be opened; true, when left out. Once false, it stays so.
            new,
            patch,
        },
        /// The address to share: shown to tokens that may write links, and null to others and in events.
        url: kept(None) Option<WebAddress>,
        /// What is secret in the address: shown to the same tokens.
        #[schemars(with = "Option<String>")]
        secure_token: kept(String::new()) String,
        /// Free text by key.
        metadata: required Metadata {
            new,
            /// Free text by key: replaces all of it.
            patch,
        },
    }
}

/// How many hours there are to complete a session, where the link does not say.
const HOURS: i64 = 24;

/// The session that opening a link with these parts makes.
fn session_of(
    mode: LinkMode,
    line_items: Option<Several<NewLineItem>>,
    (customer, coupon, codes): (&Option<CustomerId>, &Option<CouponId>, bool),
    (success_url, return_url, expires_in_hours): (WebAddress, WebAddress, Option<Integer<1, 720>>),
) -> NewCheckoutSession {
    let mode = match mode {
        LinkMode::Setup => CheckoutMode::Setup,
        LinkMode::Payment | LinkMode::Subscription => CheckoutMode::Payment,
    };
    NewCheckoutSession {
        success_url,
        return_url,
        mode: Some(mode),
        customer_id: customer.clone(),
        expires_in_hours,
        line_items,
        coupon_id: coupon.clone(),
        promotion_code: None,
        allow_promotion_codes: Some(codes),
        card_checkout_settings: None,
        processor_route_id: None,
        cascade_line_items: None,
        setup_preferences: None,
        params_for_sub: None,
        metadata: Metadata::default(),
        custom_fields: FieldChanges::default(),
    }
}

impl PaymentLink {
    /// A new link, whose parts were checked.
    pub(crate) fn new(
        record: Record<kind::PaymentLink>,
        new: NewPaymentLink,
        secure_token: String,
    ) -> Self {
        let lines = new.line_items.clone().into_iter().flatten();
        Self {
            line_items: lines.map(LineItem::from).collect(),
            free_trial_days: new.free_trial_days.map(Integer::get),
            expires_in_hours: new.expires_in_hours.map_or(HOURS, Integer::get),
            secure_token,
            ..Self::from_new(record, new)
        }
    }

    /// The link with its address, where the deployment was reached at `origin`.
    pub fn hosted_at(self, origin: Option<String>) -> Self {
        let (account, id) = (&self.record.account_id, self.id());
        let url = origin.map(|origin| {
            let secret = &self.secure_token;
            WebAddress::of(format!("{origin}/pay/{account}/{id}?secure_token={secret}"))
        });
        Self { url, ..self }
    }

    /// The link with the changes a client asks for.
    pub fn patched(&self, patch: PaymentLinkPatch) -> Result<Self, Error> {
        let hours = patch.expires_in_hours.value().map(|hours| hours.get());
        let patched = Self {
            expires_in_hours: hours.unwrap_or(self.expires_in_hours),
            ..self.with_patch(patch)
        };
        if patched.is_active && !self.is_active {
            let hint = "was switched off, and stays so: whoever has its address was told that it \
                        leads nowhere. Make another link";
            return Err(Error::rule(NOUN, "is_active", "not_allowed", hint));
        }
        Ok(patched)
    }

    /// The id.
    pub fn id(&self) -> &PaymentLinkId {
        &self.record.id
    }

    /// Why it cannot be opened, where it was switched off.
    pub(crate) fn open(&self) -> Result<(), Error> {
        let hint = "was switched off by its seller, and leads nowhere any more";
        if self.is_active { Ok(()) } else { Err(Error::not_now(NOUN, "inactive", hint)) }
    }

    /// For how many days the subscription costs nothing at first.
    pub(crate) fn free_trial_days(&self) -> Option<i64> {
        self.free_trial_days
    }

    /// The session that somebody was given by opening it.
    pub(crate) fn opened(&self, session: CheckoutSession) -> CheckoutSession {
        let payment_link_id = Some(self.id().clone());
        CheckoutSession { payment_link_id, free_trial_days: self.free_trial_days, ..session }
    }

    /// What a client would ask for to make a session of it.
    pub(crate) fn session(&self) -> NewCheckoutSession {
        let lines = self.line_items.iter().map(NewLineItem::of).collect();
        let urls = (
            self.success_url.clone(),
            self.return_url.clone(),
            Some(Integer::clamped(self.expires_in_hours)),
        );
        let referred = (&self.customer_id, &self.coupon_id, self.allow_promotion_codes);
        session_of(self.mode, Several::of(lines), referred, urls)
    }
}

impl Secured for PaymentLink {
    fn secret(&self) -> &str {
        &self.secure_token
    }
}

impl Entity for PaymentLink {
    recorded!(kind::PaymentLink);
    type Event = PaymentLinkEvent;
    const RESOURCE: &'static str = "payment-links";
    const HIDDEN: &'static [&'static str] = &["secure_token", "url"];
    const SECRET: &'static [&'static str] = &["secure_token", "url"];

    fn events(before: Option<&Self>, _: &Self) -> Vec<PaymentLinkEvent> {
        created_or_updated(before)
    }

    fn complete(&self, object: &mut Item) {
        // The secret is in the address too.
        object.insert("secure_token".to_owned(), Value::Null);
        object.insert("url".to_owned(), Value::Null);
    }
}

impl Representation for PaymentLink {
    fn example() -> Value {
        json!({
            "id": "plink_prod_0mkz6k3cp1l2n3k4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "name": "Team plan, monthly",
            "mode": "subscription",
            "line_items": [{"price_id": "price_prod_0mkz6k3ca9b8c7d6", "quantity": 1}],
            "customer_id": null,
            "coupon_id": null,
            "allow_promotion_codes": false,
            "free_trial_days": 14,
            "success_url": "https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
            "return_url": "https://example.com/pricing",
            "expires_in_hours": 24,
            "is_active": true,
            "url": "https://billing.example.com/pay/acc_prod_0mjuvda0a1b2c3d4/plink_prod_0mkz6k3cp1l2n3k4?secure_token=6f1c0e5d9b7a48f2a3c4d5e6f708192a",
            "secure_token": "6f1c0e5d9b7a48f2a3c4d5e6f708192a",
            "metadata": {},
        })
    }
}

/// A session that somebody has just been given by opening a link: what a payer may know of it, and what
/// opens it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenedLink {
    #[serde(flatten)]
    pub(crate) session: PublicCheckoutSession,
    /// What opens the session to a publishable token.
    pub(crate) secure_token: String,
    /// The address of the page on which it is paid.
    pub(crate) url: Option<WebAddress>,
}
