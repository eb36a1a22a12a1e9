//! The watch over what payers dispute: an event tells of it, and an event may never come.
//!
//! Nobody here asks for a dispute, so there is nothing to ask about until its name is known. So a
//! processor that knows of disputes is asked once a day which there are since it was asked before. The
//! watch says when. It begins with the processor's first card, is nobody's object, and tells nobody.
//!
//! A dispute that is open has a watch of its own, by which it is asked about once a day. That it was asked
//! about is nothing that happened to it, so it is not written on the dispute, whose versions are told of.
//!
//! What a processor is to let go is watched, too: a card that was removed here, a customer who was deleted.
//! That is written in the transaction of the removal, and gone when the processor has answered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Processor;
use crate::{
    base::{
        id::{CustomerId, DisputeId, ProcessorId, ProcessorWatchId, derived, kind},
        time::Timestamp,
    },
    model::{
        entity::{Entity, Representation, recorded},
        event_type::NoEvent,
        list::List,
        record::Record,
    },
};

/// When a processor is asked which disputes there are.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Watch {
    #[serde(flatten)]
    record: Record<kind::ProcessorWatch>,
    /// The processor; none, where it is about all that a customer has anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) processor_id: Option<ProcessorId>,
    /// When it is asked next.
    ask_at: Timestamp,
    /// When it answered last, in seconds of real time, which is the processor's.
    asked_at: Option<i64>,
    /// The dispute that it is asked about; none, where it is asked which there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dispute_id: Option<DisputeId>,
    /// Whether the dispute is closed: nothing is asked any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_over: bool,
    /// What is to be let go; none, where it is about disputes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) release: Option<Release>,
}

/// What is to be let go where money comes from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Release {
    /// What.
    #[serde(flatten)]
    pub(crate) what: Released,
    /// How often it was asked for in vain.
    tries: u32,
}

/// What is let go.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Released {
    /// A card that was removed.
    Card {
        /// The processor's name for it.
        source: String,
    },
    /// Each card of a customer who was deleted, and who they are at each processor.
    Customer {
        /// The customer.
        customer_id: CustomerId,
    },
}

/// After how many hours it is asked again.
const ASKED_AFTER_HOURS: i64 = 24;
/// The same, where the processor did not answer.
const ASKED_AGAIN_AFTER_HOURS: i64 = 1;
/// After how long a card is let go by the schedule, where whoever removed it did not get to it.
const RELEASED_AFTER_MS: i64 = 2 * 60_000;
/// How far back an answer is asked for that overlaps the last one: a processor's lists may lag.
const OVERLAP_SECONDS: i64 = 3_600;
/// How far back the first answer goes.
const FIRST_SECONDS: i64 = 30 * 24 * 3_600;

impl Watch {
    /// The id of a processor's watch.
    pub(crate) fn id_of(processor: &ProcessorId) -> ProcessorWatchId {
        derived(processor.environment(), None, &[processor.as_str(), "watch"])
    }

    /// The watch over a processor's disputes.
    pub(crate) fn over(record: Record<kind::ProcessorWatch>, processor: &Processor) -> Self {
        Self {
            processor_id: Some(processor.id().clone()),
            ask_at: record.created_at.plus_hours(ASKED_AFTER_HOURS),
            asked_at: None,
            dispute_id: None,
            is_over: false,
            release: None,
            record,
        }
    }

    /// The id of a dispute's watch.
    pub(crate) fn id_of_dispute(dispute: &DisputeId) -> ProcessorWatchId {
        derived(dispute.environment(), None, &[dispute.as_str(), "watch"])
    }

    /// The watch over one dispute, which is asked about at `ask_at` for the first time.
    pub(crate) fn over_dispute(
        record: Record<kind::ProcessorWatch>,
        processor_id: ProcessorId,
        (dispute_id, ask_at): (DisputeId, Timestamp),
    ) -> Self {
        let (processor_id, dispute_id) = (Some(processor_id), Some(dispute_id));
        let (asked_at, is_over, release) = (None, false, None);
        Self { record, processor_id, ask_at, asked_at, dispute_id, is_over, release }
    }

    /// That `processor` is to let a card go. Whoever writes it down asks at once; if nothing comes of that,
    /// it is due.
    pub(crate) fn over_card(
        record: Record<kind::ProcessorWatch>,
        processor: &ProcessorId,
        source: &str,
    ) -> Self {
        let what = Released::Card { source: source.to_owned() };
        let after = record.created_at.plus_millis(RELEASED_AFTER_MS);
        Self::over_release(record, Some(processor.clone()), (what, after))
    }

    /// That all is to be let go, wherever it is, that a customer has who was deleted.
    pub(crate) fn over_customer(
        record: Record<kind::ProcessorWatch>,
        customer_id: CustomerId,
    ) -> Self {
        let now = record.created_at;
        Self::over_release(record, None, (Released::Customer { customer_id }, now))
    }

