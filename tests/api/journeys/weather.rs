//! What a story's calls to the database meet: which faults are about is drawn for each seed, and so is
//! how often one strikes. Two accounts share no draw, so a seed meets the same faults whoever runs
//! beside it, as far as its own calls come in the same order.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use local::wire::{Call, Fault};

use shared::model::auth::PlainToken;

use crate::client::{Account, Api};

/// Longer than a function waits for an answer of the database.
const TOO_LONG: Duration = Duration::from_millis(2_000);
/// A seed draws at least so many kinds of faults.
const FEWEST: usize = 3;

/// What can strike, and how often beside the others.
const KINDS: [(Kind, usize); 15] = [
    (Kind::KilledBefore, 4),
    (Kind::KilledAfter, 4),
    (Kind::Conflict, 8),
    (Kind::Throttled, 4),
    (Kind::ThrottledTransaction, 4),
    (Kind::InProgress, 2),
    (Kind::ResetBefore, 4),
    (Kind::ResetAfter, 4),
    (Kind::FailedBefore, 3),
    (Kind::FailedAfter, 3),
    (Kind::GarbledBefore, 2),
    (Kind::GarbledAfter, 2),
    (Kind::Slow, 8),
    // These two cost seconds each.
    (Kind::TooLateToBeHeard, 1),
    (Kind::CarriedOutTooLate, 1),
];

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    KilledBefore,
    KilledAfter,
    Conflict,
    Throttled,
    ThrottledTransaction,
    InProgress,
    ResetBefore,
    ResetAfter,
    FailedBefore,
    FailedAfter,
    GarbledBefore,
    GarbledAfter,
    Slow,
    /// Carried out at once; the answer comes when nobody waits for it any more.
    TooLateToBeHeard,
    /// Carried out when whoever asked for it has long done something else.
    CarriedOutTooLate,
}

impl Kind {
    /// The fault of `call`, where it is of the kind that this can strike.
    fn strike(self, call: &Call, rng: &mut Rng) -> Fault {
        let transaction = call.action == "TransactWriteItems";
        match self {
            Self::KilledBefore => Fault::KillBefore,
            Self::KilledAfter => Fault::KillAfter,
            Self::Conflict if transaction => one_of(call, rng, "TransactionConflict"),
            Self::Conflict if call.is_write() => Fault::write_conflict(),
            Self::ThrottledTransaction if transaction => one_of(call, rng, "ThrottlingError"),
            Self::Throttled if rng.bool() => Fault::throttled(),
            Self::Throttled => Fault::throughput_exceeded(),
            Self::InProgress if transaction => Fault::transaction_in_progress(),
            Self::ResetBefore => Fault::ResetBefore,
            Self::ResetAfter => Fault::ResetAfter,
            Self::FailedBefore => Fault::internal_error(),
            Self::FailedAfter => Fault::internal_error_after(),
            Self::GarbledBefore => Fault::garbled(),
            Self::GarbledAfter => Fault::garbled_after(),
            Self::Slow => Fault::Delay(Duration::from_millis(rng.u64(1..60))),
            Self::TooLateToBeHeard => Fault::Late(TOO_LONG),
            Self::CarriedOutTooLate => Fault::Delay(TOO_LONG),
            Self::Conflict | Self::ThrottledTransaction | Self::InProgress => Fault::Pass,
        }
    }
}

/// A transaction cancelled because of one of its items.
fn one_of(call: &Call, rng: &mut Rng, reason: &str) -> Fault {
    let mut reasons = vec!["None"; call.touches.len()];
    if let Some(unlucky) = rng.choice(&mut reasons) {
        *unlucky = reason;
    }
    Fault::transaction_cancelled(&reasons)
}

/// What one account's calls meet.
struct Sky {
    /// The key under which its token is looked up.
    token: String,
    rng: Rng,
    kinds: Vec<Kind>,
    /// How many calls of a thousand are struck.
    per_mille: u32,
    struck: Struck,
}

/// How often each kind struck.
pub(crate) type Struck = BTreeMap<Kind, u64>;

impl Sky {
    fn drawn(account: &Account, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut kinds = KINDS.to_vec();
        rng.shuffle(&mut kinds);
        kinds.truncate(rng.usize(FEWEST..=KINDS.len()));
        let kinds = kinds.into_iter().flat_map(|(kind, often)| vec![kind; often]);
        let kinds = kinds.collect();
        let per_mille = *rng.choice(&[10, 30, 60, 100]).unwrap();
        let token = PlainToken::parse(&account.secret).unwrap().hashed();
        let token = format!("TOK#{}", token.as_str());
        Self { token, rng, kinds, per_mille, struck: Struck::new() }
    }

    fn fault(&mut self, call: &Call) -> Fault {
        if self.rng.u32(0..1_000) >= self.per_mille {
            return Fault::Pass;
        }
        let kind = *self.rng.choice(&self.kinds).unwrap();
        let fault = kind.strike(call, &mut self.rng);
        if fault != Fault::Pass {
            *self.struck.entry(kind).or_default() += 1;
        }
        fault
    }
}

/// The weather over all accounts of a stack.
#[derive(Clone, Default)]
pub(crate) struct Weather(Arc<Mutex<BTreeMap<String, Sky>>>);

impl Weather {
    /// The weather over `api`: clear everywhere, until it breaks.
    pub(crate) fn over(api: &Api) -> Self {
        let weather = Self::default();
        let skies = weather.clone();
        api.stack.wire().set_fault(Some(Arc::new(move |call, _| skies.fault(call))));
        weather
    }

    /// From now on the calls of `account` meet what `seed` says.
    pub(crate) fn breaks(&self, account: &Account, seed: u64) {
        self.skies().insert(account.id.clone(), Sky::drawn(account, seed));
    }

    /// From now on they meet nothing; what they met.
    pub(crate) fn clears(&self, account: &Account) -> Struck {
        self.skies().remove(&account.id).map(|sky| sky.struck).unwrap_or_default()
    }

    fn skies(&self) -> MutexGuard<'_, BTreeMap<String, Sky>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call names its account by its first key, or the token of one, or is the look for all that is
    /// due, which meets the weather of whoever comes first.
    fn fault(&self, call: &Call) -> Fault {
        let mut skies = self.skies();
        let key = call.keys().next().unwrap_or_default();
        let sky = match key.split('#').next().unwrap_or_default() {
            "TOK" => skies.values_mut().find(|sky| sky.token == key),
            "DUE" => skies.values_mut().next(),
            account => skies.get_mut(account),
        };
        sky.map_or(Fault::Pass, |sky| sky.fault(call))
    }
}
