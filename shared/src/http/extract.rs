//! The arguments of an operation, each read from its part of the request.
//!
//! They are read in the order they are written, and the order is the contract's: the object in the
//! path first (404), then body and query (400, 422), whose faults are gathered and reported together.

use std::{cell::RefCell, future::Future};

use serde_json::json;

use super::{context::Context, describe::Description, request::Request};
use crate::{
    error::Error,
    id::{Id, Kind},
    input::{Faults, Input, Json, Location, Nothing},
    page::{Limit, Offset, PageRequest, TimeRange},
    store::{Entity, List},
    test_clock::AccountClock,
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

/// The account's clock. Only a staging account has one of its own.
impl Extract for AccountClock {
    async fn extract(cx: &Context, _: &Parts<'_>) -> Result<Option<Self>, Error> {
        let forbidden = "A production account has no test clock: its time is real time";
        cx.clock.clone().map(Some).ok_or(Error::Forbidden(forbidden))
    }

    fn describe(_: &mut Description) {}
}

/// An object that is found as a part of another one, whose id comes before its own in the path.
pub trait PartOf: Entity {
    /// The id of what it is a part of.
    fn whole(&self) -> &str;
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
    let id: Id<E::Kind> = text.parse().map_err(|_| Error::NotFound)?;
    if id.environment() != cx.account().environment() {
        return Err(Error::NotFound);
    }
    cx.find(&id).await
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

impl Parts<'_> {
    /// Reads the body.
    pub fn body<T: Input>(&self) -> Result<Option<T>, Error> {
        self.body_read.replace(true);
        let json = self.request.body()?;
        let noun = noun(&self.request.resource_path);
        Ok(T::read(&json, &Location::body(&noun), &mut self.faults.borrow_mut()))
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

/// Which list of its entity a filter names.
pub trait Filter: Input + schemars::JsonSchema {
    /// What is listed.
    type Entity: Entity;

    /// The list.
    fn list(&self) -> List;

    /// Whether the filters go together; if not, the parameter that does not, and what is wrong with it.
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        Ok(())
    }
}

/// The one filter that is given, if any; a second beside it is a fault.
pub fn one_of<'a>(
    filters: &[(&'static str, Option<&'a str>)],
    at: &Location<'_>,
    faults: &mut Faults,
) -> Option<Option<(&'static str, &'a str)>> {
    let mut given = filters.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let first = given.next();
    match (first, given.next()) {
        (Some((first, _)), Some((second, _))) => {
            let hint = format!("cannot be combined with {first}: give one of them");
            faults.not_valid(&at.field(second), "not_combinable", &hint);
            None
        }
        _ => Some(first),
    }
}

/// All of a resource: no filters.
#[derive(Debug)]
pub struct Unfiltered<E>(std::marker::PhantomData<E>);

impl<E: Entity> Input for Unfiltered<E> {
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        Nothing::read(value, at, faults).map(|Nothing| Self(std::marker::PhantomData))
    }
}

impl<E> schemars::JsonSchema for Unfiltered<E> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unfiltered".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        json_schema_of_nothing()
    }
}

fn json_schema_of_nothing() -> schemars::Schema {
    schemars::json_schema!({"type": "object", "properties": {}})
}

impl<E: Entity> Filter for Unfiltered<E> {
    type Entity = E;

    fn list(&self) -> List {
        List::all(E::RESOURCE)
    }
}

/// A page of a list: `limit`, `offset`, `created_at[…]`, and the list's own filters.
#[derive(Debug)]
pub struct Listing<F> {
    /// The list's own filters.
    pub filter: F,
    /// When the objects were made.
    pub range: TimeRange,
    /// Which part.
    pub page: PageRequest,
}

const PAGING: [&str; 3] = ["limit", "offset", "created_at"];
const BESIDE_FILTERS: [&str; 4] = ["limit", "offset", "created_at", "expand"];

impl<F: Filter> Extract for Listing<F> {
    async fn extract(_: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        Ok(parts.query())
    }

    fn describe(description: &mut Description) {
        let limit = "How many objects to return.";
        description.parameter::<Option<Limit>>("limit", limit, Some(json!(20)));
        let offset = "How many objects to skip, from the newest.";
        description.parameter::<Option<Offset>>("offset", offset, Some(json!(0)));
        description.parameters::<F>();
        description.range();
    }
}

impl<F: Filter> Input for Listing<F> {
    /// The fields of a page, and beside them the filter's: one flat object, read in two halves so
    /// that each half sees only what is its own.
    fn read(value: &Json, at: &Location<'_>, faults: &mut Faults) -> Option<Self> {
        let Json::Object(fields) = value else {
            return faults.wrong_type(at, "an object", value);
        };
        let of_page = |(name, _): &&(String, Json)| PAGING.contains(&name.as_str());
        let (page, filter): (Vec<_>, Vec<_>) = fields.iter().partition(of_page);
        let [page, filter] =
            [page, filter].map(|half| Json::Object(half.into_iter().cloned().collect::<Vec<_>>()));
        let page = Paging::read(&page, at, faults);
        let filter = F::read(&filter, &Location::query_beside(&BESIDE_FILTERS), faults);
        let (page, filter) = (page?, filter?);
        if let Err((name, hint)) = filter.check() {
            faults.not_understood(&at.field(name), "not_combinable", hint);
            return None;
        }
        Some(Self {
            filter,
            range: page.created_at.unwrap_or_default(),
            page: PageRequest::new(page.limit, page.offset),
        })
    }
}

crate::input::input! {
    /// The part of a list's query that every list has.
    struct Paging {
        limit: Option<Limit>,
        offset: Option<Offset>,
        created_at: Option<TimeRange>,
    }
}

/// The id in the path, for a description.
pub fn id_schema<K: Kind>() -> serde_json::Value {
    json!({"type": "string", "pattern": format!("^{}_(prod|stg)_[a-z0-9]{{16}}$", K::PREFIX)})
}