    fn over_release(
        record: Record<kind::ProcessorWatch>,
        processor_id: Option<ProcessorId>,
        (what, ask_at): (Released, Timestamp),
    ) -> Self {
        let (asked_at, dispute_id, is_over) = (None, None, false);
        let release = Some(Release { what, tries: 0 });
        Self { record, processor_id, ask_at, asked_at, dispute_id, is_over, release }
    }

    /// The watch after nothing was let go: it is asked for again in 1, 2, 4, … hours, at most a day.
    pub(crate) fn asked_in_vain(&self, now: Timestamp) -> Self {
        let mut after = self.clone();
        if let Some(release) = &mut after.release {
            let hours = 2_i64.saturating_pow(release.tries).min(ASKED_AFTER_HOURS);
            after.ask_at = now.plus_hours(hours);
            release.tries = release.tries.saturating_add(1);
        }
        after
    }

    /// The watch, over for as long as its dispute is closed.
    pub(crate) fn over_if(self, is_over: bool) -> Self {
        Self { is_over, ..self }
    }

    /// Since which second of real time disputes are asked for at `now`, in those seconds.
    pub(crate) fn since(&self, now: i64) -> i64 {
        match self.asked_at {
            Some(asked_at) => asked_at.saturating_sub(OVERLAP_SECONDS),
            None => now.saturating_sub(FIRST_SECONDS),
        }
    }

    /// The watch after the processor was asked; `answered` is when in real time, if it was.
    pub(crate) fn asked(&self, answered: Option<i64>, now: Timestamp) -> Self {
        let hours = answered.map_or(ASKED_AGAIN_AFTER_HOURS, |_| ASKED_AFTER_HOURS);
        let asked_at = answered.or(self.asked_at);
        Self { ask_at: now.plus_hours(hours), asked_at, ..self.clone() }
    }
}

impl Representation for Watch {
    fn example() -> Value {
        json!({
            "id": "pw_prod_0mkz6k3cp1w2a3t4",
            "account_id": "acc_prod_0mjuvda0a1b2c3d4",
            "created_at": "2026-01-31T09:30:00.000Z",
            "updated_at": "2026-01-31T09:30:00.000Z",
            "version": 1,
            "processor_id": "proc_prod_0mkz6k3cp1r2o3c4",
            "ask_at": "2026-02-01T09:30:00.000Z",
            "asked_at": null,
        })
    }
}

impl Entity for Watch {
    recorded!(kind::ProcessorWatch);
    type Event = NoEvent;
    const RESOURCE: &'static str = "processor-watches";

    fn lists(&self) -> Vec<List> {
        Vec::new()
    }

    fn due_at(&self) -> Option<Timestamp> {
        (!self.is_over).then_some(self.ask_at)
    }

    fn events(_: Option<&Self>, _: &Self) -> Vec<NoEvent> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{id::AccountId, time::Clock};

    #[test]
    fn it_asks_each_day_and_sooner_where_nobody_answered() {
        let processor: ProcessorId = "proc_stg_0000000000000001".parse().unwrap();
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let record = Record::new(Watch::id_of(&processor), account, Clock.now());
        let now = record.created_at;
        let watch = Watch {
            record,
            processor_id: Some(processor),
            ask_at: now.plus_hours(24),
            asked_at: None,
            dispute_id: None,
            is_over: false,
            release: None,
        };
        assert_eq!(watch.since(5_000_000), 5_000_000 - 30 * 86_400);
        let missed = watch.asked(None, now);
        assert_eq!((missed.due_at(), missed.asked_at), (Some(now.plus_hours(1)), None));
        let asked = missed.asked(Some(5_000_000), now);
        assert_eq!((asked.due_at(), asked.since(9_000_000)), (Some(now.plus_hours(24)), 4_996_400));
        assert_eq!(asked.asked(None, now).since(9_000_000), 4_996_400, "nothing is left out");
        assert_eq!(asked.over_if(true).due_at(), None);
    }

    #[test]
    fn what_is_not_let_go_is_asked_for_less_and_less_often_and_at_least_each_day() {
        let customer: CustomerId = "cus_stg_0000000000000001".parse().unwrap();
        let account: AccountId = "acc_stg_0000000000000001".parse().unwrap();
        let id = "pw_stg_0000000000000001".parse().unwrap();
        let mut watch = Watch::over_customer(Record::new(id, account, Clock.now()), customer);
        let now = watch.record.created_at;
        assert_eq!(watch.due_at(), Some(now));
        for hours in [1, 2, 4, 8, 16, 24, 24, 24] {
            watch = watch.asked_in_vain(now);
            assert_eq!(watch.due_at(), Some(now.plus_hours(hours)));
        }
        let stored = serde_json::to_value(&watch).unwrap();
        assert_eq!(stored["release"]["type"], "customer", "{stored}");
        let read: Watch = serde_json::from_value(stored).unwrap();
        assert_eq!(read.asked_in_vain(now).due_at(), Some(now.plus_hours(24)));
    }
}
