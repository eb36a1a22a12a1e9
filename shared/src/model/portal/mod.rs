//! The customer portal: a page on which a customer sees and changes what an account keeps of them.
//!
//! | file | what |
//! |---|---|
//! | `mod` | the session that opens it: whose portal, for an hour |
//! | `form` | what a customer does there |
//! | `view` | what is on the page |
//! | `sheet` | what the template is given |
//! | `subscribed` | what is there of a subscription |
//! | `wish` | another plan or quantity, as a customer asks for it |
//! | `told` | what is said there of what was done |
//!
//! A session's address is its secret, and only the digest of the secret is stored: the address is in the
//! answer that makes it, and nowhere else. It opens one customer's portal and nothing beside it.

mod form;
mod sheet;
mod subscribed;
mod told;
mod view;
mod wish;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::told::Told;
pub(crate) use self::view::{
    NextCharge, Payable, Portal, Renewal, Shown, closed, credit_note_file, invoice_file,
};
pub(crate) use self::wish::{Choice, Costs, Planned, is_of_portal};
pub use self::{
    form::{Act, PortalForm},
    wish::Wish,
};
use crate::{
    base::{
        id::{CustomerId, PortalSessionId, kind},
        input::{WebAddress, choice, input},
        time::Timestamp,
    },
    model::{
        auth::{HashedToken, PlainToken},
        entity::{Entity, Item, Representation, recorded},
        event_type::PortalSessionEvent,
        list::List,
        record::Record,
    },
};

pub(crate) const NOUN: &str = "portal session";

/// How long a session opens the portal.
const HOURS: i64 = 1;

choice! {
    /// What a customer comes for.
    pub enum PortalFlow {
        /// To see and pay invoices.
        Invoices = "invoices",
        /// To change what is charged.
        PaymentMethods = "payment_methods",
        /// To see, cancel and keep subscriptions.
        Subscriptions = "subscriptions",
        /// To change their address.
        Details = "details",
    }
}

/// What opens the portal of one customer, for an hour.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PortalSession {
    #[serde(flatten)]
    record: Record<kind::PortalSession>,
    /// Whose portal it opens.
    customer_id: CustomerId,
    /// Where the customer goes back to.
    return_url: WebAddress,
    /// What stands first on the page, below invoices that are to be paid; null where that is as always.
    flow: Option<PortalFlow>,
    /// When it opens nothing any more, in real time.
    expires_at: Timestamp,
    /// The address of the page: in the answer that makes the session, and null in events. Whoever has
    /// it may do what the customer may.
    url: Option<WebAddress>,
    #[schemars(skip)]
    digest: HashedToken,
}

input! {
    /// What a client sends to open the portal for a customer.
    pub struct NewPortalSession {
        /// Whose portal it opens.
        pub(crate) customer_id: CustomerId,
        /// Where the customer goes back to.
        pub(crate) return_url: WebAddress,
        /// What stands first on the page, below invoices that are to be paid.
        pub(crate) flow: Option<PortalFlow>,
    }
    example {
        "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
        "return_url": "https://example.com/account",
        "flow": "subscriptions",
    }
}

impl PortalSession {
    /// A new session, and the secret that opens it; `now` is real time, by which it expires.
    pub(crate) fn new(
        record: Record<kind::PortalSession>,
        new: NewPortalSession,
        now: Timestamp,
    ) -> (Self, PlainToken) {
        let secret = PlainToken::of_portal(record.account_id.environment());
        let session = Self {
            record,
            customer_id: new.customer_id,
            return_url: new.return_url,
            flow: new.flow,
            expires_at: now.plus_hours(HOURS),
            url: None,
            digest: secret.hashed(),
        };
        (session, secret)
    }

    /// The session with its page, where the deployment was reached at `origin`. The secret is to follow:
    /// it is stored with nothing.
    pub fn hosted_at(self, origin: Option<String>) -> Self {
        let (account, id) = (&self.record.account_id, self.id());
        let url = origin
            .map(|origin| WebAddress::of(format!("{origin}/portal/{account}/{id}?secure_token=")));
        Self { url, ..self }
    }

    /// The id.
    pub fn id(&self) -> &PortalSessionId {
        &self.record.id
    }

    /// Whose portal it opens.
    pub(crate) fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// Where the customer goes back to.
    pub(crate) fn return_url(&self) -> &WebAddress {
        &self.return_url
    }

    /// What stands first on the page.
    pub(crate) fn flow(&self) -> Option<PortalFlow> {
        self.flow
    }

    /// Whether it opens the portal at `now` of real time.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The digest of the secret that opens it.
    pub fn digest(&self) -> &str {
        self.digest.as_str()
    }
}

impl Entity for PortalSession {
    recorded!(kind::PortalSession);
    type Event = PortalSessionEvent;
    const RESOURCE: &'static str = "portal-sessions";
    const HIDDEN: &'static [&'static str] = &["url", "digest"];
    const SECRET: &'static [&'static str] = &["url"];

    /// None: it is found by its address alone.
    fn lists(&self) -> Vec<List> {
        Vec::new()
    }

    fn events(_: Option<&Self>, _: &Self) -> Vec<PortalSessionEvent> {
        vec![PortalSessionEvent::Created]
    }

    fn complete(&self, object: &mut Item) {
        object.insert("url".to_owned(), Value::Null);
    }
}

impl Representation for PortalSession {
    fn example() -> Value {
        json!({
            "id": "ps_prod_0mkz6k3cp1o2r3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "customer_id": "cus_prod_0mkz6k3cx9y8z7w6",
            "return_url": "https://example.com/account",
            "flow": "subscriptions",
            "expires_at": "2026-01-31T10:30:00.000Z",
            "url": "https://billing.example.com/portal/acc_prod_0mjuvda0a1b2c3d4/ps_prod_0mkz6k3cp1o2r3t4?secure_token=po_prod_5hK0yT3vQ8mZ1cR7nW4xB6jL2pD9sF0aG8kE",
        })
    }
}
