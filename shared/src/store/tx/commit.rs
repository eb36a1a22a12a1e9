//! How a change is written, and how that ends.

use serde_json::Value;

use super::{Proof, Tx};
use crate::{
    base::{error::Error, id::AccountId},
    model::{
        entity::{Entity, Item},
        event::Event,
        list::List,
        passkey::answered_before,
    },
    store::{
        Store,
        events::Deadline,
        key::Key,
        lanes::Crowd,
        list, open,
        table::{ATTEMPTS, Condition, NotCommitted, Put, Write, back_off, new_token},
    },
};

/// DynamoDB's limit for one transaction.
pub(super) const MAX_WRITES: usize = 100;

/// Which rule a write's condition stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    None,
    New,
    Unchanged,
    Claim(&'static str, &'static str),
    Token,
    Challenge,
    Once,
    Lane,
}

impl Rule {
    pub(super) fn of_claim(claims: Option<(&'static str, &'static str)>) -> Self {
        claims.map_or(Self::New, |(noun, field)| Self::Claim(noun, field))
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
    /// The objects that are written, as they then are; of one that is removed, nothing.
    pub(in crate::store) fn objects(&self) -> Vec<(Key, Option<Item>)> {
        let object = |write: &Write| match write {
            Write::Put(put) => Some((put.parts().0.clone(), Some(put.parts().1.clone()))),
            Write::Delete(key, _) => Some((key.clone(), None)),
            Write::Check(..) | Write::Numbers(..) | Write::Count(..) => None,
        };
        let all = self.planned.iter().filter_map(|(write, _)| object(write));
        all.filter(|(key, _)| key.object_id().is_some()).collect()
    }

    /// The same of a change that is made nowhere, or why it cannot be made.
    pub(in crate::store) fn imagined(self) -> Result<Vec<(Key, Option<Item>)>, Error> {
        let objects = self.objects();
        self.fault.map_or(Ok(objects), Err)
    }

    /// Puts what must hold beside what is written. An item that is written itself is written on that
    /// condition, where it has none of its own that says more.
    pub(super) fn checked(&mut self) {
        for (check, rule) in std::mem::take(&mut self.checks) {
            let own = self.planned.iter_mut().find(|(write, _)| write.key() == check.key());
            match own {
                None => self.planned.push((check, rule)),
                Some((write, of)) => {
                    if write.guard_by(check) {
                        *of = rule;
                    }
                }
            }
        }
    }

    /// Has one item say of all the events of the change that they are in the list of events.
    fn gather_events(&mut self) {
        if !self.has_events {
            return;
        }
        let list = List::all(Event::RESOURCE);
        let head = Key::list_head(&self.account, &list);
        let enters = |write: &Write| list::new_member(write.key(), &head).map(str::to_owned);
        let ids: Vec<String> = self.planned.iter().filter_map(|(write, _)| enters(write)).collect();
        if ids.len() > 1 {
            self.planned.retain(|(write, _)| enters(write).is_none());
            let all = list::operation_of_all(&self.account, &list, ids);
            self.planned.extend(all.map(|write| (write, Rule::None)));
        }
    }
}

impl Store {
    /// Makes the change, with the record that lets its request be repeated.
    pub async fn commit(&self, mut tx: Tx, receipt: Option<Receipt>) -> Result<Commit, Error> {
        if let Some(fault) = tx.fault {
            return Err(fault);
        }
        let deadline = match tx.has_events {
            true => Deadline::of(tx.moment, self.events_settle_ms),
            false => Deadline::NONE,
        };
        if !tx.planned.is_empty() {
            tx.gather_events();
            tx.checked();
            tx.wake_if_due();
        }
        if let Some(receipt) = receipt {
            let condition = Condition::AbsentOrExpired(receipt.now);
            let put = Put::guarded(receipt.key, receipt.item, condition);
            tx.planned.push((Write::Put(put), Rule::Once));
        }
        let (writes, rules): (Vec<Write>, Vec<Rule>) = tx.planned.into_iter().unzip();
        open(&tx.account, writes.iter().map(Write::key))?;
        match writes.len() {
            0 => Ok(Commit::Done),
            1..=MAX_WRITES => {
                let proof = (tx.proof.as_ref(), deadline);
                self.transact(&tx.account, writes, &rules, proof).await
            }
            count => {
                let hint = format!(
                    "would change too much at once: {count} items of the table, of which one \
                     change can have {MAX_WRITES}"
                );
                Err(Error::not_now("change", "too_large", &hint))
            }
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
        open(account, [write.key()])?;
        self.transact(account, vec![write], &[Rule::New], (None, Deadline::NONE)).await.map(|_| ())
    }

    /// Writes items that are no object of the account, all or none: false, when a condition did not
    /// hold. Repeated while it is not known to have ended; an error leaves it unknown.
    pub(crate) async fn put_if(&self, account: &AccountId, puts: Vec<Put>) -> Result<bool, Error> {
        let writes: Vec<Write> = puts.into_iter().map(Write::Put).collect();
        open(account, writes.iter().map(Write::key))?;
        let rules = vec![Rule::New; writes.len()];
        match self.transact(account, writes, &rules, (None, Deadline::NONE)).await {
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
        (proof, deadline): (Option<&Proof>, Deadline),
    ) -> Result<Commit, Error> {
        self.spread.over(&mut writes);
        self.keep_to_lane(&mut writes).await?;
        let mut token = new_token();
        let mut ambiguous = false;
        let mut last = Error::Contended;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                back_off(attempt - 1).await;
            }
            if deadline.is_over() {
                last = Error::Busy("the change took too long to be made".to_owned());
                break;
            }
            match self.table.transact(&writes, &token).await {
                Ok(()) => return Ok(Commit::Done),
                Err(NotCommitted::Refused(refused)) => {
                    if ambiguous && self.proven(account, proof).await? {
                        return Ok(Commit::Done);
                    }
                    let is_lane = |place: usize| rules.get(place) == Some(&Rule::Lane);
                    if !refused.iter().all(|(place, _)| is_lane(*place)) {
                        return refusal(rules, refused);
                    }
                    // Another process was in the lane since it was read.
                    (last, ambiguous) = (Error::Contended, false);
                    self.change_lane(&mut writes, Crowd::Met).await?;
                    token = new_token();
                }
                Err(NotCommitted::Impossible(text)) if !ambiguous => {
                    return Err(Error::Internal(text));
                }
                // Once it may have happened, nothing but proof says that it did or did not.
                Err(NotCommitted::Conflict) if !ambiguous => {
                    last = Error::Contended;
                    // It has not happened: counters that others are adding to are others' lanes.
                    if self.change_lane(&mut writes, Crowd::Met).await? {
                        token = new_token();
                    }
                }
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
                    if !ambiguous && self.change_lane(&mut writes, Crowd::Throttled).await? {
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
        let Some(Proof(key, written)) = proof else { return Ok(false) };
        let there = self.get(account, key).await?.unwrap_or_default();
        Ok(written.iter().all(|(name, value)| there.get(name) == Some(value)))
    }
}

/// What the failed conditions mean, the most telling first.
pub(super) fn refusal(
    rules: &[Rule],
    refused: Vec<(usize, Option<Item>)>,
) -> Result<Commit, Error> {
    let mut failed: Vec<(Rule, Option<Item>)> =
        refused.into_iter().filter_map(|(index, item)| Some((*rules.get(index)?, item))).collect();
    if let Some(place) = failed.iter().position(|(rule, _)| *rule == Rule::Once) {
        let (_, record) = failed.swap_remove(place);
        return Ok(Commit::Repeated(record.unwrap_or_default()));
    }
    if failed.iter().any(|(rule, _)| *rule == Rule::Token) {
        return Err(Error::Unauthorized);
    }
    if failed.iter().any(|(rule, _)| *rule == Rule::Challenge) {
        return Err(answered_before());
    }
    if failed.iter().any(|(rule, _)| matches!(rule, Rule::New | Rule::Unchanged | Rule::Lane)) {
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
