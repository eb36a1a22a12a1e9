//! Payments, made as an invoice's collection makes them: an intent is written, the processor asked,
//! the outcome written. The processor's record is read as whoever audits it would.

mod not_done;

use std::sync::Arc;

use serde_json::{Value, json};
use shared::{
    base::{
        config::{Config, WebhookSettings},
        id::IdSource,
        money::Atoms,
        time::{Clock, Moment},
    },
    model::{
        event::{Actor, ActorType, Cause},
        payment_intent::{NewIntent, PaymentIntent},
        payment_method::PaymentMethod,
        processor::{Entry, EntryKind, Outcome, Processor, Told},
        refund::Refund,
    },
    store::Store,
    work::Work,
};

use crate::client::{Account, Api, Client};

/// The work of an account, in this process, on the stack's table.
pub(crate) fn work_of(api: &Api, account: &Account) -> Work {
    let config = Config {
        webhooks: WebhookSettings::default(),
        events_settle_ms: 60_000,
        table: api.stack.table_name().to_owned(),
        region: "us-east-1".to_owned(),
        credentials: ("test".to_owned(), "test".to_owned(), None),
        endpoint: Some(api.stack.dynamodb_url().to_owned()),
        own_certificates: false,
        connect_at_init: false,
        test_processor_in_prod: true,
        stripe_url: None,
        stripe_rate: None,
        secrets_keys: Vec::new(),
        function: "test".to_owned(),
    };
    let (store, ids) = (Store::new(&config).unwrap(), IdSource::new(Clock));
    let now = Moment::from(Clock.now());
    let actor = Actor::nameless(ActorType::Operator);
    let cause = Cause { request_id: "test".to_owned(), actor };
    Work::new(Arc::new(store), Arc::new(ids), account.id.parse().unwrap(), now, cause)
}

/// A customer with one payment method, which `token` stands for.
pub(crate) struct Payer {
    pub(crate) api: Api,
    pub(crate) account: Account,
    pub(crate) client: Client,
    pub(crate) customer: String,
    pub(crate) method: Value,
}

impl Payer {
    pub(crate) async fn with(token: &str) -> Self {
        let api = Api::start().await;
        let account = api.account("stg").await;
        let client = api.client_of(&account);
        let (customer, method) = payer(&client, token).await;
        Self { api, account, client, customer, method }
    }

    pub(crate) fn work(&self) -> Work {
        work_of(&self.api, &self.account)
    }

    pub(crate) async fn pays(&self, amount: i64) -> PaymentIntent {
        let method = self.method["id"].as_str().unwrap();
        pay(&self.work(), &self.customer, method, amount).await
    }

    /// The entries of the processor's record.
    pub(crate) async fn entries(&self, kind: EntryKind) -> Vec<Entry> {
        let work = self.work();
        let mut entries = work.store().test_processor_entries(work.account()).await.unwrap();
        entries.retain(|entry| entry.kind == kind);
        entries
    }

    /// The refund as it is stored.
    pub(crate) async fn refund(&self, id: &str) -> Refund {
        self.work().find(&id.parse().unwrap()).await.unwrap()
    }
}

/// A new customer, and a payment method of it that `token` stands for.
async fn payer(client: &Client, token: &str) -> (String, Value) {
    let processor = client.create_processor(json!({"name": "Cards", "type": "test"})).await.ok();
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let body = json!({"processor_id": processor.id(), "token": token});
    let method = client.add_payment_method(&customer, body).await.ok().body;
    (customer, method)
}

/// Writes an attempt, asks for the money, writes the outcome.
async fn pay(work: &Work, customer: &str, method: &str, amount: i64) -> PaymentIntent {
    let method: PaymentMethod = work.find(&method.parse().unwrap()).await.unwrap();
    let processor: Processor = work.find(method.processor_id()).await.unwrap();
    let invoice = work.id();
    let intent = PaymentIntent::new(
        work.record(),
        NewIntent {
            customer_id: customer.parse().unwrap(),
            key: format!("{}:{invoice}:1", work.account()),
            invoice_id: Some(invoice),
            checkout_session_id: None,
            amount: Atoms::new(amount),
            currency: "usd".parse().unwrap(),
            payment_method_id: method.id().clone(),
            processor_id: processor.id().clone(),
            attempt: 1,
            return_url: None,
        },
    );
    let mut tx = work.begin();
    tx.insert(&intent);
    work.commit(tx).await.unwrap();
    let outcome = work.charge(&processor, &intent.charge(&method)).await;
    let mut tx = work.begin();
    let settled = tx.update(&intent, intent.settled(&outcome));
    work.commit(tx).await.unwrap();
    settled
}

