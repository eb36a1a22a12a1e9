//! What an object says of itself so that it can be stored, listed and shown.
//!
//! The store reads and writes every entity by these words alone; an entity's own file says them once.

mod declare;
pub mod size;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    base::{
        error::Error,
        id::{Kind, ProcessorId},
        time::Timestamp,
    },
    model::{
        auth::HashedToken,
        event_type::EventType,
        expansion::Expansion,
        list::{Gated, List},
        record::{Entered, Record},
        status,
    },
};

/// An item, or an object a client sees: attributes by name.
pub type Item = Map<String, Value>;

/// What an answer can hold.
pub trait Representation: JsonSchema {
    /// What it is written as.
    const MEDIA: &'static str = "application/json";

    /// What a client can ask to see beside it.
    const EXPANSIONS: &'static [Expansion] = &[];

    /// What the documentation shows.
    fn example() -> Value;
}

/// An object of the API. One type serves storage and answers: what is stored is its fields, what is
/// shown is its fields without the hidden ones, completed with what follows from them.
pub trait Entity: Representation + Clone + Serialize + DeserializeOwned + 'static {
    /// The kind of its ids.
    type Kind: Kind;

    /// What its events are called.
    type Event: EventType;

    /// The resource, as in its path; also the name of the list of all.
    const RESOURCE: &'static str;

    /// Fields that are stored and never shown.
    const HIDDEN: &'static [&'static str] = &[];

    /// Of those, the ones that an answer shows to whoever may change such objects, and no event does.
    const SECRET: &'static [&'static str] = &[];

    /// Fields that are kept packed (`model::packed`), where that is shorter. They are read by `packed::read`.
    const PACKED: &'static [&'static str] = &[];

    /// How many bytes large a client may make it; what it grows by without one fits beside.
    const MOST_BYTES: usize = size::MOST_KEPT;

    /// How many bytes large it may be where it is kept.
    const MOST_KEPT: usize = size::MOST_KEPT;

    /// Id, account, times, version.
    fn record(&self) -> &Record<Self::Kind>;

    /// The same, to be replaced by `Tx` alone.
    fn record_mut(&mut self) -> &mut Record<Self::Kind>;

    /// The filters that came when there were objects already: fields of the names of lists. Which of
    /// their lists an object has entered is noted on it, so that one that was stored before leaves none
    /// that it never entered; the backfill has it enter them.
    const LATER: &'static [&'static str] = &[];

    /// The lists it is in: that of all, and one for each documented filter.
    fn lists(&self) -> Vec<List> {
        vec![List::all(Self::RESOURCE)]
    }

    /// The lists that it has entered: those it says it is in, but for later ones that it was stored
    /// before, and with those that it was in when it was stored.
    fn entered(&self) -> Vec<List> {
        let says = self.lists();
        let Entered::Noted(noted) = &self.record().entered else { return says };
        let ever = says.into_iter().filter(|list| !list.is_of(Self::LATER));
        let noted = noted.split_whitespace().map(|one| List::of_note(Self::RESOURCE, one));
        ever.chain(noted).collect()
    }

    /// Those of its lists of which a rule says "while none is in it": entering one costs a write more.
    fn gates(&self) -> Vec<Gated> {
        Vec::new()
    }

    /// When the next thing happens to it without anybody asking. The due index holds this instant, in
    /// the same transaction as the state that it follows from.
    fn due_at(&self) -> Option<Timestamp> {
        None
    }

    /// What a change from `before` to `after` is called: one event for each type, and at least one.
    fn events(before: Option<&Self>, after: &Self) -> Vec<Self::Event>;

    /// Whether a change from `before` to `after` moved what its customer has and owes, as
    /// `GET /customers/{id}/state` shows it: then one event more tells of that.
    fn moves_customer(_before: Option<&Self>, _after: &Self) -> bool {
        false
    }

    /// Items that live and die with it: claims of unique values, look-ups by another key.
    fn companions(&self) -> Result<Vec<Companion>, Error> {
        Ok(Vec::new())
    }

    /// Adds to the shown `object` what follows from the stored fields.
    fn complete(&self, _object: &mut Item) {}

    /// Adds to the shown `object` what follows from the stored fields and the time.
    fn complete_at(&self, _object: &mut Item, _now: Timestamp) {}
}

