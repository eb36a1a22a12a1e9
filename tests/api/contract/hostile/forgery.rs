//! What a client sends stays in the body of the answer: it is in no header, and forges no line of
//! the log.

use std::sync::{Arc, Mutex};

use local::{Options, logs::Sink};
use serde_json::Value;

use super::super::{
    fields::fields,
    world::{Ask, Operation, World, fill},
};

/// Would be a header, and then a line of the log, if it got out of where it is.
const FORGED: &str = "x\r\nX-Forged: 1\r\n\r\n{\"level\":\"error\",\"forged\":true}\n";
/// The same in a path or a query.
const ENCODED: &str =
    "x%0d%0aX-Forged:%201%0d%0a%0d%0a%7B%22level%22:%22error%22,%22forged%22:true%7D%0a";
/// And in a header, where nothing gets past the client that ends one.
const HEADER: &str = "x {\"level\":\"error\",\"forged\":true} X-Forged: 1 \u{202e}\\r\\n%0d%0a";
const HEADERS: [&str; 8] = [
    "If-Match",
    "Idempotency-Key",
    "Request-Id",
    "X-Request-Id",
    "User-Agent",
    "Origin",
    "Accept",
    "X-Forwarded-Host",
];

#[tokio::test]
async fn no_header_and_no_line_of_the_log_is_forged() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let written = Arc::clone(&lines);
    let sink: Sink = Arc::new(move |line| written.lock().unwrap().push(line.text.clone()));
    let world = World::start_with(Options { log_sink: Some(sink), ..Options::default() }).await;
    for operation in &world.operations {
        let right = world.right(operation, &operation.path).await;
        for ask in attempts(operation, &right) {
            let answer = world.send(operation, &ask).await;
            for (name, value) in &answer.headers {
                let text = String::from_utf8_lossy(value.as_bytes()).to_lowercase();
                world.check(!name.as_str().contains("forged") && !text.contains("forged"), || {
                    format!("{} {}: {name}: {text}", operation.method, ask.path)
                });
            }
        }
    }
    let lines = std::mem::take(&mut *lines.lock().unwrap());
    let asked = world.operations.len() * 3;
    world.check(lines.len() > asked, || format!("only {} lines", lines.len()));
    for line in lines {
        let right = match serde_json::from_str::<Value>(&line) {
            Ok(line) => line["request_id"].is_string() || line["function"].is_string(),
            Err(_) => false,
        };
        world.check(right && !line.to_lowercase().contains("forged"), || format!("log: {line}"));
    }
    world.report();
}

/// The forgery in each place of a request for `operation`.
fn attempts(operation: &Operation, right: &Ask) -> Vec<Ask> {
    let ids = vec![ENCODED.to_owned(); operation.path.matches('{').count()];
    let mut attempts: Vec<Ask> =
        operation.paths.iter().map(|path| right.at(fill(path, ENCODED, &ids))).collect();
    attempts.push(right.asking(&format!("{ENCODED}={ENCODED}")));
    attempts.push(right.asking(&format!("expand={ENCODED}")));
    attempts.extend(HEADERS.map(|name| right.header(name, HEADER)));
    attempts.push(right.text("{}").header("Content-Type", format!("application/json; {HEADER}")));
    let body: Value = serde_json::from_slice(&right.body).unwrap_or(Value::Null);
    for field in fields(&operation.body).iter().filter(|field| field.is("string")) {
        attempts.push(right.json(&field.json(&body, &FORGED.into())));
    }
    let named: Value = [(FORGED.to_owned(), Value::from(1))].into_iter().collect();
    attempts.push(right.json(&named));
    attempts
}