/// The id of a payment of `amount` that a new customer of `account` has made.
pub(crate) async fn paid(api: &Api, account: &Account, amount: i64) -> String {
    let (customer, method) = payer(&api.client_of(account), "test_success").await;
    let method = method["id"].as_str().unwrap();
    pay(&work_of(api, account), &customer, method, amount).await.id().to_string()
}

#[tokio::test]
async fn each_token_does_what_it_is_called() {
    let table = [
        ("test_success", "succeeded", "", 2),
        ("test_decline_soft", "failed", "insufficient_funds soft", 2),
        ("test_decline_hard", "failed", "stolen_card hard", 2),
        ("test_requires_action", "requires_action", "", 2),
        ("test_timeout_after_charge", "unknown", "", 2),
        ("test_timeout_before_charge", "unknown", "", 2),
        ("test_fail_once_then_succeed", "failed", "insufficient_funds soft", 2),
    ];
    let api = Api::start().await;
    let account = api.account("stg").await;
    let (client, work) = (api.client_of(&account), work_of(&api, &account));
    for (token, state, failure, version) in table {
        let (customer, method) = payer(&client, token).await;
        let method = method["id"].as_str().unwrap();
        let id = pay(&work, &customer, method, 3252).await.id().to_string();
        let shown = client.get_payment_intent(&id).await.ok().body;
        assert_eq!(shown["state"], state, "{token}: {shown}");
        assert_eq!((&shown["status"], &shown["version"]), (&json!(state), &json!(version)));
        let told = match shown["failure"].as_object() {
            Some(told) => {
                format!("{} {}", told["code"].as_str().unwrap(), told["kind"].as_str().unwrap())
            }
            None => String::new(),
        };
        assert_eq!(told, failure, "{token}");
        let captured = if state == "succeeded" { 3252 } else { 0 };
        assert_eq!(shown["captured_amount_atom"], captured);
        assert_eq!(shown["next_action_url"].is_string(), state == "requires_action");
        let filter = format!("?customer_id={customer}&state={state}");
        let listed = client.list_payment_intents(&filter).await.ok();
        assert_eq!(listed.items(), std::slice::from_ref(&shown));
        let filter =
            format!("?invoice_id={}&status={state}", shown["invoice_id"].as_str().unwrap());
        assert_eq!(client.list_payment_intents(&filter).await.ok().items(), [shown]);
    }
    let failed = client.list_payment_intents("?state=failed").await.ok();
    assert_eq!(failed.body["total"], 3);
    let both = "?customer_id=cus_stg_0000000000000001&invoice_id=in_stg_0000000000000001";
    let refused = client.list_payment_intents(both).await.refused(400);
    assert_eq!(refused.faults(), ["?invoice_id not_combinable"]);
    let events = client.list_events("?limit=100").await.ok();
    let count = |name: &str| events.items().iter().filter(|event| event["type"] == name).count();
    assert_eq!(count("payment_intent.created"), 7);
    assert_eq!((count("payment_intent.succeeded"), count("payment_intent.failed")), (1, 3));
    assert_eq!(count("payment_intent.updated"), 3);
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_is_found_and_never_made_twice() {
    let payer = Payer::with("test_timeout_after_charge").await;
    let (intent, work) = (payer.pays(500).await, payer.work());
    let processor: Processor = work.find(intent.processor_id()).await.unwrap();
    let method: PaymentMethod = work.find(intent.payment_method_id()).await.unwrap();
    let Told::Known(told) = work.charge_outcome(&processor, &intent.charge(&method)).await else {
        panic!("the charge is known")
    };
    assert!(matches!(told, Outcome::Succeeded { .. }));
    assert_eq!(work.charge(&processor, &intent.charge(&method)).await, told);
    let entries = payer.entries(EntryKind::Charge).await;
    assert_eq!(entries.len(), 1);
    assert!(entries[0].succeeded && entries[0].amount == Atoms::new(500));
    // The same key for another amount is a defect of ours, and no answer about money.
    let mut other = intent.charge(&method);
    other.amount = Atoms::new(501);
    assert!(matches!(work.charge(&processor, &other).await, Outcome::Strange(_)));
}

#[tokio::test]
async fn a_charge_that_never_arrived_is_made_with_the_same_key() {
    let payer = Payer::with("test_timeout_before_charge").await;
    let (intent, work) = (payer.pays(500).await, payer.work());
    let processor: Processor = work.find(intent.processor_id()).await.unwrap();
    let method: PaymentMethod = work.find(intent.payment_method_id()).await.unwrap();
    assert_eq!(work.charge_outcome(&processor, &intent.charge(&method)).await, Told::NeverSeen);
    assert!(payer.entries(EntryKind::Charge).await.is_empty());
    let again = work.charge(&processor, &intent.charge(&method)).await;
    assert!(matches!(again, Outcome::Succeeded { .. }));
    assert_eq!(payer.entries(EntryKind::Charge).await.len(), 1);
}

#[tokio::test]
async fn a_card_that_fails_once_succeeds_under_the_next_key_of_the_same_invoice() {
    let payer = Payer::with("test_fail_once_then_succeed").await;
    let (intent, work) = (payer.pays(500).await, payer.work());
    let processor: Processor = work.find(intent.processor_id()).await.unwrap();
    let method: PaymentMethod = work.find(intent.payment_method_id()).await.unwrap();
    let mut charge = intent.charge(&method);
    let declined = |outcome: Outcome| matches!(outcome, Outcome::Declined(_));
    assert!(declined(work.charge(&processor, &charge).await), "the same key, the same answer");
    charge.key = charge.key.replace(":1", ":2");
    assert!(!declined(work.charge(&processor, &charge).await));
    charge.statement = "another".to_owned();
    charge.key = "another".to_owned();
    assert!(declined(work.charge(&processor, &charge).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_charges_asked_for_at_once_with_one_key_one_is_made() {
    let payer = Payer::with("test_success").await;
    let (intent, work) = (payer.pays(500).await, payer.work());
    let processor: Processor = work.find(intent.processor_id()).await.unwrap();
    let method: PaymentMethod = work.find(intent.payment_method_id()).await.unwrap();
    let mut charge = intent.charge(&method);
    charge.key = "at once".to_owned();
    let asked = (0..16).map(|_| {
        let (work, processor, charge) = (work.clone(), processor.clone(), charge.clone());
        tokio::spawn(async move { work.charge(&processor, &charge).await })
    });
    let asked: Vec<_> = asked.collect();
    let mut outcomes = Vec::new();
    for task in asked {
        outcomes.push(task.await.unwrap());
    }
    let known: Vec<_> =
        outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Unknown(_))).collect();
    assert!(known.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");
    let entries = payer.entries(EntryKind::Charge).await;
    let made = entries.iter().filter(|entry| entry.idempotency_key == "at once");
    assert_eq!(made.count(), 1);
}

#[tokio::test]
async fn an_attempt_that_waits_for_the_payer_is_the_only_one_of_its_invoice_that_can_be_paid() {
    let api = Api::start().await;
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    client.stop_clock("2026-01-31T10:00:00Z").await.ok();
    let (customer, _) = payer(&client, "test_requires_action").await;
    let invoice = |amount: i64| {
        let client = client.clone();
        let body = json!({
            "customer_id": customer, "currency": "usd",
            "collection_method": "charge_automatically",
            "items": [{"name": "Work", "amount_atom": amount}],
        });
        async move {
            let id = client.create_invoice(body).await.ok().id();
            client.finalize_invoice(&id).await.ok();
            id
        }
    };
    let id = invoice(1000).await;
    let waiting = |id: String| {
        let client = client.clone();
        async move {
            let filter = format!("?invoice_id={id}&state=requires_action");
            client.list_payment_intents(&filter).await.ok().items().to_vec()
        }
    };
    let first = waiting(id.clone()).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0]["next_action"]["url"], first[0]["next_action_url"]);
    // Dunning goes on; each attempt gives up the one before.
    client.advance_clock("2026-02-19T10:00:00Z").await.ok();
    let later = waiting(id.clone()).await;
    assert_eq!(later.len(), 1);
    assert_ne!(later[0]["id"], first[0]["id"]);
    let given_up = client.get_payment_intent(first[0]["id"].as_str().unwrap()).await.ok().body;
    assert_eq!(given_up["failure"]["code"], "payment_cancelled");
    // By hand it is the same, and the answer says what the payer has to do.
    let refused = client.pay_invoice(&id, json!({})).await.refused(422);
    assert_eq!(refused.body["next_action"]["type"], "redirect");
    assert_eq!(waiting(id.clone()).await.len(), 1);
    // A void gives it up: nothing can be paid any more.
    client.void_invoice(&id).await.ok();
    assert!(waiting(id).await.is_empty());
    let work = work_of(&api, &account);
    let entries = work.store().test_processor_entries(work.account()).await.unwrap();
    assert!(entries.len() > 4 && entries.iter().all(|entry| !entry.succeeded));
}

#[tokio::test]
async fn a_payer_who_was_faster_has_paid() {
    let api = Api::start().await;
    let account = api.account("stg").await;
    let client = api.client_of(&account);
    client.stop_clock("2026-01-31T10:00:00Z").await.ok();
    let (customer, _) = payer(&client, "test_action_completed").await;
    let body = json!({
        "customer_id": customer, "currency": "usd", "collection_method": "charge_automatically",
        "items": [{"name": "Work", "amount_atom": 1000}],
    });
    // Whoever gives it up finds out: by hand…
    let id = client.create_invoice(body.clone()).await.ok().id();
    client.finalize_invoice(&id).await.ok();
    assert_eq!(client.get_invoice(&id).await.ok().body["state"], "past_due");
    client.void_invoice(&id).await.refused(422);
    assert_eq!(client.get_invoice(&id).await.ok().body["state"], "paid");
    // …and whoever only asks, in time.
    let id = client.create_invoice(body).await.ok().id();
    client.finalize_invoice(&id).await.ok();
    client.advance_clock("2026-01-31T10:05:00Z").await.ok();
    assert_eq!(client.get_invoice(&id).await.ok().body["state"], "paid");
}

#[tokio::test]
async fn what_is_paid_otherwise_is_not_charged_to_the_card_before() {
    let api = Api::start().await;
    let client = api.client_of(&api.account("stg").await);
    for by_hand in [true, false] {
        let (customer, lost) = payer(&client, "test_timeout_before_charge").await;
        let body = json!({
            "customer_id": customer, "currency": "usd", "collection_method": "send_invoice",
            "items": [{"name": "Work", "amount_atom": 1000}],
        });
        let id = client.create_invoice(body).await.ok().id();
        client.finalize_invoice(&id).await.ok();
        let before = json!({"payment_method_id": lost["id"]});
        client.pay_invoice(&id, before).await.refused(422);
        let good = json!({"token": "test_success", "processor_id": lost["processor_id"]});
        let good = client.add_payment_method(&customer, good).await;
        let unknown = json!({"payment_method_id": "pm_stg_0000000000000000"});
        client.pay_invoice(&id, unknown).await.refused(422);
        let otherwise = match by_hand {
            true => json!({"paid_out_of_band": true}),
            false => json!({"payment_method_id": good.ok().id()}),
        };
        let paid = client.pay_invoice(&id, otherwise).await.ok().body;
        assert_eq!((&paid["state"], &paid["paid_amount_atom"]), (&json!("paid"), &json!(1000)));
        let intents = client.list_payment_intents(&format!("?invoice_id={id}")).await.ok();
        let taken: Vec<_> =
            intents.items().iter().filter(|one| one["state"] == "succeeded").collect();
        assert_eq!(taken.len(), usize::from(!by_hand), "by hand: {by_hand}");
        assert!(taken.iter().all(|one| one["payment_method_id"] != lost["id"]));
    }
    api.audit().await;
}

#[tokio::test]
async fn payments_are_found_by_their_amount() {
    let shop = crate::billing::Shop::open().await;
    for amount in [1000, 2000, 1000] {
        let price = shop.monthly(amount).await;
        shop.subscribe(&price, json!({})).await.ok();
    }
    let list = async |query: &str| {
        let page = shop.client.get(&format!("/api/payments/intents?{query}")).await.ok();
        let amounts = page.items().iter().map(|one| one["amount_atom"].clone()).collect::<Vec<_>>();
        (amounts, page.body["total"].clone())
    };
    assert_eq!(list("amount_atom=1000").await, (vec![json!(1000); 2], json!(2)));
    assert_eq!(list("amount_atom=2000&limit=1").await, (vec![json!(2000)], json!(1)));
    assert_eq!(list("amount_atom=100").await, (vec![], json!(0)));
    // Beside a range of time: all were made at the instant at which the clock stands.
    let at = "created_at[gte]=2026-01-31T00:00:00Z";
    assert_eq!(list(&format!("amount_atom=1000&{at}")).await.1, 2);
    let before = "created_at[lt]=2026-01-01T00:00:00Z";
    assert_eq!(list(&format!("amount_atom=1000&{before}")).await.1, 0);
    shop.client.get("/api/payments/intents?amount_atom=-1").await.refused(400);
    shop.api.audit().await;
}
