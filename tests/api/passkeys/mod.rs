//! Passkeys: registered from a session, and signed in with, at the address that they were made for.

pub(crate) mod soft;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    base::time::{Clock, Timestamp},
    model::passkey::{ChallengeKey, Purpose},
};

use self::soft::{Soft, client_data, encoded};
use crate::client::{Answer, Api, Client, exchange};

/// A challenge of `client`'s account.
pub(crate) async fn challenge(client: &Client) -> String {
    let asked = client.passkey_challenge().await.ok();
    asked.body["challenge"].as_str().unwrap().to_owned()
}

/// `soft`, registered from `client`.
pub(crate) async fn register(api: &Api, client: &Client, soft: &mut Soft) -> Answer {
    soft.user.clone_from(&client.account);
    let body = soft.registers(&challenge(client).await, &api.stack.base_url());
    client.register_passkey(body).await
}

/// A challenge of nobody's yet.
pub(crate) async fn door(api: &Api) -> String {
    let asked = exchange(api.raw(Method::GET, "/dashboard/sign-in")).await.ok();
    asked.body["challenge"].as_str().unwrap().to_owned()
}

/// What the dashboard's page sends.
pub(crate) async fn enter(api: &Api, body: &Value) -> Answer {
    let request = api.raw(Method::POST, "/dashboard/sign-in").header("paymentkit-session", "1");
    exchange(request.json(body)).await
}

/// `soft`, signing in.
async fn sign_in(api: &Api, soft: &Soft) -> Answer {
    enter(api, &soft.signs_in(&door(api).await, &api.stack.base_url())).await
}

/// What is read with the cookie that a session was given.
pub(crate) async fn read(api: &Api, session: &Answer, path: &str) -> Answer {
    let (cookie, _) = session.header("set-cookie").unwrap().split_once(';').unwrap();
    let request = api.raw(Method::GET, path).header("paymentkit-session", "1");
    exchange(request.header("cookie", cookie)).await
}

#[tokio::test]
async fn a_passkey_opens_sessions_that_may_do_what_whoever_registered_it_could() {
    let api = Api::start().await;
    for environment in ["prod", "stg"] {
        let admin = api.client_of(&api.account(environment).await);
        let scopes = json!(["customers:read", "tokens:read", "tokens:write"]);
        let narrow = json!({"kind": "secret", "scopes": scopes});
        let narrow = admin.create_token(narrow).await.ok().body;
        let narrow = api.client_with(narrow["token"].as_str().unwrap(), &admin.account);
        for mut soft in [Soft::es256(), Soft::ed_dsa()] {
            let made = register(&api, &narrow, &mut soft).await.ok();
            assert_eq!((&made.body["scopes"], &made.body["last_used_at"]), (&scopes, &Value::Null));
            assert_eq!(made.body["host"], "127.0.0.1");
            let session = sign_in(&api, &soft).await.ok();
            assert_eq!((&session.body["scopes"], session.body.get("token")), (&scopes, None));
            assert_eq!(session.body["passkey_id"], made.body["id"]);
            let cookie = session.header("set-cookie").unwrap();
            assert!(cookie.starts_with("__Host-paymentkit=st_"), "{cookie}");
            assert!(cookie.ends_with("; Path=/; Max-Age=28800; Secure; HttpOnly; SameSite=Strict"));
            read(&api, &session, "/api/customers").await.ok();
            read(&api, &session, "/api/products").await.refused(403);
            let events = admin.list_events("?limit=2").await.ok();
            for (event, name) in events.items().iter().zip(["token.created", "passkey.used"]) {
                let actor = json!({"type": "passkey", "id": made.body["id"]});
                assert_eq!((&event["type"], &event["actor"]), (&json!(name), &actor), "{event}");
            }
            let listed = admin.list_passkeys("?limit=1").await.ok();
            assert_eq!(listed.items()[0]["id"], made.body["id"]);
            assert!(listed.items()[0]["last_used_at"].is_string(), "{}", listed.body);
        }
        for hidden in ["public_key", "sign_count", "may_be_copied"] {
            assert!(!admin.list_passkeys("").await.ok().body.to_string().contains(hidden));
        }
    }
    api.audit().await;
}

