//! One change, all of it or none: the only way in which an object is written.
//!
//! `insert`, `update` and `delete` gather the object's item, its companions, the operations on its
//! lists and its events; `Store::commit` adds the idempotency record and writes all in a single
//! transaction. No item is shared between two changes of different objects, so changes do not meet.
//!
//! How it ends is decided in this order, whatever the order of the writes:
//!
//! | DynamoDB says | what it means here |
//! |---|---|
//! | the idempotency record exists | the request was answered before: replay |
//! | the caller's token has been revoked | 401 |
//! | an object is gone, or at another version | `Stale`: run the request again on what is there now |
//! | an object that the change relies on is gone, or one that it removes is relied on | the same |
//! | an object of that id exists, or a place that no client chose is taken | the same, with a new id |
//! | a claimed value has another owner | a conflict, at the field that claims it |
//! | a conflict with another transaction | repeat it, at most three times, then `Contended` |
//! | throttled | the same, then `Busy`; where a list's log was too busy, it gets more partitions |
//! | nothing, or a fault of the server | repeat the *identical* transaction; its token makes that harmless |
//!
//! When an ambiguous transaction stays ambiguous, the event it writes is looked for: its id is used
//! by this transaction alone, so its presence proves the commit. A test clock has no events: it is
//! compared with what was written.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Store,
    key::Key,
    list::{self, Step},
    table::{ATTEMPTS, Condition, NotCommitted, Put, Write, back_off, new_token},
};
use crate::{
    base::{
        error::Error,
        id::{AccountId, Id, IdSource, Kind},
        time::Moment,
    },
    model::{
        auth::HashedToken,
        entity::{Entity, Item, Shown, encode},
        event::{Event, EventData, EventPart},
        event_type::Deletes,
        list::List,
        record::Record,
        test_clock::AccountClock,
    },
};

/// DynamoDB's limit for one transaction.
const MAX_WRITES: usize = 100;

/// A change that is being put together.
#[derive(Debug)]
pub struct Tx {
    account: AccountId,
    moment: Moment,
    ids: Arc<IdSource>,
    request_id: String,
    target: Target,
    planned: Vec<(Write, Rule)>,
    /// What must hold if anything is written, of items that are not written themselves.
    checks: Vec<(Write, Rule)>,
    proof: Option<Proof>,
    fault: Option<Error>,
}

/// What is there only if the transaction happened.
#[derive(Debug)]
enum Proof {
    /// An item under a key that no other transaction writes.
    Event(Key),
    /// An item with exactly these attributes.
    State(Key, Item),
}

/// The object that the request's path names, and the versions of it that `If-Match` allows.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// Its id.
    pub id: Option<String>,
    /// The entity tags, or none for no condition.
    pub if_match: Option<Vec<String>>,
}

impl Target {
    fn allows(&self, id: &str, version: u64) -> bool {
        match (&self.id, &self.if_match) {
            (Some(target), Some(tags)) if target == id => {
                tags.iter().any(|tag| tag == "*" || *tag == format!("\"{version}\""))
            }
            _ => true,
        }
    }
}

/// A sequence without gaps: how many numbers were taken from it.
#[derive(Clone, Debug)]
pub struct Sequence {
    key: Key,
    taken: u64,
}

impl Sequence {
    /// The number that is next.
    pub fn next(&self) -> u64 {
        self.taken.saturating_add(1)
    }

    /// The sequence after its next number was taken.
    pub fn after(self) -> Self {
        Self { taken: self.next(), ..self }
    }

    fn taken(self) -> (Write, Rule) {
        let condition = Condition::at_version(self.taken);
        let mut item = Item::new();
        item.insert("version".to_owned(), self.next().into());
        (Write::Put(Put::guarded(self.key, item, condition)), Rule::Unchanged)
    }
}

/// Which rule a write's condition stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    None,
    New,
    Unchanged,
    Claim(&'static str, &'static str),
    Token,
    Once,
}

