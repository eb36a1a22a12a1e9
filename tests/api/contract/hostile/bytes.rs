//! Bodies that are not JSON, not quite JSON, or JSON made to be costly.

use reqwest::Method;
use serde_json::Value;

use super::super::{
    requests::totals,
    world::{Ask, Operation, World},
};

/// The largest body that is read.
const MAX_BODY: usize = 256 * 1024;

/// A body, what it is called, and the one fault that names its place, or that it is not read at all.
type Case = (&'static str, Vec<u8>, Option<&'static str>);

fn not_json(about: &'static str, body: impl Into<Vec<u8>>) -> Case {
    (about, body.into(), None)
}

fn named(about: &'static str, body: &str, fault: &'static str) -> Case {
    (about, body.into(), Some(fault))
}

/// `inner`, which need not be text, as a string in an object.
fn string(inner: &[u8]) -> Vec<u8> {
    [b"{\"nonsense\":\"", inner, b"\"}"].concat()
}

/// `levels` of `open` around nothing, in an object.
fn deep(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!("{{\"nonsense\":{}{inner}{}}}", open.repeat(levels), close.repeat(levels))
}

fn not_text() -> Vec<Case> {
    vec![
        not_json("an overlong slash", string(b"\xc0\xaf")),
        not_json("an overlong slash of three bytes", string(b"\xe0\x80\xaf")),
        not_json("an overlong NUL", string(b"\xc0\x80")),
        not_json("a surrogate in UTF-8", string(b"\xed\xa0\x80")),
        not_json("a pair of surrogates in UTF-8", string(b"\xed\xa0\xbd\xed\xb8\x80")),
        not_json("beyond the last character", string(b"\xf4\x90\x80\x80")),
        not_json("a byte of the middle", string(b"\x80")),
        not_json("half a character", string(b"\xf0\x9f\x98")),
        not_json("a byte that UTF-8 has not", string(b"\xff")),
        not_json("a name that is not text", b"{\"\xff\":1}"),
        not_json("UTF-16", b"\xff\xfe{\0}\0".to_vec()),
        not_json("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        not_json("half of a surrogate pair", string(b"\\ud800")),
        not_json("the other half", string(b"\\udc00")),
        not_json("a pair the wrong way round", string(b"\\udc00\\ud800")),
        not_json("a half before a letter", string(b"\\ud83dx")),
        not_json("a half twice", string(b"\\ud83d\\ud83d")),
        not_json("a name of half a pair", b"{\"\\ud800\":1}"),
        not_json("an escape cut short", string(b"\\u00")),
        not_json("an escape that there is not", string(b"\\x41")),
        not_json("a NUL", string(b"\0")),
        not_json("a line break in a string", string(b"\n")),
        not_json("a NUL behind it", b"{}\0".to_vec()),
        not_json("compressed", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0".to_vec()),
    ]
}

fn not_quite_json() -> Vec<Case> {
    vec![
        not_json("a comment", "/**/{}"),
        not_json("a comma too many", "{\"nonsense\":1,}"),
        not_json("single quotes", "{'nonsense':1}"),
        not_json("a bare name", "{nonsense:1}"),
        not_json("a word in capitals", "{\"nonsense\":True}"),
        not_json("no value", "{\"nonsense\"}"),
        not_json("a list that ends as an object", "{\"nonsense\":[1}}"),
        not_json("white space that JSON has not", "{\u{a0}\"nonsense\":1}"),
        not_json("a name twice, below", "{\"nonsense\":{\"a\":1,\"a\":1}}"),
        not_json("a name twice, in a list", "{\"nonsense\":[{\"a\":1,\"a\":1}]}"),
        not_json("a name twice, once escaped", "{\"nonsense\":1,\"\\u006eonsense\":1}"),
        not_json("a name twice, which is empty", "{\"\":1,\"\":1}"),
        named("a name of a prototype", "{\"__proto__\":{\"x\":1}}", "/__proto__ unknown_field"),
        named("a name of a method", "{\"toString\":1}", "/toString unknown_field"),
        named("no name", "{\"\":1}", "/ unknown_field"),
        named("a NUL as a name", "{\"\\u0000\":1}", "/\0 unknown_field"),
        named("a pointer as a name", "{\"a/b~c\":1}", "/a~1b~0c unknown_field"),
        named("a name from right to left", "{\"\u{202e}x\":1}", "/\u{202e}x unknown_field"),
        named("a name of two characters in one", "{\"\\ud83d\\ude00\":1}", "/😀 unknown_field"),
    ]
}

fn costly() -> Vec<Case> {
    let most = MAX_BODY - "{\"nonsense\":}".len();
    let names = |one: &dyn Fn(usize) -> String| (0..20_000).map(one).collect::<Vec<_>>().join(",");
    let long = "x".repeat(most / 2 - 10);
    vec![
        not_json("127 levels", deep("[", "", "]", 127)),
        not_json("128 levels", deep("{\"a\":", "1", "}", 128)),
        not_json("10,000 levels", deep("[", "", "]", 10_000)),
        not_json("10,000 levels of objects", deep("{\"a\":", "1", "}", 10_000)),
        not_json("levels and nothing else", deep("[", "", "]", most / 2)),
        not_json("levels that never end", "[".repeat(MAX_BODY)),
        not_json("objects that never end", "{\"a\":".repeat(MAX_BODY / 5)),
        not_json("a string that never ends", format!("\"{}", "\\\\".repeat(most / 2))),
        not_json("a long name twice", format!("{{\"{long}\":1,\"{long}\":1}}")),
        named(
            "20,000 names",
            &format!("{{\"nonsense\":1,{}}}", names(&|index| format!("\"{index}\":0"))),
            "/nonsense unknown_field",
        ),
        named(
            "a list of many",
            &format!("{{\"nonsense\":[{}]}}", vec!["0"; most / 2 - 1].join(",")),
            "/nonsense unknown_field",
        ),
        named(
            "a number of many digits",
            &format!("{{\"nonsense\":{}}}", "9".repeat(most)),
            "/nonsense unknown_field",
        ),
    ]
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let world = World::start().await;
    for operation in &world.operations {
        world.make_ready(operation).await;
    }
    let before = totals(&world).await;
    let cases = [not_text(), not_quite_json()].concat();
    for operation in &world.operations {
        all_refused(&world, operation, &cases).await;
    }
    let after = totals(&world).await;
    world.check(before == after, || format!("something was changed: {before:?}, then {after:?}"));
    world.report();
}

/// One operation of each method, whose functions all read JSON with the same code: to read the most
/// that is read takes a debug build a while.
#[tokio::test]
async fn a_body_that_was_made_to_be_costly_is_refused() {
    let world = World::start().await;
    for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
        let operation = world.operations.iter().find(|one| one.method == method).unwrap();
        all_refused(&world, operation, &costly()).await;
    }
    world.report();
}

async fn all_refused(world: &World, operation: &Operation, cases: &[Case]) {
    let right = world.right(operation, &operation.path).await;
    for (about, body, fault) in cases {
        let ask = Ask { body: body.clone(), ..right.text("") };
        refused(world, operation, &ask, about, *fault).await;
    }
}

async fn refused(
    world: &World,
    operation: &Operation,
    ask: &Ask,
    about: &str,
    fault: Option<&str>,
) {
    let answer = world.expect(400, operation, ask, about).await;
    let faults = answer.faults();
    let right = match fault {
        Some(fault) => faults.iter().any(|one| one == fault),
        None => faults.is_empty(),
    };
    let told = answer.body.to_string();
    world.check(right, || format!("{} ({about}): not {fault:?} in {told:.300}", operation.route()));
    world.check(told.len() < 64 * 1024, || {
        format!("{} ({about}): {} bytes of answer", operation.route(), told.len())
    });
    let detail = answer.body["detail"].as_str().map(str::len);
    world.check(detail.is_some_and(|length| length < 2_000), || {
        format!("{} ({about}): a detail of {detail:?} bytes", operation.route())
    });
}

/// A text of any length that is read at all is refused, and not repeated.
#[tokio::test]
async fn a_text_that_is_too_long_is_not_sent_back() {
    let world = World::start().await;
    let mut texts = 0;
    for operation in &world.operations {
        let ask = world.right(operation, &operation.path).await;
        for field in super::super::fields::fields(&operation.body) {
            if !field.is("string") {
                continue;
            }
            texts += 1;
            let body: Value = serde_json::from_slice(&ask.body).unwrap();
            let room = MAX_BODY - ask.body.len() - 200;
            let ask = ask.json(&field.json(&body, &"x".repeat(room).into()));
            let answer = world.send(operation, &ask).await;
            let (status, told) = (answer.status.as_u16(), answer.body.to_string());
            world.check([400, 422].contains(&status) && told.len() < 4_000, || {
                format!("{} {}: {status}, {told:.300}", operation.route(), field.pointer)
            });
        }
    }
    world.check(texts > 100, || format!("only {texts} texts"));
    world.report();
}
