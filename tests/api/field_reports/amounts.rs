//! How much.

use serde_json::json;

use super::day;
use crate::{currencies::all, stripe::Shop};

/// lago-api #1571 and #2985, polar #7078: less than the processor takes.
#[tokio::test]
async fn report_10_less_than_the_smallest_charge() {
    let shop = Shop::with("pm_card_visa").await;
    let price = shop.monthly(30).await;
    let body = json!({"customer_id": shop.customer, "items": [{"price_id": price}]});
    let subscription = shop.client.create_subscription(body).await.ok().body;
    let small = shop.bills(30).await;
    let next = shop.bills(5000).await;
    assert_eq!(next["state"], "paid");
    shop.advance(&day(20)).await;
    let ids = [&subscription["latest_invoice_id"], &small["id"]];
    for id in ids.map(|id| id.as_str().unwrap()) {
        let invoice = shop.invoice(id).await;
        assert_eq!(invoice["last_payment_error"]["code"], "amount_too_small");
        let message = invoice["last_payment_error"]["message"].as_str().unwrap();
        assert!(message.contains("at least"), "{message}");
        assert_eq!((&invoice["state"], &invoice["attempt_count"]), (&json!("open"), &json!(1)));
    }
    let id = subscription["id"].as_str().unwrap();
    let state = shop.client.get_subscription(id).await.ok().body["state"].clone();
    assert_ne!(state, "past_due", "nobody is dunned");
    assert_eq!(shop.count("invoice.payment_failed").await, 0);
}

/// woocommerce-gateway-stripe #2674, odoo #227688, InvoicePlane #1677, Paymenter #1258, wordcamp.org
/// #1320: a hundredfold, or a hundredth.
#[tokio::test]
async fn report_11_amounts_in_every_currency() {
    // Stripe's own table: how many digits of an amount are behind the point.
    let none = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf";
    let three = "bhd jod kwd omr tnd lyd iqd";
    let shop = Shop::with("pm_card_visa").await;
    // Units of account, in which nobody pays by card.
    let no_money = "clf uyi uyw";
    let mut currencies = all(&shop.client).await;
    currencies.retain(|currency| !no_money.contains(currency["code"].as_str().unwrap()));
    assert!(currencies.len() > 140, "{}", currencies.len());
    for (number, currency) in currencies.iter().enumerate() {
        let code = currency["code"].as_str().unwrap();
        let digits = match code {
            code if none.contains(code) => 0,
            code if three.contains(code) => 3,
            _ => 2,
        };
        let ours = u32::try_from(currency["digits"].as_u64().unwrap()).unwrap();
        let atoms = 123_450;
        let id = shop.owed(atoms, code).await;
        let invoice = shop.client.finalize_invoice(&id).await.ok().body;
        assert_eq!(invoice["state"], "paid", "{code} {invoice}");
        let charge = shop.api.stack.stripe().charges().pop().unwrap();
        // The same amount of money, written by either table.
        let (left, right) = (charge.amount * 10_i64.pow(ours), atoms * 10_i64.pow(digits));
        assert_eq!((left, charge.currency.as_str()), (right, code), "{code}");
        if number % 12 == 0 || ["isk", "ugx", "kwd", "jpy", "huf"].contains(&code) {
            let body = json!({"payment_intent_id": invoice["payment_intent_id"]});
            shop.client.create_refund(body).await.ok();
            let charge = shop.api.stack.stripe().charges().pop().unwrap();
            assert_eq!(charge.refunded, charge.amount, "{code}");
        }
    }
    shop.api.audit().await;
}
