//! Every key of the table, on one page.
//!
//! | item | PK | SK | why there |
//! |---|---|---|---|
//! | object | `<account>#<id>` | `object` | found by id; a partition of its own, so nothing is hot |
//! | health | `<account>#<id>` | `health` | beside the webhook endpoint whose it is; written by what delivers alone |
//! | mark | `<account>#<id>` | `mark` | where a change that relies on the object meets one that removes it |
//! | gate | `<account>#G#<list>` | `gate` | where a change that needs a list to be empty meets one that enters it |
//! | list operation | `<account>#L#<list>#<partition>` | `<id>#<version>` | one query reads the log of a list, the newest id first |
//! | list head | `<account>#L#<list>#0` | `~` | the same query reads it, before the log |
//! | list node | `<account>#N#<name>` | `node` | found by the name that its parent has; a partition of its own, so nothing is hot |
//! | unique value | `<account>#U#<what>` | `<value>` | the condition that nobody else has it; one query reads all |
//! | idempotency record | `<account>#IDEM#<sha256>` | `record` | found by what the client repeats |
//! | due date, staging | `<account>#DUE` | `<instant>#<account>#<id>` | in the order of an account's own time |
//! | sequence | `<account>#SEQ` | `<name>` | the next number, touched by finalization alone |
//! | figures | `<account>#AN` | `<turn>#<day>` | what is counted of a day; one query reads those of a range |
//! | figures' standing | `<account>#AN` | `standing` | up to which event is counted; where those who count meet |
//! | clock | `<account>#CLOCK` | `clock` | a staging account's time |
//! | usage event | `<account>#ME#<meter>#<identifier>` | `event` | the condition that it is counted once; a partition of its own, so nothing is hot |
//! | usage batch | `<account>#MB#<name>` | `batch` | whether the events that name it are counted; found by its name |
//! | usage counter | `<account>#MU#<meter>#<customer>#<partition>` | `<day>#<lane>` | one query reads the days of a period; writers keep apart by lanes |
//! | usage log | `<account>#MX#<meter>#<customer>#<0..3>` | `<day>T<hour>#<batch>` | the events of an hour one by one: to tell apart those before and after an instant, and to list them |
//! | usage values | `<account>#MV#<meter>#<customer>#<partition>` | `<month>#<lane>#<value>` | of meters that count different values: how often one was used in each hour of a month; one query reads those of a period |
//! | usage corrections | `<account>#MU#<meter>#<customer>#0` | `fix#<day>` | where corrections of an hour meet, of meters of which one event counts; beside the counters, and not among their days |
//! | usage's spread | `<account>#MU#<meter>#<customer>` | `spread` | whether there are counters in more than the first partition |
//! | logged request | `<account>#RL#failed`, `<account>#RL#done` | `<instant>#<request id>` | one query reads the newest of a kind; a failure is found among many that are none |
//! | due date, production | `DUE#<shard>` | `<instant>#<account>#<id>` | one query per shard finds what is due of all accounts |
//! | what the test processor keeps | `<account>#TESTPROC#<shard>` | `<name>` | its own record, spread so that no partition is hot |
//! | due delivery | `DUE#w<shard>` | `<instant>#<account>#<id>` | likewise, in real time for every account |
//! | staging account | `DUE#stg` | `<account>` | one query finds the accounts whose own due dates are swept |
//! | wake | `DUE#s<shard>` | `<instant>#<account>#<name>` | one query per shard finds the staging accounts that ask to be looked at, in real time |
//! | round | `DUE#round` | `staging` | when all of them were looked at |
//! | request to compact a list | `COMPACT` | `<account>#<list>#<why>` | one query finds the lists whose logs may be long |
//! | token | `TOK#<sha256>` | `token` | found before the account is known |
//! | processor's account | `PROC#<id>` | `processor` | whose a processor is that sends an event |
//! | rate limit | `RATE#<token id>#<bucket>` | `bucket` | a partition per token and bucket |
//! | signer of challenges | `CHAL#key` | `key` | the deployment's, before any account is known |
//! | answered challenge | `CHAL#<name>` | `answered` | the condition that it is answered once |
//!
//! An account's keys begin with its id, which carries the environment; the store asserts that of each
//! key it is given. Those that do not are reached before the account is known (`TOK#`, `PROC#`, and `DUE#` and
//! `COMPACT`, whose sort key names the account) or hold nothing of it (`RATE#`, `CHAL#`). No value that a client chose can end a part of a key early: it is either
//! the last part, or percent-encoded.

