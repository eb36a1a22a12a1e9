//! A change whose invoice is void, and another that came after it: each stretch of time is charged once.

use serde_json::{Value, json};

use super::{Shop, id, item, shop};

const FIRST: &str = "2026-01-11T00:00:00Z";
const SECOND: &str = "2026-01-16T00:00:00Z";
const THIRD: &str = "2026-01-28T00:00:00Z";
const FOURTH: &str = "2026-01-30T00:00:00Z";

impl Shop {
    /// A subscription of 1.00 a day, 2.00 from the 11th on, both paid, and 3.00 from the 16th on, which is
    /// not paid; and the invoice of that.
    async fn changed_twice(&self) -> (Value, Value) {
        let sold = self.sent(3100).await;
        self.card("test_success").await;
        self.pays_in(&sold["latest_invoice_id"], &[3100]).await;
        self.arrive(FIRST).await;
        let first = self.to(&sold, 6200, "always_invoice").await;
        self.pays_in(&first, &[2100]).await;
        self.arrive(SECOND).await;
        let second = self.to(&sold, 9300, "always_invoice").await;
        (sold, second)
    }

    /// The invoice of a change to another price.
    pub(super) async fn to(&self, sold: &Value, amount: i64, behavior: &str) -> Value {
        let price = self.monthly(amount).await;
        self.update(sold, behavior, json!({"price_id": price})).await["invoice_id"].clone()
    }

    pub(super) async fn voids_bill(&self, invoice: &Value) {
        let void = self.client.void_invoice(invoice.as_str().unwrap()).await.ok().body;
        assert_eq!(void["state"], "void");
    }
}

#[tokio::test]
async fn the_void_of_a_middle_change_charges_no_time_twice() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.arrive(THIRD).await;
    let third = shop.to(&sold, 12_400, "always_invoice").await;
    shop.pays_in(&third, &[1600]).await;
    shop.voids_bill(&second).await;
    // 10 days of 1.00, 5 + 12 of 2.00, 4 of 4.00.
    assert_eq!(shop.books().await, [6800, 0, 800]);
    shop.api.audit().await;
    shop.arrive(FOURTH).await;
    shop.cancel(&sold, "prorated").await;
    assert_eq!(shop.books().await, [6800, 800, 800]);
    shop.api.audit().await;
}

#[tokio::test]
async fn void_before_the_next_change_it_comes_to_the_same() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.voids_bill(&second).await;
    shop.arrive(THIRD).await;
    let third = shop.to(&sold, 12_400, "always_invoice").await;
    shop.pays_in(&third, &[800]).await;
    assert_eq!(shop.books().await, [6000, 0, 0]);
    shop.api.audit().await;
}

#[tokio::test]
async fn a_next_change_that_waits_for_the_renewal_has_taken_the_time_too() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.arrive(THIRD).await;
    shop.to(&sold, 12_400, "create_prorations").await;
    shop.voids_bill(&second).await;
    assert_eq!(shop.books().await, [5200, 0, 800]);
    shop.api.audit().await;
}

#[tokio::test]
async fn time_that_was_given_up_with_its_item_is_not_charged() {
    let shop = shop("").await;
    let (seat, other) = (shop.monthly(3100).await, shop.monthly(310).await);
    let items = json!([{"price_id": seat}, {"price_id": other}]);
    let sent = json!({"items": items, "collection_method": "send_invoice"});
    let sold = shop.subscribe(&seat, sent).await.ok().body;
    shop.card("test_success").await;
    shop.pays_in(&sold["latest_invoice_id"], &[3410]).await;
    shop.arrive(FIRST).await;
    let first = shop.to(&sold, 6200, "always_invoice").await;
    shop.pays_in(&first, &[2100]).await;
    shop.arrive(SECOND).await;
    let second = shop.to(&sold, 9300, "always_invoice").await;
    shop.arrive(THIRD).await;
    let removed = json!({"proration_behavior": "always_invoice",
        "items": [{"action": "delete", "subscription_item_id": item(&sold, 0)}]});
    shop.client.change_items(id(&sold), removed).await.ok();
    shop.voids_bill(&second).await;
    assert_eq!(shop.books().await, [5510, 0, 800]);
    shop.api.audit().await;
}

