//! An operation: an async function from a context and its arguments to an answer.

use std::{cell::RefCell, future::Future, marker::PhantomData, rc::Rc};

use futures_util::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    context::Context,
    describe::Description,
    extract::{Extract, Parts},
};
use crate::{
    auth::PlainToken,
    error::Error,
    id::{Id, Kind},
    store::{Entity, Expand, Expansion, Page, Representation},
};

/// What an operation returns: an answer whose body is a `T`, or why not.
pub type Reply<T> = Result<Answer<T>, Error>;

/// An answer whose body is a `T`.
#[derive(Debug)]
pub struct Answer<T> {
    pub(super) body: Value,
    pub(super) version: Option<u64>,
    pub(super) replayed: bool,
    /// Shown to the client as `token`; never stored.
    pub(super) secret: Option<PlainToken>,
    /// Where the body is the text of a page: what a browser may load for it.
    pub(super) policy: Option<String>,
    of: PhantomData<T>,
}

impl<T> Answer<T> {
    pub(super) fn new(body: Value, version: Option<u64>) -> Self {
        Self { body, version, replayed: false, secret: None, policy: None, of: PhantomData }
    }

    /// The same answer, of another type: a stored answer is what it was when it was stored.
    pub(crate) fn retyped<U>(self) -> Answer<U> {
        Answer {
            body: self.body,
            version: self.version,
            replayed: self.replayed,
            secret: self.secret,
            policy: self.policy,
            of: PhantomData,
        }
    }
}

/// A page for a browser: the one answer that is no JSON.
#[derive(Debug)]
pub struct Html;

impl JsonSchema for Html {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Html".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

impl Representation for Html {
    const MEDIA: &'static str = "text/html";

    fn example() -> Value {
        "<!doctype html>…".into()
    }
}

/// The answer to a deletion.
#[derive(Debug, Serialize)]
#[serde(bound = "K: Kind")]
pub struct Deleted<K> {
    /// The id of what was deleted.
    id: Id<K>,
    /// Always true.
    deleted: bool,
}

impl<K> Deleted<K> {
    pub(super) fn new(id: Id<K>) -> Self {
        Self { id, deleted: true }
    }
}

impl<K: Kind> JsonSchema for Deleted<K> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        let words = K::NOUN.split([' ', '-']).map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters).collect::<String>()
        });
        format!("Deleted{}", words.collect::<String>()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let id = generator.subschema_for::<Id<K>>();
        schemars::json_schema!({
            "type": "object",
            "required": ["id", "deleted"],
            "additionalProperties": false,
            "properties": {"id": id, "deleted": {"type": "boolean", "description": "Always true."}},
        })
    }
}

impl<K: Kind> Representation for Deleted<K> {
    fn example() -> Value {
        serde_json::json!({"id": format!("{}_prod_0mkz6k3cx9y8z7w6", K::PREFIX), "deleted": true})
    }
}

impl<E: Entity> JsonSchema for Page<E> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", E::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let item = generator.subschema_for::<E>();
        schemars::json_schema!({
            "type": "object",
            "required": ["items", "total", "has_more"],
            "additionalProperties": false,
            "properties": {
                "items": {
                    "type": "array", "items": item, "description": "The page, newest first.",
                },
                "total": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "How many match, whatever the page: exact.",
                },
                "has_more": {
                    "type": "boolean", "description": "Whether there are more after this page.",
                },
            },
        })
    }
}

impl<E: Entity> Representation for Page<E> {
    const EXPANSIONS: &'static [Expansion] = E::EXPANSIONS;

    fn example() -> Value {
        serde_json::json!({"items": [E::example()], "total": 150, "has_more": true})
    }
}

/// A function that can be served. `Args` are the types of its arguments after the context.
pub trait Handler<Args>: Clone + 'static {
    /// Reads the arguments and runs the function once.
    fn run(self, cx: Context) -> LocalBoxFuture<'static, Result<Answer<()>, Error>>;

    /// What it takes and gives.
    fn describe() -> Description;
}

macro_rules! handler {
    ($($argument:ident),*) => {
        impl<F, Fut, T, $($argument),*> Handler<(T, $($argument,)*)> for F
        where
            F: Fn(Context, $($argument),*) -> Fut + Clone + 'static,
            Fut: Future<Output = Reply<T>>,
            T: Representation + 'static,
            $($argument: Extract,)*
        {
            fn run(self, cx: Context) -> LocalBoxFuture<'static, Result<Answer<()>, Error>> {
                Box::pin(async move {
                    let request = Rc::clone(&cx.request);
                    let (parts, expand) = begin(&request, T::EXPANSIONS);
                    if expand.scopes().iter().any(|scope| !cx.caller.holds(*scope)) {
                        return Err(Error::Forbidden("The token's scopes do not allow the expansion"));
                    }
                    let cx = Context { expand: Rc::new(expand), ..cx };
                    #[expect(non_snake_case, reason = "one name for the type and the argument")]
                    let ($($argument,)*) = ($($argument::extract(&cx, &parts).await?,)*);
                    parts.finish()?;
                    match ($($argument,)*) {
                        #[expect(non_snake_case, reason = "likewise")]
                        ($(Some($argument),)*) => self(cx, $($argument),*).await.map(Answer::retyped),
                        _ => Err(Error::Internal("a fault was not noted".to_owned())),
                    }
                })
            }

            fn describe() -> Description {
                let mut description = Description::of::<T>();
                $($argument::describe(&mut description);)*
                description
            }
        }
    };
}

handler!(A);
handler!(A, B);
handler!(A, B, C);

fn begin<'a>(
    request: &'a super::request::Request,
    expansions: &'static [Expansion],
) -> (Parts<'a>, Expand) {
    let mut faults = crate::input::Faults::default();
    request.check_headers(&mut faults);
    let query = request.query(&mut faults);
    let expand = Expand::parse(&query.expand, expansions, &mut faults);
    let parts = Parts {
        request,
        parameters: RefCell::new(Some(query.parameters)),
        body_read: RefCell::new(false),
        faults: RefCell::new(faults),
    };
    (parts, expand)
}
