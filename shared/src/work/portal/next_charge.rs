//! What a customer is charged next, with everything that is decided until then.

use crate::{
    base::{error::Error, money::Atoms},
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
        let unknown = |at| Ok(Some(NextCharge { at, amount: None }));
        let renews = match subscription.state() {
            SubscriptionState::Incomplete => None,
            // What is left of a period is what it comes to, and that may have begun by then.
            SubscriptionState::Paused => match subscription.resumes_at() {
                Some(at) if subscription.ends_at().is_none_or(|end| at < end) => {
                    return unknown(at);
                }
                _ => None,
            },
            _ => subscription.next_invoice_at(),
        };
        let reminded = subscription.reminded();
        let Some((renews_at, (at, step))) = renews.zip(reminded.next_step()) else {
            return Ok(None);
        };
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
        // What gives back more than it charges goes to the balance, and charges nothing.
        let sum = sum.map(|sum| sum.max(Atoms::ZERO));
        Ok(Some(NextCharge { at: renews_at, amount: sum }))
    }
}