impl Rule {
    fn of_claim(claims: Option<(&'static str, &'static str)>) -> Self {
        claims.map_or(Self::New, |(noun, field)| Self::Claim(noun, field))
    }
}

/// The attribute of a claim, or of a mark, that names the object it belongs to.
const OWNER: &str = "owned_by";

/// The last object that was made to rely on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// The id of the object that made the mark.
    pub fn owner(&self) -> &str {
        &self.0
    }
}

/// What is kept of an answer so that the request can be repeated.
#[derive(Debug)]
pub struct Receipt {
    /// Where.
    pub key: Key,
    /// What.
    pub item: Item,
    /// Until when another record counts, in seconds since 1970.
    pub now: i64,
}

/// How a commit ended.
#[derive(Debug)]
pub enum Commit {
    /// The change is made.
    Done,
    /// The request was answered before: its record.
    Repeated(Item),
}

impl Tx {
    /// An empty change of `account`'s objects, made at `moment` by the request `request_id`.
    pub fn new(
        account: AccountId,
        moment: Moment,
        ids: Arc<IdSource>,
        request_id: String,
        target: Target,
    ) -> Self {
        let (planned, checks, proof, fault) = (Vec::new(), Vec::new(), None, None);
        Self { account, moment, ids, request_id, target, planned, checks, proof, fault }
    }

    /// Makes the change only while `token` works, whatever this process remembers of it: for changes
    /// that outlive the token's revocation.
    pub fn while_works(&mut self, token: &HashedToken) {
        let check = Write::Check(Key::token(token), Condition::Present);
        self.checks.push((check, Rule::Token));
    }

    /// Makes the change only while the object with this id exists.
    pub fn while_exists<K: Kind>(&mut self, id: &Id<K>) {
        let check = Write::Check(Key::object(&self.account, id), Condition::Present);
        self.checks.push((check, Rule::Unchanged));
    }

    /// Marks the object `id` as one that `by` relies on, in place of an earlier mark. Together with
    /// `while_exists` this keeps a change that relies on an object and one that deletes it apart: both
    /// write or check the same two items, so one of them sees the other.
    pub fn mark<K: Kind, B: Kind>(&mut self, id: &Id<K>, by: &Id<B>) {
        let mut item = Item::new();
        item.insert(OWNER.to_owned(), Value::String(by.to_string()));
        self.plan(Write::Put(Put::new(Key::mark(&self.account, id), item)), Rule::None);
    }

    /// Takes the mark of the object `id` away, where it still is the one that was `seen`. If something
    /// else relies on the object by now, the change is stale.
    pub fn unmark<K: Kind>(&mut self, id: &Id<K>, seen: Option<Mark>) {
        let key = Key::mark(&self.account, id);
        match seen {
            None => self.checks.push((Write::Check(key, Condition::Absent), Rule::Unchanged)),
            Some(Mark(by)) => {
                self.plan(Write::Delete(key, Condition::AbsentOrOwnedBy(by)), Rule::Unchanged);
            }
        }
    }

    /// Makes a new object.
    pub fn insert<E: Entity>(&mut self, entity: &E) {
        let done = self.try_insert(entity).and_then(|()| self.events(None, entity));
        self.note(done);
    }

    /// Replaces `before` with `after`, and returns `after` as it will be: at its next version, or
    /// unchanged when nothing differs, in which case nothing is written.
    pub fn update<E: Entity>(&mut self, before: &E, after: E) -> E {
        match self.try_update(before, after.clone()) {
            Ok(after) => after,
            Err(error) => {
                self.note(Err(error));
                after
            }
        }
    }

    /// The same for an object that only follows another one's change: where nothing of it differs, the
    /// change does not depend on it.
    pub fn follow<E: Entity>(&mut self, before: &E, after: E) -> E {
        match (encode(before), encode(&after)) {
            (Ok(was), Ok(is)) if was == is => after,
            _ => self.update(before, after),
        }
    }

