//! Tokens: made, shown once, narrowed, replaced, revoked.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Api, Client, exchange, shows_a_token};

/// Whether a token is served, by a process that has not met it (a process remembers for 30 s).
async fn works(api: &Api, client: &Client, text: &str) -> bool {
    api.stack.kill("account-get").await;
    let status = api.client_with(text, &client.account).get_account().await.status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

#[tokio::test]
async fn the_text_is_shown_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_token(json!({"kind": "secret", "name": "worker"})).await.ok();
    let text = created.body["token"].as_str().unwrap().to_owned();
    assert!(works(&api, &client, &text).await);
    let id = created.id();
    let shown = [client.get_token(&id).await.ok().body, client.list_tokens("").await.ok().body];
    let events = client.list_events("").await.ok().body;
    for body in shown.iter().chain([&events]) {
        assert!(!body.to_string().contains(&text));
    }
    assert_eq!(shown[0]["prefix"], "st_prod_");
    assert!(text.ends_with(shown[0]["last_four"].as_str().unwrap()));
    for hidden in ["digest", "limits", "token"] {
        assert!(shown[0].get(hidden).is_none());
    }
    assert!(api.stack.logs().lines().iter().all(|line| !line.text.contains(&text)));
}

#[tokio::test]
async fn a_revoked_token_is_unknown() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_token(json!({"kind": "secret"})).await.ok();
    let text = created.body["token"].as_str().unwrap().to_owned();
    assert!(works(&api, &client, &text).await);
    let revoked = client.revoke_token(&created.id()).await.ok().body;
    assert!(revoked["revoked_at"].is_string());
    assert!(!works(&api, &client, &text).await);
    let again = client.revoke_token(&created.id()).await.ok().body;
    assert_eq!(again, revoked);
    client.roll_token(&created.id(), json!({})).await.refused(422);
}

#[tokio::test]
async fn a_rolled_token_is_replaced_at_once_or_after_a_while() {
    let api = Api::start().await;
    let client = api.client().await;
    for (body, old_works) in [(json!({}), false), (json!({"expires_in_hours": 1}), true)] {
        let created = client.create_token(json!({"kind": "secret", "name": "n"})).await.ok();
        let old = created.body["token"].as_str().unwrap().to_owned();
        let rolled = client.roll_token(&created.id(), body).await.ok().body;
        let new = rolled["token"].as_str().unwrap();
        assert!(works(&api, &client, new).await);
        assert_eq!(works(&api, &client, &old).await, old_works);
        assert_eq!((&rolled["name"], &rolled["scopes"]), (&json!("n"), &created.body["scopes"]));
        assert_ne!(rolled["id"], created.body["id"]);
    }
    let hours = json!({"expires_in_hours": 169});
    let token = client.create_token(json!({"kind": "secret"})).await.ok().id();
    client.roll_token(&token, hours).await.refused(422);
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_gives_no_more() {
    let api = Api::start().await;
    let client = api.client().await;
    let scopes = json!(["customers:read", "tokens:write"]);
    let created = client.create_token(json!({"kind": "secret", "scopes": scopes})).await.ok().body;
    let narrow = api.client_with(created["token"].as_str().unwrap(), &client.account);
    narrow.list_customers("").await.ok();
    narrow.create_customer(json!({"email": "a@example.com"})).await.refused(403);
    let wider = json!({"kind": "secret", "scopes": ["customers:read", "write"]});
    narrow.create_token(wider).await.refused(403);
    let powerful = client.create_token(json!({"kind": "secret"})).await.ok().id();
    narrow.roll_token(&powerful, json!({})).await.refused(403);
    let same = narrow.create_token(json!({"kind": "secret"})).await.ok().body;
    assert_eq!(same["scopes"], scopes);
    let none = json!({"kind": "secret", "scopes": []});
    assert_eq!(client.create_token(none).await.refused(422).faults(), ["/scopes too_short"]);
    let past = json!({"kind": "secret", "expires_at": "2020-01-01T00:00:00Z"});
    client.create_token(past).await.refused(422);
}

#[tokio::test]
async fn the_last_use_of_a_token_is_known() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_token(json!({"kind": "secret"})).await.ok();
    let unused = client.get_token(&created.id()).await.ok().body;
    assert_eq!(unused["last_used_at"], Value::Null);
    let text = created.body["token"].as_str().unwrap();
    api.client_with(text, &client.account).get_account().await.ok();
    let used = client.get_token(&created.id()).await.ok().body;
    assert!(used["last_used_at"].as_str() >= created.body["created_at"].as_str());
    let listed = client.list_tokens("?limit=1").await.ok();
    assert_eq!(listed.items()[0]["last_used_at"], used["last_used_at"]);
    assert_eq!(listed.body["total"], 3);
}

