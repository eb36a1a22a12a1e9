//! Payment methods: what a customer can be charged by.
//!
//! A card is typed in at the processor, never here. Its client-side library gives a token for it; the
//! processor tells what the token stands for, and from then on is asked by its own name for the card
//! (`source`), which no client ever sees. A card number that is sent in the place of a token is
//! refused, unread and unkept.

mod token;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::token::PaymentToken;
use crate::{
    base::{
        error::Error,
        id::{CustomerId, PaymentMethodId, ProcessorId, kind},
        input::{WebAddress, choice, input},
        metadata::Metadata,
        time::Timestamp,
    },
    model::{
        customer::Customer,
        entity::{Companion, Entity, Item, PartOf, Place, Representation, recorded},
        event_type::{PaymentMethodEvent, created_or_updated},
        expansion::{Expansion, Reference},
        list::List,
        processor::{Attached, Card, Processor, watch::Watch},
        record::Record,
    },
};

choice! {
    /// What it is.
    pub enum PaymentMethodType {
        /// A card.
        Card = "card",
    }
}

choice! {
    /// Whether it can be charged.
    pub enum PaymentMethodStatus {
        /// It can.
        Active = "active",
    }
}

/// What a customer can be charged by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentMethod {
    #[serde(flatten)]
    record: Record<kind::PaymentMethod>,
    /// The customer it belongs to.
    customer_id: CustomerId,
    /// The processor that knows it.
    processor_id: ProcessorId,
    /// What it is.
    r#type: PaymentMethodType,
    /// The card, as the processor describes it.
    card: Card,
    /// Whether it can be charged.
    status: PaymentMethodStatus,
    /// When it was declined for good; null while it was not. No other invoice is charged to it by itself,
    /// until it has paid one that it is named for, is added again, or has another number or date.
    #[serde(default)]
    declined_at: Option<Timestamp>,
    /// Why it was declined for good: `stolen_card`, `expired_card`, …
    #[serde(default)]
    declined_code: Option<String>,
    /// Free text by key.
    metadata: Metadata,
    #[schemars(skip)]
    source: String,
    #[schemars(skip)]
    payer: Option<String>,
    /// Whether its processor's name for it is claimed: not where it was stored before there were claims.
    #[schemars(skip)]
    #[serde(default)]
    named: bool,
    /// What becomes of it once it has paid, where it was only presented at a checkout so far.
    #[schemars(skip)]
    presented: Option<PresentedMethod>,
    /// Whether it was declined for good, of one that was stored before it was kept when and why.
    #[schemars(skip)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    declined: bool,
}

/// A card that somebody presented at a checkout. Until it has paid it is in no list of the customer's,
/// is nobody's default, and is charged for nothing else: a card that is declined bought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PresentedMethod {
    makes_default: bool,
}

input! {
    /// What a client sends to add a payment method to a customer.
    pub struct NewPaymentMethod {
        /// The processor whose token it is; the account's default, when left out.
        pub(crate) processor_id: Option<ProcessorId>,
        /// What the processor's client-side library returned for the card; never a card number.
        pub(crate) token: PaymentToken,
        /// Whether it becomes what is charged where nothing else is named. A customer who has no such
        /// method gets this one in any case.
        pub(crate) make_default: Option<bool>,
        /// Where the customer comes back to, where their bank wants them to confirm the card: the answer
        /// then is `422` with a `next_action`, and the same request sent again adds the card once they have
        /// done it.
        pub(crate) return_url: Option<WebAddress>,
        /// Free text by key.
        pub(crate) metadata: Metadata,
    }
    example {"processor_id": "proc_prod_0mkz6k3cp1r2o3c4", "token": "test_success"}
}

pub(crate) const NOUN: &str = "payment method";