    /// Removes an object.
    pub fn delete<E: Entity<Event: Deletes>>(&mut self, entity: &E) {
        let done = self.try_delete(entity);
        self.note(done);
    }

    /// Takes the next number of a sequence: nobody else has taken it since the sequence was read.
    pub fn take(&mut self, sequence: Sequence) {
        let (write, rule) = sequence.taken();
        self.plan(write, rule);
    }

    /// Replaces the account's clock `before` with `after`, and returns it as it will be: at its next
    /// version, or unchanged. No event tells of it; the clock itself proves the change.
    pub fn set_clock(&mut self, before: &AccountClock, after: AccountClock) -> AccountClock {
        let version = before.version();
        let after = if after == *before { after } else { after.at_version(version + 1) };
        let done = self.try_set_clock(version, &after);
        self.note(done);
        after
    }

    fn try_set_clock(&mut self, version: u64, after: &AccountClock) -> Result<(), Error> {
        if !self.target.allows(self.account.as_str(), version) {
            return Err(Error::PreconditionFailed);
        }
        if after.version() == version {
            return Ok(());
        }
        let (key, item) = (Key::clock(&self.account), encode(after)?);
        let unchanged = Condition::at_version(version);
        self.proof.get_or_insert(Proof::State(key.clone(), item.clone()));
        self.plan(Write::Put(Put::guarded(key, item, unchanged)), Rule::Unchanged);
        Ok(())
    }

