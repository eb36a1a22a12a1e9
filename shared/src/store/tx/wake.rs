//! What has the sweeper look at a staging account, written with the change that gives it a reason.

use super::{Rule, Tx};
use crate::{
    base::{id::Environment, time::Clock},
    model::entity::Item,
    store::{
        key::Key,
        table::{Put, Write, new_token},
    },
};

impl Tx {
    /// Has the sweeper look at the account.
    pub(super) fn wake(&mut self) {
        let key = Key::wake(&self.account, Clock.now(), &new_token());
        self.plan(Write::Put(Put::new(key, Item::new())), Rule::None);
    }

    /// The same, if the account is one of staging and something falls due by the change. When that is,
    /// by the account's own time, is for the sweeper to say: the clock may be moved meanwhile.
    pub(super) fn wake_if_due(&mut self) {
        if self.account.environment() != Environment::Stg {
            return;
        }
        let partition = Key::due_partition_of(&self.account);
        let is_due = |(write, _): &(Write, Rule)| {
            matches!(write, Write::Put(_)) && write.key().pk() == partition
        };
        if self.planned.iter().any(is_due) {
            self.wake();
        }
    }
}
