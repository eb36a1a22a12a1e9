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

use std::fmt;

pub use crate::base::id::{AFTER_IDS, BEFORE_IDS};
use crate::{
    base::{
        id::{
            AccountId, CustomerId, Environment, Id, MeterId, ProcessorId, TokenId,
            WebhookEndpointId,
        },
        time::Timestamp,
    },
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

    /// What is due of an account at an instant. In production all accounts share the partitions, so
    /// that one sweep finds what is due of all; a staging account has its own, because its time may
    /// stand still or be moved.
    pub fn due(account: &AccountId, at: Timestamp, id: &str) -> Self {
        let pk = match account.environment() {
            Environment::Prod => Self::due_partition(shard(id)),
            Environment::Stg => Self::due_partition_of(account),
        };
        Self::new(pk, format!("{at}#{account}#{id}"))
    }

    /// One of the partitions that hold what is due in production.
    pub fn due_partition(shard: u8) -> String {
        format!("DUE#{shard:x}")
    }

    /// What is due of a staging account.
    pub fn due_partition_of(account: &AccountId) -> String {
        format!("{account}#DUE")
    }

    /// What is due of an account's deliveries at an instant of real time.
    pub fn delivery_due(account: &AccountId, at: Timestamp, id: &str) -> Self {
        let partition = Self::delivery_due_partition(shard(id) % DELIVERY_SHARDS);
        Self::new(partition, format!("{at}#{account}#{id}"))
    }

    /// One of the partitions that hold which deliveries are due.
    pub fn delivery_due_partition(shard: u8) -> String {
        format!("DUE#w{shard:x}")
    }

    /// How an endpoint has been doing.
    pub fn health(account: &AccountId, endpoint: &WebhookEndpointId) -> Self {
        Self::new(format!("{account}#{endpoint}"), "health")
    }

    /// The entry by which the sweeper finds a staging account.
    pub fn staging(account: &AccountId) -> Self {
        Self::new(STAGING.to_owned(), account.as_str())
    }

    /// What has the sweeper look at a staging account from an instant of real time on.
    pub fn wake(account: &AccountId, at: Timestamp, name: &str) -> Self {
        let shard = shard(&format!("{account}#{name}")) % WAKE_SHARDS;
        Self::new(Self::wake_partition(shard), format!("{at}#{account}#{name}"))
    }

    /// One of the partitions that hold the wakes.
    pub fn wake_partition(shard: u8) -> String {
        format!("DUE#s{shard:x}")
    }

    /// When the sweeper looked at every staging account.
    pub fn round() -> Self {
        Self::new("DUE#round".to_owned(), "staging")
    }

    /// The next number of a sequence that has no gaps.
    pub fn sequence(account: &AccountId, name: &str) -> Self {
        Self::new(format!("{account}#SEQ"), name)
    }

    /// An event of usage. Its identifier is a client's, and the last part of the key.
    pub fn usage_event(account: &AccountId, meter: &MeterId, identifier: &str) -> Self {
        Self::new(format!("{account}#ME#{meter}#{identifier}"), "event")
    }

    /// Whether the events that name this batch are counted.
    pub fn usage_batch(account: &AccountId, name: &str) -> Self {
        Self::new(format!("{account}#MB#{name}"), "batch")
    }

    /// What was counted on a day by those who write in a lane.
    pub fn usage_counter(whose: &UsageOf<'_>, day: &str, lane: u8) -> Self {
        let partition = whose.partition(lane / USAGE_LANES);
        Self::new(partition, format!("{day}#{lane:02}"))
    }

    /// The same counter in another lane, and whose it is; none, where this is the key of no counter.
    pub(super) fn in_usage_lane(&self, lane: u8) -> Option<(Self, Self)> {
        let is_counter = |whose: &str| whose.contains("#MU#") || whose.contains("#MV#");
        let (whose, _) = self.pk.rsplit_once('#').filter(|(whose, _)| is_counter(whose))?;
        let (time, rest) = self.sk.split_once('#')?;
        // Behind the lane, of a value: that.
        let value = rest.get(2..)?;
        let partition = format!("{whose}#{}", lane / USAGE_LANES);
        let counter = Self::new(partition, format!("{time}#{lane:02}{value}"));
        Some((counter, Self::new(whose.replacen("#MV#", "#MU#", 1), "spread")))
    }

    /// How often a value was used in a month, such as `2026-01`, by those who write in a lane.
    pub fn usage_value(whose: &UsageOf<'_>, (month, value): (&str, &str), lane: u8) -> Self {
        let partition = whose.values(lane / USAGE_LANES);
        Self::new(partition, format!("{month}#{lane:02}#{value}"))
    }

    /// What corrections of a day's events came to, of a meter of which one event counts.
    pub fn usage_corrections(whose: &UsageOf<'_>, day: &str) -> Self {
        Self::new(whose.partition(0), format!("{CORRECTIONS}{day}"))
    }

    /// Whether there are counters of this usage in more than the first partition.
    pub fn usage_spread(whose: &UsageOf<'_>) -> Self {
        Self::new(whose.name(), "spread")
    }

    /// The events of an hour, such as `2026-01-31T09`, that a batch counted.
    pub fn usage_log(whose: &UsageOf<'_>, hour: &str, batch: &str) -> Self {
        let number = shard(batch) % USAGE_PARTITIONS;
        Self::new(whose.log(number), format!("{hour}#{batch}"))
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

/// Whose usage: a customer's, counted by a meter.
#[derive(Clone, Copy, Debug)]
pub struct UsageOf<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The meter.
    pub meter: &'a MeterId,
    /// The customer.
    pub customer: &'a CustomerId,
}

impl UsageOf<'_> {
    fn name(&self) -> String {
        format!("{}#MU#{}#{}", self.account, self.meter, self.customer)
    }

    /// One of the partitions of its log.
    pub fn log(&self, number: u8) -> String {
        format!("{}#MX#{}#{}#{number}", self.account, self.meter, self.customer)
    }

    /// One of the partitions of its values, of a meter that counts different ones.
    pub fn values(&self, number: u8) -> String {
        format!("{}#MV#{}#{}#{number}", self.account, self.meter, self.customer)
    }

    /// One of the partitions of its counters.
    pub fn partition(&self, number: u8) -> String {
        format!("{}#{number}", self.name())
    }
}

