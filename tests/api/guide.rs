//! The guides are true: their commands are run in order, as a reader would paste them, and the answers
//! are those that the page shows.

use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Api, root};

/// What an answer is on the page: the line `# → "state": "paid"` after the command.
const ANSWER: &str = "# → ";
const MARK: &str = "---- end of block";

/// The shell blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// A line without what JSON puts around a member.
fn bare(line: &str) -> &str {
    line.trim().trim_end_matches(',')
}

/// The answers that the page shows and that `output` does not have, in this order.
fn missing(block: &str, output: &str) -> Vec<String> {
    let mut lines = output.lines().map(bare);
    let shown = block.lines().filter_map(|line| line.strip_prefix(ANSWER));
    shown.filter(|shown| !lines.any(|line| line == bare(shown))).map(str::to_owned).collect()
}

/// Pastes the blocks of a page, and looks for the answers that it shows.
async fn goes_as_its_page_says(page: &str, least: usize) {
    let page = std::fs::read_to_string(root().join("docs/guides").join(page)).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() > least, "the page has only {} blocks", blocks.len());
    let api = Api::start().await;
    let account = api.account("stg").await;
    let folder = tempfile::tempdir().unwrap();
    let script: String = blocks.iter().map(|block| format!("{block}echo '{MARK}'\n")).collect();
    let path = folder.path().join("guide.sh");
    std::fs::write(&path, script).unwrap();
    let mut command = Command::new("sh");
    command.arg("-e").arg(path).current_dir(folder.path());
    command.env("BASE", format!("{}/api", api.stack.base_url())).env("TOKEN", &account.secret);
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let output = String::from_utf8(ran.stdout).unwrap();
    let outputs: Vec<&str> = output.split(MARK).collect();
    for (block, output) in blocks.iter().zip(&outputs) {
        let missing = missing(block, output);
        assert!(missing.is_empty(), "{missing:#?} not in\n{output}\nafter\n{block}");
    }
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{errors}\n{}", outputs.last().unwrap());
    assert_eq!(outputs.len(), blocks.len() + 1, "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn billing_someone_goes_as_its_page_says() {
    goes_as_its_page_says("billing-someone.md", 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn going_live_goes_as_its_page_says() {
    goes_as_its_page_says("going-live.md", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embedding_checkout_goes_as_its_page_says() {
    goes_as_its_page_says("embedding-checkout.md", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_goes_as_its_page_says() {
    goes_as_its_page_says("usage.md", 8).await;
}

#[test]
fn an_answer_is_looked_for_as_a_whole_line_and_in_order() {
    let output = "{\n    \"total\": 12,\n    \"state\": \"paid\"\n}";
    let check = |block: &str| missing(block, output).len();
    assert_eq!(check("# → \"total\": 12\n# → \"state\": \"paid\"\n"), 0);
    assert_eq!(check("# → \"total\": 1\n"), 1);
    assert_eq!(check("# → \"state\": \"paid\"\n# → \"total\": 12\n"), 1);
}

/// The requests of the README that are followed by their answer: the body sent, and the answer shown.
fn shown_answers(page: &str) -> Vec<(Value, Value)> {
    let parts: Vec<&str> = page.split("```").collect();
    let pairs = parts.iter().zip(parts.iter().skip(2));
    pairs
        .filter_map(|(sent, shown)| {
            Some((sent.strip_prefix("sh\n")?, shown.strip_prefix("json\n")?))
        })
        .filter_map(|(sent, shown)| {
            let body = sent.split_once("-d '")?.1.split_once('\'')?.0;
            Some((serde_json::from_str(body).unwrap(), serde_json::from_str(shown).unwrap()))
        })
        .collect()
}

/// The same for two answers that differ in ids and instants alone.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
        }
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::String(text) if text.parse::<shared::base::time::Timestamp>().is_ok() => {
            "an instant".into()
        }
        Value::String(text) => match text.rsplit_once('_') {
            Some((kind, rest)) if rest.len() == 16 && !rest.contains(' ') => kind.into(),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

#[tokio::test]
async fn the_readme_shows_the_answers_that_its_requests_get() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let api = Api::start().await;
    let account = api.account("prod").await;
    let shown = shown_answers(&page);
    assert!(shown.len() >= 2, "README.md shows only {} answers", shown.len());
    for (body, answer) in shown {
        let got = api.client_of(&account).post("/api/customers", body.clone()).await.body;
        assert_eq!(plain(&got), plain(&answer), "README.md: the answer to {body}");
    }
}

#[test]
fn the_line_to_break_at_is_of_the_function_that_the_page_names() {
    let page = std::fs::read_to_string(root().join("docs/guides/debugging.md")).unwrap();
    let (_, rest) = page.split_once("break customer/mod.rs:").unwrap();
    let line: usize = rest.split('\'').next().unwrap().parse().unwrap();
    assert!(page.contains("a line of `Customer::new`"));
    let source = root().join("shared/src/model/customer/mod.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let begins = source.lines().position(|line| line.contains("pub fn new(")).unwrap() + 1;
    let ends = source.lines().skip(begins).position(|line| line == "    }").unwrap() + begins + 1;
    assert!(begins < line && line < ends, "{line} is not between {begins} and {ends}");
}

#[tokio::test]
async fn a_packed_event_is_read_by_hand_as_the_page_says() {
    let page = std::fs::read_to_string(root().join("docs/guides/debugging.md")).unwrap();
    let blocks = blocks(&page);
    let block = blocks.iter().find(|block| block.contains("zdict")).unwrap();
    let api = Api::start().await;
    let client = api.client().await;
    let customer = client.create_customer(json!({"email": "jane@example.com"})).await.ok();
    let event = client.list_events("?type=customer.created").await.ok().items()[0].clone();
    let key = format!("{}#{}", client.account, event["id"].as_str().unwrap());
    let key = json!({"Key": {"PK": {"S": key}, "SK": {"S": "object"}}});
    let stored = api.dynamodb("GetItem", key).await["Item"].clone();
    let mut command = Command::new("sh");
    command.arg("-e").arg("-c").arg(block).current_dir(root());
    command.env("DATA", stored["data"]["S"].as_str().unwrap());
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let read: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(read, event["data"]);
    assert_eq!(read["object"], customer.body);
}
