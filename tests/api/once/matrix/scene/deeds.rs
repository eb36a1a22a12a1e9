//! What a scene does and asks: the requests of the story, and time that passes.

use super::*;

/// Single steps.
impl Scene<'_> {
    pub(super) fn there(&self) -> There<'_> {
        There { api: self.api, account: &self.account, stripe: self.cell.stripe }
    }

    pub(super) fn methods(&self) -> String {
        format!("/api/customers/{}/payment-methods", self.customer)
    }

    pub(super) fn method(&self) -> String {
        format!("{}/{}", self.methods(), self.about)
    }

    pub(super) async fn adds(&self, token: &str) -> Answer {
        let body = json!({"token": token, "make_default": true});
        self.asks(Method::POST, &self.methods(), body, token).await
    }

    /// A customer who will never be billed, with a card.
    pub(super) async fn another_with_a_card(&self) -> String {
        let body = json!({"email": "john@example.com"});
        let customer = self.client.create_customer(body).await.ok().id();
        let body = json!({"token": self.pays()});
        self.client.add_payment_method(&customer, body).await.ok();
        customer
    }

    /// Adds a card, and does not ask again.
    pub(super) async fn gives_up(&self) {
        let body = json!({"token": self.pays()});
        self.client.post(&self.methods(), body).await.refused(503);
    }

    /// Adds a card that its bank wants to be confirmed, which the payer does in another tab and never
    /// comes back.
    pub(super) async fn confirms(&self) {
        let body = json!({
            "token": "pm_card_authenticationRequired", "return_url": "https://example.com/cards",
        });
        let refused = self.client.post(&self.methods(), body).await.refused(422);
        let setup = refused.body["next_action"]["processor_reference"].as_str().unwrap();
        assert!(self.api.stack.stripe().act(setup, true), "{}: {refused:?}", self.cell);
    }

    /// Stripe's name for the customer's card.
    pub(super) fn card_there(&self) -> String {
        self.api.stack.stripe().cards_of(&self.key).pop().unwrap()
    }

    pub(super) async fn draft(&self) -> String {
        let body = json!({
            "customer_id": self.customer, "currency": "usd",
            "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        self.client.create_invoice(body).await.ok().id()
    }

    pub(super) async fn finalizes(&self) {
        let path = format!("/api/invoices/{}/finalize", self.about);
        self.asks(Method::POST, &path, json!({}), "finalize").await.ok();
    }

    /// A payment of 10.00: its intent.
    pub(super) async fn paid(&self) -> String {
        let draft = self.draft().await;
        let invoice = self.client.finalize_invoice(&draft).await.ok().body;
        assert_eq!(invoice["state"], "paid", "{}: {invoice}", self.cell);
        invoice["payment_intent_id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn refunds(&self) {
        let body = json!({"payment_intent_id": self.about, "amount_atom": 400});
        self.asks(Method::POST, "/api/payments/refunds", body, "refund").await.ok();
    }

    /// A checkout session whose payer has to confirm.
    pub(super) async fn waiting(&self) -> String {
        let product = self.client.create_product(json!({"name": "Thing"})).await.ok().id();
        let price = json!({"product_id": product, "currency": "usd", "unit_amount_atom": 1000});
        let price = self.client.create_price(price).await.ok().id();
        let body = json!({
            "success_url": "https://example.com/thanks", "return_url": "https://example.com/cart",
            "customer_id": self.customer, "line_items": [{"price_id": price, "quantity": 1}],
        });
        let session = self.client.create_session(body).await.ok().id();
        let asks = self.card("pm_card_threeDSecure2Required", "test_requires_action");
        let card = json!({"payment_method": {"token": asks}});
        let refused = self.client.complete_session(&session, card).await.refused(422);
        assert!(refused.body["next_action"].is_object(), "{}: {refused:?}", self.cell);
        session
    }

    /// Pays a session by a card that pays, as often as its payer is told to try again.
    pub(super) async fn completes(&self, who: &str) {
        let path = format!("/api/checkout-sessions/{}/complete", self.about);
        for number in 0..TRIES {
            let card = json!({"payment_method": {"token": self.pays()}});
            let key = format!("{who}{number}");
            let answer = self.asks(Method::POST, &path, card, &key).await;
            if answer.status == 200 {
                return;
            }
            assert_eq!(answer.faults(), [" payment_pending"], "{}: {answer:?}", self.cell);
            back_off(number).await;
        }
        panic!("{}: it is never completed", self.cell);
    }

    /// Does something whose call of another row is carried out, and its answer lost.
    pub(super) async fn loses(&self, row: Row, something: impl Future<Output = ()>) {
        let place = if self.cell.stripe { row.at_stripe() } else { Place::Write };
        let mut reached = self.traps.set(&self.account, place, Strike::Lost);
        something.await;
        self.traps.clear(&self.account);
        assert!(reached.recv().await.is_some(), "{}: nothing was lost", self.cell);
    }

    pub(super) fn last_event(&self) -> Option<Event> {
        self.api.stack.stripe().events_of(&self.key).pop()
    }

    /// The event is told.
    pub(super) async fn is_told(&self) {
        if let Some(event) = &self.event {
            self.insists(event).await;
        }
    }

    /// Sends an event until it is taken, as Stripe does.
    pub(super) async fn insists(&self, event: &Event) {
        let mut answers = Vec::new();
        for attempt in 0..TRIES {
            answers = self.api.stack.stripe().tell(event).await;
            if answers == [200] {
                return;
            }
            back_off(attempt).await;
        }
        panic!("{}: {} is never taken: {answers:?}", self.cell, event.kind);
    }

    pub(super) async fn passes(&self, hours: i64) {
        let now = self.now.fetch_add(hours * HOUR_MS, Ordering::SeqCst) + hours * HOUR_MS;
        let to = Timestamp::from_millis(now).unwrap().to_string();
        for number in 0..TRIES {
            let key = format!("{to} {number}");
            let body = json!({"to": to});
            self.asks(Method::POST, "/api/test-clock/advance", body, &key).await;
            let clock = self.client.test_clock().await;
            if clock.status == 200
                && clock.body["status"] == "ready"
                && clock.body["now"].as_str() >= Some(to.as_str())
            {
                return;
            }
            back_off(number).await;
        }
        panic!("{}: the clock does not arrive at {to}", self.cell);
    }

    /// Sends a request with the key of `who` until somebody can say what came of it.
    pub(super) async fn asks(&self, method: Method, path: &str, body: Value, who: &str) -> Answer {
        let mut last = None;
        for attempt in 0..TRIES {
            let mut request = self.client.request(method.clone(), path);
            request = request.header("Idempotency-Key", who);
            if !body.is_null() {
                request = request.json(&body);
            }
            let answer = exchange(request).await;
            let is_running = answer.status == 409 && answer.header("retry-after").is_some();
            if !answer.status.is_server_error() && !is_running {
                return answer;
            }
            last = Some(answer);
            back_off(attempt).await;
        }
        panic!("{}: {method} {path} is never answered: {last:?}", self.cell);
    }

    pub(super) async fn all(&self, path: &str) -> Vec<Value> {
        let page = self.client.get(&format!("{path}?limit=100")).await.ok();
        assert_eq!(page.body["has_more"], false, "more than a page of {path}");
        page.items().to_vec()
    }
}

/// A client's pause before it asks again.
async fn back_off(attempt: usize) {
    let pause = u64::try_from(attempt).unwrap_or_default().min(20) * 5;
    tokio::time::sleep(Duration::from_millis(pause)).await;
}
