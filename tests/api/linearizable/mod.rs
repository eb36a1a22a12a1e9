//! Objects that many want to change at once behave as if they did so one after another: each answer is
//! the one that some order gives in which nobody who was answered before comes after one who began
//! later. Histories of real requests, with injected faults, are judged by porcupine against the few lines
//! that say what the object is (`objects`, `keys`).
//!
//! An answer that nobody heard may have been carried out, at any time since, or never.
//!
//! That a wrong program would be found is shown by making it wrong: with the conditions of its writes
//! taken out at the wire, each object's histories must be refused.

mod keys;
mod objects;

use std::{
    fmt::Debug,
    hash::Hash,
    marker::PhantomData,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use futures_util::future::join_all;
use local::wire::Fault;
use porcupine_rs::{Model, Operation, check_operations};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Account, Answer, Api, Client, exchange},
    journeys::{Weather, stack},
    renewals::{OPENED, Shop},
};

/// How many ask at once, and how often each.
const CLIENTS: u64 = 4;
const ASKS: u64 = 4;
/// How many histories of each object are judged.
const HISTORIES: u64 = 16;

/// What an object is when one asks after another; by default as it is before anybody asks.
pub(super) trait Sequence: Clone + Default + Debug + Eq + Hash + Send + Sync {
    type Op: Clone + Debug + Send + Sync;
    type Ret: Clone + Debug + Send + Sync;

    /// What shows all that has come of it.
    const LOOK: Self::Op;

    /// Whether this can be what is answered now; then the object is what it is afterwards. What nobody
    /// heard the answer of is carried out if it can be.
    fn answers(&mut self, op: &Self::Op, heard: Option<&Self::Ret>) -> bool;
}

/// An object among others, and how it is asked.
pub(super) trait Object: Sized {
    type Is: Sequence;

    /// A new one of `shop`.
    async fn made(shop: &Shop) -> Self;

    /// Something to ask.
    fn drawn(&self, rng: &mut Rng) -> Op<Self>;

    /// The answer, if there is one.
    async fn ask(&self, asker: &Asker, op: &Op<Self>) -> Option<Ret<Self>>;
}

type Op<O> = <<O as Object>::Is as Sequence>::Op;
type Ret<O> = <<O as Object>::Is as Sequence>::Ret;

/// A sequence as porcupine wants it.
#[derive(Clone, Debug)]
struct Judged<S>(PhantomData<S>);

impl<S: Sequence> Model for Judged<S> {
    type State = S;
    type Op = (S::Op, Option<S::Ret>);
    type Metadata = ();

    fn init() -> S {
        S::default()
    }

    fn step(state: &S, (op, heard): &Self::Op) -> (bool, S) {
        let mut state = state.clone();
        (state.answers(op, heard.as_ref()), state)
    }
}

/// Who asks once, and may lose patience.
pub(super) struct Asker {
    client: Client,
    patience: Duration,
}

impl Asker {
    /// The answer, if it is one that says what came of the request.
    async fn send(&self, request: reqwest::RequestBuilder) -> Option<Answer> {
        let answer = tokio::time::timeout(self.patience, exchange(request)).await.ok()?;
        (!answer.status.is_server_error()).then_some(answer)
    }

    async fn read(&self, path: &str) -> Option<Value> {
        Some(self.send(self.client.request(Method::GET, path)).await?.ok().body)
    }

    async fn post(&self, path: &str, body: Value) -> Option<Answer> {
        self.send(self.client.request(Method::POST, path).json(&body)).await
    }
}

/// What was asked and answered of one object.
struct History<O: Object> {
    operations: Mutex<Vec<Operation<Judged<O::Is>>>>,
    /// Counts what begins and ends.
    tick: AtomicI64,
}

impl<O: Object> History<O> {
    fn new() -> Self {
        Self { operations: Mutex::default(), tick: AtomicI64::new(0) }
    }

