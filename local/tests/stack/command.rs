//! The program `local`, as `make` calls it.

#![expect(clippy::unwrap_used, reason = "a test whose setting cannot be made has failed")]

use crate::support::{binaries, eventually, exchange, is_running, parse, template};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(arguments).env_remove("PORT").env_remove("DYNAMODB_ENDPOINT");
    command
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A running `local dev`, and what it has printed.
struct Dev {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Dev {
    fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    fn start_with(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = command(&["dev", "--port", "0", "--template", path(&template())])
            .args(["--binaries", path(&binaries()), "--data", path(&folder.join("data"))])
            .args(["--credentials", path(&folder.join("credentials.json"))])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            output.lines().for_each(|line| drop(sender.send(line.unwrap())))
        });
        Self { child, lines }
    }

    /// The next line that contains `text`.
    async fn line(&mut self, text: &str) -> String {
        let found = || self.lines.try_iter().find(|line| line.contains(text));
        eventually(&format!("a line with {text:?}"), found).await
    }

    async fn credentials(&mut self, folder: &Path) -> Value {
        self.line("Ctrl-C").await;
        parse(&std::fs::read(folder.join("credentials.json")).unwrap())
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// How it ended.
    async fn ended(&mut self) -> Option<i32> {
        eventually("the end", || self.child.try_wait().unwrap()).await.code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process id of the function.
async fn pid(credentials: &Value) -> u32 {
    let url = credentials["base_url"].as_str().unwrap();
    let request = http::Request::get(format!("{url}/echo?do=pid")).body(Default::default());
    parse(exchange(request.unwrap()).await.body()).as_u64().unwrap().try_into().unwrap()
}

#[tokio::test]
async fn dev_makes_accounts_once_and_ends_clean() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Dev::start(folder.path());
    let made = first.credentials(folder.path()).await;
    assert_eq!(made["prod"]["secret_token"], "st_prod_x");
    assert_eq!(made["stg"]["publishable_token"], "pt_stg_x");
    assert!(made["base_url"].as_str().unwrap().ends_with("/api"));
    let pid = pid(&made).await;
    first.line("/api/echo?do=pid 200").await;
    assert!(is_running(pid));
    first.signal("-INT");
    assert_eq!(first.ended().await, Some(0));
    assert!(!is_running(pid), "a shutdown waits for its processes");

    let mut second = Dev::start(folder.path());
    let kept = second.credentials(folder.path()).await;
    assert_eq!(kept["prod"], made["prod"]);
    assert_eq!(kept["stg"], made["stg"]);
    std::fs::remove_file(folder.path().join("credentials.json")).unwrap();
    second.signal("-TERM");
    assert_eq!(second.ended().await, Some(0));

    let mut third = Dev::start(folder.path());
    let anew = third.credentials(folder.path()).await;
    assert_ne!(anew["prod"]["account_id"], made["prod"]["account_id"]);
}

#[tokio::test]
async fn accounts_that_the_data_does_not_know_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let stale = |environment: &str| {
        json!({
            "account_id": format!("acc_{environment}_stale"),
            "secret_token": format!("st_{environment}_stale"),
            "publishable_token": format!("pt_{environment}_stale"),
        })
    };
    let old = json!({"base_url": "http://x/api", "prod": stale("prod"), "stg": stale("stg")});
    std::fs::write(folder.path().join("credentials.json"), old.to_string()).unwrap();
    let made = Dev::start(folder.path()).credentials(folder.path()).await;
    assert_eq!(made["prod"]["secret_token"], "st_prod_x");
    assert_ne!(made["base_url"], "http://x/api");
}

#[tokio::test]
async fn no_function_outlives_a_killed_dev() {
    let folder = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(folder.path());
    let pid = pid(&dev.credentials(folder.path()).await).await;
    dev.signal("-KILL");
    dev.ended().await;
    eventually("the function is gone", || (!is_running(pid)).then_some(())).await;
    // What was answered is in the data, and the data is free to be used again.
    let mut again = Dev::start(folder.path());
    again.credentials(folder.path()).await;
}

#[tokio::test]
async fn a_second_dev_is_told_why_it_cannot_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(folder.path());
    dev.credentials(folder.path()).await;
    let mut second = Dev::start(folder.path());
    assert_eq!(second.ended().await, Some(1));
    let mut said = String::new();
    second.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("another stack is running on the data"), "{said}");
}

/// A `local dev` that follows the folder `functions`, and can build when there is a file `sound`.
async fn following(folder: &Path) -> (Dev, Value) {
    std::fs::create_dir(folder.join("functions")).unwrap();
    std::fs::write(folder.join("sound"), "").unwrap();
    let build = "test -e sound || { echo 'error: expected an expression' >&2; exit 1; }";
    let mut dev = Dev::start_with(folder, &["--rebuild", build, "--rebuild-all", build]);
    let credentials = dev.credentials(folder).await;
    (dev, credentials)
}