#[tokio::test]
async fn a_revoked_token_makes_no_other_even_where_it_is_still_remembered() {
    let api = Api::start().await;
    let admin = api.client().await;
    let leaked = admin.create_token(json!({"kind": "secret"})).await.ok();
    let text = leaked.body["token"].as_str().unwrap();
    let thief = api.client_with(text, &admin.account);
    thief.create_token(json!({"kind": "secret"})).await.ok();
    admin.revoke_token(&leaked.id()).await.ok();
    let before = admin.list_tokens("").await.ok().body["total"].clone();
    // Every process that could remember the token is asked.
    for _ in 0..8 {
        thief.create_token(json!({"kind": "secret"})).await.refused(401);
    }
    assert_eq!(admin.list_tokens("").await.ok().body["total"], before);
}

#[tokio::test]
async fn an_expansion_shows_nothing_that_the_token_may_not_read() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"kind": "secret", "scopes": ["customers:read"]});
    let created = client.create_token(body).await.ok().body;
    let narrow = api.client_with(created["token"].as_str().unwrap(), &client.account);
    narrow.get_account().await.refused(403);
    narrow.list_customers("?expand=account").await.refused(403);
    narrow.list_customers("?expand=custom_fields").await.ok();
}

#[tokio::test]
async fn a_token_in_a_log_would_be_noticed() {
    let api = Api::start().await;
    let account = api.account("prod").await;
    for token in [&account.secret, &account.publishable] {
        assert!(shows_a_token(&format!(r#"{{"authorization":"Bearer {token}","level":"info"}}"#)));
    }
    let digest = "st_prod_0123456789";
    assert!(!shows_a_token(digest));
}

#[tokio::test]
async fn a_session_is_a_token_in_a_cookie_that_counts_beside_its_header_alone() {
    let api = Api::start().await;
    let account = api.account("prod").await;
    let client = api.client_of(&account);
    let made = client.sign_in(json!({"scopes": ["customers:read", "tokens:write"]})).await.ok();
    assert_eq!((made.body.get("token"), &made.body["kind"]), (None, &json!("secret")));
    let cookie = made.header("set-cookie").unwrap().to_owned();
    let (pair, attributes) = cookie.split_once(';').unwrap();
    assert!(pair.starts_with("__Host-paymentkit=st_prod_"));
    assert_eq!(attributes, " Path=/; Max-Age=28800; Secure; HttpOnly; SameSite=Strict");
    let asked = |path: &str, header: &'static str| {
        let request = api.raw(Method::GET, path).header("cookie", pair);
        exchange(request.header("paymentkit-session", header))
    };
    asked("/api/customers", "1").await.ok();
    asked("/api/customers", "0").await.refused(401);
    exchange(api.raw(Method::GET, "/api/customers").header("cookie", pair)).await.refused(401);
    asked("/api/products", "1").await.refused(403);
    // A token goes before a cookie, also a wrong one.
    let wrong = api.raw(Method::GET, "/api/customers").header("cookie", pair);
    let wrong = wrong.header("paymentkit-session", "1").header("authorization", "Bearer st_x");
    exchange(wrong).await.refused(401);
    // No browser lets another site send the header: it is not among those that are allowed.
    let session = "/api/checkout-sessions/cs_prod_0000000000000000";
    let allowed = exchange(api.raw(Method::OPTIONS, session)).await.ok();
    let allowed = allowed.header("access-control-allow-headers").unwrap().to_lowercase();
    assert!(!allowed.contains("paymentkit"), "{allowed}");
    // It is listed and revoked like any token, and cannot pass on more than it has.
    let listed = client.get("/api/tokens").await.ok();
    assert!(listed.items().iter().any(|one| one["name"] == "Dashboard session"));
    let post = api.raw(Method::POST, "/api/tokens").header("cookie", pair);
    let more = post
        .header("paymentkit-session", "1")
        .json(&json!({"kind": "secret", "scopes": ["write"]}));
    exchange(more).await.refused(403);
    client.revoke_token(&made.id()).await.ok();
    let ended = client.get_token(&made.id()).await.ok().body;
    assert!(ended["revoked_at"].is_string(), "{ended}");
    // The same request again is answered with the same cookie.
    let keyed = || {
        let request = client.request(Method::POST, "/api/sessions");
        exchange(request.header("Idempotency-Key", "sign-in").json(&json!({})))
    };
    let (first, again) = (keyed().await.ok(), keyed().await.ok());
    assert_eq!(first.header("set-cookie"), again.header("set-cookie"));
}

#[tokio::test]
async fn a_session_that_revokes_itself_takes_its_cookie_along_and_nobody_else_does() {
    let api = Api::start().await;
    let client = api.client().await;
    let session = async || {
        let made = client.sign_in(json!({})).await.ok();
        let (pair, _) = made.header("set-cookie").unwrap().split_once(';').unwrap();
        (made.id(), pair.to_owned())
    };
    let (own, cookie) = session().await;
    let (other, _) = session().await;
    let by_cookie = |path: &str| {
        let request = api.raw(Method::DELETE, path).header("cookie", &cookie);
        request.header("paymentkit-session", "1")
    };
    // Another's session, or one's own by a token: that browser keeps what it has.
    let path = |id: &str| format!("/api/tokens/{id}");
    assert_eq!(exchange(by_cookie(&path(&other))).await.ok().header("set-cookie"), None);
    let (elsewhere, _) = session().await;
    assert_eq!(client.revoke_token(&elsewhere).await.ok().header("set-cookie"), None);
    // Signing out, and once more by who has not heard of it.
    let gone = "__Host-paymentkit=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict";
    for path in [path(&own), format!("/api/{}/tokens/{own}", client.account)] {
        let keyed = by_cookie(&path).header("Idempotency-Key", "sign-out");
        let answer = exchange(keyed).await.ok();
        assert_eq!(answer.header("set-cookie"), Some(gone));
        assert!(answer.body["revoked_at"].is_string(), "{}", answer.body);
    }
    // Nor does a cookie stay that nobody knows.
    let dead = api.raw(Method::DELETE, &path(&own)).header("cookie", "__Host-paymentkit=st_x");
    let dead = exchange(dead.header("paymentkit-session", "1")).await.refused(401);
    assert_eq!(dead.header("set-cookie"), Some(gone));
    let stranger = api.raw(Method::DELETE, &path(&own)).header("cookie", &cookie);
    assert_eq!(exchange(stranger).await.refused(401).header("set-cookie"), None);
    // What is refused ends nothing.
    let made = client.sign_in(json!({"scopes": ["customers:read"]})).await.ok();
    let (pair, _) = made.header("set-cookie").unwrap().split_once(';').unwrap();
    let request = api.raw(Method::DELETE, &path(&made.id())).header("cookie", pair);
    let refused = exchange(request.header("paymentkit-session", "1")).await.refused(403);
    assert_eq!(refused.header("set-cookie"), None);
}

#[tokio::test]
async fn the_dashboard_is_a_page_that_is_asked_for_each_time_and_files_that_are_kept() {
    let api = Api::start().await;
    let page = exchange(api.raw(Method::GET, "/dashboard")).await.ok();
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'; script-src 'self'"), "{policy}");
    let text = page.body.as_str().unwrap();
    let names: Vec<&str> =
        text.split('"').filter_map(|part| part.strip_prefix("/dashboard/")).collect();
    assert_eq!(names.len(), 2, "{text}");
    for name in names {
        let file = exchange(api.raw(Method::GET, &format!("/dashboard/{name}"))).await.ok();
        let kept = file.header("cache-control");
        assert_eq!(kept, Some("public, max-age=31536000, immutable"));
    }
    exchange(api.raw(Method::GET, "/dashboard/nonsense.js")).await.refused(404);
}
