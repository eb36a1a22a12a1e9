//! The usage of the last period, at the end of a subscription.

use serde_json::json;

use super::*;

#[tokio::test]
async fn cancelling_bills_the_usage_of_the_last_period_once_it_is_complete() {
    for option in ["none", "prorated", "full"] {
        let m = Metered::open().await;
        let price = m.price(json!({"unit_amount_atom": 1})).await;
        let subscription = m.subscribe(&[&m.shop.price, &price], json!({})).await;
        m.advance("2026-02-14T09:30:00Z").await;
        m.uses("2026-02-14T09:00:00Z", "1200").await;
        let id = subscription["id"].as_str().unwrap();
        let body = json!({"refund_option": option});
        m.shop.client.post(&format!("/api/subscriptions/{id}/cancel"), body).await.ok();
        // The last invoice waits for events as any other, and takes none from after the end.
        m.uses("2026-02-14T09:29:59.999Z", "34").await;
        m.uses("2026-02-14T09:30:00Z", "5000").await;
        m.advance("2026-02-14T10:31:00Z").await;
        let invoices = m.invoices(&subscription).await;
        let last = &invoices[1];
        assert_eq!(used(last), [line("1234", 1234, "2026-01-31")], "{option}");
        assert_eq!(last["state"], "paid");
        // Half of the period was paid and not used: it pays for the usage first. What is left of the
        // usage is paid, and none of it is given back.
        let total = match option {
            "none" => 1234,
            "prorated" => 734,
            _ => 234,
        };
        assert_eq!(last["total_amount_atom"], total, "{option}");
        let gone = &m.shop.read(&format!("/api/subscriptions/{id}")).await["cancellation"];
        if option != "none" {
            assert_eq!(gone["refunded_amount_atom"], 0, "{option}");
        }
        m.advance("2026-04-30T10:31:00Z").await;
        assert_eq!(m.invoices(&subscription).await.len(), 2);
        m.api.audit().await;
    }
}

#[tokio::test]
async fn a_scheduled_end_bills_the_last_period_and_a_forgiven_one_bills_nothing() {
    let m = Metered::open().await;
    let price = m.price(json!({"unit_amount_atom": 1})).await;
    let ends = m.subscribe(&[&price], json!({})).await;
    let path = format!("/api/subscriptions/{}", ends["id"].as_str().unwrap());
    let at_end = json!({"cancel_at_period_end": true});
    m.shop.client.post(&format!("{path}/schedule-cancellation"), at_end).await.ok();
    m.uses("2026-01-31T09:30:00Z", "8").await;
    m.advance("2026-02-28T09:31:00Z").await;
    m.uses("2026-02-28T09:29:00Z", "1").await;
    m.advance("2026-02-28T10:32:00Z").await;
    let invoices = m.invoices(&ends).await;
    assert_eq!((invoices.len(), used(&invoices[1])), (2, vec![line("9", 9, "2026-01-31")]));
    assert_eq!(invoices[1]["state"], "paid");

    let forgiven = m.subscribe(&[&price], json!({})).await;
    m.uses("2026-02-28T10:32:00Z", "8").await;
    let path = format!("/api/subscriptions/{}/cancel", forgiven["id"].as_str().unwrap());
    m.shop.client.post(&path, json!({"refund_option": "cancel_unpaid"})).await.ok();
    m.advance("2026-03-02T00:00:00Z").await;
    assert_eq!(m.invoices(&forgiven).await.len(), 1);
    m.api.audit().await;
}