#[tokio::test]
async fn two_void_changes_give_back_to_the_one_that_counts_again() {
    let shop = shop("").await;
    let (sold, second) = shop.changed_twice().await;
    shop.arrive(THIRD).await;
    let third = shop.to(&sold, 12_400, "always_invoice").await;
    shop.arrive(FOURTH).await;
    let fourth = shop.to(&sold, 15_500, "always_invoice").await;
    shop.pays_in(&fourth, &[1000]).await;
    shop.voids_bill(&third).await;
    shop.voids_bill(&second).await;
    // 10 days of 1.00, 5 + 14 of 2.00, 2 of 5.00.
    assert_eq!(shop.books().await, [6200, 0, 400]);
    shop.api.audit().await;
}

#[tokio::test]
async fn an_end_that_forgives_what_is_open_charges_no_time_twice() {
    for (option, kept) in [("cancel_unpaid", 6000), ("full", 0), ("none", 6800)] {
        let shop = shop("").await;
        let (sold, _) = shop.changed_twice().await;
        shop.arrive(THIRD).await;
        let third = shop.to(&sold, 12_400, "always_invoice").await;
        shop.pays_in(&third, &[1600]).await;
        shop.cancel(&sold, option).await;
        let [captured, refunded, balance] = shop.books().await;
        assert_eq!(captured - refunded - balance, kept, "{option}");
        shop.api.audit().await;
    }
}

/// When each change is made, and what its price is: a change is cheap beside what the one before it bills,
/// so that each invoice stays open and can be void.
const STACKED: [(&str, i64, i64); 4] = [
    ("2026-01-11T00:00:00Z", 10, 31_000),
    ("2026-01-26T00:00:00Z", 25, 34_100),
    ("2026-01-28T00:00:00Z", 27, 37_200),
    ("2026-01-30T00:00:00Z", 29, 40_300),
];

/// What a month costs in which only these of the changes count.
fn price_of(counting: &[usize]) -> i64 {
    let (mut at, mut rate, mut sum) = (0, 3100, 0);
    for change in counting {
        let (_, day, next) = STACKED[*change];
        sum += (day - at) * rate / 31;
        (at, rate) = (day, next);
    }
    sum + (31 - at) * rate / 31
}

fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in of {
        let rest: Vec<usize> = of.iter().copied().filter(|one| one != first).collect();
        all.extend(orders(&rest).into_iter().map(|order| [vec![*first], order].concat()));
    }
    all
}

/// When the month is paid on which the changes are stacked, and whether the first of them is paid once the
/// second has taken off what it has not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pays {
    AtOnce,
    /// What is left of it after the first change.
    Later,
    /// The same, and the first change likewise.
    LaterBoth,
    Never,
}

/// A subscription with so many of the changes stacked on it, and their invoices.
async fn stacked(changes: usize, pays: Pays) -> (Shop, Value, Vec<Value>) {
    let shop = shop("").await;
    let sold = shop.sent(3100).await;
    shop.card("test_success").await;
    let mut bills = vec![sold["latest_invoice_id"].clone()];
    if pays == Pays::AtOnce {
        shop.pays_in(&bills[0], &[3100]).await;
    }
    for (place, (at, _, price)) in STACKED[..changes].iter().enumerate() {
        shop.arrive(at).await;
        bills.push(shop.to(&sold, *price, "always_invoice").await);
        let is_paid = match place {
            0 => matches!(pays, Pays::Later | Pays::LaterBoth),
            1 => pays == Pays::LaterBoth,
            _ => false,
        };
        if is_paid {
            let bill = shop.client.get_invoice(bills[place].as_str().unwrap()).await.ok().body;
            shop.pays_in(&bills[place], &[bill["due_amount_atom"].as_i64().unwrap()]).await;
        }
    }
    (shop, sold, bills.split_off(1))
}

