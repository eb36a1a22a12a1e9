//! What is left when a stack is gone: its data where it was asked to keep it, and no process.

use crate::support::{eventually, exchange, get, holds, is_running, options, start};
use local::{Options, Stack};
use std::path::PathBuf;

#[tokio::test]
async fn no_process_outlives_a_shutdown() {
    let stack = start().await;
    let pid = get(&stack, "/api/echo?do=pid").await.1.as_u64().unwrap().try_into().unwrap();
    let url = stack.base_url();
    assert!(is_running(pid));
    stack.shutdown().await;
    assert!(!is_running(pid));
    assert!(tokio::net::TcpStream::connect(url.replace("http://", "")).await.is_err());
}

#[tokio::test]
async fn no_process_outlives_a_dropped_stack() {
    let stack = start().await;
    let pid = get(&stack, "/api/echo?do=pid").await.1.as_u64().unwrap().try_into().unwrap();
    drop(stack);
    eventually("the process is gone", || (!is_running(pid)).then_some(())).await;
}

#[tokio::test]
async fn data_in_a_folder_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { data: Some(folder.path().to_owned()), ..options() };
    let stack = Stack::start(options()).await.unwrap();
    let (_, put) = get(&stack, "/api/echo?do=put&pk=a&sk=b").await;
    assert_eq!(put["status"], 200);
    stack.shutdown().await;
    let stack = Stack::start(options()).await.unwrap();
    assert!(holds(&stack, "a", "b").await);
    assert!(!holds(&stack, "a", "c").await);
    stack.shutdown().await;
}

#[tokio::test]
async fn a_stack_can_use_the_dynamodb_of_another() {
    let first = start().await;
    let endpoint = Some(first.dynamodb_url().to_owned());
    let second = Stack::start(Options { dynamodb_endpoint: endpoint, ..options() }).await.unwrap();
    get(&second, "/api/echo?do=put&pk=a&sk=b").await;
    assert!(holds(&first, "a", "b").await);
}

#[tokio::test]
async fn missing_binaries_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { binaries: folder.path().to_owned(), ..options() };
    let error = Stack::start(options).await.unwrap_err().to_string();
    assert!(error.contains("echo, brief") && error.contains("make build-separate"), "{error}");
}

#[tokio::test]
async fn a_missing_program_of_all_functions_is_named() {
    let binaries = PathBuf::from("nowhere/functions");
    let error = Stack::start(Options { binaries, ..options() }).await.unwrap_err().to_string();
    assert!(error.contains("nowhere/functions") && error.contains("make build-local"), "{error}");
}

#[tokio::test]
async fn an_event_that_is_being_dealt_with_is_answered_by_the_program_that_has_it() {
    let stack = start().await;
    let old = get(&stack, "/api/echo?do=pid").await.1.as_u64().unwrap().try_into().unwrap();
    let url = format!("{}/api/echo?do=sleep&ms=500", stack.base_url());
    let begun = tokio::spawn(async move {
        exchange(http::Request::get(url).body(Default::default()).unwrap()).await.status()
    });
    let taken_up = || stack.logs().of("echo").iter().any(|line| line == "asleep").then_some(());
    eventually("it is taken up", taken_up).await;
    stack.renew().await;
    assert_eq!(begun.await.unwrap(), 200);
    let new = get(&stack, "/api/echo?do=pid").await.1.as_u64().unwrap();
    assert_ne!(new, u64::from(old));
    eventually("the old one is gone", || (!is_running(old)).then_some(())).await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let stack = start().await;
    let port = stack.base_url().rsplit(':').next().unwrap().parse().unwrap();
    let error = Stack::start(Options { port, ..options() }).await.unwrap_err();
    assert!(format!("{error:#}").contains(&format!("127.0.0.1:{port}")), "{error:#}");
}

#[tokio::test]
async fn a_missing_template_is_named() {
    let options = Options { template: PathBuf::from("nowhere.yaml"), ..options() };
    let error = Stack::start(options).await.unwrap_err().to_string();
    assert!(error.contains("nowhere.yaml"), "{error}");
}

#[tokio::test]
async fn what_is_imported_is_there_and_a_fault_in_it_leaves_nothing() {
    let stack = start().await;
    let item = |pk: &str| serde_json::json!({"PK": {"S": pk}, "SK": {"S": "b"}, "n": {"N": "1"}});
    stack.import(vec![item("a"), item("c")]).await.unwrap();
    assert!(holds(&stack, "a", "b").await && holds(&stack, "c", "b").await);
    assert!(stack.import(vec![item("d"), serde_json::json!({"PK": "e"})]).await.is_err());
    assert!(!holds(&stack, "d", "b").await);
}
