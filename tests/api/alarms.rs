//! What tells an operator that something is wrong: the filters of alarms.yaml are held against lines
//! that the functions printed, and docs/operations.md says all that there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use local::{
    Template,
    logs::Line,
    wire::{Call, Fault},
};
use serde_json::{Value, json};

use crate::{
    client::{Api, root},
    stripe::{KEY, Shop},
};

fn alarms() -> Template {
    Template::load(root().join("alarms.yaml")).unwrap()
}

/// The resources of `template` that are of `kind`, by their name in it.
fn of<'a>(template: &'a Template, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let resources = template.document()["Resources"].as_object().unwrap().iter();
    resources
        .filter(move |(_, block)| block["Type"] == kind)
        .map(|(name, block)| (name.as_str(), &block["Properties"]))
}

/// Whether `line` is what CloudWatch finds by `pattern`: `{ $.status = 500 && $.due >= 1 }`, or
/// `{ $.message = "…" }`.
fn matches(pattern: &str, line: &Value) -> bool {
    let terms = pattern.strip_prefix("{ ").and_then(|rest| rest.strip_suffix(" }")).unwrap();
    terms.split(" && ").all(|term| {
        let [field, operator, number] = term.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{term} is not understood here")
        };
        if let Some(text) = number.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            assert_eq!(operator, "=", "{term} is not understood here");
            return line[field.strip_prefix("$.").unwrap()] == text;
        }
        let (number, found) = (number.parse::<i64>().unwrap(), field_of(field, line));
        found.is_some_and(|found| match operator {
            "=" => found == number,
            ">=" => found >= number,
            _ => panic!("{operator} is not understood here"),
        })
    })
}

/// The number that `$.field` selects.
fn field_of(field: &str, line: &Value) -> Option<i64> {
    line[field.strip_prefix("$.").unwrap()].as_i64()
}

/// Has each thing happen that there is a filter for; all that was printed.
async fn troubled() -> Vec<Line> {
    let api = Api::start().await;
    let client = api.client().await;
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok().id();
    let product = client.create_product(json!({"name": "Plan"})).await.ok().id();
    let price = json!({
        "product_id": product, "currency": "usd", "unit_amount_atom": 1000,
        "billing_interval": "month",
    });
    let price = client.create_price(price).await.ok().id();
    // A quarter of an hour late and more.
    let begun = json!({
        "customer_id": customer, "collection_method": "send_invoice",
        "items": [{"price_id": price}], "period_start": "2026-01-31T00:00:00Z",
    });
    client.create_subscription(begun.clone()).await.ok();
    api.sweep().await;

    client.create_subscription(begun).await.ok();
    let refuse = |function: &'static str, action: &'static str| {
        let body = json!({"__type": "ValidationException", "message": "injected"}).to_string();
        let hook = move |call: &Call, _| {
            let prefix = call.touches.first().map_or("", |touch| &touch.partition_key);
            match call.function == function && call.action == action && prefix.starts_with("acc_") {
                true => Fault::Answer { status: 400, body: body.clone() },
                false => Fault::Pass,
            }
        };
        api.stack.wire().set_fault(Some(Arc::new(hook)));
    };
    refuse("workers-sweep", "GetItem");
    api.sweep().await;
    refuse("customers-get", "GetItem");
    assert_eq!(client.get_customer(&customer).await.status, 500);
    api.stack.wire().set_fault(None);

    // A list that is left by what never entered it.
    let operation = |number: u32| {
        let (pk, sk) =
            (format!("{}#L#zzz#0", client.account), format!("zzz_prod_0{number:015}#000000001"));
        json!({"PK": {"S": pk}, "SK": {"S": sk}, "d": {"N": "7"}})
    };
    let mut items: Vec<Value> = (0..520).map(operation).collect();
    let request = format!("{}#zzz#read", client.account);
    items.push(json!({"PK": {"S": "COMPACT"}, "SK": {"S": request}}));
    api.put_items(&items).await;
    api.compact().await;

    // A key that is revoked; a charge in a state that nobody asks for.
    let shop = Shop::of(api).await;
    let stripe = shop.api.stack.stripe();
    shop.card("pm_card_bypassPending").await;
    stripe.revoke(KEY, true);
    shop.bills(1000).await;
    stripe.revoke(KEY, false);
    shop.bills(1000).await;
    let charge = stripe.charges().pop().unwrap().id;
    stripe.force(&charge, "requires_capture", None);
    shop.advance("2026-01-31T10:20:00Z").await;
    let told = |lines: &[Line]| {
        let of = |function| lines.iter().filter(|line| line.function == function).count();
        let all = of("workers-sweep") >= 3 && of("customers-get") > 0 && of("workers-compact") > 0;
        let all = all && of("invoices-finalize") >= 3 && of("test-clock-advance") >= 2;
        all.then(|| lines.to_vec())
    };
    shop.api.stack.logs().find(told).await.unwrap()
}