/// Inside `impl Entity`: the kind of its ids, and its field `record`, which every entity has.
macro_rules! recorded {
    ($kind:ty) => {
        type Kind = $kind;

        fn record(&self) -> &$crate::model::record::Record<$kind> {
            &self.record
        }

        fn record_mut(&mut self) -> &mut $crate::model::record::Record<$kind> {
            &mut self.record
        }
    };
}

pub(crate) use {declare::entity, recorded};

/// An object that is found as a part of another one, whose id comes before its own in the path.
pub trait PartOf: Entity {
    /// The id of what it is a part of.
    fn whole(&self) -> &str;
}

/// An object with a secret.
pub trait Secured: Entity {
    /// The secret.
    fn secret(&self) -> &str;
}

/// Where an item is that lives and dies with an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// The claim that an account has one object whose `what` is `value`.
    Unique {
        /// The resource and the field, with what else the value is unique within.
        what: String,
        /// The value.
        value: String,
    },
    /// The entry by which the sweeper finds a staging account.
    Staging,
    /// The look-up of a token by the digest of its text.
    Token(HashedToken),
    /// The look-up of a processor by its id, before the account is known.
    Processor(ProcessorId),
    /// The entry in the due index of deliveries, which is in real time for all accounts.
    Delivery {
        /// When.
        at: Timestamp,
        /// What.
        id: String,
    },
}

/// An item that exists exactly while its object says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Companion {
    /// Where it is.
    pub place: Place,
    /// What it holds beyond its owner.
    pub item: Item,
    /// The noun and the field that a client hears of when the key is another object's; none, where
    /// the request can be run again and will choose another.
    pub claims: Option<(&'static str, &'static str)>,
}

/// An object as a client sees it, and beside it what is only needed to expand it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The answer.
    pub object: Item,
    /// The hidden fields.
    pub hidden: Item,
}

impl Shown {
    /// How `entity` is shown, as far as that does not depend on the time.
    pub fn of<E: Entity>(entity: &E) -> Result<Self, Error> {
        let Ok(Value::Object(mut object)) = serde_json::to_value(entity) else {
            return Err(Error::Internal(format!("one of {} cannot be shown", E::RESOURCE)));
        };
        let hide = |name: &&str| object.shift_remove_entry(*name);
        let hidden = E::HIDDEN.iter().filter_map(hide).collect();
        status::show(&mut object);
        entity.complete(&mut object);
        Ok(Self { object, hidden })
    }

    /// How `entity` is shown at `now`.
    pub fn at<E: Entity>(entity: &E, now: Timestamp) -> Result<Self, Error> {
        let mut shown = Self::of(entity)?;
        entity.complete_at(&mut shown.object, now);
        Ok(shown)
    }

    /// The same with what only those may see who may change it.
    pub fn revealing<E: Entity>(mut self) -> Self {
        for name in E::SECRET {
            if let Some(secret) = self.hidden.get(*name) {
                self.object.insert((*name).to_owned(), secret.clone());
            }
        }
        self
    }

    /// Reads a stored item as an `E` and shows it.
    pub fn stored<E: Entity>(item: Item, now: Timestamp) -> Result<Self, Error> {
        Self::at(&decode::<E>(item)?, now)
    }
}

/// Reads a stored item into its type.
pub fn decode<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    let id = item.get("id").and_then(Value::as_str).map(str::to_owned);
    let read = serde_json::from_value(Value::Object(item));
    read.map_err(|error| unreadable(id.as_deref(), &error))
}

/// What is said of a stored item that cannot be read: of an object, with its id.
pub(crate) fn unreadable(id: Option<&str>, error: &serde_json::Error) -> Error {
    let named = id.map(|id| format!(" ({id})")).unwrap_or_default();
    Error::Internal(format!("a stored item{named} cannot be read: {error}"))
}

/// Writes a value as the attributes of an item; what is `null` is left out.
pub fn encode<T: Serialize>(value: &T) -> Result<Item, Error> {
    match serde_json::to_value(value) {
        Ok(Value::Object(mut item)) => {
            item.retain(|_, value| !value.is_null());
            Ok(item)
        }
        Ok(_) => Err(Error::Internal("only an object can be stored".to_owned())),
        Err(error) => Err(Error::Internal(format!("a value cannot be stored: {error}"))),
    }
}