#[tokio::test]
async fn a_function_whose_source_changes_is_started_again_when_it_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let (mut dev, credentials) = following(folder.path()).await;
    let before = pid(&credentials).await;
    std::fs::remove_file(folder.path().join("sound")).unwrap();
    let save = || std::fs::write(folder.path().join("functions/echo.rs"), "fn main() {}").unwrap();
    save();
    dev.line("not built; what ran before goes on").await;
    assert_eq!(pid(&credentials).await, before, "what does not compile changes nothing");

    std::fs::write(folder.path().join("sound"), "").unwrap();
    save();
    dev.line("the new functions answer from now on").await;
    let after = pid(&credentials).await;
    assert_ne!(after, before);
    assert!(!is_running(before));
    dev.signal("-INT");
    assert_eq!(dev.ended().await, Some(0));
    let mut said = String::new();
    dev.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said.matches("expected an expression").count(), 1, "{said}");
}

#[tokio::test]
async fn a_template_that_changes_starts_everything_again_on_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let (mut dev, before) = following(folder.path()).await;
    let function = pid(&before).await;
    std::fs::write(folder.path().join("template.yaml"), "").unwrap();
    dev.line("built in").await;
    let after = dev.credentials(folder.path()).await;
    assert_eq!(after["prod"], before["prod"]);
    assert!(!is_running(function));
    assert!(is_running(dev.child.id()), "it is the same process");
    dev.signal("-INT");
    assert_eq!(dev.ended().await, Some(0));
}

#[tokio::test]
async fn a_port_in_use_is_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = command(&["dynamodb", "--template", path(&template()), "--port", &port]).output();
    let said = text(&output.unwrap().stderr);
    assert!(said.contains(&format!("port {port} is in use")) && said.contains("PORT="), "{said}");
}

#[tokio::test]
async fn account_prints_one_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(folder.path());
    let credentials = dev.credentials(folder.path()).await;
    let url = credentials["base_url"].as_str().unwrap().trim_end_matches("/api").to_owned();
    let account = ["account", "--env", "stg", "--name", "acme", "--rate", "7", "--endpoint", &url];
    let output = command(&account).output().unwrap();
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let answer = parse(lines.as_bytes());
    assert_eq!(answer["secret_token"], "st_stg_x");
    assert_eq!(
        answer["asked"],
        json!({"environment": "stg", "name": "acme", "requests_per_second": 7})
    );
    let file = folder.path().join("others.json");
    let accounts = ["accounts", "--endpoint", &url, "--credentials", path(&file)];
    assert!(command(&accounts).output().unwrap().status.success());
    assert_eq!(parse(&std::fs::read(&file).unwrap())["base_url"], credentials["base_url"]);
    // Whoever says nothing means the stack that was started in this folder, at whatever port.
    std::fs::create_dir(folder.path().join(".dev")).unwrap();
    std::fs::copy(&file, folder.path().join(".dev/credentials.json")).unwrap();
    let output = command(&["account"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(parse(&output.stdout)["secret_token"], "st_stg_x", "{}", said(&output));
}

#[test]
fn account_says_how_to_start_a_stack() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = command(&["account", "--endpoint", &format!("http://{free}")]).output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("start it with `make dev`"), "{}", said(&output));
    let wrong = command(&["account", "--env", "test"]).output().unwrap();
    assert!(text(&wrong.stderr).contains("prod or stg, not test"), "{}", said(&wrong));
}

#[test]
fn watch_config_writes_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("new");
    let output = command(&["watch-config", "--template", path(&template())])
        .args(["--folder", path(&into)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let router = std::fs::read_to_string(into.join("watch.toml")).unwrap();
    assert!(router.contains("[watch.router]"));
    let environment = std::fs::read_to_string(into.join("watch.env")).unwrap();
    assert!(environment.contains("TABLE_NAME=fixture"));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn said(output: &Output) -> String {
    text(&output.stderr)
}

/// How `export-books` ends with these arguments, and what it says.
fn export_books(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = command(&["export-books", "--template", path(&template())]);
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.stdout.is_empty(), "books that cannot be written are not begun");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn what_is_wrong_with_the_books_that_are_asked_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(folder.path());
    dev.credentials(folder.path()).await;
    dev.signal("-INT");
    dev.ended().await;
    let data = folder.path().join("data");
    let (csv, data) = (["--format", "csv"], ["--data", path(&data)]);
    let cases: [(&[&[&str]], i32, &str); 8] = [
        (&[], 2, "--format"),
        (&[&["--format", "pdf"]], 2, "[possible values: csv, beancount, hledger]"),
        (&[&csv, &["--from", "2026-13-01"]], 2, "it is no day such as 2026-01-31"),
        (&[&csv, &["--to", "2026-01-01T00:00"]], 2, "it is no day such as 2026-01-31"),
        (&[&csv, &["--from", "2026-02-01", "--to", "2026-01-31"]], 1, "is after --to 2026-01-31"),
        (&[&csv, &["--data", "nowhere"]], 1, "there is no data in nowhere"),
        (&[&csv, &data], 1, "the table has no account"),
        (&[&csv, &data, &["--account", "acc_prod_1"]], 1, "the table has no account acc_prod_1"),
    ];
    for (arguments, code, expected) in cases {
        let (ended, said) = export_books(folder.path(), &arguments.concat());
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