    /// Asks, and notes when it began and when and how it ended. What was not answered may still be
    /// carried out: it does not end.
    async fn note(&self, object: &O, asker: &Asker, op: Op<O>) {
        let call_time = self.tick.fetch_add(1, Ordering::SeqCst);
        let heard = object.ask(asker, &op).await;
        let ended = heard.as_ref().map(|_| self.tick.fetch_add(1, Ordering::SeqCst));
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).push(Operation {
            client_id: None,
            call_time,
            return_time: ended.unwrap_or(i64::MAX),
            op: (op, heard),
            metadata: None,
        });
    }
}

/// Whether some order explains what `CLIENTS` at once hear of an object, between what `begin` and `end`
/// do to the weather; if not, the whole history.
async fn explained<O: Object>(
    shop: &Shop,
    seed: u64,
    begin: impl FnOnce(),
    end: impl FnOnce(),
) -> Result<(), String> {
    let (object, history) = (O::made(shop).await, History::<O>::new());
    begin();
    let asks = (0..CLIENTS).map(|client| {
        let (object, history) = (&object, &history);
        async move {
            let mut rng = Rng::with_seed(seed * CLIENTS + client);
            for _ in 0..ASKS {
                let patience = if rng.u32(0..8) == 0 { rng.u64(1..100) } else { 60_000 };
                let patience = Duration::from_millis(patience);
                let asker = Asker { client: shop.client.clone(), patience };
                history.note(object, &asker, object.drawn(&mut rng)).await;
            }
        }
    });
    join_all(asks).await;
    end();
    let asker = Asker { client: shop.client.clone(), patience: Duration::from_secs(60) };
    history.note(&object, &asker, O::Is::LOOK).await;
    let operations = history.operations.into_inner().unwrap_or_else(PoisonError::into_inner);
    if check_operations(&operations) { Ok(()) } else { Err(format!("{operations:#?}")) }
}

/// An account of `api` that sells something.
async fn shop(api: &Api) -> (Account, Shop) {
    let account = api.account("stg").await;
    let shop = Shop::of(api.client_of(&account), OPENED).await;
    (account, shop)
}

/// Judges histories of an object with injected faults.
async fn judge<O: Object>() {
    let api = stack().await;
    let weather = Weather::over(&api);
    for seed in 0..HISTORIES {
        let (account, shop) = shop(&api).await;
        let begin = || weather.breaks(&account, seed);
        let end = || drop(weather.clears(&account));
        if let Err(history) = explained::<O>(&shop, seed, begin, end).await {
            panic!("seed {seed}: no order explains {history}");
        }
    }
    api.stack.wire().set_fault(None);
    // What nobody was answered is begun and not ended, until it is due.
    api.sweep().await;
    api.audit().await;
}

/// Sees a history refused once writes are carried out without their conditions.
async fn find<O: Object>() {
    let api = stack().await;
    let (_, shop) = shop(&api).await;
    api.stack.wire().set_fault(Some(std::sync::Arc::new(|call, _| {
        if call.is_write() { Fault::Unconditioned } else { Fault::Pass }
    })));
    for seed in 0..10 * HISTORIES {
        if explained::<O>(&shop, seed, || (), || ()).await.is_err() {
            return;
        }
    }
    panic!("all of {} histories of a program without conditions are explained", 10 * HISTORIES);
}

/// Both tests of an object.
macro_rules! linearizable {
    ($($name:ident: $object:ty,)+) => {
        $(mod $name {
            #[tokio::test(flavor = "multi_thread")]
            async fn behaves_as_if_one_came_after_another() {
                super::judge::<$object>().await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn without_conditions_is_found_out() {
                super::find::<$object>().await;
            }
        })+
    };
}

linearizable! {
    payments_of_an_invoice: super::objects::Invoice,
    refunds_of_a_payment: super::objects::Payment,
    a_customers_credit: super::objects::Credit,
    requests_with_one_key: super::keys::OneKey,
    a_unique_key: super::keys::UniqueKey,
}

/// A body of few words.
fn amount(atoms: i64) -> Value {
    json!({"amount_atom": atoms})
}
