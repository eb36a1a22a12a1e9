//! Change requests: made, added to, looked at, applied or taken back, and done when their instant comes.
//!
//! A request is made, applied and ended in one transaction with its subscription, which names the
//! active one. So of two at once one is run again on what the other has made: there is never a second
//! active one, and none is applied twice.

use crate::{
    base::{
        error::Error,
        id::InvoiceId,
        input::{Faults, Location},
        money::Atoms,
        patch::Patch,
        telemetry::log_failure,
        time::Timestamp,
    },
    model::{
        billing::ledger::RefundOption,
        change_request::{
            ChangePreview, ChangeRequest, ChangeRequestState, Changes, ChangesPatch, EffectiveAt,
            Manner, NOUN, NewChangeRequest, Problem,
        },
        invoice::InvoiceItem,
        subscription::Subscription,
    },
    store::Tx,
    work::{Work, answer::Reply, subscriptions::requested::NOT_FORESEEABLE},
};

/// A request, and its subscription, as they will be once it is applied.
struct Applied {
    request: ChangeRequest,
    subscription: Subscription,
    invoice: Option<InvoiceId>,
}

impl Work {
    /// Notes what is wrong with what a request asks for, and what it names that is not there.
    async fn check_changes(
        &self,
        changes: &Changes,
        at: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        changes.check(at, self.now(), faults);
        let items = at.field("items");
        for (index, price) in changes.prices() {
            let field = items.index(index);
            self.refers_to(&Patch::Set(price.clone()), &field.field("price_id"), faults).await?;
        }
        if let Some(coupon) = changes.coupon() {
            let field = at.field("coupon_id");
            self.refers_to(&Patch::Set(coupon.clone()), &field, faults).await?;
        }
        Ok(())
    }

    /// Makes a draft, of which a subscription has at most one.
    pub async fn create_change_request(&self, new: NewChangeRequest) -> Reply<ChangeRequest> {
        let mut tx = self.begin_asked();
        let request = self.draft_request(&mut tx, new).await?;
        self.commit_and_answer(tx, request).await
    }

    /// Makes a request that waits for its instant from the first, in one transaction. Its preview has been
    /// looked at.
    pub(crate) async fn request_for_later(&self, new: NewChangeRequest) -> Result<(), Error> {
        let (request, subscription) = self.checked_request(new).await?;
        let Some(at) = self.instant(&request, &subscription)? else { return Err(Error::Stale) };
        let mut tx = self.begin();
        tx.insert(&request.scheduled(at)?);
        tx.update(&subscription, subscription.with_request(request.id(), Some(at)));
        self.commit(tx).await
    }

    /// Puts a draft into `tx`.
    pub(crate) async fn draft_request(
        &self,
        tx: &mut Tx,
        new: NewChangeRequest,
    ) -> Result<ChangeRequest, Error> {
        let (request, subscription) = self.checked_request(new).await?;
        tx.insert(&request);
        tx.update(&subscription, subscription.with_request(request.id(), None));
        Ok(request)
    }

    /// A draft, and the subscription that it is of, if that takes one.
    async fn checked_request(
        &self,
        new: NewChangeRequest,
    ) -> Result<(ChangeRequest, Subscription), Error> {
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let changes = match new.changes {
            Some(patch) => Changes::default().patched(patch),
            None => Changes::default(),
        };
        self.check_changes(&changes, &body.field("changes"), &mut faults).await?;
        let at = body.field("subscription_id");
        let found = self.referred::<Subscription>(&new.subscription_id, &at, &mut faults).await?;
        faults.settled()?;
        let subscription = found.ok_or(Error::NotFound)?;
        changes.check_items(&subscription, &body.field("changes"))?;
        subscription.takes_request()?;
        let request = ChangeRequest::new(self.record(), &subscription, changes, new.metadata);
        Ok((request, subscription))
    }

