//! What a customer is charged next, with everything that is decided until then.

use crate::{
    base::error::Error,
    model::{
        change_request::ChangeRequest,
        portal::NextCharge,
        subscription::{
            Subscription, SubscriptionState, change::ProrationBehavior, schedule::Step,
        },
    },
    work::Work,
};

impl Work {
    /// The next charge of a subscription that comes by itself. What a change that is scheduled before it
    /// comes to is in it; where only time will tell that, there is no amount. What cannot be billed is
    /// said to the seller, when it is due.
    pub(super) async fn charged_next(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<NextCharge>, Error> {
        let waits = matches!(
            subscription.state(),
            SubscriptionState::Incomplete | SubscriptionState::Paused
        );
        let renews = subscription.next_invoice_at().filter(|_| !waits);
        let reminded = subscription.reminded();
        let Some((renews_at, (at, step))) = renews.zip(reminded.next_step()) else {
            return Ok(None);
        };
        let unknown = |at| Ok(Some(NextCharge { at, amount: None }));
        let amount = match step {
            Step::Pause | Step::Cancel => return Ok(None),
            Step::ChangePlan if at < renews_at => return unknown(at),
            Step::ChangePlan => {
                let then = self.as_of(at);
                let after = then.foreseen_plan(subscription).await?;
                then.renewal_of(&after).await
            }
            Step::ChangeAsRequested => {
                let Some(active) = &subscription.change_request else { return unknown(at) };
                let request: ChangeRequest = self.find(&active.id).await?;
                let bills =
                    request.changes().proration_behavior == ProrationBehavior::AlwaysInvoice;
                match self.previewed(&request, subscription, Some(at)).await {
                    Ok(preview) => match preview
                        .next_renewal_amount_atom
                        .zip(preview.next_renewal_tax_amount_atom)
                    {
                        Some(_) if bills && at < renews_at => return unknown(at),
                        Some(amount) => Ok(Some(amount)),
                        None => return Ok(None),
                    },
                    Err(error) => Err(error),
                }
            }
            Step::Settle | Step::Start | Step::Remind | Step::Resume | Step::Renew => {
                self.renewal_of(subscription).await
            }
        };
        let sum = amount.ok().flatten().and_then(|(net, tax)| net.plus(tax).ok());
        Ok(Some(NextCharge { at: renews_at, amount: sum }))
    }
}
