//! Numbers: how one may be written, and how large it may be.
//!
//! An integer is digits, with a minus or without; `1.0` and `1e2` are none, so that no amount ever
//! goes through a float (docs/decisions/0005). A decimal has no exponent either. `-0` is `0`.

use serde_json::{Value, json};

use super::super::{
    fields::{Field, fields},
    requests::totals,
    world::{Ask, Operation, World},
};

/// The number is not JSON, so no body with it is.
const NOT_JSON: [&str; 16] = [
    "NaN",
    "Infinity",
    "-Infinity",
    "nan",
    "01",
    "-01",
    "00",
    "+1",
    "0x10",
    ".5",
    "5.",
    "1_000",
    "1e",
    "--1",
    "\u{2212}1",
    "\u{ff11}",
];
const WITH_EXPONENT: [&str; 4] = ["1e999", "1e2", "-1E-400", "0e0"];
const WITH_DECIMALS: [&str; 4] = ["1.0", "-0.0", "0.1", "1.00000000000000000000001"];
const TOO_LARGE: [&str; 4] = [
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
];

#[tokio::test]
async fn a_number_is_read_as_it_is_written_or_refused() {
    let world = World::start().await;
    for operation in &world.operations {
        world.make_ready(operation).await;
    }
    let before = totals(&world).await;
    let (mut integers, mut decimals) = (0, 0);
    for operation in &world.operations {
        let ask = world.right(operation, &operation.path).await;
        for field in fields(&operation.body) {
            // A text that may be a decimal says how that is written; any other number is an integer.
            if field.is("integer") {
                integers += 1;
                spelled(&world, operation, &ask, &field, "wrong_type", "wrong_type").await;
            } else if field.is("number") {
                decimals += 1;
                let plain = if field.is("string") { "invalid_decimal" } else { "out_of_range" };
                spelled(&world, operation, &ask, &field, plain, "").await;
            }
        }
    }
    let after = totals(&world).await;
    world.check(before == after, || format!("something was changed: {before:?}, then {after:?}"));
    world.check(integers >= 40 && decimals >= 10, || format!("{integers} and {decimals} fields"));
    world.report();
}

/// Sends each spelling, and checks that it is refused with these codes; beside it stands a field that
/// is refused too, so that all of it is whether the number is one or not.
async fn spelled(
    world: &World,
    operation: &Operation,
    ask: &Ask,
    field: &Field,
    exponent: &str,
    decimals: &str,
) {
    let mut body: Value = serde_json::from_slice(&ask.body).unwrap();
    body["nonsense"] = json!(1);
    let sent = async |raw: &str| {
        let ask = ask.text(&field.raw(&body, raw));
        world.expect(400, operation, &ask, &format!("{} {raw}", field.pointer)).await
    };
    for raw in NOT_JSON {
        let answer = sent(raw).await;
        world.check(answer.faults().is_empty(), || {
            format!("{} {} {raw}: {}", operation.route(), field.pointer, answer.body)
        });
    }
    for (spellings, code) in
        [(WITH_EXPONENT, exponent), (WITH_DECIMALS, decimals), (TOO_LARGE, "out_of_range")]
    {
        for raw in spellings.into_iter().filter(|_| !code.is_empty()) {
            let (answer, fault) = (sent(raw).await, format!("{} {code}", field.pointer));
            world.check(answer.faults().contains(&fault), || {
                format!("{}: {raw} is no {fault} in {}", operation.route(), answer.body)
            });
        }
    }
    let (negative, zero) = (sent("-0").await.faults(), sent("0").await.faults());
    world.check(negative == zero, || {
        format!("{} {}: 0 is {zero:?}, -0 is {negative:?}", operation.route(), field.pointer)
    });
}

#[tokio::test]
async fn no_number_is_too_much() {
    let world = World::start().await;
    for operation in &world.operations {
        let integers: Vec<Field> =
            fields(&operation.body).into_iter().filter(|one| one.is("integer")).collect();
        let decimals: Vec<Field> =
            fields(&operation.body).into_iter().filter(|one| one.is("number")).collect();
        for field in &integers {
            for number in bounds(&field.schema) {
                let ask = world.fresh(operation, &operation.path).await;
                let body: Value = serde_json::from_slice(&ask.body).unwrap();
                world.send(operation, &ask.json(&field.json(&body, &json!(number)))).await;
            }
        }
        for field in &decimals {
            for number in ["9223372036854775807.999999999999", "-9223372036854775808", "1e-12"] {
                let ask = world.fresh(operation, &operation.path).await;
                let body: Value = serde_json::from_slice(&ask.body).unwrap();
                world.send(operation, &ask.text(&field.raw(&body, number))).await;
            }
        }
        if integers.len() + decimals.len() > 1 {
            all_at_once(&world, operation, &integers, &decimals).await;
        }
    }
    let (url, table) = (world.api.stack.dynamodb_url(), world.api.stack.table_name());
    let report = local::audit::audit(url, table, |_| {}).await.unwrap();
    // The world makes one payment past the API, for an invoice that there is not.
    let made = |finding: &&String| !finding.ends_with("which does not exist");
    for finding in report.findings().iter().filter(made) {
        world.check(false, || finding.clone());
    }
    world.report();
}

/// The bounds of an integer, and what is one past them.
fn bounds(schema: &Value) -> Vec<i64> {
    let (low, high) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
    let mut numbers = vec![i64::MIN, i64::MAX];
    numbers.extend(low.into_iter().flat_map(|low| [low, low.saturating_sub(1)]));
    numbers.extend(high.into_iter().flat_map(|high| [high, high.saturating_add(1)]));
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Every number as large as it may be by itself.
async fn all_at_once(world: &World, operation: &Operation, integers: &[Field], decimals: &[Field]) {
    let ask = world.fresh(operation, &operation.path).await;
    let mut body: Value = serde_json::from_slice(&ask.body).unwrap();
    for field in integers {
        let most = field.schema["maximum"].as_i64().unwrap_or(i64::MAX);
        body = field.json(&body, &json!(most));
        world.send(operation, &ask.json(&body)).await;
    }
    for field in decimals {
        body = field.json(&body, &json!("9223372036854775807"));
        world.send(operation, &ask.json(&body)).await;
    }
}
