//! Who may do what to whose objects.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{Operation, World, bearer, fill};
use crate::client::{Account, Answer};

/// A problem without what differs between any two answers.
pub(super) fn comparable(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    for name in ["instance", "request_id"] {
        body.as_object_mut().map(|body| body.remove(name));
    }
    body
}

/// Notes a problem that is not the same as the one before.
fn same(world: &World, first: &mut Option<Value>, place: &str, answer: &Answer) {
    let body = comparable(answer);
    let expected = first.get_or_insert_with(|| body.clone());
    world.check(*expected == body, || format!("{place}: {body} in place of {expected}"));
}

#[tokio::test]
async fn without_a_valid_token_every_answer_is_the_same_401() {
    let world = World::start().await;
    let client = world.api.client_of(&world.own);
    let revoked = client.create_token(json!({"kind": "secret"})).await.ok();
    client.revoke_token(&revoked.id()).await.ok();
    let secret = world.own.secret.as_str();
    let other_end = if secret.ends_with('0') { "1" } else { "0" };
    let broken = format!("{}{other_end}", &secret[..secret.len() - 1]);
    // Its checksum is right: pinned in shared/src/model/auth.rs.
    let unknown = "st_prod_0000000000000000000000000000000kgGab";
    let credentials = [
        ("no token", None),
        ("another scheme", Some("Basic dXNlcjpwYXNz".to_owned())),
        ("another scheme before a token", Some(format!("Token {secret}"))),
        ("no scheme", Some(secret.to_owned())),
        ("nothing after the scheme", Some("Bearer".to_owned())),
        ("something that is no token", Some(bearer("nonsense"))),
        ("two tokens", Some(format!("Bearer {secret} {secret}"))),
        ("a broken checksum", Some(bearer(&broken))),
        ("an unknown token", Some(bearer(unknown))),
        ("the publishable form of an unknown token", Some(bearer(&unknown.replace("st_", "pt_")))),
        ("a revoked token", Some(bearer(revoked.body["token"].as_str().unwrap()))),
    ];
    let mut first = None;
    for operation in &world.operations {
        for path in &operation.paths {
            let right = world.right(operation, path).await;
            for (about, authorization) in &credentials {
                let mut ask = right.clone();
                ask.authorization.clone_from(authorization);
                let answer = world.expect(401, operation, &ask, about).await;
                same(
                    &world,
                    &mut first,
                    &format!("{} {path} ({about})", operation.method),
                    &answer,
                );
            }
        }
    }
    world.report();
}

#[tokio::test]
async fn a_token_may_do_what_its_kind_and_scopes_and_the_path_allow() {
    let world = World::start().await;
    let scopes: BTreeSet<&str> = world.operations.iter().map(|one| one.scope.as_str()).collect();
    let mut tokens: BTreeMap<&str, [String; 2]> = BTreeMap::new();
    for scope in &scopes {
        let operation = world.operations.iter().find(|one| one.scope == *scope).unwrap();
        let client = world.api.client_of(world.account_of(operation));
        let others: Vec<&&str> = scopes.iter().filter(|other| *other != scope).collect();
        let mut pair = Vec::new();
        for granted in [json!([scope]), json!(others)] {
            let token =
                client.create_token(json!({"kind": "secret", "scopes": granted})).await.ok();
            pair.push(token.body["token"].as_str().unwrap().to_owned());
        }
        tokens.insert(scope, pair.try_into().unwrap());
    }
    for operation in &world.operations {
        let verb = if operation.changes() { ":write" } else { ":read" };
        world.check(operation.scope.ends_with(verb), || {
            format!("{}: its scope is {}", operation.route(), operation.scope)
        });
        let [only, others] = &tokens[operation.scope.as_str()];
        for path in &operation.paths {
            let right = world.right(operation, path).await;
            world.expect(403, operation, &right.token(others), "every other scope").await;
            // Refused for its query, so nothing is changed: the token was let in.
            let admitted = right.asking("nonsense=1").token(only);
            world.expect(400, operation, &admitted, "its scope").await;
            // Let in, but without the object's secret the object is not there.
            let publishable = if operation.publishable { 404 } else { 403 };
            let ask = admitted.token(&world.account_of(operation).publishable);
            world.expect(publishable, operation, &ask, "a publishable token").await;
            if path.contains("{account_id}") {
                paths_of_others(&world, operation, path).await;
            }
        }
    }
    world.report();
}

/// The path of another account, whether it exists or not, is forbidden.
async fn paths_of_others(world: &World, operation: &Operation, path: &str) {
    let own = world.account_of(operation);
    let ids = world.ids(operation, own).await;
    let mut first = None;
    let unknown = "acc_prod_0000000000000000";
    let strangers = world.strangers_to(operation);
    for account in [&strangers[0].id, &strangers[1].id, unknown, "me", "%00", "accounts"] {
        let path = fill(path, account, &ids);
        let ask = world.asked(operation, &own.secret, path).await;
        let answer = world.expect(403, operation, &ask, "the path of another account").await;
        same(world, &mut first, &format!("{} {}", operation.method, ask.path), &answer);
    }
    for stranger in strangers {
        let ask = world.asked(operation, &stranger.secret, fill(path, &own.id, &ids)).await;
        world.expect(403, operation, &ask, "the token of another account").await;
    }
}