/// How many partitions the counters of a customer's usage have at most: each takes 1,000 write units a
/// second.
pub const USAGE_PARTITIONS: u8 = 4;

/// What the sort keys of corrections of usage begin with: no day does.
pub const CORRECTIONS: &str = "fix#";

/// How many lanes a partition of them has.
pub const USAGE_LANES: u8 = 16;

/// How many partitions hold what is due in production. As many hold an account's record at the test
/// processor.
pub const DUE_SHARDS: u8 = 16;

/// How many partitions hold which deliveries are due: fewer, because each is read every minute.
pub const DELIVERY_SHARDS: u8 = 4;

/// How many partitions hold the wakes of staging accounts: as few, for the same reason.
pub const WAKE_SHARDS: u8 = 4;

/// The partition that names every staging account.
pub const STAGING: &str = "DUE#stg";

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

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> AccountId {
        text.parse().unwrap()
    }

    #[test]
    fn the_keys_are_pinned() {
        let acme = account("acc_prod_0000000000000001");
        let customer: CustomerId = "cus_prod_0000000000000002".parse().unwrap();
        let token: TokenId = "tok_prod_0000000000000003".parse().unwrap();
        let processor: ProcessorId = "proc_prod_0000000000000006".parse().unwrap();
        let meter: MeterId = "mtr_prod_0000000000000007".parse().unwrap();
        let whose = UsageOf { account: &acme, meter: &meter, customer: &customer };
        let digest = serde_json::from_str::<HashedToken>("\"ab12\"").unwrap();
        let by_email = List::filtered("customers", "email", "a#b@example.com");
        let at: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
        let table = [
            (
                Key::object(&acme, &customer),
                "acc_prod_0000000000000001#cus_prod_0000000000000002/object",
            ),
            (
                Key::mark(&acme, &customer),
                "acc_prod_0000000000000001#cus_prod_0000000000000002/mark",
            ),
            (
                Key::gate(&acme, &List::filtered("customers", "email", "a@b")),
                "acc_prod_0000000000000001#G#customers?email=a%40b/gate",
            ),
            (
                Key::list_head(&acme, &List::all("customers")),
                "acc_prod_0000000000000001#L#customers#0/~",
            ),
            (Key::list_node(&acme, "Xy-_"), "acc_prod_0000000000000001#N#Xy-_/node"),
            (
                Key::compaction(&acme, &List::all("customers"), "read"),
                "COMPACT/acc_prod_0000000000000001#customers#read",
            ),
            (
                Key::list_place(&acme, &by_email, 3, "cus_prod_0000000000000002#000000001"),
                "acc_prod_0000000000000001#L#customers?email=a%23b%40example%2Ecom#3/\
                 cus_prod_0000000000000002#000000001",
            ),
            (
                Key::unique(&acme, "custom-field-definitions?entity_type=customer", "tier"),
                "acc_prod_0000000000000001#U#custom-field-definitions?entity_type=customer/tier",
            ),
            (
                Key::due(&acme, at, "sub_prod_0000000000000004"),
                "DUE#b/2026-01-31T09:30:00.000Z#acc_prod_0000000000000001#\
                 sub_prod_0000000000000004",
            ),
            (
                Key::due(&account("acc_stg_0000000000000001"), at, "sub_stg_0000000000000004"),
                "acc_stg_0000000000000001#DUE/2026-01-31T09:30:00.000Z#\
                 acc_stg_0000000000000001#sub_stg_0000000000000004",
            ),
            (
                Key::delivery_due(&acme, at, "lane_prod_0000000000000004"),
                "DUE#w0/2026-01-31T09:30:00.000Z#acc_prod_0000000000000001#\
                 lane_prod_0000000000000004",
            ),
            (
                Key::health(&acme, &"we_prod_0000000000000005".parse().unwrap()),
                "acc_prod_0000000000000001#we_prod_0000000000000005/health",
            ),
            (Key::sequence(&acme, "invoice"), "acc_prod_0000000000000001#SEQ/invoice"),
            (Key::test_processor(&acme, "ch_1"), "acc_prod_0000000000000001#TESTPROC#8/ch_1"),
            (
                Key::staging(&account("acc_stg_0000000000000001")),
                "DUE#stg/acc_stg_0000000000000001",
            ),
            (
                Key::wake(&account("acc_stg_0000000000000001"), at, "next"),
                "DUE#s2/2026-01-31T09:30:00.000Z#acc_stg_0000000000000001#next",
            ),
            (Key::round(), "DUE#round/staging"),
            (
                Key::usage_event(&acme, &meter, "a#b"),
                "acc_prod_0000000000000001#ME#mtr_prod_0000000000000007#a#b/event",
            ),
            (Key::usage_batch(&acme, "Xy-_"), "acc_prod_0000000000000001#MB#Xy-_/batch"),
            (
                Key::usage_counter(&whose, "2026-01-31", 38),
                "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002#2/2026-01-31#38",
            ),
            (
                Key::usage_value(&whose, ("2026-01", "a#b"), 38),
                "acc_prod_0000000000000001#MV#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002#2/2026-01#38#a#b",
            ),
            (
                Key::usage_value(&whose, ("2026-01", "a#b"), 0).in_usage_lane(38).unwrap().0,
                "acc_prod_0000000000000001#MV#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002#2/2026-01#38#a#b",
            ),
            (
                Key::usage_value(&whose, ("2026-01", "a#b"), 0).in_usage_lane(38).unwrap().1,
                "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002/spread",
            ),
            (
                Key::usage_log(&whose, "2026-01-31T09", "Xy-_"),
                "acc_prod_0000000000000001#MX#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002#0/2026-01-31T09#Xy-_",
            ),
            (
                Key::usage_corrections(&whose, "2026-01-31"),
                "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002#0/fix#2026-01-31",
            ),
            (
                Key::usage_spread(&whose),
                "acc_prod_0000000000000001#MU#mtr_prod_0000000000000007#\
                 cus_prod_0000000000000002/spread",
            ),
            (
                Key::figures(&acme, 1, "2026-01-31"),
                "acc_prod_0000000000000001#AN/000001#2026-01-31",
            ),
            (Key::standing(&acme), "acc_prod_0000000000000001#AN/standing"),
            (
                Key::logged_request(&acme, true, "2026-01-31T09:30:00.000Z#req_1"),
                "acc_prod_0000000000000001#RL#failed/2026-01-31T09:30:00.000Z#req_1",
            ),
            (Key::logged_request(&acme, false, "x"), "acc_prod_0000000000000001#RL#done/x"),
            (Key::clock(&acme), "acc_prod_0000000000000001#CLOCK/clock"),
            (Key::idempotency(&acme, "cd34"), "acc_prod_0000000000000001#IDEM#cd34/record"),
            (Key::token(&digest), "TOK#ab12/token"),
            (Key::processor(&processor), "PROC#proc_prod_0000000000000006/processor"),
            (Key::rate_limit(&token, "read"), "RATE#tok_prod_0000000000000003#read/bucket"),
            (Key::challenge_key(), "CHAL#key/key"),
        ];
        for (key, text) in table {
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn a_key_of_another_account_is_not_open() {
        let [acme, other] = ["acc_prod_0000000000000001", "acc_prod_0000000000000002"].map(account);
        let customer: CustomerId = "cus_prod_0000000000000002".parse().unwrap();
        assert!(Key::object(&acme, &customer).is_open_to(&acme));
        assert!(!Key::object(&acme, &customer).is_open_to(&other));
        assert!(!belongs("acc_prod_00000000000000011#x", &acme));
        let at: Timestamp = "2026-01-31T09:30:00Z".parse().unwrap();
        assert!(Key::due(&acme, at, customer.as_str()).is_open_to(&acme));
        assert!(!Key::due(&acme, at, customer.as_str()).is_open_to(&other));
        let asked = Key::compaction(&acme, &List::all("customers"), "read");
        assert!(asked.is_open_to(&acme) && !asked.is_open_to(&other));
        let wake = Key::wake(&acme, at, "next");
        assert!(wake.is_open_to(&acme) && !wake.is_open_to(&other));
        let operation = Key::list_place(&acme, &List::all("customers"), 3, "cus_1#000000001");
        assert_eq!(operation.list(), Some((acme.clone(), List::all("customers"))));
        assert_eq!(Key::list_head(&acme, &List::all("customers")).list(), None);
        assert!(Key::staging(&acme).is_open_to(&acme) && !Key::staging(&acme).is_open_to(&other));
    }
}
