//! Ids: `<prefix>_<environment>_<16 of [a-z0-9]>`, and the one registry of prefixes.
//!
//! The sixteen characters are one number in base 36: the object's `created_at` in milliseconds (nine
//! digits, enough until the year 5188) and seven digits that order the ids of one millisecond. So
//! text order is creation order, a list sorted by id is sorted by time, and a time range is an id
//! range. The seven digits are the microseconds that have passed since that millisecond began, so two
//! ids of one millisecond are in the order in which they were made, in whichever processes, and a
//! random rest below 2,612; within one process every id is greater than the one before it. Two
//! processes that meet on all of it are told apart by the condition every insert carries: the second
//! tries again.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base::{
    input::{Faults, Input, Json, Location, choice},
    time::{Clock, Moment, Timestamp},
};

choice! {
    /// The two worlds of one deployment. No object of one is ever visible in the other.
    pub enum Environment {
        /// Production: real money.
        Prod = "prod",
        /// Staging: the same API without consequences.
        Stg = "stg",
    }
}

/// Sorts before every id.
pub const BEFORE_IDS: &str = "!";

/// Sorts after every id.
pub const AFTER_IDS: &str = "~";

/// A type of object that has ids.
pub trait Kind: 'static {
    /// What its ids begin with.
    const PREFIX: &'static str;
    /// What a person calls it.
    const NOUN: &'static str;
}

macro_rules! registry {
    ($($kind:ident, $alias:ident, $prefix:literal, $noun:literal;)*) => {
        /// One marker type per prefix.
        pub mod kind {
            $(
                #[doc = concat!("The kind whose ids begin with `", $prefix, "_`.")]
                #[derive(Debug)]
                pub enum $kind {}
                impl super::Kind for $kind {
                    const PREFIX: &'static str = $prefix;
                    const NOUN: &'static str = $noun;
                }
            )*
        }
        $(
            #[doc = concat!("An id that begins with `", $prefix, "_`.")]
            pub type $alias = Id<kind::$kind>;
        )*

        #[cfg(test)]
        const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

// Alphabetical by prefix. A prefix is forever: it is in every id ever given out.
registry! {
    Account,                AccountId,              "acc",     "account";
    CustomField,            CustomFieldId,          "cf",      "custom field definition";
    CreditNote,             CreditNoteId,           "cn",      "credit note";
    Coupon,                 CouponId,               "cpn",     "coupon";
    ChangeRequest,          ChangeRequestId,        "cr",      "change request";
    CheckoutSession,        CheckoutSessionId,      "cs",      "checkout session";
    Customer,               CustomerId,             "cus",     "customer";
    Discount,               DiscountId,             "di",      "discount";
    Delivery,               DeliveryId,             "dlv",     "delivery";
    Dispute,                DisputeId,              "dp",      "dispute";
    Event,                  EventId,                "evt",     "event";
    InvoiceItem,            InvoiceItemId,          "ii",      "invoice item";
    Invoice,                InvoiceId,              "in",      "invoice";
    DeliveryLane,           DeliveryLaneId,         "lane",    "delivery lane";
    Meter,                  MeterId,                "mtr",     "meter";
    PaymentIntent,          PaymentIntentId,        "pi",      "payment intent";
    Passkey,                PasskeyId,              "pkey",    "passkey";
    PaymentLink,            PaymentLinkId,          "plink",   "payment link";
    PaymentMethod,          PaymentMethodId,        "pm",      "payment method";
    Price,                  PriceId,                "price",   "price";
    Processor,              ProcessorId,            "proc",    "processor";
    Product,                ProductId,              "prod",    "product";
    PromotionCode,          PromotionCodeId,        "promo",   "promotion code";
    ProcessorRoute,         ProcessorRouteId,       "proute",  "processor route";
    PortalSession,          PortalSessionId,        "ps",      "portal session";
    ProcessorWatch,         ProcessorWatchId,       "pw",      "processor watch";
    Refund,                 RefundId,               "re",      "refund";
    SubscriptionItem,       SubscriptionItemId,     "si",      "subscription item";
    Subscription,           SubscriptionId,         "sub",     "subscription";
    Token,                  TokenId,                "tok",     "token";
    TaxRate,                TaxRateId,              "txr",     "tax rate";
    WebhookEndpoint,        WebhookEndpointId,      "we",      "webhook endpoint";
}

/// An id of one kind of object. It can only be parsed or made new, so one of the wrong kind never
/// gets past the place where it enters.
pub struct Id<K>(Box<str>, PhantomData<fn() -> K>);

/// Why a text is not an id of the kind asked for. A client is never told which: it gets the same 404
/// as for an id that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl<K> Id<K> {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<K: Kind> Id<K> {
    /// A new id for an object created at `at`.
    pub fn new(environment: Environment, at: impl Into<Moment>, ids: &IdSource) -> Self {
        let tail = base36(ids.next(at.into()));
        Self(format!("{}_{environment}_{tail}", K::PREFIX).into(), PhantomData)
    }

    /// The environment it belongs to.
    pub fn environment(&self) -> Environment {
        match self.0.get(K::PREFIX.len()..).is_some_and(|rest| rest.starts_with("_prod_")) {
            true => Environment::Prod,
            false => Environment::Stg,
        }
    }

    /// The lowest id that an object created at `at` can have: the bound of a range of time.
    pub fn lowest(environment: Environment, at: Timestamp) -> String {
        let millis = millis(at).min(LAST_MILLISECOND);
        format!("{}_{environment}_{}", K::PREFIX, base36(millis * TAIL_VALUES))
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let rest = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_'));
        let tail =
            rest.and_then(|rest| rest.strip_prefix("prod_").or_else(|| rest.strip_prefix("stg_")));
        let well_formed = tail.is_some_and(|tail| {
            tail.len() == DIGITS
                && tail.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        if well_formed { Ok(Self(text.into(), PhantomData)) } else { Err(NotAnId) }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|NotAnId| de::Error::custom("not an id of the expected kind"))
    }
}

impl<K: Kind> Input for Id<K> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let id = value.text(at, faults)?.parse().ok();
        if id.is_none() {
            let hint = format!("is not the id of a {} ({}_…)", K::NOUN, K::PREFIX);
            faults.not_valid(at, "no_such_object", &hint);
        }
        id
    }
}