impl PaymentMethod {
    /// A new payment method of `customer`, as `processor` describes it.
    pub(crate) fn new(
        record: Record<kind::PaymentMethod>,
        customer: &Customer,
        processor: &Processor,
        attached: Attached,
        metadata: Metadata,
    ) -> Self {
        Self {
            record,
            customer_id: customer.id().clone(),
            processor_id: processor.id().clone(),
            r#type: PaymentMethodType::Card,
            card: attached.card,
            status: PaymentMethodStatus::Active,
            metadata,
            source: attached.source,
            named: attached.payer.is_some(),
            payer: attached.payer,
            presented: None,
            declined_at: None,
            declined_code: None,
            declined: false,
        }
    }

    /// The id.
    pub fn id(&self) -> &PaymentMethodId {
        &self.record.id
    }

    /// The customer it belongs to.
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// The processor that knows it.
    pub fn processor_id(&self) -> &ProcessorId {
        &self.processor_id
    }

    /// The card, as a person may see it.
    pub(crate) fn card(&self) -> &Card {
        &self.card
    }

    /// The processor's name for it.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it is the customer's to be charged by; otherwise it was only presented at a checkout.
    pub(crate) fn is_kept(&self) -> bool {
        self.presented.is_none()
    }

    /// The method, now that it has paid: the customer's from now on.
    pub(crate) fn kept(&self) -> Self {
        Self { presented: None, ..self.not_declined() }
    }

    /// The method, now that it was declined for good; it says when that was first.
    pub(crate) fn declined(&self, code: &str, now: Timestamp) -> Self {
        match self.declined_at {
            Some(_) => self.clone(),
            None => Self {
                declined_at: Some(now),
                declined_code: Some(code.to_owned()),
                declined: false,
                ..self.clone()
            },
        }
    }

    /// The method, of which it is not known any more that it is declined for good.
    fn not_declined(&self) -> Self {
        Self { declined_at: None, declined_code: None, declined: false, ..self.clone() }
    }

    /// Whether it was declined for good, and has not paid since.
    pub(crate) fn is_declined(&self) -> bool {
        self.declined || self.declined_at.is_some()
    }

    /// The method as a client adds it again.
    pub(crate) fn added_again(&self, card: Card, metadata: Metadata) -> Self {
        Self { card, metadata, presented: None, ..self.not_declined() }
    }

    /// The method, as its processor describes the card now; none, where that is nothing new. Another number
    /// or date was not declined yet.
    pub(crate) fn described(&self, card: Card) -> Option<Self> {
        (self.card != card).then(|| Self { card, ..self.not_declined() })
    }

    /// The method, to be removed: the name stays claimed, so that no event brings the card back.
    pub(crate) fn let_go(&self) -> Self {
        Self { named: false, ..self.clone() }
    }

    /// Whether it becomes the customer's default once it has paid.
    pub(crate) fn makes_default(&self) -> bool {
        self.presented.is_some_and(|presented| presented.makes_default)
    }

    /// The processor's name for who pays by it.
    pub(crate) fn payer(&self) -> Option<&str> {
        self.payer.as_deref()
    }

    /// The payment methods of a customer.
    pub fn of_customer(customer: &CustomerId) -> List {
        List::filtered(Self::RESOURCE, "customer_id", customer.as_str())
    }
}

impl Representation for PaymentMethod {
    const EXPANSIONS: &'static [Expansion] = &[
        Expansion::reference("customer", "customer_id", Reference::Customer),
        Expansion::reference("processor", "processor_id", Reference::Processor),
    ];

    fn example() -> Value {
        serde_json::json!({
            "id": "pm_prod_0mkz6k3cp1m2c3d4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "processor_id": "proc_prod_0mkz6k3cp1r2o3c4",
            "type": "card",
            "card": {"brand": "visa", "last_four": "4242", "exp_month": 12, "exp_year": 2099},
            "status": "active",
            "declined_at": null,
            "declined_code": null,
            "metadata": {},
        })
    }
}