#[tokio::test]
async fn a_session_of_a_passkey_lasts_eight_hours_of_real_time() {
    let api = Api::start().await;
    let client = api.client_of(&api.account("stg").await);
    client.stop_clock("2030-01-01T00:00:00Z").await.ok();
    let mut soft = Soft::es256();
    let made = register(&api, &client, &mut soft).await.ok();
    assert_eq!(made.body["created_at"], "2030-01-01T00:00:00.000Z");
    let session = sign_in(&api, &soft).await.ok();
    let end: Timestamp = session.body["expires_at"].as_str().unwrap().parse().unwrap();
    let hours = Clock.now().plus_hours(8).minus(end);
    assert!((0..600).contains(&hours), "{}", session.body);
    read(&api, &session, "/api/customers").await.ok();
}

#[tokio::test]
async fn a_challenge_is_answered_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let (mut soft, origin) = (Soft::es256(), api.stack.base_url());
    soft.user.clone_from(&client.account);
    let body = soft.registers(&challenge(&client).await, &origin);
    let made = client.register_passkey(body.clone()).await.ok();
    let used = ["/client_data challenge_used"];
    assert_eq!(client.register_passkey(body.clone()).await.refused(422).faults(), used);
    let answer = soft.signs_in(&door(&api).await, &origin);
    enter(&api, &answer).await.ok();
    assert_eq!(enter(&api, &answer).await.refused(422).faults(), used);
    // Signed anew, which is another signature: it is the same challenge.
    let challenge = door(&api).await;
    let (one, other) = (soft.signs_in(&challenge, &origin), soft.signs_in(&challenge, &origin));
    let (one, other) = tokio::join!(enter(&api, &one), enter(&api, &other));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422], "{} {}", one.body, other.body);
    let sessions = client.list_tokens("").await.ok();
    let opened = sessions.items().iter().filter(|one| one["passkey_id"].is_string()).count();
    assert_eq!(opened, 2);
    // Not even by a passkey that is gone.
    client.remove_passkey(&made.id()).await.ok();
    assert_eq!(client.register_passkey(body).await.refused(422).faults(), used);
    assert_eq!(client.list_passkeys("").await.ok().body["total"], 0);
    api.audit().await;
}

