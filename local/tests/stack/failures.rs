//! What a client sees when a function fails, dies, is too slow or too busy.

use crate::support::{binaries, eventually, get, options, parse, send, start};
use http::Method;
use local::{Options, Outcome, Stack};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

#[tokio::test]
async fn a_failing_function_is_a_500_and_the_next_request_is_fine() {
    let stack = start().await;
    for failure in ["panic", "error", "exit"] {
        let (status, body) = get(&stack, &format!("/api/echo?do={failure}")).await;
        assert_eq!(
            (status, &body),
            (500, &json!({"message": "Internal Server Error"})),
            "{failure}"
        );
        assert_eq!(get(&stack, "/api/echo").await.0, 200);
    }
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_killed() {
    let stack = start().await;
    let (status, body) = get(&stack, "/api/brief?do=sleep&ms=600000").await;
    // No 500: on a busy machine it is no defect of the function.
    let said = "The local stack ended the function: its time ran out. AWS answers 500 then";
    assert_eq!((status, &body), (504, &json!({"message": said})));
    assert!(stack.pids("brief").is_empty());
    assert_eq!(get(&stack, "/api/brief").await.0, 200);
}

#[tokio::test]
async fn a_function_that_cannot_be_started_is_a_503_and_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(binaries()).unwrap() {
        let file = file.unwrap();
        let own = folder.path().join(file.file_name());
        match file.file_name() == "brief" {
            true => std::fs::write(own, "no program").unwrap(),
            false => std::os::unix::fs::symlink(file.path(), own).unwrap(),
        }
    }
    let options = Options { binaries: folder.path().to_owned(), ..options() };
    let stack = Stack::start(options).await.unwrap();
    let said = "The local stack could not run the function";
    assert_eq!(get(&stack, "/api/brief").await, (503, json!({"message": said})));
    assert_eq!(get(&stack, "/api/echo").await.0, 200);
}

#[tokio::test]
async fn the_gateway_gives_up_before_the_function_does() {
    let options = Options { gateway_timeout: Duration::from_millis(200), ..options() };
    let stack = Stack::start(options).await.unwrap();
    let (status, body) = get(&stack, "/api/echo?do=sleep&ms=15000").await;
    assert_eq!((status, &body), (503, &json!({"message": "Service Unavailable"})));
    assert_eq!(stack.pids("echo").len(), 1, "the function is still at it");
}

#[tokio::test]
async fn a_killed_process_fails_its_request_and_no_other() {
    let stack = Arc::new(start().await);
    let asked = Arc::clone(&stack);
    let held = tokio::spawn(async move { get(&asked, "/api/echo?do=sleep&ms=15000").await });
    eventually("the function runs", || (stack.pids("echo").len() == 1).then_some(())).await;
    // It may still be starting; killed then, it fails its request all the same.
    assert_eq!(stack.kill("echo").await, 1);
    assert_eq!(held.await.unwrap().0, 500);
    assert_eq!(get(&stack, "/api/echo").await.0, 200);
}

#[tokio::test]
async fn a_process_that_dies_idle_costs_no_request() {
    let stack = start().await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (status, pid) = get(&stack, "/api/echo?do=pid").await;
        assert_eq!(status, 200);
        seen.push(pid);
        assert_eq!(stack.kill("echo").await, 1);
    }
    seen.dedup();
    assert_eq!(seen.len(), 3, "each request had a process of its own");
}

#[tokio::test]
async fn hundreds_of_requests_at_once_share_a_few_processes() {
    let stack = Arc::new(start().await);
    let mut requests = JoinSet::new();
    for number in 0..256 {
        let stack = Arc::clone(&stack);
        requests.spawn(async move { get(&stack, &format!("/api/echo/{number}")).await });
    }
    let mut answered = Vec::new();
    while let Some(answer) = requests.join_next().await {
        let (status, body) = answer.unwrap();
        assert_eq!(status, 200);
        answered
            .push(body["event"]["pathParameters"]["id"].as_str().unwrap().parse::<u32>().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, (0..256).collect::<Vec<_>>());
    assert!(stack.pids("echo").len() <= 4);
}

#[tokio::test]
async fn a_client_that_trickles_its_body_holds_up_nobody() {
    let stack = Stack::start(Options { max_processes: 1, ..options() }).await.unwrap();
    let address = stack.base_url().replace("http://", "");
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut client = TcpStream::connect(&address).await.unwrap();
        client
            .write_all(b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab")
            .await
            .unwrap();
        slow.push(client);
    }
    assert_eq!(get(&stack, "/api/echo").await.0, 200, "the only process is free");
    for mut client in slow {
        client.write_all(b"cd").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(r#""body":"abcd""#), "{answer}");
    }
}

#[tokio::test]
async fn the_gateway_has_limits_of_its_own() {
    let stack = start().await;
    let large = send(&stack, Method::POST, "/api/echo", &vec![b'x'; 10 * 1024 * 1024 + 1]).await;
    assert_eq!(large.status(), 413);
    assert_eq!(parse(large.body()), json!({"message": "Request Entity Too Large"}));
    let long = get(&stack, &format!("/api/echo?x={}", "y".repeat(10_240))).await;
    assert_eq!(long.0, 431);
    assert!(stack.pids("echo").is_empty(), "no function was asked");
}

#[tokio::test]
async fn what_functions_print_is_kept() {
    let stack = start().await;
    get(&stack, "/api/echo?do=print&text=one").await;
    let lines =
        eventually("both lines", || Some(stack.logs().of("echo")).filter(|l| l.len() == 2)).await;
    assert!(lines.contains(&"out one".to_owned()) && lines.contains(&"err one".to_owned()));
}

#[tokio::test]
async fn a_failure_says_what_lambda_says() {
    let stack = start().await;
    let event = |what: &str| {
        json!({"requestContext": {}, "queryStringParameters": {"do": what}}).to_string()
    };
    for (what, kind) in [("exit", "Runtime.ExitError"), ("error", "&alloc::boxed::Box<dyn")] {
        let Outcome::Error(error) = stack.invoke("echo", event(what)).await.unwrap() else {
            panic!("{what} succeeded")
        };
        let error = parse(&error);
        assert!(error["errorType"].as_str().unwrap().starts_with(kind), "{error}");
    }
    assert!(stack.invoke("nobody", "{}").await.is_err());
}