impl Entity for PaymentMethod {
    recorded!(kind::PaymentMethod);
    type Event = PaymentMethodEvent;
    const RESOURCE: &'static str = "payment-methods";
    const HIDDEN: &'static [&'static str] = &["source", "payer", "named", "presented", "declined"];

    fn lists(&self) -> Vec<List> {
        match self.presented {
            None => vec![Self::of_customer(&self.customer_id)],
            Some(_) => Vec::new(),
        }
    }

    fn events(before: Option<&Self>, _: &Self) -> Vec<PaymentMethodEvent> {
        created_or_updated(before)
    }

    /// A card of a processor that knows its payers has a name of its own, and is added once, whether a
    /// client or an event comes first.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        if !self.named {
            return Ok(Vec::new());
        }
        let value = claimed(&self.processor_id, &self.source);
        let place = Place::Unique { what: CLAIM.to_owned(), value };
        Ok(vec![Companion { place, item: Item::new(), claims: None }])
    }
}

/// What the claim of a processor's name for a card is called.
pub(crate) const CLAIM: &str = "payment_methods.source";

/// The claim of a processor's name for a card.
pub(crate) fn claimed(processor: &ProcessorId, source: &str) -> String {
    format!("{processor}:{source}")
}

impl PartOf for PaymentMethod {
    fn whole(&self) -> &str {
        self.customer_id.as_str()
    }
}

/// A payment method that a customer is about to have, and what changes with it.
#[derive(Debug)]
pub struct Addition {
    pub(crate) method: PaymentMethod,
    /// The method as it is, where it was added before.
    pub(crate) known: Option<PaymentMethod>,
    pub(crate) processor: Processor,
    /// The watch over the processor's disputes, where it begins with this card.
    pub(crate) watch: Option<Watch>,
    pub(crate) before: Customer,
    pub(crate) after: Customer,
}

impl Addition {
    /// The same, of a card that is presented at a checkout: nothing changes with it before it has paid.
    pub(crate) fn presented(mut self) -> Self {
        let id = |customer: &Customer| customer.default_payment_method_id().cloned();
        let makes_default = id(&self.after) != id(&self.before);
        self.after = self.before.clone();
        // One that was kept before is kept.
        match &self.known {
            Some(known) => self.method = known.clone(),
            None => self.method.presented = Some(PresentedMethod { makes_default }),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method() -> PaymentMethod {
        let mut stored = PaymentMethod::example();
        for (name, value) in
            [("source", "pm_1".into()), ("payer", Value::Null), ("presented", Value::Null)]
        {
            stored[name] = value;
        }
        serde_json::from_value(stored).unwrap()
    }

    #[test]
    fn a_method_says_when_and_why_it_was_declined_for_good() {
        let (first, later): (Timestamp, Timestamp) =
            ("2026-01-01T00:00:00Z".parse().unwrap(), "2026-01-02T00:00:00Z".parse().unwrap());
        let declined = method().declined("stolen_card", first).declined("lost_card", later);
        assert_eq!(declined.declined_at, Some(first));
        assert_eq!(declined.declined_code.as_deref(), Some("stolen_card"));
        assert!(declined.is_declined());
        let mut card = declined.card.clone();
        assert!(declined.described(card.clone()).is_none());
        card.exp_year = card.exp_year.saturating_add(1);
        let again = [
            declined.kept(),
            declined.added_again(declined.card.clone(), Metadata::default()),
            declined.described(card).unwrap(),
        ];
        for again in again {
            assert!(!again.is_declined());
            assert_eq!((again.declined_at, again.declined_code), (None, None));
        }
    }

    #[test]
    fn one_that_was_stored_before_it_was_kept_when_is_declined() {
        let mut stored = serde_json::to_value(method()).unwrap();
        let fields = stored.as_object_mut().unwrap();
        fields.retain(|name, _| !name.starts_with("declined"));
        fields.insert("declined".to_owned(), true.into());
        let read: PaymentMethod = serde_json::from_value(stored).unwrap();
        assert!(read.is_declined() && read.declined_at.is_none());
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let stored = serde_json::to_value(read.declined("lost_card", now)).unwrap();
        assert_eq!((&stored["declined_code"], stored.get("declined")), (&"lost_card".into(), None));
    }
}
