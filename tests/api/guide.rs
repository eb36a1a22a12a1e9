//! The guides are true: their commands are run in order, as a reader would paste them, and the answers
//! are those that the page shows.

use std::process::Command;

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

#[tokio::test(flavor = "multi_thread")]
async fn billing_someone_goes_as_its_page_says() {
    let page = std::fs::read_to_string(root().join("docs/guides/billing-someone.md")).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() > 8, "the page has only {} blocks", blocks.len());
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

#[test]
fn an_answer_is_looked_for_as_a_whole_line_and_in_order() {
    let output = "{\n    \"total\": 12,\n    \"state\": \"paid\"\n}";
    let check = |block: &str| missing(block, output).len();
    assert_eq!(check("# → \"total\": 12\n# → \"state\": \"paid\"\n"), 0);
    assert_eq!(check("# → \"total\": 1\n"), 1);
    assert_eq!(check("# → \"state\": \"paid\"\n# → \"total\": 12\n"), 1);
}
