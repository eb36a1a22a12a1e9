//! Usage that was otherwise than it was sent: events are listed, amended and voided, and what was billed
//! too much is proposed as a credit note. Each test ends with an audit, which recounts the events.

use futures_util::future;
use serde_json::{Value, json};

use crate::{
    client::Answer,
    metered::{Metered, line, used},
};

impl Metered {
    async fn amends(&self, identifier: &str, rest: Value) -> Answer {
        let mut body = json!({"event_name": "gb", "identifier": identifier});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.shop.client.amend_usage(body).await
    }

    async fn voids(&self, identifier: &str) -> Answer {
        let body = json!({"event_name": "gb", "identifier": identifier});
        self.shop.client.void_usage(body).await
    }

    /// What the customer used, and in how many events.
    async fn counted(&self) -> (String, u64) {
        let query = format!("?meter_id={}&from=2026-01-01T00:00:00Z", self.meter);
        let usage = self.shop.client.get_usage(&self.customer, &query).await.ok().body;
        (usage["value"].as_str().unwrap().to_owned(), usage["events"].as_u64().unwrap())
    }

    /// The identifiers of a page of events, and how many there are in all.
    async fn listed(&self, rest: &str) -> (Vec<String>, u64) {
        let query = format!("?meter_id={}&customer_id={}{rest}", self.meter, self.customer);
        let page = self.shop.client.list_usage_events(&query).await.ok().body;
        let name = |event: &Value| event["identifier"].as_str().unwrap().to_owned();
        let names = page["items"].as_array().unwrap().iter().map(name).collect();
        (names, page["total"].as_u64().unwrap())
    }
}

#[tokio::test]
async fn events_are_listed_newest_first_with_how_many_there_are() {
    let m = Metered::open().await;
    m.advance("2026-02-03T12:00:00Z").await;
    let at = [
        "2026-02-01T10:00:00Z",
        "2026-02-01T10:20:00Z",
        "2026-02-01T10:40:00Z",
        "2026-02-01T11:10:00Z",
        "2026-02-02T00:00:00Z",
        "2026-02-03T11:59:59Z",
    ];
    for instant in at {
        m.uses(instant, "1").await;
    }
    let name = |index: usize| format!("{}/1", at[index]);
    let all: Vec<String> = (0..6).rev().map(name).collect();
    assert_eq!(m.listed("").await, (all.clone(), 6));
    // Every page there can be, within hours and across them.
    for limit in 1..=4 {
        for offset in 0..=6 {
            let page: Vec<String> = all.iter().skip(offset).take(limit).cloned().collect();
            let asked = format!("&limit={limit}&offset={offset}");
            assert_eq!(m.listed(&asked).await, (page, 6), "{asked}");
        }
    }
    // Instants cut hours.
    let cut = "&from=2026-02-01T10:20:00Z&to=2026-02-01T11:10:00Z";
    assert_eq!(m.listed(cut).await, (vec![name(2), name(1)], 2));
    assert_eq!(m.listed(&format!("{cut}&offset=1&limit=1")).await, (vec![name(1)], 2));
    // What is void is not there, and is found by its identifier.
    m.voids(&name(2)).await.ok();
    assert_eq!(m.listed("").await.1, 5);
    assert_eq!(m.listed(cut).await, (vec![name(1)], 1));
    let one = format!("?meter_id={}&identifier={}", m.meter, name(2));
    let found = m.shop.client.list_usage_events(&one).await.ok().body;
    assert_eq!((&found["total"], &found["items"][0]["state"]), (&json!(1), &json!("voided")));
    let none = format!("?meter_id={}&identifier=never", m.meter);
    assert_eq!(m.shop.client.list_usage_events(&none).await.ok().body["total"], 0);
    let asked = m.shop.client.list_usage_events(&format!("?meter_id={}", m.meter)).await;
    assert_eq!(asked.refused(400).faults(), ["?customer_id required"]);
    m.api.audit().await;
}

