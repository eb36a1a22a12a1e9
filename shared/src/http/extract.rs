//! The arguments of an operation, each read from its part of the request.
//!
//! They are read in the order they are written, and the order is the contract's: the object in the
//! path first (404), then body and query (400, 422), whose faults are gathered and reported together.

use crate::model::entity::PartOf;
use std::{cell::RefCell, future::Future};

use super::{context::Context, describe::Description, request::Request};
use crate::{
    base::{
        error::Error,
        id::Id,
        input::{Faults, FromCloudEvents, Input, Json, Location, Media, Nothing},
    },
    model::{
        entity::Entity,
        external_id::{ExternalId, ExternallyNamed},
        meter::{NamedUsage, UsageIdentifier},
        test_clock::AccountClock,
    },
};

/// The parts of a request that are still to be read.
pub struct Parts<'a> {
    /// The request.
    pub request: &'a Request,
    /// The query's parameters, until they are read.
    pub parameters: RefCell<Option<Json>>,
    /// Whether the body has been read.
    pub body_read: RefCell<bool>,
    /// What is wrong so far.
    pub faults: RefCell<Faults>,
    /// The id of the object that the path names, where it names it by something else.
    pub found: RefCell<Option<String>>,
}

/// An argument of an operation.
pub trait Extract: Sized {
    /// Reads the argument. `None` means that faults were noted.
    fn extract(
        cx: &Context,
        parts: &Parts<'_>,
    ) -> impl Future<Output = Result<Option<Self>, Error>>;

    /// Adds what the argument takes from the request to the operation's description.
    fn describe(description: &mut Description);
}

/// The object that the path names.
#[derive(Debug)]
pub struct Found<E>(pub E);

impl<E: Entity> Extract for Found<E> {
    async fn extract(cx: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        // Only the account's own routes have no id in their path.
        let own = cx.account().as_str();
        let text = parts.request.target.as_deref().unwrap_or(own);
        named(cx, text).await.map(|found| Some(Self(found)))
    }

    fn describe(description: &mut Description) {
        description.target::<E::Kind>();
    }
}

/// The object that the path names by the caller's own id.
#[derive(Debug)]
pub struct FoundExternal<E>(pub E);

impl<E: ExternallyNamed> Extract for FoundExternal<E> {
    async fn extract(cx: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        let text = parts.request.own_name.clone().unwrap_or_default();
        // What no object can be called is the name of none.
        let (query, mut none) = (Location::query(), Faults::default());
        let id = ExternalId::read(&Json::Text(text), &query, &mut none).ok_or(Error::NotFound)?;
        let found: Option<E> = cx.store().externally_named(cx.account(), &id).await?;
        let found = found.ok_or(Error::NotFound)?;
        parts.found.replace(Some(found.record().id.to_string()));
        Ok(Some(Self(found)))
    }

    fn describe(description: &mut Description) {
        description.external::<E::Kind>();
    }
}

/// The event of usage that the path names by its identifier, and the meters that have counted one of that;
/// nothing, where the path names none.
#[derive(Debug)]
pub struct FoundUsage(pub Option<NamedUsage>);

impl Extract for FoundUsage {
    async fn extract(cx: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        match parts.request.own_name.as_deref() {
            Some(identifier) => {
                cx.work().usage_named(identifier).await.map(|one| Some(Self(Some(one))))
            }
            None => Ok(Some(Self(None))),
        }
    }

    fn describe(description: &mut Description) {
        description.named::<UsageIdentifier>();
    }
}

/// The id that the path names: whether there is such an object is the flow's to find out, beside what else
/// it reads.
#[derive(Debug)]
pub struct Named<E: Entity>(pub Id<E::Kind>);

impl<E: Entity> Extract for Named<E> {
    async fn extract(cx: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        let text = parts.request.target.as_deref().unwrap_or_default();
        id_of::<E>(cx, text).map(|id| Some(Self(id)))
    }

    fn describe(description: &mut Description) {
        description.target::<E::Kind>();
    }
}

