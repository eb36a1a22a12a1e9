//! Which function gets a request, and what event it sees.

use crate::support::{exchange, get, parse, send, start};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;

#[tokio::test]
async fn the_event_is_that_of_an_http_api() {
    let stack = start().await;
    let request = Request::builder()
        .method("GET")
        .uri(format!("{}/api/echo/a%2Fb%20c?x=1&x=2&y=%C3%A9+z", stack.base_url()))
        .header("X-Twice", "one")
        .header("x-twice", "two")
        .header("Cookie", "a=1; b=2")
        .header("User-Agent", "test")
        .body(Full::new(Bytes::new()))
        .unwrap();
    let answer = exchange(request).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("apigw-requestid"));
    let echo = parse(answer.body());
    let event = &echo["event"];
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "GET /api/echo/{id}");
    assert_eq!(event["rawPath"], "/api/echo/a/b c");
    assert_eq!(event["rawQueryString"], "x=1&x=2&y=%C3%A9+z");
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2", "y": "é z"}));
    assert_eq!(event["pathParameters"], json!({"id": "a/b c"}));
    assert_eq!(event["headers"]["x-twice"], "one,two");
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["requestContext"]["http"]["method"], "GET");
    assert_eq!(event["requestContext"]["http"]["userAgent"], "test");
    assert_eq!(event["requestContext"]["stage"], "$default");
    assert_eq!(event.get("body"), None);
    let environment = &echo["environment"];
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    assert_eq!(environment["TABLE_NAME"], "fixture");
    assert_eq!(environment["GREETING"], "hello");
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "echo.1");
    assert_eq!(echo["arn"], "arn:aws:lambda:us-east-1:000000000000:function:local-echo");
    assert!(
        echo["deadline"].as_i64().unwrap() > event["requestContext"]["timeEpoch"].as_i64().unwrap()
    );
    stack.shutdown().await;
}

#[tokio::test]
async fn bodies_arrive_as_text_or_in_base64() {
    let stack = start().await;
    let text = send(&stack, Method::POST, "/api/echo", "{\"é\": 1}".as_bytes()).await;
    let event = &parse(text.body())["event"];
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{\"é\": 1}"), &json!(false)));
    let binary = send(&stack, Method::POST, "/api/echo", &[0xff, 0x00]).await;
    let event = &parse(binary.body())["event"];
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
}

#[tokio::test]
async fn what_no_route_takes_goes_to_the_default() {
    let stack = start().await;
    for path in ["/", "/api/echo/", "/api/nowhere", "/api/echo/a/b"] {
        let (status, echo) = get(&stack, path).await;
        assert_eq!((status, &echo["event"]["routeKey"]), (200, &json!("$default")), "{path}");
        assert_eq!(echo["environment"]["AWS_LAMBDA_FUNCTION_NAME"], "rest");
    }
    let put = send(&stack, Method::PUT, "/api/echo", b"").await;
    assert_eq!(parse(put.body())["event"]["routeKey"], "$default");
    let head = send(&stack, Method::HEAD, "/api/echo", b"").await;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
    let any = send(&stack, Method::PATCH, "/api/any/x/y", b"").await;
    let event = &parse(any.body())["event"];
    assert_eq!(event["routeKey"], "ANY /api/any/{proxy+}");
    assert_eq!(event["pathParameters"]["proxy"], "x/y");
}

#[tokio::test]
async fn a_function_without_a_route_is_invoked_by_name() {
    let stack = start().await;
    for name in ["operator-create-account", "local-operator-create-account"] {
        let path = format!("/2015-03-31/functions/{name}/invocations");
        let answer = send(&stack, Method::POST, &path, br#"{"environment": "stg"}"#).await;
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("x-amz-function-error"));
        assert_eq!(parse(answer.body())["secret_token"], "st_stg_x");
    }
    let path = "/2015-03-31/functions/echo/invocations";
    let event = br#"{"requestContext": {}, "queryStringParameters": {"do": "error"}}"#;
    let answer = send(&stack, Method::POST, path, event).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(parse(answer.body())["errorMessage"], "asked to");
    let missing = send(&stack, Method::POST, "/2015-03-31/functions/no/invocations", b"").await;
    assert_eq!(missing.status(), 404);
}
