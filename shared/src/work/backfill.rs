//! The backfill: objects that were stored before a filter enter its lists.
//!
//! It goes through the table once, in the table's own order, and has each object enter the lists that it
//! says it is in and is noted not to have entered (`Entity::LATER`), in one transaction with the note, on
//! the condition that the object and its note are as they were read. So it may run while the API does,
//! twice, or beside itself; an object that changes in the meantime has entered them by that. Whoever
//! stops goes on from the place that was last answered, or from the beginning: what is done is found
//! done, for the price of reading it.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde::Serialize;

use crate::{
    base::{
        error::Error,
        id::{AccountId, IdSource, Kind},
        input::{Text, input},
        telemetry::log_failure,
        time::{Clock, Timestamp},
    },
    model::{
        account::Account,
        change_request::ChangeRequest,
        checkout::CheckoutSession,
        coupon::Coupon,
        credit_note::CreditNote,
        custom_field::CustomFieldDefinition,
        customer::Customer,
        dispute::Dispute,
        entity::{Entity, Item, decode},
        event::{Actor, ActorType, Cause, Event},
        invoice::Invoice,
        meter::Meter,
        passkey::Passkey,
        payment_intent::PaymentIntent,
        payment_link::PaymentLink,
        payment_method::PaymentMethod,
        portal::PortalSession,
        price::Price,
        processor::{Processor, ProcessorRoute},
        product::Product,
        promotion_code::PromotionCode,
        refund::Refund,
        subscription::Subscription,
        tax_rate::TaxRate,
        token::Token,
        webhook::{Delivery, Lane, WebhookEndpoint},
    },
    store::{ScanPlace, Store, Target, Tx, key::Key},
};

/// How many items are read at once.
const PAGE: i32 = 500;
/// How many objects enter their lists at once.
const AT_ONCE: usize = 8;
/// How often an object is read again that has changed in the meantime.
const ATTEMPTS: u32 = 5;

input! {
    /// Where the backfill goes on.
    pub struct Backfill {
        /// `after` of the last answer; from the beginning, when it is left out.
        after: Option<Text<1, 4096>>,
    }
}

/// How far the backfill has got.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Backfilled {
    /// How many items of the table were looked at.
    read: usize,
    /// How many objects have entered a list, or left one that is no more.
    entered: usize,
    /// How many could not: the log says which, and the next run finds them again.
    left: usize,
    /// Where to go on; null at the end.
    after: Option<String>,
}

/// What became of an object.
enum Became {
    AsItWas,
    Entered,
    Left,
}

/// Whoever has objects enter their lists.
struct Filler<'a> {
    store: &'a Store,
    ids: &'a Arc<IdSource>,
    invocation: &'a str,
}

impl Backfill {
    /// Goes through the table until `until`, in real time.
    pub async fn run(
        self,
        (store, ids): (&Store, &Arc<IdSource>),
        invocation: &str,
        until: Timestamp,
    ) -> Result<Backfilled, Error> {
        let filler = Filler { store, ids, invocation };
        let mut done = Backfilled::default();
        let mut place = self.after.map(|after| ScanPlace::read(after.as_str())).transpose()?;
        loop {
            let page = store.scan_objects(place.as_ref(), PAGE).await?;
            done.read += page.read;
            let all = stream::iter(page.items).map(|item| filler.take(item));
            let all: Vec<Became> = all.buffer_unordered(AT_ONCE).collect().await;
            for became in all {
                match became {
                    Became::AsItWas => {}
                    Became::Entered => done.entered += 1,
                    Became::Left => done.left += 1,
                }
            }
            place = page.next;
            if place.is_none() || Clock.now() >= until {
                done.after = place.map(|place| place.text());
                return Ok(done);
            }
        }
    }
}

/// Which kind of object an id is of: every kind there is, so that none can be forgotten.
macro_rules! by_kind {
    ($filler:ident, $id:ident, $item:ident: $($entity:ty),+ $(,)?) => {
        match $id.split('_').next().unwrap_or_default() {
            $(<$entity as Entity>::Kind::PREFIX => $filler.enter::<$entity>($item).await,)+
            other => Err(Error::Internal(format!("no kind of object has ids like {other}"))),
        }
    };
}

impl Filler<'_> {
    async fn take(&self, item: Item) -> Became {
        let id = item.get("id").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let became = by_kind!(
            self, id, item:
            Account, ChangeRequest, CheckoutSession, Coupon, CreditNote, CustomFieldDefinition,
            Customer, Delivery, Dispute, Event, Invoice, Lane, Meter, Passkey, PaymentIntent, PaymentLink,
            PaymentMethod, PortalSession, Price, Processor, ProcessorRoute, Product, PromotionCode,
            Refund, Subscription, TaxRate, Token, WebhookEndpoint,
        );
        became.unwrap_or_else(|error| {
            log_failure(&format!("{id} was not entered in its lists"), &error.explained());
            Became::Left
        })
    }

    async fn enter<E: Entity>(&self, item: Item) -> Result<Became, Error> {
        if E::LATER.is_empty() {
            return Ok(Became::AsItWas);
        }
        let mut stored = item;
        for _ in 0..ATTEMPTS {
            let entity: E = decode(stored.clone())?;
            let account = entity.record().account_id.clone();
            let mut tx = self.begin(&account);
            if !tx.relist(&entity, &stored) {
                return Ok(Became::AsItWas);
            }
            match self.store.commit(tx, None).await {
                Ok(_) => return Ok(Became::Entered),
                // It was read from whichever copy; or it has been changed, and has entered by that.
                Err(Error::Stale) => {}
                Err(error) => return Err(error),
            }
            let key = Key::object(&account, &entity.record().id);
            match self.store.get(&account, &key).await? {
                Some(there) => stored = there,
                None => return Ok(Became::AsItWas),
            }
        }
        Ok(Became::Left)
    }

    fn begin(&self, account: &AccountId) -> Tx {
        let actor = Actor::nameless(ActorType::Operator);
        let cause = Cause { request_id: self.invocation.to_owned(), actor };
        let ids = Arc::clone(self.ids);
        Tx::new(account.clone(), Clock.now().into(), ids, cause, Target::default())
    }
}