#[tokio::test]
async fn an_amended_event_counts_as_it_is_and_shows_what_it_was() {
    let m = Metered::open().await;
    m.advance("2026-02-03T12:00:00Z").await;
    m.uses("2026-02-01T10:00:00Z", "10").await;
    m.uses("2026-02-01T10:30:00Z", "1").await;
    let id = "2026-02-01T10:00:00Z/10";
    let first = m.amends(id, json!({"value": "4.5", "reason": "Counted twice"})).await.ok().body;
    assert_eq!((&first["value"], &first["state"]), (&json!("4.5"), &json!("counted")));
    let was = json!([{
        "timestamp": "2026-02-01T10:00:00.000Z", "value": "10", "unique_value": null,
        "amended_at": "2026-02-03T12:00:00.000Z", "reason": "Counted twice",
    }]);
    assert_eq!(first["previous"], was);
    assert_eq!(m.counted().await, ("5.5".to_owned(), 2));
    // The same again changes nothing, and is answered as it is.
    let again = m.amends(id, json!({"value": 4.5})).await.ok().body;
    assert_eq!(again, first);
    // To another hour, another day, and back into the first hour.
    for at in ["2026-02-01T11:00:00Z", "2026-02-02T23:59:59.999Z", "2026-02-01T10:30:00Z"] {
        m.amends(id, json!({"timestamp": at})).await.ok();
        assert_eq!(m.counted().await, ("5.5".to_owned(), 2), "{at}");
        assert_eq!(m.listed("").await.1, 2, "{at}");
        m.api.audit().await;
    }
    // Nobody else's time, and nothing that an event cannot be.
    let refused = m.amends(id, json!({"value": "-1", "timestamp": "2026-02-04T00:00:00Z"})).await;
    assert_eq!(refused.refused(422).faults(), ["/value out_of_range", "/timestamp in_the_future"]);
    assert_eq!(m.amends(id, json!({})).await.refused(400).faults(), ["/value required"]);
    m.amends("never", json!({"value": 1})).await.refused(404);
    // Void is void: once, and not amended any more.
    m.voids(id).await.ok();
    assert_eq!(m.counted().await, ("1".to_owned(), 1));
    let gone = m.amends(id, json!({"value": 3})).await.refused(422);
    assert_eq!(gone.faults(), [" voided"]);
    assert_eq!(m.listed("").await.1, 1);
    m.api.audit().await;
}

/// An identifier tells events of one meter apart, so two meters may have counted one of the same.
#[tokio::test]
async fn an_event_is_named_by_its_path_and_its_meter_by_the_body_where_there_are_several() {
    let m = Metered::open().await;
    let client = &m.shop.client;
    m.advance("2026-02-03T12:00:00Z").await;
    let other =
        json!({"display_name": "Calls", "event_name": "calls", "aggregation_formula": "sum"});
    let other = client.create_meter(other).await.ok().id();
    let send = async |name: &str, identifier: &str| {
        let payload = json!({"customer_id": m.customer, "value": 2});
        let event = json!({"event_name": name, "identifier": identifier, "payload": payload});
        client.record_usage(event).await.ok();
    };
    for strange in ["https://x.example/a?b=c 7", "50%", "a/b", "ü#+;", "%2F"] {
        send("gb", strange).await;
        let amended =
            client.amend_usage(json!({"identifier": strange, "value": 3})).await.ok().body;
        assert_eq!((&amended["identifier"], &amended["value"]), (&json!(strange), &json!("3")));
        client.void_usage(json!({"identifier": strange, "meter_id": m.meter})).await.ok();
    }
    send("gb", "twice").await;
    send("calls", "twice").await;
    let void = |rest: Value| {
        let mut body = json!({"identifier": "twice"});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        client.void_usage(body)
    };
    assert_eq!(void(json!({})).await.refused(422).faults(), ["/event_name ambiguous"]);
    for (rest, status, fault) in [
        (json!({"event_name": "never"}), 422, "/event_name no_such_object"),
        (json!({"meter_id": "mtr_stg_0000000000000000"}), 422, "/meter_id no_such_object"),
        (json!({"event_name": "gb", "meter_id": m.meter}), 400, "/meter_id not_combinable"),
        (json!({"what": 1}), 400, "/what unknown_field"),
    ] {
        assert_eq!(void(rest).await.refused(status).faults(), [fault]);
    }
    let voided = void(json!({"meter_id": other})).await.ok().body;
    assert_eq!((&voided["meter_id"], &voided["state"]), (&json!(other), &json!("voided")));
    assert_eq!(m.counted().await, ("2".to_owned(), 1));
    // In the body, where a path cannot have it.
    let in_body = async |body: Value| client.post("/api/meter-events/void", body).await;
    assert_eq!(
        in_body(json!({})).await.refused(400).faults(),
        ["/event_name required", "/identifier required"]
    );
    let unknown = in_body(json!({"event_name": "gb", "identifier": "never"})).await.refused(422);
    assert_eq!(unknown.faults(), ["/identifier no_such_object"]);
    let both = json!({"event_name": "gb", "identifier": "b"});
    let both = client.post("/api/meter-events/twice/void", both).await.refused(422);
    assert_eq!(both.faults(), ["/identifier not_the_same"]);
    in_body(json!({"meter_id": m.meter, "identifier": "twice"})).await.ok();
    assert_eq!(m.counted().await, ("0".to_owned(), 0));
    let stranger = m.api.client().await;
    stranger.void_usage(json!({"identifier": "twice"})).await.refused(404);
    m.api.audit().await;
}

