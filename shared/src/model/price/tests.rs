//! Which prices there are, and what they cost.

use super::*;
use crate::{
    base::input::{Input, Json, Location},
    model::record::tests::record,
};

fn priced(rest: Value) -> Result<Price, Error> {
    let mut body = json!({"product_id": "prod_stg_0000000000000002", "currency": "usd"});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let mut faults = Faults::default();
    let json = Json::parse(&body.to_string()).unwrap();
    let new = NewPrice::read(&json, &Location::body(NOUN), &mut faults);
    let new = new.ok_or(Error::Faulty(faults))?;
    Price::new(record(), new, ResolvedChanges::default(), Faults::default())
}

fn faults_of(rest: Value) -> Vec<String> {
    let problem = serde_json::to_value(priced(rest).unwrap_err().problem("/", "req_1")).unwrap();
    assert_eq!(problem["status"], 422, "{problem}");
    let faults = problem["errors"].as_array().unwrap().iter();
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    faults.map(|fault| format!("{} {}", text(fault, "pointer"), text(fault, "code"))).collect()
}

fn amount(price: Value, quantity: i64) -> i64 {
    priced(price).unwrap().amount(quantity).unwrap().get()
}

#[test]
fn the_worked_examples_cost_what_they_should() {
    let packages = json!({"unit_amount_atom": 4, "quantity_divisor": 100});
    assert_eq!((amount(packages.clone(), 15_000), amount(packages, 15_001)), (600, 604));
    let tiers = json!([
        {"up_to": 1000, "unit_amount_atom": 0}, {"up_to": null, "unit_amount_atom": 1},
    ]);
    assert_eq!(amount(json!({"tiers_mode": "graduated", "tiers": tiers}), 3000), 2000);
    let included = json!([
        {"up_to": 100_000, "flat_amount_atom": 20_000}, {"unit_amount_decimal": "1"},
    ]);
    assert_eq!(amount(json!({"tiers_mode": "graduated", "tiers": included}), 150_000), 70_000);
    let volume = json!([
        {"up_to": 10, "unit_amount_atom": 500}, {"unit_amount_atom": 400, "flat_amount_atom": 7},
    ]);
    let volume = json!({"tiers_mode": "volume", "tiers": volume});
    assert_eq!((amount(volume.clone(), 10), amount(volume, 11)), (5000, 4407));
    assert_eq!(amount(json!({"unit_amount_decimal": "0.015"}), 100), 1);
}

#[test]
fn an_amount_is_shown_whole_where_it_is_whole() {
    let amounts = |price: Value| {
        let price = serde_json::to_value(priced(price).unwrap()).unwrap();
        (price["unit_amount_atom"].clone(), price["unit_amount_decimal"].clone())
    };
    assert_eq!(amounts(json!({"unit_amount_atom": 1200})), (json!(1200), json!("1200")));
    assert_eq!(amounts(json!({"unit_amount_decimal": 12.50})), (json!(null), json!("12.5")));
    assert_eq!(amounts(json!({"unit_amount_decimal": "12.00"})), (json!(12), json!("12")));
    let tiers = json!({"tiers_mode": "volume", "tiers": [{"unit_amount_decimal": "0.5"}]});
    assert_eq!(amounts(tiers.clone()), (json!(null), json!(null)));
    let shown = serde_json::to_value(priced(tiers).unwrap()).unwrap();
    let tier = json!({
        "up_to": null, "unit_amount_atom": null, "unit_amount_decimal": "0.5",
        "flat_amount_atom": 0,
    });
    assert_eq!(shown["tiers"], json!([tier]));
}

#[test]
fn an_amount_is_said_in_exactly_one_way() {
    assert_eq!(faults_of(json!({})), ["/unit_amount_atom required"]);
    let twice = json!({"unit_amount_atom": 1, "unit_amount_decimal": "1", "tiers_mode": "volume"});
    let expected = ["/unit_amount_decimal not_allowed", "/tiers not_allowed", "/tiers required"];
    assert_eq!(faults_of(twice), expected);
    let alone = json!({"tiers": [{"unit_amount_atom": 1}], "quantity_divisor": 2});
    assert_eq!(faults_of(alone), ["/tiers_mode required", "/quantity_divisor not_allowed"]);
    assert_eq!(
        faults_of(json!({"unit_amount_decimal": "-0.5"})),
        ["/unit_amount_decimal out_of_range"]
    );
    assert_eq!(faults_of(json!({"unit_amount_atom": -1})), ["/unit_amount_atom out_of_range"]);
}

