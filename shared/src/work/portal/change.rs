//! What a customer changes about a subscription on the portal, as far as the account lets them: plan,
//! quantity, a pause; and what of that is taken back.

use serde_json::json;

use crate::{
    base::{
        error::Error,
        id::{PriceId, SubscriptionId},
        metadata::Metadata,
    },
    model::{
        account::Account,
        change_request::{ChangeRequest, Changes},
        customer::Customer,
        portal::{Choice, Costs, Planned, Told, Wish, is_of_portal},
        price::Price,
        subscription::{Subscription, SubscriptionItem, SubscriptionState},
        typed::read,
    },
    work::Work,
};

impl Work {
    /// A subscription of a customer.
    pub(super) async fn customers_own(
        &self,
        customer: &Customer,
        id: &SubscriptionId,
    ) -> Result<Subscription, Error> {
        let subscription: Subscription = self.find(id).await?;
        let own = subscription.customer_id() == customer.id();
        if own { Ok(subscription) } else { Err(Error::NotFound) }
    }

    /// What a wish comes to, if the account lets customers have it. A change that is the same as what there
    /// is costs nothing, and is none.
    pub(super) async fn worked_out(
        &self,
        account: &Account,
        subscription: &Subscription,
        wish: &Wish,
    ) -> Result<Option<Costs>, Error> {
        let refused = || Error::not_now("subscription", "illegal_state", "cannot be changed now");
        let changed = wish.item_of(subscription, account.portal());
        let (before, after) = changed.filter(|_| may_change(subscription)).ok_or_else(refused)?;
        if before == after {
            return Ok(None);
        }
        let at_once = self.costs_of(subscription, wish, false).await?;
        if at_once.is_at_once(subscription) {
            return Ok(Some(at_once));
        }
        self.costs_of(subscription, wish, true).await.map(Some)
    }

    async fn costs_of(
        &self,
        subscription: &Subscription,
        wish: &Wish,
        at_end: bool,
    ) -> Result<Costs, Error> {
        let changes = Changes::default().patched(wish.as_changes(at_end)?);
        let metadata = Metadata::default();
        let request = ChangeRequest::new(self.record(), subscription, changes, metadata);
        let later = at_end.then_some(subscription.current_period().end);
        let preview = self.previewed(&request, subscription, later).await?;
        Costs::of(&preview, later)
    }

    /// Makes a change that the customer has seen the costs of: never for more than the page has said.
    pub(super) async fn change_plan_as(
        &self,
        account: &Account,
        customer: &Customer,
        wish: &Wish,
    ) -> Result<Told, Error> {
        let subscription = self.customers_own(customer, &wish.subscription).await?;
        let Some(costs) = self.worked_out(account, &subscription, wish).await? else {
            // It is so already: the form was sent twice.
            return Ok(Told::Saved);
        };
        if wish.shown.is_none_or(|shown| costs.now > shown) {
            return Ok(Told::CostsMore);
        }
        if costs.later.is_some() {
            self.request_for_later(wish.as_request()?).await?;
            return Ok(Told::Planned);
        }
        let change = wish.as_change(costs.now.is_positive())?;
        self.change_items(subscription, change).await?;
        let after: Subscription = self.find(&wish.subscription).await?;
        Ok(if after.awaited().is_some() { Told::Waits } else { Told::Saved })
    }

    /// Pauses a subscription at the end of its period, takes that back, or has a paused one go on.
    pub(super) async fn pause_or_go_on(
        &self,
        account: &Account,
        customer: &Customer,
        (id, pauses): (&SubscriptionId, bool),
    ) -> Result<Told, Error> {
        let subscription = self.customers_own(customer, id).await?;
        if !account.portal().pause {
            return Err(Error::NotFound);
        }
        match (pauses, subscription.state() == SubscriptionState::Paused) {
            (true, _) if subscription.pause.is_some() => Ok(Told::Saved),
            (true, _) if !may_change(&subscription) => Ok(Told::NotNow),
            (true, _) => {
                let request = read("pause", &json!({"behavior": "pause_at_end"}))?;
                self.pause_subscription(subscription, request).await?;
                Ok(Told::Saved)
            }
            (false, true) => {
                self.resume_paused(subscription).await?;
                Ok(Told::Kept)
            }
            (false, false) if subscription.pause.is_none() => Ok(Told::Kept),
            (false, false) => {
                self.remove_scheduled_pause(subscription).await?;
                Ok(Told::Kept)
            }
        }
    }