    /// Adds to what a draft asks for.
    pub async fn add_changes(
        &self,
        request: ChangeRequest,
        patch: ChangesPatch,
    ) -> Reply<ChangeRequest> {
        request.must_be(&[ChangeRequestState::Draft], "changed")?;
        let (body, mut faults) = (Location::body(NOUN), Faults::default());
        let changes = request.changes().clone().patched(patch);
        self.check_changes(&changes, &body, &mut faults).await?;
        faults.settled()?;
        let subscription: Subscription = self.find(request.subscription_id()).await?;
        changes.check_items(&subscription, &body)?;
        let mut tx = self.begin_asked();
        let after = tx.update(&request, request.asking_for(changes));
        self.commit_and_answer(tx, after).await
    }

    /// What a request would come to at its instant.
    pub async fn preview_change_request(&self, request: ChangeRequest) -> Reply<ChangePreview> {
        let active = [ChangeRequestState::Draft, ChangeRequestState::Pending];
        request.must_be(&active, "previewed")?;
        let subscription: Subscription = self.find(request.subscription_id()).await?;
        let planned = request.effective_at().or(self.instant(&request, &subscription)?);
        let preview = self.previewed(&request, &subscription, planned).await?;
        self.commit_found(&request, &preview).await
    }

    /// When a draft that is applied now takes effect, if not now.
    fn instant(
        &self,
        request: &ChangeRequest,
        subscription: &Subscription,
    ) -> Result<Option<Timestamp>, Error> {
        let end = subscription.current_period().end;
        match request.changes().effective_at {
            EffectiveAt::Now => Ok(None),
            EffectiveAt::PeriodEnd => Ok(Some(end).filter(|end| *end > self.now())),
            EffectiveAt::At(at) if at > self.now() => Ok(Some(at)),
            EffectiveAt::At(_) => {
                let hint = "lies in the past by now; give another, or now";
                Err(Error::rule(NOUN, "effective_at", "out_of_range", hint))
            }
        }
    }

    pub(crate) async fn previewed(
        &self,
        request: &ChangeRequest,
        subscription: &Subscription,
        planned: Option<Timestamp>,
    ) -> Result<ChangePreview, Error> {
        let then = self.as_of(planned.unwrap_or_else(|| self.now()));
        let before = then.foreseen(subscription, then.now()).await?;
        let mut nowhere = then.begin();
        let asked = (request.changes(), Manner::AsIfPaid);
        let done = then.as_requested(&mut nowhere, &before, asked).await?;
        let given_back = match &request.changes().cancellation {
            Some(cancellation) => {
                let option = cancellation.refund_option.unwrap_or(RefundOption::None);
                then.given_back_by_end(subscription, &before, option).await?
            }
            None => Atoms::ZERO,
        };
        let renewal = then.renewal_of(&done.after).await?;
        let tax = InvoiceItem::sum_tax(done.lines.iter().filter(|line| !line.settles))?;
        Ok(ChangePreview {
            change_request_id: request.id().clone(),
            subscription_id: subscription.id().clone(),
            effective_at: then.now(),
            items: done.lines,
            proration_amount_atom: done.amount,
            proration_tax_amount_atom: tax,
            given_back_amount_atom: given_back,
            next_renewal_amount_atom: renewal.map(|(net, _)| net),
            next_renewal_tax_amount_atom: renewal.map(|(_, tax)| tax),
        })
    }
}

impl Work {
    /// Makes the changes of a draft, or has them wait for their instant. One that was applied before is
    /// answered with as it is.
    pub async fn apply_change_request(&self, request: ChangeRequest) -> Reply<ChangeRequest> {
        let done = [ChangeRequestState::Pending, ChangeRequestState::Applied];
        if done.contains(&request.state()) {
            return self.unchanged(request).await;
        }
        request.must_be(&[ChangeRequestState::Draft], "applied")?;
        let subscription: Subscription = self.find(request.subscription_id()).await?;
        let Some(at) = self.instant(&request, &subscription)? else {
            return self.apply_now(request, subscription).await;
        };
        // What is known to be refused then is refused now.
        match self.previewed(&request, &subscription, Some(at)).await {
            Err(Error::Faulty(faults)) if !only_time_will_tell(&faults) => {
                return Err(Error::Faulty(faults));
            }
            Err(Error::Faulty(_)) | Ok(_) => request.changes().something()?,
            Err(error) => return Err(error),
        }
        let mut tx = self.begin_asked();
        let after = tx.update(&request, request.scheduled(at)?);
        tx.update(&subscription, subscription.with_request(request.id(), Some(at)));
        self.commit_and_answer(tx, after).await
    }

