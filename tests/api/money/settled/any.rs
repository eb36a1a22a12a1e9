//! Any month of changes that are paid, void, or both.

use serde_json::Value;

use super::*;

/// What becomes of a month, by chance: changes of its price, payments of what is open, and voids.
async fn any_month(seed: u64) {
    let (mut rng, shop) = (Rng::with_seed(seed), shop("").await);
    let sold = shop.sent(3100).await;
    shop.card("test_success").await;
    let (mut day, mut told, mut rate) = (0, Vec::new(), 1);
    let mut counting: Vec<(i64, i64, Value)> = vec![(0, 1, sold["latest_invoice_id"].clone())];
    for _ in 0..11 {
        let invoices = shop.invoices(id(&sold)).await;
        let is_open =
            |one: &&Value| ["open", "partially_paid"].iter().any(|is| one["state"] == *is);
        let open: Vec<&Value> = invoices.iter().filter(is_open).collect();
        let chosen = open.get(rng.usize(0..open.len().max(1)));
        match (rng.u32(0..7), chosen) {
            (0..=2, _) if day < 28 => {
                day += rng.i64(0..3).min(28 - day);
                rate = (rate + rng.i64(1..60)) % 60 + 1;
                shop.arrive(&format!("2026-01-{:02}T0{}:00:00Z", day + 1, 0)).await;
                let bill = shop.to(&sold, 3100 * rate, "always_invoice").await;
                told.push(format!("{day}: {rate}"));
                if !bill.is_null() {
                    counting.push((day, rate, bill));
                }
            }
            (3..=4, Some(bill)) => {
                let due = bill["due_amount_atom"].as_i64().unwrap();
                let part = if rng.bool() { due } else { rng.i64(1..=due) };
                shop.pays_in(&bill["id"], &[part]).await;
                told.push(format!("{day}: paid {part} of {}", bill["number"]));
            }
            (5..=6, Some(bill)) if bill["paid_amount_atom"] == 0 && bill["id"] != counting[0].2 => {
                shop.voids_bill(&bill["id"]).await;
                counting.retain(|(_, _, own)| *own != bill["id"]);
                told.push(format!("{day}: void {}", bill["number"]));
            }
            _ => continue,
        }
        let ends = counting.iter().skip(1).map(|(day, ..)| *day).chain([31]);
        let price: i64 =
            counting.iter().zip(ends).map(|((from, rate, _), to)| (to - from) * rate * 100).sum();
        assert_eq!(shop.owed(&sold).await, price, "seed {seed}: {told:#?}");
    }
    shop.api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_paid_and_void_a_month_costs_what_counts() {
    stream::iter((0..12).map(any_month)).buffer_unordered(3).collect::<Vec<()>>().await;
}
