//! What is on the portal of a subscription: what it is, what comes, and what can be done about it.

use super::{
    Choice, Costs, Portal, Renewal, Wish,
    sheet::{Asked, Changeable, Pausing, Subscribed},
};
use crate::{
    base::{id::PriceId, time::Timestamp},
    model::{
        subscription::{Subscription, SubscriptionState},
        words::said,
    },
};

impl Portal<'_> {
    pub(super) fn subscribed<'p>(&'p self, one: &'p Renewal) -> Subscribed<'p> {
        let subscription = &one.subscription;
        let words = self.locale.portal_words();
        let dated = |sentence: &str, at: Timestamp| said(sentence, &[("date", &self.day(at))]);
        let [incomplete, scheduled, trialing, active, past_due, paused, cancelled] = words.states;
        let state = match subscription.state() {
            SubscriptionState::Incomplete => incomplete,
            SubscriptionState::Scheduled => scheduled,
            SubscriptionState::Trialing => trialing,
            SubscriptionState::Active => active,
            SubscriptionState::PastDue => past_due,
            SubscriptionState::Paused => paused,
            SubscriptionState::Cancelled => cancelled,
        };
        let ends = subscription.ends_at();
        let lines = match (subscription.cancelled_at, ends) {
            (Some(at), _) => vec![dated(words.ended, at)],
            // A charge may come before it ends.
            (None, Some(at)) => {
                [Some(dated(words.ends, at)), self.next_charge(one)].into_iter().flatten().collect()
            }
            (None, None) => self.next_charge(one).into_iter().collect(),
        };
        let runs = ends.is_none() && subscription.is_cancellable();
        let note = dated(words.cancel_note, subscription.current_period_end);
        let lines = lines.into_iter().chain(self.waits(one)).collect();
        Subscribed {
            id: subscription.id().as_str(),
            name: &one.name,
            state,
            lines,
            ends: subscription.cancel_at_period_end && !subscription.has_ended(),
            cancel_note: runs.then_some(note),
            pause: self.pause(subscription),
            undo: one.planned.as_ref().is_some_and(|planned| planned.undo),
            choices: one.choices.iter().map(|choice| self.choice(subscription, choice)).collect(),
            asked: one.asked.as_ref().map(|(wish, costs)| self.asked(subscription, wish, costs)),
        }
    }

    /// What is charged next, and when; nothing, where nothing is by itself.
    fn next_charge(&self, one: &Renewal) -> Option<String> {
        let next = one.next_charge?;
        let (words, day) = (self.locale.portal_words(), self.day(next.at));
        Some(match next.amount {
            Some(amount) => {
                let amount = self.locale.amount(amount, one.subscription.currency);
                said(words.next_charge, &[("amount", &amount), ("date", &day)])
            }
            None => said(words.next_on, &[("date", &day)]),
        })
    }

    /// What waits to happen to it.
    fn waits(&self, one: &Renewal) -> Vec<String> {
        let words = self.locale.portal_words();
        let planned = one.planned.as_ref().map(|planned| match planned.at {
            Some(at) => said(words.changes_on, &[("date", &self.day(at)), ("plan", &planned.name)]),
            None => said(words.changes_once_paid, &[("plan", &planned.name)]),
        });
        let pause = one.subscription.pause.as_ref();
        let scheduled = pause.filter(|_| one.subscription.state() != SubscriptionState::Paused);
        let pauses =
            scheduled.map(|pause| said(words.pauses, &[("date", &self.day(pause.pauses_at))]));
        planned.into_iter().chain(pauses).collect()
    }

    /// The button that pauses it, or has it go on, where the account lets customers do that.
    fn pause(&self, subscription: &Subscription) -> Option<Pausing> {
        let words = self.locale.portal_words();
        if !self.account.portal().pause || subscription.has_ended() {
            return None;
        }
        let date = self.day(subscription.current_period_end);
        let state = subscription.state();
        Some(match (state, &subscription.pause) {
            (SubscriptionState::Paused, _) => Pausing {
                act: "go_on",
                button: words.resume,
                note: Some(words.resume_note.to_owned()),
            },
            (_, Some(_)) => Pausing { act: "go_on", button: words.unpause, note: None },
            (SubscriptionState::Active | SubscriptionState::Trialing, None)
                if subscription.ends_at().is_none() && subscription.pending_change.is_none() =>
            {
                let note = said(words.pause_note, &[("date", &date)]);
                Pausing { act: "pause", button: words.pause, note: Some(note) }
            }
            _ => return None,
        })
    }

    fn choice<'p>(&self, subscription: &Subscription, choice: &'p Choice) -> Changeable<'p> {
        let plan = |(id, name, each): &'p (_, String, Option<_>)| {
            let amount = each.map(|each| self.locale.amount(each, subscription.currency));
            let label = match amount {
                Some(amount) => format!("{name} · {amount}"),
                None => name.clone(),
            };
            (PriceId::as_str(id), label)
        };
        Changeable {
            item: choice.item.as_str(),
            name: &choice.name,
            quantity: choice.quantity,
            plans: if choice.plans.len() > 1 {
                choice.plans.iter().map(plan).collect()
            } else {
                Vec::new()
            },
        }
    }

    /// What was looked at, with what it comes to.
    fn asked<'p>(&self, subscription: &Subscription, wish: &'p Wish, costs: &Costs) -> Asked<'p> {
        let words = self.locale.portal_words();
        let amount = |atoms| self.locale.amount(atoms, subscription.currency);
        let end = self.day(subscription.current_period_end);
        let first = match costs.later {
            Some(at) => said(words.change_later, &[("date", &self.day(at))]),
            None if costs.now.is_positive() => {
                said(words.change_now, &[("amount", &amount(costs.now)), ("date", &end)])
            }
            None => words.change_free.to_owned(),
        };
        let next = costs.next.map(|next| said(words.change_next, &[("amount", &amount(next))]));
        Asked {
            item: wish.item.as_str(),
            price: wish.price.as_ref().map(PriceId::as_str),
            quantity: wish.quantity,
            costs: costs.now.get(),
            lines: std::iter::once(first).chain(next).collect(),
        }
    }
}