    async fn apply_now(
        &self,
        request: ChangeRequest,
        subscription: Subscription,
    ) -> Reply<ChangeRequest> {
        let mut tx = self.begin_asked();
        let applied = self.put_applied(&mut tx, &subscription, (&request, Manner::ByHand)).await?;
        if let Some(earlier) = self.commit_first(tx, &applied.request).await? {
            return Ok(earlier);
        }
        if let Some(invoice) = &applied.invoice {
            self.settle_now(invoice).await;
        }
        if let Err(error) = self.settle_end(&applied.subscription).await {
            log_failure("the end of a subscription is settled later", &format!("{error:?}"));
        }
        self.conclude(&applied.request).await
    }

    /// Puts into `tx` all that a request changes, and that it was applied.
    async fn put_applied(
        &self,
        tx: &mut Tx,
        subscription: &Subscription,
        (request, manner): (&ChangeRequest, Manner),
    ) -> Result<Applied, Error> {
        let done = self.as_requested(tx, subscription, (request.changes(), manner)).await?;
        let invoice = done.invoice.map(|invoice| invoice.id().clone());
        let request = tx.update(request, request.applied(self.now(), invoice.clone())?);
        let subscription = tx.update(subscription, done.after.without_request(request.id()));
        Ok(Applied { request, subscription, invoice })
    }

    /// Takes an active request back. One that was taken back before is answered with as it is.
    pub async fn cancel_change_request(&self, request: ChangeRequest) -> Reply<ChangeRequest> {
        if request.state() == ChangeRequestState::Cancelled {
            return self.unchanged(request).await;
        }
        let after = request.taken_back()?;
        let subscription: Subscription = self.find(request.subscription_id()).await?;
        let mut tx = self.begin_asked();
        let after = tx.update(&request, after);
        tx.follow(&subscription, subscription.without_request(request.id()));
        self.commit_and_answer(tx, after).await
    }

    async fn unchanged(&self, request: ChangeRequest) -> Reply<ChangeRequest> {
        let mut tx = self.begin_asked();
        tx.update(&request, request.clone());
        self.commit_and_answer(tx, request).await
    }

    /// The instant of a subscription's change request has come, or the subscription has ended.
    pub(super) async fn change_as_requested(
        &self,
        subscription: &Subscription,
    ) -> Result<(), Error> {
        let Some(active) = &subscription.change_request else { return Err(Error::Stale) };
        let request: ChangeRequest = self.find(&active.id).await?;
        let end = match subscription.has_ended() {
            true => request.given_up()?,
            false => match self.applied_in_time(subscription, &request).await {
                Err(Error::Faulty(faults)) => request.failed(Problem::of(&faults))?,
                done => return done,
            },
        };
        let mut tx = self.begin();
        tx.update(&request, end);
        tx.update(subscription, subscription.without_request(request.id()));
        self.commit(tx).await
    }

    /// What its changes leave to be collected or given back is due by itself.
    async fn applied_in_time(
        &self,
        subscription: &Subscription,
        request: &ChangeRequest,
    ) -> Result<(), Error> {
        let mut tx = self.begin();
        self.put_applied(&mut tx, subscription, (request, Manner::InTime)).await?;
        self.commit(tx).await
    }
}

fn only_time_will_tell(faults: &Faults) -> bool {
    faults.iter().all(|fault| fault.code == NOT_FORESEEABLE)
}