#[tokio::test]
async fn each_filter_finds_the_lines_it_is_meant_for_and_its_alarm_rings() {
    let lines = troubled().await;
    let parsed =
        |line: &Line| Some((line.function.clone(), serde_json::from_str(&line.text).ok()?));
    let lines: Vec<(String, Value)> = lines.iter().filter_map(parsed).collect();
    // What only fails is no measure of how late a sweep is.
    let late = |at: usize| {
        let sweeps = lines.iter().filter(|(function, _)| function == "workers-sweep");
        let sweeps: Vec<_> = sweeps.filter(|(_, line)| line["due"].is_u64()).collect();
        (sweeps[at].1["failed"].as_u64(), sweeps[at].1["late_seconds"].as_u64())
    };
    assert!(matches!(late(0), (Some(0), Some(900..))), "{:?}", late(0));
    assert_eq!(late(1), (Some(1), Some(0)));
    let alarms = alarms();
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, filter) in of(&alarms, "AWS::Logs::MetricFilter") {
        let metric = &filter["MetricTransformations"][0];
        let pattern = filter["FilterPattern"].as_str().unwrap();
        let lines: Vec<_> = lines.iter().filter(|(_, line)| matches(pattern, line)).collect();
        let functions = lines.iter().map(|(function, _)| function.as_str()).collect();
        found.insert(metric["MetricName"].as_str().unwrap(), functions);

        // An alarm looks at the metric, and what was printed is enough to ring it.
        let its = |alarm: &&Value| alarm["MetricName"] == metric["MetricName"];
        let alarm = of(&alarms, "AWS::CloudWatch::Alarm").map(|(_, alarm)| alarm).find(its);
        let alarm = alarm.unwrap_or_else(|| panic!("no alarm looks at {name}"));
        assert_eq!(alarm["Namespace"], metric["MetricNamespace"], "{name}");
        assert_eq!(alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold", "{name}");
        let value = metric["MetricValue"].as_str().unwrap();
        let values = lines.iter().filter_map(|(_, line)| match value.parse() {
            Ok(fixed) => Some(fixed),
            Err(_) => field_of(value, line),
        });
        let (most, threshold) = (values.max(), alarm["Threshold"].as_i64());
        assert!(most >= threshold, "{name}: {most:?} of {threshold:?}");
    }
    let expected = BTreeMap::from([
        ("Defects", BTreeSet::from(["customers-get"])),
        ("KeyRefused", BTreeSet::from(["invoices-finalize"])),
        ("Late", BTreeSet::from(["workers-sweep"])),
        ("StrangeMoney", BTreeSet::from(["test-clock-advance"])),
        ("Stuck", BTreeSet::from(["workers-sweep"])),
        ("Uncompacted", BTreeSet::from(["workers-compact"])),
    ]);
    assert_eq!(found, expected);
    let own: BTreeSet<_> = of(&alarms, "AWS::CloudWatch::Alarm")
        .filter(|(_, alarm)| alarm["Namespace"] == json!({"Ref": "Name"}))
        .map(|(_, alarm)| alarm["MetricName"].as_str().unwrap())
        .collect();
    assert_eq!(own, expected.into_keys().collect(), "an alarm looks at what no filter makes");
    every_field_is_explained(&lines);
}

/// That docs/operations.md has a row for each field of each line that was printed.
fn every_field_is_explained(lines: &[(String, Value)]) {
    let explained = rows("## Log lines", "### Fields");
    let fields = lines.iter().flat_map(|(_, line)| line.as_object().into_iter().flatten());
    let printed: BTreeSet<String> = fields.map(|(name, _)| name.clone()).collect();
    let missing: Vec<_> = printed.difference(&explained).collect();
    assert!(printed.len() > 15 && missing.is_empty(), "not explained: {missing:?}");
}