/// Changes stacked on one another, void in this order: after each, the month costs what counts.
async fn void_in_order(order: &[usize], pays: Pays) {
    let (shop, sold, bills) = stacked(STACKED.len(), pays).await;
    let mut counting: Vec<usize> = (0..STACKED.len()).collect();
    for change in order {
        shop.voids_bill(&bills[*change]).await;
        counting.retain(|one| one != change);
        assert_eq!(shop.owed(&sold).await, price_of(&counting), "{order:?} at {change}: {pays:?}");
    }
    shop.api.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn void_in_any_order_each_stretch_of_time_is_billed_once() {
    use futures_util::{StreamExt, stream};
    assert_eq!(price_of(&[]), 3100);
    let (all, later) = (orders(&[0, 1, 2, 3]), orders(&[1, 2, 3]));
    let ways = [Pays::AtOnce, Pays::Later, Pays::Never];
    let runs = all.iter().enumerate().map(|(place, order)| (order, ways[place % 3]));
    let runs = runs.chain(later.iter().map(|order| (order, Pays::LaterBoth)));
    let runs = runs.map(|(order, pays)| void_in_order(order, pays));
    stream::iter(runs).buffer_unordered(4).collect::<Vec<()>>().await;
}

/// Ten changes and more on top of one another, none paid, all void in the end; then there is one more.
#[tokio::test]
async fn however_many_are_stacked_the_month_is_what_it_was_without_them() {
    for backwards in [false, true] {
        let shop = shop("").await;
        let sold = shop.sent(3100).await;
        shop.card("test_success").await;
        shop.pays_in(&sold["latest_invoice_id"], &[3100]).await;
        let mut bills = Vec::new();
        for day in 2..=14_i64 {
            shop.arrive(&format!("2026-01-{day:02}T00:00:00Z")).await;
            let price = 3100 * 20 * (day + 20);
            bills.push(shop.to(&sold, price, "always_invoice").await);
        }
        if backwards {
            bills.reverse();
        }
        for bill in &bills {
            shop.voids_bill(bill).await;
        }
        assert_eq!(shop.owed(&sold).await, 3100, "{backwards}");
        shop.arrive(SECOND).await;
        shop.to(&sold, 6200, "always_invoice").await;
        // 15 days of 1.00, 16 of 2.00.
        assert_eq!(shop.owed(&sold).await, 1500 + 3200, "{backwards}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_is_paid_in_part_can_be_refunded_and_void_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let (shop, sold, bills) = stacked(2, Pays::AtOnce).await;
        // 3.00 of six days of 11.00.
        let part = json!({"amount_atom": 300});
        let paid = shop.client.pay_invoice(bills[1].as_str().unwrap(), part).await.ok().body;
        let back = json!({"payment_intent_id": paid["payment_intent_id"]});
        shop.client.create_refund(back).await.ok();
        for change in order {
            shop.voids_bill(&bills[change]).await;
        }
        let [captured, refunded, balance] = shop.books().await;
        assert_eq!(captured - refunded - balance + shop.due(&sold).await, 3100, "{order:?}");
        shop.api.audit().await;
    }
}

#[tokio::test]
async fn what_the_balance_has_spent_since_waits_for_the_renewal() {
    let (shop, sold, bills) = stacked(2, Pays::AtOnce).await;
    shop.voids_bill(&bills[0]).await;
    // Six days of 1.00, of which another invoice takes 4.00.
    assert_eq!(shop.books().await, [3100, 0, 600]);
    let other = json!({"customer_id": shop.customer, "currency": "usd",
        "collection_method": "send_invoice", "items": [{"name": "Setup", "amount": "4.00"}]});
    let other = shop.client.create_invoice(other).await.ok().id();
    shop.client.finalize_invoice(&other).await.ok();
    assert_eq!(shop.books().await[2], 200);
    shop.voids_bill(&bills[1]).await;
    assert_eq!(shop.books().await, [3100, 0, 0]);
    shop.api.audit().await;
    shop.arrive("2026-02-01T01:00:00Z").await;
    let renewal = shop.newest(&sold).await;
    assert_eq!(renewal["total_amount_atom"], 34_100 + 400);
    // All of that time is on one line, and what the month keeps of it is credited.
    let again = renewal["items"].as_array().unwrap().iter().find(|line| line["amount_atom"] == 600);
    let again = again.unwrap();
    assert_eq!(again["period_start"], "2026-01-26T00:00:00.000Z");
    assert_eq!(again["period_end"], "2026-02-01T00:00:00.000Z");
    shop.api.audit().await;
}
