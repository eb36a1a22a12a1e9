//! Cards that are let go, and customers who are deleted.

use serde_json::json;

use super::{
    answer::{self, Answer, missing, wrong},
    state::State,
};

impl State {
    /// Lets a card go, whoever asks for it.
    pub(super) fn detach(&mut self, id: &str) -> Answer {
        match self.cards.get_mut(id) {
            Some(card) if !card.gone => {
                (card.gone, card.customer) = (true, None);
                let shown = answer::card(id, card);
                self.method_happened(id, "detached");
                (200, shown)
            }
            Some(_) => wrong("payment_method", "", "The payment method is not attached"),
            None => missing("payment_method", id),
        }
    }

    pub(super) fn delete_customer(&mut self, id: &str) -> Answer {
        match self.forget(id) {
            true => (200, json!({"id": id, "object": "customer", "deleted": true})),
            false => missing("customer", id),
        }
    }

    /// Deletes a customer, with the cards, whoever asks for it; false, where there is none.
    pub(super) fn forget(&mut self, customer: &str) -> bool {
        let before = self.customers.len();
        self.customers.retain(|one| one != customer);
        for card in self.cards.values_mut() {
            if card.customer.as_deref() == Some(customer) {
                (card.customer, card.gone) = (None, true);
            }
        }
        self.customers.len() < before
    }
}
