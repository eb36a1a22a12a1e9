//! An operation: an async function from a context and its arguments to an answer.

use crate::http::idempotency;
use crate::store::Target;
use crate::work::Asked;
use crate::work::answer::Answer;
use crate::work::answer::Reply;
use std::{cell::RefCell, future::Future, rc::Rc};

use futures_util::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde_json::Value;

use super::{
    context::Context,
    describe::Description,
    extract::{Extract, Parts},
};
use crate::{
    base::error::Error,
    model::{
        auth::Scope,
        entity::{Entity, Representation},
        expansion::Expansion,
    },
    store::{Expand, Page},
};

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
                    #[expect(non_snake_case, reason = "one name for the type and the argument")]
                    let ($($argument,)*) = ($($argument::extract(&cx, &parts).await?,)*);
                    parts.finish()?;
                    let cx = cx.showing(expand, parts.found.take())?;
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
    let mut faults = crate::base::input::Faults::default();
    request.check_headers(&mut faults);
    let query = request.query(&mut faults);
    let expand = Expand::parse(&query.expand, expansions, &mut faults);
    let parts = Parts {
        request,
        parameters: RefCell::new(Some(query.parameters)),
        body_read: RefCell::new(false),
        found: RefCell::new(None),
        faults: RefCell::new(faults),
    };
    (parts, expand)
}

impl Context {
    /// The same request, which wants to see `expand` beside its answer. `found` is the id of the object
    /// that the path names by something else.
    pub(super) fn showing(self, expand: Expand, found: Option<String>) -> Result<Self, Error> {
        // The last object that the path names; where it names none, the account itself.
        let named = self.request.part.as_ref().or(self.request.target.as_ref()).cloned();
        let id = found.or(named).unwrap_or_else(|| self.account().to_string());
        let target = Target { id: Some(id), if_match: self.request.if_match() };
        let repeatable = match self.request.is_read() {
            true => None,
            false => idempotency::repeatable(&self)?,
        };
        let sees_secrets = [Scope::CheckoutSessionsWrite, Scope::CheckoutWrite]
            .into_iter()
            .any(|scope| self.caller.holds(scope));
        let work = self.work.for_request(Asked { target, expand, sees_secrets, repeatable });
        Ok(Self { work, ..self })
    }
}