impl<K: Kind> JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}_id", K::PREFIX).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!("^{}_(prod|stg)_[a-z0-9]{{16}}$", K::PREFIX),
            "description": format!("The id of a {}.", K::NOUN),
            "examples": [format!("{}_prod_0m6zk1x2y3w4v5u6", K::PREFIX)],
        })
    }
}

/// The id that follows from `parts`, always the same: of an object that there is one of for them. With
/// `begins`, another id, it begins with that one's time, so that both sort alike.
pub fn derived<K: Kind>(environment: Environment, begins: Option<&str>, parts: &[&str]) -> Id<K> {
    let digest = ring::digest::digest(&ring::digest::SHA256, parts.join("#").as_bytes());
    let begin = begins.and_then(|id| id.rsplit('_').next()).and_then(|tail| tail.get(..9));
    let letter = |byte: &u8| {
        let place = usize::from(*byte % 36);
        char::from(ALPHABET.get(place).copied().unwrap_or(b'0'))
    };
    let rest = digest.as_ref().iter().map(letter);
    let tail: String = begin.unwrap_or_default().chars().chain(rest).take(DIGITS).collect();
    Id(format!("{}_{environment}_{tail}", K::PREFIX).into(), PhantomData)
}

const DIGITS: usize = 16;
const TAIL_VALUES: u128 = 36_u128.pow(7);
const LAST_MILLISECOND: u128 = 36_u128.pow(9) - 1;
/// Microseconds that a request can take: API Gateway waits 29 seconds.
const LONGEST: u128 = 30_000_000;
const PER_MICROSECOND: u128 = TAIL_VALUES / LONGEST;
/// While an account's time stands still, ids are told apart by steps of a millisecond…
const STOPPED_STEP: u128 = 1000;
/// …and within one by a random rest below 16…
const PER_STOPPED_STEP: u128 = 16;
/// …which lasts for 56 days at one instant; after that ids of one process still sort.
const LONGEST_STOP: u128 = TAIL_VALUES / PER_STOPPED_STEP - 2_000_000;
const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// `value` as sixteen base-36 digits.
fn base36(mut value: u128) -> String {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(value % 36).unwrap_or(0);
        *digit = ALPHABET.get(index).copied().unwrap_or(b'0');
        value /= 36;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

fn millis(at: Timestamp) -> u128 {
    u128::try_from(at.millis()).unwrap_or(0)
}

/// Where the numbers in ids come from: increasing within a process, unguessable between processes.
#[derive(Debug)]
pub struct IdSource {
    clock: Clock,
    /// The last number and the moment that it was made for. Two accounts whose times stand at one
    /// instant have stood there for different times, so the one's numbers say nothing of the other's.
    last: Mutex<Option<(Moment, u128)>>,
}

impl IdSource {
    /// A source that orders the ids of one millisecond by `clock`.
    pub fn new(clock: Clock) -> Self {
        Self { clock, last: Mutex::default() }
    }

    fn next(&self, at: Moment) -> u128 {
        let fresh = millis(at.now()) * TAIL_VALUES + self.tail(at);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.filter(|(moment, _)| *moment == at).map(|(_, number)| number + 1);
        let number = before.map_or(fresh, |next| fresh.max(next));
        *last = Some((at, number));
        number
    }

    /// Orders the ids of one millisecond: by real time since it began or, where the account's time
    /// stands still, since it was stopped there.
    fn tail(&self, at: Moment) -> u128 {
        let random = u128::from(u64::from_le_bytes(random()));
        let since = |instant: Timestamp| {
            let micros = self.clock.micros().saturating_sub(instant.millis().saturating_mul(1000));
            u128::try_from(micros).unwrap_or(0)
        };
        match at.stopped_at() {
            Some(stopped) => {
                let steps = since(stopped) / STOPPED_STEP;
                steps.min(LONGEST_STOP) * PER_STOPPED_STEP + random % PER_STOPPED_STEP
            }
            None => since(at.now()).min(LONGEST - 1) * PER_MICROSECOND + random % PER_MICROSECOND,
        }
    }

    /// A new request id: `req_` and sixteen characters.
    pub fn request_id(&self) -> String {
        let rest = u128::from(u64::from_le_bytes(random())) % TAIL_VALUES;
        format!("req_{}", base36(millis(self.clock.now()) * TAIL_VALUES + rest))
    }
}

/// `N` bytes from the operating system's random source.
pub fn random<const N: usize>() -> [u8; N] {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness no id or token is safe to give out"
    )]
    SystemRandom::new().fill(&mut bytes).expect("the operating system has no random source");
    bytes
}

#[cfg(test)]
mod tests;