#[tokio::test]
async fn of_corrections_at_once_each_is_made_once_and_none_is_lost() {
    let m = Metered::open().await;
    m.uses("2026-01-31T09:00:00Z", "1").await;
    let id = "2026-01-31T09:00:00Z/1";
    let amend = |value: i64| m.amends(id, json!({"value": value}));
    let all = future::join_all([2, 3, 4].map(amend));
    let (answers, mut void) = future::join(all, m.voids(id)).await;
    for answer in answers {
        // Those that came before the void were made, those after it are told; one that met too many
        // others is told that, and nothing of it is done.
        assert!(matches!(answer.status.as_u16(), 200 | 409 | 422 | 503), "{}", answer.body);
    }
    while void.status != 200 {
        void.refused(503);
        void = m.voids(id).await;
    }
    assert_eq!(m.counted().await, ("0".to_owned(), 0));
    m.api.audit().await;
}

#[tokio::test]
async fn what_a_final_invoice_billed_too_much_is_proposed_and_not_given_back_unasked() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 10})).await;
    let subscription = m.subscribe(&[&price], json!({})).await;
    m.uses("2026-01-31T09:30:00Z", "100").await;
    m.advance("2026-02-28T09:31:00Z").await;
    m.uses("2026-02-27T12:00:00Z", "20").await;
    // On a draft a correction is simply there.
    let late = "2026-02-27T12:00:00Z/20";
    let amended = m.amends(late, json!({"value": 30})).await.ok().body;
    assert_eq!(
        (&amended["final_invoice_ids"], &amended["proposed_credit_notes"]),
        (&json!([]), &json!([]))
    );
    m.advance("2026-02-28T10:31:00Z").await;
    let billed = m.invoices(&subscription).await.remove(1);
    assert_eq!(
        (used(&billed), &billed["state"]),
        (vec![line("130", 1300, "2026-01-31")], &json!("paid"))
    );

    let less = m.amends(late, json!({"value": 5, "reason": "Metered wrongly"})).await.ok().body;
    assert_eq!(less["final_invoice_ids"], json!([billed["id"]]));
    let credit = json!([{"invoice_id": billed["id"], "currency": "usd", "amount_atom": 250,
        "corrects_usage": true}]);
    assert_eq!(less["proposed_credit_notes"], credit);
    // Asked again, because the answer was lost: the same.
    assert_eq!(m.amends(late, json!({"value": 5})).await.ok().body, less);
    assert_eq!(m.invoices(&subscription).await.remove(1), billed);
    // Who approves it issues it as it is; then there is nothing left to propose.
    m.shop.client.create_credit_note(&m.customer, credit[0].clone()).await.ok();
    let after = m.amends(late, json!({"value": 5})).await.ok().body;
    assert_eq!(after["proposed_credit_notes"], json!([]));
    // More than was billed, and not credited, is billed by the next invoice, in a line of its own period.
    m.amends(late, json!({"value": 40})).await.ok();
    m.advance("2026-03-31T10:31:00Z").await;
    let next = m.invoices(&subscription).await.remove(2);
    assert_eq!(used(&next), [line("35", 350, "2026-01-31"), line("0", 0, "2026-02-28")]);
    m.api.audit().await;
}

#[tokio::test]
async fn what_several_items_of_an_invoice_billed_too_much_is_proposed_together() {
    let m = Metered::open().await;
    let traffic = m.price(json!({"unit_amount_atom": 10})).await;
    let support = m.price(json!({"unit_amount_atom": 3})).await;
    let subscription = m.subscribe(&[&traffic, &support], json!({})).await;
    m.advance("2026-02-11T00:00:00Z").await;
    m.uses("2026-02-10T09:30:00Z", "100").await;
    m.advance("2026-02-28T10:31:00Z").await;
    let billed = m.invoices(&subscription).await.remove(1);
    assert_eq!(billed["total_amount_atom"], 1300);
    let id = "2026-02-10T09:30:00Z/100";
    let less = m.amends(id, json!({"value": 60})).await.ok().body;
    assert_eq!(less["final_invoice_ids"], json!([billed["id"]]));
    let credit = json!([{"invoice_id": billed["id"], "currency": "usd", "amount_atom": 520,
        "corrects_usage": true}]);
    assert_eq!(less["proposed_credit_notes"], credit);
    m.shop.client.create_credit_note(&m.customer, credit[0].clone()).await.ok();
    // All of it is given back, and what is void later is the rest of both.
    let void = m.voids(id).await.ok().body;
    assert_eq!(void["proposed_credit_notes"][0]["amount_atom"], 780);
    m.api.audit().await;
}