mod due;
mod usage;

#[cfg(test)]
mod tests;

use std::fmt;

pub use self::{
    due::{DELIVERY_SHARDS, DUE_SHARDS, STAGING, WAKE_SHARDS},
    usage::{CORRECTIONS, USAGE_LANES, USAGE_PARTITIONS, UsageOf},
};
pub use crate::base::id::{AFTER_IDS, BEFORE_IDS};
use crate::{
    base::id::{AccountId, Id, ProcessorId, TokenId, WebhookEndpointId},
    model::{auth::HashedToken, entity::Place, list::List, passkey::Challenge},
};

/// The sort key of a list's head: above every operation, because a log is read downwards.
pub const LIST_HEAD: &str = AFTER_IDS;

/// The sort key of an object.
const OBJECT: &str = "object";

/// The partition of the requests to compact a list.
pub const COMPACTIONS: &str = "COMPACT";

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pk: String,
    sk: String,
}

impl Key {
    /// The object with this id.
    pub fn object<K>(account: &AccountId, id: &Id<K>) -> Self {
        Self::object_named(account, id.as_str())
    }

    /// The object whose id has been checked elsewhere.
    pub(super) fn object_named(account: &AccountId, id: &str) -> Self {
        Self::new(format!("{account}#{id}"), OBJECT)
    }

    /// The mark that something has been made which relies on the object with this id.
    pub fn mark<K>(account: &AccountId, id: &Id<K>) -> Self {
        Self::new(format!("{account}#{id}"), "mark")
    }

    /// The gate of a list: what entered it last.
    pub fn gate(account: &AccountId, list: &List) -> Self {
        Self::new(format!("{account}#G#{}", list.name()), "gate")
    }

    /// An operation in a partition of a list's log.
    pub(super) fn list_place(account: &AccountId, list: &List, partition: u8, sk: &str) -> Self {
        Self::new(list_partition(account, list, partition), sk)
    }

    /// The head of a list.
    pub fn list_head(account: &AccountId, list: &List) -> Self {
        Self::new(list_partition(account, list, 0), LIST_HEAD)
    }

    /// A node of a list's tree.
    pub fn list_node(account: &AccountId, name: &str) -> Self {
        Self::new(format!("{account}#N#{name}"), "node")
    }

    /// A request to compact a list, one for each reason.
    pub(super) fn compaction(account: &AccountId, list: &List, why: &str) -> Self {
        Self::new(COMPACTIONS.to_owned(), format!("{account}#{}#{why}", list.name()))
    }

    /// Where an item is that lives and dies with its object.
    pub fn companion(account: &AccountId, place: &Place) -> Self {
        match place {
            Place::Unique { what, value } => Self::unique(account, what, value),
            Place::Staging => Self::staging(account),
            Place::Token(digest) => Self::token(digest),
            Place::Processor(id) => Self::processor(id),
            Place::Delivery { at, id } => Self::delivery_due(account, *at, id),
        }
    }

    /// The claim that an account has one object whose `what` is `value`.
    pub fn unique(account: &AccountId, what: &str, value: &str) -> Self {
        Self::new(Self::unique_partition(account, what), value)
    }

    /// All claims of one sort.
    pub fn unique_partition(account: &AccountId, what: &str) -> String {
        format!("{account}#U#{what}")
    }

    /// The record of a request that an `Idempotency-Key` protects.
    pub fn idempotency(account: &AccountId, digest: &str) -> Self {
        Self::new(format!("{account}#IDEM#{digest}"), "record")
    }

    /// How an endpoint has been doing.
    pub fn health(account: &AccountId, endpoint: &WebhookEndpointId) -> Self {
        Self::new(format!("{account}#{endpoint}"), "health")
    }

    /// The next number of a sequence that has no gaps.
    pub fn sequence(account: &AccountId, name: &str) -> Self {
        Self::new(format!("{account}#SEQ"), name)
    }

    /// What is counted of a day, such as `2026-01-31`, in a turn of counting.
    pub(crate) fn figures(account: &AccountId, turn: u64, day: &str) -> Self {
        Self::new(Self::figures_partition(account), format!("{turn:06}#{day}"))
    }

    /// Up to which event is counted.
    pub(crate) fn standing(account: &AccountId) -> Self {
        Self::new(Self::figures_partition(account), "standing")
    }