    fn note(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.fault.get_or_insert(error);
        }
    }

    fn try_insert<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        let put = Put::guarded(key_of(entity), encode(entity)?, Condition::Absent);
        self.plan(Write::Put(put), Rule::New);
        for companion in beside(entity)? {
            self.claim(entity, companion);
        }
        for list in entity.lists() {
            self.list(entity, &list, Step::Enter, entity.record().version);
        }
        Ok(())
    }

    fn try_update<E: Entity>(&mut self, before: &E, mut after: E) -> Result<E, Error> {
        let current = before.record();
        self.guard(before)?;
        *after.record_mut() = current.clone();
        if encode(before)? == encode(&after)? {
            let unchanged = Condition::Version(current.version);
            self.checks.push((Write::Check(key_of(before), unchanged), Rule::Unchanged));
            return Ok(after);
        }
        *after.record_mut() = current.changed(self.moment.now());
        let unchanged = Condition::Version(current.version);
        let put = Put::guarded(key_of(before), encode(&after)?, unchanged);
        self.plan(Write::Put(put), Rule::Unchanged);
        let (had, has) = (beside(before)?, beside(&after)?);
        for companion in had.iter().filter(|one| !has.iter().any(|other| other.key == one.key)) {
            self.release(before, companion.clone());
        }
        // One that stays as it is needs no write: it lives while its object says so.
        for companion in has.into_iter().filter(|one| !had.contains(one)) {
            self.claim(&after, companion);
        }
        let (left, entered) = (before.lists(), after.lists());
        for list in left.iter().filter(|list| !entered.contains(list)) {
            self.list(&after, list, Step::Leave, after.record().version);
        }
        for list in entered.iter().filter(|list| !left.contains(list)) {
            self.list(&after, list, Step::Enter, after.record().version);
        }
        self.events(Some(before), &after)?;
        Ok(after)
    }

    fn try_delete<E: Entity<Event: Deletes>>(&mut self, entity: &E) -> Result<(), Error> {
        self.guard(entity)?;
        let version = entity.record().version;
        let unchanged = Condition::Version(version);
        self.plan(Write::Delete(key_of(entity), unchanged), Rule::Unchanged);
        for companion in beside(entity)? {
            self.release(entity, companion);
        }
        for list in entity.lists() {
            self.list(entity, &list, Step::Leave, version + 1);
        }
        self.event((E::Event::DELETED, None), None, entity)
    }

    /// Whether what the client demands of this object's version holds now: for what is done before the
    /// change is written.
    pub fn guards<E: Entity>(&self, entity: &E) -> Result<(), Error> {
        self.guard(entity)
    }

    fn guard<E: Entity>(&self, entity: &E) -> Result<(), Error> {
        let record = entity.record();
        match self.target.allows(record.id.as_str(), record.version) {
            true => Ok(()),
            false => Err(Error::PreconditionFailed),
        }
    }

    fn claim<E: Entity>(&mut self, owner: &E, mut companion: Beside) {
        let id = owner.record().id.to_string();
        companion.item.insert(OWNER.to_owned(), Value::String(id.clone()));
        let condition = Condition::AbsentOrOwnedBy(id);
        let rule = Rule::of_claim(companion.claims);
        self.plan(Write::Put(Put::guarded(companion.key, companion.item, condition)), rule);
    }

    fn release<E: Entity>(&mut self, owner: &E, companion: Beside) {
        let condition = Condition::AbsentOrOwnedBy(owner.record().id.to_string());
        let rule = Rule::of_claim(companion.claims);
        self.plan(Write::Delete(companion.key, condition), rule);
    }

    fn list<E: Entity>(&mut self, entity: &E, list: &List, step: Step, version: u64) {
        let id = entity.record().id.as_str();
        for write in list::operation(account_of(entity), list, id, version, step) {
            self.plan(write, Rule::None);
        }
    }

    /// The events of a change, in the change's own transaction: one for each thing that happened.
    fn events<E: Entity>(&mut self, before: Option<&E>, now: &E) -> Result<(), Error> {
        let happened = E::events(before, now);
        let parts = EventPart::of(happened.len());
        let mut all = happened.into_iter().zip(parts);
        all.try_for_each(|(happened, part)| self.event((happened, part), before, now))
    }

    fn event<E: Entity>(
        &mut self,
        (happened, part): (E::Event, Option<EventPart>),
        before: Option<&E>,
        now: &E,
    ) -> Result<(), Error> {
        let at = self.moment.now();
        let object = Shown::at(now, at)?.object;
        let previous = before.map(|before| Shown::at(before, at)).transpose()?;
        let previous_attributes = previous.map(|shown| differing(shown.object, &object));
        let environment = self.account.environment();
        let id = Id::new(environment, self.moment, &self.ids);
        let record = Record::new(id, self.account.clone(), self.moment.now());
        let data = EventData { object, previous_attributes };
        let event = Event::new(record, happened, data, self.request_id.clone()).being(part);
        self.proof.get_or_insert(Proof::Event(key_of(&event)));
        self.try_insert(&event)
    }

    fn plan(&mut self, write: Write, rule: Rule) {
        self.planned.push((write, rule));
    }
}

/// The object whose claim an item is.
pub(super) fn owner_of(item: &Item) -> Option<&str> {
    item.get(OWNER).and_then(Value::as_str)
}

/// An item that is written and removed with an object: a companion, or its place in the due index.
#[derive(Clone, Debug, PartialEq)]
struct Beside {
    key: Key,
    item: Item,
    claims: Option<(&'static str, &'static str)>,
}

/// What is beside an object: its own companions, and its place in the due index.
fn beside<E: Entity>(entity: &E) -> Result<Vec<Beside>, Error> {
    let account = account_of(entity);
    let own = entity.companions()?.into_iter().map(|companion| Beside {
        key: Key::companion(account, &companion.place),
        item: companion.item,
        claims: companion.claims,
    });
    let due = entity.due_at().map(|at| Beside {
        key: Key::due(account, at, entity.record().id.as_str()),
        item: Item::new(),
        claims: None,
    });
    Ok(own.chain(due).collect())
}

/// Where an object is.
fn key_of<E: Entity>(entity: &E) -> Key {
    Key::object(account_of(entity), &entity.record().id)
}