#[tokio::test]
async fn an_object_that_is_not_the_tokens_to_see_is_the_same_404_as_one_that_never_was() {
    let world = World::start().await;
    let before = everything_of(&world, &world.other).await;
    let mut first = None;
    let targeted: Vec<Operation> =
        world.operations.iter().filter(|one| one.has_target()).cloned().collect();
    for operation in &targeted {
        let strange = strange_ids(&world, operation).await;
        let ids = world.ids(operation, &world.own).await;
        for path in &operation.paths {
            for (about, id) in &strange {
                for place in 0..ids.len() {
                    let mut ids = ids.clone();
                    ids[place].clone_from(id);
                    let filled = fill(path, &world.own.id, &ids);
                    let ask = world.asked(operation, &world.own.secret, filled).await;
                    let answer = world.expect(404, operation, &ask, about).await;
                    let place = format!("{} {path} ({about})", operation.method);
                    same(&world, &mut first, &place, &answer);
                }
            }
        }
        for stranger in [&world.other, &world.stg] {
            let ask =
                world.asked(operation, &stranger.secret, fill(&operation.path, "", &ids)).await;
            let answer = world.expect(404, operation, &ask, "the token of another account").await;
            same(&world, &mut first, &format!("{} by a stranger", operation.route()), &answer);
        }
    }
    let after = everything_of(&world, &world.other).await;
    world.check(before == after, || "the other account has changed".to_owned());
    world.report();
}

/// Ids that are not the account's to see where `operation` expects one that is.
async fn strange_ids(world: &World, operation: &Operation) -> Vec<(&'static str, String)> {
    let own = world.ids(operation, &world.own).await.pop().unwrap();
    let (prefix, _) = own.rsplit_once('_').unwrap();
    let mut strange = vec![
        ("an id of another account", world.ids(operation, &world.other).await.pop().unwrap()),
        ("an id of the other environment", world.ids(operation, &world.stg).await.pop().unwrap()),
        ("its id in the other environment", own.replace("_prod_", "_stg_")),
        ("an id that was never given out", format!("{prefix}_0000000000000000")),
        ("the account's id", world.own.id.clone()),
        ("an id in capitals", own.to_uppercase()),
        ("an id with more behind it", format!("{own}0")),
        ("an id with a character that is no character", format!("{own}%00")),
        ("an id and part of a key", format!("{own}%23x")),
        ("a word", "nonsense".to_owned()),
        ("a space", "%20".to_owned()),
        ("a path", "..%2F..%2Faccount".to_owned()),
        ("bytes that are no text", "%FF%FE".to_owned()),
        ("a long text", "x".repeat(3000)),
    ];
    for other in world.operations.iter().filter(|other| other.has_target()) {
        let id = world.ids(other, &world.own).await.pop().unwrap();
        if id.split('_').next() != own.split('_').next() {
            strange.push(("an id of another type", id));
            break;
        }
    }
    strange.extend(deleted_id(world, operation).await.map(|id| ("a deleted object", id)));
    strange
}

/// The id of an object that was deleted, where its resource can be deleted (a token cannot be: it is
/// revoked, and stays).
pub(super) async fn deleted_id(world: &World, operation: &Operation) -> Option<String> {
    let end = operation.path.rfind('}').map(|at| &operation.path[..=at])?;
    let delete = world.operation(&Method::DELETE, end)?;
    let ask = world.fresh(delete, &delete.path).await;
    let answer = world.expect(200, delete, &ask, "to delete it").await;
    let id = answer.body["id"].as_str().unwrap_or_default().to_owned();
    (answer.body == json!({"id": id, "deleted": true})).then_some(id)
}

/// Everything that an account can read of itself.
pub(super) async fn everything_of(world: &World, account: &Account) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    // What any of them needs is made now, and not between two looks.
    for operation in world.operations_of(account).filter(|one| one.has_target()) {
        world.ids(operation, account).await;
    }
    for operation in world.reads_of(account) {
        let path = fill(&operation.path, "", &world.ids(operation, account).await);
        let mut answer = world.api.client_of(account).get(&path).await.ok();
        super::answers::without_last_use(&mut answer.body);
        super::answers::without_what_grows(operation, &mut answer.body);
        all.insert(path, answer.body);
    }
    all
}

#[tokio::test]
async fn a_list_holds_the_objects_of_its_account_alone() {
    let world = World::start().await;
    let accounts = [&world.own, &world.other, &world.stg];
    for account in accounts {
        everything_of(&world, account).await;
    }
    for account in accounts {
        for operation in world.reads_of(account) {
            let ids = world.ids(operation, account).await;
            for path in &operation.paths {
                let mut ask =
                    world.asked(operation, &account.secret, fill(path, &account.id, &ids)).await;
                if !operation.expansions.is_empty() {
                    ask.path = format!("{}?expand={}", ask.path, operation.expansions);
                }
                let answer = world.expect(200, operation, &ask, "to read").await;
                let text = answer.body.to_string();
                for stranger in accounts.into_iter().filter(|other| other.id != account.id) {
                    world.check(!text.contains(&stranger.id), || {
                        format!("{} shows {} to {}", ask.path, stranger.id, account.id)
                    });
                }
                // A page or a document is for people: no id of an account is on it. Currencies are
                // nobody's, figures are sums, a challenge names it for an authenticator, and the log is of
                // an account that wants one.
                let nameless = [
                    "/api/currencies",
                    "/api/analytics/revenue",
                    "/api/passkeys/new/challenge",
                    "/api/request-logs",
                    "/api/request-logs/groups",
                ];
                let of_nobody = operation.media != "application/json"
                    || operation.path.ends_with("/state")
                    || nameless.contains(&operation.path.as_str());
                world.check(of_nobody || text.contains(&account.id), || {
                    format!("{}: nothing of the account in {text}", ask.path)
                });
            }
        }
    }
    world.report();
}
