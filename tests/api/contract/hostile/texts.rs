//! Text that is unusual and right: it comes back as it was sent, character by character.

use serde_json::{Value, json};

use super::super::{
    fields::{Field, fields},
    world::{Ask, Operation, World, fill},
};
use crate::client::Answer;

/// Directions, combining marks, joiners, a mark that is no byte order mark here, the last character
/// there is, and what HTML, JSON, DynamoDB and printf could each take for their own.
const TEXTS: [&str; 4] = [
    "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}",
    "e\u{301}\u{e9} 👩‍👩‍👧 \u{feff}\u{10ffff}",
    "<b>&amp;\"'`\\ \u{2028}%s ${x} {{x}}",
    "a\tb\r\nc #SK = :x",
];

#[tokio::test]
async fn a_text_comes_back_as_it_was_sent() {
    let world = World::start().await;
    let mut returned = 0;
    for operation in world.operations.clone() {
        // Two names of one thing say the same, or the request contradicts itself.
        let free = fields(&operation.body).into_iter().filter(is_free).collect::<Vec<_>>();
        for field in &free {
            for text in TEXTS {
                returned += usize::from(returns(&world, &operation, field, text).await);
            }
        }
        if operation.body["properties"]["metadata"].is_object() {
            let of_metadata = TEXTS.map(|text| (text, Value::from(format!("{text}\0"))));
            let metadata: Value =
                of_metadata.iter().map(|(key, text)| ((*key).to_owned(), text.clone())).collect();
            let prototype = json!({"__proto__": "x", "constructor": "\u{202e}"});
            for value in [metadata, prototype] {
                let field = Field { pointer: "/metadata".to_owned(), schema: Value::Null };
                let ask = world.fresh(&operation, &operation.path).await;
                let body: Value = serde_json::from_slice(&ask.body).unwrap();
                let ask = ask.json(&field.json(&body, &value));
                let answer = world.expect(200, &operation, &ask, "metadata").await;
                same(&world, &ask, &operation, &answer, &field.pointer, &value).await;
                returned += 1;
            }
        }
    }
    world.check(returned >= 150, || format!("only {returned} texts came back"));
    world.report();
}

/// Whether it takes any text.
fn is_free(field: &Field) -> bool {
    let bound = ["pattern", "format", "enum", "const"];
    field.is("string") && bound.iter().all(|rule| field.schema[*rule].is_null())
}

/// Whether the text was accepted, and then was in the answer and in what is stored. If it was not, the
/// field is why.
async fn returns(world: &World, operation: &Operation, field: &Field, text: &str) -> bool {
    let ask = world.fresh(operation, &operation.path).await;
    let body: Value = serde_json::from_slice(&ask.body).unwrap();
    let ask = ask.json(&field.json(&body, &text.into()));
    let answer = world.send(operation, &ask).await;
    if answer.status != 200 {
        // Of what needs more than one field, the whole is the fault.
        let names_it = |fault: &String| {
            fault.split_once(' ').is_some_and(|(place, code)| {
                let beside = place.rsplit_once('/').map(|(whole, _)| whole);
                let lacks =
                    code == "required" && beside == field.pointer.rsplit_once('/').map(|one| one.0);
                lacks || field.pointer.starts_with(place)
            })
        };
        let faults = answer.faults();
        world.check(faults.is_empty() || faults.iter().any(names_it), || {
            format!("{} {}: {}", operation.route(), field.pointer, answer.body)
        });
        return false;
    }
    // What is only asked for, such as a processor's token, is not shown.
    let shown = answer.body.pointer(&field.pointer).is_some_and(Value::is_string);
    if shown {
        same(world, &ask, operation, &answer, &field.pointer, &text.into()).await;
    }
    shown
}

/// Checks the answer, and what is read of the object afterwards.
async fn same(
    world: &World,
    ask: &Ask,
    operation: &Operation,
    answer: &Answer,
    pointer: &str,
    sent: &Value,
) {
    let differs = |place: &str, body: &Value| {
        let found = body.pointer(pointer).cloned();
        world.check(found.as_ref() == Some(sent), || {
            format!("{} {pointer}: {sent} is {found:?} {place}", operation.route())
        });
    };
    differs("in the answer", &answer.body);
    let Some(id) = answer.body["id"].as_str() else { return };
    // A part of something else cannot be read by itself.
    let resource = match operation.path.split_once("/{id}") {
        Some((resource, _)) if ask.path.contains(id) => resource,
        Some(_) => return,
        None => &operation.path,
    };
    let place = format!("{resource}/{{id}}");
    let Some(read) = world.operation(&reqwest::Method::GET, &place).cloned() else { return };
    let path = fill(&read.path, "", &[id.to_owned()]);
    let ask = world.asked(&read, &world.account_of(operation).secret, path).await;
    let ask = Ask { body: Vec::new(), ..ask };
    let stored = world.expect(200, &read, &ask, "what is stored").await;
    differs("in what is stored", &stored.body);
}