/// Whose it is.
fn account_of<E: Entity>(entity: &E) -> &AccountId {
    &entity.record().account_id
}

/// The attributes of `before` whose values `after` does not have.
fn differing(before: Item, after: &Item) -> Item {
    before.into_iter().filter(|(name, value)| after.get(name) != Some(value)).collect()
}

impl Store {
    /// Where a sequence is.
    pub async fn sequence(&self, account: &AccountId, name: &str) -> Result<Sequence, Error> {
        let key = Key::sequence(account, name);
        let item = self.get(account, &key).await?.unwrap_or_default();
        let taken = item.get("version").and_then(Value::as_u64).unwrap_or(0);
        Ok(Sequence { key, taken })
    }

    /// Who is known to rely on the object with this id.
    pub async fn mark<K: Kind>(
        &self,
        account: &AccountId,
        id: &Id<K>,
    ) -> Result<Option<Mark>, Error> {
        let item = self.get(account, &Key::mark(account, id)).await?;
        Ok(item.map(|item| Mark(owner_of(&item).unwrap_or_default().to_owned())))
    }

    /// Makes the change, with the record that lets its request be repeated.
    pub async fn commit(&self, mut tx: Tx, receipt: Option<Receipt>) -> Result<Commit, Error> {
        if let Some(fault) = tx.fault {
            return Err(fault);
        }
        if !tx.planned.is_empty() {
            let written: Vec<&Key> = tx.planned.iter().map(|(write, _)| write.key()).collect();
            let apart = |(check, _): &(Write, Rule)| !written.contains(&check.key());
            let checks: Vec<_> = tx.checks.into_iter().filter(apart).collect();
            tx.planned.extend(checks);
        }
        if let Some(receipt) = receipt {
            let condition = Condition::AbsentOrExpired(receipt.now);
            let put = Put::guarded(receipt.key, receipt.item, condition);
            tx.planned.push((Write::Put(put), Rule::Once));
        }
        let (writes, rules): (Vec<Write>, Vec<Rule>) = tx.planned.into_iter().unzip();
        super::open(&tx.account, writes.iter().map(Write::key))?;
        match writes.len() {
            0 => Ok(Commit::Done),
            1..=MAX_WRITES => self.transact(&tx.account, writes, &rules, tx.proof.as_ref()).await,
            count => Err(Error::Internal(format!("a transaction of {count} writes"))),
        }
    }

    /// Puts the final answer of a request in the place of its first one.
    pub async fn replace_receipt(
        &self,
        account: &AccountId,
        receipt: Receipt,
    ) -> Result<(), Error> {
        let same = receipt.item.get("fingerprint").and_then(Value::as_str).unwrap_or_default();
        let condition = Condition::Fingerprint(same.to_owned());
        let write = Write::Put(Put::guarded(receipt.key, receipt.item, condition));
        super::open(account, [write.key()])?;
        self.transact(account, vec![write], &[Rule::New], None).await.map(|_| ())
    }