#[tokio::test]
async fn a_challenge_is_answered_within_five_minutes() {
    let api = Api::start().await;
    let kept = "0".repeat(64);
    let item = json!({"PK": {"S": "CHAL#key"}, "SK": {"S": "key"}, "hmac_key": {"S": kept}});
    api.put_items(&[item]).await;
    let (key, client) = (ChallengeKey::read(&kept).unwrap(), api.client().await);
    let (mut soft, origin) = (Soft::es256(), api.stack.base_url());
    register(&api, &client, &mut soft).await.ok();
    let account = client.account.parse().unwrap();
    let ago = |seconds: i64| Clock.now().plus_seconds(-seconds);
    for (seconds, accepted) in [(240, true), (301, false)] {
        let (registers, _) = key.ask(Purpose::Register(&account), ago(seconds));
        let (signs_in, _) = key.ask(Purpose::SignIn, ago(seconds));
        let other = Soft::ed_dsa().registers(&registers, &origin);
        let registered = client.register_passkey(other).await;
        let entered = enter(&api, &soft.signs_in(&signs_in, &origin)).await;
        for answer in [registered, entered] {
            match accepted {
                true => assert_eq!(answer.status, 200, "{}", answer.body),
                false => {
                    assert_eq!(answer.refused(422).faults(), ["/client_data challenge_expired"]);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_one_account_is_asked_no_other_answers() {
    let api = Api::start().await;
    let (acme, other) = (api.client().await, api.client().await);
    let origin = api.stack.base_url();
    let expired = ["/client_data challenge_expired"];
    for asked in [challenge(&acme).await, door(&api).await] {
        let body = Soft::es256().registers(&asked, &origin);
        assert_eq!(other.register_passkey(body).await.refused(422).faults(), expired);
    }
    let mut soft = Soft::es256();
    register(&api, &acme, &mut soft).await.ok();
    let asked = soft.signs_in(&challenge(&acme).await, &origin);
    assert_eq!(enter(&api, &asked).await.refused(422).faults(), expired);
    assert_eq!(other.list_passkeys("").await.ok().body["total"], 0);
    // Nobody removes what is another's.
    let id = acme.list_passkeys("").await.ok().items()[0]["id"].as_str().unwrap().to_owned();
    other.remove_passkey(&id).await.refused(404);
    // The same credential in another account is another passkey; in the same one it is there already.
    register(&api, &other, &mut soft).await.ok();
    let taken = register(&api, &other, &mut soft).await.refused(409);
    assert_eq!(taken.faults(), ["/authenticator_data taken"]);
}

#[tokio::test]
async fn who_is_not_known_is_told_one_thing_alone() {
    let api = Api::start().await;
    let (client, stranger) = (api.client().await, api.client().await);
    let (mut soft, mut removed, mut of_other) = (Soft::es256(), Soft::es256(), Soft::es256());
    register(&api, &client, &mut soft).await.ok();
    let gone = register(&api, &client, &mut removed).await.ok().id();
    register(&api, &stranger, &mut of_other).await.ok();
    let session = sign_in(&api, &removed).await.ok();
    client.remove_passkey(&gone).await.ok();
    // It ends nothing but itself.
    read(&api, &session, "/api/account").await.ok();
    // Another's passkey that says it is ours; one that nobody registered, of ours and of nobody.
    of_other.user.clone_from(&client.account);
    let mut unregistered = Soft::es256();
    unregistered.user.clone_from(&client.account);
    let mut of_nobody = Soft::es256();
    of_nobody.user = "acc_prod_0000000000000000".to_owned();
    let mut forged = Soft::es256();
    (forged.user, forged.id) = (soft.user.clone(), soft.id.clone());
    let mut first: Option<Value> = None;
    for wrong in [&removed, &of_other, &unregistered, &of_nobody, &forged] {
        let refused = sign_in(&api, wrong).await.refused(401);
        assert_eq!(refused.header("set-cookie"), None);
        let said = json!([refused.body["detail"], refused.body["errors"]]);
        assert_eq!(*first.get_or_insert(said.clone()), said);
    }
    sign_in(&api, &soft).await.ok();
}

#[tokio::test]
async fn a_passkey_works_at_the_address_that_it_was_made_for() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut soft = Soft::es256();
    let at = |request: reqwest::RequestBuilder, host: &str| {
        let host = host.to_owned();
        async move { exchange(request.header("host", host)).await }
    };
    let asks = || client.request(Method::GET, "/api/passkeys/new/challenge");
    let asked = at(asks(), "Billing.example.com").await.ok();
    assert_eq!(asked.body["host"], "billing.example.com");
    soft.user.clone_from(&client.account);
    let origin = "https://billing.example.com";
    let body = soft.registers(asked.body["challenge"].as_str().unwrap(), origin);
    // Sent to where a browser is not.
    let wrong = client.register_passkey(body.clone()).await.refused(422);
    assert_eq!(wrong.faults(), ["/client_data wrong_origin"]);
    let sends = client.request(Method::POST, "/api/passkeys").json(&body);
    let made = at(sends, "billing.example.com:443").await.ok();
    assert_eq!(made.body["host"], "billing.example.com");
    let enters = |body: Value| {
        let request = api.raw(Method::POST, "/dashboard/sign-in");
        request.header("paymentkit-session", "1").json(&body)
    };
    let right = soft.signs_in(&door(&api).await, origin);
    let wrong = at(enters(right.clone()), "evil.example").await.refused(422);
    assert_eq!(wrong.faults(), ["/client_data wrong_origin"]);
    // By a page of another host, which a browser would have sign for that host.
    let said = client_data("webauthn.get", &door(&api).await, origin);
    let wrong = at(enters(soft.signs(&said, "evil.example")), "billing.example.com").await;
    assert_eq!(wrong.refused(422).faults(), ["/authenticator_data wrong_host"]);
    at(enters(right), "billing.example.com").await.ok();
}

#[tokio::test]
async fn a_page_of_another_site_signs_nobody_in() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut soft = Soft::es256();
    register(&api, &client, &mut soft).await.ok();
    let body = soft.signs_in(&door(&api).await, &api.stack.base_url());
    let sent = || api.raw(Method::POST, "/dashboard/sign-in");
    exchange(sent().json(&body)).await.refused(403);
    let form = sent().header("paymentkit-session", "1").header("content-type", "text/plain");
    exchange(form.body(body.to_string())).await.refused(415);
    let answer = exchange(api.raw(Method::OPTIONS, "/dashboard/sign-in")).await;
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")));
    let answer = enter(&api, &body).await.ok();
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")));
}

#[tokio::test]
async fn whoever_sends_what_cannot_be_read_is_told_where() {
    let api = Api::start().await;
    let all = enter(&api, &json!({"nonsense": 1})).await.refused(400).faults();
    for name in ["user_handle", "credential_id", "client_data", "authenticator_data", "signature"] {
        assert!(all.contains(&format!("/{name} required")), "{all:?}");
    }
    assert!(all.contains(&"/nonsense unknown_field".to_owned()), "{all:?}");
    let mut soft = Soft::es256();
    soft.user = "acc_prod_0000000000000000".to_owned();
    let mut body = soft.signs_in(&door(&api).await, &api.stack.base_url());
    body["authenticator_data"] = encoded("short").into();
    let refused = enter(&api, &body).await.refused(422);
    assert_eq!(refused.faults(), ["/authenticator_data invalid"]);
    body["signature"] = "a b".into();
    let refused = enter(&api, &body).await.refused(422);
    assert_eq!(refused.faults(), ["/signature invalid_characters"]);
}

#[tokio::test]
async fn an_authenticator_that_counts_less_than_before_is_refused() {
    let api = Api::start().await;
    let client = api.client().await;
    let mut soft = Soft::es256();
    soft.count = 7;
    register(&api, &client, &mut soft).await.ok();
    soft.count = 8;
    sign_in(&api, &soft).await.ok();
    let used = client.list_passkeys("").await.ok().body;
    // A copy that was made before.
    assert_eq!(sign_in(&api, &soft).await.refused(422).faults(), [" counts_backwards"]);
    assert_eq!(client.list_passkeys("").await.ok().body, used);
    soft.count = 9;
    sign_in(&api, &soft).await.ok();
}

#[tokio::test]
async fn a_repeated_registration_is_the_first_one() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = Soft::es256().registers(&challenge(&client).await, &api.stack.base_url());
    let keyed = || {
        let request = client.request(Method::POST, "/api/passkeys");
        exchange(request.header("Idempotency-Key", "once").json(&body))
    };
    let (first, again) = (keyed().await.ok(), keyed().await.ok());
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(client.list_passkeys("").await.ok().body["total"], 1);
}

#[tokio::test]
async fn a_token_that_is_revoked_or_may_do_less_neither_makes_nor_removes_a_passkey() {
    let api = Api::start().await;
    let admin = api.client().await;
    let made = register(&api, &admin, &mut Soft::es256()).await.ok().id();
    let narrow = json!({"kind": "secret", "scopes": ["tokens:write", "tokens:read"]});
    let narrow = admin.create_token(narrow).await.ok();
    let thief = api.client_with(narrow.body["token"].as_str().unwrap(), &admin.account);
    thief.remove_passkey(&made).await.refused(403);
    register(&api, &thief, &mut Soft::es256()).await.ok();
    let asked = challenge(&thief).await;
    admin.revoke_token(&narrow.id()).await.ok();
    // Every process that could remember the token is asked.
    for _ in 0..4 {
        let body = Soft::es256().registers(&asked, &api.stack.base_url());
        thief.register_passkey(body).await.refused(401);
    }
    let reader = json!({"kind": "secret", "scopes": ["tokens:read"]});
    let reader = admin.create_token(reader).await.ok().body;
    let reader = api.client_with(reader["token"].as_str().unwrap(), &admin.account);
    register(&api, &reader, &mut Soft::es256()).await.refused(403);
    assert_eq!(admin.list_passkeys("").await.ok().body["total"], 2);
}

#[tokio::test]
async fn who_keeps_trying_has_to_wait() {
    let api = Api::start().await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let answer = enter(&api, &json!({})).await;
        statuses.push(answer.status.as_u16());
        if answer.status == 429 {
            let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!(Duration::from_secs(wait) <= Duration::from_secs(60));
            break;
        }
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert!(statuses.len() > 25, "{statuses:?}");
    exchange(api.raw(Method::GET, "/dashboard/sign-in")).await.refused(429);
}