#[test]
fn tiers_price_every_quantity_exactly_once() {
    let refused = |tiers: Value| faults_of(json!({"tiers_mode": "volume", "tiers": tiers}));
    let unit = |up_to: Option<i64>| json!({"up_to": up_to, "unit_amount_atom": 1});
    assert_eq!(refused(json!([])), ["/tiers invalid_tiers"]);
    assert_eq!(refused(json!([unit(Some(5))])), ["/tiers invalid_tiers"]);
    assert_eq!(refused(json!([unit(None), unit(None)])), ["/tiers invalid_tiers"]);
    let falling = json!([unit(Some(5)), unit(Some(5)), unit(None)]);
    assert_eq!(refused(falling), ["/tiers invalid_tiers"]);
    assert_eq!(refused(json!([{}])), ["/tiers/0/unit_amount_atom required"]);
    let twice = json!([{"unit_amount_atom": 1, "unit_amount_decimal": "-1"}]);
    let expected =
        ["/tiers/0/unit_amount_decimal not_allowed", "/tiers/0/unit_amount_decimal out_of_range"];
    assert_eq!(refused(twice), expected);
    let many: Vec<Value> = (1..=100).map(|end| unit(Some(end))).chain([unit(None)]).collect();
    assert_eq!(refused(json!(many)), ["/tiers too_many"]);
    assert!(priced(json!({"tiers_mode": "volume", "tiers": many[1..]})).is_ok());
}

#[test]
fn an_interval_is_at_most_three_years() {
    let each = |unit: &str, count: i64| json!({"unit_amount_atom": 1, "billing_interval": unit, "billing_interval_count": count});
    for (unit, most) in [("day", 1095), ("week", 156), ("month", 36), ("year", 3)] {
        let longest = priced(each(unit, most)).unwrap().interval().unwrap();
        assert_eq!((longest.unit.as_str(), longest.count.get()), (unit, most));
        let refused = faults_of(each(unit, most + 1));
        assert_eq!(refused, ["/billing_interval_count out_of_range"], "{unit}");
    }
    let monthly = priced(json!({"unit_amount_atom": 1, "billing_interval": "month"})).unwrap();
    assert_eq!(monthly.interval().unwrap().count.get(), 1);
    assert_eq!(priced(json!({"unit_amount_atom": 1})).unwrap().interval(), None);
    let counted = json!({"unit_amount_atom": 1, "billing_interval_count": 1});
    assert_eq!(faults_of(counted), ["/billing_interval_count not_allowed"]);
}

#[test]
fn metered_usage_is_measured_by_a_meter_and_billed_again_and_again() {
    let of = |rest: Value| {
        let mut body = json!({"unit_amount_atom": 1, "usage_type": "metered"});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        body
    };
    let meter = "mtr_stg_0000000000000003";
    let price = priced(of(json!({"meter_id": meter, "billing_interval": "month"}))).unwrap();
    assert_eq!(price.meter_id().unwrap().to_string(), meter);
    assert_eq!(faults_of(of(json!({}))), ["/meter_id required", "/billing_interval required"]);
    let licensed = json!({"unit_amount_atom": 1, "meter_id": meter});
    assert_eq!(faults_of(licensed), ["/meter_id not_allowed"]);
}

#[test]
fn an_invoice_calls_a_price_by_its_nickname_else_by_its_product() {
    let called = |nickname: Value| {
        let price = priced(json!({"unit_amount_atom": 1, "nickname": nickname})).unwrap();
        price.describe("Team plan").to_owned()
    };
    assert_eq!(called(json!("Monthly")), "Monthly");
    assert_eq!(called(json!(null)), "Team plan");
    assert_eq!(called(json!(" ")), "Team plan");
}

#[test]
fn a_stored_price_is_read_back_as_it_was() {
    let tiers = json!([{"up_to": 5, "unit_amount_decimal": "0.5"}, {"flat_amount_atom": 7}]);
    let price = priced(json!({"tiers_mode": "graduated", "tiers": tiers})).unwrap();
    let stored = crate::model::entity::encode(&price).unwrap();
    let read: Price = crate::model::entity::decode(stored).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&price).unwrap());
    assert_eq!(read.amount(6), Ok(Atoms::new(9)));
}
