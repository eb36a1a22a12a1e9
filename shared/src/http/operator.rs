//! Functions that the operator invokes with IAM credentials. They have no route, no token and no
//! rate limit: who may invoke them is AWS's to say. Their event is their input, as JSON.

use crate::work::deadline::within;
use std::{future::Future, process::ExitCode, rc::Rc, sync::Arc, time::Duration};

use futures_util::future::LocalBoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::Value;

use super::{
    process::started,
    runtime::{self, finished},
};
use crate::{
    base::{
        config::Config,
        error::Error,
        id::{AccountId, IdSource},
        input::{Faults, Input, Json, Location},
        time::{Clock, Timestamp},
    },
    model::event::{Actor, ActorType, Cause},
    store::{Store, Target, Tx},
    work::{
        Work,
        backfill::{Backfill, Backfilled},
        books::{BooksAsked, BooksWritten},
    },
};

/// What an operator's function has at hand.
#[derive(Clone, Debug)]
pub struct Operator {
    store: Arc<Store>,
    ids: Arc<IdSource>,
    invocation: String,
}

impl Operator {
    /// Real time.
    pub fn now(&self) -> Timestamp {
        Clock.now()
    }

    /// Where ids come from.
    pub fn ids(&self) -> &IdSource {
        &self.ids
    }

    /// Work on an account that exists, at the time that it is there.
    pub async fn work(&self, account: &AccountId) -> Result<Work, Error> {
        let moment = self.store.moment_of(account, self.now()).await?;
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        Ok(Work::new(store, ids, account.clone(), moment, self.cause()))
    }

    /// Has objects that were stored before a filter enter its lists, for as long as an invocation may
    /// take.
    pub async fn backfill(&self, backfill: Backfill) -> Result<Backfilled, Error> {
        let until = self.now().plus_millis(BACKFILL_MS);
        backfill.run((&self.store, &self.ids), &self.invocation, until).await
    }

    /// Writes books to the deployment's bucket.
    pub async fn books(&self, asked: BooksAsked) -> Result<BooksWritten, Error> {
        asked.run(&self.store).await
    }

    /// Begins a change of `account`.
    pub fn begin(&self, account: &AccountId) -> Tx {
        let ids = Arc::clone(&self.ids);
        Tx::new(account.clone(), self.now().into(), ids, self.cause(), Target::default())
    }

    fn cause(&self) -> Cause {
        let actor = Actor::nameless(ActorType::Operator);
        Cause { request_id: self.invocation.clone(), actor }
    }

    /// Makes the change and returns `output`.
    pub async fn commit<T>(&self, tx: Tx, output: T) -> Result<T, Error> {
        self.store.commit(tx, None).await.map(|_| output)
    }
}

/// What is kept back of the function's time to answer in.
const MARGIN_MS: i64 = 1_000;
/// After how long a backfill begins nothing more.
const BACKFILL_MS: i64 = 5_000;

type Run = Box<dyn Fn(Operator, Value) -> LocalBoxFuture<'static, Result<Value, Error>>>;

/// Serves one operator's function until Lambda stops the process.
pub async fn serve_operator<I, O, F, Fut>(handler: F) -> ExitCode
where
    I: Input,
    O: Serialize,
    F: Fn(Operator, I) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<O, Error>>,
{
    until_stopped(Box::new(move |operator, payload| {
        let handler = handler.clone();
        Box::pin(async move {
            let output = handler(operator, read(&payload)?).await?;
            serde_json::to_value(output).map_err(|error| Error::Internal(error.to_string()))
        })
    }))
    .await
}

async fn until_stopped(run: Run) -> ExitCode {
    let start = async { Store::new(&Config::from_env()?).map(Arc::new) };
    let store = match started(start).await {
        Ok(store) => store,
        Err(code) => return code,
    };
    let (ids, run) = (Arc::new(IdSource::new(Clock)), Rc::new(run));
    let handle = move |event: LambdaEvent<Value>| {
        let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        let left = deadline.saturating_sub(MARGIN_MS).saturating_sub(Clock.now().millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        let operator = Operator {
            store: Arc::clone(&store),
            ids: Arc::clone(&ids),
            invocation: event.context.request_id,
        };
        let run = Rc::clone(&run);
        async move {
            let output = within(left, run(operator, event.payload)).await;
            // An operator is told everything: there is nobody to hide it from.
            output.map_err(|error| lambda_runtime::Error::from(error.explained()))
        }
    };
    finished(runtime::run(service_fn(handle), async || {}).await)
}

fn read<I: Input>(payload: &Value) -> Result<I, Error> {
    let json = Json::parse(&payload.to_string()).map_err(|why| Error::NotJson(why.0))?;
    let mut faults = Faults::default();
    let read = I::read(&json, &Location::body("event"), &mut faults);
    // A field that nobody knows is a fault of what can be read without it: `scope` for `scopes`.
    read.filter(|_| faults.is_empty()).ok_or(Error::Faulty(faults))
}