    /// Writes items that are no object of the account, all or none: false, when a condition did not
    /// hold. Repeated while it is not known to have ended; an error leaves it unknown.
    pub(crate) async fn put_if(&self, account: &AccountId, puts: Vec<Put>) -> Result<bool, Error> {
        let writes: Vec<Write> = puts.into_iter().map(Write::Put).collect();
        super::open(account, writes.iter().map(Write::key))?;
        let rules = vec![Rule::New; writes.len()];
        match self.transact(account, writes, &rules, None).await {
            Ok(_) => Ok(true),
            Err(Error::Stale) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn transact(
        &self,
        account: &AccountId,
        mut writes: Vec<Write>,
        rules: &[Rule],
        proof: Option<&Proof>,
    ) -> Result<Commit, Error> {
        self.spread.over(&mut writes);
        let mut token = new_token();
        let mut ambiguous = false;
        let mut last = Error::Contended;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                back_off(attempt - 1).await;
            }
            match self.table.transact(&writes, &token).await {
                Ok(()) => return Ok(Commit::Done),
                Err(NotCommitted::Refused(refused)) => {
                    if ambiguous && self.proven(account, proof).await? {
                        return Ok(Commit::Done);
                    }
                    return refusal(rules, refused);
                }
                Err(NotCommitted::Impossible(text)) if !ambiguous => {
                    return Err(Error::Internal(text));
                }
                // Once it may have happened, nothing but proof says that it did or did not.
                Err(NotCommitted::Conflict) if !ambiguous => last = Error::Contended,
                Err(NotCommitted::Conflict) => {}
                Err(NotCommitted::Throttled(text, places)) => {
                    last = Error::Busy(text);
                    // It has not happened, so another transaction may do the same elsewhere. Once is no
                    // sign that a log is too busy: a table is throttled for other reasons too.
                    let again = attempt > 0 && !ambiguous;
                    if again && self.make_room(&writes, &places).await {
                        self.spread.over(&mut writes);
                        token = new_token();
                    }
                }
                Err(NotCommitted::Impossible(text)) => last = Error::Busy(text),
                Err(NotCommitted::Ambiguous(text)) => {
                    ambiguous = true;
                    last = Error::Busy(text);
                }
            }
        }
        match ambiguous && self.proven(account, proof).await? {
            true => Ok(Commit::Done),
            false => Err(last),
        }
    }

    /// Gives the logs that were too busy for an operation more partitions: whether there are more now.
    async fn make_room(&self, writes: &[Write], places: &[usize]) -> bool {
        let mut room = false;
        for write in places.iter().filter_map(|place| writes.get(*place)) {
            // What keeps it from being made is what there is too little room for already.
            room |= self.widen(write.key()).await.unwrap_or(false);
        }
        room
    }

    async fn proven(&self, account: &AccountId, proof: Option<&Proof>) -> Result<bool, Error> {
        match proof {
            Some(Proof::Event(key)) => Ok(self.get(account, key).await?.is_some()),
            Some(Proof::State(key, written)) => {
                let there = self.get(account, key).await?.unwrap_or_default();
                Ok(written.iter().all(|(name, value)| there.get(name) == Some(value)))
            }
            None => Ok(false),
        }
    }
}