/// The account's clock. Only a staging account has one of its own.
impl Extract for AccountClock {
    async fn extract(cx: &Context, _: &Parts<'_>) -> Result<Option<Self>, Error> {
        let forbidden = "A production account has no test clock: its time is real time";
        cx.clock.clone().map(Some).ok_or(Error::Forbidden(forbidden))
    }

    fn describe(_: &mut Description) {}
}

/// The object that the path names as a part of the one before it.
#[derive(Debug)]
pub struct Part<E>(pub E);

impl<E: PartOf> Extract for Part<E> {
    async fn extract(cx: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        let found: E = named(cx, parts.request.part.as_deref().unwrap_or_default()).await?;
        match parts.request.target.as_deref() == Some(found.whole()) {
            true => Ok(Some(Self(found))),
            false => Err(Error::NotFound),
        }
    }

    fn describe(description: &mut Description) {
        description.part::<E::Kind>();
    }
}

/// The object whose id is `text`, if it is of the account.
async fn named<E: Entity>(cx: &Context, text: &str) -> Result<E, Error> {
    cx.find(&id_of::<E>(cx, text)?).await
}

/// The id that `text` is, if one of the account's objects may have it.
fn id_of<E: Entity>(cx: &Context, text: &str) -> Result<Id<E::Kind>, Error> {
    let id: Id<E::Kind> = text.parse().map_err(|_| Error::NotFound)?;
    match id.environment() == cx.account().environment() {
        true => Ok(id),
        false => Err(Error::NotFound),
    }
}

/// The body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: Input + schemars::JsonSchema> Extract for Body<T> {
    async fn extract(_: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        parts.body().map(|body| body.map(Self))
    }

    fn describe(description: &mut Description) {
        description.body::<T>();
    }
}

/// The body, of an operation that also takes CloudEvents.
#[derive(Debug)]
pub struct EventBody<T>(pub T);

impl<T: FromCloudEvents + schemars::JsonSchema> Extract for EventBody<T> {
    async fn extract(_: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        let faults = &mut *parts.faults.borrow_mut();
        let (kind, json) = parts.json(&Media::ALL)?;
        let noun = noun(&parts.request.resource_path);
        let at = Location::body(&noun);
        let read = match kind {
            Media::Plain => T::read(&json, &at, faults),
            Media::CloudEvent => T::from_event(&json, &at, faults),
            Media::CloudEvents => T::from_events(&json, &at, faults),
        };
        Ok(read.map(Self))
    }

    fn describe(description: &mut Description) {
        description.body::<T>();
        description.cloud_events::<T>();
    }
}

/// The query, of an operation that lists nothing.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: Input + schemars::JsonSchema> Extract for Params<T> {
    async fn extract(_: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        Ok(parts.query().map(Self))
    }

    fn describe(description: &mut Description) {
        description.parameters::<T>();
    }
}

impl Parts<'_> {
    /// Reads the body.
    pub fn body<T: Input>(&self) -> Result<Option<T>, Error> {
        let (_, json) = self.json(&[Media::Plain])?;
        let noun = noun(&self.request.resource_path);
        Ok(T::read(&json, &Location::body(&noun), &mut self.faults.borrow_mut()))
    }

    fn json(&self, kinds: &[Media]) -> Result<(Media, Json), Error> {
        self.body_read.replace(true);
        self.request.body_as(kinds)
    }

    /// Reads the query.
    pub fn query<T: Input>(&self) -> Option<T> {
        let parameters = self.parameters.borrow_mut().take()?;
        T::read(&parameters, &Location::query(), &mut self.faults.borrow_mut())
    }

    /// Reads what no argument read: there must be nothing in it.
    pub fn finish(&self) -> Result<(), Error> {
        let _: Option<Nothing> = self.query();
        if !*self.body_read.borrow() {
            let _: Option<Nothing> = self.body()?;
        }
        match self.faults.borrow().is_empty() {
            true => Ok(()),
            false => Err(Error::Faulty(self.faults.borrow().clone())),
        }
    }
}

/// What a person calls the thing that a path is about: "customer" for `/api/customers/{id}`.
fn noun(path: &str) -> String {
    let resource = path.split('/').nth(2).unwrap_or_default().replace('-', " ");
    resource.strip_suffix('s').map(str::to_owned).unwrap_or(resource)
}
