//! Refunds. One step is enough: the refunds of one charge are few, and the list of them says which was
//! made under which key, at any age.

use super::{
    Stripe,
    amount::{answered, sent},
    call::Answered,
    object::{Listed, Repaid},
    proves_nothing, rejected, silent,
};
use crate::{
    base::money::{Atoms, Currency},
    model::processor::{Blame, DeclineKind, Failure, Lost, Rejection, Taken, wire::Response},
    work::processors::payable::unpayable,
};

impl Stripe<'_> {
    pub(super) async fn refund(
        &self,
        (key, charge): (&str, &str),
        amount: Atoms,
        currency: Currency,
    ) -> Result<Response, Lost> {
        let Some(sent) = sent(amount, currency) else {
            return Ok(Response::Rejected(Rejection {
                code: "amount_not_payable".to_owned(),
                message: unpayable(amount, currency),
                blame: Blame::Request,
            }));
        };
        let amount = sent.to_string();
        let form = [("payment_intent", charge), ("amount", &amount), ("metadata[key]", key)];
        let made: Answered<Repaid> = self.line.post("/v1/refunds", &form, key).await;
        match made? {
            Ok(refund) => state_of(&refund),
            Err(refused) if refused.is_of_another() => {
                Ok(Response::Invalid { message: format!("{key}: {}", refused.fault.message) })
            }
            Err(refused) if proves_nothing(&refused) => Err(silent(&refused)),
            Err(refused) => Ok(rejected(&refused)),
        }
    }

    pub(super) async fn find_refund(&self, key: &str, charge: &str) -> Result<Response, Lost> {
        let mut after: Option<String> = None;
        loop {
            let mut query = vec![("payment_intent", charge), ("limit", "100")];
            query.extend(after.as_deref().map(|after| ("starting_after", after)));
            let page: Answered<Listed<Repaid>> = self.line.get("/v1/refunds", &query).await;
            let page = page?.map_err(|refused| silent(&refused))?;
            let is_it = |refund: &&Repaid| refund.metadata.get("key").is_some_and(|one| one == key);
            if let Some(refund) = page.data.iter().find(is_it) {
                return state_of(refund);
            }
            after = page.data.last().map(|last| last.id.clone()).filter(|_| page.has_more);
            if after.is_none() {
                return Ok(Response::NotFound);
            }
        }
    }
}

fn state_of(refund: &Repaid) -> Result<Response, Lost> {
    let reference = refund.id.clone();
    Ok(match refund.status.as_deref() {
        Some("succeeded") => {
            let currency: Option<Currency> = refund.currency.parse().ok();
            let taken = currency.and_then(|currency| {
                answered(refund.amount, currency).map(|amount| Taken { amount, currency })
            });
            Response::Succeeded { reference, taken }
        }
        Some("pending" | "requires_action") => Response::Pending { reference },
        Some(ended @ ("failed" | "canceled")) => {
            let code = refund.failure_reason.as_deref().unwrap_or(ended);
            let message = "The processor could not give the money back";
            Response::Declined(Failure::new(code, message, DeclineKind::Hard))
        }
        other => return Err(Lost(format!("{reference} is {other:?}"))),
    })
}