    /// Takes back a change that waits, where the customer may.
    pub(super) async fn undo_as(
        &self,
        account: &Account,
        customer: &Customer,
        id: &SubscriptionId,
    ) -> Result<Told, Error> {
        let subscription = self.customers_own(customer, id).await?;
        if !account.portal().change_anything() {
            return Err(Error::NotFound);
        }
        if subscription.awaited().is_some() {
            self.remove_pending_change(subscription).await?;
            return Ok(Told::Saved);
        }
        match self.asked_on_portal(&subscription).await? {
            Some(request) => self.cancel_change_request(request).await.map(|_| Told::Saved),
            None => Ok(Told::NotNow),
        }
    }

    /// What the page offers to change about a subscription, item by item.
    pub(super) async fn choices(
        &self,
        account: &Account,
        subscription: &Subscription,
    ) -> Result<Vec<Choice>, Error> {
        let allows = account.portal();
        if !allows.change_anything() || !may_change(subscription) {
            return Ok(Vec::new());
        }
        let own = subscription.price_ids();
        let ids: Vec<_> = own.iter().chain(allows.plans()).cloned().collect();
        let prices = self.billable(Some(subscription.customer_id()), &ids).await?;
        let licensed = subscription.items().iter().filter(|item| item.quantity.is_some());
        let choice = |item: &SubscriptionItem| {
            let (now, name) = prices.get(&item.price_id)?;
            let alike = |id: &&PriceId| {
                let fits = |price: &Price| {
                    let same =
                        price.currency() == now.currency() && price.interval() == now.interval();
                    same && price.is_active() && price.meter_id().is_none()
                };
                !own.contains(id) && prices.get(id).is_some_and(|(price, _)| fits(price))
            };
            let others: Vec<_> = allows.plans().iter().filter(alike).collect();
            let plans = std::iter::once(&item.price_id).chain(others);
            let plans = plans.filter_map(|id| {
                let (price, name) = prices.get(id)?;
                let each = price.unit_amount_decimal().and_then(|amount| amount.atoms());
                Some((id.clone(), name.to_owned(), each))
            });
            Some(Choice {
                item: item.id.clone(),
                name: name.to_owned(),
                quantity: item.quantity.filter(|_| allows.change_quantity),
                plans: plans.collect(),
            })
        };
        let offers = |choice: &Choice| choice.quantity.is_some() || choice.plans.len() > 1;
        Ok(licensed.filter_map(choice).filter(offers).collect())
    }

    /// What waits to change about a subscription.
    pub(super) async fn waiting_change(
        &self,
        account: &Account,
        subscription: &Subscription,
    ) -> Result<Option<Planned>, Error> {
        let may_undo = account.portal().change_anything();
        if let Some(change) = &subscription.pending_change {
            let name = self.called(subscription, &change.items).await?;
            let undo = may_undo && subscription.awaited().is_some();
            return Ok(Some(Planned { name, at: change.effective_at, undo }));
        }
        let Some(request) = self.asked_on_portal(subscription).await? else { return Ok(None) };
        let Some(at) = request.effective_at() else { return Ok(None) };
        let edits = request.changes().items.iter().flatten();
        let items: Vec<_> = edits.filter_map(|edit| edit.made_of(subscription)).collect();
        let name = self.called(subscription, &items).await?;
        Ok(Some(Planned { name, at: Some(at), undo: may_undo }))
    }

    /// The items of a subscription, as a customer calls them.
    pub(super) async fn called(
        &self,
        subscription: &Subscription,
        items: &[SubscriptionItem],
    ) -> Result<String, Error> {
        let ids: Vec<_> = items.iter().map(|item| item.price_id.clone()).collect();
        let prices = self.billable(Some(subscription.customer_id()), &ids).await?;
        let names = items.iter().filter_map(|item| {
            let (_, name) = prices.get(&item.price_id)?;
            Some(match item.quantity {
                None | Some(1) => name.to_owned(),
                Some(quantity) => format!("{quantity} × {name}"),
            })
        });
        Ok(names.collect::<Vec<_>>().join(", "))
    }

    /// The change request of a subscription, where a customer has made it.
    async fn asked_on_portal(
        &self,
        subscription: &Subscription,
    ) -> Result<Option<ChangeRequest>, Error> {
        let Some(active) = &subscription.change_request else { return Ok(None) };
        let request: Option<ChangeRequest> = self.look_for(&active.id).await?;
        Ok(request.filter(|one| is_of_portal(one.metadata())))
    }
}

/// What customers may do with a subscription is done while it runs, and nothing else waits to happen to it.
fn may_change(subscription: &Subscription) -> bool {
    matches!(subscription.state(), SubscriptionState::Active | SubscriptionState::Trialing)
        && subscription.ends_at().is_none()
        && subscription.pause.is_none()
        && subscription.pending_change.is_none()
        && subscription.change_request.is_none()
}
