//! Query strings that no client makes.

use super::super::{
    requests::totals,
    world::{Ask, Operation, World},
};

/// Queries that no operation understands, and the fault that each has.
const STRANGE: [(&str, &str); 14] = [
    ("%00=1", "?\0 unknown_parameter"),
    ("%ff=1", "?\u{fffd} unknown_parameter"),
    ("%c0%af=1", "?\u{fffd}\u{fffd} unknown_parameter"),
    ("%e2%80%ae=1", "?\u{202e} unknown_parameter"),
    ("%ed%a0%80=1", "?\u{fffd}\u{fffd}\u{fffd} unknown_parameter"),
    ("=1", "? unknown_parameter"),
    ("[]=1", "? unknown_parameter"),
    ("nonsense[a][b]=1", "?nonsense unknown_parameter"),
    ("__proto__[x]=1", "?__proto__ unknown_parameter"),
    ("%0d%0aX-Forged:%201=1", "?\r\nX-Forged: 1 unknown_parameter"),
    ("{\"limit\":1}=1", "?{\"limit\":1} unknown_parameter"),
    ("expand=%00", "?expand unknown_expansion"),
    ("expand=%ff", "?expand unknown_expansion"),
    ("expand=__proto__", "?expand unknown_expansion"),
];

/// Values that no parameter with a number, an instant, an id or a word in it takes.
const VALUES: [&str; 22] = [
    "%00",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%e2%80%ae",
    "1e999",
    "1.0",
    "%2b1",
    "-1",
    "0x1",
    "NaN",
    "Infinity",
    "9223372036854775808",
    "18446744073709551616",
    "%ef%bc%91",
    "%20",
    "%0d%0a1",
    "null",
    "[]",
    "{}",
    "'%20OR%201=1",
    "%25s%25n",
];

#[tokio::test]
async fn a_query_that_was_made_to_harm_is_refused_or_finds_nothing() {
    let world = World::start().await;
    for operation in &world.operations {
        world.make_ready(operation).await;
    }
    let before = totals(&world).await;
    for operation in &world.operations {
        let right = world.right(operation, &operation.path).await;
        for (query, fault) in STRANGE {
            let query = query.replace('[', "%5B").replace(']', "%5D").replace('"', "%22");
            let query = query.replace('{', "%7B").replace('}', "%7D");
            let ask = right.asking(&query);
            let answer = world.expect(400, operation, &ask, fault).await;
            world.check(answer.faults().iter().any(|one| one == fault), || {
                format!("{} ?{query}: no {fault:?} in {}", operation.route(), answer.body)
            });
        }
        // `expand` is above; a session's token is asked of a browser alone.
        let read = |name: &&String| !["expand", "secure_token"].contains(&name.as_str());
        for name in operation.parameters.iter().filter(read) {
            for value in VALUES {
                strange(&world, operation, &right, name, value).await;
            }
            strange(&world, operation, &right, name, &"9".repeat(3_000)).await;
            strange(&world, operation, &right, name, &"%F0%9F%98%80".repeat(250)).await;
        }
        many(&world, operation, &right).await;
    }
    let after = totals(&world).await;
    world.check(before == after, || format!("something was changed: {before:?}, then {after:?}"));
    world.report();
}

/// A parameter with a value that means nothing: a fault of that parameter, or a page with nothing.
async fn strange(world: &World, operation: &Operation, right: &Ask, name: &str, value: &str) {
    let name = name.replace('[', "%5B").replace(']', "%5D");
    let value = value.replace(['[', ']', '{', '}', '\''], "%27");
    let ask = right.asking(&format!("{name}={value}"));
    let answer = world.send(operation, &ask).await;
    let named = name.replace("%5B", "[").replace("%5D", "]");
    let named = format!("?{named} ");
    let right = match answer.status.as_u16() {
        200 => answer.body["total"] == 0,
        // What cannot stand beside what the right request says is a fault of that as well.
        400 => {
            let faults = answer.faults();
            let beside = |fault: &String| fault.ends_with(" not_combinable");
            faults.len() == 1 && (faults[0].starts_with(&named) || beside(&faults[0]))
        }
        _ => false,
    };
    world.check(right, || format!("{} {name}={value}: {}", operation.route(), answer.body));
    let told = answer.body.to_string().len();
    world.check(told < 16 * 1024, || format!("{} {name}: {told} bytes", operation.route()));
}

/// As many parameters as fit into a request line; and separators between none.
async fn many(world: &World, operation: &Operation, right: &Ask) {
    let names: Vec<String> = (0..1_500).map(|index| format!("{index}=1")).collect();
    let ask = right.asking(&names.join("&"));
    let answer = world.expect(400, operation, &ask, "1,500 parameters").await;
    let faults = answer.faults().len();
    world.check(faults == 100, || format!("{}: {faults} of 1,500 faults", operation.route()));
    if !operation.changes() {
        let ask = right.asking("&&&");
        world.expect(200, operation, &ask, "separators between nothing").await;
    }
}
