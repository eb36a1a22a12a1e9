//! What is due of a subscription, and the next of it.

use crate::{
    base::error::Error,
    model::{
        account::Account,
        subscription::{Subscription, schedule::Step},
    },
    work::Work,
};

impl Work {
    /// Does what is due of a subscription: one step, in one transaction.
    pub async fn run_subscription(&self, subscription: Subscription) -> Result<(), Error> {
        let Some((at, step)) = subscription.next_step().filter(|(at, _)| *at <= self.now()) else {
            return Ok(());
        };
        match step {
            Step::Settle => self.settle_end(&subscription).await,
            Step::Cancel => self.end_subscription(&subscription, at).await,
            Step::ChangeAsRequested => self.change_as_requested(&subscription).await,
            Step::Start => self.start_subscription(&subscription).await,
            Step::Remind => {
                let mut tx = self.begin();
                tx.update(&subscription, subscription.reminded());
                self.commit(tx).await
            }
            Step::Pause => {
                let mut tx = self.begin();
                tx.update(&subscription, subscription.paused_at_end(at)?);
                self.commit(tx).await
            }
            Step::Resume => self.resume_subscription(&subscription).await,
            Step::ChangePlan => self.change_planned(&subscription).await,
            Step::Renew => self.renew(&subscription).await,
        }
    }

    /// The account whose subscriptions these are.
    pub(crate) async fn own_account(&self) -> Result<Account, Error> {
        self.find(self.account()).await
    }
}