    /// The days that are counted.
    pub(crate) fn figures_partition(account: &AccountId) -> String {
        format!("{account}#AN")
    }

    /// A request in the log, which failed or did not.
    pub(super) fn logged_request(account: &AccountId, failed: bool, place: &str) -> Self {
        Self::new(Self::request_log(account, failed), place)
    }

    /// The requests in the log that failed, or those that did not.
    pub(super) fn request_log(account: &AccountId, failed: bool) -> String {
        format!("{account}#RL#{}", if failed { "failed" } else { "done" })
    }

    /// The clock of a staging account.
    pub fn clock(account: &AccountId) -> Self {
        Self::new(format!("{account}#CLOCK"), "clock")
    }

    /// What the test processor keeps of an account under a name of its own.
    pub fn test_processor(account: &AccountId, name: &str) -> Self {
        Self::new(Self::test_processor_partition(account, shard(name)), name)
    }

    /// One of the partitions of the test processor's record.
    pub fn test_processor_partition(account: &AccountId, shard: u8) -> String {
        format!("{account}#TESTPROC#{shard:x}")
    }

    /// The look-up of a token by the digest of its text.
    pub fn token(token: &HashedToken) -> Self {
        Self::new(format!("TOK#{}", token.as_str()), "token")
    }

    /// Whose a processor is that sends an event.
    pub fn processor(id: &ProcessorId) -> Self {
        Self::new(format!("PROC#{id}"), "processor")
    }

    /// A rate limit's bucket.
    pub fn rate_limit(token: &TokenId, bucket: &str) -> Self {
        Self::new(format!("RATE#{token}#{bucket}"), "bucket")
    }

    /// What this deployment signs challenges with.
    pub fn challenge_key() -> Self {
        Self::new("CHAL#key".to_owned(), "key")
    }

    /// That a challenge was answered.
    pub fn challenge(challenge: &Challenge) -> Self {
        Self::new(format!("CHAL#{}", challenge.name()), "answered")
    }

    /// No item at all, below a prefix that every function may read.
    pub fn nothing() -> Self {
        Self::new("TOK#".to_owned(), "nothing")
    }

    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// Reads a key back from the item that has it.
    pub(super) fn from_parts(pk: String, sk: String) -> Self {
        Self { pk, sk }
    }

    /// The partition key.
    pub fn pk(&self) -> &str {
        &self.pk
    }

    /// The sort key.
    pub fn sk(&self) -> &str {
        &self.sk
    }

    /// The id of the object that is under this key, if one is.
    pub(super) fn object_id(&self) -> Option<&str> {
        (self.sk == OBJECT).then(|| self.pk.split_once('#')).flatten().map(|(_, id)| id)
    }

    /// The list whose operation this is the key of, if it is one's.
    pub(super) fn list(&self) -> Option<(AccountId, List)> {
        let mut parts = self.pk.split('#');
        let account = parts.next()?.parse().ok()?;
        let list = parts.next().filter(|part| *part == "L").and(parts.next())?;
        (self.sk != LIST_HEAD).then(|| (account, List::named(list)))
    }

    /// Whether a request of `account` may touch this item.
    pub fn is_open_to(&self, account: &AccountId) -> bool {
        let outside = |prefix: &str| self.pk.starts_with(prefix);
        let shared = self.pk == COMPACTIONS || outside("DUE#");
        // Of a due date the instant comes first.
        let place = if self.pk == STAGING || self.pk == COMPACTIONS { 0 } else { 1 };
        let names_it = || shared && self.sk.split('#').nth(place) == Some(account.as_str());
        let before = ["TOK#", "PROC#", "RATE#", "CHAL#"].into_iter().any(outside);
        belongs(&self.pk, account) || before || names_it()
    }
}

/// A partition of a list's log.
pub(super) fn list_partition(account: &AccountId, list: &List, number: u8) -> String {
    format!("{account}#L#{}#{number}", list.name())
}

/// The partition that what is found by `id` is in: any, always the same.
fn shard(id: &str) -> u8 {
    let digest = crc32fast::hash(id.as_bytes()) % u32::from(DUE_SHARDS);
    u8::try_from(digest).unwrap_or(0)
}

/// Whether a partition is one of `account`'s.
pub fn belongs(pk: &str, account: &AccountId) -> bool {
    pk.strip_prefix(account.as_str()).is_some_and(|rest| rest.starts_with('#'))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pk, self.sk)
    }
}