/// The fields of a struct in shared/src.
fn fields(file: &str, of: &str) -> BTreeSet<String> {
    let source = fs::read_to_string(root().join("shared/src").join(file)).unwrap();
    let (_, fields) = source.split_once(&format!("struct {of} {{\n")).expect(of);
    let fields = fields.split("\n}").next().unwrap().lines().map(str::trim);
    // The name is the last word before the type, whoever may see the field.
    let named = fields
        .filter(|line| !line.starts_with(['/', '#']))
        .filter_map(|line| line.split_once(": ")?.0.split(' ').next_back());
    named.map(str::to_owned).collect()
}

#[test]
fn every_field_of_a_log_line_is_explained_and_no_other() {
    let mut said = fields("base/telemetry.rs", "LogLine<'a>");
    said.extend(fields("http/worker.rs", "LogLine<'a, R>"));
    // In whose place the fields of these two are.
    assert!(said.remove("report"));
    said.extend(fields("work/sweep/mod.rs", "Sweep"));
    said.extend(fields("work/compact.rs", "Compactions"));
    said.extend(fields("work/webhooks/deliver.rs", "Deliveries"));
    said.extend(["level", "message", "library", "details"].map(str::to_owned));
    assert!(said.len() > 20, "{said:?}");
    assert_eq!(rows("## Log lines", "### Fields"), said);
}

/// The part of docs/operations.md below a heading.
fn section(heading: &str) -> String {
    let text = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, below) = text.split_once(&format!("\n{heading}\n")).expect(heading);
    let level = heading.split(' ').next().unwrap();
    below.split(&format!("\n{level} ")).next().unwrap().to_owned()
}

/// What the rows of the table below a heading of a section are about: `| `this` | … |`.
fn rows(of: &str, heading: &str) -> BTreeSet<String> {
    let section = section(of);
    let (_, below) = section.split_once(&format!("\n{heading}\n")).expect(heading);
    let table = below.split("\n### ").next().unwrap();
    let cell =
        |line: &str| line.strip_prefix("| `")?.split_once('`').map(|(cell, _)| cell.to_owned());
    table.lines().filter_map(cell).collect()
}

/// What is logged by `log_failure` and `log_delay` below a folder, with `…` for what varies.
fn messages(folder: &std::path::Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            messages(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for call in ["log_failure(", "log_delay("] {
            for (at, _) in source.match_indices(call) {
                if source[..at].ends_with("fn ") {
                    continue;
                }
                let said = source[at + call.len()..].trim_start();
                let said = said.strip_prefix("&format!(").unwrap_or(said).strip_prefix('"');
                let said = said.unwrap_or_else(|| panic!("{}: what is logged?", path.display()));
                found.insert(varying(said.split('"').next().unwrap()));
            }
        }
    }
}

/// A format's text with `…` in the place of each argument.
fn varying(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "…" + part.split_once('}').map_or("", |(_, rest)| rest))
}

#[test]
fn every_message_of_the_log_is_explained_and_no_other() {
    let mut said = BTreeSet::new();
    messages(&root().join("shared/src"), &mut said);
    assert!(said.len() > 12, "{said:?}");
    assert_eq!(rows("## Log lines", "### Messages"), said);
}

#[test]
fn every_alarm_is_explained_and_no_other() {
    let section = section("## Alarms");
    let explained: BTreeSet<&str> =
        section.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let alarms = alarms();
    let names: BTreeSet<&str> =
        of(&alarms, "AWS::CloudWatch::Alarm").map(|(name, _)| name).collect();
    assert_eq!(explained, names);
    for (name, alarm) in of(&alarms, "AWS::CloudWatch::Alarm") {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.ends_with(&format!("See docs/operations.md, {name}.")), "{name}");
    }
}

#[test]
fn the_stack_of_the_alarms_is_told_what_it_asks_for() {
    let template = Template::load(root().join("template.yaml")).unwrap();
    let (alarms, stack) = (alarms(), of(&template, "AWS::CloudFormation::Stack").next().unwrap().1);
    assert_eq!(stack["TemplateURL"], "alarms.yaml");
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&stack["Parameters"]), names(&alarms.document()["Parameters"]));
    // The two functions are those that nobody waits for.
    for (parameter, id) in [("SweepName", "WorkersSweep"), ("CompactName", "WorkersCompact")] {
        assert_eq!(stack["Parameters"][parameter], json!({"Ref": id}));
        let function = template.functions().iter().find(|one| one.logical_id == id).unwrap();
        assert!(!function.schedules.is_empty(), "{id}");
    }
}