/// What the failed conditions mean, the most telling first.
fn refusal(rules: &[Rule], refused: Vec<(usize, Option<Item>)>) -> Result<Commit, Error> {
    let mut failed: Vec<(Rule, Option<Item>)> =
        refused.into_iter().filter_map(|(index, item)| Some((*rules.get(index)?, item))).collect();
    if let Some(place) = failed.iter().position(|(rule, _)| *rule == Rule::Once) {
        let (_, record) = failed.swap_remove(place);
        return Ok(Commit::Repeated(record.unwrap_or_default()));
    }
    if failed.iter().any(|(rule, _)| *rule == Rule::Token) {
        return Err(Error::Unauthorized);
    }
    if failed.iter().any(|(rule, _)| matches!(rule, Rule::New | Rule::Unchanged)) {
        return Err(Error::Stale);
    }
    let claim = failed.iter().find_map(|(rule, _)| match rule {
        Rule::Claim(noun, field) => Some((*noun, *field)),
        _ => None,
    });
    match claim {
        Some((noun, field)) => {
            let hint = format!("is already that of another {noun}");
            Err(Error::conflict(noun, field, "taken", &hint))
        }
        None => Err(Error::Internal("a condition failed that no rule made".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{
        id::{CustomerId, InvoiceId},
        time::Clock,
    };

    fn refused(rules: &[Rule], places: &[usize]) -> Result<Commit, Error> {
        refusal(rules, places.iter().map(|place| (*place, None)).collect())
    }

    /// What a refusal means, in the words of the table at the head of this file.
    fn meaning(rules: &[Rule], places: &[usize]) -> &'static str {
        match refused(rules, places) {
            Ok(Commit::Repeated(_)) => "replay",
            Err(Error::Unauthorized) => "401",
            Err(Error::Stale) => "stale",
            Err(Error::Conflict(_)) => "conflict",
            other => panic!("{other:?}"),
        }
    }

    /// The rules of the table's rows about conditions, in its order.
    const ROWS: &[(Rule, &str)] = &[
        (Rule::Once, "replay"),
        (Rule::Token, "401"),
        (Rule::Unchanged, "stale"),
        (Rule::New, "stale"),
        (Rule::Claim("customer", "email"), "conflict"),
    ];

    #[test]
    fn of_two_conditions_that_fail_the_upper_row_decides() {
        for (place, (rule, meant)) in ROWS.iter().enumerate() {
            assert_eq!(meaning(&[*rule], &[0]), *meant, "{rule:?}");
            for (lower, _) in ROWS.iter().skip(place) {
                assert_eq!(meaning(&[*rule, *lower], &[0, 1]), *meant, "{rule:?} {lower:?}");
                assert_eq!(meaning(&[*lower, *rule], &[0, 1]), *meant, "{lower:?} {rule:?}");
            }
        }
        let all: Vec<Rule> = ROWS.iter().rev().map(|(rule, _)| *rule).collect();
        assert_eq!(meaning(&all, &[0, 1, 2, 3, 4]), "replay");
        assert_eq!(meaning(&all, &[1, 2]), "stale");
    }

    #[test]
    fn a_conflict_is_told_at_the_field_that_claims() {
        let rules = [Rule::None, Rule::Claim("price", "lookup_key")];
        let Err(error) = refused(&rules, &[1]) else { panic!("refused") };
        let problem = serde_json::to_value(error.problem("/", "req_1")).unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "/lookup_key");
        assert!(matches!(refused(&rules, &[0]), Err(Error::Internal(_))));
    }

    fn tx() -> Tx {
        let account = "acc_stg_0000000000000001".parse().unwrap();
        let ids = Arc::new(IdSource::new(Clock));
        Tx::new(account, Clock.now().into(), ids, "req_1".to_owned(), Target::default())
    }

    /// Which row each write of a change stands in.
    #[test]
    fn what_a_change_relies_on_is_a_row_of_the_table() {
        let id: CustomerId = "cus_stg_0000000000000001".parse().unwrap();
        let by: InvoiceId = "in_stg_0000000000000001".parse().unwrap();
        let mut tx = tx();
        tx.while_exists(&id);
        tx.unmark(&id, None);
        tx.unmark(&id, Some(Mark(by.to_string())));
        let rules: Vec<Rule> = tx.checks.iter().chain(&tx.planned).map(|(_, rule)| *rule).collect();
        assert_eq!(rules, [Rule::Unchanged; 3]);
        assert_eq!(Rule::of_claim(Some(("customer", "email"))), Rule::Claim("customer", "email"));
        assert_eq!(Rule::of_claim(None), Rule::New);
    }

    #[test]
    fn previous_attributes_are_those_that_changed() {
        let object = |json: Value| match json {
            Value::Object(object) => object,
            _ => panic!("an object"),
        };
        let before = object(serde_json::json!({"name": "a", "email": "x", "phone": null}));
        let after = object(serde_json::json!({"name": "b", "email": "x", "phone": "1"}));
        let expected = object(serde_json::json!({"name": "a", "phone": null}));
        assert_eq!(differing(before, &after), expected);
    }

    #[test]
    fn if_match_guards_the_object_that_the_path_names() {
        let target = Target { id: Some("cus_1".into()), if_match: Some(vec!["\"3\"".into()]) };
        assert!(target.allows("cus_1", 3) && !target.allows("cus_1", 4));
        assert!(target.allows("cus_2", 9) && Target::default().allows("cus_1", 4));
    }
}
