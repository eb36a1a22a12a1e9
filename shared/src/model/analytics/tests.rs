use serde_json::{Value, json};

use super::*;
use crate::model::entity::Representation;

fn prices() -> Prices {
    let mut price = Price::example();
    price["unit_amount_decimal"] = json!("1000");
    let price: Price = serde_json::from_value(price).unwrap();
    HashMap::from([(price.id().clone(), price)])
}

fn sold(rest: Value) -> Item {
    let price = prices().into_keys().next().unwrap();
    let mut sold = json!({
        "id": "sub_prod_0mkz6k3cm3n4o5p6", "state": "active", "currency": "usd",
        "billing_interval": "month", "billing_interval_count": 1,
        "items": [{"id": "si_prod_0mkz6k3c9i8t7e6m", "price_id": price, "quantity": 3}],
    });
    sold.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    sold.as_object().unwrap().clone()
}

fn counted(before: Option<Item>, after: Item) -> Value {
    let counted = Change::between(before, after).unwrap().counted(&prices()).unwrap();
    let Some((_, counted)) = counted else { return json!({}) };
    let Value::Object(mut counted) = json!(counted) else { panic!() };
    counted.retain(|_, value| *value != json!(0));
    Value::Object(counted)
}

fn quantity(of: i64) -> Value {
    let mut items = sold(json!({}))["items"].clone();
    items[0]["quantity"] = of.into();
    json!({"items": items})
}

#[test]
fn a_month_of_a_subscription_is_what_its_items_cost_in_one() {
    for (rest, mrr) in [
        (json!({}), 3000),
        (json!({"billing_interval": "year"}), 250),
        (json!({"billing_interval_count": 3}), 1000),
        // 30.00 a week, 146,097 / (4,800 × 7) of them a month.
        (json!({"billing_interval": "week"}), 13044),
        (json!({"billing_interval": "day"}), 91311),
        (json!({"discount": {"percent_off": 25}}), 2250),
        (json!({"discount": {"amount_off_atom": 500}}), 2500),
        (json!({"discount": {"amount_off_atom": 5000}}), 0),
        (json!({"discount": {"percent_off": 25, "once": true}}), 3000),
        (json!({"discount": {"percent_off": 25, "ends_at": "2026-01-01T00:00:00Z"}}), 3000),
        (json!({"state": "past_due"}), 3000),
        (json!({"state": "trialing"}), 0),
        (json!({"state": "paused"}), 0),
    ] {
        let found = counted(None, sold(rest.clone()));
        let mrr = if mrr == 0 { json!(null) } else { json!(mrr) };
        assert_eq!(found["new_mrr_amount_atom"], mrr, "{rest}");
    }
}

#[test]
fn a_change_moves_it_in_one_of_five_ways() {
    let active = || sold(json!({}));
    let state = |word: &str| sold(json!({"state": word}));
    for (before, after, expected) in [
        (
            state("incomplete"),
            active(),
            json!({"new_mrr_amount_atom": 3000, "active_subscriptions": 1}),
        ),
        (
            state("trialing"),
            active(),
            json!({"new_mrr_amount_atom": 3000, "active_subscriptions": 1,
                "trialing_subscriptions": -1}),
        ),
        (active(), sold(quantity(5)), json!({"expansion_mrr_amount_atom": 2000})),
        (active(), sold(quantity(1)), json!({"contraction_mrr_amount_atom": 2000})),
        (active(), sold(quantity(0)), json!({"contraction_mrr_amount_atom": 3000})),
        (
            active(),
            state("cancelled"),
            json!({"churned_mrr_amount_atom": 3000, "active_subscriptions": -1}),
        ),
        (
            active(),
            state("paused"),
            json!({"churned_mrr_amount_atom": 3000, "active_subscriptions": -1}),
        ),
        (
            state("paused"),
            active(),
            json!({"reactivated_mrr_amount_atom": 3000, "active_subscriptions": 1}),
        ),
        (active(), state("past_due"), json!({})),
        (state("paused"), state("cancelled"), json!({})),
    ] {
        assert_eq!(counted(Some(before), after), expected);
    }
}

#[test]
fn money_counts_when_it_has_moved_and_once() {
    let money = |id: &str, state: &str| {
        let moved = json!({"id": id, "state": state, "currency": "usd", "amount_atom": 500,
            "captured_amount_atom": (id == "pi_1").then_some(400)});
        moved.as_object().unwrap().clone()
    };
    let paid = json!({"cash_amount_atom": 400, "payments": 1});
    assert_eq!(counted(Some(money("pi_1", "processing")), money("pi_1", "succeeded")), paid);
    assert_eq!(counted(None, money("pi_1", "succeeded")), paid);
    assert_eq!(counted(Some(money("pi_1", "succeeded")), money("pi_1", "succeeded")), json!({}));
    let back = |amount: i64| json!({"refunded_amount_atom": amount});
    assert_eq!(counted(Some(money("re_1", "pending")), money("re_1", "succeeded")), back(500));
    assert_eq!(counted(Some(money("re_1", "succeeded")), money("re_1", "failed")), back(-500));
    assert!(Change::between(None, money("in_1", "succeeded")).is_none());
}

#[test]
fn points_stand_on_what_was_before_them() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let usd = Currency::USD;
    let new = |amount: i64| Counted {
        new_mrr_amount_atom: Atoms::new(amount),
        active_subscriptions: 1,
        cash_amount_atom: Atoms::new(amount),
        ..Counted::default()
    };
    let (mut days, mut standing) = (Days::default(), Standing::default());
    for (day, amount) in [("2026-01-05", 100), ("2026-02-01", 20), ("2026-02-28", 3)] {
        let counted = new(amount);
        if day > "2026-01-31" {
            days.add(at(&format!("{day}T23:59:59Z")), usd, &counted).unwrap();
        }
        add(&mut standing.all, usd, &counted).unwrap();
    }
    let query = |text: &str| {
        let mut faults = crate::base::input::Faults::default();
        let json = crate::base::input::Json::parse(text).unwrap();
        let at = crate::base::input::Location::query();
        crate::base::input::Input::read(&json, &at, &mut faults).unwrap()
    };
    let now = at("2026-03-10T10:00:00Z");
    let range = |text: &str| FiguresQuery::range(&query(text), now);
    let months = range(r#"{"interval": "month", "from": "2026-02-03T00:00:00Z"}"#).unwrap();
    assert_eq!(months.first_day(), "2026-02-01");
    let figures = months.figures(&standing, &days, true).unwrap();
    let points: Vec<_> = figures.currencies[0]
        .points
        .iter()
        .map(|one| {
            (one.mrr_amount_atom.get(), one.cash_amount_atom.get(), one.active_subscriptions)
        })
        .collect();
    assert_eq!(points, [(123, 23, 3), (123, 0, 3)]);
    let daily = range(r#"{"from": "2026-02-27T00:00:00Z", "to": "2026-03-01T00:00:00Z"}"#).unwrap();
    let late = Days(
        days.0.range("2026-02-27".to_owned()..).map(|(a, b)| (a.clone(), b.clone())).collect(),
    );
    let figures = daily.figures(&standing, &late, true).unwrap();
    let points: Vec<_> =
        figures.currencies[0].points.iter().map(|one| one.mrr_amount_atom.get()).collect();
    assert_eq!(points, [120, 123, 123]);
    for wrong in [
        r#"{"from": "2024-01-01T00:00:00Z"}"#,
        r#"{"from": "2026-03-11T00:00:00Z"}"#,
        r#"{"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}"#,
    ] {
        assert!(range(wrong).is_err(), "{wrong}");
    }
}
